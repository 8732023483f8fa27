package inbox

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInboxWakesOnceAndKeepsTheOrder(t *testing.T) {
	in := New[int]()
	require.Empty(t, in.Wake())
	in.Post(1)
	in.Post(2)
	require.Len(t, in.Wake(), 1)
	<-in.Wake()
	require.Equal(t, []int{1, 2}, in.Take())
	require.Empty(t, in.Take())
	in.Post(3)
	<-in.Wake()
	require.Equal(t, []int{3}, in.Take())
}

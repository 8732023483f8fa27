package trace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a phone said before it had proved its password is the beginning of its call's ladder.
func TestWhatCameBeforeTheCall(t *testing.T) {
	r := New(Options{})
	r.Expect(message("a", "INVITE"), true)
	r.Add(message("a", "407"))
	r.Add(message("a", "INVITE with proof"))
	r.Expect(message("a", "INVITE with proof"), true) // noted already
	require.True(t, r.Begin("a", "C1"))
	r.Add(message("a", "200"))
	all, lost, _ := r.Of("C1")
	require.Len(t, all, 4)
	require.Zero(t, lost)
	require.Equal(t, "407", all[1].Text)
	require.False(t, r.Begin("b", "C2"), "nothing was expected")
	require.Empty(t, r.foyers[1].order)
	_, bytes := r.Size()
	require.Equal(t, 3*size(message("a", ""))+size(message("a", ""))+int64(len("INVITE407INVITE with proof200")), bytes)
}

// What never becomes a call is bounded, and strangers push no phone out.
func TestWhatNeverBecomesACallIsBounded(t *testing.T) {
	r := New(Options{})
	r.Expect(message("phone", "INVITE"), true)
	for i := range 3 * foyerMost {
		id := fmt.Sprint("s", i)
		r.Expect(message(id, "INVITE"), false)
		for range 2 * foyerMessages {
			r.Add(message(id, "again"))
		}
	}
	require.Len(t, r.foyers[0].waiting, foyerMost)
	require.Len(t, r.foyers[0].order, foyerMost)
	require.Len(t, r.foyers[0].waiting[fmt.Sprint("s", 3*foyerMost-1)].got, foyerMessages)
	r.Expect(message("big", strings.Repeat("x", foyerBytes)), false)
	require.Empty(t, r.foyerOf("big").got)
	require.True(t, r.Begin("phone", "C1"))
	_, bytes := r.Size()
	require.Equal(t, size(message("phone", "INVITE")), bytes, "only calls count")
	none := New(Options{Max: -1})
	none.Expect(message("a", "INVITE"), true)
	require.Empty(t, none.foyers[1].order)
}

package driver

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
)

func TestAQuestionSeesWhatWasSentBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(acd.New(1), &heard{}, zap.NewNop())
		send(t, d, rules(), acd.CallQueued{Call: "A", Queue: "general"})
		time.Sleep(5 * time.Second)
		var why *acd.QueueWhy
		require.NoError(t, d.Ask(func(now time.Time, e *acd.Engine) {
			var err error
			why, err = e.Why(now, "general", "A")
			require.NoError(t, err)
		}))
		require.Len(t, why.Calls, 1)
		require.Contains(t, why.Calls[0].Words, "waiting 5 s", "as it is now, not as it was at the last step")
		d.Stop()
		err := d.Ask(func(time.Time, *acd.Engine) { t.Error("nobody is there to answer") })
		require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	})
}

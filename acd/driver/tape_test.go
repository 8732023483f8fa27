package driver

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"hotline/acd"
	"hotline/acd/tape"
	"hotline/call"
)

// TestTheTapeOfADriverReplays: a driver that took over an engine in use is
// taped, a change of the site included, and the tape replays to the byte.
func TestTheTapeOfADriverReplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		engine := acd.New(7)
		engine.Step(time.Now(), rules())
		engine.Step(time.Now(), acd.PhoneUp{Phone: "1001"})
		out := &heard{}
		d := New(engine, out, zap.NewNop(), WithTape(&lines, "city", 3))
		send(t, d, acd.SeatStateSet{Seat: "1001", State: call.SeatReady}, acd.CallQueued{Call: "A", Queue: "general"})
		time.Sleep(20 * time.Second) // rings in vain
		changed := rules()
		changed.Rules.Revision, changed.Rules.Queues[0].WrapUp = 2, time.Minute
		send(t, d, changed, acd.SeatStateSet{Seat: "1001", State: call.SeatReady})
		synctest.Wait()
		send(t, d, acd.OfferAnswered{Offer: out.offer().Offer}, acd.CallLeft{Call: "A"}, acd.SeatLegEnded{Call: "A", Seat: "1001"})
		time.Sleep(2 * time.Minute)
		d.Stop()

		r := tape.NewReplay(0)
		for line := range bytes.Lines(lines.Bytes()) {
			require.NoError(t, r.Line(line))
		}
		require.True(t, r.End(), "%+v", r.First)
		require.Equal(t, len(out.all), r.Effects)
		require.Contains(t, lines.String(), `"wrap_up"`)
	})
}

func TestAFailedTapeDoesNotStopRouting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.ErrorLevel)
		out := &heard{}
		d := New(acd.New(1), out, zap.New(core), WithTape(broken{}, "", 0))
		send(t, d, acd.CallLeft{Call: "A"}, acd.CallLeft{Call: "B"})
		d.Stop()
		require.Len(t, out.kinds(), 2)
		require.Equal(t, 1, logs.Len(), "said once")
	})
}

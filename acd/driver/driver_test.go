package driver

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"hotline/acd"
	"hotline/call"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard is an outlet that remembers.
type heard struct {
	mu   sync.Mutex
	at   []time.Time
	all  []acd.Effect
	hold chan struct{} // Effect waits here, when set
}

func (h *heard) Effect(now time.Time, ef acd.Effect) {
	if h.hold != nil {
		<-h.hold
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at, h.all = append(h.at, now), append(h.all, ef)
}

func (h *heard) kinds() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var k []string
	for _, ef := range h.all {
		k = append(k, ef.Kind())
	}
	return k
}

func (h *heard) offer() acd.Offer {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ef := range slices.Backward(h.all) {
		if o, ok := ef.(acd.Offer); ok {
			return o
		}
	}
	return acd.Offer{}
}

func rules() acd.RulesChanged {
	return acd.RulesChanged{Rules: acd.Rules{
		Revision: 1,
		Queues: []acd.Queue{{
			Name: "general", Groups: []string{"general"},
			OfferTimeout: 15 * time.Second, WrapUp: 10 * time.Second,
		}},
		Agents: []acd.Agent{{ID: "1001", Group: "general"}, {ID: "1002", Group: "general"}},
	}}
}

func send(t *testing.T, d *Driver, inputs ...acd.Input) {
	t.Helper()
	for _, in := range inputs {
		require.NoError(t, d.Send(in))
	}
}

func TestDeadlinesTakeEffectByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &heard{}
		d := New(acd.New(1), out, zap.NewNop())
		defer d.Stop()
		send(t, d, rules(), acd.PhoneUp{Phone: "1001"}, acd.SeatStateSet{Seat: "1001", State: call.SeatReady})
		start := time.Now()
		send(t, d, acd.CallQueued{Call: "A", Queue: "general"})
		time.Sleep(14 * time.Second)
		synctest.Wait()
		require.NotContains(t, out.kinds(), "offer_over")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"seat_changed", "queued", "offer", "seat_changed", "offer_over", "seat_changed"}, out.kinds())
		require.Equal(t, 15*time.Second, out.at[4].Sub(start), "exactly at the deadline")
		require.Equal(t, call.SeatBreak, d.Snapshot().Seats[0].State)
	})
}

func TestAnAnswerInTimeCountsEvenIfItWaitsInTheMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &heard{}
		d := New(acd.New(1), out, zap.NewNop())
		defer d.Stop()
		send(t, d, rules(), acd.PhoneUp{Phone: "1001"}, acd.SeatStateSet{Seat: "1001", State: call.SeatReady},
			acd.CallQueued{Call: "A", Queue: "general"})
		synctest.Wait()
		out.hold = make(chan struct{})
		time.Sleep(14 * time.Second)
		send(t, d, acd.CallQueued{Call: "B", Queue: "general"}) // the goroutine now hangs in the outlet
		synctest.Wait()
		send(t, d, acd.OfferAnswered{Offer: out.offer().Offer})
		time.Sleep(2 * time.Second) // past the deadline
		close(out.hold)
		synctest.Wait()
		require.Contains(t, out.kinds(), "connect")
		require.NotContains(t, out.kinds(), "release_leg")
	})
}

func TestSnapshotSeesWhatWasSentBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(acd.New(1), &heard{}, zap.NewNop())
		require.Empty(t, d.Snapshot().Seats)
		send(t, d, rules())
		v := d.Snapshot()
		require.Len(t, v.Seats, 2)
		require.Same(t, v, d.Snapshot(), "nothing happened: no new picture is taken")
		send(t, d, acd.CallQueued{Call: "A", Queue: "general"})
		require.Len(t, d.Snapshot().Queues[0].Waiting, 1)
		send(t, d, acd.CallLeft{Call: "A"})
		d.Stop()
		require.Empty(t, d.Snapshot().Queues[0].Waiting, "the last picture holds all that was sent before Stop")
	})
}

func TestViewsAreRationed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(acd.New(1), &heard{}, zap.NewNop())
		defer d.Stop()
		send(t, d, rules())
		d.Snapshot()
		synctest.Wait()
		d.viewDue = d.now().Add(300 * time.Millisecond) // as after a costly one
		send(t, d, acd.CallQueued{Call: "A", Queue: "general"})
		began := time.Now()
		require.Len(t, d.Snapshot().Queues[0].Waiting, 1)
		require.Equal(t, 300*time.Millisecond, time.Since(began))
	})
}

func TestAFullMailboxRefusesAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &heard{hold: make(chan struct{})}
		d := New(acd.New(1), out, zap.NewNop())
		send(t, d, acd.CallLeft{Call: "A"})
		synctest.Wait() // the goroutine hangs in the outlet
		for range mailbox {
			send(t, d, acd.Tick{})
		}
		began := time.Now()
		err := d.Send(acd.CallLeft{Call: "B"})
		require.Equal(t, call.CodeCapacity, call.CodeOf(err))
		require.Equal(t, patience, time.Since(began))
		close(out.hold)
		synctest.Wait()
		send(t, d, acd.CallLeft{Call: "B"})
		d.Stop()
		require.Equal(t, []string{"forgotten", "forgotten"}, out.kinds(), "and what was taken is never dropped")
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &heard{}
		d := New(acd.New(1), out, zap.NewNop())
		for range 100 {
			send(t, d, acd.CallLeft{Call: "A"})
		}
		d.Stop()
		d.Stop()
		require.Len(t, out.kinds(), 100)
		require.Equal(t, call.CodeUnavailable, call.CodeOf(d.Send(acd.Tick{})))
	})
}

func TestSlowStepsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.WarnLevel)
		out := &heard{hold: make(chan struct{})}
		d := New(acd.New(1), out, zap.New(core))
		send(t, d, acd.CallLeft{Call: "A"})
		time.Sleep(6 * time.Millisecond)
		close(out.hold)
		d.Stop()
		require.Equal(t, 1, logs.FilterField(zap.String("input", "call_left")).Len())
	})
}

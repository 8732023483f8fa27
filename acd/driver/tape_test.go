package driver

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/acd/tape"
	"hotline/call"
)

// TestTheTapeOfADriverReplays: a driver that took over an engine in use is
// taped, a change of the site included, and the tape replays to the byte.
func TestTheTapeOfADriverReplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := &notebook{lines: tape.Writer{Site: "city", Epoch: 3}, every: 4}
		engine := acd.New(7)
		engine.Step(time.Now(), rules())
		engine.Step(time.Now(), acd.PhoneUp{Phone: "1001"})
		out := &heard{}
		d := New(engine, out, zap.NewNop(), WithTape(lines))
		send(t, d, acd.SeatStateSet{Seat: "1001", State: call.SeatReady}, acd.CallQueued{Call: "A", Queue: "general"})
		time.Sleep(20 * time.Second) // rings in vain
		changed := rules()
		changed.Rules.Revision, changed.Rules.Queues[0].WrapUp = 2, time.Minute
		send(t, d, changed, acd.SeatStateSet{Seat: "1001", State: call.SeatReady})
		synctest.Wait()
		send(t, d, acd.OfferAnswered{Offer: out.offer().Offer}, acd.CallLeft{Call: "A"}, acd.SeatLegEnded{Call: "A", Seat: "1001"})
		time.Sleep(2 * time.Minute)
		d.Stop()

		require.Greater(t, len(lines.pages), 2, "it begins anew, and each page replays by itself")
		effects := 0
		for _, page := range lines.pages {
			r := tape.NewReplay(0)
			for line := range bytes.Lines(page) {
				require.NoError(t, r.Line(line))
			}
			require.True(t, r.End(), "%+v", r.First)
			require.True(t, r.Strict())
			effects += r.Effects
		}
		require.Equal(t, len(out.all), effects)
		require.Contains(t, string(bytes.Join(lines.pages, nil)), `"wrap_up"`)
	})
}

// notebook is a tape in memory that begins a new page after so many steps.
type notebook struct {
	lines tape.Writer
	pages [][]byte
	every int
	steps int
}

func (n *notebook) Begin(state acd.State) {
	text, err := state.Snapshot()
	if err == nil {
		n.lines = tape.Writer{Site: n.lines.Site, Epoch: n.lines.Epoch}
		text, err = n.lines.AppendSnapshot(nil, text)
	}
	if err != nil {
		panic(err)
	}
	n.pages = append(n.pages, text)
}

func (n *notebook) Step(at time.Time, in acd.Input, out []acd.Effect) bool {
	page, err := n.lines.Append(n.pages[len(n.pages)-1], at, in, out)
	if err != nil {
		panic(err)
	}
	n.pages[len(n.pages)-1] = page
	n.steps++
	return n.steps%n.every == 0
}

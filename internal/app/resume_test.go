package app

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
	"hotline/store"
)

func TestWhoeverARestartCutsOffKeepsThePlaceAskedFor(t *testing.T) {
	entry, now := time.Unix(1000, 0), time.Unix(2000, 0)
	in := func(queue string) call.Event { return call.Queued{Queue: queue, Entry: entry, Priority: 7} }
	for name, c := range map[string]struct {
		events []call.Event
		queue  string
	}{
		"in a flow":                  {nil, ""},
		"waiting":                    {[]call.Event{in("q")}, "q"},
		"ringing":                    {[]call.Event{in("q"), call.Offered{}}, "q"},
		"rang in vain":               {[]call.Event{in("q"), call.Offered{}, call.OfferEnded{Result: call.OfferNoAnswer}}, "q"},
		"passed on":                  {[]call.Event{in("q"), call.LeftQueue{To: "queue:r"}, in("r")}, "q"},
		"passed on twice":            {[]call.Event{in("q"), call.LeftQueue{To: "queue:r"}, in("r"), call.LeftQueue{To: "queue:s"}, in("s")}, "q"},
		"sent to a flow":             {[]call.Event{in("q"), call.LeftQueue{To: "flow:f"}}, ""},
		"and on to a queue":          {[]call.Event{in("q"), call.LeftQueue{To: "flow:f"}, in("r")}, "r"},
		"talking":                    {[]call.Event{in("q"), call.OfferEnded{Result: call.OfferAnswered}}, ""},
		"back after losing an agent": {[]call.Event{in("q"), call.OfferEnded{Result: call.OfferAnswered}, in("q")}, "q"},
	} {
		open := store.OpenCall{Record: call.Record{ID: "C1", Caller: "138", StartedAt: call.StampOf(entry)}}
		for _, ev := range c.events {
			open.Events = append(open.Events, call.Envelope{Event: ev})
		}
		places := placesCut(store.Recovered{Calls: []store.OpenCall{open}}, now)
		if c.queue == "" {
			require.Empty(t, places, name)
			continue
		}
		require.Equal(t, []acd.PlaceMemory{{
			Number: "138", Queue: c.queue, Call: "C1", Entry: entry.UnixNano(), Left: now.UnixNano(), Priority: 7, OwnPrio: true,
		}}, places, name)
	}
	require.Nil(t, withPlaces(nil, nil))
	require.Len(t, withPlaces(nil, []acd.PlaceMemory{{}}).Places, 1)
}

// A place left before a restart is taken up after it, from the pieces that were kept.
func TestPlacesComeBackWithTheMemory(t *testing.T) {
	rules := acd.Rules{Queues: []acd.Queue{{Name: "q", Groups: []string{"g"}, ResumeWithin: time.Minute}}}
	entry := time.Unix(1000, 0).UTC()
	e := acd.New(1)
	e.Step(entry, acd.Began{Rules: rules})
	e.Step(entry, acd.CallQueued{Call: "A", Queue: "q", Caller: call.Caller{Number: "138"}})
	left := entry.Add(20 * time.Second)
	e.Step(left, acd.CallLeft{Call: "A"})
	k, p := keptPieces(e)
	k.ask = func(q func(time.Time, *acd.Engine)) error { q(left, e); return nil }
	k.keep()
	require.Contains(t, p.kept, "place/A")

	for _, c := range []struct {
		after  time.Duration
		resume call.ID
	}{{30 * time.Second, "A"}, {61 * time.Second, ""}} {
		pieces := map[string]json.RawMessage{}
		for key, text := range p.kept {
			pieces[key] = json.RawMessage(text)
		}
		next := acd.New(2)
		at := left.Add(c.after)
		next.Step(at, acd.Began{Rules: rules, Memory: recalled(pieces, k.log)})
		effects := next.Step(at, acd.CallQueued{Call: "B", Queue: "q", Caller: call.Caller{Number: "138"}})
		got := effects[0].(acd.Queued)
		require.Equal(t, c.resume, got.Resumed)
		require.Equal(t, c.resume != "", got.Entry.Equal(entry))
	}

	k.ask = func(q func(time.Time, *acd.Engine)) error { q(left.Add(time.Hour), e); return nil }
	e.Step(left.Add(time.Hour), acd.Tick{})
	k.keep()
	require.NotContains(t, p.kept, "place/A", "what has lapsed is not kept")
}

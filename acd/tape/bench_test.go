package tape

import (
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"hotline/acd"
	"hotline/call"
)

// aStep is an input and what came of it.
type aStep struct {
	at  time.Time
	in  acd.Input
	out []acd.Effect
}

// oneThousandCalls are the steps of so many calls, each picked up and filed.
func oneThousandCalls() (all []aStep) {
	r := acd.Rules{Queues: []acd.Queue{{Name: "general", Groups: []string{"general"}, OfferTimeout: 15 * time.Second, WrapUp: 10 * time.Second}}}
	began := acd.Began{}
	for i := range 20 {
		id := call.SeatID(fmt.Sprint(1001 + i))
		r.Agents = append(r.Agents, acd.Agent{ID: id, Group: "general"})
		began.Phones = append(began.Phones, string(id))
		began.Seats = append(began.Seats, acd.SeatStateSet{Seat: id, State: call.SeatReady})
	}
	began.Rules = r
	e, at := acd.New(7), monday()
	e.Step(at, began)
	for i := range 1000 {
		id := call.ID(fmt.Sprintf("01M8JD0TVVV1CBH7VK03Y7%04d", i))
		var offer acd.Offer
		for _, next := range []func() acd.Input{
			func() acd.Input {
				return acd.CallQueued{Call: id, Queue: "general", Caller: call.Caller{Number: "13812345678"}, Node: "n1"}
			},
			func() acd.Input { return acd.OfferAnswered{Offer: offer.Offer} },
			func() acd.Input { return acd.CallConnected{Call: id, Seat: offer.Seat} },
			func() acd.Input { return acd.CallLeft{Call: id} },
			func() acd.Input { return acd.SeatLegEnded{Call: id, Seat: offer.Seat, Offer: offer.Offer} },
			func() acd.Input { return acd.DispositionSet{Call: id} },
		} {
			at = at.Add(137 * time.Millisecond)
			s := aStep{at: at, in: next()}
			s.out = slices.Clone(e.Step(at, s.in))
			for _, ef := range s.out {
				if o, ok := ef.(acd.Offer); ok {
					offer = o
				}
			}
			all = append(all, s)
		}
	}
	return all
}

// BenchmarkCall is what it costs to write a call down, compressed: 6 inputs and some 13 effects.
func BenchmarkCall(b *testing.B) {
	steps := oneThousandCalls()
	pack, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		b.Fatal(err)
	}
	var w Writer
	var line []byte
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for _, s := range steps[n%1000*6 : n%1000*6+6] {
			if line, err = w.Append(line[:0], s.at, s.in, s.out); err != nil {
				b.Fatal(err)
			}
			if _, err := pack.Write(line); err != nil {
				b.Fatal(err)
			}
		}
	}
}

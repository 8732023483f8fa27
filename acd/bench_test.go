package acd

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// scale is the size of a site in the benchmarks.
type scale struct{ seats, groups, queues, waiting int }

func scales() []scale {
	return []scale{
		{seats: 20, groups: 4, queues: 6, waiting: 50},
		{seats: 1_000, groups: 20, queues: 50, waiting: 10_000},
		{seats: 10_000, groups: 200, queues: 500, waiting: 100_000},
	}
}

func (s scale) String() string { return fmt.Sprintf("seats=%d/waiting=%d", s.seats, s.waiting) }

// site makes rules of that size: seats of differing skill, queues that widen to the next group.
func (s scale) site() Rules {
	r := Rules{Revision: 1}
	for i := range s.queues {
		home, next := fmt.Sprintf("g%d", i%s.groups), fmt.Sprintf("g%d", (i+1)%s.groups)
		r.Queues = append(r.Queues, Queue{
			Name: fmt.Sprintf("q%d", i), Groups: []string{home}, Skills: map[string]int{"general": 1 + i%3},
			Priority: 1 + i%9, Target: 30 * time.Second, OfferTimeout: 15 * time.Second, WrapUp: 15 * time.Second,
			PriorityCredit: time.Minute,
			Widen:          []Widen{{After: 10 * time.Minute, Groups: []string{next}, Skills: map[string]int{"general": 2}}},
			Overflow:       []Overflow{{When: WhenNoSeats, To: Target{Kind: ToFlow, Name: "voicemail"}}},
		})
	}
	for i := range s.seats {
		r.Agents = append(r.Agents, Agent{
			ID: seatID(i), Group: fmt.Sprintf("g%d", i%s.groups),
			Skills: map[string]int{"general": 3 + i/s.groups%3, "english": i % 4},
		})
	}
	return r
}

func seatID(i int) call.SeatID { return call.SeatID(fmt.Sprintf("%05d", i)) }

// crowded fills a site: everybody is busy, everything waits.
func (s scale) crowded() (*Engine, time.Time) {
	e := New(1)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	e.Step(now, RulesChanged{s.site()})
	for i := range s.seats {
		e.Step(now, PhoneUp{string(seatID(i))})
		e.Step(now, SeatStateSet{Seat: seatID(i), State: call.SeatBusy})
	}
	for i := range s.waiting {
		e.Step(now, s.arrival(i))
	}
	return e, now
}

func (s scale) arrival(i int) CallQueued {
	return CallQueued{Call: call.ID(fmt.Sprintf("01JD%022d", i)), Queue: fmt.Sprintf("q%d", i%s.queues), Node: "n1"}
}

// BenchmarkSeatBecomesReady is the decision that counts most: a seat is free
// and the first of all who wait must ring there. The call's going through
// (answer, end, filing) and a new arrival are in the figure: ns/op is for a
// whole life of 6 steps, ns/step for one.
func BenchmarkSeatBecomesReady(b *testing.B) {
	for _, s := range scales() {
		b.Run(s.String(), func(b *testing.B) {
			e, now := s.crowded()
			steps, n := 0, s.waiting
			step := func(in Input) []Effect {
				steps++
				now = now.Add(time.Millisecond / 10)
				return e.Step(now, in)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				seat := seatID(i % s.seats)
				var rang Offer
				for _, ef := range step(SeatStateSet{Seat: seat, State: call.SeatReady}) {
					if o, ok := ef.(Offer); ok {
						rang = o
					}
				}
				step(OfferAnswered{rang.Offer})
				step(SeatStateSet{Seat: seat, State: call.SeatBusy})
				step(CallLeft{rang.Call})
				step(SeatLegEnded{Call: rang.Call, Seat: seat})
				step(DispositionSet{rang.Call})
				step(s.arrival(n))
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
		})
	}
}

// BenchmarkCallArrives is the other direction: a call comes, a seat idles. It leaves again while ringing.
func BenchmarkCallArrives(b *testing.B) {
	for _, s := range scales() {
		b.Run(s.String(), func(b *testing.B) {
			idle := s
			idle.waiting = 0
			e, now := idle.crowded()
			for i := range s.seats {
				e.Step(now, SeatStateSet{Seat: seatID(i), State: call.SeatReady})
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				now = now.Add(time.Millisecond / 10)
				in := s.arrival(i)
				e.Step(now, in)
				e.Step(now, CallLeft{in.Call})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/step")
		})
	}
}

// BenchmarkRush is calls coming and giving up while nobody is free.
func BenchmarkRush(b *testing.B) {
	for _, s := range scales() {
		b.Run(s.String(), func(b *testing.B) {
			e, now := s.crowded()
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				now = now.Add(time.Millisecond / 10)
				e.Step(now, s.arrival(s.waiting+i))
				e.Step(now, CallLeft{call.ID(fmt.Sprintf("01JD%022d", i))})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/step")
		})
	}
}

// BenchmarkReload is a new revision under full load, BenchmarkView and
// BenchmarkSnapshot the two pictures: none is on the way of a decision.
// BenchmarkPlaceAsked is what telling a waiting caller his place costs routing.
func BenchmarkPlaceAsked(b *testing.B) {
	for _, s := range scales() {
		b.Run(s.String(), func(b *testing.B) {
			e, now := s.crowded()
			b.ResetTimer()
			for i := range b.N {
				if len(e.Step(now, PlaceAsked{s.arrival(i % s.waiting).Call})) != 1 {
					b.Fatal("no answer")
				}
			}
		})
	}
}

func BenchmarkReload(b *testing.B) {
	for _, s := range scales() {
		b.Run(s.String(), func(b *testing.B) {
			e, now := s.crowded()
			r := s.site()
			b.ResetTimer()
			for range b.N {
				e.Step(now, RulesChanged{r})
			}
		})
	}
}

func BenchmarkView(b *testing.B) {
	for _, s := range scales() {
		b.Run(s.String(), func(b *testing.B) {
			e, _ := s.crowded()
			b.ResetTimer()
			for range b.N {
				e.View()
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	for _, s := range scales()[:2] {
		b.Run(s.String(), func(b *testing.B) {
			e, _ := s.crowded()
			b.ResetTimer()
			for range b.N {
				_, err := e.Snapshot()
				require.NoError(b, err)
			}
		})
	}
}

// TestWideSite holds the budget's premise: seats of many different skills make
// few supplies, since only the levels somebody asks for tell them apart.
func TestWideSite(t *testing.T) {
	e := New(1)
	r := Rules{Queues: []Queue{{Name: "q", Groups: []string{"g"}, Skills: map[string]int{"a": 2}}}}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 5000 {
		skills := map[string]int{}
		for _, skill := range []string{"a", "b", "c", "d", "e"} {
			skills[skill] = rnd.IntN(6)
		}
		r.Agents = append(r.Agents, Agent{ID: seatID(i), Group: "g", Skills: skills})
	}
	now := time.Unix(0, 0)
	e.Step(now, RulesChanged{r})
	require.Len(t, e.index.supplies, 2)
	e.Step(now, CallQueued{Call: "A", Queue: "q", Skills: map[string]int{"b": 3}})
	require.Len(t, e.index.supplies, 4)
}

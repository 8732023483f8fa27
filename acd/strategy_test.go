package acd

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// TestLotsAreFair draws many times from a floor where everybody is ready: by
// chance each seat comes up as often as its lots say, within four standard deviations.
func TestLotsAreFair(t *testing.T) {
	const draws = 20_000
	for _, strategy := range []Strategy{Random, Weighted} {
		t.Run(strategy.String(), func(t *testing.T) {
			r := Rules{Queues: []Queue{{Name: "q", Groups: []string{"g", "h"}, Strategy: strategy, Skills: map[string]int{"x": 1}}}}
			lots := 0
			for i := range 9 {
				a := Agent{ID: seatID(i), Group: []string{"g", "h"}[i%2], Skills: map[string]int{"x": 1 + i%3}, Weight: i}
				r.Agents = append(r.Agents, a)
				lots += (&seat{agent: a}).lots(strategy)
			}
			e := New(7)
			now := time.Unix(0, 0)
			e.Step(now, RulesChanged{r})
			for _, a := range r.Agents {
				e.Step(now, PhoneUp{string(a.ID)})
				e.Step(now, SeatStateSet{Seat: a.ID, State: call.SeatReady})
			}
			rang := map[call.SeatID]int{}
			for n := range draws {
				id := call.ID(fmt.Sprint(n))
				for _, ef := range e.Step(now, CallQueued{Call: id, Queue: "q"}) {
					if o, ok := ef.(Offer); ok {
						rang[o.Seat]++
					}
				}
				e.Step(now, CallLeft{id})
			}
			for _, a := range r.Agents {
				share := float64((&seat{agent: a}).lots(strategy)) / float64(lots)
				want := share * draws
				require.InDelta(t, want, rang[a.ID], 4*math.Sqrt(want*(1-share)), "agent %s", a.ID)
			}
		})
	}
}

// TestUrn compares the tree of lots with a plain list.
func TestUrn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lots := make([]int, rapid.IntRange(1, 40).Draw(t, "seats"))
		u := newUrn(len(lots))
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			i := rapid.IntRange(0, len(lots)-1).Draw(t, "seat")
			n := rapid.IntRange(0, 5).Draw(t, "lots")
			u.add(i, n-lots[i])
			lots[i] = n
		}
		lot := 0
		for i, n := range lots {
			for range n {
				require.Equal(t, i, u.find(lot))
				lot++
			}
		}
		require.Equal(t, lot, u.total())
	})
}

// BenchmarkStrategies is a call arriving at, and leaving, a floor where all of
// 10,000 seats are ready in 200 groups, or in one.
func BenchmarkStrategies(b *testing.B) {
	for _, groups := range []int{200, 1} {
		for n := range strategyCount {
			strategy := Strategy(n)
			b.Run(fmt.Sprintf("%s/groups=%d", strategy, groups), func(b *testing.B) {
				s := scale{seats: 10_000, groups: groups, queues: 500}
				r := s.site()
				for i := range r.Queues {
					r.Queues[i].Strategy = strategy
				}
				e := New(1)
				now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
				e.Step(now, RulesChanged{r})
				for i := range s.seats {
					e.Step(now, PhoneUp{string(seatID(i))})
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
}

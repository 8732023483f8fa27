package acd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// planned is a site of the scale whose plans watch every queue, in force or not.
func (s scale) planned(b *testing.B, force Hold) (*Engine, time.Time) {
	e, now := s.crowded()
	r := s.site()
	p := Plan{Name: "day", Release: &PlanRelease{When: PlanWhen{All: []PlanTest{{Figure: Waiting, Compare: Below, Number: 5}}, For: time.Minute}}}
	for i := range r.Queues {
		p.Queues = append(p.Queues, r.Queues[i].Name)
	}
	p.Steps = []PlanStep{{
		Name: "all", Do: []PlanAction{{Do: Add, Group: "g1"}},
		When: PlanWhen{All: []PlanTest{{Figure: Waiting, Compare: Above, Number: 5}, {Figure: LongestWait, Compare: Above, Length: time.Hour}, {Figure: SeatsReady, Compare: Below, Number: 1}}, For: time.Hour},
	}}
	r.Plans = []Plan{p, p}
	r.Plans[1].Name = "night"
	e.Step(now, RulesChanged{r})
	e.Step(now, PlanForce{Plan: "day", Step: "all", Hold: force})
	require.Len(b, e.plans, 2)
	return e, now
}

// BenchmarkRushUnderPlans is BenchmarkRush with two plans that watch every queue
// by three figures: waiting while none is in force, and with a group lent.
func BenchmarkRushUnderPlans(b *testing.B) {
	for _, force := range []Hold{Auto, HoldOn} {
		for _, s := range scales() {
			b.Run(force.String()+"/"+s.String(), func(b *testing.B) {
				e, now := s.planned(b, force)
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					now = now.Add(time.Millisecond / 10)
					e.Step(now, s.arrival(s.waiting+i))
					e.Step(now, CallLeft{s.arrival(i).Call})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/step")
			})
		}
	}
}

// BenchmarkLend is a step coming into force and going again: a whole group to every queue.
func BenchmarkLend(b *testing.B) {
	for _, s := range scales() {
		b.Run(s.String(), func(b *testing.B) {
			e, now := s.planned(b, Auto)
			b.ResetTimer()
			for range b.N {
				e.Step(now, PlanForce{Plan: "day", Step: "all", Hold: HoldOn})
				e.Step(now, PlanForce{Plan: "day", Step: "all", Hold: HoldOff})
			}
		})
	}
}

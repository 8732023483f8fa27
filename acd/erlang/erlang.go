// Package erlang is the arithmetic of staffing: how long callers wait for how
// many seats, and how many seats a load needs. Erlang B (blocked calls leave),
// Erlang C (everybody waits) and Erlang A (callers have patience), with calls
// arriving at random and handling times and patience exponential.
//
// It is pure, keeps to float64, and stays exact for tens of thousands of seats:
// no factorial and no power is ever formed.
package erlang

import (
	"math"
	"time"
)

// B is Erlang's loss formula: the share of calls that find all seats taken when
// nobody can wait. erlangs is the load offered, calls per time × handling time.
// No seats lose everything, no load loses nothing.
func B(seats int, erlangs float64) float64 {
	if erlangs <= 0 {
		return 0
	}
	loss := 1.0
	for k := 1; k <= seats; k++ {
		loss = erlangs * loss / (float64(k) + erlangs*loss)
	}
	return loss
}

// C is Erlang's delay formula: the share of calls that must wait when everybody
// does so until served. It is 1 where the load is no less than the seats.
func C(seats int, erlangs float64) float64 { return delayed(B(seats, erlangs), seats, erlangs) }

// delayed makes C of B: C = B / (1 − ρ(1 − B)).
func delayed(loss float64, seats int, erlangs float64) float64 {
	if erlangs <= 0 {
		return 0
	}
	if erlangs >= float64(seats) {
		return 1
	}
	return loss / (1 - erlangs/float64(seats)*(1-loss))
}

// Load is what callers ask of a group of seats.
type Load struct {
	Calls    float64       // arriving in Per, on average
	Per      time.Duration // the time they are counted over
	Handle   time.Duration // AHT (平均处理时长): talk, hold and wrap-up of a call
	Patience time.Duration // mean time after which a waiting caller gives up; 0: never (Erlang C)
}

// Erlangs is the load as seats that would be busy all the time.
func (l Load) Erlangs() float64 {
	if l.Calls <= 0 || l.Per <= 0 || l.Handle <= 0 {
		return 0
	}
	return l.Calls * float64(l.Handle) / float64(l.Per)
}

// rate is calls a second.
func (l Load) rate() float64 {
	if l.Calls <= 0 || l.Per <= 0 {
		return 0
	}
	return l.Calls / l.Per.Seconds()
}

// Forever is a mean wait without end, where more calls come than seats can take and nobody gives up.
const Forever = time.Duration(math.MaxInt64)

// duration makes a length of seconds, Forever where they are too many.
func duration(seconds float64) time.Duration {
	if ns := seconds * float64(time.Second); ns < float64(Forever) {
		return time.Duration(math.Round(ns))
	}
	return Forever
}

package erlang

import (
	"fmt"
	"math"
	"time"
)

// Target is a service level to be reached.
type Target struct {
	Share  float64       // of calls, 0 to 1: 0.85
	Within time.Duration // answered so soon
}

// maxSeats bounds the search: no centre has more.
const maxSeats = 1 << 20

// SeatsFor is the least number of seats that reaches the target with this
// load. An error: no number does, as the share is over 1 or not above 0.
func (l Load) SeatsFor(t Target) (int, error) {
	if !(t.Share > 0 && t.Share <= 1) || t.Within < 0 {
		return 0, fmt.Errorf("a target of %g within %v can't be reached; a share lies above 0 and up to 1", t.Share, t.Within)
	}
	return l.least(func(s Staffed) bool { return s.ServiceLevel(t.Within) >= min(t.Share, almostAll) })
}

// almostAll stands for a share of 1, which no number of seats quite reaches.
const almostAll = 1 - 1e-9

// SeatsForAbandon is the least number of seats with which at most such a share of callers gives up.
func (l Load) SeatsForAbandon(share float64) (int, error) {
	if !(share > 0 && share <= 1) {
		return 0, fmt.Errorf("an abandon rate of %g can't be asked for; give a share above 0 and up to 1", share)
	}
	return l.least(func(s Staffed) bool { return s.Abandon() <= share && s.MeanWait() != Forever })
}

// SeatsForWait is the least number of seats with which the mean wait is at most this.
func (l Load) SeatsForWait(wait time.Duration) (int, error) {
	if wait <= 0 {
		return 0, fmt.Errorf("a mean wait of %v can't be reached; give one above 0", wait)
	}
	return l.least(func(s Staffed) bool { return s.MeanWait() <= wait })
}

// least finds the first number of seats that is enough: enough seats stay enough when one is added.
func (l Load) least(enough func(Staffed) bool) (int, error) {
	if l.Erlangs() == 0 {
		return 0, nil
	}
	low, high := 0, int(min(math.Ceil(l.Erlangs()), maxSeats))+1
	for !enough(l.With(high)) {
		if high >= maxSeats {
			return 0, fmt.Errorf("%.0f Erlang are more than %d seats can take", l.Erlangs(), maxSeats)
		}
		low, high = high, min(high+high/2+1, maxSeats)
	}
	if enough(l.With(low)) {
		return low, nil
	}
	for low+1 < high {
		if mid := (low + high) / 2; enough(l.With(mid)) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, nil
}

// Bearable is the largest number of calls in Per that so many seats take at the
// target (可承受话务量, by Erlang's figure): handling time and patience are the load's.
func (l Load) Bearable(seats int, t Target) float64 {
	if seats <= 0 || l.Handle <= 0 || l.Per <= 0 {
		return 0
	}
	reaches := func(calls float64) bool {
		with := l
		with.Calls = calls
		return with.With(seats).ServiceLevel(t.Within) >= min(t.Share, almostAll)
	}
	one := float64(seats) * float64(l.Per) / float64(l.Handle) // as many as all seats handle without a pause
	low, high := 0.0, one
	for reaches(high) && high < one*overload {
		low, high = high, high*2
	}
	for range halvings {
		if mid := (low + high) / 2; reaches(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

const (
	overload = 1 << 10 // with little patience even a manifold load can reach a modest target
	halvings = 50      // more than float64 tells apart
)

// BearableMeasured is the same load by experience: Σ seats of each interval ×
// calls answered a seat and hour in the busy hour, measured or set.
func BearableMeasured(seats []int, interval time.Duration, callsPerSeatHour float64) float64 {
	sum := 0
	for _, n := range seats {
		sum += n
	}
	return float64(sum) * interval.Hours() * callsPerSeatHour
}

// Rostered is how many must be on the roster so that so many sit there, when a
// share of rostered time (breaks, training, illness) is lost: shrinkage, 0 to below 1.
func Rostered(seats int, shrinkage float64) int {
	shrinkage = min(max(shrinkage, 0), 0.99)
	return int(math.Ceil(float64(seats)/(1-shrinkage) - 1e-9))
}

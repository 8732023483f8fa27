package simulate

import (
	"cmp"
	"slices"
	"time"

	"hotline/acd"
	"hotline/call"
)

// Call is one caller who will want a seat.
type Call struct {
	At       time.Time // enters its queue
	Queue    string
	Class    call.CallerClass
	Level    string         // of a VIP
	Priority int            // 0: the queue's own
	Skills   map[string]int // added to the queue's own
	Talk     time.Duration  // with the agent, from pick-up; Unset: to be drawn
	Patience time.Duration  // gives up after so long; Never: does not; Unset: to be drawn
}

// What a Call's lengths may be beside a length.
const (
	Unset = time.Duration(-1)
	Never = time.Duration(-2)
)

// Draw sorts the calls by time and draws the lengths that are unset. A call's
// figures depend on the seed and on its place only, not on what becomes of it,
// so that two sites or rosters can be compared on the very same callers.
func Draw(calls []Call, talk, patience Dist, seed uint64) {
	slices.SortStableFunc(calls, func(a, b Call) int { return a.At.Compare(b.At) })
	talk = talk.known(calls, func(c *Call) time.Duration { return c.Talk })
	patience = patience.known(calls, func(c *Call) time.Duration { return c.Patience })
	for i := range calls {
		c := &calls[i]
		if c.Talk == Unset {
			d := newDice(seed, streamTalk, uint64(i))
			c.Talk = max(0, talk.draw(&d))
		}
		if c.Patience == Unset {
			d := newDice(seed, streamPatience, uint64(i))
			c.Patience = patience.draw(&d)
		}
	}
}

// Load is Poisson arrivals at one queue: so many calls expected between From and To.
type Load struct {
	Queue    string
	From, To time.Time
	Calls    float64 // expected, not drawn
	Talk     time.Duration
	Patience time.Duration
}

// Arrivals draws the calls of loads, in order of time. The error has
// call.CodeInvalid when they would be more than a run takes.
func Arrivals(loads []Load, seed uint64) ([]Call, error) {
	sum := 0.0
	for _, l := range loads {
		sum += max(0, l.Calls)
	}
	if sum > MaxCalls*0.99 {
		return nil, call.Errorf(call.CodeInvalid, "%.0f calls are too many; a run takes up to %d", sum, MaxCalls)
	}
	calls := make([]Call, 0, int(sum))
	for i, l := range loads {
		calls = l.draw(calls, newDice(seed, streamArrivals, uint64(i)))
	}
	slices.SortStableFunc(calls, func(a, b Call) int { return a.At.Compare(b.At) })
	return calls[:min(len(calls), MaxCalls)], nil
}

// draw adds a load's calls: gaps between the calls of a Poisson process are exponential.
func (l Load) draw(calls []Call, d dice) []Call {
	if l.Calls <= 0 || !l.To.After(l.From) {
		return calls
	}
	gap := float64(l.To.Sub(l.From)) / l.Calls
	for at := d.exp() * gap; at < float64(l.To.Sub(l.From)); at += d.exp() * gap {
		calls = append(calls, Call{
			At: l.From.Add(time.Duration(at)), Queue: l.Queue, Talk: l.Talk, Patience: l.Patience,
		})
	}
	return calls
}

// Patience estimates the mean patience of recorded callers, of whom most were
// answered before it ended: time waited by all / callers who gave up. false
// when nobody did. waits and gaveUp are of the same calls.
func Patience(waits []time.Duration, gaveUp int) (time.Duration, bool) {
	if gaveUp == 0 {
		return 0, false
	}
	var sum time.Duration
	for _, w := range waits {
		sum += w
	}
	return cmp.Or(sum/time.Duration(gaveUp), time.Nanosecond), true
}

// Missing lists the queues that calls ask for and rules have not, each once.
func Missing(calls []Call, rules acd.Rules) []string {
	known := queueNames(rules).known
	var missing []string
	for i := range calls {
		if name := calls[i].Queue; !known[name] {
			known[name] = true
			missing = append(missing, name)
		}
	}
	return missing
}

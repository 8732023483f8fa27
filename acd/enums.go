package acd

import "fmt"

// Strategy is how a queue chooses among eligible ready seats.
type Strategy uint8

// The strategies.
const (
	LongestIdle Strategy = iota // the seat ready for the longest time
	RoundRobin                  // the seat that was last rung longest ago
	LeastCalls                  // the seat that has picked up the fewest calls since signing in
	BestSkill                   // the seat with the highest mean level in the skills asked for
	TopDown                     // the seat that stands highest in the site's list
	Random                      // by lot, all alike
	Weighted                    // by lot, in proportion to the agents' weights
	RingAll                     // all at once, up to Queue.RingMost; the first to pick up has it
)

// strategyCount is how many there are.
const strategyCount = len(strategies)

var strategies = [...]string{"longest_idle", "round_robin", "least_calls", "best_skill", "top_down", "random", "weighted", "ring_all"}

// OverflowWhen is the condition of an overflow rule.
type OverflowWhen uint8

// The conditions.
const (
	WhenClosed        OverflowWhen = iota // outside the queue's hours, judged at entry only
	WhenNoSeats                           // nobody who could take the call now or by a later widen is signed in with a phone
	WhenFull                              // max_waiting calls wait already, judged at entry
	WhenWaited                            // the call has waited After
	WhenEstimatedWait                     // the estimated wait is longer than After, judged at entry
)

var overflowWhens = []string{"closed", "no_seats", "full", "waited", "estimated_wait"}

// TargetKind is the kind of place an overflow leads to.
type TargetKind uint8

// The kinds.
const (
	ToQueue    TargetKind = iota // keeps entry time, priority and history
	ToFlow                       // the caller goes on in a flow
	ToHangup                     // no rule applies and the call can't wait: the fitting prompt, then hang-up
	ToNumber                     // an outside number is called; if that fails, the call comes back (CallQueued.Failed)
	ToSite                       // another site, the same way
	ToCallback                   // the caller hangs up and keeps the place
)

var targetKinds = []string{"queue", "flow", "hangup", "number", "site", "callback"}

// HasAfter tells whether the condition needs a length, Overflow.After.
func (w OverflowWhen) HasAfter() bool { return w == WhenWaited || w == WhenEstimatedWait }

func (s Strategy) String() string     { return name(strategies[:], s) }
func (w OverflowWhen) String() string { return name(overflowWhens, w) }
func (k TargetKind) String() string   { return name(targetKinds, k) }

// MarshalText gives the name used in the site.
func (s Strategy) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText gives the name used in the site.
func (w OverflowWhen) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// MarshalText gives the name used in the site.
func (k TargetKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name used in the site.
func (s *Strategy) UnmarshalText(b []byte) (err error) {
	*s, err = parse[Strategy]("strategy", strategies[:], b)
	return err
}

// UnmarshalText reads the name used in the site.
func (w *OverflowWhen) UnmarshalText(b []byte) (err error) {
	*w, err = parse[OverflowWhen]("overflow condition", overflowWhens, b)
	return err
}

// UnmarshalText reads the name used in the site.
func (k *TargetKind) UnmarshalText(b []byte) (err error) {
	*k, err = parse[TargetKind]("overflow target", targetKinds, b)
	return err
}

func name[E ~uint8](names []string, e E) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("invalid(%d)", uint8(e))
}

func parse[E ~uint8](what string, names []string, text []byte) (E, error) {
	for i, n := range names {
		if n == string(text) {
			return E(i), nil
		}
	}
	return 0, fmt.Errorf("%s %q is unknown; one of %q", what, text, names)
}

package simulate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"hotline/acd"
	"hotline/acd/erlang"
	"hotline/call"
	"hotline/report"
)

// Seats is how many seats of each group reach a service level, and what then comes of the calls.
type Seats struct {
	Target erlang.Target
	Groups []GroupSeats
	Result *Result
	Runs   int // simulated to find it
}

// GroupSeats is one group's share of it.
type GroupSeats struct {
	Group  string `json:"group"`
	Needed int    `json:"needed"`
	Agents int    `json:"agents"` // the site has
	// Erlang is what Erlang's formula asks for in the busiest interval, taking each
	// queue to be served by its own groups alone, in equal parts.
	Erlang int `json:"erlang"`
}

// maxSearchSeats bounds the search, in each group.
const maxSearchSeats = 20_000

// SeatsFor searches the least number of seats of each group, there for the whole
// run, with which every queue reaches the target by SL-4 over the run. Groups that
// are no queue's home keep their roster. Fewer seats in any one group would miss it;
// another mix with fewer in all may exist. The error has call.CodeInvalid: no number does,
// or no queue with calls has a group with agents.
func SeatsFor(s Scenario, target erlang.Target) (*Seats, error) {
	if err := s.settle(); err != nil {
		return nil, err
	}
	h := &hunt{scenario: s, target: target}
	h.rules()
	h.groups()
	if len(h.names) == 0 {
		return nil, call.Errorf(call.CodeInvalid, "no queue with calls has a home group with agents: there is nobody to count")
	}
	if err := h.climb(); err != nil {
		return nil, err
	}
	for i := range h.names {
		if err := h.lower(i); err != nil {
			return nil, err
		}
	}
	return h.answer()
}

// hunt is a search under way.
type hunt struct {
	scenario Scenario
	target   erlang.Target
	names    []string // the groups searched
	erlang   []int
	seats    []int
	runs     int
	last     *Result
}

// rules sets every queue's target to the one sought.
func (h *hunt) rules() {
	queues := slices.Clone(h.scenario.Rules.Queues)
	for i := range queues {
		queues[i].Target = h.target.Within
	}
	h.scenario.Rules.Queues = queues
}

// groups finds the home groups of queues with calls, and where to begin.
func (h *hunt) groups() {
	agents := groupNames(h.scenario.Rules).known
	need := map[string]float64{}
	for _, q := range h.scenario.Rules.Queues {
		var homes []string
		for _, g := range q.Groups {
			if agents[g] {
				homes = append(homes, g)
			}
		}
		seats := h.byErlang(q)
		for _, g := range homes {
			if seats == 0 {
				continue
			}
			if _, seen := need[g]; !seen {
				h.names = append(h.names, g)
			}
			need[g] += seats / float64(len(homes))
		}
	}
	for _, name := range h.names {
		n := int(math.Ceil(need[name] - 1e-9))
		h.erlang, h.seats = append(h.erlang, n), append(h.seats, max(1, n))
	}
}

// byErlang is the seats a queue's busiest interval needs by the formula; 0 for a queue without calls.
func (h *hunt) byErlang(q acd.Queue) float64 {
	s := &h.scenario
	spans := make([]erlang.Load, s.intervals())
	for i := range s.Calls {
		c := &s.Calls[i]
		n := int(c.At.Sub(s.From) / s.Interval)
		if c.Queue != q.Name || c.At.Before(s.From) || n >= len(spans) {
			continue
		}
		l := &spans[n]
		l.Calls++
		l.Handle += max(c.Talk, 0) + q.WrapUp
	}
	most := 0
	for _, l := range spans {
		if l.Calls == 0 {
			continue
		}
		l.Handle, l.Per = l.Handle/time.Duration(l.Calls), s.Interval
		if n, err := l.SeatsFor(h.target); err == nil {
			most = max(most, max(n, 1))
		}
	}
	return float64(most)
}

// reached runs the calls with the seats in hand.
func (h *hunt) reached() (bool, error) {
	s := h.scenario
	var needs []Need
	for i, name := range h.names {
		needs = append(needs, Need{Group: name, Seats: h.seats[i], From: s.From, To: s.To.Add(Overtime)})
	}
	others := slices.DeleteFunc(slices.Clone(s.Roster), func(x Shift) bool {
		return slices.ContainsFunc(s.Rules.Agents, func(a acd.Agent) bool { return a.ID == x.Agent && slices.Contains(h.names, a.Group) })
	})
	var err error
	if s.Rules, s.Roster, err = Seat(s.Rules, others, needs); err != nil {
		return false, err
	}
	h.runs++
	r, err := Run(s)
	if err != nil {
		return false, err
	}
	for i := range r.Queues {
		level, some := r.Queues[i].Total.ServiceLevel(report.SL4)
		if some && level < h.target.Share || r.Queues[i].Total.Interrupted > 0 {
			return false, nil
		}
	}
	h.last = r
	return true, nil
}

// climb adds seats everywhere until the target is reached.
func (h *hunt) climb() error {
	for {
		ok, err := h.reached()
		if ok || err != nil {
			return err
		}
		for i, n := range h.seats {
			if h.seats[i] = n + n/4 + 1; h.seats[i] > maxSearchSeats {
				return call.Errorf(call.CodeInvalid, "%d seats in group %s do not reach %s; look at overflow rules, hours and patience",
					n, h.names[i], TargetWords(h.target))
			}
		}
	}
}

// lower finds the least seats of one group with which the others' still do, by halving.
func (h *hunt) lower(i int) error {
	low, high := -1, h.seats[i] // low misses the target, high reaches it
	for low+1 < high {
		mid := (low + high) / 2
		if low < 0 {
			mid = max(0, high-max(1, high/8)) // most often a few too many
		}
		h.seats[i] = mid
		ok, err := h.reached()
		switch {
		case err != nil:
			return err
		case ok:
			high = mid
		default:
			low = mid
		}
	}
	h.seats[i] = high
	return nil
}

// answer runs what was found once more, for its figures.
func (h *hunt) answer() (*Seats, error) {
	if _, err := h.reached(); err != nil {
		return nil, err
	}
	a := &Seats{Target: h.target, Result: h.last, Runs: h.runs}
	defer func() { a.Result.Seats = a.Groups }()
	for i, name := range h.names {
		agents := 0
		for _, x := range h.scenario.Rules.Agents {
			if x.Group == name {
				agents++
			}
		}
		a.Groups = append(a.Groups, GroupSeats{Group: name, Needed: h.seats[i], Agents: agents, Erlang: h.erlang[i]})
	}
	return a, nil
}

// TargetWords is a target as the command line has it.
func TargetWords(t erlang.Target) string { return fmt.Sprintf("%g/%v", t.Share*100, t.Within) }

// Table is the answer for people to read, with the run that shows it.
func (a *Seats) Table(byQueue bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "the least seats with which every queue reaches %s (SL-4), %d runs\n\n", TargetWords(a.Target), a.Runs)
	g := grid{heads: []string{"group", "seats", "agents", "missing", "by Erlang C"}}
	for _, x := range a.Groups {
		g.add(x.Group, fmt.Sprint(x.Needed), fmt.Sprint(x.Agents), fmt.Sprint(max(0, x.Needed-x.Agents)), fmt.Sprint(x.Erlang))
	}
	b.WriteString(g.String() + "\n" + a.Result.Table(byQueue))
	return b.String()
}

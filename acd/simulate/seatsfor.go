package simulate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
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
	Needed int    `json:"needed"` // at the peak, with a roster by interval
	Agents int    `json:"agents"` // the site has
	// Erlang is what Erlang's formula asks for in the busiest interval, taking each queue
	// to be served by its own groups alone, in equal parts: A, or C where callers never give up.
	Erlang int   `json:"erlang"`
	Roster []int `json:"roster,omitempty"` // seats of each interval, when asked for by interval
}

// maxSearchSeats bounds the search, in each group.
const maxSearchSeats = 20_000

// SeatsFor searches the least number of seats of each group with which every
// queue reaches the target by SL-4 over the run. They are there for the whole run;
// byInterval makes a roster of them that follows the load: the number sought is that of the
// peak, other intervals have their share by Erlang's formula, and one seat at least.
// Groups that are no queue's home keep their roster. Fewer seats in any one group would
// miss the target; another mix with fewer in all may exist. The error has
// call.CodeInvalid: no number does, or no queue with calls has a group with agents.
func SeatsFor(s Scenario, target erlang.Target, byInterval bool) (*Seats, error) {
	if err := s.settle(); err != nil {
		return nil, err
	}
	h := &hunt{scenario: s, target: target, byInterval: byInterval}
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
	scenario   Scenario
	target     erlang.Target
	byInterval bool
	names      []string    // the groups searched
	erlang     [][]float64 // what the formula asks of each, by interval
	seats      []int
	runs       int
	last       *Result
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
	at := map[string]int{}
	for _, q := range h.scenario.Rules.Queues {
		var homes []string
		for _, g := range q.Groups {
			if agents[g] {
				homes = append(homes, g)
			}
		}
		spans, calls := h.byErlang(q)
		for _, g := range homes {
			if calls == 0 {
				continue
			}
			if _, seen := at[g]; !seen {
				at[g] = len(h.names)
				h.names, h.erlang = append(h.names, g), append(h.erlang, make([]float64, len(spans)))
			}
			for i, n := range spans {
				h.erlang[at[g]][i] += n / float64(len(homes))
			}
		}
	}
	for i := range h.names {
		h.seats = append(h.seats, max(1, whole(slices.Max(h.erlang[i]))))
	}
}

// whole is the seats that a computed number stands for.
func whole(seats float64) int { return int(math.Ceil(seats - 1e-9)) }

// byErlang is the seats a queue needs by the formula, interval by interval, and how many calls it has.
func (h *hunt) byErlang(q acd.Queue) (seats []float64, calls int) {
	s := &h.scenario
	spans := make([]erlang.Load, s.intervals())
	endless := false
	for i := range s.Calls {
		c := &s.Calls[i]
		n := int(c.At.Sub(s.From) / s.Interval)
		if c.Queue != q.Name || c.At.Before(s.From) || n >= len(spans) {
			continue
		}
		spans[n].Calls++
		spans[n].Handle += max(c.Talk, 0) + q.WrapUp
		spans[n].Patience += max(c.Patience, 0)
		calls++
		endless = endless || c.Patience == Never
	}
	seats = make([]float64, len(spans))
	for i, l := range spans {
		if l.Calls == 0 {
			continue
		}
		l.Handle, l.Per = l.Handle/time.Duration(l.Calls), s.Interval
		if l.Patience /= time.Duration(l.Calls); endless {
			l.Patience = 0
		}
		if n, err := l.SeatsFor(h.target); err == nil { // an error is a load past all bounds: the search finds its own
			seats[i] = float64(max(n, 1))
		}
	}
	return seats, calls
}

// roster is the seats of a group in each interval.
func (h *hunt) roster(group int) []int {
	peak := slices.Max(h.erlang[group])
	seats := make([]int, len(h.erlang[group]))
	for i, n := range h.erlang[group] {
		seats[i] = h.seats[group]
		if h.byInterval && peak > 0 {
			seats[i] = min(h.seats[group], max(1, whole(float64(h.seats[group])*n/peak)))
		}
	}
	return seats
}

// needs are the rosters of all groups. The last interval's seats stay until all calls have ended.
func (h *hunt) needs() []Need {
	s := &h.scenario
	var needs []Need
	for g, name := range h.names {
		seats := h.roster(g)
		for i := 0; i < len(seats); {
			next := i + 1
			for next < len(seats) && seats[next] == seats[i] {
				next++
			}
			n := Need{Group: name, Seats: seats[i], From: s.start(i), To: s.start(next)}
			if next == len(seats) {
				n.To = s.To.Add(Overtime)
			}
			needs = append(needs, n)
			i = next
		}
	}
	return needs
}

func (s *Scenario) start(interval int) time.Time {
	return s.From.Add(time.Duration(interval) * s.Interval)
}

// reached runs the calls with the seats in hand.
func (h *hunt) reached() (bool, error) {
	s := h.scenario
	others := slices.DeleteFunc(slices.Clone(s.Roster), func(x Shift) bool {
		return slices.ContainsFunc(s.Rules.Agents, func(a acd.Agent) bool { return a.ID == x.Agent && slices.Contains(h.names, a.Group) })
	})
	var err error
	if s.Rules, s.Roster, err = Seat(s.Rules, others, h.needs()); err != nil {
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
		found := GroupSeats{Group: name, Needed: h.seats[i], Agents: agents, Erlang: whole(slices.Max(h.erlang[i]))}
		if h.byInterval {
			found.Roster = h.roster(i)
		}
		a.Groups = append(a.Groups, found)
	}
	return a, nil
}

// TargetWords is a target as the command line has it.
func TargetWords(t erlang.Target) string { return fmt.Sprintf("%g/%v", t.Share*100, t.Within) }

// Table is the answer for people to read, with the run that shows it.
func (a *Seats) Table(byQueue bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "the least seats with which every queue reaches %s (SL-4), found in %d runs\n\n", TargetWords(a.Target), a.Runs)
	g := grid{heads: []string{"group", "seats", "agents", "missing", "by Erlang"}}
	for _, x := range a.Groups {
		g.add(x.Group, strconv.Itoa(x.Needed), strconv.Itoa(x.Agents), strconv.Itoa(max(0, x.Needed-x.Agents)), strconv.Itoa(x.Erlang))
	}
	b.WriteString(g.String() + "\n")
	if roster := a.rosterTable(); roster != "" {
		b.WriteString(roster + "\n")
	}
	b.WriteString(a.Result.Table(byQueue))
	return b.String()
}

// rosterTable shows the seats of each interval; empty when they stay the same.
func (a *Seats) rosterTable() string {
	g := grid{heads: []string{"seats from"}}
	for i, x := range a.Groups {
		g.heads = append(g.heads, x.Group)
		for n, seats := range x.Roster {
			if i == 0 {
				g.add(a.Result.Start(n).Format("2006-01-02 15:04"))
			}
			g.rows[n] = append(g.rows[n], strconv.Itoa(seats))
		}
	}
	if len(g.rows) == 0 {
		return ""
	}
	return g.String()
}

package dialling

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hotline/call"
)

// Kind is what an account is of.
type Kind uint8

// The kinds.
const (
	OfAgent Kind = iota
	OfPhone
	OfTrunk
)

var kinds = []string{"agent", "phone", "trunk"}

func (k Kind) String() string { return kinds[min(int(k), len(kinds)-1)] }

// Key names an account.
type Key struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
}

func (k Key) String() string { return k.Kind.String() + " " + k.Name }

// Key is whose account a call counts in.
func (b By) Key() Key {
	if b.Seat != "" {
		return Key{OfAgent, string(b.Seat)}
	}
	return Key{OfPhone, b.Phone}
}

// Reason is why a call is refused.
type Reason uint8

// The reasons.
const (
	NotAllowed Reason = iota // the class is not in the right
	OutOfHours
	OutOfMinutes
	TooManyAtOnce
)

var reasons = []string{"not_allowed", "hours", "minutes", "at_once"}

func (r Reason) String() string { return reasons[min(int(r), len(reasons)-1)] }

// Reasons lists every reason in order.
func Reasons() []Reason { return []Reason{NotAllowed, OutOfHours, OutOfMinutes, TooManyAtOnce} }

// Refusal is why a call may not be made, and whose bound it is.
type Refusal struct {
	Key    Key
	Reason Reason
	Words  string
}

// AlarmKind is what an alarm is about.
type AlarmKind uint8

// The kinds.
const (
	AlarmLimit   AlarmKind = iota // a limit was reached
	AlarmUnusual                  // more tries than usual
)

var alarmKinds = []string{"limit", "unusual"}

func (k AlarmKind) String() string { return alarmKinds[min(int(k), len(alarmKinds)-1)] }

// AlarmKinds lists every kind in order.
func AlarmKinds() []AlarmKind { return []AlarmKind{AlarmLimit, AlarmUnusual} }

// Alarm is for people to look at. Of a kind an account raises one a day, of unusual volume one a window.
type Alarm struct {
	Key   Key
	Kind  AlarmKind
	Words string
}

// Ticket names a call that has begun.
type Ticket uint64

// Guard counts who dials how much. It is not safe for concurrent use.
type Guard struct {
	accounts map[Key]*account
	calls    map[Ticket]*outcall
	last     Ticket
}

// account is what somebody has dialled today.
type account struct {
	Memory
	atOnce  int
	refused int
	why     string      // of the newest refusal
	tries   []time.Time // of the unusual window, at most as many as raise an alarm
	told    [2]string   // the day, or window's start, in which the last alarm of each kind was raised
}

// outcall is a call that goes on.
type outcall struct {
	keys     []Key
	answered time.Time // zero: it rings
}

// Memory is what of an account outlives a restart.
type Memory struct {
	Key    Key           `json:"key"`
	Day    string        `json:"day"`
	Calls  int           `json:"calls"`
	Talked time.Duration `json:"talked"`
}

// accountsMost bounds the table; agents, phones and trunks of a site are far fewer.
const accountsMost = 200_000

// New makes a guard that has counted nothing.
func New() *Guard { return &Guard{accounts: map[Key]*account{}, calls: map[Ticket]*outcall{}} }

// at gives an account, on a new day an empty one.
func (g *Guard) at(key Key, day string) *account {
	a := g.accounts[key]
	if a == nil {
		if len(g.accounts) >= accountsMost {
			g.forget(day)
		}
		a = &account{}
		g.accounts[key] = a
	}
	if a.Day != day {
		a.Memory, a.refused, a.why = Memory{Key: key, Day: day}, 0, ""
	}
	return a
}

// forget drops accounts of other days with nothing going on.
func (g *Guard) forget(day string) {
	for key, a := range g.accounts {
		if a.Day != day && a.atOnce == 0 {
			delete(g.accounts, key)
		}
	}
}

// judge tells whether a number may be called now; it counts a refusal and raises what alarms come of it.
func (g *Guard) judge(now time.Time, r *Rules, by By, number string) (*Refusal, []Alarm) {
	class := r.Class(number)
	if class == Emergency {
		return nil, nil
	}
	right, key := r.Right(by), by.Key()
	if !right.Allows(class) {
		no := &Refusal{key, NotAllowed, fmt.Sprintf("%s may not dial %s numbers", key, class)}
		return no, g.refuse(now, r, key, no)
	}
	if no := g.bounded(now, r, key, right.Limits); no != nil {
		return no, g.refuse(now, r, key, no)
	}
	return nil, nil
}

// byTrunk tells whether a trunk's own bounds let one more call of a phone out.
func (g *Guard) byTrunk(now time.Time, r *Rules, trunk, number string) (*Refusal, []Alarm) {
	if r.Class(number) == Emergency {
		return nil, nil
	}
	key := Key{OfTrunk, trunk}
	no := g.bounded(now, r, key, r.Trunks[trunk])
	if no == nil {
		return nil, nil
	}
	return no, g.refuse(now, r, key, no)
}

// bounded tells which limit stands in the way.
func (g *Guard) bounded(now time.Time, r *Rules, key Key, l Limits) *Refusal {
	a := g.at(key, r.day(now))
	switch {
	case !r.open(l.Hours, now):
		return &Refusal{key, OutOfHours, fmt.Sprintf("%s may call outside within the hours of calendar %s only", key, l.Hours)}
	case l.Minutes > 0 && a.talked(now, g) >= time.Duration(l.Minutes)*time.Minute:
		return &Refusal{key, OutOfMinutes, fmt.Sprintf("%s has had its %d minutes of today", key, l.Minutes)}
	case l.AtOnce > 0 && a.atOnce >= l.AtOnce:
		return &Refusal{key, TooManyAtOnce, fmt.Sprintf("%s has as many calls outside at once as it may: %d", key, l.AtOnce)}
	}
	return nil
}

// talked is an account's talk of today with that of the calls that go on.
func (a *account) talked(now time.Time, g *Guard) time.Duration {
	sum := a.Talked
	if a.atOnce == 0 {
		return sum
	}
	for _, c := range g.calls {
		if !c.answered.IsZero() && slices.Contains(c.keys, a.Key) {
			sum += now.Sub(c.answered)
		}
	}
	return sum
}

// refuse counts a refusal.
func (g *Guard) refuse(now time.Time, r *Rules, key Key, no *Refusal) (alarms []Alarm) {
	day := r.day(now)
	a := g.at(key, day)
	a.refused++
	a.why = no.Words
	if (no.Reason == OutOfMinutes || no.Reason == TooManyAtOnce) && a.told[AlarmLimit] != day {
		a.told[AlarmLimit] = day
		alarms = append(alarms, Alarm{key, AlarmLimit, no.Words})
	}
	return append(alarms, g.try(now, r, key, a)...)
}

// try counts one that calls, or would.
func (g *Guard) try(now time.Time, r *Rules, key Key, a *account) []Alarm {
	if r.Unusual.Calls <= 0 || key.Kind == OfTrunk {
		return nil
	}
	a.tries = append(a.tries, now)
	for len(a.tries) > r.Unusual.Calls || len(a.tries) > 0 && now.Sub(a.tries[0]) >= r.Unusual.Within {
		a.tries = a.tries[1:]
	}
	if len(a.tries) < r.Unusual.Calls {
		return nil
	}
	a.tries = a.tries[:0:0]
	return []Alarm{{key, AlarmUnusual, fmt.Sprintf("%s has dialled %d outside numbers within %s", key, r.Unusual.Calls, r.Unusual.Within)}}
}

// begin counts a call that goes out, of somebody and by a trunk.
func (g *Guard) begin(now time.Time, r *Rules, by By, trunk string) (Ticket, []Alarm) {
	g.last++
	c := &outcall{keys: []Key{by.Key(), {OfTrunk, trunk}}}
	g.calls[g.last] = c
	var alarms []Alarm
	for _, key := range c.keys {
		a := g.at(key, r.day(now))
		a.atOnce++
		a.Calls++
		alarms = append(alarms, g.try(now, r, key, a)...)
	}
	return g.last, alarms
}

// Answered tells that a call is talked in from now on.
func (g *Guard) Answered(now time.Time, t Ticket) {
	if c := g.calls[t]; c != nil && c.answered.IsZero() {
		c.answered = now
	}
}

// End takes a call that is over, and gives what is to be kept of the accounts it counted in. What was talked counts on the day it ends.
func (g *Guard) End(now time.Time, r *Rules, t Ticket) []Memory {
	c := g.calls[t]
	if c == nil {
		return nil
	}
	delete(g.calls, t)
	keep := make([]Memory, 0, len(c.keys))
	for _, key := range c.keys {
		a := g.at(key, r.day(now))
		a.atOnce--
		if !c.answered.IsZero() {
			a.Talked += now.Sub(c.answered)
		}
		keep = append(keep, a.Memory)
	}
	return keep
}

// Restore puts back what a former run has counted.
func (g *Guard) Restore(m Memory) { g.accounts[m.Key] = &account{Memory: m} }

// Lift forgets what an account has had today, so that its limits begin anew. false: nothing is known of it.
func (g *Guard) Lift(key Key) bool {
	a := g.accounts[key]
	if a == nil {
		return false
	}
	a.Memory = Memory{Key: key, Day: a.Day}
	a.refused, a.why, a.tries, a.told = 0, "", nil, [2]string{}
	return true
}

// Row is an account as people see it.
type Row struct {
	Key
	Calls   int
	Talked  time.Duration
	AtOnce  int
	Refused int
	Limits  Limits
	Stopped string // why nothing more may be dialled just now; empty: more may
	Why     string // of the newest refusal
}

// View lists the accounts of today, those that are stopped first, then the most talkative.
func (g *Guard) View(now time.Time, r *Rules) []Row {
	day := r.day(now)
	var rows []Row
	for key, a := range g.accounts {
		if a.Day != day && a.atOnce == 0 {
			continue
		}
		limits := r.Trunks[key.Name]
		if key.Kind != OfTrunk {
			limits = Limits{}
			if right := r.Right(key.by()); right != nil {
				limits = right.Limits
			}
		}
		row := Row{Key: key, Calls: a.Calls, Talked: a.talked(now, g), AtOnce: a.atOnce, Refused: a.refused, Limits: limits, Why: a.why}
		if no := g.bounded(now, r, key, limits); no != nil {
			row.Stopped = no.Words
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		stopped := func(r Row) int { return min(len(r.Stopped), 1) }
		return cmp.Or(cmp.Compare(stopped(b), stopped(a)), cmp.Compare(b.Talked, a.Talked), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

func (k Key) by() By {
	if k.Kind == OfAgent {
		return By{Seat: call.SeatID(k.Name)}
	}
	return By{Phone: k.Name}
}

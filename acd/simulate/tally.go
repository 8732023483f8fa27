package simulate

import (
	"encoding/json"
	"time"

	"hotline/acd"
	"hotline/call"
	"hotline/report"
)

// noQueue is the row of a caller who is in no queue.
const noQueue = -1

// maxNotes bounds the list of what the engine said beside calls and seats.
const maxNotes = 10_000

// tally counts what becomes of callers and what seats do, by the interval a
// call entered in. Figures and formulas are package report's.
type tally struct {
	s     *Scenario
	first int64 // From
	last  int64 // To
	step  int64 // Interval

	rows    []queueRow
	byQueue map[string]int
	all     []Counts // each call once, whatever queues it was in

	groups  []groupRow
	byGroup map[string]int

	unanswered int // offers nobody picked up
	urgent     int // urgent prompts that callers heard
	notes      []Note
	leftOut    int // notes too many to keep
}

type queueRow struct {
	Name   string
	Target time.Duration
	Groups []string
	spans  []Counts
}

type groupRow struct {
	Name   string
	Agents int
	spans  []SeatTime
}

func newTally(s *Scenario) *tally {
	t := &tally{
		s: s, first: s.From.UnixNano(), last: s.To.UnixNano(), step: int64(s.Interval),
		byQueue: map[string]int{}, byGroup: map[string]int{}, all: make([]Counts, s.intervals()),
	}
	for _, q := range s.Rules.Queues {
		row := &t.rows[t.queue(q.Name)]
		row.Target, row.Groups = q.Target, q.Groups
	}
	for _, a := range s.Rules.Agents {
		t.groups[t.group(a.Group)].Agents++
	}
	return t
}

// queue finds the row of a queue, adding it if need be.
func (t *tally) queue(name string) int {
	i, known := t.byQueue[name]
	if !known {
		i = len(t.rows)
		t.byQueue[name] = i
		t.rows = append(t.rows, queueRow{Name: name, Target: report.DefaultTarget, spans: make([]Counts, len(t.all))})
	}
	return i
}

func (t *tally) group(name string) int {
	i, known := t.byGroup[name]
	if !known {
		i = len(t.groups)
		t.byGroup[name] = i
		t.groups = append(t.groups, groupRow{Name: name, spans: make([]SeatTime, len(t.all))})
	}
	return i
}

// span is the interval a time lies in; −1 outside the report.
func (t *tally) span(now int64) int {
	if now < t.first || now >= t.last {
		return -1
	}
	return int((now - t.first) / t.step)
}

// both are the caller's counts in its queue and over all queues: nobody's, outside the report.
func (t *tally) both(c *caller) [2]*Counts {
	if c.span < 0 {
		return [2]*Counts{{}, {}}
	}
	in := &Counts{}
	if c.queue != noQueue {
		in = &t.rows[c.queue].spans[c.span]
	}
	return [2]*Counts{in, &t.all[c.span]}
}

func (t *tally) target(c *caller) time.Duration {
	if c.queue == noQueue {
		return report.DefaultTarget
	}
	return t.rows[c.queue].Target
}

func (t *tally) arrived(c *caller) { t.both(c)[1].Offered++ }

// offered counts the entry into a queue.
func (t *tally) offered(c *caller) { t.both(c)[0].Offered++ }

func (t *tally) answered(c *caller, now int64) {
	wait := time.Duration(now - c.entered)
	for _, n := range t.both(c) {
		n.CountAnswer(wait, t.target(c))
		n.Longest = max(n.Longest, wait)
	}
}

func (t *tally) abandoned(c *caller, now int64) {
	wait := time.Duration(now - c.entered)
	for _, n := range t.both(c) {
		n.CountAbandon(wait, t.target(c), t.s.ShortAbandon)
		n.Longest = max(n.Longest, wait)
		if c.rung && wait >= t.s.ShortAbandon {
			n.LeftRinging++
		}
	}
}

// overflowed counts a rule in the queue and, where the caller goes for good, in all.
func (t *tally) overflowed(c *caller, ef acd.Overflowed, leaves bool) {
	to := ef.To.Kind.String()
	if ef.To.Name != "" {
		to += ":" + ef.To.Name
	}
	for i, n := range t.both(c) {
		if i == 1 && !leaves {
			continue
		}
		n.Overflowed++
		if n.Rules == nil {
			n.Rules = map[string]int{}
		}
		n.Rules[ef.Rule+" → "+to]++
	}
}

func (t *tally) leftOver(c *caller) {
	for _, n := range t.both(c) {
		n.Interrupted++
	}
}

// seatTime adds what a seat did since its last move, interval by interval.
func (t *tally) seatTime(p *seat, now int64) {
	from, to := max(p.since, t.first), min(now, t.last)
	p.since = now
	if p.state == call.SeatOffline || from >= to {
		return
	}
	spans := t.groups[p.group].spans
	for i := (from - t.first) / t.step; from < to; i++ {
		end := min(to, t.first+(i+1)*t.step)
		spans[i].add(p.state, time.Duration(end-from))
		from = end
	}
}

// note keeps what the engine decided beside calls and seats.
func (t *tally) note(at time.Time, ef acd.Effect) {
	if len(t.notes) >= maxNotes {
		t.leftOut++
		return
	}
	data, err := json.Marshal(ef)
	if err != nil { // an effect that does not encode can't be recorded either: it is told by its kind
		data = []byte("{}")
	}
	t.notes = append(t.notes, Note{At: at, Kind: ef.Kind(), Data: data})
}

// Counts is what became of the calls of one interval, or of several added up.
type Counts struct {
	report.Figures

	Offered     int            // calls that entered
	LeftRinging int            // of the abandoned: a phone rang for them, in vain or not long enough
	Longest     time.Duration  // wait of anybody answered or abandoned
	Rules       map[string]int // overflows by "rule → where to"
}

// Add adds another interval's.
func (n *Counts) Add(o *Counts) {
	n.Figures.Add(&o.Figures)
	n.Offered += o.Offered
	n.LeftRinging += o.LeftRinging
	n.Longest = max(n.Longest, o.Longest)
	for rule, times := range o.Rules {
		if n.Rules == nil {
			n.Rules = map[string]int{}
		}
		n.Rules[rule] += times
	}
}

// SeatTime is what seats did with their time.
type SeatTime struct {
	SignedIn time.Duration // without breaks
	Busy     time.Duration // talk, hold and wrap-up
	Break    time.Duration
}

func (s *SeatTime) add(state call.SeatState, d time.Duration) {
	switch state {
	case call.SeatOffline:
	case call.SeatBreak:
		s.Break += d
	case call.SeatAnnouncing, call.SeatTalking, call.SeatHeld, call.SeatWrapUp:
		s.Busy += d
		s.SignedIn += d
	default:
		s.SignedIn += d
	}
}

// Add adds another's.
func (s *SeatTime) Add(o SeatTime) {
	s.SignedIn += o.SignedIn
	s.Busy += o.Busy
	s.Break += o.Break
}

// Occupancy is 占用率: (talk + hold + wrap-up) / (signed in − breaks); false when nobody was there.
func (s SeatTime) Occupancy() (float64, bool) {
	if s.SignedIn <= 0 {
		return 0, false
	}
	return float64(s.Busy) / float64(s.SignedIn), true
}

// Note is something the engine decided beside calls and seats, such as a plan's
// step coming into force: its kind and what it says, in JSON.
type Note struct {
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
}

package simulate

import (
	"strconv"
	"time"

	"hotline/acd"
	"hotline/call"
)

// stage is where a caller is.
type stage uint8

const (
	stageComing stage = iota
	stageWaiting
	stageTalking
	stageGone
)

// caller is one of the scenario's calls on its way.
type caller struct {
	stage   stage
	queue   int   // row of the tally, once waiting
	entered int64 // first queue entry
	span    int   // interval of the report it entered in; −1: outside
	turns   int   // phones that have rung for it
	rung    bool  // in vain, or one rings now
	seat    *seat
	offer   call.OfferID
}

// seat is an agent of the site.
type seat struct {
	id      call.SeatID
	group   int // row of the tally
	onShift bool
	onBreak bool

	state call.SeatState
	since int64
}

// ringing is an offer that stands.
type ringing struct {
	call int
	seat *seat
}

// world is callers and agents around the engine.
type world struct {
	s      *Scenario
	engine *acd.Engine
	now    int64
	agenda agenda
	calls  []caller
	next   int // the next call to come
	live   int // calls that have come and not ended
	seats  map[call.SeatID]*seat
	roster []*seat // the same, in the order of the site
	rings  map[call.OfferID]ringing
	tally  *tally
}

func newWorld(s *Scenario) *world {
	w := &world{
		s: s, engine: acd.New(s.Seed), calls: make([]caller, len(s.Calls)),
		seats: map[call.SeatID]*seat{}, rings: map[call.OfferID]ringing{}, tally: newTally(s),
	}
	for _, a := range s.Rules.Agents {
		p := &seat{id: a.ID, group: w.tally.group(a.Group), since: s.From.UnixNano()}
		w.seats[a.ID] = p
		w.roster = append(w.roster, p)
	}
	for _, shift := range s.Roster {
		w.plan(shift)
	}
	return w
}

// plan puts a shift on the agenda. A shift that began before the run begins with it.
func (w *world) plan(shift Shift) {
	p := w.seats[shift.Agent]
	from, to := max(shift.From.UnixNano(), w.s.From.UnixNano()), shift.To.UnixNano()
	if p == nil || to <= from {
		return
	}
	w.agenda.add(entry{at: from, what: todoShiftStarts, seat: p})
	w.agenda.add(entry{at: to, what: todoShiftEnds, seat: p})
	for _, b := range shift.Breaks {
		begin, end := max(b.From.UnixNano(), from), min(b.To.UnixNano(), to)
		if begin < end {
			w.agenda.add(entry{at: begin, what: todoBreakStarts, seat: p})
			w.agenda.add(entry{at: end, what: todoBreakEnds, seat: p})
		}
	}
}

// run plays everything in the order of time.
func (w *world) run() {
	w.now = w.s.From.UnixNano()
	w.step(acd.RulesChanged{Rules: w.s.Rules})
	for _, p := range w.roster {
		w.step(acd.PhoneUp{Phone: string(p.id)})
	}
	end := w.s.To.UnixNano()
	for {
		at, what, ok := w.soonest()
		if !ok || at > end+int64(Overtime) || at >= end && w.live == 0 && w.next == len(w.calls) {
			break
		}
		w.now = max(w.now, at)
		w.happen(what)
	}
	w.now = max(w.now, end)
	for _, p := range w.roster {
		w.tally.seatTime(p, w.now)
	}
	for i := range w.calls {
		if w.calls[i].stage == stageWaiting {
			w.tally.leftOver(&w.calls[i])
		}
	}
}

// source is what happens next.
type source uint8

const (
	sourceAgenda source = iota
	sourceArrival
	sourceEngine
)

// soonest finds what happens next. Of one instant the agenda goes first, then
// arrivals; the engine's deadlines need no step of their own then.
func (w *world) soonest() (at int64, what source, ok bool) {
	at, ok = w.agenda.soonest()
	if w.next < len(w.calls) {
		if t := w.s.Calls[w.next].At.UnixNano(); !ok || t < at {
			at, what, ok = t, sourceArrival, true
		}
	}
	if t, waits := w.engine.Deadline(); waits && (!ok || t.UnixNano() < at) {
		at, what, ok = t.UnixNano(), sourceEngine, true
	}
	return at, what, ok
}

func (w *world) happen(what source) {
	switch what {
	case sourceArrival:
		w.arrive(w.next)
		w.next++
	case sourceEngine:
		w.step(acd.Tick{})
	default:
		w.do(w.agenda.next())
	}
}

// arrive sends a caller into his queue.
func (w *world) arrive(i int) {
	in, c := &w.s.Calls[i], &w.calls[i]
	c.stage, c.entered, c.span, c.queue = stageWaiting, w.now, w.tally.span(w.now), noQueue
	w.live++
	w.tally.arrived(c)
	if in.Patience != Never {
		w.agenda.add(entry{at: w.now + int64(in.Patience), what: todoGiveUp, call: i})
	}
	w.step(acd.CallQueued{
		Call: idOf(i), Queue: in.Queue, Skills: in.Skills, Priority: in.Priority,
		Caller: call.Caller{Number: "", Class: in.Class, Level: in.Level}, Node: "simulation",
	})
}

// idOf names a call so that ids follow the order of arrival and lead back to it.
func idOf(i int) call.ID {
	digits := strconv.Itoa(i)
	return call.ID("SIM0000000"[:10-len(digits)] + digits)
}

// find is the call an effect speaks of; nil for one that is not of this run.
func (w *world) find(id call.ID) (int, *caller) {
	if len(id) != 10 {
		return 0, nil
	}
	i, err := strconv.Atoi(string(id[3:]))
	if err != nil || i < 0 || i >= len(w.calls) {
		return 0, nil
	}
	return i, &w.calls[i]
}

// do is one entry of the agenda.
func (w *world) do(e entry) {
	switch e.what {
	case todoShiftStarts:
		e.seat.onShift = true
		w.ask(e.seat)
	case todoShiftEnds:
		e.seat.onShift = false
		w.ask(e.seat)
	case todoBreakStarts, todoBreakEnds:
		e.seat.onBreak = e.what == todoBreakStarts
		w.ask(e.seat)
	case todoBackAtDesk:
		if e.seat.onShift && !e.seat.onBreak && e.seat.state == call.SeatBreak {
			w.ask(e.seat)
		}
	case todoPickUp:
		if _, stands := w.rings[e.offer]; stands {
			w.step(acd.OfferAnswered{Offer: e.offer})
		}
	case todoConnected:
		if c := &w.calls[e.call]; c.stage == stageTalking {
			w.step(acd.CallConnected{Call: idOf(e.call), Seat: c.seat.id})
		}
	case todoHangUp:
		w.hangUp(e.call)
	case todoGiveUp:
		w.giveUp(e.call)
	}
}

// ask tells the engine what a seat should be by its roster.
func (w *world) ask(p *seat) {
	in := acd.SeatStateSet{Seat: p.id, State: call.SeatReady}
	switch {
	case !p.onShift:
		in.State = call.SeatOffline
	case p.onBreak:
		in.State, in.Reason, in.Forced = call.SeatBreak, "roster", true // the roster is approved
	}
	w.step(in)
}

func (w *world) hangUp(i int) {
	c := &w.calls[i]
	c.stage = stageGone
	w.live--
	w.step(acd.CallLeft{Call: idOf(i)})
	w.step(acd.SeatLegEnded{Call: idOf(i), Seat: c.seat.id, Offer: c.offer})
}

func (w *world) giveUp(i int) {
	c := &w.calls[i]
	if c.stage != stageWaiting {
		return
	}
	w.tally.abandoned(c, w.now)
	c.stage = stageGone
	w.live--
	w.step(acd.CallLeft{Call: idOf(i)})
}

// step gives the engine an input and lets what it decides happen.
func (w *world) step(in acd.Input) {
	at := time.Unix(0, w.now).UTC()
	out := w.engine.Step(at, in)
	if w.s.Watch != nil {
		w.s.Watch(at, in, out)
	}
	for _, ef := range out {
		w.effect(at, ef)
	}
}

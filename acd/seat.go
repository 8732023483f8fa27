package acd

import (
	"time"

	"hotline/call"
)

// seat is an agent as routing knows him: signed in or not.
type seat struct {
	agent   Agent
	class   *supply
	phone   *phone // nil: signed out
	removed bool   // not in the site any more; leaves after the call

	state   call.SeatState
	since   int64         // of the state, and of the call it shows
	shown   call.ID       // as of the last move; empty: none
	reason  string        // of the state: a short code, or the agent's own words
	minutes int           // asked for with it
	want    ask           // the state to be in when nothing else keeps him
	pause   *breakRequest // a break that waits for approval; nil: none
	idle    int64         // ready since: the idle place, kept over offers that were withdrawn
	free    int64         // since when he could last be offered a call

	caller  *caller       // ringing, talking, or what the wrap-up is about
	engaged []*caller     // calls of its own, that routing did not give it, the first first
	queue   string        // by which the call came
	wrapUp  time.Duration // the queue's, should it be gone by then
	picked  int64         // when it picked up the call it is in or wraps up; 0: none
	offer   call.OfferID

	// unregistered: the phone by whose registering the agent is ready has gone;
	// the seat signs out as soon as nothing keeps it.
	unregistered bool

	counted bool // among the present of its supply
	pos     int  // in the supply's heap of ready seats

	member int                // its number in the supply
	places [strategyCount]int // in the supply's other heaps
	turn   uint64             // number of the offer that last rang here; 0: none yet
	calls  uint64             // picked up since signing in
	rank   int                // in the site's list

	knows   heap[*caller] // calls that wait for this seat alone
	noticed bool          // these are to be looked at in this step
	loans   []*add        // by which it is lent, in the order they came

	timer timer
}

// ask is a state somebody asked for.
type ask struct {
	State   call.SeatState `json:"state"`
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"`
}

// legEndGuard is how long a seat may stay in a call whose caller has left: a
// BYE is answered or given up after 32 s (RFC 3261 17.1.2.2), so that past this
// the report of the leg's end has been lost and the seat must not hang on it.
const legEndGuard = 40 * time.Second

func newSeat(a Agent) *seat {
	s := &seat{agent: a}
	s.timer = timer{id: string(a.ID), seat: s}
	return s
}

func (s *seat) place() *int { return &s.pos }

// before is the idle order: ready since, then agent number.
func (s *seat) before(o *seat) bool {
	if s.idle != o.idle {
		return s.idle < o.idle
	}
	return s.agent.ID < o.agent.ID
}

// inTalk is true from pick-up to the end of the leg.
func (s *seat) inTalk() bool {
	return s.state == call.SeatAnnouncing || s.state == call.SeatTalking || s.state == call.SeatHeld
}

// move is the one place where a seat's state changes. To be in another call is a move, too: of two that a seat was in one
// has ended, or it was handed from one into the other.
func (e *Engine) move(s *seat, to ask, why string) {
	from, in := s.state, s.callID()
	if from == to.State && s.reason == to.Reason && s.minutes == to.Minutes && (in == s.shown || !from.InCall()) {
		return
	}
	if from == call.SeatReady {
		s.class.remove(s)
	}
	if (from == call.SeatReady) != (to.State == call.SeatReady) {
		e.seatsMoved()
	}
	s.state, s.reason, s.minutes, s.since, s.shown = to.State, to.Reason, to.Minutes, e.now, in
	changed := SeatChanged{
		Seat: s.agent.ID, From: from, To: to.State,
		Reason: to.Reason, Minutes: to.Minutes, Next: s.nextAsk().State, Why: why,
	}
	if s.phone != nil {
		changed.Phone = s.phone.name
	}
	changed.Call = in
	if from == to.State && in != "" {
		changed.Why = "goes on in call " + string(in) + ": " + why
	}
	e.emit(changed)
	if was, is := atWork(from), atWork(to.State); was != is {
		e.seatsMoved()
		change := 1
		if was {
			change = -1
		}
		s.class.staff(e.now, change)
	}
	e.noticeKnown(s)
	if to.State == call.SeatReady {
		s.free = e.now
		s.class.push(s)
		e.index.wakeSupply(s.class)
	}
}

// rest puts a seat that nothing keeps any more into the state it should be in:
// in a call of its own, signed out, unreachable while its phone is, or what was asked for.
func (e *Engine) rest(s *seat, why string) {
	switch {
	case len(s.engaged) > 0:
		e.move(s, ask{State: call.SeatTalking}, why)
	case s.removed:
		e.signOut(s, s.want.Reason, "the agent is not part of the site any more")
	case s.want.State == call.SeatOffline:
		e.signOut(s, s.want.Reason, why)
	case s.unregistered:
		e.signOut(s, "unregistered", "the agent's own phone has unregistered")
	case !s.phone.works():
		e.move(s, ask{State: call.SeatUnreachable, Reason: s.phone.trouble()}, "phone "+s.phone.name+" can't be reached")
	default:
		// Straight from ringing to ready goes only a seat whose offer was
		// withdrawn: it keeps its idle place.
		if s.want.State == call.SeatReady && s.state != call.SeatReady && s.state != call.SeatOffered {
			s.idle = e.now
		}
		e.move(s, s.want, why)
	}
}

// count keeps the number of present seats of the supply: those signed in with
// a phone that works, whatever they are doing.
func (e *Engine) count(s *seat) {
	present := s.phone != nil && s.phone.works() && !s.removed
	if present == s.counted {
		return
	}
	e.noticeKnown(s)
	s.counted = present
	e.staffMoved = e.staffMoved || len(s.loans) > 0 || e.lends(s.agent.Group)
	if present {
		s.class.present++
		return
	}
	s.class.present--
	if s.class.present == 0 && !s.class.emptied {
		s.class.emptied = true
		e.index.emptied = append(e.index.emptied, s.class)
	}
}

// seatStateSet is somebody asking for a state, the agent or a supervisor.
func (e *Engine) seatStateSet(in SeatStateSet) {
	s := e.seats[in.Seat]
	switch {
	case s == nil || s.removed:
		e.refuse(in, call.CodeNotFound, "there is no agent "+string(in.Seat))
	case !askable(in.State):
		e.refuse(in, call.CodeInvalid, "a seat can't be asked to be "+in.State.String()+"; ask for ready, busy, break or offline")
	case e.needsApproval(s, in) && s.phone == nil:
		e.refuse(in, call.CodeConflict, e.whyApprove(s)+"; sign in ready or busy, then ask for one")
	case s.phone == nil:
		e.signIn(s, in)
	case in.Phone != "" && in.Phone != s.phone.name && !e.moveDesk(s, in):
		return
	case e.needsApproval(s, in):
		e.askBreak(s, in)
	default:
		e.dropBreak(s, "asked for "+in.State.String()+" instead")
		e.asked(s, ask{State: in.State, Reason: in.Reason, Minutes: in.Minutes})
		if in.Forced && in.State != call.SeatReady && s.state == call.SeatOffered {
			e.overrule(s)
		}
	}
}

func askable(s call.SeatState) bool {
	return s == call.SeatReady || s == call.SeatBusy || s == call.SeatBreak || s == call.SeatOffline
}

func (e *Engine) refuse(in SeatStateSet, code call.Code, words string) {
	e.emit(Rejected{Input: in.Kind(), Seat: in.Seat, Code: code, Words: words})
}

// asked notes the state asked for; a seat in a call or ringing goes there afterwards.
func (e *Engine) asked(s *seat, to ask) {
	s.want, s.unregistered = to, false
	e.noticeKnown(s)
	switch {
	case s.state == call.SeatWrapUp:
		e.endWrapUp(s, "the agent asked for "+to.State.String())
	case !s.state.InCall():
		e.rest(s, "asked for "+to.State.String())
	}
}

// signIn takes a seat at a phone.
func (e *Engine) signIn(s *seat, in SeatStateSet) {
	if in.State == call.SeatOffline {
		return
	}
	if !e.sitDown(s, in) {
		return
	}
	s.calls = 0
	s.want = ask{State: in.State, Reason: in.Reason, Minutes: in.Minutes}
	e.rest(s, "signed in at phone "+s.phone.name)
}

// sitDown seats the agent at the phone asked for, unless somebody is there.
func (e *Engine) sitDown(s *seat, in SeatStateSet) bool {
	name := in.Phone
	if name == "" {
		name = string(s.agent.ID)
	}
	p := e.phoneNamed(name)
	if p.seat != nil && p.seat != s {
		e.refuse(in, call.CodeConflict,
			"phone "+name+" is in use by agent "+string(p.seat.agent.ID)+"; sign that agent out first, or sign in elsewhere")
		return false
	}
	p.seat, s.phone = s, p
	e.count(s)
	return true
}

// moveDesk takes a signed-in agent to another phone, which a call in progress forbids.
func (e *Engine) moveDesk(s *seat, in SeatStateSet) bool {
	if in.State == call.SeatOffline {
		return true
	}
	if s.state.InCall() || len(s.engaged) > 0 {
		e.refuse(in, call.CodeConflict, "the agent is in a call at phone "+s.phone.name)
		return false
	}
	old := s.phone
	if !e.sitDown(s, in) {
		return false
	}
	old.seat = nil
	e.tidyPhone(old)
	e.emit(SeatChanged{
		Seat: s.agent.ID, Phone: s.phone.name, From: s.state, To: s.state, Reason: s.reason, Minutes: s.minutes,
		Next: s.nextAsk().State, Why: "moved from phone " + old.name + " to phone " + s.phone.name,
	})
	return true
}

// signOut ends a seat's session.
func (e *Engine) signOut(s *seat, reason, why string) {
	p := s.phone
	e.move(s, ask{State: call.SeatOffline, Reason: reason}, why)
	e.dropBreak(s, "signed out")
	s.phone, s.want, s.unregistered = nil, ask{}, false
	p.seat = nil
	e.count(s)
	e.tidyPhone(p)
	if s.removed {
		e.strike(s)
	}
}

// seatDeadline is an offer nobody answered, a wrap-up that is over, or a leg whose end was never reported.
func (e *Engine) seatDeadline(s *seat) {
	switch s.state {
	case call.SeatOffered:
		e.noAnswer(s)
	case call.SeatWrapUp:
		e.endWrapUp(s, "its time is over")
	case call.SeatAnnouncing, call.SeatTalking, call.SeatHeld:
		e.endLeg(s, true, "the caller left and the end of the seat's leg was never reported")
	default:
	}
}

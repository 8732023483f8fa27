package acd

import "hotline/call"

// phone is a SIP account agents sign in at, as far as routing has heard of it.
type phone struct {
	name  string
	up    bool   // has a live binding and answers
	dead  bool   // could not be rung; until it is heard of again
	words string // why it is down or dead
	seat  *seat  // who is signed in at it
}

// works is what a seat needs to be offered calls, and to count as present.
func (p *phone) works() bool { return p.up && !p.dead }

func (p *phone) trouble() string {
	if p.words != "" {
		return p.words
	}
	return "not registered, or not answering" // all that is known of a phone nobody sat at as it went down
}

func (e *Engine) phoneNamed(name string) *phone {
	p := e.phones[name]
	if p == nil {
		p = &phone{name: name}
		e.phones[name] = p
	}
	return p
}

// tidyPhone forgets a phone that is neither up nor used, so that they can't pile up.
func (e *Engine) tidyPhone(p *phone) {
	if !p.up && p.seat == nil {
		delete(e.phones, p.name)
	}
}

// phoneUp is a phone heard of: newly, again, or still (a refresh). It makes an
// unreachable seat what it was asked to be, and signs in an agent who is ready by registering.
func (e *Engine) phoneUp(in PhoneUp) {
	p := e.phoneNamed(in.Phone)
	fresh := !p.up
	p.up, p.dead, p.words = true, false, ""
	if p.seat != nil {
		p.seat.unregistered = false
		e.count(p.seat)
		if p.seat.state == call.SeatUnreachable {
			e.rest(p.seat, "phone "+p.name+" is back")
		}
		return
	}
	s := e.seats[call.SeatID(in.Phone)]
	if fresh && s != nil && s.agent.ReadyOnRegister && s.phone == nil && !s.removed {
		e.signIn(s, SeatStateSet{Seat: s.agent.ID, State: call.SeatReady, Reason: "registered"})
	}
}

// phoneDown is a phone gone. A call in progress goes on (its media may well
// live); so does wrap-up. What follows comes when they end.
func (e *Engine) phoneDown(in PhoneDown) {
	p := e.phones[in.Phone]
	if p == nil {
		return
	}
	p.up, p.dead, p.words = false, false, in.Words
	s := p.seat
	if s == nil {
		e.tidyPhone(p)
		return
	}
	s.unregistered = s.agent.ReadyOnRegister && p.name == string(s.agent.ID)
	e.count(s)
	switch {
	case s.state == call.SeatOffered:
		e.cantRing(s, p.trouble())
	case s.inTalk(), s.state == call.SeatWrapUp:
	default:
		e.rest(s, "")
	}
}

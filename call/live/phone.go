package live

import (
	"time"

	"hotline/call"
)

// PhoneCall is a call that one of our phones began, or that is begun for it. Calling an
// outside number, the number is the customer (Actor.caller), whom the phone's seat talks to; calling
// a colleague or a queue, the phone itself is the caller.
type PhoneCall struct {
	Phone string           // the account
	Seat  call.SeatID      // the agent signed in at it; empty: nobody is
	To    call.Destination // an agent at a phone, a phone, a queue, or a number
	Click bool             // click to dial: the phone is rung first; there is no Incoming leg
	// For a number: the trunk asked for first, or no other; what the number sees; how long it may ring; work afterwards.
	Trunk  string
	Only   bool
	Shown  call.Shown
	Ring   time.Duration
	WrapUp time.Duration
	Record bool // this call is to be recorded; one to a queue by the queue's rule
}

// who is the phone's number, as the record and the called party have it.
func (p *PhoneCall) who() call.Caller {
	if p.Seat != "" {
		return call.Caller{Number: string(p.Seat)}
	}
	return call.Caller{Number: p.Phone}
}

func (p *PhoneCall) direction() call.Way {
	if p.To.Kind == call.ToNumber {
		return call.Outbound
	}
	return call.Internal
}

// called is what the record has as called.
func (p *PhoneCall) called() string {
	if p.To.Number != "" {
		return p.To.Number
	}
	return p.To.Dialled
}

// beginPhone makes the record of a call that a phone of ours begins, and calls whom it wants.
func (a *Actor) beginPhone() {
	p, in := a.brief.Phone, a.brief.Incoming
	if p.direction() == call.Internal { // else it is the number's, as the site knows it
		a.brief.Caller = p.who()
	}
	trunk := "" // an internal call is on none
	if p.direction() == call.Outbound {
		trunk = p.Trunk
	}
	a.emitAt(in.Received, call.Entered{
		Trunk: trunk, Caller: p.who(), Called: p.called(), Revision: a.brief.Revision, Leg: in.Leg, SIPCallID: in.SIPCallID,
		Direction: p.direction(), Phone: p.Phone, Seat: p.Seat,
	})
	a.flush()
	if p.Click {
		a.beginClick()
		return
	}
	a.engage(p.Seat)
	local, err := a.deps.Media.Open(in.Leg)
	if err != nil {
		a.end(ending{by: call.PartySystem, cause: call.CauseNoPorts, words: err.Error()})
		return
	}
	a.local, a.unaccepted = local, true
	if in.Offer != nil {
		a.negotiated(in.Leg, *in.Offer)
	}
	if p.direction() == call.Outbound {
		s := &seat{direct: true, unanswered: true, id: p.Seat, phone: p.Phone, legID: in.Leg, leg: a.deps.Leg, state: seatAnnounced, spec: a.caller.spec}
		a.seats[s.legID] = s
		a.deps.Leg, a.caller, a.unaccepted = nil, party{}, false
		a.dialCustomer(s)
		return
	}
	a.caller.seat, a.caller.phone = p.Seat, p.Phone
	a.callWhom()
}

// callWhom goes on with an internal call: a colleague is rung; for a queue the phone is answered, to hear music.
func (a *Actor) callWhom() {
	p := a.brief.Phone
	if p.To.Kind != call.ToQueue {
		a.ask(p.To, p.Seat, nameParty(a.caller)+" calls")
		return
	}
	if a.unaccepted {
		a.accept()
		return // and goes on with the ACK
	}
	a.joinQueue()
}

// joinQueue has a phone of ours wait for one who can help.
func (a *Actor) joinQueue() { a.enqueue(call.FlowEnqueue{Queue: a.brief.Phone.To.Queue}) }

func nameParty(p party) string {
	if p.seat != "" {
		return "agent " + string(p.seat)
	}
	return "phone " + p.phone
}

// beginClick rings the phone of the agent who clicked to dial.
func (a *Actor) beginClick() {
	p := a.brief.Phone
	a.enter(StageFirst)
	s, err := a.callSeat(call.Destination{Kind: call.ToAgent, Agent: p.Seat, Phone: p.Phone}, p.Seat, false, "clicked to dial "+p.called())
	if err != nil {
		a.end(ending{by: call.PartySystem, cause: call.CauseNoAnswer, words: err.Error()})
		return
	}
	a.first = s
	a.flow.timer = time.NewTimer(seatRings)
}

// firstNews is what the phone says that is rung before anybody is dialled.
func (a *Actor) firstNews(s *seat, ev call.LegEvent) {
	switch ev := ev.(type) {
	case call.LegAnswered:
		a.firstThere(s, ev.Media)
	case call.LegFailed:
		a.first = nil
		a.seatCallOver(s, ev.Result, ev.Status, ev.Words)
		a.end(ending{by: call.PartyAgent, cause: causeOf(ev.Result), words: ev.Words})
	case call.LegEnded:
		a.firstOver("the phone was gone")
	}
}

func (a *Actor) firstOver(words string) {
	if s := a.first; s != nil {
		a.first = nil
		a.seatCallOver(s, call.OfferNoAnswer, 0, words)
	}
	a.end(ending{by: call.PartyAgent, cause: call.CauseNoAnswer, words: words})
}

// firstThere is the agent who clicked on the line: now whom he wants is called.
func (a *Actor) firstThere(s *seat, media *call.MediaSpec) {
	a.first = nil
	a.flow.stopTimer()
	a.pickedUp(s, media)
	if a.brief.Phone.direction() == call.Outbound {
		s.state = seatAnnounced
		a.dialCustomer(s)
		return
	}
	delete(a.seats, s.legID)
	a.caller = party{id: s.legID, spec: s.spec, seat: s.id, phone: s.phone}
	a.deps.Leg = s.leg
	a.callWhom()
}

// outward is how the customer is dialled: of a callback, or for a phone.
type outward struct {
	trunk string
	only  bool
	shown call.Shown
	ring  time.Duration
	seat  call.SeatID // whose right to dial counts
	phone string
}

func (a *Actor) outward() outward {
	if t := a.brief.Try; t != nil {
		return outward{trunk: t.Trunk, shown: t.Shown, ring: t.Ring}
	}
	p := a.brief.Phone
	o := outward{trunk: p.Trunk, only: p.Only, shown: p.Shown, ring: p.Ring, seat: p.Seat, phone: p.Phone}
	if o.ring == 0 {
		o.ring = ringTime
	}
	return o
}

// causeOfDial is how a phone is told what became of the number it called.
func causeOfDial(r call.DialResult) call.Cause {
	switch r {
	case call.DialBusy:
		return call.CauseBusy
	case call.DialDeclined:
		return call.CauseDeclined
	case call.DialWrongNumber:
		return call.CauseUnknownNumber
	case call.DialAnswered, call.DialNoAnswer, call.DialFailed, call.DialCancelled:
	}
	return call.CauseNoAnswer
}

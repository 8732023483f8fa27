package live

import (
	"time"

	"hotline/call"
)

// PickUp has a colleague take the call that waits, or rings elsewhere (代答). Routing decides about a call of its
// own and answers with Ring or PickUpRefused; about a phone that rings without routing's doing the call decides itself.
type PickUp struct {
	By    call.SeatID
	Phone string
	Any   bool       // a lead's or supervisor's: whoever it rings at, and whatever its queue asks for
	Old   call.LegID // the one whose ringing is meant; empty: any
	Here  *Arrival   // his phone has called for it; nil: it is to be rung
	Reply            // unless Here: the phone gets the answer
}

// TakenOver is an INVITE with Replaces for a leg of the call (RFC 3891): one that rings is picked up, one that talks gives its place.
type TakenOver struct {
	By    call.SeatID // signed in at Phone; empty: nobody is
	Phone string
	Any   bool
	Old   call.LegID
	Here  *Arrival
}

// Arrival is a phone of ours that has called to come into this call. It has not been answered yet.
type Arrival struct {
	Incoming call.Incoming
	Leg      Leg
	gone     bool // it has hung up by now
}

// refuse tells the phone why it can't come in.
func (h *Arrival) refuse(err error) {
	cause := call.CauseNoAnswer
	switch call.CodeOf(err) {
	case call.CodeNotFound:
		cause = call.CauseNoSuchCall
	case call.CodeForbidden:
		cause = call.CauseForbidden
	case call.CodeConflict:
		cause = call.CauseBusy
	case call.CodeCapacity:
		cause = call.CauseNoPorts
	case call.CodeInvalid, call.CodeUnauthorized, call.CodeUnavailable, call.CodeInternal:
	}
	h.Leg.End(cause)
}

// answer tells whoever asks: the phone that has called, or the API.
func (m PickUp) answer(err error) {
	switch {
	case m.Here == nil:
		m.Reply.answer(err)
	case err != nil:
		m.Here.refuse(err)
	}
}

func (m TakenOver) answer(err error) {
	if err != nil {
		m.Here.refuse(err)
	}
}

// PickUpRefused is routing's no to a pick-up.
type PickUpRefused struct {
	Seat  call.SeatID
	Code  call.Code
	Words string
}

func (PickUp) message()        {}
func (TakenOver) message()     {}
func (PickUpRefused) message() {}

// picks takes the verbs that may be answered later; false for any other.
func (a *Actor) picks(m Message) bool {
	switch m := m.(type) {
	case PickUp:
		a.pickUp(m)
	case TakenOver:
		a.takenOver(m)
	default:
		return false
	}
	return true
}

// pickUp gives the call to who asks for it, or says why not.
func (a *Actor) pickUp(m PickUp) {
	if s := a.asked; s != nil {
		m.answer(a.pickAsked(m, s))
		return
	}
	if x := a.aside; x != nil && x.rings(m.Old) {
		m.answer(a.pickAside(m, x))
		return
	}
	switch old := a.seats[m.Old]; {
	case a.current() != nil:
		m.answer(call.Errorf(call.CodeConflict, "%s has the call already", nameSeat(a.current())))
	case m.Old != "" && (old == nil || old.direct):
		m.answer(call.Errorf(call.CodeNotFound, "that phone does not ring any more"))
	case a.stage != StageWaiting:
		m.answer(call.Errorf(call.CodeConflict, "the call neither waits nor rings"))
	case a.picking[m.By] != nil:
		m.answer(call.Errorf(call.CodeConflict, "agent %s picks the call up already", m.By))
	default:
		a.picking[m.By] = &m
		a.routing.known = true
		a.flush()
		a.deps.Router.PickUp(m.By, m.Any || a.ringsBeside(m.By), m.Here != nil)
	}
}

// ringsBeside tells that the call rings at a colleague of one group or team with a seat.
func (a *Actor) ringsBeside(by call.SeatID) bool {
	for _, s := range a.seats {
		if s.state == seatRinging && !s.direct && a.deps.People.Together(by, s.id) {
			return true
		}
	}
	return false
}

// picked takes what a seat has asked for, as routing has answered; nil if it has not.
func (a *Actor) picked(by call.SeatID) *PickUp {
	m := a.picking[by]
	delete(a.picking, by)
	return m
}

func (a *Actor) pickUpRefused(m PickUpRefused) {
	if p := a.picked(m.Seat); p != nil {
		p.answer(call.Errorf(m.Code, "%s", m.Words))
	}
}

// pickersOver tells those who still wait for an answer that there is no call any more.
func (a *Actor) pickersOver() {
	for by := range a.picking {
		a.picked(by).answer(call.Errorf(call.CodeConflict, "the call has ended"))
	}
}

// pickerNews notes that a phone hung up before it was answered; false if the leg is none of those.
func (a *Actor) pickerNews(m LegNews) bool {
	for _, p := range a.picking {
		if h := p.Here; h != nil && h.Incoming.Leg == m.Leg {
			if _, ended := m.Event.(call.LegEnded); ended {
				h.gone = true
			}
			return true
		}
	}
	return false
}

// ringPicked is routing's yes: the seat has the call, and its phone is rung, or here already.
func (a *Actor) ringPicked(m Ring, p *PickUp) {
	if p.Here == nil {
		a.ringSeat(m, true)
		p.answer(nil)
		return
	}
	s := a.offered(m, p.Here.Incoming.Leg)
	s.gone = p.Here.gone
	if s.gone {
		return // Connect, which is on its way, takes the caller back
	}
	if err := a.letIn(s, p.Here); err != nil {
		s.gone = true
		p.answer(err)
	}
}

// letIn answers a phone that has called to come in.
func (a *Actor) letIn(s *seat, h *Arrival) error {
	local, err := a.deps.Phones.Lease(s.legID, s.phone)
	if err != nil {
		return call.Errorf(call.CodeCapacity, "no port is free: %w", err)
	}
	s.leg = h.Leg
	a.seats[s.legID] = s // whose sound it is from now on
	if offer := h.Incoming.Offer; offer != nil {
		s.spec = *offer
		a.negotiated(s.legID, *offer)
	}
	a.flush()
	h.Leg.Accept(local)
	return nil
}

// pickAsked gives the caller, for whom a phone rings without routing's doing, to a colleague of whom it rings at.
func (a *Actor) pickAsked(m PickUp, s *seat) error {
	if err := a.mayPick(m, s); err != nil {
		return err
	}
	words := "agent " + string(m.By) + " picks the call up"
	if m.Here != nil {
		n, err := a.comesIn(m.By, m.Phone, m.Here, false, words)
		if err != nil {
			return err
		}
		a.withdrawAsked(s, words)
		a.askedThere(n, m.Here.Incoming.Offer)
		return nil
	}
	a.withdrawAsked(s, words)
	a.ask(call.Destination{Kind: call.ToAgent, Dialled: string(m.By), Agent: m.By, Phone: m.Phone}, m.By, words+" from "+nameSeat(s))
	if a.asked != nil {
		a.asked.picks = true
	}
	return nil
}

func (a *Actor) withdrawAsked(s *seat, words string) {
	a.asked = nil
	a.flow.stopTimer()
	a.withdraw(s, words)
}

// withdraw stops the ringing of a phone whose call somebody else takes.
func (a *Actor) withdraw(s *seat, words string) {
	a.seatCallOver(s, call.OfferWithdrawn, 0, words)
	if s.id != "" { // who picks up for himself was engaged by both
		for _, o := range a.seats {
			if o.direct && o.id == s.id {
				a.engage(s.id)
			}
		}
	}
}

// mayPick says why somebody can't have what rings without routing's doing, if he can't.
func (a *Actor) mayPick(m PickUp, s *seat) error {
	switch {
	case m.Old != "" && m.Old != s.legID:
		return call.Errorf(call.CodeNotFound, "that phone does not ring any more")
	case s.picks:
		return call.Errorf(call.CodeConflict, "agent %s picks the call up already", s.id)
	case s.id == m.By && m.Here == nil:
		return call.Errorf(call.CodeConflict, "the call rings at agent %s already", m.By)
	case m.By == a.caller.seat || a.aside != nil && m.By == a.aside.by:
		return call.Errorf(call.CodeConflict, "agent %s is in the call already", m.By)
	case !m.Any && !a.deps.People.Together(m.By, s.id):
		return call.Errorf(call.CodeForbidden, "agent %s is of no group or team with %s", m.By, nameSeat(s))
	}
	return nil
}

// rings tells that it is a phone of ours, not picked up yet; old names the one that is meant, if any.
func (x *beside) rings(old call.LegID) bool {
	return x.seat != nil && !x.there && (old == "" || old == x.seat.legID)
}

// pickAside has a colleague be asked in the place of whom a seat is calling.
func (a *Actor) pickAside(m PickUp, x *beside) error {
	s := x.seat
	if err := a.mayPick(m, s); err != nil {
		return err
	}
	words := "agent " + string(m.By) + " picks the consultation up"
	n, err := a.comesAside(m, words+" from "+nameSeat(s))
	if err != nil {
		return err
	}
	x.seat, x.to, n.picks = n, string(m.By), true
	a.withdraw(s, words)
	if m.Here != nil {
		a.asideThere(m.Here.Incoming.Offer)
		return nil
	}
	x.wire()
	x.stopTimer()
	x.timer = time.NewTimer(ringTime)
	return nil
}

// comesAside takes the phone in that has called to be asked, or rings the one that is to be.
func (a *Actor) comesAside(m PickUp, reason string) (*seat, error) {
	if m.Here != nil {
		return a.comesIn(m.By, m.Phone, m.Here, true, reason)
	}
	n, err := a.callSeat(call.Destination{Kind: call.ToAgent, Dialled: string(m.By), Agent: m.By, Phone: m.Phone}, m.By, true, reason)
	if err != nil {
		return nil, call.Errorf(call.CodeConflict, "phone %s can't be rung: %w", m.Phone, err)
	}
	return n, nil
}

// comesIn takes a phone in that has called, as a seat without routing's doing.
func (a *Actor) comesIn(by call.SeatID, phone string, h *Arrival, aside bool, reason string) (*seat, error) {
	s := &seat{direct: true, aside: aside, id: by, phone: phone, queue: a.wait.queue, legID: h.Incoming.Leg, state: seatAside}
	if err := a.letIn(s, h); err != nil {
		return nil, err
	}
	a.emit(call.SeatCalled{Leg: s.legID, Seat: by, Phone: phone, By: by, Aside: aside, Reason: reason})
	a.flush()
	a.engage(by)
	return s, nil
}

// takenOver serves an INVITE with Replaces.
func (a *Actor) takenOver(m TakenOver) {
	if s := a.seats[m.Old]; s != nil && s.state == seatRinging && s != a.first && (!s.aside || a.aside != nil && a.aside.rings(m.Old)) {
		if m.By == "" {
			m.answer(call.Errorf(call.CodeForbidden, "nobody is signed in at phone %s", m.Phone))
			return
		}
		a.pickUp(PickUp{By: m.By, Phone: m.Phone, Any: m.Any, Old: m.Old, Here: m.Here})
		return
	}
	m.answer(a.takeLeg(m))
}

// takeLeg gives the place of a leg that talks to the phone that asks for it: another phone of the same
// agent, or a lead's.
func (a *Actor) takeLeg(m TakenOver) error {
	s, b := a.current(), a.besides(m)
	switch {
	case b != nil && !m.Here.Incoming.EarlyOnly:
		return a.moveLeg(b, m)
	case s != nil && a.isOf(s, m.Old) && s.state == seatAnnounced && !m.Here.Incoming.EarlyOnly && ownPhone(s, m):
		return a.moveLeg(s, m) // the announcement goes on without him
	case s == nil || !a.isOf(s, m.Old) && m.Old != a.caller.id:
		return call.Errorf(call.CodeNotFound, "that phone is not in the conversation any more")
	case m.Here.Incoming.EarlyOnly:
		return call.Errorf(call.CodeConflict, "%s has answered already", nameSeat(s))
	case a.stage != StageTalking || s.state != seatTalking || s.unanswered || a.refer.leg != nil:
		return call.Errorf(call.CodeConflict, "the call is on its way to somebody")
	case m.Old == a.caller.id && a.caller.phone == "":
		return call.Errorf(call.CodeForbidden, "nobody takes a customer's leg over")
	case m.Old == a.caller.id:
		a.changeRoles(s)
		s = a.current()
	}
	switch {
	case ownPhone(s, m):
		return a.moveLeg(s, m)
	case !m.Any || m.By == "":
		return call.Errorf(call.CodeForbidden, "only %s, or a lead, may take this leg over", nameSeat(s))
	case m.By == a.caller.seat:
		return call.Errorf(call.CodeConflict, "agent %s is in the call already", m.By)
	}
	return a.takePlace(s, m)
}

// takePlace gives the caller to a lead whose phone has asked for the seat's leg; the seat's part is over.
func (a *Actor) takePlace(s *seat, m TakenOver) error {
	why := "agent " + string(m.By) + " takes the leg of " + nameSeat(s) + " over"
	n, err := a.comesIn(m.By, m.Phone, m.Here, true, why)
	if err != nil {
		return err
	}
	if a.aside != nil {
		a.dropAside(call.CauseSupervisor, why)
	}
	a.pickedUp(n, nil)
	a.emit(call.Transferred{By: s.id, Mode: call.TransferComplete, To: string(m.By), Leg: n.legID, Reason: why})
	a.seatLeft(s, ending{by: call.PartySystem, cause: call.CauseSupervisor, words: why})
	a.nobodyRecorded()
	a.flow.agentLast = false
	a.talkTo(n)
	return nil
}

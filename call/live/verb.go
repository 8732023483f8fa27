package live

import (
	"time"

	"hotline/call"
)

// verb is what somebody asks of a live call. It is answered once: nil, or why it can't be done.
type verb interface{ answer(error) }

// Reply takes the answer to a verb. It needs room for one.
type Reply chan<- error

func (r Reply) answer(err error) { r <- err }

// Transfer hands the caller on, or ends what a consultation began. By is the seat whose
// part it is; empty: the one in the conversation. To is for blind, consult and conference.
type Transfer struct {
	By   call.SeatID
	Mode call.TransferMode
	To   string
	Reply
}

// Hold puts the caller on hold, or takes him off it.
type Hold struct {
	By call.SeatID
	On bool
	Reply
}

// Part ends the seat's part, as if it had hung up.
type Part struct {
	By call.SeatID
	Reply
}

// Survey ends the seat's part and sends the caller to his flow's rating (送评价).
type Survey struct {
	By call.SeatID
	Reply
}

// Help marks that the agent wants a supervisor (求助班长).
type Help struct {
	By     call.SeatID
	Reason string
	Reply
}

// Supervise brings a supervisor into the call, changes the mode of one who is there, or cuts the call.
type Supervise struct {
	By    call.SeatID
	Phone string // his own
	Mode  call.SuperviseMode
	// Follow: he follows the agent Of, and is out of this call when the agent is.
	Of     call.SeatID
	Follow bool
	// Shift: he is on the line already, and comes and goes with that line; no phone is rung. Then he follows in any case.
	Shift call.ID
	Reply
}

// Unsupervise takes a supervisor out again.
type Unsupervise struct {
	By call.SeatID
	Reply
}

func (Transfer) message()    {}
func (Hold) message()        {}
func (Survey) message()      {}
func (Part) message()        {}
func (Help) message()        {}
func (Supervise) message()   {}
func (Unsupervise) message() {}

// verb does what is asked; false if the message is none.
func (a *Actor) verb(m Message) bool {
	v, ok := m.(verb)
	if !ok {
		return false
	}
	var err error
	switch m := m.(type) {
	case Transfer:
		err = a.transfer(m)
	case Hold:
		err = a.hold(m)
	case Survey:
		err = a.survey(m)
	case Part:
		err = a.partBy(m)
	case Verify:
		err = a.verifyAsked(m)
	case Give:
		err = a.give(m)
	case Help:
		err = a.help(m)
	case Supervise:
		err = a.supervise(m)
	case Unsupervise:
		err = a.unsupervise(m)
	default:
		return false
	}
	v.answer(err)
	return true
}

// speaker is the seat in the conversation whose part is meant. A phone that began the call may be
// meant as well: then the roles change, and whom it called is the caller from here on.
func (a *Actor) speaker(by call.SeatID) (*seat, error) {
	s := a.current()
	if s == nil || s.state != seatTalking || a.stage != StageTalking {
		return nil, call.Errorf(call.CodeConflict, "nobody talks to an agent in this call now")
	}
	if a.verifying != nil {
		return nil, call.Errorf(call.CodeConflict, "the caller is being verified; wait for the result, or take him back")
	}
	switch by {
	case "", s.id:
		return s, nil
	case a.caller.seat:
		a.changeRoles(s)
		return a.current(), nil
	}
	return nil, call.Errorf(call.CodeConflict, "agent %s is not in the conversation", by)
}

// changeRoles makes a seat of ours that talks to a phone of ours the caller.
func (a *Actor) changeRoles(s *seat) {
	was := a.caller
	n := &seat{
		direct: !was.routed, id: was.seat, phone: was.phone, queue: s.queue, legID: was.id, leg: a.deps.Leg, state: seatTalking, spec: was.spec,
	}
	delete(a.seats, s.legID)
	a.seats[n.legID] = n
	a.caller = party{id: s.legID, spec: s.spec, seat: s.id, phone: s.phone, routed: !s.direct}
	a.deps.Leg = s.leg
	a.brief.Caller = call.Caller{Number: string(s.id)}
	if s.id == "" {
		a.brief.Caller.Number = s.phone
	}
}

// hold by the API: the caller hears music, the agent nothing.
func (a *Actor) hold(m Hold) error {
	s, err := a.speaker(m.By)
	if err != nil {
		return err
	}
	if a.aside != nil {
		return call.Errorf(call.CodeConflict, "agent %s is asking %s; complete or cancel that", s.id, a.aside.to)
	}
	s.parked = m.On
	a.showHold(s)
	return nil
}

// survey ends the seat's part in good manners: it counts as ended by the system, not as an agent who hung up first.
func (a *Actor) survey(m Survey) error {
	s, err := a.speaker(m.By)
	if err != nil {
		return err
	}
	if a.aside != nil {
		a.asideOver(call.CauseNormal, "the caller is sent to the rating")
	}
	a.emit(call.SurveySent{Seat: s.id})
	a.seatLeft(s, ending{by: call.PartyAgent, cause: call.CauseNormal, words: "sent the caller to the rating"})
	a.endRecording()
	a.flow.agentLast = false
	a.backToFlow(call.FlowServed{})
	return nil
}

// partBy ends a seat's part by the API: the caller goes on as after any hang-up by the agent.
func (a *Actor) partBy(m Part) error {
	if v := a.verifying; v != nil && (m.By == "" || m.By == v.seat.id) {
		a.dropVerify(call.VerifyNone, "the agent hung up")
	}
	s, err := a.speaker(m.By)
	if err != nil {
		return err
	}
	a.seatGone(s, ending{by: call.PartyAgent, cause: call.CauseNormal, words: "hung up by the API"})
	return nil
}

func (a *Actor) help(m Help) error {
	s := a.current()
	if s == nil || m.By != "" && m.By != s.id && m.By != a.caller.seat {
		return call.Errorf(call.CodeConflict, "agent %s is not in the conversation", m.By)
	}
	by := m.By
	if by == "" {
		by = s.id
	}
	a.emit(call.HelpAsked{Seat: by, Reason: m.Reason})
	return nil
}

// wrapUpOf is the time for work after a part that routing did not give.
func (a *Actor) wrapUpOf(s *seat) time.Duration {
	switch {
	case s.state == seatRinging || s.unanswered:
		return 0
	case a.brief.Phone != nil && s.queue == "":
		return a.brief.Phone.WrapUp
	}
	return a.deps.House.Queue(s.queue).WrapUp
}

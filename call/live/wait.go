package live

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// waitState is the call's place in a queue.
type waitState struct {
	queue    string
	entry    time.Time // decides the place, kept through missed offers and overflow
	priority int
	skills   map[string]int
	placed   bool
	failed   []OverflowTarget // outside targets of overflow rules, tried in vain
	left     time.Time        // entry of the place he has left for something else
}

// seatState is where one rung seat is.
type seatState uint8

const (
	seatRinging   seatState = iota
	seatPickedUp            // 200 came, the router has not spoken yet
	seatAside               // there, and talks to another seat, or listens
	seatAnnounced           // accepted: the agent number is being announced
	seatTalking
)

// seat is one seat's part in the call.
type seat struct {
	offer      call.OfferID
	id         call.SeatID
	phone      string
	queue      string
	legID      call.LegID
	direct     bool // rung without routing's doing, by whom it is engaged
	aside      bool // to be asked something
	unanswered bool // a phone that calls an outside number and has not been answered yet
	parked     bool // the caller is on hold by the API
	shown      bool // as on hold
	leg        Leg
	state      seatState
	status     int  // SIP status of a failure
	rang       bool // Ringing was emitted
	gone       bool // its leg ended before the router spoke
	picks      bool // it rings at one who has asked for the call
	held       bool
	spec       call.MediaSpec // settled with the phone
	plays      [2]uint64      // of the announcement: caller's, seat's; 0 when over
}

// enqueue asks for a place in a queue and plays its music.
func (a *Actor) enqueue(v call.FlowEnqueue) {
	a.flow.enqueued = v.Token
	a.flow.stopTimer()
	before := a.wait.left // who left a queue for something that came to nothing has waited all the same
	a.wait = waitState{queue: v.Queue, priority: v.Priority, skills: v.Skills}
	e := Entry{Queue: v.Queue, Skills: v.Skills, Priority: v.Priority, Entry: before, Caller: a.brief.Caller}
	if h := a.brief.Incoming.Handover; h != nil && !a.handed { // it has waited at another site, once
		a.handed = true
		e.Entry, e.Priority = h.Entry, h.Priority
		a.wait.priority = h.Priority
	}
	a.route(e)
}

// requeue puts the caller back with the old entry time, hence the old place.
func (a *Actor) requeue() {
	a.route(Entry{
		Queue: a.wait.queue, Skills: a.wait.skills, Priority: a.wait.priority,
		Entry: a.wait.entry, Caller: a.brief.Caller, Return: true, Failed: a.wait.failed,
	})
}

func (a *Actor) route(e Entry) {
	a.enter(StageWaiting)
	a.wait.placed, a.routing.known = false, true
	a.flow.play = 0
	a.beginComfort(e.Queue)
	a.flush()
	a.deps.Router.Enqueue(e)
}

func (a *Actor) music(queue string) {
	if m := a.deps.House.Queue(queue).Music; m != "" {
		a.deps.Player.Play(a.caller.id, []string{m}, true)
		return
	}
	a.deps.Player.Stop(a.caller.id)
}

// inWaiting is the queue: places, offers, overflow, and the phones' answers.
func (a *Actor) inWaiting(m Message) {
	switch m := m.(type) {
	case Placed:
		a.placed(m)
	case NotPlaced:
		a.notPlaced(m)
	case Ring:
		a.ring(m)
	case Connect:
		a.connect(m)
	case Overflowed:
		a.overflowed(m)
	case Where:
		a.where(m)
	case Next:
		a.next(m)
	case Urgent:
		a.pressing(m)
	case Pressing:
		a.pressed(m)
	case Stays:
		a.stays(m)
	case FlowNews:
		a.heardLast(m.Input)
		if !a.worded(m.Input) {
			a.hearsOn(m.Input)
		}
	case LegNews:
		if d, ok := m.Event.(call.LegDigit); ok && m.Leg == a.caller.id {
			a.waitingKey(d.Digit)
			return
		}
		a.seatNews(m)
	case BackOffered:
		a.backOffered(m)
	case BackTaken:
		a.backTaken(m)
	case BackRefused:
		a.backRefused(m)
	case SoundNews:
		a.waitingSound(m)
	}
}

// waitingSound is the caller's keys, and the ends of what is said to him.
func (a *Actor) waitingSound(m SoundNews) {
	if d, ok := m.Event.(call.SoundDigit); ok && m.Leg == a.caller.id {
		a.waitingKey(d.Digit)
		return
	}
	a.comfortSound(m)
}

// waitingKey is an answer to a question that is open, else what he hears gets it.
func (a *Actor) waitingKey(key byte) {
	if a.back.asking == askingCaller {
		a.backKey(key)
		return
	}
	a.hearsOn(call.FlowDigit{Digit: key})
}

func (a *Actor) placed(m Placed) {
	if a.wait.queue != m.Queue && a.wait.placed {
		a.beginComfort(m.Queue)
	}
	a.pressedHere(m.Queue)
	a.wait.queue, a.wait.entry, a.wait.priority, a.wait.placed = m.Queue, m.Entry, m.Priority, true
	a.emit(call.Queued{
		Queue: m.Queue, Entry: m.Entry, Priority: m.Priority,
		Skills: m.Skills, Position: m.Position, Resumed: m.Resumed, Reason: m.Reason,
	})
	a.beginExperience()
}

func (a *Actor) notPlaced(m NotPlaced) {
	a.emit(call.LeftQueue{Queue: a.wait.queue, Rule: "removed", Reason: m.Words})
	a.backToFlow(call.FlowFault{Token: a.flow.enqueued, Words: m.Words})
}

// overflowed leaves the queue: into another (Placed follows), a flow, or the node's bad-case edge.
func (a *Actor) overflowed(m Overflowed) {
	if m.Number != "" || m.Site != "" {
		a.dialFor(m)
		return
	}
	switch {
	case m.Callback:
		a.overflowedBack(m)
		return
	case m.Rule == RuleChoice && a.comfort.exp != nil && a.comfort.exp.leaving != 0:
		a.chosen(m)
		return
	}
	a.emit(call.LeftQueue{Queue: m.From, Rule: m.Rule, To: m.target(), Reason: m.Reason})
	switch {
	case m.Queue != "":
		a.wait.placed = true // music follows the queue
	case m.Flow != "":
		a.backToFlow(call.FlowOverflowed{Flow: m.Flow})
	default:
		a.backToFlow(call.FlowFault{Token: a.flow.enqueued, Words: m.Reason})
	}
}

func (a *Actor) backToFlow(in call.FlowInput) {
	a.deps.Player.Stop(a.caller.id)
	a.enter(StageFlow)
	if a.records.mailbox == "" {
		a.endRecording() // of a conversation that a transfer had go on
	}
	a.step(in)
}

// ring rings the offered seat, or takes it in, if its phone has called for this call.
func (a *Actor) ring(m Ring) {
	if m.PickUp {
		if p := a.picked(m.Seat); p != nil {
			a.ringPicked(m, p)
			return
		}
	}
	a.ringSeat(m, m.PickUp)
}

// offered notes an offer to a seat.
func (a *Actor) offered(m Ring, leg call.LegID) *seat {
	s := &seat{offer: m.Offer, id: m.Seat, phone: m.Phone, queue: m.Queue, legID: leg}
	a.seats[s.legID] = s
	a.emit(call.Offered{
		Offer: m.Offer, Seat: m.Seat, Phone: m.Phone, Group: m.Group, Queue: m.Queue,
		Leg: s.legID, Deadline: m.Deadline, Reason: m.Reason,
	})
	a.flush()
	return s
}

// ringSeat rings it. Own: the agent has asked for the call.
func (a *Actor) ringSeat(m Ring, own bool) {
	s := a.offered(m, a.deps.IDs.Leg())
	leg, err := a.deps.Phones.Ring(Invite{
		Call: a.ID(), Leg: s.legID, Seat: m.Seat, Phone: m.Phone, Queue: m.Queue,
		Caller: a.brief.Caller, Codec: a.caller.spec.Codec, Comfort: a.caller.spec.Comfort != 0,
		Callback: a.unanswered(), Own: own,
	})
	if err != nil {
		a.deps.Log.Warn("a seat could not be rung", zap.String("seat", string(m.Seat)), zap.Error(err))
		a.deps.Router.Offer(m.Offer, OfferNotReached, err.Error())
		return
	}
	s.leg = leg
	if a.deps.OfferDelay != nil {
		a.deps.OfferDelay(time.Since(m.FreeSince))
	}
}

// seatNews takes what a rung phone says, until the router accepts it.
func (a *Actor) seatNews(m LegNews) {
	s := a.seats[m.Leg]
	if s == nil {
		return
	}
	switch ev := m.Event.(type) {
	case call.LegRinging:
		if !s.rang {
			s.rang = true
			a.emit(call.Ringing{Offer: s.offer, Seat: s.id})
		}
	case call.LegAnswered:
		s.state = seatPickedUp
		if ev.Media != nil {
			s.spec = *ev.Media
			a.negotiated(s.legID, *ev.Media)
		}
		a.deps.Router.Offer(s.offer, OfferPickedUp, "")
	case call.LegChanged:
		a.negotiated(s.legID, ev.Media)
	case call.LegFailed:
		s.status = ev.Status
		a.deps.Router.Offer(s.offer, newsOf(ev.Result), ev.Words)
	case call.LegEnded:
		s.gone = true
	}
}

func newsOf(r call.OfferResult) OfferNews {
	if r == call.OfferDeclined {
		return OfferRefused
	}
	return OfferNotReached
}

// offerOver is the router's last word on an offer that was not taken: stop the phone, mark the record.
func (a *Actor) offerOver(m OfferOver) {
	if m.Result == call.OfferAnswered {
		return // Connect says so
	}
	s := a.seatOf(m.Offer)
	if s == nil {
		return
	}
	a.emit(call.OfferEnded{
		Offer: m.Offer, Seat: m.Seat, Queue: m.Queue, Result: m.Result, Status: s.status, Reason: m.Reason,
	})
	a.drop(s, call.CauseOfferEnded)
}

// release ends a leg that picked up too late.
func (a *Actor) release(m Release) {
	if s := a.seatOf(m.Offer); s != nil {
		a.drop(s, call.CauseOfferEnded)
	}
}

func (a *Actor) seatOf(offer call.OfferID) *seat {
	for _, s := range a.seats {
		if !s.direct && s.offer == offer {
			return s
		}
	}
	return nil
}

// drop ends a seat's leg and gives its ports back.
func (a *Actor) drop(s *seat, cause call.Cause) {
	a.flush()
	if s.leg != nil {
		s.leg.End(cause)
	}
	a.confirmed(s.legID)
	a.closeSound(s.legID)
	delete(a.seats, s.legID)
}

package app

import (
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
)

// sender is the engine's mailbox.
type sender interface{ Send(acd.Input) error }

// router speaks for one call to the routing engine.
type router struct {
	call call.ID
	node string
	acd  sender
	log  *zap.Logger
	// lastSeat finds who took the caller's last call, for queues that go by it.
	lastSeat func(queue string, caller call.Caller) acd.LastSeat
}

func (r router) send(in acd.Input) {
	if err := r.acd.Send(in); err != nil {
		r.log.Error("routing did not take an input", zap.String("input", in.Kind()), zap.String("call", string(r.call)), zap.Error(err))
	}
}

// Enqueue asks for a place in a queue.
func (r router) Enqueue(e live.Entry) {
	var last acd.LastSeat
	if !e.Return { // who comes back has just lost that seat
		last = r.lastSeat(e.Queue, e.Caller)
	}
	r.send(acd.CallQueued{
		Call: r.call, Queue: e.Queue, Skills: e.Skills, Priority: e.Priority,
		Entry: e.Entry, Caller: e.Caller, Node: r.node, Return: e.Return, Joined: e.Joined,
		Failed: outsideTargets(e.Failed), Sticky: last,
	})
}

// Place asks where the call stands in its queue.
func (r router) Place() { r.send(acd.PlaceAsked{Call: r.call}) }

// LeaveQueue tells that the caller has chosen something else than to wait.
func (r router) LeaveQueue(queue, to string) {
	r.send(acd.QueueLeft{Call: r.call, Queue: queue, To: to})
}

// Offer tells what a phone made of an offer.
func (r router) Offer(offer call.OfferID, news live.OfferNews, words string) {
	switch news {
	case live.OfferPickedUp:
		r.send(acd.OfferAnswered{Offer: offer})
	case live.OfferRefused:
		r.send(acd.OfferRefused{Offer: offer})
	case live.OfferNotReached:
		r.send(acd.OfferUnreachable{Offer: offer, Words: words})
	}
}

// Seat tells what happened to a seat that has picked up.
func (r router) Seat(seat call.SeatID, news live.SeatNews) {
	switch news {
	case live.SeatConnected:
		r.send(acd.CallConnected{Call: r.call, Seat: seat})
	case live.SeatHeld:
		r.send(acd.SeatHeld{Call: r.call, Seat: seat})
	case live.SeatResumed:
		r.send(acd.SeatResumed{Call: r.call, Seat: seat})
	case live.SeatLegEnded:
		r.send(acd.SeatLegEnded{Call: r.call, Seat: seat})
	case live.SeatTalksOn:
		r.send(acd.SeatLegEnded{Call: r.call, Seat: seat, On: true})
	}
}

// Engage keeps routing from giving the seat a call while it is in this one.
func (r router) Engage(seat call.SeatID) {
	r.send(acd.SeatEngaged{Call: r.call, Seat: seat, Node: r.node})
}

// Release ends that; wrapUp is the time for work after it.
func (r router) Release(seat call.SeatID, wrapUp time.Duration) {
	r.send(acd.SeatReleased{Call: r.call, Seat: seat, WrapUp: wrapUp})
}

// PickUp asks for the call for a seat.
func (r router) PickUp(seat call.SeatID, anyCall, there bool) {
	r.send(acd.PickUp{Call: r.call, Seat: seat, Any: anyCall, There: there})
}

// Hand has a seat engaged by the call it goes over to.
func (r router) Hand(seat call.SeatID, to call.ID) {
	if seat != "" {
		r.send(acd.SeatEngaged{Call: to, Seat: seat, Node: r.node})
	}
}

// Left tells that the caller is gone, or that a disposition was filed.
func (r router) Left(news live.LeftNews) {
	switch news {
	case live.CallerLeft:
		r.send(acd.CallLeft{Call: r.call})
	case live.Disposed:
		r.send(acd.DispositionSet{Call: r.call})
	}
}

// outlet carries what the engine has decided to the calls, the seat log and the live views.
type outlet struct {
	calls *table
	seats seatWatch
	backs backWatch
	nudge func()  // what a restart should know of has changed
	talks *shifts // those who follow an agent come into his call; may be nil
	log   *zap.Logger
}

// seatWatch is told of every move of a seat.
type seatWatch interface {
	seatChanged(time.Time, acd.SeatChanged)
	seatRejected(acd.Rejected)
	breakAsked(time.Time, acd.BreakAsked)
	wrapUpMoved(time.Time, acd.WrapUpMoved)
	planned(time.Time, acd.Effect)
}

// backWatch is told of callbacks.
type backWatch interface {
	moved(time.Time, acd.CallbackMoved)
	// begin makes the call of a callback that is offered, unless it is there.
	begin(acd.Offer)
	refused(acd.Rejected)
}

// Effect is called on the driver's goroutine and returns at once.
func (o outlet) Effect(now time.Time, ef acd.Effect) {
	switch ef := ef.(type) {
	case acd.SeatChanged:
		if o.talks == nil {
			o.seats.seatChanged(now, ef)
			return
		}
		ef.Call = o.talks.shown(ef.Call)
		o.seats.seatChanged(now, ef) // before those are looked for who follow: Follow looks the other way round
		o.talks.seatMoved(ef)
	case acd.BreakAsked:
		o.seats.breakAsked(now, ef)
		o.nudge()
	case acd.WrapUpMoved:
		o.seats.wrapUpMoved(now, ef)
	case acd.PlanStepOn, acd.PlanStepOff, acd.PlanPage, acd.SeatLent, acd.SeatReturned:
		o.seats.planned(now, ef)
		o.nudge()
	case acd.CallbackMoved:
		o.backs.moved(now, ef)
	case acd.Rejected:
		o.rejected(ef)
	default:
		if offer, ok := ef.(acd.Offer); ok && offer.Callback != "" {
			o.backs.begin(offer)
		}
		id, m := toCall(ef)
		if m != nil && !o.calls.post(id, m) {
			o.log.Debug("a decision of routing found its call gone", zap.String("effect", ef.Kind()), zap.String("call", string(id)))
		}
	}
}

// rejected tells whoever asked: a call that its queue is not there, a person why a seat did not move.
func (o outlet) rejected(r acd.Rejected) {
	switch {
	case r.Input == (acd.CallQueued{}).Kind():
		o.calls.post(r.Call, live.NotPlaced{Words: r.Words})
	case r.Input == (acd.QueueLeft{}).Kind():
		o.calls.post(r.Call, live.Stays{Words: r.Words})
	case r.Input == (acd.PickUp{}).Kind():
		o.calls.post(r.Call, live.PickUpRefused{Seat: r.Seat, Code: r.Code, Words: r.Words})
	case r.Callback != "":
		if r.Call != "" {
			o.calls.post(r.Call, live.BackRefused{Words: r.Words})
		}
		o.backs.refused(r)
	case r.Seat != "":
		o.seats.seatRejected(r)
	}
	o.log.Info("routing refused an input", zap.String("input", r.Input), zap.String("seat", string(r.Seat)),
		zap.String("call", string(r.Call)), zap.String("why", r.Words))
}

// toCall translates a decision into the call's words.
func toCall(ef acd.Effect) (call.ID, live.Message) {
	switch e := ef.(type) {
	case acd.Queued:
		return e.Call, live.Placed{
			Queue: e.Queue, Entry: e.Entry, Priority: e.Priority,
			Skills: e.Skills, Position: e.Position, Resumed: e.Resumed, Reason: e.Reason,
		}
	case acd.PlaceTold:
		return e.Call, live.Where{Queue: e.Queue, Ahead: e.Ahead, Wait: e.Wait}
	case acd.PlayUrgent:
		return e.Call, live.Urgent{Prompt: e.Prompt, Reason: e.Reason}
	case acd.CallNext:
		return e.Call, live.Next{Queue: e.Queue, Reason: e.Reason}
	case acd.Offer:
		return e.Call, live.Ring{
			Offer: e.Offer, Seat: e.Seat, Phone: e.Phone, Group: e.Group, Queue: e.Queue,
			Deadline: e.Deadline, FreeSince: e.FreeSince, PickUp: e.PickUp, Reason: e.Reason,
		}
	case acd.OfferOver:
		return e.Call, live.OfferOver{Offer: e.Offer, Seat: e.Seat, Queue: e.Queue, Result: e.Result, Reason: e.Reason}
	case acd.Connect:
		return e.Call, live.Connect{Offer: e.Offer, Seat: e.Seat, Queue: e.Queue}
	case acd.ReleaseLeg:
		return e.Call, live.Release{Offer: e.Offer}
	case acd.Overflowed:
		return e.Call, overflowed(e)
	case acd.WrapUp:
		return e.Call, live.WrapUp{Seat: e.Seat, Deadline: e.Deadline}
	case acd.WrapUpOver:
		return e.Call, live.WrapUpOver{Seat: e.Seat, Reason: e.Reason}
	case acd.CallbackOffered:
		return e.Call, live.BackOffered{Queue: e.Queue, Reason: e.Reason}
	case acd.Forgotten:
		return e.Call, live.Forgotten{}
	}
	return "", nil
}

func overflowed(e acd.Overflowed) live.Overflowed {
	m := live.Overflowed{From: e.Queue, Rule: e.Rule, Reason: e.Reason}
	if p := e.Place; p != nil {
		m.Place = live.Place{Entry: p.Entry, Joined: p.Joined, Priority: p.Priority}
	}
	switch e.To.Kind {
	case acd.ToQueue:
		m.Queue = e.To.Name
	case acd.ToFlow:
		m.Flow = e.To.Name
	case acd.ToNumber:
		m.Number, m.AtDoor = e.To.Name, atDoor(e.Rule)
	case acd.ToSite:
		m.Site, m.AtDoor = e.To.Name, atDoor(e.Rule)
	case acd.ToCallback:
		m.Callback, m.Ask = true, e.Ask
	case acd.ToHangup: // neither: the queue node's bad-case edge
	}
	return m
}

// atDoor tells the rules that are judged when a call comes in, and not while it waits.
func atDoor(rule string) bool {
	var when acd.OverflowWhen
	return when.UnmarshalText([]byte(rule)) == nil && (when == acd.WhenClosed || when == acd.WhenFull || when == acd.WhenEstimatedWait)
}

func outsideTargets(failed []live.OverflowTarget) (out []acd.Target) {
	for _, f := range failed {
		if f.Site != "" {
			out = append(out, acd.Target{Kind: acd.ToSite, Name: f.Site})
		} else {
			out = append(out, acd.Target{Kind: acd.ToNumber, Name: f.Number})
		}
	}
	return out
}

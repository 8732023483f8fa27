package acd

import (
	"fmt"
	"time"

	"hotline/call"
)

// Engine owns all queues and seats of a site and decides who gets which call.
//
// It is not safe for concurrent use, by design: acd/driver (or a simulator)
// calls Step with one input at a time. It reads no clock: time is what Step is
// told, and never runs backwards inside. Times in effects are UTC.
type Engine struct {
	seed       uint64
	now        int64  // ns since 1970; the latest time Step was told
	steps      uint64 // taken so far
	offersMade uint64

	rules  Rules
	queues map[string]*queue
	seats  map[call.SeatID]*seat
	roster []*seat // the same, by agent number: whoever must visit all does it in this order
	phones map[string]*phone
	calls  map[call.ID]*caller
	offers map[call.OfferID]*seat // standing, or accepted and still in the call
	late   lateOffers
	kept   keptPlaces // of callers who left while waiting
	timers heap[*timer]
	index  index

	plans      []*plan // in the site's order
	stalePlans []*plan // whose figures have changed in this step
	staffMoved bool    // somebody whom a step in force may lend came or went in this step
	regrouped  []string
	moved      []*queue        // of which another call may be the first after this step
	homeGroups map[string]bool // groups that serve a queue as their own work
	refits     []*queue        // whose rules of overflow or priority plans have changed in this step

	// Callbacks that are not over, by id and by the number to call; gates are the
	// queues whose gate is to be looked at in this step.
	backs     map[call.CallbackID]*caller
	byNumber  map[string]*caller
	gates     []*queue
	paused    bool // no callback is worked
	callsMade uint64

	out []Effect
}

// New makes an engine without rules: the first input it needs is Began or RulesChanged.
// The seed goes into the ids of offers, so that two engines' ids differ.
func New(seed uint64) *Engine {
	return &Engine{
		seed:   seed,
		queues: map[string]*queue{},
		seats:  map[call.SeatID]*seat{},
		phones: map[string]*phone{},
		calls:  map[call.ID]*caller{},
		offers: map[call.OfferID]*seat{},
		index:  newIndex(),
		kept:   keptPlaces{by: map[keptKey]*keptPlace{}},

		backs: map[call.CallbackID]*caller{}, byNumber: map[string]*caller{},
	}
}

// Step takes one input at the time it happened and answers what follows from
// it, in order. Deadlines that have come by now take effect before the input.
// The slice is valid until the next Step; the effects in it may be kept.
func (e *Engine) Step(now time.Time, in Input) []Effect {
	e.begin(now)
	e.take(in)
	e.finish()
	return e.out
}

// Deadline is when Step must be called at the latest, with Tick if nothing
// else happened; false when there is nothing to wait for.
func (e *Engine) Deadline() (time.Time, bool) {
	t, ok := e.timers.top()
	if !ok {
		return time.Time{}, false
	}
	return at(t.at), true
}

// Steps is how many inputs the engine has taken since it was made, restored ones included.
func (e *Engine) Steps() uint64 { return e.steps }

func (e *Engine) begin(now time.Time) {
	e.steps++
	clear(e.out) // effects handed out earlier must not be kept alive by the slice
	e.out = e.out[:0]
	e.now = max(e.now, now.UnixNano())
	e.index.now = e.now
	e.expire()
}

// finish restores what holds between steps: nobody waits who never can be
// served while his queue has a rule for that, and no call waits that a ready
// seat may take.
func (e *Engine) finish() {
	e.conclude(e.match)
}

// conclude does so with a way of matching. A step of a plan that comes into
// force or goes may change who is served, hence all over again.
func (e *Engine) conclude(match func()) {
	for {
		e.restaff()
		e.sortAgain()
		e.refitQueues()
		e.loosen()
		e.relieve()
		e.regate()
		match()
		if !e.reviewPlans() && !e.staffMoved && len(e.stalePlans) == 0 && len(e.refits) == 0 && len(e.gates) == 0 {
			e.tellNext()
			return
		}
	}
}

func (e *Engine) take(in Input) {
	switch in := in.(type) {
	case Began:
		e.began(in)
	case RulesChanged:
		e.rulesChanged(in.Rules)
	case CallQueued:
		e.callQueued(in)
	case CallLeft:
		e.callLeft(in)
	case QueueLeft:
		e.queueLeft(in)
	case OfferAnswered:
		e.offerAnswered(in)
	case OfferRefused:
		e.offerRefused(in)
	case OfferUnreachable:
		e.offerUnreachable(in)
	case CallConnected:
		e.callConnected(in)
	case SeatHeld:
		e.seatHeld(in)
	case SeatResumed:
		e.seatResumed(in)
	case SeatLegEnded:
		e.seatLegEnded(in)
	case SeatEngaged:
		e.seatEngaged(in)
	case SeatReleased:
		e.seatReleased(in)
	case PickUp:
		e.pickUp(in)
	case DispositionSet:
		e.dispositionSet(in)
	case SeatStateSet:
		e.seatStateSet(in)
	case BreakDecided:
		e.breakDecided(in)
	case WrapUpSet:
		e.wrapUpSet(in)
	case PhoneUp:
		e.phoneUp(in)
	case PhoneDown:
		e.phoneDown(in)
	case PlaceAsked:
		e.placeAsked(in)
	case CallbackQueued:
		e.callbackQueued(in)
	case CallbackDialled:
		e.callbackDialled(in)
	case CallbackDropped:
		e.callbackDropped(in)
	case CallbacksPaused:
		e.callbacksPaused(in)
	case PlanForce:
		e.planForce(in)
	case Tick: // the deadlines have had their effect already
	default:
		e.emit(Rejected{Input: fmt.Sprintf("%T", in), Code: call.CodeInvalid, Words: "routing does not know this input"})
	}
}

func (e *Engine) emit(ef Effect) { e.out = append(e.out, ef) }

// at is a time of the engine as effects and views show it.
func at(ns int64) time.Time { return time.Unix(0, ns).UTC() }

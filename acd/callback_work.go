package acd

import (
	"time"

	"hotline/call"
)

// callbackQueued takes a callback on, or says why not.
func (e *Engine) callbackQueued(in CallbackQueued) {
	from := e.calls[in.From]
	if in.From != "" && from != nil && from.stage != stageAway && from.back == nil {
		in.Queue, in.Skills = from.q.Name, from.skills
		if in.Caller.Number == "" {
			in.Caller = from.who
		}
	}
	q := e.queues[in.Queue]
	no := func(code call.Code, words string) {
		e.emit(Rejected{Input: in.Kind(), Call: in.From, Callback: in.ID, Code: code, Words: words})
	}
	switch {
	case in.From != "" && (from == nil || from.stage == stageAway || from.back != nil):
		no(call.CodeConflict, "the caller does not wait any more")
	case q == nil || q.removed:
		no(call.CodeNotFound, "there is no queue "+in.Queue)
	case !call.Dialable(in.Caller.Number):
		no(call.CodeInvalid, "there is no number to call: it takes 3 to 20 digits")
	case in.ID == "" || e.backs[in.ID] != nil:
		no(call.CodeConflict, "there is a callback of this id already")
	case e.byNumber[in.Caller.Number] != nil:
		no(call.CodeConflict, "there is a callback for this number already, in "+e.byNumber[in.Caller.Number].q.Name)
	case in.Seat != "" && (e.seats[in.Seat] == nil || !e.seats[in.Seat].expected()):
		no(call.CodeConflict, "agent "+string(in.Seat)+" is not there to take it: it takes one who is ready, or soon will be")
	default:
		e.takeBack(e.newBack(in, q, from), from)
	}
}

// newBack makes the entry.
func (e *Engine) newBack(in CallbackQueued, q *queue, from *caller) *caller {
	c := &caller{
		id: e.newCallID(), node: in.Node, who: in.Caller, q: q, skills: in.Skills, priority: in.Priority, ownPrio: in.Priority != 0,
		stage: stageHeld, visited: []string{q.Name},
		back: &callback{id: in.ID, tries: max(0, in.Tries), lost: in.Lost, taken: in.Seat},
	}
	c.timer = timer{id: string(c.id), caller: c}
	if !in.NotBefore.IsZero() && in.NotBefore.UnixNano() > e.now {
		c.back.notBefore = in.NotBefore.UnixNano()
	}
	c.entry = max(e.now, c.back.notBefore)
	if !in.Entry.IsZero() {
		c.entry = min(max(in.Entry.UnixNano(), 0), c.entry)
	}
	c.joined = min(c.entry, e.now)
	if from != nil {
		c.entry, c.joined, c.priority, c.ownPrio = from.entry, from.joined, from.priority, from.ownPrio
	}
	return c
}

// takeBack brings it in, in the place of the caller it comes from.
func (e *Engine) takeBack(c, from *caller) {
	why := "asked for"
	if c.back.lost {
		why = "a lost call is to be made good"
	}
	fromID := call.ID("")
	if from != nil {
		why, fromID = "the caller gave up waiting on the line and keeps the place", from.id
		if from.stage == stageRinging {
			e.stopRinging(from, "the caller is called back instead")
		}
		e.leave(from)
		e.forget(from)
	}
	e.calls[c.id], e.backs[c.back.id], e.byNumber[c.who.Number] = c, c, c
	c.reorder()
	c.set = e.demandFor(c.q, c.skills)
	c.set.calls++
	moved := c.movedBack(call.CallbackWaiting, "", why)
	moved.From = fromID
	e.emit(moved)
	e.gateMoved(c.q) // which nobody looked at while there was no callback
	e.regate()
	e.placeBack(c)
}

// callbackDialled is the customer's answer, or that there is none.
func (e *Engine) callbackDialled(in CallbackDialled) {
	c := e.calls[in.Call]
	if c == nil || c.back == nil || c.back.state != call.CallbackDialling {
		return // over meanwhile, and it has been told
	}
	words := in.Result.String()
	if in.Words != "" {
		words += " (" + in.Words + ")"
	}
	switch in.Result {
	case call.DialAnswered:
		e.overBack(c, call.CallbackConnected, "the customer has answered")
	case call.DialCancelled:
		e.nextTry(c, 0, "the customer was not reached for want of a seat: "+words+"; it keeps its place")
	default:
		e.tried(c, in.Result, words)
	}
}

// tried counts a try that did not reach the customer. A number that does not exist is not tried again.
func (e *Engine) tried(c *caller, result call.DialResult, words string) {
	c.back.tries++
	most := c.q.Callbacks.tries()
	why := triesWords(c.back.tries, most) + " came to nothing: " + words
	if c.back.tries >= most || result == call.DialWrongNumber {
		e.overBack(c, call.CallbackFailed, why)
		return
	}
	next := later(e.now, time.Duration(c.q.Callbacks.gap()))
	if c.back.lost && c.back.taken != "" { // whoever took it off the list had it for this try
		c.back.notBefore = next
		e.overBack(c, call.CallbackReturned, why)
		return
	}
	c.back.taken = ""
	e.nextTry(c, next, why+"; the next in "+e.left(next)+", from its old place")
}

// cutShort is the seat of a try gone before the customer's answer was known.
func (e *Engine) cutShort(c *caller) {
	if c.back != nil && c.back.state == call.CallbackDialling {
		e.nextTry(c, 0, "the agent was gone before the customer answered; it keeps its place")
	}
}

// callbackDropped takes one away.
func (e *Engine) callbackDropped(in CallbackDropped) {
	c := e.backs[in.ID]
	if c == nil {
		e.emit(Rejected{Input: in.Kind(), Callback: in.ID, Code: call.CodeNotFound, Words: "there is no such callback, or it is over"})
		return
	}
	e.overBack(c, call.CallbackDropped, in.Words)
	e.guardLegs(c)
}

// rangBack gives a caller the place of the callback that stands for his number, if
// there is one; a lost call only goes, for it kept no place.
func (e *Engine) rangBack(number string, id call.ID) (entry int64, found bool) {
	c := e.byNumber[number]
	if c == nil || c.id == id {
		return 0, false
	}
	if c.back.lost {
		e.overBack(c, call.CallbackReturned, "the customer has rung again and waits in a queue")
	} else {
		e.overBack(c, call.CallbackDropped, "the customer has rung back and has the place")
	}
	e.guardLegs(c)
	return min(c.entry, e.now), !c.back.lost
}

// callLost is a try's own call given up by its owner: the callback stays.
func (e *Engine) callLost(c *caller) {
	switch {
	case c.stage == stageRinging:
		e.stopRinging(c, "the try was given up")
		e.leave(c)
		e.nextTry(c, later(e.now, cutGap), "the try was given up before anybody picked up; it keeps its place")
	case c.back.state == call.CallbackDialling:
		e.nextTry(c, later(e.now, cutGap), "the try was given up before the customer answered; it keeps its place")
	default: // its owner goes between two offers: the id is used up
		notBefore := c.back.notBefore
		e.leave(c)
		e.nextTry(c, notBefore, "the try was given up before it was offered again; it keeps its place")
	}
}

// callbacksPaused holds everything back or lets it go on.
func (e *Engine) callbacksPaused(in CallbacksPaused) {
	e.paused = in.Paused
	e.placeAll()
}

// placeAll looks at every callback again.
func (e *Engine) placeAll() {
	for _, c := range e.callbacks() {
		if c.stage == stageWaiting || c.stage == stageHeld {
			e.placeBack(c)
		}
	}
}

// askCallback offers a waiting caller to be called back, if a rule says so now.
func (e *Engine) askCallback(c *caller, entering bool) {
	if c.asked || c.back != nil || c.stage != stageWaiting || !call.Dialable(c.who.Number) {
		return
	}
	for _, r := range c.q.Overflow {
		if !r.asks() {
			continue
		}
		if reason, holds := e.holds(c, r, entering); holds {
			c.asked = true
			if quiet, _ := c.q.Callbacks.quietAt(e.now); quiet {
				return // he would not be called back soon
			}
			e.emit(CallbackOffered{Call: c.id, Queue: c.q.Name, Reason: reason, Node: c.node})
			return
		}
	}
}

// asks tells whether a rule only asks the caller, who waits meanwhile. One that is
// judged at the door (closed, full) has nowhere to let him wait.
func (r Overflow) asks() bool {
	return r.To.Kind == ToCallback && r.Ask && r.When != WhenClosed && r.When != WhenFull
}

package acd

import (
	"slices"
	"time"

	"hotline/call"
)

// stage is where a call is, as far as queues are concerned.
type stage uint8

const (
	stageAway    stage = iota // in no queue: answered, or only a seat's wrap-up remembers it
	stageWaiting              // in a queue, no phone rings for it
	stageRinging              // in a queue, offered to a seat
	stageHeld                 // a callback that something holds back, outside its queue's pools
)

// caller is a call as routing knows it. It exists while it is in a queue or a
// seat is bound to it, by a conversation, by wrap-up or engaged by it.
type caller struct {
	id   call.ID
	node string
	who  call.Caller
	left int // times the owner said that the caller is gone, and waits for Forgotten

	stage    stage
	q        *queue
	set      *demandSet     // of q, by what this call needs on top
	skills   map[string]int // needed on top of the queue's
	entry    int64          // decides the place; kept through overflow and missed offers
	joined   int64          // when it came into q: widen steps and waited rules count from here
	open     int64          // since when it could last have been offered anew
	level    int            // widen steps in force
	priority int
	lift     int      // added to it by plans while it is in this queue
	ownPrio  bool     // the priority is the call's; false: the queue's, and follows its rules
	again    bool     // it was answered before, and is in no service level any more
	heard    []string // urgent prompts, as plan/step
	visited  []string // queues of this journey; none is entered twice
	failed   []Target // overflow targets tried in vain; none is tried twice
	order    int64    // entry + target − priority × credit; smallest first

	ringers []*seat // it is offered to, the first first
	alone   bool    // it rings at the agent of the last call, or at one who picks it up, and nowhere else
	picked  bool    // by the one who picks it up
	seats   []*seat // that have picked up, up to the end of their wrap-up
	engaged []*seat // that are in it without routing's doing
	timer   timer
	guard   timer // once the caller has left: until these are let go

	last  LastSeat // of the caller's last call
	known *seat    // it waits for this one alone, in no pool
	paced bool     // it has had to wait, and counts in the pace of its queue
	told  bool     // that it is next in its queue
	// resumed is whose place it has, within the step in which it comes to it
	resumed call.ID

	in   *demand // the pool it waits in
	pos  int     // in the pool's heap of those that wait, or ring
	knot knot    // in the queue's line

	asked bool      // whether he would rather be called back, in this queue
	back  *callback // nil: there is somebody on the line
}

func newCaller(id call.ID) *caller {
	c := &caller{id: id}
	c.timer = timer{id: string(id), caller: c}
	c.guard = timer{id: string(id), caller: c, guard: true}
	return c
}

func (c *caller) place() *int { return &c.pos }

// before is the one total order over all calls: key, then entry, then id.
func (c *caller) before(o *caller) bool {
	if c.order != o.order {
		return c.order < o.order
	}
	if c.entry != o.entry {
		return c.entry < o.entry
	}
	return c.id < o.id
}

// maxPriority bounds what a flow may claim, so that orders can't overflow.
const maxPriority = 1000

func (c *caller) reorder() {
	if !c.ownPrio {
		c.priority = c.q.Priority
	}
	c.lift = c.q.lifted(c.priority) - c.priority
	c.order = c.entry + int64(c.q.Target) - int64(bounded(c.urgency()))*int64(c.q.credit())
	if c.back != nil && c.back.lost {
		c.order = lostLast + c.entry/2
	}
}

// urgency is the priority that counts: the call's own, with what plans add.
func (c *caller) urgency() int { return c.priority + c.lift }

func bounded(priority int) int { return min(max(priority, -maxPriority), maxPriority) }

// callQueued puts a call into a queue, or says why not.
func (e *Engine) callQueued(in CallQueued) {
	q := e.queues[in.Queue]
	c := e.calls[in.Call]
	switch {
	case q == nil:
		e.emit(Rejected{
			Input: in.Kind(), Call: in.Call, Code: call.CodeNotFound,
			Words: "there is no queue " + in.Queue,
		})
		return
	case c != nil && c.stage != stageAway:
		e.emit(Rejected{
			Input: in.Kind(), Call: in.Call, Code: call.CodeConflict,
			Words: "the call waits in " + c.q.Name + " already",
		})
		return
	case c != nil && c.left > 0:
		e.emit(Rejected{Input: in.Kind(), Call: in.Call, Code: call.CodeConflict, Words: "the caller has left already"})
		return
	case c != nil && c.back != nil && !c.back.state.Over():
		e.emit(Rejected{Input: in.Kind(), Call: in.Call, Code: call.CodeConflict, Words: "the customer has not answered yet"})
		return
	case c == nil:
		c = newCaller(in.Call)
		e.calls[in.Call] = c
	}
	e.engage(c, false)
	c.back = nil // whoever was called back waits like any other from here on
	c.node, c.who, c.skills = in.Node, in.Caller, in.Skills
	c.priority, c.ownPrio = in.Priority, in.Priority != 0
	c.entry, c.visited, c.last, c.paced, c.again = e.now, nil, in.Sticky, false, in.Return
	if !in.Return {
		c.heard = nil
	}
	if !in.Entry.IsZero() {
		c.entry = min(max(in.Entry.UnixNano(), 0), e.now)
	}
	c.joined, c.failed = e.now, in.Failed
	why := "the flow asked for a seat"
	had := in.Return // a place before
	if entry, found := e.rangBack(in.Caller.Number, in.Call); found {
		c.entry = min(c.entry, entry)
		why = "the customer rang back and has the place of the callback"
	}
	switch {
	case !in.Joined.IsZero():
		c.joined = min(max(in.Joined.UnixNano(), 0), e.now)
		why = "back in the old place, as the overflow led nowhere"
	case in.Return:
		why = "back in the old place, as the seat was lost"
	default:
		if words, resumed := e.resume(c, q); resumed {
			why, had = words, true
		}
	}
	e.enter(c, q, had, why)
	c.resumed = ""
}

// enter brings a call into a queue, unless the queue's rules send it on.
// returning: it had its place there before, so hours and limit are not judged again.
func (e *Engine) enter(c *caller, q *queue, returning bool, why string) {
	c.q = q
	c.visited = append(c.visited, q.Name)
	c.reorder()
	c.set = e.demandFor(q, c.skills)
	if out, ok := e.judge(c, !returning); ok {
		e.overflow(c, out)
		return
	}
	c.stage, c.asked = stageWaiting, false
	c.set.calls++
	c.told = false
	q.line.insert(c)
	e.touched(q, 1)
	if !returning {
		q.load.add(e.now, loadCounts{Arrived: 1})
	}
	if e.stick(c); c.known != nil {
		why += "; " + e.whyKnown(c) + ", and is waited for up to " + span(q.Sticky.Wait)
	}
	e.emit(Queued{
		Call: c.id, Queue: q.Name, Entry: at(c.entry), Priority: c.priority, Lift: c.lift, Skills: c.skills,
		Position: c.placeInQueue(), Resumed: c.resumed, Reason: why, Node: c.node,
	})
	e.greet(c)
	e.wait(c)
	e.askCallback(c, true)
}

// placeInQueue is 1 for the next; callbacks before it count.
func (c *caller) placeInQueue() int { return c.q.line.position(c) + c.q.back.due.position(c) - 1 }

// settle lets a call wait (again), unless a rule has come due while a phone
// rang for it: a ringing phone is never cut short by the queue's rules.
func (e *Engine) settle(c *caller) {
	if c.back != nil {
		e.placeBack(c)
		return
	}
	if out, ok := e.judge(c, false); ok {
		e.overflow(c, out)
		return
	}
	c.stage, c.alone, c.picked = stageWaiting, false, false
	e.wait(c)
	e.askCallback(c, false) // a rule that only asks may have come due, or in by a reload, as well
}

// wait makes a call in the line available to seats.
func (e *Engine) wait(c *caller) {
	c.open = e.now
	e.queueMoved(c.q)
	e.pool(c)
	e.armCall(c)
}

// pool puts a waiting call where it belongs: with the one seat it waits for, or
// with those that are alike.
func (e *Engine) pool(c *caller) {
	c.level = c.q.levelAfter(e.now - c.joined)
	if c.known != nil {
		e.admit(c)
		return
	}
	c.in = c.set.levels[c.level]
	c.in.waiting.push(c)
	e.pooled(c, 1)
	e.index.wakeDemand(c.in)
}

// armCall sets the call's timer to what its queue has next in store for it.
func (e *Engine) armCall(c *caller) {
	if c.back != nil {
		_, quiet := c.q.Callbacks.quietAt(e.now)
		e.armBack(c, quiet)
		return
	}
	next, ok := c.q.nextWiden(c.level)
	if c.stage == stageWaiting {
		for _, r := range c.q.rules {
			if r.When == WhenWaited && (!ok || r.After < next) && e.leadsSomewhere(c, r.To) && (!r.asks() || !c.asked) {
				next, ok = r.After, true
			}
		}
	}
	if c.known != nil && (!ok || c.q.Sticky.Wait < next) {
		next, ok = c.q.Sticky.Wait, true
	}
	if !ok {
		e.disarm(&c.timer)
		return
	}
	e.arm(&c.timer, later(c.joined, next))
}

// callDeadline is a widen step or a waited rule coming due.
func (e *Engine) callDeadline(c *caller) {
	if c.back != nil {
		e.backDeadline(c)
		return
	}
	level := c.q.levelAfter(e.now - c.joined)
	if c.stage == stageRinging {
		c.level = level
		if c.in != nil {
			c.in.ringing.remove(c)
			c.in = nil
			e.ringsOn(c)
		}
		e.armCall(c)
		return
	}
	if out, ok := e.judge(c, false); ok {
		e.overflow(c, out)
		return
	}
	e.askCallback(c, false)
	switch {
	case c.known != nil && e.sticks(c):
		c.level = level
	case c.known != nil, level != c.level:
		e.takeOut(c)
		e.wait(c)
		return
	}
	e.armCall(c)
}

// leave takes a call out of its queue, wherever it is in it.
func (e *Engine) leave(c *caller) {
	if c.stage == stageAway {
		return
	}
	e.takeOut(c)
	c.stage, c.alone, c.picked = stageAway, false, false
	if c.back != nil {
		e.linedUp(c, false)
	} else {
		c.q.line.remove(c)
		e.queueMoved(c.q)
		e.touched(c.q, -1)
	}
	c.set.calls--
	e.disarm(&c.timer)
}

// callLeft is the caller gone: from the queue at once, from a ringing phone by
// withdrawing the offer. A seat that has picked up is told by the end of its
// own leg; should that never be reported, legEndGuard lets it go.
func (e *Engine) callLeft(in CallLeft) {
	c := e.calls[in.Call]
	if c == nil {
		e.emit(Forgotten{Call: in.Call})
		return
	}
	if c.back != nil && !c.back.state.Over() {
		c.left++
		e.callLost(c)
		e.guardLegs(c)
		e.forget(c)
		return
	}
	c.left++
	if c.stage != stageAway {
		e.keepPlace(c)
	}
	if c.stage == stageRinging {
		e.stopRinging(c, "the caller has left")
	}
	if c.stage != stageAway {
		e.countWait(c, false)
	}
	e.leave(c)
	e.guardLegs(c)
	e.forget(c)
}

// guardLegs sees to it that the seats of a call that is over don't hang on a report that never comes.
func (e *Engine) guardLegs(c *caller) {
	for _, s := range c.seats {
		if s.state != call.SeatWrapUp {
			e.arm(&s.timer, later(e.now, legEndGuard))
		}
	}
	e.guardEngaged(c)
}

// forget drops a call that nothing is bound to any more.
func (e *Engine) forget(c *caller) {
	if c.stage != stageAway || len(c.seats)+len(c.engaged) > 0 || e.calls[c.id] != c {
		return
	}
	delete(e.calls, c.id)
	for range c.left {
		e.emit(Forgotten{Call: c.id, Node: c.node})
	}
}

func (c *caller) detach(s *seat) {
	c.seats = slices.DeleteFunc(c.seats, func(o *seat) bool { return o == s })
}

// waitedFor is how long the call has waited since its entry.
func (e *Engine) waitedFor(c *caller) time.Duration { return time.Duration(e.now - c.entry) }

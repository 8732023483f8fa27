package acd

import (
	"slices"
	"strconv"
	"time"

	"hotline/call"
)

// outcome is a rule that takes a call out of its queue.
type outcome struct {
	rule   string
	to     Target
	ask    bool
	reason string
}

// ruleRemoved is the rule's name when the queue itself is gone.
const ruleRemoved = "removed"

// RuleChoice is the rule's name when the caller has chosen to leave.
const RuleChoice = "choice"

// judge finds the first of the queue's rules that takes the call out. Closed,
// full and estimated_wait are judged when a call comes in, never for one that waits; no_seats and
// waited always. A rule that leads back to a queue of this journey is passed
// over. Without a fitting rule a closed or a full queue ends in a hang-up by
// the flow; one without seats lets the call wait.
func (e *Engine) judge(c *caller, entering bool) (outcome, bool) {
	q := c.q
	if q.removed {
		return e.removal(c), true
	}
	for _, r := range q.rules {
		if r.asks() {
			continue // see askCallback
		}
		if reason, holds := e.holds(c, r.Overflow, entering); holds && e.leadsSomewhere(c, r.To) {
			return outcome{rule: r.When.String(), to: r.To, ask: r.Ask, reason: r.by + reason}, true
		}
	}
	switch {
	case !entering:
		return outcome{}, false
	case !q.isOpen(e.now):
		return e.noWay(c, WhenClosed, closedWords(q)), true
	case q.isFull():
		return e.noWay(c, WhenFull, fullWords(q)), true
	}
	return outcome{}, false
}

// holds judges one rule's condition.
func (e *Engine) holds(c *caller, r Overflow, entering bool) (string, bool) {
	switch r.When {
	case WhenClosed:
		if entering && !c.q.isOpen(e.now) {
			return closedWords(c.q), true
		}
	case WhenFull:
		if entering && c.q.isFull() {
			return fullWords(c.q), true
		}
	case WhenNoSeats:
		if c.set.hopeless() {
			return "nobody who could take the call from " + c.q.Name + " is signed in with a working phone", true
		}
	case WhenEstimatedWait:
		if entering {
			return e.expects(c, r.After)
		}
	case WhenWaited:
		if e.now-c.joined >= int64(r.After) {
			return "waited " + span(time.Duration(e.now-c.joined)) + " in " + c.q.Name, true
		}
	}
	return "", false
}

func closedWords(q *queue) string { return q.Name + " is outside its service hours" }

func fullWords(q *queue) string {
	return q.Name + " is full: " + strconv.Itoa(q.MaxWaiting) + " wait already"
}

// removal is where a call of a removed queue goes: by the closed rule it had.
func (e *Engine) removal(c *caller) outcome {
	reason := c.q.Name + " is not part of the site any more"
	for _, r := range c.q.Overflow {
		if r.When == WhenClosed && e.leadsSomewhere(c, r.To) {
			return outcome{rule: ruleRemoved, to: r.To, reason: reason}
		}
	}
	return outcome{rule: ruleRemoved, to: Target{Kind: ToHangup}, reason: reason}
}

// noWay ends a call that may not come in and has nowhere to go.
func (e *Engine) noWay(c *caller, when OverflowWhen, reason string) outcome {
	for _, r := range c.q.Overflow {
		if r.When == when {
			reason += ", and its rule leads to " + r.To.Kind.String() + " " + r.To.Name
			switch r.To.Kind {
			case ToQueue:
				reason += ", which is gone or has had this call already"
			case ToCallback:
				reason += ", and the caller has no number that can be called"
			default:
				reason += ", which was tried in vain"
			}
			return outcome{rule: when.String(), to: Target{Kind: ToHangup}, reason: reason}
		}
	}
	return outcome{rule: when.String(), to: Target{Kind: ToHangup}, reason: reason + ", and it has no rule for that"}
}

// leadsSomewhere is false for a queue that is gone or that this journey has seen,
// for what was tried in vain, and for a callback without a number to call.
func (e *Engine) leadsSomewhere(c *caller, to Target) bool {
	if to.Kind == ToCallback {
		return c.back == nil && call.Dialable(c.who.Number)
	}
	if slices.Contains(c.failed, to) {
		return false
	}
	return to.Kind != ToQueue || e.queues[to.Name] != nil && !slices.Contains(c.visited, to.Name)
}

// overflow takes the call out of its queue and, to another queue, into that one
// with entry time, priority and history.
func (e *Engine) overflow(c *caller, out outcome) {
	from := c.q
	if c.stage != stageAway {
		from.load.add(e.now, loadCounts{Waited: time.Duration(e.now - c.joined)})
	}
	e.leave(c)
	over := Overflowed{Call: c.id, Queue: from.Name, Rule: out.rule, To: out.to, Ask: out.ask, Reason: out.reason, Node: c.node}
	if out.to.Kind == ToNumber || out.to.Kind == ToSite || out.rule == RuleChoice {
		over.Place = &Place{Entry: at(c.entry), Joined: at(c.joined), Priority: c.priority}
	}
	e.emit(over)
	if out.to.Kind != ToQueue {
		e.forget(c)
		return
	}
	c.ownPrio, c.paced = true, false
	c.joined = e.now
	e.enter(c, e.queues[out.to.Name], false, "overflow from "+from.Name+": "+out.reason)
}

// queueLeft takes a call out of its queue because its caller wants something else.
func (e *Engine) queueLeft(in QueueLeft) {
	c := e.calls[in.Call]
	if c == nil || c.stage == stageAway || c.back != nil || c.q.Name != in.Queue {
		e.emit(Rejected{Input: in.Kind(), Call: in.Call, Code: call.CodeConflict, Words: "the caller does not wait in " + in.Queue + " any more"})
		return
	}
	if c.stage == stageRinging {
		e.stopRinging(c, "the caller has chosen "+in.To)
	}
	e.overflow(c, outcome{rule: RuleChoice, to: Target{Kind: ToHangup}, reason: "the caller has chosen " + in.To})
}

// relieve applies no_seats to those who wait and whose last possible seat has gone in this step.
func (e *Engine) relieve() {
	if len(e.index.emptied) == 0 {
		return
	}
	var stranded []*caller
	for _, p := range e.index.emptied {
		p.emptied = false
		for _, d := range p.demands {
			if d.top && d.set.hopeless() {
				stranded = d.set.gather(stranded)
			}
		}
	}
	e.index.emptied = e.index.emptied[:0]
	e.rejudge(stranded)
}

// rejudge looks at waiting calls again, in their order, each once.
func (e *Engine) rejudge(calls []*caller) {
	slices.SortFunc(calls, func(a, b *caller) int {
		switch {
		case a.before(b):
			return -1
		case b.before(a):
			return 1
		}
		return 0
	})
	for _, c := range slices.Compact(calls) {
		if c.stage != stageWaiting || c.back != nil {
			continue
		}
		if out, ok := e.judge(c, false); ok {
			e.overflow(c, out)
			continue
		}
		e.askCallback(c, false)
	}
}

package acd

import (
	"time"

	"hotline/call"
)

// PlaceAsked asks where a waiting call stands, so that its caller can be told.
// It changes nothing and costs O(log n); whoever asks does so when it is time to tell.
type PlaceAsked struct {
	Call call.ID `json:"call"`
}

// PlaceTold answers PlaceAsked for a call that waits and for which no phone
// rings. For any other there is nothing to tell, and no answer.
type PlaceTold struct {
	Call  call.ID `json:"call"`
	Queue string  `json:"queue"`
	// Ahead is how many stand before it in the queue, those whose phones ring and callbacks included.
	Ahead int `json:"ahead"`
	// Wait is what the call has still to expect; nil while it can't be told.
	Wait *time.Duration `json:"wait,omitempty"`
	Node string         `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// CallNext tells, once in each queue a call comes to, that nobody stands before it any more
// and no phone rings for it yet; in queues that say so (Queue.TellNext).
type CallNext struct {
	Call   call.ID `json:"call"`
	Queue  string  `json:"queue"`
	Reason string  `json:"reason"`
	Node   string  `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// Kind names the input in recorded logs.
func (PlaceAsked) Kind() string { return "place_asked" }

// Kind names the effect in golden scripts and logs.
func (PlaceTold) Kind() string { return "place_told" }

// Kind names the effect in golden scripts and logs.
func (CallNext) Kind() string { return "call_next" }

func (e *Engine) placeAsked(in PlaceAsked) {
	c := e.calls[in.Call]
	if c == nil || c.stage != stageWaiting {
		return
	}
	told := PlaceTold{Call: c.id, Queue: c.q.Name, Ahead: c.placeInQueue() - 1, Node: c.node}
	// Who waits for one agent alone does not go by the pace of the queue.
	if wait, ok := e.estimate(c.q, c.placeOf()); ok && c.known == nil {
		told.Wait = &wait
	}
	e.emit(told)
}

// queueMoved notes that another call may be the first of a queue after this step.
func (e *Engine) queueMoved(q *queue) {
	if q.TellNext && !q.moved {
		q.moved = true
		e.moved = append(e.moved, q)
	}
}

// tellNext tells those who have become the first of their queue in this step. A
// call that rings is first but hears nothing: it is about to be answered.
func (e *Engine) tellNext() {
	for _, q := range e.moved {
		q.moved = false
		c := q.line.first()
		if !q.TellNext || q.removed || c == nil || c.stage != stageWaiting || c.known != nil || c.told || q.back.due.position(c) > 1 {
			continue
		}
		c.told = true
		e.emit(CallNext{Call: c.id, Queue: q.Name, Reason: "nobody is before it in " + q.Name, Node: c.node})
	}
	clear(e.moved)
	e.moved = e.moved[:0]
}

// first is the call that is next in order; nil when the line is empty.
func (l *line) first() *caller {
	at := l.root
	for at != nil && at.knot.left != nil {
		at = at.knot.left
	}
	return at
}

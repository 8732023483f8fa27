package ivr

import (
	"maps"
	"time"

	"hotline/call"
)

// Waiting is what a session knows of the queue its caller waits in. It stays when he has left.
type Waiting struct {
	Queue string         `json:"queue"`
	Since time.Time      `json:"since"` // he entered, which decides his place
	Ahead *int           `json:"ahead,omitempty"`
	Wait  *time.Duration `json:"wait,omitempty"` // what he has still to expect
	Left  bool           `json:"left,omitempty"` // the queue, by a node of this flow
}

// placeTime is how long a flow waits for the figures of its caller's place: routing gives none while a phone rings.
const placeTime = time.Second

// Here is a CallbackNode's queue that stands for the one the caller waits in.
const Here = "here"

// NewExperience makes the session of what a waiting caller hears: a flow beside the one that put him
// into the queue. Tokens are counted from token on, so that no answer to one session is taken for another's.
func NewExperience(g *Graph, v Vars, w Waiting, token uint64) *Session {
	v.Queue, v.Values = &w, maps.Clone(v.Values)
	return &Session{Vars: v, Flow: v.Flow, Token: token, graph: g}
}

// Left reports whether the caller of an experience has left the queue.
func (s *Session) Left() bool { return s.Vars.Queue != nil && s.Vars.Queue.Left }

// waits reports whether the caller waits in a queue while the session runs.
func (s *Session) waits() bool { return s.Vars.Queue != nil && !s.Vars.Queue.Left }

// leaves reports whether a node can only be come to by leaving the queue.
func (n *node) leaves() bool {
	switch n.kind {
	case kindQueue, kindTransfer, kindVoicemail, kindHangup:
		return true
	case kindCallback:
		return !n.ask.here
	default:
		return false
	}
}

// leave asks to be out of the queue, which a node takes before it is entered.
func (st *step) leave(n *node, why string) {
	st.State, st.Unsaid = StateLeaving, why
	st.do(call.FlowLeave{Token: st.token(), To: n.kind.String()})
}

// askPlace asks for the figures that a node reads.
func (st *step) askPlace() {
	st.State = StatePlacing
	st.do(call.FlowPlace{Token: st.token()})
	st.do(call.FlowTimer{Token: st.Awaited, After: placeTime})
}

// leaving waits to be out of the queue. If a seat was quicker the session has nothing more to say: it is dropped when
// the two are connected, and until then there is music.
func (st *step) leaving(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowLeft:
		if st.isAwaited(in) {
			why := st.Unsaid
			st.Vars.Queue.Left, st.Entered, st.Awaited, st.Unsaid = true, 0, 0, ""
			st.tellEntered(st.at, why)
			return st.perform(st.at)
		}
	case call.FlowFault:
		if st.isAwaited(in) {
			st.rest()
		}
	}
	return nil, ""
}

// placing waits for the figures of the caller's place.
func (st *step) placing(in call.FlowInput) (*node, string) {
	q := st.Vars.Queue
	switch in := in.(type) {
	case call.FlowDigit:
		if isKey(in.Digit) {
			st.keep(in.Digit)
		}
		return nil, ""
	case call.FlowPlaced:
		if !st.isAwaited(in) {
			return nil, ""
		}
		st.do(call.FlowTimerStop{})
		q.Ahead, q.Wait = &in.Ahead, in.Wait
	case call.FlowTimedOut, call.FlowFault:
		if !st.isAwaited(in) {
			return nil, ""
		}
		q.Ahead, q.Wait = nil, nil
	default:
		return nil, ""
	}
	st.Awaited = 0
	return st.perform(st.at)
}

// rest ends an experience: the caller hears music and keeps his place.
func (st *step) rest() {
	st.State, st.Awaited, st.Ahead, st.at = StateEnded, 0, "", nil
	st.do(call.FlowMusic{})
}

// giveUp is where a session goes that can't go on: a waiting caller keeps his place, others are let go.
func (st *step) giveUp(n *node, why string) (*node, string) {
	if st.waits() {
		st.do(call.FlowEnter{Flow: n.flow.name, Node: returnName, Kind: kindReturn.String(), Why: why})
		st.rest()
		return nil, ""
	}
	return n.flow.end, why
}

// exprQueue is what an expression of an experience sees of the queue.
type exprQueue struct {
	Name      string `expr:"name"`
	Ahead     int    `expr:"ahead"`                  // −1: not known
	Position  int    `expr:"position"`               // 1 is next; 0: not known
	Estimated int    `expr:"estimated_wait_seconds"` // −1: nobody knows
	Waited    int    `expr:"waited_seconds"`
}

func (w *Waiting) env(now time.Time) exprQueue {
	q := exprQueue{Ahead: -1, Estimated: -1}
	if w == nil {
		return q
	}
	q.Name, q.Waited = w.Queue, max(0, int(now.Sub(w.Since)/time.Second))
	if w.Ahead != nil {
		q.Ahead, q.Position = *w.Ahead, *w.Ahead+1
	}
	if w.Wait != nil {
		q.Estimated = int((*w.Wait + time.Second - 1) / time.Second)
	}
	return q
}

// experiences walks, once all edges are known, through what waiting callers hear, and reports what can't be there; and
// what can be nowhere else.
func (c *compiler) experiences() {
	for _, s := range c.sources {
		if c.known.Experiences[s.flow.name] != "" && s.flow.start != nil {
			c.waitsAt(s.flow.start)
		}
	}
	for _, d := range c.drafts {
		if d.src == nil {
			continue
		}
		if c.isExperience(d.node.flow) {
			if d.node.kind == kindWait && len(d.links) > 0 {
				d.links[len(d.links)-1].silent = false
			}
		} else {
			c.intoExperience(d)
		}
		c.inPlace(d)
	}
}

func (c *compiler) isExperience(f *flow) bool { return c.known.Experiences[f.name] != "" }

// waitsAt marks the nodes a caller can come to, waiting or after he has left the queue.
func (c *compiler) waitsAt(start *node) {
	type stand struct {
		n    *node
		left bool
	}
	for todo := []stand{{start, false}}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		d := c.drafts[at.n.id]
		if !at.left && d.inside || at.left && d.left {
			continue
		}
		d.inside, d.left = d.inside || !at.left, d.left || at.left
		here := at.n.ask != nil && at.n.ask.here
		for _, l := range d.links {
			left := at.left || at.n.leaves() || here && l.to == at.n.next
			if here && l.to == at.n.onFault && l.to != at.n.next {
				left = at.left
			}
			todo = append(todo, stand{l.to, left})
		}
	}
}

// intoExperience reports an edge from another flow into one that waiting callers hear. As its part it may run.
func (c *compiler) intoExperience(d *draft) {
	if d.inside || d.left {
		return
	}
	for _, l := range d.links {
		if c.isExperience(l.to.flow) {
			c.report(l.pos, "lead elsewhere, or give that part a flow of its own", "flow %q is what waiting callers of queue %q hear", l.to.flow.name, c.known.Experiences[l.to.flow.name])
		}
	}
}

// inPlace reports what a node can't do where it stands.
func (c *compiler) inPlace(d *draft) {
	n, at := d.node, d.src.Name.Pos
	switch {
	case d.reads != (Pos{}) && !d.inside && !d.left:
		c.report(d.reads, "in a flow that a queue names as its experience", "node %q reads queue, where nobody waits in one", n.name)
	case n.kind == kindCallback && n.ask.here && (!d.inside || d.left):
		c.report(orName(d.src.Callback.Queue, d), "name a queue; here stands for the one he waits in, in its experience", "node %q wants a callback where nobody waits", n.name)
	case n.kind == kindVoicemail && n.mailbox == "" && !d.inside:
		c.report(at, "add mailbox: and a queue or an agent number", "voicemail %q has no mailbox", n.name)
	case n.kind == kindWait && d.left:
		c.report(at, "lead to queue: NAME, or to hangup", "node %q waits in a queue that the caller has left", n.name)
	case (n.kind == kindSurvey || n.kind == kindUrgent) && d.inside:
		c.report(at, "leave it to the flow that comes after the agent, or before the queue", "a %s can't be asked of who waits", n.kind)
	}
}

// readsQueue notes what an expression of a node reads of the queue.
func (d *draft) readsQueue(e *expressions) {
	if e.readQueue {
		d.reads = d.src.Name.Pos
	}
	d.node.place = e.readPlace
}

// isPlaceWord tells the figures of a queue that have to be asked for.
func isPlaceWord(name string) bool {
	return name == "ahead" || name == "position" || name == "estimated_wait_seconds"
}

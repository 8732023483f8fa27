package ivr

import (
	"fmt"
	"time"

	"hotline/call"
)

// Wait has music sound for a while. In what waiting callers hear it is what a flow does between its words.
type Wait struct {
	For   At[time.Duration] // 1 s to 10 min
	Music At[string]        // a prompt; default: the queue's, or "default" where nobody waits in one
	Keys  []Key             // go on at once; other keys are nothing
}

const (
	shortestWait = time.Second
	longestWait  = 10 * time.Minute
)

// wait is a checked one; its keys are in the node's choice.
type wait struct {
	after time.Duration
	music string // empty: the queue's
}

func (c *compiler) wait(d *draft) {
	src, n := d.src.Wait, d.node
	w := &wait{after: src.For.Value}
	n.wait, n.choice = w, &choice{}
	switch {
	case !src.For.IsSet():
		c.report(d.src.Name.Pos, "add for:, as wait: 30s", "node %q does not say how long to wait", n.name)
	case w.after < shortestWait || w.after > longestWait:
		c.report(src.For.Pos, fmt.Sprintf("%s to %s", shortestWait, longestWait), "wait is %s", w.after)
	}
	if src.Music.IsSet() {
		w.music = c.music(src.Music)
	}
	seen := [keyCount]bool{}
	for _, k := range src.Keys {
		if i, ok := c.key(k.Key, &seen); ok {
			n.choice.keys[i] = c.edge(d, k.Next, false, "a key")
		}
	}
	n.next = c.next(d, true) // but in an experience: see experiences
}

// pause begins a wait. A key typed ahead that leads on does so at once; others were for something else.
func (st *step) pause(n *node) (*node, string) {
	ahead := st.Ahead
	st.Ahead = ""
	for i := range len(ahead) {
		if to := n.choice.to(ahead[i]); to != nil {
			st.Ahead = ahead[i+1:]
			return to, fmt.Sprintf("typed ahead %c", ahead[i])
		}
	}
	music := n.wait.music
	if music == "" && !st.waits() {
		music = st.graph.music
	}
	st.State = StatePausing
	st.do(call.FlowMusic{Music: music})
	st.do(call.FlowTimer{Token: st.token(), After: n.wait.after})
	return nil, ""
}

// to is the node a key leads to; nil: it leads nowhere.
func (c *choice) to(digit byte) *node {
	if i, ok := keyIndex(digit); ok {
		return c.keys[i]
	}
	return nil
}

// pausing waits for the end of a wait, or a key that leads on.
func (st *step) pausing(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if to := st.at.choice.to(in.Digit); to != nil {
			st.do(call.FlowTimerStop{})
			return st.unpaused(to, fmt.Sprintf("pressed %c", in.Digit))
		}
	case call.FlowTimedOut:
		if st.isAwaited(in) {
			return st.unpaused(st.at.next, fmt.Sprintf("waited %s", st.at.wait.after))
		}
	}
	return nil, ""
}

// unpaused goes on. To who waits in a queue the music sounds on until something else does.
func (st *step) unpaused(to *node, why string) (*node, string) {
	if !st.waits() {
		st.do(call.FlowStop{})
	}
	return to, why
}

package app

import (
	"sync"

	"hotline/call"
	"hotline/call/live"
)

// table finds the mailbox of a call by its id, and counts what the limits need.
// It holds addresses only: what happens to a call happens in its actor.
type table struct {
	mu     sync.Mutex
	calls  map[call.ID]*live.Actor // until archived
	lines  int                     // of these, whose caller is there
	trunks map[string]int          // and by trunk
	wg     sync.WaitGroup
	empty  chan struct{} // closed and replaced whenever the last call ends
}

func newTable() *table {
	return &table{calls: map[call.ID]*live.Actor{}, trunks: map[string]int{}, empty: make(chan struct{})}
}

// limits is how many callers may be on the line; 0 means no limit. Calls in wrap-up
// do not count: their line is free.
type limits struct{ node, trunk int }

// add runs an actor, unless a limit is reached; then it names the limit. The
// actor tells lineFree when its caller is gone.
func (t *table) add(a *live.Actor, trunk string, l limits) (full string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case l.node > 0 && t.lines >= l.node:
		return "the node has as many calls as it may"
	case l.trunk > 0 && t.trunks[trunk] >= l.trunk:
		return "trunk " + trunk + " has as many calls as it may"
	}
	t.calls[a.ID()] = a
	t.lines++
	t.trunks[trunk]++
	t.wg.Add(1)
	go func() {
		defer t.wg.Done()
		a.Run()
		t.remove(a.ID())
	}()
	return ""
}

// lineFree takes a caller off the lines.
func (t *table) lineFree(trunk string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines--
	t.trunks[trunk]--
}

// takeLine takes a line of a trunk for a call that goes out, unless all are taken; then it says so.
func (t *table) takeLine(trunk string, most int) (full string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if most > 0 && t.trunks[trunk] >= most {
		return "trunk " + trunk + " has as many calls as it may"
	}
	t.trunks[trunk]++
	return ""
}

// hangLine gives such a line back.
func (t *table) hangLine(trunk string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trunks[trunk]--
}

func (t *table) remove(id call.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.calls, id)
	if len(t.calls) == 0 {
		close(t.empty)
		t.empty = make(chan struct{})
	}
}

func (t *table) get(id call.ID) *live.Actor {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls[id]
}

// post gives a message to a call; it reports whether the call is there to take it.
func (t *table) post(id call.ID, m live.Message) bool {
	a := t.get(id)
	return a != nil && a.Post(m)
}

func (t *table) all() []*live.Actor {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*live.Actor, 0, len(t.calls))
	for _, a := range t.calls {
		all = append(all, a)
	}
	return all
}

// idle is closed once no call is live; it is closed already when none is.
func (t *table) idle() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.calls) == 0 {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return t.empty
}

package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
	"hotline/ivr"
	"hotline/web"
)

// begin makes the call of a callback that is offered to a seat, unless it is
// there already from an offer before. It is called on routing's goroutine.
func (b *book) begin(o acd.Offer) {
	if b.app.calls.get(o.Call) != nil {
		return
	}
	b.mu.Lock()
	n := b.notes[o.Callback]
	var note backNote
	if n != nil {
		note = *n
	}
	b.mu.Unlock()
	words := "nothing is known of it"
	if n != nil {
		words = b.app.calls.add(b.actor(o, &note), "", limits{node: b.app.maxCalls})
	}
	if words != "" {
		b.app.log.Warn("a callback can't be made now", zap.String("callback", string(o.Callback)), zap.String("why", words))
		b.afterwards(acd.CallLeft{Call: o.Call})
	}
}

// actor makes the actor of a call that we make.
func (b *book) actor(o acd.Offer, n *backNote) *live.Actor {
	a, rev := b.app, b.app.rev.Load()
	m := newCallMedia(a, o.Call, rev.trunks[n.Trunk])
	m.about = forkedCall{trunk: n.Trunk, caller: n.Caller.Number, called: n.Called}
	priority := n.Priority
	deps := m.deps(n.Called, n.Called, n.Trunk, n.Caller)
	deps.Flow = &afterTry{rev: a.rev.Load, vars: ivr.Vars{Revision: rev.number, Caller: n.Caller, Called: n.Called, Trunk: n.Trunk}}
	m.actor = live.New(live.Brief{
		Node: a.node.Name, Epoch: a.epoch, Caller: n.Caller, Called: n.Called, Revision: rev.number,
		Incoming: call.Incoming{ID: o.Call, Trunk: n.Trunk, Received: time.Now()},
		Try: &live.Try{
			Callback: n.ID, Origin: n.Origin, Queue: n.Queue, Skills: n.Skills, Priority: priority, Entry: n.Entry,
			Trunk: n.Trunk, Shown: call.Shown{Number: n.Called}, Ring: rev.ringTime(n.Queue),
		},
	}, deps)
	return m.actor
}

// ringTime is how long a customer's phone may ring.
func (r *revision) ringTime(queue string) time.Duration {
	if c := r.queues[queue].Callback; c != nil && c.Ring > 0 {
		return c.Ring
	}
	return defaultRings
}

// callDesk is one call's way to callbacks.
type callDesk struct {
	app    *App
	call   call.ID
	called string
	trunk  string
}

// Take asks routing for the caller's callback.
func (d callDesk) Take(w live.Wish) {
	o := origin{called: d.called, trunk: d.trunk, call: d.call, by: "caller"}
	in := acd.CallbackQueued{ID: w.ID, From: d.call, Caller: w.Caller, Node: d.app.node.Name}
	if !w.Waits {
		o.waits = d.call
		in = acd.CallbackQueued{
			ID: w.ID, Queue: w.Queue, Skills: w.Skills, Priority: w.Priority, Entry: w.Entry, Caller: w.Caller, Node: d.app.node.Name,
		}
	}
	d.app.book.expect(w.ID, o)
	d.app.book.tell(in)
}

// Dialled tells routing what became of the customer's phone.
func (d callDesk) Dialled(result call.DialResult, words string) {
	d.app.book.tell(acd.CallbackDialled{Call: d.call, Result: result, Words: words})
}

// afterTry is the flow of a call that we made: there is none, unless the customer
// has to wait and his queue sends him to one.
type afterTry struct {
	rev  func() *revision
	vars ivr.Vars
	flow *flowSession
}

// Step ends the call where a flow would go on.
func (f *afterTry) Step(now time.Time, in call.FlowInput) []call.FlowVerb {
	if over, ok := in.(call.FlowOverflowed); ok && f.flow == nil {
		f.vars.Flow = over.Flow
		f.flow = newFlowSession(f.rev, f.vars)
		in = call.FlowStarted{}
	}
	if f.flow != nil {
		return f.flow.Step(now, in)
	}
	return []call.FlowVerb{call.FlowHangup{Cause: call.CauseFlowEnd}}
}

// Current names the flow, if there is one.
func (f *afterTry) Current() (string, bool) {
	if f.flow == nil {
		return "", false
	}
	return f.flow.Current()
}

// Waiting begins what the callers of a queue hear.
func (f *afterTry) Waiting(queue string, entry time.Time, token uint64) live.Flow {
	return experience(f.rev(), f.rev, f.vars, ivr.Waiting{Queue: queue, Since: entry}, token)
}

// Announce is what a queue says besides.
func (f *afterTry) Announce(now time.Time, queue string, entry time.Time, ahead int, wait *time.Duration) call.FlowWords {
	return announced(f.rev(), f.vars, queue, entry, now, ahead, wait)
}

// Verify begins a flow in which the customer keys in a secret.
func (f *afterTry) Verify(flow string, token uint64) (live.Flow, error) {
	return verifying(f.rev(), f.rev, f.vars, flow, token)
}

// row is a callback as the API shows it; v is what routing says of it now, if it does.
func (b *book) row(n *backNote, v *acd.CallbackView) web.Callback {
	row := web.Callback{
		ID: n.ID, State: n.State, Number: n.Caller.Number, CallerClass: n.Caller.Class, Queue: n.Queue, Called: n.Called, Trunk: n.Trunk,
		Entry: call.StampOf(n.Entry), NotBefore: call.StampOf(n.NotBefore), Tries: n.Tries, Lost: n.Lost, Seat: n.Seat, Call: n.Call,
		Origin: n.Origin, Calls: append([]call.ID{}, n.Calls...), By: n.By, Reason: n.Reason,
		CreatedAt: call.StampOf(n.Created), UpdatedAt: call.StampOf(n.Updated),
	}
	if v != nil {
		row.Hold, row.Place, row.Priority = v.Hold.String(), v.Place, v.Priority
	}
	return row
}

// Callbacks lists the callbacks, the newest first: live ones and those over not long ago.
func (b backends) Callbacks() []web.Callback {
	view := b.acd.Snapshot()
	live := map[call.CallbackID]*acd.CallbackView{}
	for i := range view.Callbacks {
		live[view.Callbacks[i].ID] = &view.Callbacks[i]
	}
	b.book.mu.Lock()
	defer b.book.mu.Unlock()
	out := make([]web.Callback, 0, len(b.book.notes))
	for _, n := range b.book.inOrder() {
		out = append(out, b.book.row(n, live[n.ID]))
	}
	slices.Reverse(out)
	return out
}

// AddCallback asks for a callback that no caller asked for on the line.
func (b backends) AddCallback(_ context.Context, in web.NewCallback, by string) (web.Callback, error) {
	rev := b.rev.Load()
	if _, ok := rev.queues[in.Queue]; !ok {
		return web.Callback{}, call.Errorf(call.CodeNotFound, "there is no queue %s", in.Queue)
	}
	trunk, shown := rev.outward(in.Shown)
	if in.Shown != "" && shown != in.Shown {
		return web.Callback{}, call.Errorf(call.CodeInvalid, "%s is no number of this site; show one that is, or none for the first", in.Shown)
	}
	id := b.ids.Callback()
	b.book.expect(id, origin{called: shown, trunk: trunk, by: by})
	return b.askBack(id, acd.CallbackQueued{
		ID: id, Queue: in.Queue, Priority: in.Priority, Caller: rev.caller(strings.TrimSpace(in.Number), rev.trunks[trunk].Area),
		Node: b.node.Name, NotBefore: in.NotBefore,
	}, nil)
}

// outward is the trunk and the number a call goes out by that nobody came in by:
// the number asked for, else the first; its trunk, when that has a proxy.
func (r *revision) outward(shown string) (trunk, number string) {
	for _, n := range r.site.Numbers {
		if shown == "" || n.Number == shown {
			return n.Trunk, n.Number
		}
	}
	return "", ""
}

// askBack asks routing for a callback and waits for its word; undo is done when that is no.
func (b backends) askBack(id call.CallbackID, in acd.Input, undo func()) (web.Callback, error) {
	err := b.acd.Send(in)
	if err == nil {
		b.acd.Snapshot() // what was sent before has been decided when this returns
	}
	if refused := b.book.answer(id); refused != nil {
		err = refused
	}
	if err != nil {
		if undo != nil {
			undo()
		}
		return web.Callback{}, err
	}
	for _, c := range b.Callbacks() {
		if c.ID == id {
			return c, nil
		}
	}
	return web.Callback{}, call.Errorf(call.CodeInternal, "the callback is not in the book")
}

// DropCallback takes a callback away, at any stage before the customer has answered.
func (b backends) DropCallback(_ context.Context, id call.CallbackID, by string) error {
	b.book.expect(id, origin{})
	err := b.acd.Send(acd.CallbackDropped{ID: id, Words: by + " cancelled it"})
	if err == nil {
		b.acd.Snapshot()
	}
	if refused := b.book.answer(id); refused != nil {
		return refused
	}
	return err
}

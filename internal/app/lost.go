package app

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/config"
	"hotline/store"
	"hotline/web"
)

// lostNote is a customer who gave up, or whom we gave up, and who has not got
// through since (呼损): one entry a number, however often he rang.
type lostNote struct {
	Caller    call.Caller     `json:"caller"`
	Queue     string          `json:"queue"` // of the last call
	Called    string          `json:"called"`
	Trunk     string          `json:"trunk"`
	Cause     call.LostCause  `json:"cause"`
	Calls     []call.ID       `json:"calls"` // the last ones
	Count     int             `json:"count"`
	First     time.Time       `json:"first"`
	Last      time.Time       `json:"last"`
	Tries     int             `json:"tries,omitempty"`
	NotBefore time.Time       `json:"not_before,omitzero"`
	Callback  call.CallbackID `json:"callback,omitempty"` // by which it is being worked
	Failed    bool            `json:"failed,omitempty"`   // every try came to nothing
	Reason    string          `json:"reason,omitempty"`
}

// auto tells whether a queue's lost calls are dealt to seats by themselves.
func (b *book) auto(queue string) bool {
	return b.app.rev.Load().queues[queue].LostCalls == config.LostCallsAuto
}

// ended looks at a call that has ended: a lost one goes on the list, one that got through takes its number off.
func (b *book) ended(rec call.Record) {
	switch {
	case !rec.ConnectedAt.IsZero():
		b.through(rec.Caller, "the customer has got through")
	case rec.Lost():
		b.lose(rec)
	}
}

// through takes a number off the list: the customer has been talked to.
func (b *book) through(number, words string) {
	b.mu.Lock()
	n := b.lost[number]
	delete(b.lost, number)
	b.mu.Unlock()
	if n == nil {
		return
	}
	b.app.store.Delete(store.KindLost, number)
	if n.Callback != "" {
		b.tell(acd.CallbackDropped{ID: n.Callback, Words: words})
	}
}

// lose puts a call on the list.
func (b *book) lose(rec call.Record) {
	b.mu.Lock()
	n := b.lost[rec.Caller]
	if n == nil {
		n = &lostNote{First: rec.StartedAt.Time}
		b.lost[rec.Caller] = n
	}
	n.Caller = call.Caller{Number: rec.Caller, Class: rec.CallerClass}
	n.Queue, n.Called, n.Trunk, n.Cause, n.Last = rec.Queue, rec.Called, rec.Trunk, rec.LostCause, rec.EndedAt.Time
	n.Count++
	n.Calls = append(n.Calls, rec.ID)
	n.Calls = n.Calls[max(0, len(n.Calls)-callsListed):]
	n.Tries, n.NotBefore, n.Failed, n.Reason = 0, time.Time{}, false, ""
	b.app.store.Put(store.KindLost, rec.Caller, *n)
	in := b.dealt(n)
	gone := b.pruneLost(rec.EndedAt.Time)
	b.mu.Unlock()
	for _, number := range gone {
		b.app.store.Delete(store.KindLost, number)
	}
	if in != nil {
		b.tell(in)
	}
}

// dealt is what asks routing to deal a lost call to a seat when nobody waits; nil where agents take them by themselves.
func (b *book) dealt(n *lostNote) acd.Input {
	if !b.auto(n.Queue) || n.Callback != "" || n.Failed {
		return nil
	}
	return b.working(n, "", "lost_calls")
}

// working notes that a lost call is being worked, and is what asks routing for it.
func (b *book) working(n *lostNote, seat call.SeatID, by string) acd.Input {
	id := b.app.ids.Callback()
	n.Callback = id
	b.origins[id] = &origin{called: n.Called, trunk: n.Trunk, by: by, started: time.Now()}
	if len(n.Calls) > 0 {
		b.origins[id].call = n.Calls[len(n.Calls)-1]
	}
	return acd.CallbackQueued{
		ID: id, Queue: n.Queue, Entry: n.Last, Caller: n.Caller, Node: b.app.node.Name,
		NotBefore: n.NotBefore, Tries: n.Tries, Lost: true, Seat: seat,
	}
}

// lostMoved brings the list up to date with what became of a callback.
func (b *book) lostMoved(m acd.CallbackMoved) {
	n := b.lost[m.Caller.Number]
	if n == nil {
		return
	}
	if m.State == call.CallbackConnected {
		delete(b.lost, m.Caller.Number)
		b.app.store.Delete(store.KindLost, m.Caller.Number)
		return
	}
	if n.Callback != m.ID {
		return
	}
	n.Tries, n.NotBefore, n.Reason = m.Tries, m.NotBefore, m.Reason
	if m.State.Over() {
		n.Callback, n.Failed = "", m.State == call.CallbackFailed
	}
	b.app.store.Put(store.KindLost, m.Caller.Number, *n)
	if m.State == call.CallbackReturned && m.Seat != "" { // the agent who had it is gone: anybody's again
		if in := b.dealt(n); in != nil {
			b.afterwards(in)
		}
	}
}

// pruneLost forgets what is too old to be made good, and the oldest of what is too much.
func (b *book) pruneLost(now time.Time) (gone []string) {
	var rest []*lostNote
	for number, n := range b.lost {
		if now.Sub(n.Last) > backKept && n.Callback == "" {
			gone = append(gone, number)
			continue
		}
		rest = append(rest, n)
	}
	if more := len(rest) - backMost; more > 0 {
		slices.SortFunc(rest, func(x, y *lostNote) int { return x.Last.Compare(y.Last) })
		for _, n := range rest[:more] {
			gone = append(gone, n.Caller.Number)
		}
	}
	for _, number := range gone {
		delete(b.lost, number)
	}
	return gone
}

// read takes the notes of the last run.
func (b *book) read(found store.Recovered) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, raw := range found.State[store.KindBack] {
		n := &backNote{}
		if err := json.Unmarshal(raw, n); err != nil {
			b.app.log.Error("a stored callback can't be read", zap.String("callback", key), zap.Error(err))
			continue
		}
		b.notes[n.ID] = n
	}
	for number, raw := range found.State[store.KindLost] {
		n := &lostNote{}
		if err := json.Unmarshal(raw, n); err != nil {
			b.app.log.Error("a stored lost call can't be read", zap.Error(err))
			continue
		}
		if back := b.notes[n.Callback]; back == nil || back.State.Over() || !b.auto(n.Queue) {
			n.Callback = ""
		}
		b.lost[number] = n
	}
}

// LostCalls lists the customers to be rung back, who has waited longest for it first.
func (b backends) LostCalls() []web.LostCall {
	k := b.book
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]web.LostCall, 0, len(k.lost))
	for _, n := range k.lost {
		row := web.LostCall{
			Number: n.Caller.Number, CallerClass: n.Caller.Class, Queue: n.Queue, Called: n.Called, LostCause: n.Cause,
			Count: n.Count, FirstAt: call.StampOf(n.First), LastAt: call.StampOf(n.Last), Tries: n.Tries,
			NotBefore: call.StampOf(n.NotBefore), Callback: n.Callback, State: "open", Reason: n.Reason, Calls: append([]call.ID{}, n.Calls...),
		}
		switch {
		case n.Failed:
			row.State = "failed"
		case n.Callback != "":
			row.State = "working"
			if back := k.notes[n.Callback]; back != nil {
				row.Seat = back.Seat
			}
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(x, y web.LostCall) int { return x.FirstAt.Compare(y.FirstAt.Time) })
	return out
}

// TakeLost gives a lost call to an agent, who is rung with it as soon as he is free.
func (b backends) TakeLost(_ context.Context, number string, seat call.SeatID, by string) (web.Callback, error) {
	k := b.book
	k.mu.Lock()
	n := k.lost[number]
	if n == nil {
		k.mu.Unlock()
		return web.Callback{}, call.Errorf(call.CodeNotFound, "%s is not on the list of lost calls", number)
	}
	if back := k.notes[n.Callback]; n.Callback != "" && (back == nil || back.State != call.CallbackWaiting || back.Seat != "") {
		k.mu.Unlock()
		return web.Callback{}, call.Errorf(call.CodeConflict, "somebody is on it already")
	}
	old := n.Callback
	n.NotBefore, n.Failed = time.Time{}, false
	if n.Tries > 0 { // a person wants it: he has all his tries
		n.Tries = 0
	}
	in := k.working(n, seat, by)
	id := n.Callback
	k.mu.Unlock()
	if old != "" {
		k.tell(acd.CallbackDropped{ID: old, Words: "agent " + string(seat) + " takes it"})
	}
	return b.askBack(id, in, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if n := k.lost[number]; n != nil && n.Callback == id {
			n.Callback = ""
		}
	})
}

// DropLost takes a number off the list.
func (b backends) DropLost(_ context.Context, number string) error {
	b.book.mu.Lock()
	found := b.book.lost[number] != nil
	b.book.mu.Unlock()
	if !found {
		return call.Errorf(call.CodeNotFound, "%s is not on the list of lost calls", number)
	}
	b.book.through(number, "it was taken off the list")
	return nil
}

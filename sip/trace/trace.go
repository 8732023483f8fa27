// Package trace keeps the SIP messages of calls in memory for a while, so that
// whoever looks into a call sees what was said on the wire. It is bounded in
// bytes, in messages of a dialog and in time, and costs a map access a message:
// the texts are those that were read or made anyway.
package trace

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	"hotline/call"
	"hotline/sip/transport"
)

// Message is one SIP message as it passed the wire.
type Message struct {
	At     time.Time
	CallID string // of SIP
	Sent   bool   // by this node
	Proto  transport.Transport
	Local  netip.AddrPort // of this node; unspecified where it listens on all addresses
	Far    netip.AddrPort
	Text   string // with its secrets; see Redact
	seq    uint64 // orders those of one instant
}

// Options are a recorder's bounds. Zero values take the defaults, a negative Max keeps nothing.
type Options struct {
	Max  int64         // bytes of all messages, 32 MiB
	Keep time.Duration // after a call's last leg has ended, 15 min
}

// Bounds of one dialog: beyond them the messages in the middle go.
const (
	dialogMost = 200
	dialogHead = 40 // the first, which always stay
	overhead   = 200
)

// Recorder keeps the messages. Any goroutine may use it.
type Recorder struct {
	opt Options

	mu      sync.Mutex
	dialogs map[string]*dialog // by Call-ID
	calls   map[call.ID]*traced
	oldest  *traced // of a list in the order they began
	newest  *traced
	ended   []ending // in the order they ended
	bytes   int64
	seq     uint64
	foyers  [2]foyer // of strangers, of peers
}

// dialog is what is kept of one Call-ID.
type dialog struct {
	calls []*traced // it belongs to: more than one when a leg was handed over
	got   []Message
	lost  int // messages that were let go
	bytes int64
	open  int // legs
}

// traced is one call.
type traced struct {
	id         call.ID
	dialogs    []string
	open       int // legs
	ended      time.Time
	prev, next *traced
}

type ending struct {
	t  *traced
	at time.Time
}

// New makes a recorder.
func New(o Options) *Recorder {
	if o.Max == 0 {
		o.Max = 32 << 20
	}
	if o.Keep <= 0 {
		o.Keep = 15 * time.Minute
	}
	return &Recorder{opt: o, dialogs: map[string]*dialog{}, calls: map[call.ID]*traced{}}
}

// Begin has the messages of a Call-ID kept for a call, for one leg more of it; told tells that those up to now
// are kept already, because they were expected.
func (r *Recorder) Begin(callID string, id call.ID) (told bool) {
	if r.opt.Max < 0 {
		return false
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	t := r.calls[id]
	if t == nil {
		t = &traced{id: id, prev: r.newest}
		if r.newest != nil {
			r.newest.next = t
		} else {
			r.oldest = t
		}
		r.newest = t
		r.calls[id] = t
	}
	t.open, t.ended = t.open+1, time.Time{}
	d := r.dialogs[callID]
	if d == nil {
		d = &dialog{}
		r.dialogs[callID] = d
		told = r.enter(callID, d)
	}
	d.open++
	if !slices.Contains(d.calls, t) {
		d.calls = append(d.calls, t)
		t.dialogs = append(t.dialogs, callID)
	}
	return told
}

// End tells that a leg of a call has ended.
func (r *Recorder) End(callID string, id call.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.dialogs[callID]; d != nil {
		d.open--
	}
	if t := r.calls[id]; t != nil {
		if t.open--; t.open <= 0 {
			t.ended = time.Now()
			r.ended = append(r.ended, ending{t, t.ended})
		}
	}
}

// Add keeps a message, if its Call-ID is a call's; it gives that call's id.
func (r *Recorder) Add(m Message) call.ID { return r.add(m, nil) }

// AddBytes is Add for a text that is not one yet: it is made one only if it is kept.
func (r *Recorder) AddBytes(m Message, text []byte) call.ID { return r.add(m, text) }

func (r *Recorder) add(m Message, text []byte) call.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.dialogs[m.CallID]
	if d == nil && r.foyerOf(m.CallID) == nil {
		return ""
	}
	if text != nil {
		m.Text = string(text)
	}
	if d == nil {
		r.wait(m)
		return ""
	}
	r.seq++
	m.seq = r.seq
	d.got = append(d.got, m)
	r.grow(d, size(m))
	if len(d.got) > dialogMost {
		r.grow(d, -size(d.got[dialogHead]))
		d.got = slices.Delete(d.got, dialogHead, dialogHead+1)
		d.lost++
	}
	id := d.calls[len(d.calls)-1].id
	for r.bytes > r.opt.Max && r.drop() {
	}
	return id
}

func size(m Message) int64 { return int64(len(m.Text)+len(m.CallID)) + overhead }

func (r *Recorder) grow(d *dialog, n int64) {
	d.bytes += n
	r.bytes += n
}

// drop makes room: the call goes that ended first, else the one that began first.
func (r *Recorder) drop() bool {
	for len(r.ended) > 0 {
		e := r.ended[0]
		r.ended = r.ended[1:]
		if e.t.ended.Equal(e.at) && r.calls[e.t.id] == e.t {
			r.forget(e.t)
			return true
		}
	}
	if r.oldest == nil {
		return false
	}
	r.forget(r.oldest)
	return true
}

// sweep forgets what has been kept long enough.
func (r *Recorder) sweep(now time.Time) {
	for len(r.ended) > 0 {
		e := r.ended[0]
		if now.Sub(e.at) < r.opt.Keep {
			return
		}
		r.ended = r.ended[1:]
		if e.t.ended.Equal(e.at) && r.calls[e.t.id] == e.t { // it may have had another leg since
			r.forget(e.t)
		}
	}
	r.ended = nil
}

func (r *Recorder) forget(t *traced) {
	for _, callID := range t.dialogs {
		d := r.dialogs[callID]
		if d == nil {
			continue
		}
		if d.calls = slices.DeleteFunc(d.calls, func(o *traced) bool { return o == t }); len(d.calls) == 0 {
			r.bytes -= d.bytes
			delete(r.dialogs, callID)
		}
	}
	delete(r.calls, t.id)
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		r.oldest = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		r.newest = t.prev
	}
	t.prev, t.next = nil, nil
}

// Of gives a call's messages, of all its legs, in the order they passed; lost is how many were let
// go. ok is false when nothing is kept of the call.
func (r *Recorder) Of(id call.ID) (all []Message, lost int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(time.Now())
	t := r.calls[id]
	if t == nil {
		return nil, 0, false
	}
	for _, callID := range t.dialogs {
		if d := r.dialogs[callID]; d != nil {
			all, lost = append(all, d.got...), lost+d.lost
		}
	}
	slices.SortStableFunc(all, func(a, b Message) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.seq, b.seq)) })
	return all, lost, true
}

// Size is what is kept: calls and bytes.
func (r *Recorder) Size() (calls int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(time.Now())
	return len(r.calls), r.bytes
}

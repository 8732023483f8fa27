package app

import (
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
	"hotline/store"
	"hotline/web"
)

// How long what is over is still listed, and how much of it.
const (
	backKept     = 7 * 24 * time.Hour
	backMost     = 10_000
	backLater    = 1024 // inputs that wait to be sent from routing's own goroutine
	defaultRings = 45 * time.Second
	callsListed  = 20 // of one customer
)

// backNote is all that is kept of a callback: what routing says of it, and where it came from.
type backNote struct {
	ID        call.CallbackID    `json:"id"`
	State     call.CallbackState `json:"state"`
	Queue     string             `json:"queue"`
	Skills    map[string]int     `json:"skills,omitempty"`
	Priority  int                `json:"priority,omitempty"`
	Entry     time.Time          `json:"entry"`
	Caller    call.Caller        `json:"caller"`
	NotBefore time.Time          `json:"not_before,omitzero"`
	Tries     int                `json:"tries"`
	Lost      bool               `json:"lost,omitempty"`
	Seat      call.SeatID        `json:"seat,omitempty"`
	Call      call.ID            `json:"call,omitempty"`
	Reason    string             `json:"reason"`
	Called    string             `json:"called,omitempty"` // the number he called, shown to him
	Trunk     string             `json:"trunk,omitempty"`  // he came by
	Origin    call.ID            `json:"origin,omitempty"`
	By        string             `json:"by"`              // caller, lost_calls, or who asked for it
	Calls     []call.ID          `json:"calls,omitempty"` // in which he was dialled
	Created   time.Time          `json:"created"`
	Updated   time.Time          `json:"updated"`
}

// origin is where a callback comes from, noted before routing is asked for it.
type origin struct {
	called, trunk string
	call          call.ID
	by            string
	waits         call.ID       // a live call that wants to hear of it; it is no CallbackQueued.From
	rejected      *acd.Rejected // routing's no
	started       time.Time     // when it was asked for
}

// book is the callbacks and the lost calls of the site, kept over restarts. Calls,
// the API and routing's goroutine all come here, hence the mutex: it guards notes,
// nothing is waited for under it but the journal's buffer.
type book struct {
	app *App

	mu      sync.Mutex
	notes   map[call.CallbackID]*backNote
	origins map[call.CallbackID]*origin
	lost    map[string]*lostNote

	later chan acd.Input // what routing's own goroutine wants to tell routing
	done  chan struct{}
}

func newBook(a *App) *book {
	b := &book{
		app: a, notes: map[call.CallbackID]*backNote{}, origins: map[call.CallbackID]*origin{}, lost: map[string]*lostNote{},
		later: make(chan acd.Input, backLater), done: make(chan struct{}),
	}
	go b.send()
	return b
}

// send tells routing what its own goroutine must not wait to tell.
func (b *book) send() {
	defer close(b.done)
	for in := range b.later {
		b.tell(in)
	}
}

func (b *book) tell(in acd.Input) {
	if err := b.app.acd.Send(in); err != nil {
		b.app.log.Error("routing did not hear of a callback", zap.String("input", in.Kind()), zap.Error(err))
	}
}

// afterwards is tell for routing's own goroutine. When there is no room the offer in question ends by its deadline.
func (b *book) afterwards(in acd.Input) {
	select {
	case b.later <- in:
	default:
		b.app.log.Error("too much is to be told to routing at once", zap.String("input", in.Kind()))
	}
}

// stop ends the book's goroutine; routing must have stopped before.
func (b *book) stop() {
	close(b.later)
	<-b.done
}

// expect notes where a callback comes from that routing is about to be asked for.
func (b *book) expect(id call.CallbackID, o origin) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o.started = time.Now()
	b.origins[id] = &o
}

// moved keeps and shows what became of a callback. It is called on routing's goroutine, in order.
func (b *book) moved(now time.Time, m acd.CallbackMoved) {
	b.mu.Lock()
	n, wants := b.note(now, m)
	b.app.store.Put(store.KindBack, string(m.ID), *n)
	b.lostMoved(m)
	gone := b.prune(now)
	shown := *n
	b.mu.Unlock()
	for _, id := range gone {
		b.app.store.Delete(store.KindBack, string(id))
	}
	if wants != "" {
		b.app.calls.post(wants, live.BackTaken{ID: m.ID, Reason: m.Reason})
	}
	if m.State == call.CallbackDropped || m.State == call.CallbackReturned {
		b.app.calls.post(m.Call, live.BackOff{Words: m.Reason})
	}
	b.app.log.Info("callback", zap.String("callback", string(m.ID)), zap.Stringer("state", m.State), zap.String("queue", m.Queue),
		zap.String("call", string(m.Call)), zap.String("seat", string(m.Seat)), zap.Int("tries", m.Tries), zap.String("why", m.Reason))
	if b.app.hub.Listening() {
		b.app.hub.Publish(web.Event{Kind: web.EventCallback, Seats: seatsOf(m.Seat), Data: b.row(&shown, nil)})
	}
}

func seatsOf(seat call.SeatID) []call.SeatID {
	if seat == "" {
		return nil
	}
	return []call.SeatID{seat}
}

// note brings the book up to date, and names the live call that waits to hear of it.
func (b *book) note(now time.Time, m acd.CallbackMoved) (n *backNote, wants call.ID) {
	n = b.notes[m.ID]
	if n == nil {
		n = &backNote{ID: m.ID, Created: now}
		b.notes[m.ID] = n
		if o := b.origins[m.ID]; o != nil {
			n.Called, n.Trunk, n.Origin, n.By, wants = o.called, o.trunk, o.call, o.by, o.waits
			delete(b.origins, m.ID)
		}
	}
	n.State, n.Queue, n.Skills, n.Priority, n.Entry, n.Caller = m.State, m.Queue, m.Skills, m.Priority, m.Entry, m.Caller
	n.NotBefore, n.Tries, n.Lost, n.Seat, n.Reason, n.Updated = m.NotBefore, m.Tries, m.Lost, m.Seat, m.Reason, now
	n.Call = ""
	if m.State != call.CallbackWaiting {
		n.Call = m.Call
	}
	if m.State == call.CallbackDialling {
		n.Calls = append(n.Calls, m.Call)
		n.Calls = n.Calls[max(0, len(n.Calls)-callsListed):]
	}
	if m.From != "" {
		wants = m.From
	}
	return n, wants
}

// prune forgets what has been over for long, and the oldest of what is too much.
func (b *book) prune(now time.Time) (gone []call.CallbackID) {
	var over []*backNote
	for _, n := range b.notes {
		switch {
		case !n.State.Over():
		case now.Sub(n.Updated) > backKept:
			gone = append(gone, n.ID)
		default:
			over = append(over, n)
		}
	}
	if more := len(over) - backMost; more > 0 {
		slices.SortFunc(over, func(a, b *backNote) int { return a.Updated.Compare(b.Updated) })
		for _, n := range over[:more] {
			gone = append(gone, n.ID)
		}
	}
	for _, id := range gone {
		delete(b.notes, id)
	}
	return gone
}

// refused notes why routing would not have a callback. One that came from the last run has failed by that.
func (b *book) refused(r acd.Rejected) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Call != "" { // the live call that wanted it hears of it
		delete(b.origins, r.Callback)
		return
	}
	if o := b.origins[r.Callback]; o != nil {
		if o.waits != "" {
			b.app.calls.post(o.waits, live.BackRefused{Words: r.Words})
			delete(b.origins, r.Callback)
			return
		}
		o.rejected = &r
		return
	}
	if n := b.notes[r.Callback]; n != nil && r.Input == (acd.CallbackQueued{}).Kind() {
		n.State, n.Reason, n.Updated = call.CallbackFailed, r.Words, time.Now()
		b.app.store.Put(store.KindBack, string(n.ID), *n)
	}
}

// answer is what routing said about a callback it was asked for; nil when it has it.
func (b *book) answer(id call.CallbackID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.origins[id]
	delete(b.origins, id)
	if o == nil || o.rejected == nil {
		return nil
	}
	return call.Errorf(o.rejected.Code, "%s", o.rejected.Words)
}

// recover asks routing again for what the last run left, each in its old place.
func (b *book) recover(found store.Recovered) {
	b.read(found)
	b.mu.Lock()
	var again []acd.Input
	for _, n := range b.inOrder() {
		switch {
		case n.State.Over():
		case n.Lost && !b.auto(n.Queue): // its agent takes it anew
			n.State, n.Reason = call.CallbackReturned, "the node was started again; the lost call is on the list"
			b.app.store.Put(store.KindBack, string(n.ID), *n)
		default:
			again = append(again, acd.CallbackQueued{
				ID: n.ID, Queue: n.Queue, Skills: n.Skills, Priority: n.Priority, Entry: n.Entry, Caller: n.Caller,
				Node: b.app.node.Name, NotBefore: n.NotBefore, Tries: n.Tries, Lost: n.Lost,
			})
		}
	}
	b.mu.Unlock()
	for _, in := range again {
		b.tell(in)
	}
}

// inOrder lists the notes, the oldest first.
func (b *book) inOrder() []*backNote {
	all := make([]*backNote, 0, len(b.notes))
	for _, n := range b.notes {
		all = append(all, n)
	}
	slices.SortFunc(all, func(x, y *backNote) int { return x.Created.Compare(y.Created) })
	return all
}

package web

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"hotline/call"
)

// EventKind is the name of a live event.
type EventKind uint8

// The kinds of live events.
const (
	EventCall     EventKind = iota // a transition of a call: an envelope of the timeline
	EventSeat                      // a seat's move
	EventQueue                     // a queue's figures
	EventTrunk                     // a trunk's state
	EventSite                      // a new revision
	EventPlan                      // what an emergency plan did
	EventCallback                  // a callback's state: a row of the list
	EventBan                       // a ban made or lifted
	EventDialling                  // an alarm on what phones dial outside
)

var eventNames = []string{"call", "seat", "queue", "trunk", "site", "plan", "callback", "ban", "dialling"}

func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return fmt.Sprintf("invalid(%d)", uint8(k))
}

// Event is one live event. It is not changed any more once it is published.
type Event struct {
	Kind     EventKind
	Envelope *call.Envelope // of EventCall
	Seats    []call.SeatID  // of EventCall, EventCallback and EventSeat: whose business it is at this moment
	Data     any            // of the other kinds; encodes to JSON
}

// personal tells that an event is the business of its Seats first.
func (e *Event) personal() bool {
	return e.Kind == EventCall || e.Kind == EventSeat || e.Kind == EventCallback
}

// Bounds of live streams.
const (
	// hubBuffer is how many events a subscriber may be behind. One who is further
	// behind is cut off, never waited for: he connects anew and reads the present state.
	hubBuffer     = 1024
	streamsMost   = 1000
	streamsOfUser = 8
)

// Hub gives live events to whoever listens. Publish never blocks.
type Hub struct {
	mu    sync.Mutex
	subs  map[*subscriber]struct{}
	users map[string]int // streams of each user
	any   atomic.Bool
	cut   atomic.Uint64 // subscribers cut off so far
}

type subscriber struct {
	user string
	ch   chan *frame
	slow chan struct{} // closed when it is cut off
}

// frame is an event on its way to many: encoded at most twice, by the first who needs it.
type frame struct {
	Event
	clear, masked func() ([]byte, error)
}

func newFrame(e Event) *frame {
	f := &frame{Event: e}
	if e.Kind != EventCall {
		f.clear = sync.OnceValues(func() ([]byte, error) { return json.Marshal(e.Data) })
		f.masked = f.clear
		if c, ok := e.Data.(Callback); ok {
			f.masked = sync.OnceValues(func() ([]byte, error) { return json.Marshal(maskCallback(c)) })
		}
		return f
	}
	f.clear = sync.OnceValues(func() ([]byte, error) { return json.Marshal(callEventOf(*e.Envelope, false)) })
	f.masked = sync.OnceValues(func() ([]byte, error) { return json.Marshal(callEventOf(*e.Envelope, true)) })
	return f
}

// NewHub makes a hub without listeners.
func NewHub() *Hub { return &Hub{subs: map[*subscriber]struct{}{}, users: map[string]int{}} }

// Listening reports whether anybody would see an event, so that it need not be made otherwise.
func (h *Hub) Listening() bool { return h.any.Load() }

// Publish gives an event to every subscriber that has room, and cuts the others off.
func (h *Hub) Publish(e Event) {
	if !h.any.Load() {
		return
	}
	f := newFrame(e)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s.ch <- f:
		default:
			close(s.slow)
			h.drop(s)
			h.cut.Add(1)
		}
	}
}

// subscribe begins to listen. CodeCapacity if the user, or all together, listen too often.
func (h *Hub) subscribe(user string) (*subscriber, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.users[user] >= streamsOfUser {
		return nil, call.Errorf(call.CodeCapacity, "you have %d live streams open; close one", streamsOfUser)
	}
	if len(h.subs) >= streamsMost {
		return nil, call.Errorf(call.CodeCapacity, "%d live streams are open on this node", streamsMost)
	}
	s := &subscriber{user: user, ch: make(chan *frame, hubBuffer), slow: make(chan struct{})}
	h.subs[s] = struct{}{}
	h.users[user]++
	h.any.Store(true)
	return s, nil
}

func (h *Hub) unsubscribe(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(s)
}

// drop forgets a subscriber, who may be forgotten already.
func (h *Hub) drop(s *subscriber) {
	if _, there := h.subs[s]; !there {
		return
	}
	delete(h.subs, s)
	if h.users[s.user]--; h.users[s.user] == 0 {
		delete(h.users, s.user)
	}
	h.any.Store(len(h.subs) > 0)
}

// count is how many listen.
func (h *Hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}

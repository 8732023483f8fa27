package web

import (
	"sync"
	"sync/atomic"

	"hotline/call"
)

// EventKind is the name of a live event.
type EventKind uint8

// The kinds of live events.
const (
	EventCall  EventKind = iota // a transition of a call: an envelope of the timeline
	EventSeat                   // a seat's move
	EventQueue                  // a queue's figures
	EventTrunk                  // a trunk's state
	EventSite                   // a new revision
)

var eventNames = []string{"call", "seat", "queue", "trunk", "site"}

func (k EventKind) String() string { return eventNames[k] }

// Event is one live event.
type Event struct {
	Kind     EventKind
	Envelope *call.Envelope // of EventCall
	Seats    []call.SeatID  // seats it concerns: agents see their own
	Data     any            // of the other kinds; encodes to JSON
}

// hubBuffer is how many events a subscriber may be behind. One who is further
// behind is cut off, never waited for: he connects anew and reads the present state.
const hubBuffer = 1024

// Hub gives live events to whoever listens. Publish never blocks.
type Hub struct {
	mu   sync.Mutex
	subs map[*subscriber]struct{}
	any  atomic.Bool
}

type subscriber struct {
	ch  chan Event
	cut chan struct{}
}

// NewHub makes a hub without listeners.
func NewHub() *Hub { return &Hub{subs: map[*subscriber]struct{}{}} }

// Listening reports whether anybody would see an event, so that it need not be made otherwise.
func (h *Hub) Listening() bool { return h.any.Load() }

// Publish gives an event to every subscriber that has room.
func (h *Hub) Publish(e Event) {
	if !h.any.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s.ch <- e:
		default:
			close(s.cut)
			h.drop(s)
		}
	}
}

func (h *Hub) subscribe() *subscriber {
	s := &subscriber{ch: make(chan Event, hubBuffer), cut: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[s] = struct{}{}
	h.any.Store(true)
	return s
}

func (h *Hub) unsubscribe(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(s)
}

func (h *Hub) drop(s *subscriber) {
	delete(h.subs, s)
	h.any.Store(len(h.subs) > 0)
}

package sip

import "sync"

// wireLimit is how many messages from the wire may wait in one worker's mailbox.
const wireLimit = 4096

// item is one thing for a worker to do: exactly one field is set.
type item struct {
	req *request
	res *response
	do  func(*worker)
}

// mailbox is a worker's bounded inbox. Messages from the wire wait outside when
// wireLimit of them are in it (the socket's reader stops reading, the kernel's
// buffer takes the rest, and senders retransmit). Commands from the house are
// never refused and never wait: each leg has a handful at most, and the number
// of legs is limited.
type mailbox struct {
	mu     sync.Mutex
	room   sync.Cond
	items  []item
	wire   int // of items, those from the wire
	closed bool
	wake   chan struct{} // holds one token while items is not empty
}

func newMailbox() *mailbox {
	m := &mailbox{wake: make(chan struct{}, 1)}
	m.room.L = &m.mu
	return m
}

// put adds a command. Once the worker has stopped it is dropped: nobody could carry it out.
func (m *mailbox) put(do func(*worker)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.add(item{do: do})
	}
}

// putWire adds a message from the wire, waiting for room.
func (m *mailbox) putWire(it item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.wire >= wireLimit && !m.closed {
		m.room.Wait()
	}
	if m.closed {
		return
	}
	m.wire++
	m.add(it)
}

func (m *mailbox) add(it item) {
	m.items = append(m.items, it)
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take swaps everything that waits for the emptied batch.
func (m *mailbox) take(empty []item) []item {
	m.mu.Lock()
	defer m.mu.Unlock()
	batch := m.items
	m.items = empty
	if m.wire >= wireLimit {
		m.room.Broadcast()
	}
	m.wire = 0
	return batch
}

// close wakes whoever waits for room; nothing is added any more.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.room.Broadcast()
}

// Package inbox is how what goes on beside a call is told what to do: by whoever has something to say, without ever waiting
// for the one goroutine that does it.
package inbox

import "sync"

// Inbox holds what was posted, in order, until its owner takes it. It has no bound of its own: who posts is bounded by
// what a call can say.
type Inbox[T any] struct {
	mu    sync.Mutex
	items []T
	wake  chan struct{} // holds one
}

// New makes an empty one.
func New[T any]() *Inbox[T] { return &Inbox[T]{wake: make(chan struct{}, 1)} }

// Post adds something and wakes the owner; it doesn't block.
func (i *Inbox[T]) Post(item T) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.items = append(i.items, item)
	select {
	case i.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Wake tells the owner that there is something to take.
func (i *Inbox[T]) Wake() <-chan struct{} { return i.wake }

// Take empties it.
func (i *Inbox[T]) Take() []T {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := i.items
	i.items = nil
	return all
}

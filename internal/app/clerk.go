package app

import (
	"go.uber.org/zap"

	"hotline/call"
)

// clerkDesk bounds the records of refused calls that wait to be written. When it
// is full the worker that refuses waits: the flood slows down, no record is lost.
const clerkDesk = 1024

// clerk writes the records of calls that never got an actor.
type clerk struct {
	in   chan []call.Envelope
	done chan struct{}
}

func newClerk(write func(...call.Envelope) error, log *zap.Logger) *clerk {
	c := &clerk{in: make(chan []call.Envelope, clerkDesk), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		for es := range c.in {
			if err := write(es...); err != nil {
				log.Error("the record of a refused call is lost, the journal can't be written",
					zap.String("call", string(es[0].Call)), zap.Error(err))
			}
		}
	}()
	return c
}

func (c *clerk) file(es []call.Envelope) { c.in <- es }

// stop writes what is left and waits for it. Nothing may be filed any more.
func (c *clerk) stop() {
	close(c.in)
	<-c.done
}

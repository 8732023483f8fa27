package store

import (
	"sync"

	"hotline/call"
	"hotline/store/journal"
)

// request is one thing the writer is asked to do.
type request struct {
	batch  journal.Batch // frames, already encoded and summed by whoever asks
	events []call.Envelope
	ends   []int // of each event's frame in batch

	kind   Kind // live state; empty for everything else
	key    string
	value  []byte
	remove bool

	revive []call.Envelope
	flush  bool
	keep   bool // log entries are held while the journal can't be written

	end  journal.Position // set by the writer before done
	done chan error       // holds one; nil if nobody waits
	err  error
}

// requests are reused, since one is made for every append.
var requests = sync.Pool{New: func() any { return &request{done: make(chan error, 1)} }}

// keepBuffer is how much memory a reused request keeps.
const keepBuffer = 16 << 10

func newRequest() *request { return requests.Get().(*request) }

// release gives the request back; only who waited for its answer may.
func (r *request) release() {
	clear(r.events)
	r.batch.Reset(keepBuffer)
	*r = request{batch: r.batch, events: r.events[:0], ends: r.ends[:0], done: r.done}
	requests.Put(r)
}

func (r *request) addEvent(e call.Envelope) error {
	if err := r.batch.AddFunc(frameEvent, e.AppendJSON); err != nil {
		return err
	}
	r.events = append(r.events, e)
	r.ends = append(r.ends, r.batch.Len())
	return nil
}

// tell hands a request to the writer and does not wait for it.
func (s *Store) tell(r *request) bool {
	if s.closed.Load() {
		return false
	}
	select {
	case s.mail <- r:
		return true
	case <-s.stop:
		return false
	}
}

// ask hands a request to the writer and waits for the answer.
func (s *Store) ask(r *request) error {
	if r.done == nil {
		r.done = make(chan error, 1)
	}
	if !s.tell(r) {
		return errClosed
	}
	select {
	case err := <-r.done:
		return err
	case <-s.feeder.done: // closing: the writer has ended; it answered or never will
		select {
		case err := <-r.done:
			return err
		default:
			return errClosed
		}
	}
}

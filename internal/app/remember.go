package app

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/store"
)

// How often what routing has learnt is kept: turns, counts and paces change with
// every call and are worth little; plans and breaks are kept when they change,
// but not faster than keepGap.
const (
	keepEvery = 10 * time.Second
	keepGap   = time.Second
)

// keeper keeps routing's memory in the journal, piece by piece, so that only
// what has changed is written. Its goroutine owns the pieces.
type keeper struct {
	ask   func(func(time.Time, *acd.Engine)) error
	put   func(key string, value json.RawMessage)
	drop  func(key string)
	log   *zap.Logger
	last  map[string]string // as last written
	when  time.Time         // of the last keeping
	soon  chan struct{}     // something worth keeping has changed; one waits at most
	now   chan chan struct{}
	stopc chan struct{}
	done  chan struct{}
}

func newKeeper(st *store.Store, ask func(func(time.Time, *acd.Engine)) error, log *zap.Logger) *keeper {
	k := &keeper{
		ask: ask, log: log, last: map[string]string{}, soon: make(chan struct{}, 1),
		put:  func(key string, value json.RawMessage) { st.Put(store.KindMemory, key, value) },
		drop: func(key string) { st.Delete(store.KindMemory, key) },
		now:  make(chan chan struct{}), stopc: make(chan struct{}), done: make(chan struct{}),
	}
	for key, text := range st.Recovered().State[store.KindMemory] {
		k.last[key] = string(text)
	}
	return k
}

// nudge has the memory kept soon. It may be called from anywhere and never waits.
func (k *keeper) nudge() {
	select {
	case k.soon <- struct{}{}:
	default:
	}
}

// keepNow returns when the memory is on its way to the journal, before whatever is appended afterwards.
func (k *keeper) keepNow() {
	kept := make(chan struct{})
	select {
	case k.now <- kept:
		<-kept
	case <-k.done:
	}
}

// stop keeps the memory a last time. Routing must still answer.
func (k *keeper) stop() {
	close(k.stopc)
	<-k.done
}

func (k *keeper) run() {
	defer close(k.done)
	timer := time.NewTimer(keepEvery)
	defer timer.Stop()
	for {
		select {
		case <-k.soon:
			timer.Reset(max(0, keepGap-time.Since(k.when)))
			continue
		case <-timer.C:
			k.keep()
		case kept := <-k.now:
			k.keep()
			close(kept)
		case <-k.stopc:
			k.keep()
			return
		}
		timer.Reset(keepEvery)
	}
}

// keep writes what has changed since the last time.
func (k *keeper) keep() {
	k.when = time.Now()
	var m *acd.Memory
	if err := k.ask(func(now time.Time, e *acd.Engine) { m = e.Memory(now) }); err != nil {
		k.log.Warn("what routing has learnt is not kept", zap.Error(err))
		return
	}
	pieces := piecesOf(m)
	for key := range k.last {
		if _, still := pieces[key]; !still && key != headKey {
			delete(k.last, key)
			k.drop(key)
		}
	}
	changed := false
	for _, key := range slices.Sorted(maps.Keys(pieces)) {
		text := string(pieces[key])
		if k.last[key] == text || key == headKey {
			continue
		}
		k.last[key], changed = text, true
		k.put(key, pieces[key])
	}
	if changed { // its time changes always, and alone says nothing
		k.put(headKey, pieces[headKey])
	}
}

// The pieces of a memory: its head, and one a queue, seat, plan and place kept.
const (
	headKey  = "head"
	queueKey = "queue/"
	seatKey  = "seat/"
	planKey  = "plan/"
	placeKey = "place/"
	loadKey  = "load/"
)

func piecesOf(m *acd.Memory) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	add := func(key string, value any) {
		if text, err := json.Marshal(value); err == nil { // plain data, which encodes
			all[key] = text
		}
	}
	add(headKey, acd.Memory{At: m.At, Offers: m.Offers})
	for _, q := range m.Queues {
		add(queueKey+q.Queue, q)
	}
	for _, s := range m.Seats {
		add(seatKey+string(s.Seat), s)
	}
	for _, p := range m.Plans {
		add(planKey+p.Name, p)
	}
	for _, p := range m.Places {
		add(placeKey+string(p.Call), p)
	}
	for _, l := range m.Loads {
		add(loadKey+l.Queue, l)
	}
	return all
}

// recalled puts the pieces together again. One that can't be read is left
// out: what routing has learnt is a help, and no reason not to start.
func recalled(pieces map[string]json.RawMessage, log *zap.Logger) *acd.Memory {
	if len(pieces) == 0 {
		return nil
	}
	m := &acd.Memory{}
	for _, key := range slices.Sorted(maps.Keys(pieces)) { // the head comes first
		var err error
		switch text := pieces[key]; {
		case key == headKey:
			err = json.Unmarshal(text, m)
		case strings.HasPrefix(key, queueKey):
			m.Queues, err = appendPiece(m.Queues, text)
		case strings.HasPrefix(key, seatKey):
			m.Seats, err = appendPiece(m.Seats, text)
		case strings.HasPrefix(key, planKey):
			m.Plans, err = appendPiece(m.Plans, text)
		case strings.HasPrefix(key, placeKey):
			m.Places, err = appendPiece(m.Places, text)
		case strings.HasPrefix(key, loadKey):
			m.Loads, err = appendPiece(m.Loads, text)
		}
		if err != nil {
			log.Error("a piece of what routing had learnt can't be read", zap.String("piece", key), zap.Error(err))
		}
	}
	return m
}

func appendPiece[T any](all []T, text json.RawMessage) ([]T, error) {
	var piece T
	if err := json.Unmarshal(text, &piece); err != nil {
		return all, err
	}
	return append(all, piece), nil
}

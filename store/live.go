package store

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"hotline/call"
	"hotline/store/journal"
)

// openCall is a call in memory: one that goes on, or one that has ended and is
// still on its way to the database.
type openCall struct {
	folder *call.Folder
	caller string // number
	events []byte // envelopes joined by commas
	kept   int    // how much of events the last archive had
	keptTo uint64 // and up to which number
	// recordings and voicemails since the last archive.
	recordings []call.RecordingFacts
	voicemails []Voicemail
	tapes      []call.RecordingID // all of them

	touched time.Time        // last event, by this node's clock
	queued  bool             // in live.ended
	stored  journal.Position // after its last archive; the database has it once it is there
}

// dirty reports whether the database must hear of it.
func (c *openCall) dirty() bool { return c.folder.Ended() && c.folder.LastSeq() > c.keptTo }

// live is everything in memory: open calls and live state. The writer's
// goroutine alone changes it; the mutex lets queries read.
type live struct {
	shortAbandon time.Duration

	mu         sync.RWMutex
	calls      map[call.ID]*openCall
	callers    map[string][]call.ID // of calls in memory, by the caller's number
	state      State
	recordings map[call.RecordingID]call.RecordingFacts // of calls in memory

	ended []call.ID // calls that have ended, oldest touch first: to be archived, then let go
}

func newLive(shortAbandon time.Duration) *live {
	return &live{
		shortAbandon: shortAbandon, calls: map[call.ID]*openCall{}, callers: map[string][]call.ID{}, state: State{},
		recordings: map[call.RecordingID]call.RecordingFacts{},
	}
}

// apply takes one event, encoded as text. It reports whether it was news; a
// repeat is none. errUnknownCall asks for the call to be revived first.
func (l *live) apply(e call.Envelope, text []byte, now time.Time) (news bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.calls[e.Call]
	if c == nil {
		if e.Seq > 1 {
			return false, errUnknownCall
		}
		c = &openCall{folder: call.NewFolder(l.shortAbandon)}
	}
	return l.add(c, e, text, now)
}

// add is apply for a call that may not be in memory yet.
func (l *live) add(c *openCall, e call.Envelope, text []byte, now time.Time) (news bool, err error) {
	before := c.folder.LastSeq()
	if err := c.folder.Apply(e); err != nil {
		return false, err
	}
	if c.folder.LastSeq() == before {
		return false, nil
	}
	l.calls[e.Call] = c
	c.events = slices.Grow(c.events, room(c.events, len(text)+1))
	if len(c.events) > 0 {
		c.events = append(c.events, ',')
	}
	c.events = append(c.events, text...)
	c.touched = now
	l.note(c, e)
	if c.folder.Ended() && !c.queued {
		c.queued = true
		l.ended = append(l.ended, e.Call)
	}
	return true, nil
}

// eventsLeast is the room for a call's first events, in bytes; a whole call takes some 6 KB.
const eventsLeast = 1 << 10

// room is how much to grow b by for n bytes more: it doubles, where append would copy a call's events eight times.
func room(b []byte, n int) int {
	if cap(b)-len(b) >= n {
		return 0
	}
	return max(n, 2*cap(b)-len(b), eventsLeast)
}

// note keeps what has a table of its own.
func (l *live) note(c *openCall, e call.Envelope) {
	switch v := e.Event.(type) {
	case call.Entered:
		c.caller = v.Caller.Number
		l.index(e.Call, c.caller)
	case call.RecordingEnded:
		facts := v.Facts
		if facts.ID == "" {
			facts.ID = v.Recording
		}
		if facts.Call == "" {
			facts.Call = e.Call
		}
		c.tapes = append(c.tapes, facts.ID)
		l.tell(c, facts)
	case call.RecordingAnalysed:
		if facts, ok := l.recordings[v.Recording]; ok {
			facts.Sound = &v.Sound
			l.tell(c, facts)
		}
	case call.RecordingErased:
		if facts, ok := l.recordings[v.Recording]; ok {
			at := e.At
			facts.Erased, facts.Sound = &at, nil
			l.tell(c, facts)
		}
	case call.VoicemailLeft:
		record := c.folder.Record()
		c.voicemails = append(c.voicemails, Voicemail{
			Recording: v.Recording, Mailbox: v.Mailbox, Call: e.Call, Caller: record.Caller,
			At: call.StampOf(e.At), Seconds: v.Length.Seconds(),
		})
	}
}

// tell keeps a recording's facts for queries and for the database.
func (l *live) tell(c *openCall, facts call.RecordingFacts) {
	c.recordings = append(c.recordings, facts)
	l.recordings[facts.ID] = facts
}

// restore takes a call back into memory: out of a snapshot, or a call the
// database has and a late event has come for. The database has its events up to
// number archived once it has been fed to stored. It reports whether the call was not there.
func (l *live) restore(events []call.Envelope, archived uint64, stored journal.Position, now time.Time) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(events) == 0 || l.calls[events[0].Call] != nil {
		return false, nil
	}
	c := &openCall{folder: call.NewFolder(l.shortAbandon)}
	for _, e := range events {
		text, err := e.MarshalJSON()
		if err != nil {
			return false, err
		}
		if _, err := l.add(c, e, text, now); err != nil {
			return false, err
		}
		if e.Seq <= archived {
			c.archived(stored)
		}
	}
	return true, nil
}

func (l *live) put(kind Kind, key string, value []byte) {
	l.mu.Lock()
	l.state.put(kind, key, value)
	l.mu.Unlock()
}

func (l *live) drop(kind Kind, key string) {
	l.mu.Lock()
	l.state.drop(kind, key)
	l.mu.Unlock()
}

// snapshot writes everything a start needs. It is called by the writer, which
// alone changes what is read here, so it takes no lock.
func (l *live) snapshot(b *journal.Batch) error {
	for kind, values := range l.state {
		for key, value := range values {
			if err := addPut(b, kind, key, value); err != nil {
				return err
			}
		}
	}
	for id, c := range l.calls {
		if err := addOpen(b, id, c.keptTo, c.events); err != nil {
			return err
		}
	}
	return nil
}

// archive makes what the database must hear of a call.
func (c *openCall) archive() (archive, error) {
	r := c.folder.Record()
	record, err := json.Marshal(r)
	if err != nil {
		return archive{}, err
	}
	piece := c.events[c.kept:]
	if len(piece) > 0 && piece[0] == ',' {
		piece = piece[1:]
	}
	return archive{
		head: archiveHead{
			ID: r.ID, Started: r.StartedAt.UnixMilli(), Ended: r.EndedAt.UnixMilli(), Caller: r.Caller, Called: r.Called,
			Outcome: r.Outcome, Queues: r.Queues(), Agents: r.Seats(), Node: r.Node, First: c.keptTo + 1, Last: c.folder.LastSeq(),
			Recordings: c.recordings, Voicemails: c.voicemails,
		},
		record: record, events: piece,
	}, nil
}

// archived marks that everything so far is in the journal for the database.
func (c *openCall) archived(at journal.Position) {
	c.kept, c.keptTo, c.stored = len(c.events), c.folder.LastSeq(), at
	c.recordings, c.voicemails = nil, nil
}

// forget lets go of a call the database has.
func (l *live) forget(id call.ID) {
	for _, tape := range l.calls[id].tapes {
		delete(l.recordings, tape)
	}
	l.unindex(id, l.calls[id].caller)
	delete(l.calls, id)
}

// archived marks calls whose archive is in the journal before end.
func (l *live) archived(calls []*openCall, end journal.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range calls {
		c.archived(end)
	}
}

// release lets go of ended calls: those the database has, that are settled and
// have been quiet for a while, and the oldest beyond limit, whatever they are.
func (l *live) release(now time.Time, fed journal.Position, limit int, early func(call.ID)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	over := len(l.ended) - limit
	kept := l.ended[:0]
	for i, id := range l.ended {
		c := l.calls[id]
		age := now.Sub(c.touched)
		rest := age >= linger && (c.folder.Settled() || age >= unsettled)
		switch {
		case rest && !c.dirty() && !fed.Before(c.stored):
			l.forget(id)
		case i < over:
			early(id)
			l.forget(id)
		default:
			kept = append(kept, id)
		}
	}
	clear(l.ended[len(kept):])
	l.ended = kept
}

// has reports whether a call is in memory.
func (l *live) has(id call.ID) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.calls[id] != nil
}

// replayArchive marks what an archive frame in the journal had.
func (l *live) replayArchive(id call.ID, last uint64, end journal.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.calls[id]; c != nil && c.folder.LastSeq() == last {
		c.archived(end)
	}
}

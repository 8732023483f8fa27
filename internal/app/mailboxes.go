package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/store"
	"hotline/web"
)

// mostMessages bounds what is kept of messages: the oldest that have been heard go first, then the oldest.
const mostMessages = 20_000

// message is what is kept of one message; its sound is a recording like any other.
type message struct {
	Recording call.RecordingID `json:"recording"`
	Mailbox   string           `json:"mailbox"`
	Call      call.ID          `json:"call"`
	Number    string           `json:"number"`
	Class     call.CallerClass `json:"class"`
	Called    string           `json:"called"`
	At        time.Time        `json:"at"`
	Length    time.Duration    `json:"length"`
	HeardBy   string           `json:"heard_by,omitempty"`
	HeardAt   time.Time        `json:"heard_at,omitzero"`
	Callback  call.CallbackID  `json:"callback,omitempty"`
}

// mailroom keeps the messages callers leave for queues and agents, over restarts. Calls and
// requests come here from everywhere, hence the mutex; nothing is waited for under it.
type mailroom struct {
	store *store.Store

	mu  sync.Mutex
	all map[call.RecordingID]*message
}

func newMailroom(st *store.Store, log *zap.Logger) *mailroom {
	m := &mailroom{store: st, all: map[call.RecordingID]*message{}}
	for key, raw := range st.Recovered().State[store.KindMessage] {
		one := &message{}
		if err := json.Unmarshal(raw, one); err != nil {
			log.Error("a stored message can't be read", zap.String("message", key), zap.Error(err))
			continue
		}
		m.all[one.Recording] = one
	}
	return m
}

// apply takes an event of a call; rec is the call's record so far.
func (m *mailroom) apply(e call.Envelope, rec call.Record) {
	ev, ok := e.Event.(call.VoicemailLeft)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	one := &message{
		Recording: ev.Recording, Mailbox: ev.Mailbox, Call: e.Call, Number: rec.Caller, Class: rec.CallerClass, Called: rec.Called, At: e.At, Length: ev.Length,
	}
	m.all[one.Recording] = one
	m.store.Put(store.KindMessage, string(one.Recording), *one)
	m.prune()
}

// prune forgets what is too much.
func (m *mailroom) prune() {
	for len(m.all) > mostMessages {
		var oldest *message
		for _, one := range m.all {
			heard := one.HeardBy != ""
			switch {
			case oldest == nil, heard && oldest.HeardBy == "":
				oldest = one
			case heard == (oldest.HeardBy != "") && one.At.Before(oldest.At):
				oldest = one
			}
		}
		m.drop(oldest.Recording)
	}
}

func (m *mailroom) drop(id call.RecordingID) {
	delete(m.all, id)
	m.store.Delete(store.KindMessage, string(id))
}

// change changes a message of a mailbox; CodeNotFound if there is none.
func (m *mailroom) change(mailbox string, id call.RecordingID, how func(*message)) (message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	one := m.all[id]
	if one == nil || one.Mailbox != mailbox {
		return message{}, call.Errorf(call.CodeNotFound, "mailbox %s has no message %s", mailbox, id)
	}
	if how != nil {
		how(one)
		m.store.Put(store.KindMessage, string(id), *one)
	}
	return *one, nil
}

// waiting is how many new messages each mailbox has that has any.
func (m *mailroom) waiting() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := map[string]int{}
	for _, one := range m.all {
		if one.HeardBy == "" {
			counts[one.Mailbox]++
		}
	}
	return counts
}

// Mailboxes lists the site's mailboxes, queues first.
func (b backends) Mailboxes(context.Context) []web.Mailbox {
	rev := b.rev.Load()
	var out []web.Mailbox
	at := map[string]int{}
	add := func(row web.Mailbox) {
		at[row.Name] = len(out)
		out = append(out, row)
	}
	for _, q := range rev.site.Queues {
		add(web.Mailbox{Name: q.Name, Kind: "queue", Title: q.Title})
	}
	for _, a := range rev.site.Agents {
		if _, taken := at[string(a.ID)]; !taken {
			add(web.Mailbox{Name: string(a.ID), Kind: "agent", Agent: a.ID, Team: a.Team})
		}
	}
	b.mail.mu.Lock()
	defer b.mail.mu.Unlock()
	for _, one := range b.mail.all {
		i, there := at[one.Mailbox]
		if !there { // of a queue or an agent that is no more: its messages are not lost
			add(web.Mailbox{Name: one.Mailbox, Kind: "gone"})
			i = at[one.Mailbox]
		}
		out[i].Messages++
		if one.HeardBy == "" {
			out[i].New++
		}
	}
	return out
}

// Mailbox finds one.
func (b backends) Mailbox(ctx context.Context, name string) (web.Mailbox, error) {
	for _, box := range b.Mailboxes(ctx) {
		if box.Name == name {
			return box, nil
		}
	}
	return web.Mailbox{}, call.Errorf(call.CodeNotFound, "there is no mailbox %s", name)
}

// Messages lists a mailbox's messages, newest first.
func (b backends) Messages(_ context.Context, mailbox string) []web.Message {
	b.mail.mu.Lock()
	defer b.mail.mu.Unlock()
	out := []web.Message{}
	for _, one := range b.mail.all {
		if one.Mailbox == mailbox {
			out = append(out, one.row())
		}
	}
	slices.SortFunc(out, func(x, y web.Message) int {
		if c := y.At.Compare(x.At.Time); c != 0 {
			return c
		}
		return strings.Compare(string(y.ID), string(x.ID))
	})
	return out
}

func (m message) row() web.Message {
	return web.Message{
		ID: m.Recording, Call: m.Call, Number: m.Number, CallerClass: m.Class, Called: m.Called, At: call.StampOf(m.At), Seconds: m.Length.Seconds(),
		Heard: m.HeardBy != "", HeardBy: m.HeardBy, HeardAt: call.StampOf(m.HeardAt), Callback: m.Callback,
	}
}

// Heard marks a message heard, or new again.
func (b backends) Heard(_ context.Context, mailbox string, id call.RecordingID, by string) (web.Message, error) {
	one, err := b.mail.change(mailbox, id, func(m *message) {
		switch {
		case by == "":
			m.HeardBy, m.HeardAt = "", time.Time{}
		case m.HeardBy == "":
			m.HeardBy, m.HeardAt = by, time.Now()
		}
	})
	return one.row(), err
}

// Message finds one.
func (b backends) Message(_ context.Context, mailbox string, id call.RecordingID) (web.Message, error) {
	one, err := b.mail.change(mailbox, id, nil)
	return one.row(), err
}

// DropMessage takes a message out of its mailbox; the recording stays as long as recordings do.
func (b backends) DropMessage(_ context.Context, mailbox string, id call.RecordingID) error {
	if _, err := b.mail.change(mailbox, id, nil); err != nil {
		return err
	}
	b.mail.mu.Lock()
	defer b.mail.mu.Unlock()
	b.mail.drop(id)
	return nil
}

// CallBackMessage makes a callback of a message, in a queue's turn.
func (b backends) CallBackMessage(ctx context.Context, mailbox string, id call.RecordingID, queue, by string) (web.Callback, error) {
	one, err := b.mail.change(mailbox, id, nil)
	if err != nil {
		return web.Callback{}, err
	}
	back, err := b.AddCallback(ctx, web.NewCallback{Number: one.Number, Queue: queue}, by)
	if err != nil {
		return back, err
	}
	_, err = b.mail.change(mailbox, id, func(m *message) {
		m.Callback = back.ID
		if m.HeardBy == "" {
			m.HeardBy, m.HeardAt = by, time.Now()
		}
	})
	return back, err
}

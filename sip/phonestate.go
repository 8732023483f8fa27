package sip

import (
	"cmp"
	"context"
	"encoding/hex"
	"hash/fnv"
	"slices"
	"time"

	"hotline/call"
	"hotline/sip/registrar"
)

// PhoneState is an account and what is registered for it, as API and operators see it.
type PhoneState struct {
	User     string
	Up       bool // one of its contacts answers, or hasn't failed to yet
	Bindings []BindingState
}

// BindingState is one contact and its health.
type BindingState struct {
	Binding
	ID      string // names it among the account's, for DropBinding
	Up      bool
	Checked time.Time // the last OPTIONS that came to an end; zero: none has
	Words   string    // why it is down
}

// health is what OPTIONS have told of a contact.
type health struct {
	up      bool
	checked time.Time
	words   string
}

// Phones gives every account of the site with its contacts, by name. Any goroutine may ask.
func (s *Server) Phones() []PhoneState {
	site := s.site.Load()
	p := s.phones
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := make([]PhoneState, 0, len(site.Accounts))
	for i := range site.Accounts {
		all = append(all, p.stateOf(site.Accounts[i].User))
	}
	slices.SortFunc(all, func(a, b PhoneState) int { return cmp.Compare(a.User, b.User) })
	return all
}

// stateOf is one account's part of the snapshot; mu is held.
func (p *phones) stateOf(user string) PhoneState {
	st := PhoneState{User: user}
	now := time.Now()
	for _, b := range p.seen[user] {
		if !b.Expires.After(now) {
			continue // its own alarm takes it away in a moment
		}
		h := p.health[probeKey{b.Account, b.Key()}]
		st.Bindings = append(st.Bindings, BindingState{Binding: b, ID: bindingID(b), Up: h.up, Checked: h.checked, Words: h.words})
		st.Up = st.Up || h.up
	}
	return st
}

// bindingID is a short name of a binding within its account.
func bindingID(b Binding) string {
	h := fnv.New64a()
	h.Write([]byte(b.Key()))
	return hex.EncodeToString(h.Sum(nil))
}

// DropBinding takes a contact away, as if its time were over: the phone is not told and
// may register it again. It returns when the contact is gone.
func (s *Server) DropBinding(ctx context.Context, user, id string) error {
	done := make(chan bool, 1)
	s.workers[0].box.put(func(*worker) { done <- s.phones.drop(user, id) })
	select {
	case ok := <-done:
		if !ok {
			return call.Errorf(call.CodeNotFound, "phone %s has no contact %s; GET /phones names those it has", user, id)
		}
		return nil
	case <-s.life.Done():
		return call.Errorf(call.CodeUnavailable, "the node is stopping")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *phones) drop(user, id string) bool {
	for _, b := range p.reg.Live(user, time.Now()) {
		if bindingID(b) == id {
			change, ok := p.reg.Drop(user, b.Key())
			if ok {
				p.apply([]registrar.Change{change})
			}
			return ok
		}
	}
	return false
}

// noteHealth renews a contact's part of the snapshot.
func (p *phones) noteHealth(key probeKey, q *probe, words string, checked time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.health[key]
	h.up, h.words = q.ping.up, words
	if !checked.IsZero() {
		h.checked = checked
	}
	p.health[key] = h
}

package registrar

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"time"
)

// step is one binding's part in a REGISTER: put it in force, or take it away.
type step struct {
	key     string
	binding Binding
	remove  bool
}

// plan works out what a REGISTER does, without doing it: the request is taken
// whole or not at all (RFC 3261 10.3, end).
func (r *Registrar) plan(now time.Time, req *Request) ([]step, *Refusal) {
	if refusal := req.check(); refusal != nil {
		return nil, refusal
	}
	of := r.current(req.Account, now)
	if req.Star {
		return planStar(of, req)
	}
	steps := make([]step, 0, len(req.Contacts))
	for i := range req.Contacts {
		s, refusal := r.planContact(now, of, req, &req.Contacts[i])
		if refusal != nil {
			return nil, refusal
		}
		steps = slices.DeleteFunc(steps, func(earlier step) bool { return earlier.key == s.key })
		steps = append(steps, s)
	}
	return r.known(of, steps, cmp.Or(req.Devices, r.opts.Devices))
}

// current gives an account's bindings that haven't run out by now, swept or not.
func (r *Registrar) current(account string, now time.Time) map[string]*entry {
	of := map[string]*entry{}
	for k, e := range r.accounts[account] {
		if e.Expires.After(now) {
			of[k] = e
		}
	}
	return of
}

// planStar removes all there is, each by the same rule of order.
func planStar(of map[string]*entry, req *Request) ([]step, *Refusal) {
	steps := make([]step, 0, len(of))
	for _, k := range slices.Sorted(maps.Keys(of)) {
		if refusal := of[k].newer(req); refusal != nil {
			return nil, refusal
		}
		steps = append(steps, step{key: k, binding: of[k].Binding, remove: true})
	}
	return steps, nil
}

// planContact works out one contact.
func (r *Registrar) planContact(now time.Time, of map[string]*entry, req *Request, c *Contact) (step, *Refusal) {
	life, refusal := r.opts.lifetime(req, c)
	if refusal != nil {
		return step{}, refusal
	}
	k := key(c.Instance, c.RegID, c.URI)
	registered := now
	if old := of[k]; old != nil {
		if refusal := old.newer(req); refusal != nil {
			return step{}, refusal
		}
		registered = old.Registered
	}
	return step{key: k, remove: life == 0, binding: Binding{
		Account: req.Account, Contact: c.URI, Host: c.Host, Instance: c.Instance, RegID: c.RegID, Q: c.Q,
		CallID: req.CallID, CSeq: req.CSeq, Registered: registered, Refreshed: now, Expires: now.Add(life),
		Source: req.Source, Local: req.Local, Transport: req.Transport, Outbound: req.outbound(c),
		AtSource:  len(req.Path) == 0 && (req.outbound(c) || atSource(req, c.Host)),
		UserAgent: req.UserAgent, Path: slices.Clone(req.Path),
	}}, nil
}

// known leaves out removals of what isn't there and holds the account to its
// number of devices; a limit that was lowered never refuses a refresh.
func (r *Registrar) known(of map[string]*entry, steps []step, most int) ([]step, *Refusal) {
	steps = slices.DeleteFunc(steps, func(s step) bool { return s.remove && of[s.key] == nil })
	count, added := len(of), 0
	for _, s := range steps {
		switch {
		case s.remove:
			count--
		case of[s.key] == nil:
			count++
			added++
		}
	}
	if added > 0 && count > most {
		return nil, refuse(TooMany, "%d devices for one account, at most %d are allowed", count, most)
	}
	return steps, nil
}

// newer holds a REGISTER to the order of its Call-ID (RFC 3261 10.3 item 7).
func (e *entry) newer(req *Request) *Refusal {
	if e.CallID == req.CallID && req.CSeq <= e.CSeq {
		return refuse(OutOfOrder, "CSeq %d after %d of the same Call-ID", req.CSeq, e.CSeq)
	}
	return nil
}

// apply does one step. A device that moved to another contact is Removed where
// it was and Added where it is, so that nobody goes on looking for it there.
func (r *Registrar) apply(s step) []Change {
	old := r.accounts[s.binding.Account][s.key]
	switch {
	case s.remove:
		change := r.drop(old, Removed)
		change.Down = false // the request as a whole decides, see mark
		return []Change{change}
	case old != nil:
		was := old.Binding
		r.unlink(old)
		old.Binding = s.binding
		r.link(old)
		heap.Fix(&r.due, old.at)
		if was.Contact != s.binding.Contact {
			return []Change{{Kind: Removed, Binding: was}, {Kind: Added, Binding: s.binding}}
		}
		return []Change{{Kind: Refreshed, Binding: s.binding}}
	}
	r.add(&entry{Binding: s.binding, key: s.key})
	return []Change{{Kind: Added, Binding: s.binding}}
}

// add puts a new entry in its places.
func (r *Registrar) add(e *entry) {
	of := r.accounts[e.Account]
	if of == nil {
		of = map[string]*entry{}
		r.accounts[e.Account] = of
	}
	of[e.key] = e
	heap.Push(&r.due, e)
	r.link(e)
}

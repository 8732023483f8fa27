package registrar

import (
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
	if req.Star {
		return r.planStar(req)
	}
	steps := make([]step, 0, len(req.Contacts))
	for i := range req.Contacts {
		s, refusal := r.planContact(now, req, &req.Contacts[i])
		if refusal != nil {
			return nil, refusal
		}
		steps = slices.DeleteFunc(steps, func(earlier step) bool { return earlier.key == s.key })
		steps = append(steps, s)
	}
	return r.known(req.Account, steps)
}

// planStar removes all there is, each by the same rule of order.
func (r *Registrar) planStar(req *Request) ([]step, *Refusal) {
	of := r.accounts[req.Account]
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
func (r *Registrar) planContact(now time.Time, req *Request, c *Contact) (step, *Refusal) {
	life, refusal := r.opts.lifetime(req, c)
	if refusal != nil {
		return step{}, refusal
	}
	k := key(c.Instance, c.RegID, c.URI)
	registered := now
	if old := r.accounts[req.Account][k]; old != nil {
		if refusal := old.newer(req); refusal != nil {
			return step{}, refusal
		}
		registered = old.Registered
	}
	return step{key: k, remove: life == 0, binding: Binding{
		Account: req.Account, Contact: c.URI, Host: c.Host, Instance: c.Instance, RegID: c.RegID, Q: c.Q,
		CallID: req.CallID, CSeq: req.CSeq, Registered: registered, Refreshed: now, Expires: now.Add(life),
		Source: req.Source, Transport: req.Transport, AtSource: atSource(req, c.Host),
		UserAgent: req.UserAgent, Path: slices.Clone(req.Path),
	}}, nil
}

// known leaves out removals of what isn't there and holds the account to its
// number of devices; a limit that was lowered never refuses a refresh.
func (r *Registrar) known(account string, steps []step) ([]step, *Refusal) {
	of := r.accounts[account]
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
	if added > 0 && count > r.opts.Devices {
		return nil, refuse(TooMany, "%d devices for one account, at most %d are allowed", count, r.opts.Devices)
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

// apply does one step.
func (r *Registrar) apply(s step) Change {
	old := r.accounts[s.binding.Account][s.key]
	switch {
	case s.remove:
		change := r.drop(old, Removed)
		change.Down = false // the request as a whole decides, see mark
		return change
	case old != nil:
		r.unlink(old)
		old.Binding = s.binding
		r.link(old)
		heap.Fix(&r.due, old.at)
		return Change{Kind: Refreshed, Binding: s.binding}
	}
	e := &entry{Binding: s.binding, key: s.key}
	of := r.accounts[s.binding.Account]
	if of == nil {
		of = map[string]*entry{}
		r.accounts[s.binding.Account] = of
	}
	of[s.key] = e
	heap.Push(&r.due, e)
	r.link(e)
	return Change{Kind: Added, Binding: s.binding}
}

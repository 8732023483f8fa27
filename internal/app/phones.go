package app

import (
	"context"

	"hotline/call"
	"hotline/sip"
	"hotline/web"
)

// Phones are the SIP accounts of the site with what is registered for them, and who sits there.
func (b backends) Phones() []web.Phone {
	rev := b.rev.Load()
	seated := map[string]int{}
	view := b.acd.Snapshot()
	for i := range view.Seats {
		if p := view.Seats[i].Phone; p != "" {
			seated[p] = i
		}
	}
	states := b.sip.Phones()
	out := make([]web.Phone, 0, len(states))
	for i := range states {
		p := &states[i]
		row := web.Phone{Phone: p.User, Title: rev.phoneTitle(p.User), State: upDown(p.Up), Contacts: []web.PhoneContact{}}
		if at, ok := seated[p.User]; ok {
			row.Agent, row.SeatState = view.Seats[at].Agent, view.Seats[at].State.String()
		}
		for _, c := range p.Bindings {
			row.Contacts = append(row.Contacts, web.PhoneContact{
				ID: c.ID, Contact: c.Contact, Address: c.Source.String(), Transport: c.Transport.String(), UserAgent: c.UserAgent,
				Path: append([]string(nil), c.Path...), Outbound: c.Outbound, RegisteredAt: call.StampOf(c.Registered),
				RefreshedAt: call.StampOf(c.Refreshed), ExpiresAt: call.StampOf(c.Expires), State: upDown(c.Up),
				LastCheck: call.StampOf(c.Checked), Words: c.Words,
			})
		}
		out = append(out, row)
	}
	return out
}

// phoneTitle is what the site calls a desk.
func (r *revision) phoneTitle(ext string) string {
	for i := range r.site.Phones {
		if r.site.Phones[i].Ext == ext {
			return r.site.Phones[i].Title
		}
	}
	return ""
}

// sipSite is what the signalling room needs of a revision.
func (a *App) sipSite(rev *revision) *sip.Site {
	s := rev.sip()
	s.Passage.Methods = rev.site.Proxy.Methods
	if rev.site.Proxy.Calls {
		s.Passage.Calls = func(from, to string) bool { return !rev.redirects(to) && a.floor.desks.passesBy(from, to) }
	}
	return s
}

// DropContact takes a phone's contact away.
func (b backends) DropContact(ctx context.Context, phone, id string) error {
	return b.sip.DropBinding(ctx, phone, id)
}

// isPhone tells that a seat can sign in at a phone: it is an account of the site.
func (r *revision) isPhone(name string) bool {
	if a, ok := r.agents[call.SeatID(name)]; ok {
		return !a.Password.Empty()
	}
	_, ok := r.srtp[name]
	return ok
}

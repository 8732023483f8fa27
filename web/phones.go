package web

import (
	"context"
	"net/netip"
	"regexp"
	"strings"

	"hotline/call"
)

// Phones knows the SIP accounts and what is registered for them.
type Phones interface {
	Phones() []Phone
	// DropContact takes a contact away; call.CodeNotFound if there is none.
	DropContact(ctx context.Context, phone, id string) error
}

// Phone is a SIP account: a desk's, or an agent's own softphone.
type Phone struct {
	Phone     string         `json:"phone"`
	Title     string         `json:"title,omitempty"`
	State     string         `json:"state" enum:"up,down" doc:"up: a contact answers, or hasn't failed to yet"`
	Agent     call.SeatID    `json:"agent,omitempty" doc:"who is signed in there"`
	SeatState string         `json:"seat_state,omitempty" doc:"of that agent"`
	Contacts  []PhoneContact `json:"contacts"`
}

// PhoneContact is one thing that rings when the phone is called.
type PhoneContact struct {
	ID           string     `json:"id" doc:"names it in DELETE /phones/{phone}/contacts/{id}"`
	Contact      string     `json:"contact" doc:"as the phone sent it; host and port are hidden from who does not run the network"`
	Address      string     `json:"address" doc:"where it registered from; hidden likewise"`
	Transport    string     `json:"transport" enum:"udp,tcp,tls,ws,wss"`
	UserAgent    string     `json:"user_agent,omitempty"`
	Path         []string   `json:"path,omitempty" doc:"the proxies it is reached through (RFC 3327); hidden likewise"`
	Outbound     bool       `json:"outbound,omitempty" doc:"the phone keeps its way open itself, and is rung by nothing else (RFC 5626)"`
	RegisteredAt call.Stamp `json:"registered_at"`
	RefreshedAt  call.Stamp `json:"refreshed_at"`
	ExpiresAt    call.Stamp `json:"expires_at"`
	State        string     `json:"state" enum:"up,down" doc:"whether it answers OPTIONS"`
	LastCheck    call.Stamp `json:"last_check" doc:"null before the first OPTIONS has come to an end"`
	Words        string     `json:"words,omitempty" doc:"why it is down"`
}

// listPhones shows the phones; addresses to those who run the network only.
func (s *Server) listPhones(ctx context.Context, _ *struct{}) (*list[Phone], error) {
	id := who(ctx)
	if id.may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	all := s.b.Phones.Phones()
	if id.may(seeAddresses) == nobody {
		for i := range all {
			for j := range all[i].Contacts {
				all[i].Contacts[j].mask()
			}
		}
	}
	return listOf(all, ""), nil
}

// hiddenHost stands for a host that is not shown.
const hiddenHost = "***"

// mask hides where the phone is.
func (c *PhoneContact) mask() {
	c.Address, c.Contact = maskAddress(c.Address), maskContact(c.Contact)
	for i := range c.Path {
		c.Path[i] = hiddenHost
	}
	c.Words = addresses.ReplaceAllStringFunc(c.Words, func(found string) string {
		text := strings.TrimRight(found, ":.") // of the sentence
		return maskAddress(text) + found[len(text):]
	})
}

// addresses finds what may be an address with its port within words.
var addresses = regexp.MustCompile(`\[?[0-9a-fA-F]*[.:][0-9a-fA-F.:]+\]?(:\d+)?`)

// maskAddress hides the host part of an address: which network remains, 192.0.*.*.
func maskAddress(text string) string {
	ap, err := netip.ParseAddrPort(text)
	a := ap.Addr()
	if err != nil {
		if a, err = netip.ParseAddr(text); err != nil {
			return text
		}
	}
	if a.Is4() {
		parts := strings.Split(a.String(), ".")
		return parts[0] + "." + parts[1] + ".*.*"
	}
	return hiddenHost
}

// maskContact hides what follows a contact's user.
func maskContact(uri string) string {
	user, _, ok := strings.Cut(uri, "@")
	if !ok {
		return hiddenHost
	}
	return user + "@" + hiddenHost
}

type contactIn struct {
	Phone string `path:"phone" maxLength:"64" example:"8001"`
	ID    string `path:"id" maxLength:"32" example:"5d3c01f2a8b94e07"`
}

// dropContact takes a phone's contact away.
func (s *Server) dropContact(ctx context.Context, in *contactIn) (*struct{}, error) {
	if who(ctx).may(dropContacts) == nobody {
		return nil, forbidden("take a phone's contact away")
	}
	if err := s.b.Phones.DropContact(ctx, in.Phone, in.ID); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "phone.drop", in.Phone, in.ID)
	return nil, nil
}

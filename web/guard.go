package web

import (
	"context"
	"net/netip"
	"time"

	"hotline/call"
)

// Guard is the door of signalling: who is banned, and who is not.
type Guard interface {
	Guard() GuardView
	// Ban bans a source by hand; call.CodeConflict for a trunk's.
	Ban(ctx context.Context, source netip.Addr, length time.Duration, reason, by string) (Ban, error)
	// Lift ends a ban; call.CodeNotFound if there is none.
	Lift(ctx context.Context, source netip.Addr) (Ban, error)
}

// Ban is a source that is not listened to.
type Ban struct {
	Source  string     `json:"source" doc:"an address, or of IPv6 the /64 it is in"`
	Since   call.Stamp `json:"since"`
	Until   call.Stamp `json:"until"`
	Times   int        `json:"times" doc:"how often it has been banned, this time included; each time is twice as long"`
	Reason  string     `json:"reason,omitempty" doc:"password, stranger, method, malformed, scanner: the offence that was the last straw; or a person's words"`
	By      string     `json:"by,omitempty" doc:"who banned it; absent: the node itself"`
	Dropped uint64     `json:"dropped" doc:"messages and connections of it refused meanwhile"`
	Lifted  bool       `json:"lifted,omitempty" doc:"in a live event: the ban has ended before its time"`
}

// GuardView is how the door stands.
type GuardView struct {
	Bans      []Ban       `json:"bans" doc:"in force, the latest first"`
	Strangers int         `json:"strangers" doc:"sources told apart that are neither trunks nor registered phones"`
	Peers     int         `json:"peers" doc:"addresses known: phones, far ends of calls, proxies"`
	Bounds    GuardBounds `json:"bounds"`
}

// GuardBounds are the node file's sip.guard, as in force.
type GuardBounds struct {
	Rate           int     `json:"rate" doc:"messages a second from one stranger"`
	Burst          int     `json:"burst" doc:"and at once"`
	All            int     `json:"all" doc:"a second from all strangers together"`
	Peers          int     `json:"peers" doc:"a second from one peer's address"`
	BanAfter       int     `json:"ban_after" doc:"offences; 0: nobody is banned"`
	WithinSeconds  float64 `json:"within_seconds"`
	BanSeconds     float64 `json:"ban_seconds" doc:"the first ban"`
	LongestSeconds float64 `json:"longest_seconds"`
}

type guardOut struct{ Body GuardView }

type banOut struct{ Body Ban }

// showGuard tells who is banned.
func (s *Server) showGuard(ctx context.Context, _ *struct{}) (*guardOut, error) {
	if who(ctx).may(guardDoor) == nobody {
		return nil, forbidden("see who is banned")
	}
	return &guardOut{Body: s.b.Guard.Guard()}, nil
}

// banMost is the longest ban by hand: a year.
const banMost = 366 * 24 * 60

type banIn struct {
	Body struct {
		Address string `json:"address" maxLength:"64" doc:"IPv4, or IPv6: then its /64" example:"203.0.113.66"`
		Minutes int    `json:"minutes" minimum:"1" maximum:"527040" example:"60"`
		Reason  string `json:"reason,omitempty" maxLength:"128" example:"calls premium numbers"`
	} `nameHint:"BanRequest"`
}

// ban bans a source by hand.
func (s *Server) ban(ctx context.Context, in *banIn) (*banOut, error) {
	v := visitOf(ctx)
	if v.id.may(guardDoor) == nobody {
		return nil, forbidden("ban anybody")
	}
	a, err := addressOf(in.Body.Address)
	if err != nil {
		return nil, err
	}
	b, err := s.b.Guard.Ban(ctx, a, time.Duration(min(in.Body.Minutes, banMost))*time.Minute, in.Body.Reason, v.id.User)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "guard.ban", b.Source, in.Body.Reason)
	return &banOut{Body: b}, nil
}

type liftIn struct {
	Address string `path:"address" maxLength:"64" doc:"an address of the source"`
}

// lift ends a ban.
func (s *Server) lift(ctx context.Context, in *liftIn) (*struct{}, error) {
	if who(ctx).may(guardDoor) == nobody {
		return nil, forbidden("lift bans")
	}
	a, err := addressOf(in.Address)
	if err != nil {
		return nil, err
	}
	b, err := s.b.Guard.Lift(ctx, a)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "guard.lift", b.Source, b.Reason)
	return nil, nil //nolint:nilnil // 204 has no body
}

// addressOf reads a source as people write it, also as the list shows it: with its length.
func addressOf(text string) (netip.Addr, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Addr().Unmap(), nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return a, problem(call.Errorf(call.CodeInvalid, "%q is no address; write it as 203.0.113.66 or 2001:db8::7", text))
	}
	return a.Unmap().WithZone(""), nil
}

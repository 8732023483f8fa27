package sip

import (
	"net/netip"
	"regexp"
	"slices"
	"time"

	"hotline/call"
)

// Trunk is a SIP peer that sends or takes calls for the public network (中继).
type Trunk struct {
	Name     string
	From     []netip.Prefix // sources that may send calls
	NoPhones bool           // no phone of ours sends from there: our domain in a From is the far end's way of writing numbers
	TLSName  string         // what its certificate must name (mutual TLS); "" asks for none
	Codecs   []call.Codec   // allowed, preferred first
	SRTP     call.Encryption
	MaxCalls int // both ways, for TrunkState and its gauge; the limit itself is the handler's to keep
	MaxCPS   int // new calls a second, each way; 0: no limit

	// Targets are where calls to outside numbers go; none: the trunk takes no calls and is always up.
	Targets    []Target
	EarlyMedia bool     // sound before the answer is passed on: LegEarly
	EarlyTalk  bool     // and who hears it may speak before the answer
	Unreliable bool     // no reliable provisional responses (RFC 3262): 100rel is not offered, and used towards it only where it requires that
	Auth       Login    // for 401 and 407 to our INVITE and REGISTER
	Identity   Identity // how callers are shown to it
	Rewrite    Rewrites
	Register   *Register // nil: the trunk is not registered with
	// Site names the Hotline site at the far end; empty: none. Only such a trunk is
	// given, and believed, the handover header.
	Site string
}

// Target is one way into a trunk (RFC 2782's priority and weight).
type Target struct {
	URI      string // sip:host[:port][;transport=…]
	Priority int    // lower ones are tried first
	Weight   int    // among equal priorities, the chance to be tried first; 0 counts as 1
}

// Login is what a carrier asks of us (digest, RFC 3261 22).
type Login struct{ User, Password string }

// Identity is how a trunk wants callers shown.
type Identity struct {
	Domain    string // of From and P-Asserted-Identity; "" is the node's own
	Unassert  bool   // no P-Asserted-Identity (RFC 3325): the far end is not trusted with it
	Diversion bool   // a forwarded call says by a Diversion header (RFC 5806) who forwards it
}

// Register is a registration with a carrier (RFC 3261 10.2).
type Register struct {
	Registrar string        // sip:host[:port]; "" is the first target in force
	User      string        // of the address of record
	Domain    string        // of it; "" is the registrar's host
	Expires   time.Duration // asked for; 5 min when zero
}

// Rewrites change numbers on their way in and out; the first rule that matches is applied.
type Rewrites struct {
	CallerIn, CalledIn  []Rewrite
	NumberOut, ShownOut []Rewrite
}

// Rewrite is one rule: what the expression matches becomes To, in which $1 is the first group.
type Rewrite struct {
	Match *regexp.Regexp
	To    string
}

// rewrite applies the first rule that matches.
func rewrite(rules []Rewrite, number string) string {
	for _, r := range rules {
		if r.Match.MatchString(number) {
			return clean(r.Match.ReplaceAllString(number, r.To))
		}
	}
	return number
}

// trunkOf finds the trunk whose message came by h: the first in the site's order whose ranges
// hold the source, if the far end has shown the certificate which that trunk has to show.
func (s *Site) trunkOf(h hop) *Trunk {
	source := h.addr.Addr().Unmap().WithZone("")
	for i := range s.Trunks {
		t := &s.Trunks[i]
		if slices.ContainsFunc(t.From, func(p netip.Prefix) bool { return p.Contains(source) }) {
			if t.TLSName != "" && !h.proves(t.TLSName) {
				return nil
			}
			return t
		}
	}
	return nil
}

// trunk finds a trunk by its name.
func (s *Site) trunk(name string) *Trunk {
	for i := range s.Trunks {
		if s.Trunks[i].Name == name {
			return &s.Trunks[i]
		}
	}
	return nil
}

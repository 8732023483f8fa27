package guard

import (
	"net/netip"
	"time"
)

// Options are the guard's bounds. Zero values take the defaults named here.
type Options struct {
	Rate  int // messages a second from a stranger, 50
	Burst int // and at once, 500
	All   int // messages a second from all strangers together, 2,000; twice as many at once
	Peer  int // messages a second from a peer's address, 10,000; twice as many at once
	Most  int // strangers told apart, 8,192; as many peers' buckets

	Offences int           // within Within before a stranger is banned, 20; negative: nobody is
	Within   time.Duration // 10 min
	First    time.Duration // the first ban; each further one is twice as long, 5 min
	Longest  time.Duration // 24 h; as long after its end a ban is forgotten
	Bans     int           // kept at once, 4,096

	// Allow are those who may send at all, beside peers; empty: everybody. Deny are those who may not, peers or not.
	Allow, Deny []netip.Prefix

	// Changed hears of every ban made, and of every one lifted or forgotten (then gone is true). It is
	// called outside the guard's lock and returns at once; nil hears nothing.
	Changed func(b Ban, gone bool)
}

func (o Options) withDefaults() Options {
	def(&o.Rate, 50)
	def(&o.Burst, 500)
	def(&o.All, 2_000)
	def(&o.Peer, 10_000)
	def(&o.Most, 8_192)
	def(&o.Offences, 20)
	def(&o.Within, 10*time.Minute)
	def(&o.First, 5*time.Minute)
	def(&o.Longest, 24*time.Hour)
	def(&o.Bans, 4_096)
	o.Longest = max(o.Longest, o.First)
	return o
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Verdict is what becomes of a message.
type Verdict uint8

// The verdicts.
const (
	Pass     Verdict = iota
	Fast             // its source has used up what it may send
	Crowded          // all strangers together have
	PeerFast         // a peer sends more than any honest one
	Banned           //
	Denied           // by the lists
)

// Reason is the verdict's label in hotline_sip_refused_total; empty for Pass.
func (v Verdict) Reason() string {
	switch v {
	case Pass:
		return ""
	case Fast:
		return "rate"
	case Crowded:
		return "strangers_rate"
	case PeerFast:
		return "peer_rate"
	case Banned:
		return "banned"
	case Denied:
		return "acl"
	}
	return "invalid"
}

// Verdicts are all that refuse.
func Verdicts() []Verdict { return []Verdict{Fast, Crowded, PeerFast, Banned, Denied} }

// Offence is what honest sources don't do, or not often.
type Offence uint8

// The offences. A plain challenge is none.
const (
	Password  Offence = iota // a wrong password, or a user who does not exist
	Stranger                 // an INVITE from no trunk and no phone
	Method                   // a method nobody here takes
	Malformed                // what can't be read
	Scanner                  // a program that says it is one: banned at once
)

var offences = []string{"password", "stranger", "method", "malformed", "scanner"}

func (o Offence) String() string {
	if int(o) < len(offences) {
		return offences[o]
	}
	return "invalid"
}

// Offences are all there are.
func Offences() []Offence { return []Offence{Password, Stranger, Method, Malformed, Scanner} }

// Key is what a source counts by: its address, or of IPv6 its /64, as a host has that many addresses for nothing.
func Key(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

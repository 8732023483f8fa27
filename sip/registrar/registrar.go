// Package registrar knows at which contacts a phone can be rung: the bindings
// of RFC 3261 section 10, with the outbound rules a contact centre needs. It
// is plain data and logic: no clock, no socket, no goroutine; whoever owns a
// Registrar calls it with the time and acts on the Changes it gives back.
package registrar

import (
	"net/netip"
	"time"
)

// Transport is how a REGISTER came.
type Transport uint8

// The transports.
const (
	UDP Transport = iota
	TCP
	TLS
	WS
	WSS
)

// Lifetime is an expires value that may be absent.
type Lifetime struct {
	Set     bool   `json:"set"`
	Seconds uint32 `json:"seconds"`
}

// Contact is one value of a REGISTER's Contact header.
type Contact struct {
	URI      string   // as sent, without the angle brackets
	Host     string   // of the URI
	Expires  Lifetime // its expires parameter
	Q        uint16   // its q parameter in thousandths; the sip core gives 1000 where there is none
	Instance string   // its +sip.instance (RFC 5626), or empty
	RegID    uint32   // its reg-id, 0 if none
}

// Request is a REGISTER whose sender is already authenticated.
type Request struct {
	Account   string
	CallID    string
	CSeq      uint32
	Expires   Lifetime // the Expires header
	Star      bool     // Contact: *
	Contacts  []Contact
	Source    netip.AddrPort // where the packet came from
	Transport Transport
	ViaHost   string // the top Via's sent-by
	ViaPort   uint16 // 0 when it has none
	UserAgent string
	Path      []string // RFC 3327
}

// Binding is one contact of an account, in force until Expires.
type Binding struct {
	Account    string         `json:"account"`
	Contact    string         `json:"contact"` // the Request-URI to ring it with
	Host       string         `json:"host"`
	Instance   string         `json:"instance,omitempty"`
	RegID      uint32         `json:"reg_id,omitempty"`
	Q          uint16         `json:"q"`
	CallID     string         `json:"call_id"`
	CSeq       uint32         `json:"cseq"`
	Registered time.Time      `json:"registered"` // first seen
	Refreshed  time.Time      `json:"refreshed"`
	Expires    time.Time      `json:"expires"`
	Source     netip.AddrPort `json:"source"`
	Transport  Transport      `json:"transport"`
	// AtSource tells that the packets go to Source (over the connection it
	// came by, for a stream), not to where Contact points.
	AtSource  bool     `json:"at_source,omitempty"`
	UserAgent string   `json:"user_agent,omitempty"`
	Path      []string `json:"path,omitempty"`
}

// Key names the binding within its account, for the journal.
func (b Binding) Key() string { return b.Contact }

// ChangeKind is what happened to a binding.
type ChangeKind uint8

// The kinds.
const (
	Added ChangeKind = iota
	Refreshed
	Removed // by the phone
	Expired
	Dropped // its connection closed
)

// Change is one binding's change, with the edge it made for the account.
type Change struct {
	Kind    ChangeKind `json:"kind"`
	Binding Binding    `json:"binding"`
	Up      bool       `json:"up,omitempty"`   // the account had none before
	Down    bool       `json:"down,omitempty"` // the account has none now
}

// Options set a Registrar up; zero values take the defaults named.
type Options struct {
	Min     time.Duration // shortest registration taken: 60 s
	Max     time.Duration // longer ones are cut to it: 1 h
	Default time.Duration // where the phone asks for none: 1 h
	Devices int           // bindings of one account: 10
}

// Reason is why a REGISTER is refused.
type Reason uint8

// The reasons.
const (
	Malformed  Reason = iota // 400
	TooMany                  // 403: more devices than the account may have
	TooBrief                 // 423 with Min-Expires
	OutOfOrder               // 500: an older CSeq of the same Call-ID (RFC 3261 10.3)
)

// Refusal is the error of Register.
type Refusal struct {
	Reason Reason
	Min    time.Duration // for TooBrief
	Words  string
}

func (r *Refusal) Error() string { return r.Words }

// Status is the SIP status of the refusal.
func (r *Refusal) Status() int { return 400 }

// Registrar holds the bindings of all accounts. It is not safe for concurrent use.
type Registrar struct{}

// New makes an empty registrar.
func New(opts Options) *Registrar { return &Registrar{} }

// Register applies a REGISTER whole or not at all. It gives the account's
// live bindings for the 200, and what changed. The error is a *Refusal.
func (r *Registrar) Register(now time.Time, req Request) ([]Binding, []Change, error) {
	return nil, nil, nil
}

// Live gives an account's bindings in force, the one to prefer first.
func (r *Registrar) Live(account string, now time.Time) []Binding { return nil }

// Expire removes what has run out.
func (r *Registrar) Expire(now time.Time) []Change { return nil }

// NextExpiry is when Expire has work next; false when nothing is registered.
func (r *Registrar) NextExpiry() (time.Time, bool) { return time.Time{}, false }

// Restore puts back bindings the journal held.
func (r *Registrar) Restore(now time.Time, bindings []Binding) []Change { return nil }

// DropConnection tells that the stream from source closed: bindings that can
// only be reached by it go; others are rung at their Contact from now on.
func (r *Registrar) DropConnection(source netip.AddrPort, tr Transport) []Change { return nil }

// Forget removes an account with all its bindings (it left the site).
func (r *Registrar) Forget(account string) []Change { return nil }

// Size is the number of bindings.
func (r *Registrar) Size() int { return 0 }

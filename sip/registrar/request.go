package registrar

import (
	"fmt"
	"net/netip"
	"time"

	"hotline/call"
)

// Lifetime is an expires value that may be absent.
type Lifetime struct {
	Set     bool   `json:"set"`
	Seconds uint32 `json:"seconds"`
}

// Contact is one value of a REGISTER's Contact header.
type Contact struct {
	URI      string   `json:"uri"`  // as sent, without the angle brackets
	Host     string   `json:"host"` // of the URI
	Expires  Lifetime `json:"expires"`
	Q        uint16   `json:"q"`                  // in thousandths; 1000 where the phone gives none
	Instance string   `json:"instance,omitempty"` // +sip.instance (RFC 5626), empty if none
	RegID    uint32   `json:"reg_id,omitempty"`   // reg-id (RFC 5626), 0 if none
}

// Request is a REGISTER whose sender has proved to be Account. No contacts and
// no star is a query (RFC 3261 10.2.3).
type Request struct {
	Account   string         `json:"account"`
	CallID    string         `json:"call_id"`
	CSeq      uint32         `json:"cseq"`
	Expires   Lifetime       `json:"expires"` // the Expires header
	Star      bool           `json:"star"`    // Contact: *
	Contacts  []Contact      `json:"contacts,omitempty"`
	Source    netip.AddrPort `json:"source"`         // where the packet came from
	Local     netip.AddrPort `json:"local,omitzero"` // our socket it came to, of UDP
	Transport Transport      `json:"transport"`
	ViaHost   string         `json:"via_host"` // the top Via's sent-by
	ViaPort   uint16         `json:"via_port"` // 0 when sent-by has none
	UserAgent string         `json:"user_agent,omitempty"`
	Path      []string       `json:"path,omitempty"` // RFC 3327
	// Outbound tells that the phone supports RFC 5626, and whoever it came through as well.
	Outbound bool `json:"outbound,omitempty"`
	// Devices is how many bindings the account may have; 0: as Options say.
	Devices int `json:"devices,omitempty"`
}

// outbound tells that a contact is a flow the phone keeps alive itself.
func (req *Request) outbound(c *Contact) bool { return req.Outbound && c.Instance != "" && c.RegID > 0 }

// FullQ is a q of 1, in thousandths.
const FullQ = 1000

// maxContacts bounds one REGISTER, beside the account's limit.
const maxContacts = 32

// Reason is why a REGISTER is refused.
type Reason uint8

// The reasons, each with the status it is answered with.
const (
	Malformed  Reason = iota // 400: a star with contacts or without Expires 0, or too many contacts
	TooMany                  // 403: more devices than an account may have
	TooBrief                 // 423 with Min-Expires (RFC 3261 10.2.8)
	OutOfOrder               // 500: not the newest CSeq of its Call-ID (RFC 3261 10.3)
)

// Refusal is the error of Register. It wraps a call.Error.
type Refusal struct {
	Reason Reason
	Min    time.Duration // for TooBrief: what Min-Expires says
	Words  string
}

func (r *Refusal) Error() string { return r.Words }

// Unwrap gives the refusal as the project's error with its code.
func (r *Refusal) Unwrap() error {
	code := call.CodeInvalid
	switch r.Reason {
	case TooMany:
		code = call.CodeForbidden
	case OutOfOrder:
		code = call.CodeConflict
	case Malformed, TooBrief:
	}
	return &call.Error{Code: code, Words: r.Words}
}

// Status is the SIP status of the refusal.
func (r *Refusal) Status() int {
	switch r.Reason {
	case TooMany:
		return 403
	case TooBrief:
		return 423
	case OutOfOrder:
		return 500
	default:
		return 400
	}
}

func refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Words: fmt.Sprintf(format, args...)}
}

// check judges what needs no look at the bindings.
func (req *Request) check() *Refusal {
	switch {
	case req.Account == "":
		return refuse(Malformed, "REGISTER for no account")
	case req.Star && len(req.Contacts) > 0:
		return refuse(Malformed, "Contact * beside other contacts")
	case req.Star && (!req.Expires.Set || req.Expires.Seconds != 0):
		return refuse(Malformed, "Contact * is for Expires: 0 only")
	case len(req.Contacts) > maxContacts:
		return refuse(Malformed, "%d contacts, at most %d are read", len(req.Contacts), maxContacts)
	}
	flows := 0
	for i := range req.Contacts {
		c := &req.Contacts[i]
		if c.URI == "" || c.Host == "" {
			return refuse(Malformed, "a contact without a URI or host")
		}
		if req.outbound(c) && !c.leaves(req) {
			flows++
		}
	}
	if flows > 1 { // RFC 5626 section 6: one request comes by one flow
		return refuse(Malformed, "%d contacts with a reg-id in one REGISTER, which comes by one flow", flows)
	}
	return nil
}

// leaves tells that a contact is to be removed.
func (c *Contact) leaves(req *Request) bool {
	if c.Expires.Set {
		return c.Expires.Seconds == 0
	}
	return req.Expires.Set && req.Expires.Seconds == 0
}

// lifetime is how long a contact asks to stay, by RFC 3261 10.3 item 6: its
// own parameter, the header, the registrar's default; 0 removes it.
func (o *Options) lifetime(req *Request, c *Contact) (time.Duration, *Refusal) {
	asked := o.Default
	switch {
	case c.Expires.Set:
		asked = time.Duration(c.Expires.Seconds) * time.Second
	case req.Expires.Set:
		asked = time.Duration(req.Expires.Seconds) * time.Second
	}
	if asked > 0 && asked < o.Min {
		r := refuse(TooBrief, "registration for %s, at least %s is asked for", asked, o.Min)
		r.Min = o.Min
		return 0, r
	}
	return min(asked, o.Max), nil
}

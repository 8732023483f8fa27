package registrar

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hotline/sip/transport"
)

// Transport is how a REGISTER came.
type Transport = transport.Transport

// The transports of RFC 3261 and RFC 7118.
const (
	UDP = transport.UDP
	TCP = transport.TCP
	TLS = transport.TLS
	WS  = transport.WS
	WSS = transport.WSS
)

// Binding is one contact of an account, in force until Expires. It is plain
// data: the journal keeps it as JSON and Restore takes it back.
type Binding struct {
	Account    string         `json:"account"`
	Contact    string         `json:"contact"`            // the Request-URI to ring it with, as the phone sent it
	Host       string         `json:"host"`               // of Contact
	Instance   string         `json:"instance,omitempty"` // +sip.instance (RFC 5626)
	RegID      uint32         `json:"reg_id,omitempty"`   // reg-id (RFC 5626)
	Q          uint16         `json:"q"`                  // in thousandths; higher is preferred
	CallID     string         `json:"call_id"`
	CSeq       uint32         `json:"cseq"`
	Registered time.Time      `json:"registered"` // first seen
	Refreshed  time.Time      `json:"refreshed"`
	Expires    time.Time      `json:"expires"`
	Source     netip.AddrPort `json:"source"`         // where the REGISTER came from
	Local      netip.AddrPort `json:"local,omitzero"` // our socket it came to, of UDP: a NAT lets packets in from there only
	Transport  Transport      `json:"transport"`
	// AtSource tells that its packets go to Source (for a stream: over the
	// connection from there), not to where Contact points. Contact is the
	// Request-URI in either case.
	AtSource bool `json:"at_source,omitempty"`
	// Outbound tells that the phone keeps this flow alive itself (RFC 5626): it is rung by it
	// and by nothing else, and its end is the binding's.
	Outbound  bool     `json:"outbound,omitempty"`
	UserAgent string   `json:"user_agent,omitempty"`
	Path      []string `json:"path,omitempty"` // RFC 3327, in the order of the header
}

// Survives tells whether a restart leaves the binding of use: its time is not
// over, and it does not hang on a connection that has gone with the process.
func (b Binding) Survives(now time.Time) bool {
	return b.Expires.After(now) && (!b.hangsOnFlow() || !b.Transport.Stream())
}

// hangsOnFlow tells that nothing but the flow it was registered by leads to the phone.
func (b Binding) hangsOnFlow() bool {
	return len(b.Path) == 0 && (b.Outbound || unreachable(b.Host))
}

// Key names the binding within its account, for the journal: the device where
// it names itself (RFC 5626 section 6), else its contact.
func (b Binding) Key() string { return key(b.Instance, b.RegID, b.Contact) }

func key(instance string, regID uint32, contact string) string {
	if instance != "" {
		return instance + "#" + strconv.FormatUint(uint64(regID), 10)
	}
	return plainURI(contact)
}

// plainURI brings contacts that RFC 3261 19.1.4 holds equal to one text as far
// as phones vary them: scheme and host without case, the user part as it is,
// parameters in any case but in their order.
func plainURI(uri string) string {
	rest, params := uri, ""
	at := strings.LastIndexByte(uri, '@') // a ';' before it belongs to the user part
	if i := strings.IndexAny(uri[at+1:], ";?"); i >= 0 {
		rest, params = uri[:at+1+i], uri[at+1+i:]
	}
	scheme, user := "", ""
	if i := strings.IndexByte(rest, ':'); i >= 0 && (at < 0 || i < at) {
		scheme, rest, at = rest[:i+1], rest[i+1:], at-i-1
	}
	if at >= 0 {
		user, rest = rest[:at+1], rest[at+1:]
	}
	return strings.ToLower(scheme) + user + strings.ToLower(rest) + strings.ToLower(params)
}

// unreachable tells that a host name stands for no host (RFC 2606): what
// browsers put into Contact (RFC 7118 section 5).
func unreachable(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "invalid" || strings.HasSuffix(host, ".invalid")
}

// atSource is the repair of what a NAT breaks: a phone is rung at the packet's
// source when the top Via's sent-by differs from it in address or port (RFC
// 3581 section 4), or when its Contact can't be reached by design; else at its
// Contact, so that a phone which knows its address is believed.
func atSource(req *Request, host string) bool {
	if unreachable(host) {
		return true
	}
	port := req.ViaPort
	if port == 0 {
		port = req.Transport.Port()
	}
	via, err := netip.ParseAddr(strings.Trim(req.ViaHost, "[]"))
	if err != nil {
		return true // a name is not the address it came from (RFC 3261 18.2.1)
	}
	return via.Unmap() != req.Source.Addr().Unmap().WithZone("") || port != req.Source.Port()
}

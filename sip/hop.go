package sip

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"hotline/call"
	"hotline/sip/locate"
)

// hop is one path a message takes: transport, far socket address, and our
// socket or connection. Responses go back by the hop their request came by.
type hop struct {
	proto Transport
	addr  netip.AddrPort
	sock  *udpSocket // of UDP
	conn  *conn      // of the others; nil when none is open
}

// send puts a message on the wire. It never waits: UDP sockets drop what their
// buffer can't take, connections have a bounded queue.
func (h hop) send(b []byte) error {
	if h.proto.Stream() {
		if h.conn == nil {
			return call.Errorf(call.CodeUnavailable, "no connection to %s", h.addr)
		}
		return h.conn.send(b)
	}
	if h.sock == nil {
		return call.Errorf(call.CodeUnavailable, "no UDP socket for %s", h.addr)
	}
	return h.sock.send(b, h.addr)
}

// alive tells whether a message sent by this hop has a chance.
func (h hop) alive() bool {
	if h.proto.Stream() {
		return h.conn != nil && h.conn.open()
	}
	return h.sock != nil
}

// local is what Via and Contact show for messages sent by this hop: host and port.
func (h hop) local(s *Server) string {
	switch {
	case h.proto.Socket() && h.conn != nil:
		return s.shown(h.conn.local, h.addr.Addr())
	case h.proto.Stream():
		return s.shown(s.bound(h.proto, h.addr.Addr()), h.addr.Addr())
	}
	return s.shown(h.sock.addr, h.addr.Addr())
}

// proves tells that the far end of this hop has shown a certificate for name.
func (h hop) proves(name string) bool { return h.conn != nil && h.conn.proves(strings.ToLower(name)) }

// target is where a request is to go, before it is known by which hop.
type target struct {
	proto Transport
	host  string // address or name
	port  uint16
	fixed bool       // the URI names its transport, so a large request may not change to TCP
	flow  hop        // used instead, while it is alive (RFC 5626 4.3, RFC 5923)
	sock  *udpSocket // of UDP, the one to send from if it can
	name  string     // the URI's host, which a certificate has to prove
	query locate.Query
}

// targetOf reads a SIP URI as a next hop (RFC 3263 section 4, without NAPTR).
func targetOf(u *sip.Uri) (target, error) {
	var t target
	secure := u.Scheme == "sips"
	if u.Scheme != "sip" && !secure {
		return t, call.Errorf(call.CodeInvalid, "scheme %s of the next hop can't be reached from here", u.Scheme)
	}
	t.host, t.port = strings.Trim(u.Host, "[]"), uint16(u.Port)
	if v, ok := param(u.UriParams, "transport"); ok {
		t.fixed = true
		if t.proto.UnmarshalText([]byte(v)) != nil {
			return t, call.Errorf(call.CodeInvalid, "transport %s of the next hop is not spoken here", v)
		}
	}
	if secure {
		if t.proto == UDP && t.fixed {
			return t, call.Errorf(call.CodeInvalid, "SIPS can't be had over UDP")
		}
		t.fixed = true
		if t.proto.Socket() {
			t.proto = WSS
		} else {
			t.proto = TLS
		}
	}
	if v, ok := param(u.UriParams, "maddr"); ok && v != "" {
		t.host = v
	}
	if t.host == "" || u.Port < 0 || u.Port > 65535 {
		return t, call.Errorf(call.CodeInvalid, "the next hop has no host")
	}
	t.name = strings.ToLower(t.host)
	t.query = locate.Query{Host: t.host, Port: t.port, Transport: t.proto, Fixed: t.fixed, Secure: secure}
	if t.port == 0 {
		t.port = t.proto.Port()
	}
	return t, nil
}

// by is a target whose URI names no transport, reached by the one that is known to work.
func (t target) by(proto Transport) target {
	t.proto, t.query.Transport, t.query.Fixed = proto, proto, proto.Stream()
	if t.query.Port == 0 {
		t.port = proto.Port()
	}
	return t
}

// targetOfText is targetOf for a URI or name-addr in text.
func targetOfText(s string) (target, error) {
	u, err := parseURI(s)
	if err != nil {
		return target{}, err
	}
	return targetOf(u)
}

// parseURI reads a URI, with or without angle brackets and what stands around them.
func parseURI(s string) (*sip.Uri, error) {
	if i := strings.IndexByte(s, '<'); i >= 0 {
		end := strings.IndexByte(s[i:], '>')
		if end < 0 {
			return nil, call.Errorf(call.CodeInvalid, "an address lacks its closing bracket")
		}
		s = s[i+1 : i+end]
	}
	u := new(sip.Uri)
	if err := sip.ParseUri(strings.TrimSpace(s), u); err != nil {
		return nil, call.Errorf(call.CodeInvalid, "a URI can't be read: %w", err)
	}
	return u, nil
}

// param finds a URI or header parameter by name without case.
func param(params sip.HeaderParams, name string) (string, bool) {
	for i := range params {
		if strings.EqualFold(params[i].K, name) {
			return params[i].V, true
		}
	}
	return "", false
}

// hostPort writes an address for a URI or Via.
func hostPort(host string, port uint16) string {
	return net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(int(port)))
}

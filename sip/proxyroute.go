package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"hotline/call"
)

// Requests of a dialog that passed by us come back by Record-Route. What we need to know of the dialog then stands
// in the user part of our route, signed: whose request it is and by which flow each side is reached. So nothing
// is remembered of such dialogs, a restart loses none of them, and nobody uses us as a relay who was not given
// the route (docs/sip-proxy.md).

// side is how one side of a dialog is reached: by a flow, where its Contact is not to be relied upon; else by its Contact.
type side struct {
	proto Transport
	far   netip.AddrPort // invalid: by Contact
	near  netip.AddrPort // our socket, of UDP
}

// ticket is what our route says.
type ticket struct {
	caller [4]byte // mark of the tag of who sent the first request
	sides  [2]side // theirs, and the called one's
}

const (
	ticketVersion = 1
	ticketMAC     = 10 // bytes of it
)

// tagMark is a tag's mark in a ticket.
func tagMark(tag string) (m [4]byte) {
	sum := sha256.Sum256([]byte(tag))
	copy(m[:], sum[:])
	return m
}

// seal makes a route's user part, good for one Call-ID.
func (s *Server) seal(t ticket, callID string) string {
	b := append(make([]byte, 0, 64), ticketVersion)
	b = append(b, t.caller[:]...)
	for _, x := range t.sides {
		b = x.append(b)
	}
	return base64.RawURLEncoding.EncodeToString(append(b, s.ticketMAC(b, callID)...))
}

func (s *Server) ticketMAC(b []byte, callID string) []byte {
	m := hmac.New(sha256.New, s.routeKey)
	m.Write(b)
	m.Write([]byte(callID))
	return m.Sum(nil)[:ticketMAC]
}

func (x side) append(b []byte) []byte {
	if !x.far.IsValid() {
		return append(b, 0xff)
	}
	b = append(b, byte(x.proto))
	for _, ap := range []netip.AddrPort{x.far, x.near} {
		a := ap.Addr().AsSlice() // none of an invalid one
		b = append(append(b, byte(len(a))), a...)
		b = binary.BigEndian.AppendUint16(b, ap.Port())
	}
	return b
}

// unseal reads a route's user part; false when it is none of ours, or of another call.
func (s *Server) unseal(user, callID string) (t ticket, ok bool) {
	if len(user) < 20 || len(user) > 160 {
		return t, false
	}
	b, err := base64.RawURLEncoding.DecodeString(user)
	if err != nil || len(b) < 1+len(t.caller)+2+ticketMAC || b[0] != ticketVersion {
		return t, false
	}
	body, mac := b[:len(b)-ticketMAC], b[len(b)-ticketMAC:]
	if !hmac.Equal(mac, s.ticketMAC(body, callID)) {
		return t, false
	}
	rest := body[1:]
	rest = rest[copy(t.caller[:], rest):]
	for i := range t.sides {
		if rest, ok = t.sides[i].read(rest); !ok {
			return t, false
		}
	}
	return t, len(rest) == 0
}

func (x *side) read(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	if b[0] == 0xff {
		return b[1:], true
	}
	x.proto, b = Transport(b[0]), b[1:]
	for _, ap := range []*netip.AddrPort{&x.far, &x.near} {
		if len(b) < 1 || len(b) < int(b[0])+3 {
			return nil, false
		}
		n := int(b[0])
		a, _ := netip.AddrFromSlice(b[1 : 1+n])
		*ap = netip.AddrPortFrom(a, binary.BigEndian.Uint16(b[1+n:]))
		b = b[n+3:]
	}
	return b, true
}

// routeTo is our Record-Route value for who is at the other end of h.
func (s *Server) routeTo(user string, h hop) string {
	uri := "<sip:" + user + "@" + h.local(s)
	if h.proto.Stream() {
		uri += ";transport=" + h.proto.URI()
	}
	return uri + ";lr>"
}

// route is what a request's Route header and Request-URI come to once our own part is taken off (16.4).
type route struct {
	uri    string   // Request-URI
	others []string // routes left
	ticket ticket
	known  bool // a ticket of ours was among it
}

// ourRoute takes off the routes that lead to us: those with a ticket for this call, and those that
// only name us, as phones have them that use us as their outbound proxy.
func (s *Server) ourRoute(r *request) (at route, err error) {
	_, rest, _ := strings.Cut(r.raw.start, " ")
	at.uri, _, _ = strings.Cut(rest, " ")
	at.others = r.raw.list("route")
	if t, ok := s.unseal(r.Recipient.User, r.callID); ok && len(at.others) > 0 { // before us is a strict router
		last := len(at.others) - 1
		at.ticket, at.known = t, true
		at.uri, at.others = uriText(at.others[last]), at.others[:last]
	}
	for len(at.others) > 0 {
		u, err := parseURI(at.others[0])
		if err != nil {
			return at, call.Errorf(call.CodeInvalid, "a Route can't be read: %w", err)
		}
		t, ok := s.unseal(u.User, r.callID)
		if ok {
			at.ticket, at.known = t, true
		} else if u.User != "" || !s.namesUs(u, r.hop) {
			break
		}
		at.others = at.others[1:]
	}
	return at, nil
}

// namesUs tells that a URI leads to the listener that is at our end of h, or to our domain.
func (s *Server) namesUs(u *sip.Uri, h hop) bool {
	if !s.isOurs(u, h) {
		return false
	}
	_, port, err := net.SplitHostPort(h.local(s))
	return err == nil && (u.Port == 0 || strconv.Itoa(u.Port) == port)
}

// toward is the side a request of the dialog goes to.
func (t *ticket) toward(fromTag string) side {
	if tagMark(fromTag) == t.caller {
		return t.sides[1]
	}
	return t.sides[0]
}

// sideOf is how who sent a request is reached later: by the way it came, if a NAT or a
// stream is in between, or its Contact names no host.
func (s *Server) sideOf(r *request) side {
	x := side{proto: r.hop.proto, far: r.hop.addr}
	if r.hop.proto.Stream() {
		return x
	}
	x.near = r.hop.sock.addr
	host, port := sentBy(r.raw.get("via"))
	if port == 0 {
		port = r.hop.proto.Port()
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err == nil && a.Unmap() == r.hop.addr.Addr() && port == r.hop.addr.Port() {
		return side{}
	}
	return x
}

// sideOfBinding is how a registered phone is reached later.
func (s *Server) sideOfBinding(b *Binding) side {
	switch {
	case len(b.Path) > 0:
		return side{} // its proxies record their route
	case b.Transport.Stream():
		if s.conns.find(b.Transport, b.Source) != nil {
			return side{proto: b.Transport, far: b.Source}
		}
		return side{}
	case b.AtSource:
		return side{proto: b.Transport, far: b.Source, near: b.Local}
	}
	return side{}
}

// target is the next hop by the side's flow; false when a Contact has to do.
func (x side) target(s *Server) (target, bool) {
	if !x.far.IsValid() {
		return target{}, false
	}
	if x.proto.Stream() {
		if c := s.conns.find(x.proto, x.far); c != nil {
			return target{flow: c.hop()}, true
		}
		return target{}, false
	}
	return target{proto: UDP, host: x.far.Addr().String(), port: x.far.Port(), fixed: true, sock: s.udpAt(x.near)}, true
}

// routeKey derives the key of routes from the node's own, so that a dialog that passes by us outlives a restart
// as nonces do; without one it is made.
func routeKey(node []byte) ([]byte, error) {
	if len(node) == 0 {
		node = make([]byte, 32)
		if _, err := rand.Read(node); err != nil {
			return nil, call.Errorf(call.CodeInternal, "no random key for routes: %w", err)
		}
	}
	m := hmac.New(sha256.New, node)
	m.Write([]byte("route"))
	return m.Sum(nil), nil
}

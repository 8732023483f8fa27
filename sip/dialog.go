package sip

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"hotline/call"
)

// request makes the dialog's next request (RFC 3261 12.2.1.1) and tells where it
// goes. It counts the CSeq up, except for ACK, which keeps its INVITE's; the
// caller saves the dialog before it sends.
func (l *Leg) request(method string) (*outgoing, target, error) {
	uri, routes, t, err := l.route()
	if err != nil {
		return nil, t, err
	}
	if method != "ACK" {
		l.st.LocalSeq++
	}
	return &outgoing{
		method: method, uri: uri, routes: routes, from: l.st.Local, to: l.st.Remote,
		callID: l.st.CallID, cseq: l.st.LocalSeq,
	}, t, nil
}

// route gives Request-URI, Route values and next hop of an in-dialog request:
// loose routing, and strict routing where the first route lacks lr (12.2.1.1).
func (l *Leg) route() (uri string, routes []string, t target, err error) {
	uri, routes = l.st.Target, l.st.Routes
	if uri == "" {
		return "", nil, t, call.Errorf(call.CodeInvalid, "the far end gave no Contact")
	}
	if len(routes) == 0 {
		t, err = targetOfText(uri)
		if l.st.AtSource || l.flow.proto.Stream() {
			t.flow = l.flow
		}
		if err != nil && t.flow.alive() {
			err = nil // a Contact that can't be reached matters little while the flow lives
		}
		t.sock = l.flow.sock
		return uri, nil, t, err
	}
	uri, routes, t, err = viaRoutes(uri, routes)
	t.sock = l.flow.sock
	if l.flow.leadsTo(t) {
		t.flow = l.flow
	}
	return uri, routes, t, err
}

// leadsTo tells that a connection's far end is the route meant, so that a request for it
// need not open another one: it is at its address, or has proved its name.
func (h hop) leadsTo(t target) bool {
	if !h.proto.Stream() || !h.alive() {
		return false
	}
	if h.proto == TLS {
		return t.proto == TLS && h.proves(t.name)
	}
	a, err := netip.ParseAddr(t.host)
	return err == nil && t.proto == h.proto && a.Unmap() == h.addr.Addr()
}

// viaRoutes sends a request for uri through a route set that is not empty: to
// the first of it, whose URI takes the Request-URI's place if it is a strict
// router's, which lacks lr.
func viaRoutes(uri string, set []string) (ruri string, routes []string, t target, err error) {
	first, err := parseURI(set[0])
	if err != nil {
		return "", nil, t, err
	}
	t, err = targetOf(first)
	if _, loose := param(first.UriParams, "lr"); !loose {
		return first.String(), append(slices.Clone(set[1:]), "<"+uri+">"), t, err
	}
	return uri, set, t, err
}

// learn takes from a request or response what makes the dialog's far side:
// the Contact as remote target, if it has one (a target refresh, 12.2.1.2).
func (l *Leg) learn(m *rawMessage) {
	contacts := m.list("contact")
	if len(contacts) == 0 {
		return
	}
	if u, err := parseURI(contacts[0]); err == nil && !u.Wildcard {
		l.st.Target = uriText(contacts[0])
		if strings.HasSuffix(strings.ToLower(u.Host), ".invalid") {
			l.st.AtSource = true
		}
	}
}

// follow goes with a browser whose network has changed: it can be reached by nothing but a connection of its
// own, and a re-INVITE or UPDATE by another one says that this is it now. The old one may well look open still.
func (l *Leg) follow(h hop) {
	if !l.st.AtSource || !h.proto.Socket() || !l.flow.proto.Socket() || h.conn == l.flow.conn {
		return
	}
	l.flow, l.source = h, h.addr.Addr()
	l.st.Proto, l.st.Flow = h.proto, h.addr
	l.hold(h.addr.Addr())
}

// uriText cuts the URI out of a name-addr or addr-spec as it came.
func uriText(s string) string {
	if i := strings.IndexByte(s, '<'); i >= 0 {
		s = s[i+1:]
		if end := strings.IndexByte(s, '>'); end >= 0 {
			s = s[:end]
		}
		return s
	}
	return strings.TrimSpace(s[:endOfValue(s, ';')]) // without brackets parameters are the header's (20.10)
}

// routeSet reads Record-Route in the order in which we are to use it: as it
// stands for the called side, reversed for the calling side (12.1.1, 12.1.2).
func routeSet(m *rawMessage, role Role) []string {
	routes := m.list("record-route")
	if role != RoleCaller {
		slices.Reverse(routes)
	}
	return routes
}

// contactFor is our Contact line for a message that leaves by h; secure makes it a SIPS URI where h can be trusted so far.
func (s *Server) contactFor(h hop, secure bool) string {
	scheme := "sip"
	if secure && h.proto.Secure() {
		scheme = "sips"
	}
	line := "Contact: <" + scheme + ":hotline@" + h.local(s)
	if h.proto.Stream() && (scheme == "sip" || h.proto.Socket()) { // SIPS says TLS itself (RFC 5630 section 4)
		line += ";transport=" + h.proto.URI()
	}
	return line + ">"
}

// withinDialog hands an in-dialog request to its leg, or answers 481.
func (w *worker) withinDialog(tx *serverTx, r *request) {
	l := w.dialogs[dialogKey{r.callID, r.toTag}]
	if l == nil && w.passWithin(tx, r) {
		return
	}
	if l != nil && l.phase == legRinging {
		l.withinEarly(tx, r)
		return
	}
	if l == nil || l.st.RemoteTag != r.fromTag {
		tx.reply(reply{status: 481})
		return
	}
	if l.st.RemoteSeq != 0 && r.seq() <= l.st.RemoteSeq { // 12.2.2: out of order
		tx.reply(reply{status: 500, reason: "CSeq Out Of Order"})
		return
	}
	l.st.RemoteSeq = r.seq()
	if fault := l.sessionAsked(r); fault != nil {
		tx.reply(*fault)
		return
	}
	switch r.Method {
	case sip.BYE:
		l.byeReceived(tx, r)
	case sip.INVITE:
		l.reinvited(tx, r)
	case sip.UPDATE:
		l.updated(tx, r)
	case sip.PRACK:
		l.pracked(tx, r)
	case sip.INFO:
		l.info(tx, r)
	case sip.REFER:
		l.refer(tx, r)
	case sip.OPTIONS:
		w.options(tx, r)
	default:
		tx.reply(notAllowed())
	}
}

// notAllowed is the answer to methods this node does not take.
func notAllowed() reply { return reply{status: 405, extra: []string{"Allow: " + allowed}} }

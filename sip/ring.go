package sip

import (
	"slices"
	"strings"

	"hotline/call"
	"hotline/sip/sdp"
)

// Ring is an order to ring a phone.
type Ring struct {
	Call  call.ID
	Leg   call.LegID
	Phone string // account
	// CallerNumber is shown as From; "" shows anonymous (RFC 3323).
	CallerNumber string
	// Display is the From's display name: what the agent sees beside the number, such as the queue.
	Display string
	Local   call.LocalMedia // codecs in order of preference
	// AutoAnswer asks the phone to pick up by itself. Phones that don't know how ring.
	AutoAnswer bool
}

// Ring sends INVITE to every live binding of a phone, in parallel. The leg's
// events are LegRinging once, then LegAnswered (the first 200; the other phones
// are told) or LegFailed (when all have failed), and LegEnded after an answer or
// an End. There is no time limit of its own: whoever rings calls End.
func (s *Server) Ring(r Ring, o Owner) *Leg {
	callID := s.newToken()
	w := s.workers[s.shard(callID)]
	l := &Leg{id: r.Leg, srv: s, w: w, owner: o, phase: legRinging, origin: s.newOrigin(), local: r.Local}
	tag := s.newTag()
	l.st = DialogState{
		Leg: r.Leg, Call: r.Call, Role: RoleSeat, Phase: PhaseEarly, CallID: callID,
		Local: s.fromHeader(r) + ";tag=" + tag, LocalTag: tag,
		Remote: "<sip:" + escapeUser(r.Phone) + "@" + s.opt.Domain + ">", LocalSeq: 1, Phone: r.Phone,
	}
	if r.AutoAnswer {
		l.alert = autoAnswer(s.opt.Domain)
	}
	w.box.put(func(*worker) { l.ring() })
	return l
}

// autoAnswer are the header lines by which phones are asked to pick up by
// themselves: RFC 5373's, and the two that desk phones and softphones look for.
func autoAnswer(domain string) []string {
	return []string{
		"Answer-Mode: Auto",
		"Call-Info: <sip:" + domain + ">;answer-after=0",
		"Alert-Info: <http://" + domain + ">;info=alert-autoanswer;delay=0",
	}
}

// fromHeader shows the caller to the phone; agents' names have no place in it.
func (s *Server) fromHeader(r Ring) string {
	if r.CallerNumber == "" {
		return anonymous
	}
	return nameAddr(r.Display, "sip:"+escapeUser(r.CallerNumber)+"@"+s.opt.Domain)
}

// escapeUser writes a user part (RFC 3261 25.1): what is not allowed there is %-escaped.
func escapeUser(user string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(user) {
		switch c := user[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// ring starts the forks, on the worker.
func (l *Leg) ring() {
	bindings := l.srv.phones.live(l.st.Phone)
	l.open()
	if len(bindings) == 0 {
		l.finish(l.failure(480, call.OfferUnreachable, false, "the phone is not registered"))
		return
	}
	l.st.SDPLocal = sdp.Offer(l.local, l.origin, call.SendRecv)
	for _, b := range bindings {
		l.forks = append(l.forks, l.newFork(b))
	}
	l.save()
	for _, f := range l.forks {
		f.start()
	}
}

// newFork prepares the INVITE to one binding.
func (l *Leg) newFork(b Binding) *fork {
	f := &fork{leg: l, binding: b, contact: b.Contact, atSource: b.AtSource, offer: l.st.SDPLocal}
	if isBrowser(b) && l.local.Secrets != nil {
		f.offer = sdp.OfferDTLS(l.local, l.origin, call.SendRecv)
	}
	f.patience.ring = f.impatient
	uri, routes, t, err := l.srv.bindingRoute(b)
	f.target, f.err = t, err
	f.tx = &clientTx{
		out: &outgoing{
			method: "INVITE", uri: uri, routes: routes, branch: l.srv.newBranch(), from: l.st.Local, to: l.st.Remote,
			callID: l.st.CallID, cseq: l.st.LocalSeq, ctype: sdpType, body: f.offer,
			extra: slices.Concat(l.asks(), able(), l.alert),
		},
		contact: l.srv.contactFor, onResponse: f.response, onFail: f.failed,
	}
	state := Branch{URI: b.Contact, Path: b.Path, Branch: f.tx.out.branch}
	if f.atSource {
		state.Flow, state.Proto = b.Source, b.Transport
	}
	f.kept = f.tx.out.branch
	l.st.Branches = append(l.st.Branches, state)
	return f
}

// isBrowser tells that a binding is a browser's, whose sound is DTLS-SRTP over
// ICE and nothing else (RFC 8827): SIP over WebSocket is what browsers speak
// (RFC 7118), to us or to a proxy that registered it through Path.
func isBrowser(b Binding) bool {
	if b.Transport == WS || b.Transport == WSS {
		return true
	}
	u, err := parseURI(b.Contact)
	if err != nil {
		return false
	}
	transport, _ := param(u.UriParams, "transport")
	return strings.EqualFold(transport, "ws") || strings.EqualFold(transport, "wss")
}

// bindingRoute is how a request reaches a binding: Request-URI, Route values and
// next hop. One that was registered through proxies which put themselves into
// Path is reached through them (RFC 3327 5.3), wherever the packets came from.
func (s *Server) bindingRoute(b Binding) (uri string, routes []string, t target, err error) {
	if len(b.Path) > 0 {
		return viaRoutes(b.Contact, b.Path)
	}
	t, err = s.bindingTarget(b)
	return b.Contact, nil, t, err
}

// bindingTarget is where a binding without Path is rung: its packets' source when its
// Contact can't be reached, else its Contact; by its own connection while that is open.
func (s *Server) bindingTarget(b Binding) (target, error) {
	proto := b.Transport
	if proto.Stream() {
		if c := s.conns.find(proto, b.Source); c != nil {
			return target{flow: hop{proto: proto, addr: b.Source, conn: c}}, nil
		}
	}
	if b.Outbound && proto.Stream() {
		return target{}, call.Errorf(call.CodeUnavailable, "the connection by which alone it can be rung has ended")
	}
	if b.AtSource {
		return target{proto: proto, host: b.Source.Addr().String(), port: b.Source.Port(), fixed: true, sock: s.udpAt(b.Local)}, nil
	}
	t, err := targetOfText(b.Contact)
	if err == nil && !t.fixed {
		t = t.by(proto)
	}
	t.sock = s.udpAt(b.Local)
	return t, err
}

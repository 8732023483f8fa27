package sip

import (
	"errors"
	"net/url"
	"strings"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip/sdp"
)

// describe says an INVITE in the domain's words.
func (w *worker) describe(r *request, by sender) call.Incoming {
	from := r.From()
	inc := call.Incoming{
		ID: call.ID(w.srv.newULID()), Leg: call.LegID(w.srv.newULID()),
		From: from.Address.User, FromName: clean(from.DisplayName),
		To: calledNumber(r), SIPCallID: r.callID, Received: r.received, Private: wantsPrivacy(r),
	}
	inc.Trunk, inc.Phone = by.name()
	if by.phone != nil { // what it has proved is who it is, whatever else it says
		return inc
	}
	if by.visitor != "" { // nor is a visitor believed anything
		inc.From, inc.FromName = by.visitor, ""
		return inc
	}
	w.describeTrunk(&inc, r, by.trunk)
	return inc
}

// describeTrunk adds what only a trunk is believed.
func (w *worker) describeTrunk(inc *call.Incoming, r *request, trunk *Trunk) {
	from := r.From()
	if asserted := r.raw.list("p-asserted-identity"); len(asserted) > 0 { // RFC 3325: a trunk's word counts
		if u, err := parseURI(asserted[0]); err == nil {
			if n := numberOf(u.User, u.Scheme, u.Raw()); n != "" {
				inc.From = n
			}
		}
	}
	if from.Address.Scheme == "tel" && inc.From == "" {
		inc.From = numberOf("", "tel", from.Address.Raw())
	}
	inc.From = rewrite(trunk.Rewrite.CallerIn, userPart(inc.From))
	inc.To = rewrite(trunk.Rewrite.CalledIn, inc.To)
	inc.Forwarding = call.Forwarding{Diversion: carried(&r.raw, "diversion"), History: carried(&r.raw, "history-info")}
	inc.Handover = w.handover(r, trunk)
	inc.PASSporT = passportOf(&r.raw)
}

// handover reads another site's word on the call. Only the trunk that is marked as
// that site's is believed; from any other the header means nothing.
func (w *worker) handover(r *request, trunk *Trunk) *call.Handover {
	value := r.raw.get(strings.ToLower(handoverHeader))
	if value == "" {
		return nil
	}
	if trunk.Site == "" {
		w.srv.log.Warn("a trunk that is no other site of ours sends a handover header, which is ignored", zap.String("trunk", trunk.Name))
		return nil
	}
	h, err := readHandover(value, r.received)
	if err != nil {
		w.srv.log.Warn("a handover can't be believed; the caller begins anew", zap.String("trunk", trunk.Name), zap.Error(err))
		return nil
	}
	return h
}

// wantsPrivacy reads Privacy (RFC 3323 4.2) and a From that says nothing.
func wantsPrivacy(r *request) bool {
	for _, v := range r.raw.list("privacy") {
		for part := range strings.SplitSeq(v, ";") {
			switch strings.ToLower(strings.TrimSpace(part)) {
			case "id", "user", "header":
				return true
			}
		}
	}
	return strings.EqualFold(r.From().Address.User, "anonymous") || strings.EqualFold(r.From().Address.Host, "anonymous.invalid")
}

// The most of a forwarding header that goes on: entries, and bytes of one.
const (
	carriedMost  = 10
	carriedBytes = 256
)

// carried are a header's values as they may be sent on: what is too long, or not
// an address, is left out.
func carried(m *rawMessage, name string) (values []string) {
	for _, v := range m.list(name) {
		if len(values) < carriedMost && len(v) <= carriedBytes && v == clean(v) && strings.Contains(v, "<") && balanced(v) {
			values = append(values, v)
		}
	}
	return values
}

// calledNumber is the user of the Request-URI, or the number of a tel URI.
func calledNumber(r *request) string {
	u := &r.Recipient
	return userPart(numberOf(u.User, u.Scheme, u.Raw()))
}

func numberOf(user, scheme, raw string) string {
	if scheme != "tel" {
		return user
	}
	number, _, _ := strings.Cut(raw, ";")
	return strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(number)
}

// userPart drops parameters in a user part (number;npdi=yes) and a password.
func userPart(user string) string {
	user, _, _ = strings.Cut(user, ";")
	user, _, _ = strings.Cut(user, ":")
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return clean(user)
}

// clean keeps control characters and floods out of records.
func clean(s string) string {
	const most = 128
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

// invite opens a leg for a call and asks the handler.
func (w *worker) invite(tx *serverTx, r *request, by sender, inc call.Incoming) {
	if w.isMerged(tx, r) {
		w.srv.refused("merged")
		tx.reply(reply{status: 482})
		return
	}
	l, fault := w.newCaller(tx, r, by, &inc)
	if fault != nil {
		w.refuseSDP(tx, inc, fault)
		return
	}
	owner, refusal := w.srv.handler.Incoming(inc, l)
	if refusal != nil {
		w.srv.refused(refusal.Cause.String())
		l.refuse(refusalStatus(refusal.Cause), refusal.Cause, refusal.RetryAfter)
		l.finish(nil)
		return
	}
	l.owner = owner
}

// newCaller makes the leg of an INVITE; the error is the SDP's.
func (w *worker) newCaller(tx *serverTx, r *request, by sender, inc *call.Incoming) (*Leg, error) {
	l := &Leg{
		id: inc.Leg, srv: w.srv, w: w, phase: legInvited, invite: tx,
		flow: r.hop, source: r.hop.addr.Addr(), origin: w.srv.newOrigin(),
	}
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		l.offer = body
		media := by.media()
		media.MakesOpus = w.srv.opt.MakesOpus
		_, spec, err := sdp.Negotiate(body, media, l.origin, sdp.Options{})
		if err != nil {
			return nil, err
		}
		spec.NAT = sdp.BehindNAT(spec, l.source)
		spec.Version = 1
		inc.Offer = &spec
	}
	l.st = DialogState{
		Leg: inc.Leg, Call: inc.ID, Role: RoleCaller, Phase: PhaseAnswered, CallID: r.callID,
		Local: w.srv.calledAs(tx.echo.to, inc.To) + ";tag=" + tx.echo.toTag, LocalTag: tx.echo.toTag,
		Remote: tx.echo.from, RemoteTag: r.fromTag, RemoteSeq: r.seq(),
		Routes: routeSet(&r.raw, RoleCaller), Proto: r.hop.proto, Flow: r.hop.addr,
		SDPRemote: body, Trunk: inc.Trunk, Phone: inc.Phone,
	}
	l.learn(&r.raw)
	l.session.update = hasToken(r.raw.list("allow"), "UPDATE")
	l.progress.sure.cseq, l.progress.sure.wanted = r.seq(), wantsSurely(r, by.reliable())
	l.hold(r.hop.addr.Addr())
	tx.leg = l
	l.open()
	return l, nil
}

// calledAs is the To of a dialog as it is kept and sent on: what follows a code may be a PIN, and has no place in a
// journal. Far ends know their dialogs by tags (RFC 3261 12.2).
func (s *Server) calledAs(to, number string) string {
	if !strings.HasPrefix(number, "*") {
		return to
	}
	return "<sip:" + escapeUser(strings.TrimSuffix(call.ShownDialled(number), "…")) + "@" + s.opt.Domain + ">"
}

// refuseSDP answers an INVITE whose description can't be served.
func (w *worker) refuseSDP(tx *serverTx, inc call.Incoming, err error) {
	r, cause := sdpFault(err)
	w.srv.refused(cause.String())
	tx.reply(r)
	w.srv.handler.Refused(inc, call.Refusal{Cause: cause, Words: err.Error()})
}

// sdpFault maps an error of package sdp to the response, once for INVITE, re-INVITE and UPDATE.
func sdpFault(err error) (reply, call.Cause) {
	switch {
	case errors.Is(err, sdp.ErrNoCodec):
		return reply{status: 488, extra: []string{warning(err)}}, call.CauseNoCodec
	case errors.Is(err, sdp.ErrType):
		return reply{status: 415, extra: []string{"Accept: " + sdpType}}, call.CauseBadRequest
	default:
		return bad400("session description"), call.CauseBadRequest
	}
}

// warning tells in words why a description can't be taken (RFC 3261 20.43, 305: incompatible media format).
func warning(err error) string {
	words := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, err.Error())
	return `Warning: 305 hotline "` + words + `"`
}

func bad400(words string) reply { return *bad(words) }

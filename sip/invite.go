package sip

import (
	"errors"
	"strings"

	"hotline/call"
	"hotline/sip/sdp"
)

// describe says an INVITE in the domain's words.
func (w *worker) describe(r *request, trunk *Trunk) call.Incoming {
	from := r.From()
	inc := call.Incoming{
		ID: call.ID(w.srv.newULID()), Leg: call.LegID(w.srv.newULID()), Trunk: trunk.Name,
		From: from.Address.User, FromName: clean(from.DisplayName),
		To: calledNumber(r), SIPCallID: r.callID, Received: r.received,
	}
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
	inc.From = userPart(inc.From)
	return inc
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

// invite opens a leg for a trunk's call and asks the handler.
func (w *worker) invite(tx *serverTx, r *request, trunk *Trunk, inc call.Incoming) {
	if w.isMerged(tx, r) {
		w.srv.refused("merged")
		tx.reply(reply{status: 482})
		return
	}
	l, fault := w.newCaller(tx, r, trunk, &inc)
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
func (w *worker) newCaller(tx *serverTx, r *request, trunk *Trunk, inc *call.Incoming) (*Leg, error) {
	l := &Leg{
		id: inc.Leg, srv: w.srv, w: w, phase: legInvited, invite: tx, trunk: trunk,
		flow: r.hop, source: r.hop.addr.Addr(), origin: w.srv.newOrigin(),
	}
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		l.offer = body
		_, spec, err := sdp.Negotiate(body, call.LocalMedia{Codecs: trunk.Codecs}, l.origin, sdp.Options{})
		if err != nil {
			return nil, err
		}
		spec.NAT = sdp.BehindNAT(spec, l.source)
		spec.Version = 1
		inc.Offer = &spec
	}
	l.st = DialogState{
		Leg: inc.Leg, Call: inc.ID, Role: RoleCaller, Phase: PhaseAnswered, CallID: r.callID,
		Local: tx.echo.to + ";tag=" + tx.echo.toTag, LocalTag: tx.echo.toTag,
		Remote: tx.echo.from, RemoteTag: r.fromTag, RemoteSeq: r.seq(),
		Routes: routeSet(&r.raw, RoleCaller), Proto: r.hop.proto, Flow: r.hop.addr,
		SDPRemote: body, Trunk: trunk.Name,
	}
	l.learn(&r.raw)
	l.hold(r.hop.addr.Addr())
	tx.leg = l
	l.open()
	return l, nil
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
		return reply{status: 488}, call.CauseNoCodec
	case errors.Is(err, sdp.ErrType):
		return reply{status: 415, extra: []string{"Accept: " + sdpType}}, call.CauseBadRequest
	default:
		return bad400("session description"), call.CauseBadRequest
	}
}

func bad400(words string) reply { return *bad(words) }

package sip

import (
	"slices"
	"strings"

	"hotline/call"
	"hotline/sip/sdp"
)

// Dial is an order to call an outside number through a trunk.
type Dial struct {
	Call   call.ID
	Leg    call.LegID
	Trunk  string
	Number string     // as the house writes it; the trunk's rewrite rules make the carrier's form
	Shown  call.Shown // who is shown as calling
	// Forwarding goes on with the call; Forwarder is the number that forwards it, "" when it is no forwarded call.
	Forwarding call.Forwarding
	Forwarder  string
	PASSporT   *call.PASSporT // the caller's attested identity, which goes on as it came
	Handover   *call.Handover // sent only where the trunk is another site's
	Local      call.LocalMedia
}

// Dial sends INVITE to the trunk's targets, one after another until one takes
// the call: one that is silent for Timers.NoResponse, or answers 408 or 5xx before
// anything rang, gives way to the next. The leg's events are LegRinging once, LegEarly where the
// trunk passes sound on before the answer, then LegAnswered or LegFailed (with
// Dial set), and LegEnded after an answer or an End. A diversion (3xx) is not
// followed. There is no time limit of its own: whoever dials calls End.
func (s *Server) Dial(d Dial, o Owner) *Leg {
	callID := s.newToken()
	w := s.workers[s.shard(callID)]
	l := &Leg{id: d.Leg, srv: s, w: w, owner: o, phase: legRinging, origin: s.newOrigin(), local: d.Local}
	l.st = DialogState{
		Leg: d.Leg, Call: d.Call, Role: RoleTrunk, Phase: PhaseEarly, CallID: callID,
		LocalTag: s.newTag(), LocalSeq: 1, Trunk: d.Trunk,
	}
	w.box.put(func(*worker) { l.dial(d) })
	return l
}

// dialling is what is left to try of a leg that dials.
type dialling struct {
	trunk  *Trunk
	number string // in the carrier's form
	extra  []string
	left   []string // targets' URIs
	status int      // of the last one that gave any
	early  []byte   // the last description before the answer
	proven bool     // the challenge of this target was answered already
}

// dial begins, on the worker.
func (l *Leg) dial(d Dial) {
	s := l.srv
	trunk := s.site.Load().trunk(d.Trunk)
	if trunk == nil {
		trunk = &Trunk{Name: d.Trunk}
	}
	l.st.Local = s.shownAs(trunk, d.Shown) + ";tag=" + l.st.LocalTag
	l.dials = &dialling{
		trunk: trunk, number: rewrite(trunk.Rewrite.NumberOut, d.Number),
		extra: s.dialHeaders(trunk, d), left: s.trunks.order(trunk),
	}
	l.open()
	switch {
	case len(l.dials.left) == 0:
		l.finish(dialFailure(0, "trunk "+d.Trunk+" has no proxy that calls could go to"))
		return
	case !s.trunks.mayDial(trunk):
		l.finish(dialFailure(0, "trunk "+d.Trunk+" has as many new calls a second as it may"))
		return
	}
	l.st.SDPLocal = sdp.Offer(l.local, l.origin, call.SendRecv)
	l.dialNext()
}

// dialNext tries the next target.
func (l *Leg) dialNext() {
	uri := l.dials.left[0]
	l.dials.left, l.dials.proven = l.dials.left[1:], false
	l.invites(uri, "")
}

// invites sends the INVITE to a target, with an Authorization line when it asked for one.
func (l *Leg) invites(uri, authorization string) {
	f := l.newOutside(uri, authorization)
	l.forks = append(l.forks, f)
	l.save()
	f.start()
}

// newOutside prepares the INVITE to a trunk's target.
func (l *Leg) newOutside(uri, authorization string) *fork {
	f := &fork{leg: l, host: uri, offer: l.st.SDPLocal}
	f.patience.ring = f.impatient
	f.target, f.err = targetOfText(uri)
	f.contact = l.dials.at(uri)
	l.st.Remote = "<" + f.contact + ">"
	extra := slices.Concat(l.asks(), able(), l.dials.extra)
	if !l.dials.trunk.Unreliable {
		extra = append(extra, "Supported: 100rel")
	}
	if authorization != "" {
		extra = append(extra, authorization)
	}
	f.tx = &clientTx{
		out: &outgoing{
			method: "INVITE", uri: f.contact, branch: l.srv.newBranch(), from: l.st.Local, to: l.st.Remote,
			callID: l.st.CallID, cseq: l.st.LocalSeq, ctype: sdpType, body: l.st.SDPLocal, extra: extra,
		},
		contact: l.contact, onResponse: f.response, onFail: f.failed,
	}
	if l.recording != nil {
		l.asRecording(f.tx.out, l.st.SDPLocal)
	}
	f.kept = f.tx.out.branch
	l.st.Branches = []Branch{{URI: f.contact, Branch: f.kept}}
	return f
}

// numberAt is a number's URI at a target: the target's with the number as its user.
func numberAt(number, target string) string {
	scheme, rest, _ := strings.Cut(target, ":")
	return scheme + ":" + escapeUser(number) + "@" + rest
}

// challenged answers 401 and 407 once a target, with the trunk's login.
func (l *Leg) challenged(f *fork, r *response) bool {
	d := l.dials
	if d == nil || d.proven || l.phase != legRinging {
		return false
	}
	line, err := authorize(r, d.trunk.Auth, "INVITE", f.contact)
	if err != nil {
		l.log("the trunk's challenge can't be answered", err)
	}
	if line == "" {
		return false
	}
	d.proven = true
	f.end(r.StatusCode)
	l.st.LocalSeq++
	l.invites(f.host, line)
	return true
}

// dialOver takes a target's failure: the next one, or the end.
func (l *Leg) dialOver() {
	d := l.dials
	last := l.forks[len(l.forks)-1].status
	if last != 0 || d.status == 0 {
		d.status = last
	}
	if len(d.left) > 0 && (l.recording != nil || !l.rang && givesWay(last)) {
		l.st.LocalSeq++
		l.dialNext()
		return
	}
	l.finish(dialFailure(d.status, dialWords(d.status)))
}

// early takes a description that came before the answer.
func (l *Leg) early(r *response) {
	d := l.dials
	if d == nil || l.phase != legRinging {
		return
	}
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	if err != nil || len(body) == 0 || string(body) == string(d.early) {
		return
	}
	d.early = body
	if !d.trunk.EarlyMedia {
		return
	}
	spec, err := sdp.Accept(l.st.SDPLocal, body)
	if err != nil {
		l.log("sound before the answer can't be served", err)
		return
	}
	l.source = r.hop.addr.Addr()
	l.emit(call.LegEarly{Media: l.settle(spec), Talk: d.trunk.EarlyTalk})
}

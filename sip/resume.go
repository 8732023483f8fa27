package sip

import (
	"hotline/call"
)

// Resume takes a dialog up that the journal held after a crash, and ends it: BYE for a
// confirmed dialog, CANCEL for INVITEs of ours that were ringing (a phone that answers
// all the same gets ACK and BYE), 500 for an INVITE of theirs that waits for an answer. Call it after SetSite and RestoreBindings.
func (s *Server) Resume(st DialogState) {
	w := s.workers[s.shard(st.CallID)]
	w.box.put(func(w *worker) { w.resume(st) })
}

func (w *worker) resume(st DialogState) {
	l := &Leg{id: st.Leg, srv: w.srv, w: w, st: st, phase: legTalking, saved: true, asked: true, cause: call.CauseCrash}
	l.flow = hop{proto: st.Proto, addr: st.Flow}
	if st.Proto.Stream() {
		l.flow.conn = w.srv.conns.find(st.Proto, st.Flow)
	} else {
		l.flow.sock = w.srv.udpFor(st.Flow.Addr())
	}
	l.open()
	l.hold(st.Flow.Addr())
	if st.Phase == PhaseEarly || st.Phase == PhaseInvited {
		w.giveUp(l)
		return
	}
	if st.Unanswered != nil { // whoever has not heard of the 200 knows no dialog that a BYE could end
		w.answerAfterAll(l, func() {})
	}
	l.bye(call.CauseCrash)
}

// giveUp ends what nobody has answered: INVITEs of ours are taken back, one of theirs is refused.
func (w *worker) giveUp(l *Leg) {
	left := len(l.st.Branches) + 1
	done := func() {
		if left--; left == 0 {
			l.finish(nil)
		}
	}
	for _, b := range l.st.Branches {
		w.cancelBranch(l, b, done)
	}
	if l.st.Phase == PhaseInvited {
		w.answerAfterAll(l, done)
	} else {
		done()
	}
}

// cancelBranch sends the CANCEL of one INVITE of the node's former life.
func (w *worker) cancelBranch(l *Leg, b Branch, done func()) {
	uri, routes := b.URI, []string(nil)
	t, err := targetOfText(b.URI)
	switch {
	case len(b.Path) > 0:
		uri, routes, t, err = viaRoutes(b.URI, b.Path)
	case b.Flow.IsValid():
		t, err = target{proto: b.Proto, host: b.Flow.Addr().String(), port: b.Flow.Port()}, nil
	}
	if err != nil {
		done()
		return
	}
	from, to := l.st.Local, l.st.Remote
	if l.st.Role == RolePassed { // it is as its sender wrote it
		from, to = to, from
	}
	w.begin(&clientTx{
		out: &outgoing{
			method: "CANCEL", uri: uri, routes: routes, branch: b.Branch, from: from, to: to,
			callID: l.st.CallID, cseq: l.st.LocalSeq, extra: []string{reasonHeader(call.CauseCrash)},
		},
		onResponse: func(r *response) {
			if r.StatusCode >= 200 {
				done()
			}
		},
		onFail: func(error) { done() },
	}, t)
}

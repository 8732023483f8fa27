package sip

import (
	"hotline/call"
	"hotline/sip/sdp"
)

// fork is one INVITE of a ringing leg: to one binding of a phone, or to one target of a trunk.
type fork struct {
	leg        *Leg
	tx         *clientTx
	contact    string  // of the binding; the number at the target
	host       string  // the target's URI
	binding    Binding // of a phone
	offer      []byte  // the description in it
	target     target
	err        error // the target can't be made out
	atSource   bool
	heard      bool // a provisional response has come
	unwanted   bool // to be cancelled as soon as that is allowed
	cause      call.Cause
	early      map[string]*earlyDialog // by To tag
	cancelSent bool
	over       bool
	status     int    // final status once over; 0 without one
	diverted   string // whom a 3xx would rather have rung
	kept       string // its branch in DialogState.Branches: two flows may have one Contact
	patience   alarm  // first for any response at all, then for the end after CANCEL
}

func (f *fork) start() {
	if f.err != nil {
		err := f.err
		f.leg.w.box.put(func(*worker) { f.failed(err) })
		return
	}
	w := f.leg.w
	w.clock.set(&f.patience, w.srv.opt.Timers.NoResponse)
	f.tx.onMove = f.moved
	w.begin(f.tx, f.target)
}

// moved follows the INVITE to the next place of its name: it has its time anew, and what the journal
// keeps for its CANCEL is of the new branch.
func (f *fork) moved() {
	l := f.leg
	if !f.unwanted {
		f.heard = false
		l.w.clock.set(&f.patience, l.srv.opt.Timers.NoResponse)
	}
	for i := range l.st.Branches {
		if l.st.Branches[i].Branch == f.kept {
			l.st.Branches[i].Branch = f.tx.out.branch
		}
	}
	f.kept = f.tx.out.branch
	if l.saved {
		l.save()
	}
}

// response takes any response to the INVITE.
func (f *fork) response(r *response) {
	l := f.leg
	if f.over {
		if r.StatusCode/100 == 2 {
			l.w.hangUp(r)
		}
		return
	}
	switch {
	case r.StatusCode < 200:
		f.provisional(r)
	case r.StatusCode < 300:
		f.end(r.StatusCode)
		if l.phase != legRinging { // taken back, or another phone was quicker: the losing 200
			l.w.hangUp(r)
			l.forksDone()
			return
		}
		l.won(f, r)
	default:
		if l.tooBrief(f, r) || l.challenged(f, r) {
			return
		}
		if r.StatusCode < 400 {
			f.diverted = divertedTo(r)
		}
		f.end(r.StatusCode)
		l.forksDone()
	}
}

// divertedTo is the user of a 3xx's first Contact; empty when it names nobody.
func divertedTo(r *response) string {
	for _, c := range r.raw.list("contact") {
		if to, err := readReferTo(c); err == nil && to.replaces == nil {
			return to.user
		}
	}
	return ""
}

func (f *fork) provisional(r *response) {
	l := f.leg
	if !f.heard {
		f.heard = true
		l.w.clock.stop(&f.patience)
		if f.unwanted {
			f.cancel(f.cause)
			return
		}
	}
	if r.StatusCode == trying {
		return
	}
	f.acknowledgeEarly(r, f.met(r))
	l.early(r) // sound first: whoever passes both on then need not say that it rings
	if !l.rang && l.phase == legRinging {
		l.rang = true
		l.emit(call.LegRinging{})
	}
}

// trying is the one provisional response that says nothing of who is called.
const trying = 100

// failed is a transport error or no final response in time.
func (f *fork) failed(err error) {
	if f.over {
		return
	}
	f.leg.log("who is called can't be reached", err)
	f.end(0)
	f.leg.forksDone()
}

// impatient is the time-out: no response at all in 4 s, or no end after CANCEL.
func (f *fork) impatient() {
	f.tx.drop()
	f.end(0)
	f.leg.forksDone()
}

func (f *fork) end(status int) {
	f.over, f.status = true, status
	f.leg.w.clock.stop(&f.patience)
}

// won makes the leg the dialog of the first 200.
func (l *Leg) won(f *fork, r *response) {
	l.st.RemoteTag, _ = param(r.To().Params, "tag")
	l.st.Remote = r.raw.get("to")
	l.st.Routes = routeSet(&r.raw, RoleSeat)
	l.st.Phase, l.st.Branches = PhaseConfirmed, nil
	l.st.Target, l.st.AtSource = f.contact, f.atSource
	l.learn(&r.raw)
	l.session.update = hasToken(r.raw.list("allow"), "UPDATE")
	l.timerAgreed(&r.raw)
	l.flow, l.source = r.hop, r.hop.addr.Addr()
	l.st.Proto, l.st.Flow = l.flow.proto, l.flow.addr
	l.hold(l.source)
	l.phase = legTalking
	l.cancelForks(call.CauseAnsweredElsewhere)
	spec, err := l.agreedWith(f, r)
	if err == nil {
		spec = l.settle(spec)
	}
	l.save()
	l.acknowledge(f.tx.out.cseq)
	if err != nil {
		l.log("the answer can't be served", err)
		l.emit(l.unserved())
		l.owner = nil // it has heard the last of this leg
		l.asked, l.cause = true, call.CauseNoCodec
		l.bye(l.cause)
		return
	}
	l.emit(call.LegAnswered{Media: &spec})
	l.reoffers.next(l)
}

// agreedWith is what the answer settles: an UPDATE before it, the description in it, or one that came with a provisional response.
func (l *Leg) agreedWith(f *fork, r *response) (call.MediaSpec, error) {
	d := f.early[l.st.RemoteTag]
	if d != nil {
		l.st.RemoteSeq = d.seq
	}
	if d != nil && d.agreed != nil { // its 200 has nothing more to say of the session (RFC 6337 2.2)
		l.st.SDPLocal, l.st.SDPRemote = d.agreed.mine, d.agreed.theirs
		return d.agreed.spec, nil
	}
	body, err := sdp.Body(r.raw.get("content-type"), r.Body())
	if err == nil && len(body) == 0 && l.dials != nil {
		body = l.dials.early // it came with a provisional response, and the 200 need not repeat it
	}
	if err != nil {
		return call.MediaSpec{}, err
	}
	l.st.SDPLocal = f.offer
	spec, err := l.accepts(f.offer, body)
	if err == nil {
		l.st.SDPRemote = body
	}
	return spec, err
}

// forksDone ends a leg all of whose forks are over and none of which won.
func (l *Leg) forksDone() {
	for _, f := range l.forks {
		if !f.over {
			return
		}
	}
	switch {
	case l.phase == legEnding && !l.byeSent:
		l.finish(call.LegEnded{Cause: l.cause})
	case l.phase == legRinging && l.dials != nil:
		l.dialOver()
	case l.phase == legRinging:
		status := l.worst()
		result, alarm := phoneResult(status)
		failed := l.failure(status, result, alarm, phoneWords(status))
		for _, f := range l.forks {
			if f.status == status && failed.Diverted == "" {
				failed.Diverted = f.diverted
			}
		}
		l.finish(failed)
	}
}

// failure is how a leg we rang failed. A phone that was not reached is told to
// those who watch over phones as well.
func (l *Leg) failure(status int, result call.OfferResult, alarm bool, words string) call.LegFailed {
	if result == call.OfferUnreachable {
		phone := l.st.Phone
		l.srv.workers[0].box.put(func(*worker) { l.srv.phones.unreached(phone) })
	}
	return call.LegFailed{Status: status, Result: result, Alarm: alarm, Words: words}
}

// unserved is the failure of a leg whose answer has no codec of ours.
func (l *Leg) unserved() call.LegFailed {
	if l.dials != nil {
		return dialFailure(488, "the answer has no codec of ours")
	}
	return l.failure(488, call.OfferUnreachable, true, phoneWords(488))
}

// worst chooses the status that speaks for a phone all of whose contacts failed:
// a person's refusal before a wrong set-up, before any other answer, before silence.
func (l *Leg) worst() (status int) {
	rank := func(s int) int {
		result, alarm := phoneResult(s)
		switch {
		case result == call.OfferDeclined:
			return 3
		case alarm:
			return 2
		case s != 0:
			return 1
		}
		return 0
	}
	for _, f := range l.forks {
		if rank(f.status) > rank(status) {
			status = f.status
		}
	}
	return status
}

// acknowledge sends the ACK of a 2xx (RFC 3261 13.2.2.4) and keeps it for repetitions of the 2xx.
func (l *Leg) acknowledge(cseq uint32) {
	out, t, err := l.request("ACK")
	if err != nil {
		l.log("ACK has nowhere to go", err)
		return
	}
	out.cseq, out.branch = cseq, l.srv.newBranch()
	l.w.locate(t, func(h hop, err error) {
		if err != nil {
			l.log("ACK has nowhere to go", err)
			return
		}
		l.ack, l.ackHop = out.write(l.srv, h), h
		if err := l.srv.send(h, l.st.CallID, l.ack); err != nil {
			l.srv.sendFailed(h, err)
		}
	})
}

// strayAnswer takes a 2xx to INVITE that no transaction waits for: a repetition, whose
// ACK is sent again, or the answer of a branch we know nothing of.
func (w *worker) strayAnswer(r *response) {
	localTag, _ := param(r.From().Params, "tag")
	remoteTag, _ := param(r.To().Params, "tag")
	l := w.dialogs[dialogKey{r.raw.get("call-id"), localTag}]
	if l != nil && l.st.RemoteTag == remoteTag {
		if l.ack != nil {
			if err := w.srv.send(l.ackHop, l.st.CallID, l.ack); err != nil {
				w.srv.sendFailed(l.ackHop, err)
			}
		}
		return
	}
	if w.srv.guard.known(r.hop.addr.Addr()) { // a stranger gets nothing out of us
		w.hangUp(r)
	}
}

// hangUp ends the dialog of a 2xx that nobody wants: ACK and BYE, from the response
// alone, back to where it came from.
func (w *worker) hangUp(r *response) {
	contacts := r.raw.list("contact")
	if len(contacts) == 0 {
		return
	}
	d := earlyDialog{contact: uriText(contacts[0]), routes: routeSet(&r.raw, RoleSeat), from: r.hop}
	uri, routes, _, err := d.route()
	if err != nil { // what its Contact leads to does not matter: it goes back
		uri, routes = d.contact, nil
	}
	out := outgoing{
		method: "ACK", uri: uri, routes: routes, branch: w.srv.newBranch(),
		from: r.raw.get("from"), to: r.raw.get("to"), callID: r.raw.get("call-id"), cseq: r.CSeq().SeqNo,
	}
	if err := w.srv.send(r.hop, out.callID, out.write(w.srv, r.hop)); err != nil {
		w.srv.sendFailed(r.hop, err)
		return
	}
	bye := out
	bye.method, bye.branch, bye.cseq = "BYE", "", out.cseq+1
	bye.extra = []string{reasonHeader(call.CauseAnsweredElsewhere)}
	w.begin(&clientTx{out: &bye, onResponse: func(*response) {}, onFail: func(error) {}}, target{flow: r.hop})
}

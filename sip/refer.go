package sip

import (
	"errors"
	"strconv"
	"strings"

	"hotline/call"
)

// referMost is how many REFERs of one leg are followed at a time.
const referMost = 2

// refer takes a REFER inside a dialog (RFC 3515): a phone of ours asks that who is at the other end be connected with
// somebody else. It is answered 202, NOTIFYs tell how it goes, and what is done about it is the owner's.
func (l *Leg) refer(tx *serverTx, r *request) {
	values := r.raw.list("refer-to")
	if len(values) != 1 {
		tx.reply(bad400("one Refer-To is needed"))
		return
	}
	to, err := readReferTo(values[0])
	switch {
	case l.phase == legEnding:
		tx.reply(reply{status: 481})
		return
	case l.st.Phone == "": // a carrier could have us call anywhere
		tx.reply(reply{status: 403, reason: "Only phones of this domain may transfer calls"})
		return
	case l.phase != legTalking:
		tx.reply(reply{status: 500, extra: []string{retrySoon()}})
		return
	case errors.Is(err, errScheme):
		tx.reply(reply{status: 416})
		return
	case errors.Is(err, errMethod):
		tx.reply(reply{status: 603})
		return
	case err != nil:
		tx.reply(bad400("Refer-To"))
		return
	case l.referrals.open() >= referMost:
		tx.reply(reply{status: 491})
		return
	}
	l.referTo(tx, r, to)
}

// referTo accepts a REFER and hands it on, once the dialog it names is found.
func (l *Leg) referTo(tx *serverTx, r *request, to referTo) {
	told := !strings.EqualFold(strings.TrimSpace(r.raw.get("refer-sub")), "false") // RFC 4488
	ref := l.referrals.add(r.seq(), told)
	extra := []string{l.srv.contactFor(tx.via, tx.secure())}
	if !told {
		extra = append(extra, "Refer-Sub: false")
	}
	tx.reply(reply{status: 202, extra: extra})
	l.tell(ref, trying, "")
	event := call.LegRefer{Event: ref.event, To: to.user, By: referredBy(r)}
	if to.replaces == nil {
		l.emit(event)
		return
	}
	l.w.search(*to.replaces, true, func(found replaced) {
		if found.status == 0 {
			event.Replaces, event.Early = &found.ref, found.early
		}
		if l.phase == legTalking {
			l.emit(event)
		}
	})
}

// referredBy is the REFER's Referred-By (RFC 3892), as it may be sent on.
func referredBy(r *request) string {
	v := r.raw.get("referred-by")
	if len(v) > carriedBytes || v != clean(v) || !balanced(v) {
		return ""
	}
	return v
}

// referrals are the transfers a leg's far end has asked for, and what it is told of them.
type referrals struct {
	list []*referral
	seen bool // the next one is not the dialog's first
}

// referral is one of them: the implicit subscription of RFC 3515 2.4.4.
type referral struct {
	event uint32 // the REFER's CSeq
	named bool   // its NOTIFYs name it, since it is not the dialog's first (2.4.6)
	told  bool   // the far end wants to be told
	wait  *fragment
	tx    *clientTx // the NOTIFY on its way; the next one waits, so that they arrive in order
	over  bool      // the last word has been said
}

// fragment is what a NOTIFY tells: the status line of the INVITE that was asked for.
type fragment struct {
	status int
	words  string
}

func (f fragment) last() bool { return f.status >= 200 }

func (f fragment) text() string {
	words := f.words
	if words == "" || strings.ContainsAny(words, "\r\n") {
		words = reasonOf(f.status)
	}
	return "SIP/2.0 " + strconv.Itoa(f.status) + " " + words + "\r\n"
}

func (rs *referrals) open() (n int) {
	for _, r := range rs.list {
		if !r.over {
			n++
		}
	}
	return n
}

func (rs *referrals) add(event uint32, told bool) *referral {
	r := &referral{event: event, named: rs.seen, told: told}
	rs.seen = true
	rs.list = append(rs.list, r)
	return r
}

func (rs *referrals) find(event uint32) *referral {
	for _, r := range rs.list {
		if r.event == event {
			return r
		}
	}
	return nil
}

// forget drops what is over and told.
func (rs *referrals) forget(gone *referral) {
	for i, r := range rs.list {
		if r == gone {
			rs.list = append(rs.list[:i], rs.list[i+1:]...)
			return
		}
	}
}

// Referred tells the far end how the transfer goes that it asked for by LegRefer.Event: the status of the call to whom it
// named, with words of its own or the usual ones. A status of 200 and above is the last. It does nothing once the leg
// has ended: many phones hang up as soon as their REFER is accepted.
func (l *Leg) Referred(event uint32, status int, words string) {
	l.w.box.put(func(*worker) {
		if r := l.referrals.find(event); r != nil {
			l.tell(r, status, clean(words))
		}
	})
}

// tell sends a NOTIFY, or keeps it until the one before is answered. Of several that wait the newest is sent.
func (l *Leg) tell(r *referral, status int, words string) {
	if r.over || status < trying || status > 699 {
		return
	}
	f := fragment{status, words}
	r.over = f.last()
	switch {
	case !r.told:
		if r.over {
			l.referrals.forget(r)
		}
	case r.tx != nil:
		r.wait = &f
	default:
		l.notify(r, f)
	}
}

// notify sends one NOTIFY (RFC 6665, RFC 3515 2.4.5).
func (l *Leg) notify(r *referral, f fragment) {
	if l.phase != legTalking {
		return
	}
	out, t, err := l.request("NOTIFY")
	if err != nil {
		l.log("NOTIFY has nowhere to go", err)
		return
	}
	state, event := "active;expires=180", "refer"
	if f.last() {
		state = "terminated;reason=noresource"
	}
	if r.named {
		event += ";id=" + strconv.FormatUint(uint64(r.event), 10)
	}
	out.extra = []string{"Event: " + event, "Subscription-State: " + state}
	out.ctype, out.body = "message/sipfrag;version=2.0", []byte(f.text())
	l.save()
	tx := &clientTx{out: out, contact: l.srv.contactFor}
	done := func() {
		if r.tx == tx {
			r.tx = nil
			l.notified(r, f)
		}
	}
	tx.onResponse = func(m *response) {
		if m.StatusCode >= 200 {
			done()
		}
	}
	tx.onFail = func(err error) {
		l.log("NOTIFY was not answered", err)
		done()
	}
	r.tx = tx
	l.w.begin(tx, t)
}

// notified goes on when a NOTIFY has been answered, however. That its subscription is unknown says nothing of the call.
func (l *Leg) notified(r *referral, f fragment) {
	if next := r.wait; next != nil {
		r.wait = nil
		l.notify(r, *next)
		return
	}
	if f.last() {
		l.referrals.forget(r)
	}
}

// flush sends what still waits, before a BYE.
func (l *Leg) flushReferrals() {
	for _, r := range l.referrals.list {
		if next := r.wait; next != nil {
			r.wait = nil
			l.notify(r, *next)
		}
	}
}

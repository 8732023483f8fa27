package sip

import (
	"strings"

	"hotline/call"
)

// replaces names a dialog that is to be taken over (RFC 3891 section 6.1): its Call-ID, and its tags as the
// one who has to give it up knows them.
type replaces struct {
	callID    string
	toTag     string // ours
	fromTag   string // the far end's
	earlyOnly bool
}

// The most of it that is read.
const (
	replacesCallID = 256
	replacesTag    = 128
)

// readReplaces reads a Replaces value.
func readReplaces(value string) (replaces, error) {
	r := replaces{callID: strings.TrimSpace(value[:endOfValue(value, ';')])}
	r.toTag, _ = paramOf(value, "to-tag")
	r.fromTag, _ = paramOf(value, "from-tag")
	_, r.earlyOnly = paramOf(value, "early-only")
	switch {
	case r.callID == "" || len(r.callID) > replacesCallID || strings.ContainsAny(r.callID, " \t,"):
		return replaces{}, call.Errorf(call.CodeInvalid, "Replaces names no Call-ID")
	case r.toTag == "" || r.fromTag == "" || len(r.toTag) > replacesTag || len(r.fromTag) > replacesTag:
		return replaces{}, call.Errorf(call.CodeInvalid, "Replaces lacks a tag")
	}
	return r, nil
}

// replaced is what was found of a dialog that is to be taken over.
type replaced struct {
	ref    call.LegRef
	early  bool // a phone's INVITE that we have not answered yet
	status int  // 0: it may be taken over; else why not, as a final response
}

// search looks for a dialog, whatever worker owns its Call-ID, and brings what it finds back to this one. It comes at once where
// this worker owns it. referred: it is a transfer that names it, by which phone it was begun does not matter.
func (w *worker) search(r replaces, referred bool, then func(replaced)) {
	owner := w.srv.workers[w.srv.shard(r.callID)]
	if owner == w {
		then(w.replaceable(r, referred))
		return
	}
	owner.box.put(func(o *worker) {
		found := o.replaceable(r, referred)
		w.box.put(func(*worker) { then(found) })
	})
}

// replaceable judges a dialog of this worker's (RFC 3891 section 3).
func (w *worker) replaceable(r replaces, referred bool) replaced {
	l := w.dialogs[dialogKey{r.callID, r.toTag}]
	switch {
	case l == nil || !l.hasRemoteTag(r.fromTag):
		return replaced{status: 481}
	case l.phase == legInvited && referred: // it transfers to whom it has called and who still rings
		return replaced{ref: call.LegRef{Call: l.st.Call, Leg: l.id}, early: true}
	case l.phase == legInvited: // an early dialog that we did not begin
		return replaced{status: 481}
	case l.asked || l.phase == legEnding || l.phase == legEnded:
		return replaced{status: 603}
	case r.earlyOnly && l.phase != legRinging:
		return replaced{status: 486}
	}
	return replaced{ref: call.LegRef{Call: l.st.Call, Leg: l.id}}
}

// hasRemoteTag tells that a tag is the far end's of this dialog, or of one of its early dialogs.
func (l *Leg) hasRemoteTag(tag string) bool {
	if l.phase != legRinging {
		return l.st.RemoteTag == tag
	}
	for _, f := range l.forks {
		if !f.over && f.early[tag] != nil {
			return true
		}
	}
	return false
}

// takeOver serves an INVITE that is to take a leg of ours over: it is found first. Only phones of ours may.
func (w *worker) takeOver(tx *serverTx, r *request, by sender, inc call.Incoming) {
	values := r.raw.all("replaces")
	wanted, err := readReplaces(values[0])
	switch {
	case len(values) > 1 || err != nil || r.raw.has("join"):
		tx.reply(bad400("Replaces"))
		return
	case by.phone == nil:
		w.srv.refused("replaces")
		tx.reply(reply{status: 403, reason: "Only phones of this domain may take calls over"})
		return
	}
	w.search(wanted, false, func(found replaced) {
		switch {
		case tx.state != serverProceeding: // cancelled meanwhile
		case found.status != 0:
			w.srv.refused("replaces")
			tx.reply(reply{status: found.status})
		default:
			inc.Replaces, inc.EarlyOnly = &found.ref, wanted.earlyOnly
			w.invite(tx, r, by, inc)
		}
	})
}

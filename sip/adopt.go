package sip

import "hotline/call"

// Adopt gives the leg to another call: its events go to that call's owner from now on. What is on its way to the old one is his
// to pass on; a leg that has ended by now tells the new owner so, and one that rang, as far as the old one knew, and has been answered.
func (l *Leg) Adopt(id call.ID, o Owner, rings bool) {
	l.w.box.put(func(*worker) {
		if l.phase == legEnded {
			o.LegEvent(l.id, call.LegEnded{Cause: call.CausePeerGone})
			return
		}
		l.srv.trace.End(l.st.CallID, l.st.Call)
		l.srv.trace.Begin(l.st.CallID, id) // in both calls' ladders from here on
		l.owner, l.st.Call = o, id
		if l.saved {
			l.save()
		}
		if rings && l.phase == legTalking {
			media := l.st.Media
			l.emit(call.LegAnswered{Media: &media})
		}
	})
}

package live

import (
	"slices"

	"go.uber.org/zap"

	"hotline/call"
)

// watcher is a supervisor in the call, or on the way into it.
type watcher struct {
	seat   *seat // the supervisor's
	mode   call.SuperviseMode
	of     call.SeatID
	follow bool    // is out of the call when that agent is
	ready  bool    // has picked up
	there  bool    // and hears, or does, what he wants
	shift  call.ID // whose line it is, lent to this call; empty: this call has rung it
	gone   bool    // the line is no more
}

// supervise brings a supervisor in, changes his mode without a new ring, or cuts the call.
func (a *Actor) supervise(m Supervise) error {
	if m.Mode == call.Release {
		a.end(ending{by: call.PartySystem, cause: call.CauseSupervisor, words: "cut by " + string(m.By)})
		return nil
	}
	s := a.current()
	switch {
	case m.Follow && (s == nil || m.Of != s.id && m.Of != a.caller.seat): // his phone rings, or he is asked aside: as soon as he talks
		a.later = slices.DeleteFunc(a.later, func(o Supervise) bool { return o.By == m.By })
		if len(a.later) < watchersMost {
			a.later = append(a.later, m)
		}
		return nil
	case s == nil:
		return call.Errorf(call.CodeConflict, "nobody talks to an agent in this call now")
	case m.Of != "" && m.Of != s.id && m.Of != a.caller.seat:
		return call.Errorf(call.CodeConflict, "agent %s is not in the conversation", m.Of)
	case m.By == s.id || m.By == a.caller.seat && m.By != "":
		return call.Errorf(call.CodeConflict, "agent %s is in the conversation already", m.By)
	case len(a.watching) >= watchersMost:
		return call.Errorf(call.CodeCapacity, "%d supervisors are in the call already", watchersMost)
	}
	if w := a.watcherBy(m.By); w != nil {
		a.changeMode(w, m.Mode)
		return nil
	}
	if m.Of == "" {
		m.Of = s.id
	}
	if m.Shift != "" {
		return a.borrow(m)
	}
	to := call.Destination{Kind: call.ToAgent, Dialled: string(m.By), Agent: m.By, Phone: m.Phone}
	rung, err := a.callSeat(to, m.By, true, m.Mode.String()+" of agent "+string(m.Of))
	if err != nil {
		return call.Errorf(call.CodeConflict, "phone %s can't be rung: %w", m.Phone, err)
	}
	a.watching = append(a.watching, &watcher{seat: rung, mode: m.Mode, of: m.Of, follow: m.Follow})
	return nil
}

// superviseLater brings those in who follow a seat that talks now.
func (a *Actor) superviseLater() {
	later := a.later
	a.later = nil
	for _, m := range later {
		if err := a.supervise(m); err != nil {
			a.deps.Log.Info("a supervisor who follows an agent is not in the call", zap.String("supervisor", string(m.By)), zap.Error(err))
		}
	}
}

// watchersMost is how many supervisors may be in a call.
const watchersMost = 4

func (a *Actor) watcherBy(by call.SeatID) *watcher {
	for _, w := range a.watching {
		if w.seat.id == by {
			return w
		}
	}
	return nil
}

func (a *Actor) changeMode(w *watcher, mode call.SuperviseMode) {
	switch {
	case mode == call.Intercept && w.ready && !w.there:
		w.mode = mode
		a.join(w)
	case !w.there || mode == w.mode:
		w.mode = mode
	case mode == call.Intercept:
		a.intercept(w)
	default:
		w.mode = mode
		a.emit(call.SupervisorChanged{Seat: w.seat.id, Leg: w.seat.legID, Mode: mode})
		a.flush()
		a.arrange()
	}
}

// watcherNews is what a supervisor's phone says.
func (a *Actor) watcherNews(m LegNews) bool {
	for _, w := range a.watching {
		if w.seat.legID != m.Leg {
			continue
		}
		switch ev := m.Event.(type) {
		case call.LegAnswered:
			switch {
			case !w.ready:
				a.watcherThere(w, ev.Media)
			case ev.Media != nil: // the ACK of a leg that has taken the place of his
				a.negotiated(m.Leg, *ev.Media)
			}
		case call.LegChanged:
			a.negotiated(m.Leg, ev.Media)
		case call.LegFailed:
			w.seat.status, w.gone = ev.Status, true
			a.unwatch(w, ev.Words)
		case call.LegEnded:
			w.gone = true
			a.unwatch(w, "hung up")
		}
		return true
	}
	return false
}

// watcherThere takes a supervisor who picked up. One who was on the line before anybody talked waits for that, so
// that he misses no word (arrange).
func (a *Actor) watcherThere(w *watcher, media *call.MediaSpec) {
	w.ready, w.seat.state = true, seatAside
	a.pickedUp(w.seat, media)
	if w.shift == "" || w.mode == call.Intercept || a.near() != "" {
		a.join(w)
	}
}

// joinReady brings those in who waited for the conversation.
func (a *Actor) joinReady() {
	if a.near() == "" {
		return
	}
	for _, w := range a.watching {
		if w.ready && !w.there {
			a.join(w)
		}
	}
}

// join has a supervisor hear, or do, what he wants.
func (a *Actor) join(w *watcher) {
	w.there = true
	a.emit(call.SupervisorJoined{Seat: w.seat.id, Phone: w.seat.phone, Leg: w.seat.legID, Mode: w.mode, Of: w.of})
	a.flush()
	if w.mode == call.Intercept {
		a.intercept(w)
		return
	}
	a.arrange()
	if s := a.current(); s != nil && a.deps.House.Queue(s.queue).WarnSupervised {
		a.deps.Player.Play(s.legID, []string{warning}, false)
		a.deps.Player.Play(a.caller.id, []string{warning}, false)
	}
}

// warning is the tone both hear when a supervisor comes in, where the queue wants it.
const warning = "beep"

// intercept gives the customer to the supervisor; the agent's part is over.
func (a *Actor) intercept(w *watcher) {
	s := a.current()
	if s == nil {
		a.unwatch(w, "nobody talks to an agent any more")
		return
	}
	if a.aside != nil {
		a.dropAside(call.CauseSupervisor, "a supervisor took over")
	}
	if a.verifying != nil {
		a.verifyOver(call.VerifyNone, "a supervisor took over")
	}
	w.mode = call.Intercept
	a.emit(call.SupervisorChanged{Seat: w.seat.id, Leg: w.seat.legID, Mode: call.Intercept})
	a.emit(call.Transferred{By: s.id, Mode: call.TransferComplete, To: string(w.seat.id), Leg: w.seat.legID, Reason: "the supervisor takes over"})
	a.watching = slices.DeleteFunc(a.watching, func(o *watcher) bool { return o == w })
	if w.shift != "" { // the line stays here
		a.sendBack(w.shift, Returned{Words: "took the customer over"})
	}
	a.dropAsked("a supervisor took over")
	if a.out != nil {
		a.leaveOutside(ending{})
	}
	a.seatLeft(s, ending{by: call.PartySystem, cause: call.CauseSupervisor, words: "supervisor " + string(w.seat.id) + " took over"})
	a.flow.agentLast = false
	a.talkTo(w.seat)
}

// unwatch takes a supervisor out of the call.
func (a *Actor) unwatch(w *watcher, words string) {
	a.watching = slices.DeleteFunc(a.watching, func(o *watcher) bool { return o == w })
	switch {
	case w.seat.legID == "": // the line is on the way here, and goes back as it comes
		return
	case !w.there && w.shift == "":
		a.seatCallOver(w.seat, call.OfferUnreachable, w.seat.status, words)
		return
	case !w.ready:
		a.emit(call.SeatCallEnded{
			Leg: w.seat.legID, Seat: w.seat.id, Phone: w.seat.phone, Result: call.OfferWithdrawn, Aside: true, Reason: words,
		})
	case w.there:
		a.emit(call.SupervisorLeft{Seat: w.seat.id, Leg: w.seat.legID, Reason: words})
	}
	a.flush()
	a.arrange()
	if w.shift != "" {
		a.restore(w)
	} else {
		a.drop(w.seat, call.CauseNormal)
	}
	a.disengage(w.seat.id, 0)
}

// unfollow takes those out who follow a seat that leaves; they wait for its next call.
func (a *Actor) unfollow(s *seat) {
	for _, w := range slices.Clone(a.watching) {
		if w.follow && w.of == s.id {
			a.unwatch(w, "the agent's part of the call is over")
		}
	}
}

func (a *Actor) unsupervise(m Unsupervise) error {
	w := a.watcherBy(m.By)
	if w == nil {
		return call.Errorf(call.CodeNotFound, "%s is not in this call as a supervisor", m.By)
	}
	a.unwatch(w, "left")
	return nil
}

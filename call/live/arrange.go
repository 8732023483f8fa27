package live

import (
	"slices"

	"hotline/call"
)

// arrange has the sound follow the call's state. It may be called whenever that has
// changed; nothing happens if who hears whom has not.
func (a *Actor) arrange() {
	a.joinReady()
	now := a.hearing()
	if slices.EqualFunc(now, a.arranged, func(x, y Hearing) bool { return x.Leg == y.Leg && slices.Equal(x.From, y.From) }) {
		return
	}
	a.arranged = now
	a.deps.Bridge.Arrange(now)
	a.forkVoices()
}

// hearing is who hears whom, as a function of the call's state and of nothing else.
// A caller in a flow or a queue is heard by nobody, so that what he keys in, a PIN, is
// audible to no monitor either.
func (a *Actor) hearing() []Hearing {
	talk := a.talk()
	barging := a.watchersIn(call.Barge)
	near := a.near()
	heard := talk // by supervisors
	if len(heard) == 0 && near != "" {
		heard = []call.LegID{near}
	}
	if near == "" {
		barging = nil
	}
	all := slices.Concat(talk, barging)
	var out []Hearing
	deaf := a.deaf()
	for _, leg := range talk {
		if leg == deaf {
			out = append(out, Hearing{Leg: leg})
			continue
		}
		out = append(out, Hearing{leg, append(others(all, leg), a.whispersTo(leg)...)})
	}
	if to := slices.Concat(barging, a.whispersTo(near)); len(talk) == 0 && near != "" && len(to) > 0 {
		out = append(out, Hearing{near, to})
	}
	for _, w := range a.watching {
		if w.there && near != "" {
			out = append(out, Hearing{w.seat.legID, others(slices.Concat(heard, barging), w.seat.legID)})
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// talk is who hear one another.
func (a *Actor) talk() []call.LegID {
	s := a.current()
	switch {
	case a.stage == StageTalking && s != nil && s.state == seatTalking:
		return a.talkAtSeat(s)
	case a.stage == StageCalling && s != nil && a.early:
		return []call.LegID{a.caller.id, s.legID}
	case a.out != nil && a.out.joined && (a.stage == StageOutside || a.stage == StageDialling):
		return []call.LegID{a.caller.id, a.out.legID}
	}
	return nil
}

// deaf is who is heard before he has answered and hears nobody: no talk goes by a call that is not
// answered, hence not charged and not counted. Empty: nobody, or the trunk's early_media says otherwise.
func (a *Actor) deaf() call.LegID {
	switch x := a.aside; {
	case a.stage == StageCalling && !a.earlyTalk:
		return a.caller.id
	case a.stage == StageDialling && a.out != nil && !a.out.talk:
		return a.out.legID
	case x != nil && x.out != nil && !x.there && !x.out.talk:
		return x.out.legID
	}
	return ""
}

// talkAtSeat: a seat that asks somebody talks to him, the caller is on hold; in a conference all three talk.
func (a *Actor) talkAtSeat(s *seat) []call.LegID {
	x := a.aside
	switch {
	case x != nil && x.joint:
		return []call.LegID{a.caller.id, s.legID, x.legID()}
	case x != nil && x.audible():
		return []call.LegID{s.legID, x.legID()}
	case x != nil || s.parked || a.verifying != nil:
		return nil
	}
	return []call.LegID{a.caller.id, s.legID}
}

// whispersTo are the supervisors who are heard by this leg alone: that of the agent they are with, whichever of the
// conversation's two he is when agents talk among themselves.
func (a *Actor) whispersTo(leg call.LegID) (legs []call.LegID) {
	near := a.near()
	for _, w := range a.watching {
		ear := near
		if w.of == a.caller.seat && near != "" {
			ear = a.caller.id
		}
		if w.there && w.mode == call.Whisper && ear == leg {
			legs = append(legs, w.seat.legID)
		}
	}
	return legs
}

// near is the leg of the seat in the conversation; empty: there is none.
func (a *Actor) near() call.LegID {
	if s := a.current(); s != nil && a.stage == StageTalking && s.state == seatTalking {
		return s.legID
	}
	return ""
}

func (a *Actor) watchersIn(mode call.SuperviseMode) (legs []call.LegID) {
	for _, w := range a.watching {
		if w.there && w.mode == mode {
			legs = append(legs, w.seat.legID)
		}
	}
	return legs
}

// others are all but one. The list is the caller's own.
func others(all []call.LegID, one call.LegID) []call.LegID {
	out := make([]call.LegID, 0, len(all)+1)
	for _, leg := range all {
		if leg != one {
			out = append(out, leg)
		}
	}
	return out
}

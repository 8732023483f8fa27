package acd

import "hotline/call"

// planForce is a supervisor's hand on a step.
func (e *Engine) planForce(in PlanForce) {
	p := e.planNamed(in.Plan)
	if p == nil {
		e.emit(Rejected{Input: in.Kind(), Code: call.CodeNotFound, Words: "there is no plan " + in.Plan})
		return
	}
	s := p.step(in.Step)
	if s == nil {
		e.emit(Rejected{Input: in.Kind(), Code: call.CodeNotFound, Words: "plan " + in.Plan + " has no step " + in.Step})
		return
	}
	s.hold, s.by = in.Hold, in.By
	why := "forced " + in.Hold.String() + " by " + in.By
	if in.Reason != "" {
		why += ": " + in.Reason
	}
	switch {
	case in.Hold == HoldOn && !s.active:
		e.stepOn(s, in.By, why)
	case in.Hold == HoldOff && s.active:
		e.stepOff(s, in.By, why)
		e.staffMoved = true // what it leaves of the plan's ceiling is for the others
	case in.Hold == HoldOff:
		s.moved, s.why = e.instant(), why
	case in.Hold == Auto:
		s.by = ""
		if s.active && !p.open {
			e.stepOff(s, in.By, "given back by "+in.By+" outside the plan's hours")
		}
	}
	e.touch(p)
}

// notSignedIn are those of a list who could be called in.
func (e *Engine) notSignedIn(list []call.SeatID) []call.SeatID {
	var out []call.SeatID
	for _, id := range list {
		if s := e.seats[id]; s != nil && !s.removed && s.phone == nil {
			out = append(out, id)
		}
	}
	return out
}

// ownBreak tells whether the engine itself gave a break, for a call declined or let ring.
func ownBreak(a ask) bool { return a.Reason == "declined" || a.Reason == "no_answer" }

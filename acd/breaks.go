package acd

import (
	"strconv"
	"time"

	"hotline/call"
)

// BreakDecided is a supervisor's word on the break an agent has asked for.
type BreakDecided struct {
	Seat    call.SeatID `json:"seat"`
	Approve bool        `json:"approve"`
	By      string      `json:"by"` // who decides, for the words
	Reason  string      `json:"reason,omitempty"`
}

// WrapUpSet gives a seat in wrap-up Minutes from now on, or with none ends it.
type WrapUpSet struct {
	Seat    call.SeatID `json:"seat"`
	Minutes int         `json:"minutes,omitempty"` // 1–60; 0: end it
	By      string      `json:"by"`
}

// BreakAsked tells of a break that needs approval: that it was asked for, and what became of it.
type BreakAsked struct {
	Seat    call.SeatID  `json:"seat"`
	Reason  string       `json:"reason,omitempty"`
	Minutes int          `json:"minutes,omitempty"`
	Verdict BreakVerdict `json:"verdict"`
	Why     string       `json:"why"`
}

// WrapUpMoved tells that a wrap-up ends at another time than WrapUp said.
type WrapUpMoved struct {
	Call     call.ID     `json:"call"`
	Seat     call.SeatID `json:"seat"`
	Deadline time.Time   `json:"deadline"`
	Node     string      `json:"node,omitempty"` // holds the call: the effect is addressed to it
	Reason   string      `json:"reason"`
}

func (BreakDecided) Kind() string { return "break_decided" }
func (WrapUpSet) Kind() string    { return "wrap_up_set" }
func (BreakAsked) Kind() string   { return "break_asked" }
func (WrapUpMoved) Kind() string  { return "wrap_up_moved" }

// BreakVerdict is what became of a break asked for.
type BreakVerdict uint8

// The verdicts.
const (
	BreakPending   BreakVerdict = iota // it waits for a supervisor
	BreakApproved                      // it begins, in a call after it
	BreakRefused                       // the seat goes on as it was
	BreakWithdrawn                     // the agent asked for something else meanwhile
)

var breakVerdicts = []string{"pending", "approved", "refused", "withdrawn"}

func (v BreakVerdict) String() string { return name(breakVerdicts, v) }

// MarshalText gives the verdict's name.
func (v BreakVerdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a verdict's name.
func (v *BreakVerdict) UnmarshalText(b []byte) (err error) {
	*v, err = parse[BreakVerdict]("break verdict", breakVerdicts, b)
	return err
}

// breakRequest is a break that waits for approval. The seat goes on meanwhile as
// if nothing had been asked; there is no time limit to it.
type breakRequest struct {
	Reason  string `json:"reason,omitempty"`
	Minutes int    `json:"minutes,omitempty"`
	Since   int64  `json:"since"`
}

// needsApproval tells whether a state asked for has to be approved first. A
// supervisor who sets it has approved.
func (e *Engine) needsApproval(s *seat, in SeatStateSet) bool {
	return in.State == call.SeatBreak && !in.Forced && e.whyApprove(s) != ""
}

// whyApprove says why a break of the seat needs approval; empty: it does not.
func (e *Engine) whyApprove(s *seat) string {
	if s.agent.ApproveBreaks {
		return "breaks of group " + s.agent.Group + " need approval"
	}
	if by := e.breaksCancelled(s); by != "" {
		return "plan " + by + " has cancelled breaks: one needs approval now"
	}
	return ""
}

// askBreak notes a break that needs approval.
func (e *Engine) askBreak(s *seat, in SeatStateSet) {
	s.pause = &breakRequest{Reason: in.Reason, Minutes: in.Minutes, Since: e.now}
	e.tellBreak(s, BreakPending, e.whyApprove(s))
	if !s.state.InCall() && s.state != call.SeatWrapUp {
		e.rest(s, "") // the phone may be another one
	}
}

func (e *Engine) tellBreak(s *seat, v BreakVerdict, why string) {
	e.emit(BreakAsked{Seat: s.agent.ID, Reason: s.pause.Reason, Minutes: s.pause.Minutes, Verdict: v, Why: why})
}

// dropBreak ends a request that the agent's next wish, or leaving, has overtaken.
func (e *Engine) dropBreak(s *seat, why string) {
	if s.pause != nil {
		e.tellBreak(s, BreakWithdrawn, why)
		s.pause = nil
	}
}

// breakDecided lets a break begin, after the call if there is one, or not.
func (e *Engine) breakDecided(in BreakDecided) {
	s := e.seats[in.Seat]
	switch {
	case s == nil || s.removed:
		e.reject(in, in.Seat, call.CodeNotFound, "there is no agent "+string(in.Seat))
	case s.pause == nil:
		e.reject(in, in.Seat, call.CodeConflict, "agent "+string(in.Seat)+" has not asked for a break that waits for approval")
	case !in.Approve:
		e.tellBreak(s, BreakRefused, because(in.By+" refused it", in.Reason))
		s.pause = nil
	default:
		e.grantBreak(s, because(in.By+" approved it", in.Reason))
	}
}

func (e *Engine) grantBreak(s *seat, why string) {
	e.tellBreak(s, BreakApproved, why)
	to := ask{State: call.SeatBreak, Reason: s.pause.Reason, Minutes: s.pause.Minutes}
	s.pause = nil
	if s.state != call.SeatWrapUp { // whose end is the agent's own business
		e.asked(s, to)
		return
	}
	s.want, s.unregistered = to, false
	e.noticeKnown(s)
}

func because(words, reason string) string {
	if reason == "" {
		return words
	}
	return words + ": " + reason
}

// reviewBreaks grants what needs no approval any more by the rules now in force.
func (e *Engine) reviewBreaks() {
	for _, s := range e.roster {
		if s.pause != nil && !s.removed && e.whyApprove(s) == "" {
			e.grantBreak(s, "breaks of group "+s.agent.Group+" need no approval any more")
		}
	}
}

// longestWrapUp is how many minutes one extension may give.
const longestWrapUp = 60

// wrapUpSet moves the end of a wrap-up.
func (e *Engine) wrapUpSet(in WrapUpSet) {
	s := e.seats[in.Seat]
	switch {
	case s == nil:
		e.reject(in, in.Seat, call.CodeNotFound, "there is no agent "+string(in.Seat))
	case s.state != call.SeatWrapUp:
		e.reject(in, in.Seat, call.CodeConflict, "agent "+string(in.Seat)+" is not in wrap-up but "+s.state.String())
	case in.Minutes < 0 || in.Minutes > longestWrapUp:
		e.reject(in, in.Seat, call.CodeInvalid, "wrap-up can be extended by 1 to "+strconv.Itoa(longestWrapUp)+" minutes at a time")
	case in.Minutes == 0:
		e.endWrapUp(s, in.By+" ended it")
	default:
		length := time.Duration(in.Minutes) * time.Minute
		deadline := later(e.now, length)
		e.arm(&s.timer, deadline)
		e.emit(WrapUpMoved{
			Call: s.caller.id, Seat: s.agent.ID, Deadline: at(deadline), Node: s.caller.node,
			Reason: in.By + " gave it " + span(length) + " from now",
		})
	}
}

func (e *Engine) reject(in Input, seat call.SeatID, code call.Code, words string) {
	e.emit(Rejected{Input: in.Kind(), Seat: seat, Code: code, Words: words})
}

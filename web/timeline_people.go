package web

import (
	"fmt"

	"hotline/call"
)

// peopleSentence says an event of a call between people.
func peopleSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.SeatCalled:
		return fmt.Sprintf("%s is rung at phone %s", nameOf(ev.Seat), ev.Phone) + because(ev.Reason)
	case call.SeatCallEnded:
		return fmt.Sprintf("ringing %s at phone %s: %s", nameOf(ev.Seat), ev.Phone, ev.Result) + because(ev.Reason)
	case call.Transferred:
		return fmt.Sprintf("%s transfers the caller (%s) to %s", nameOf(ev.By), ev.Mode, ev.To) + because(ev.Reason)
	case call.TransferFailed:
		return fmt.Sprintf("the transfer to %s came to nothing", ev.To) + because(ev.Reason)
	case call.Consulted:
		return fmt.Sprintf("%s talks to %s, the caller waits", nameOf(ev.By), ev.With)
	case call.Conferenced:
		return fmt.Sprintf("the caller, %s and %s talk together", nameOf(ev.By), ev.With)
	case call.AsideLeft:
		return fmt.Sprintf("whom the seat had asked is out of the call (%s)", ev.Cause) + because(ev.Reason)
	case call.SurveySent:
		return nameOf(ev.Seat) + " sends the caller to the rating"
	case call.SeatMoved:
		return fmt.Sprintf("%s goes on at phone %s", nameOf(ev.Seat), ev.Phone)
	case call.VerifyBegan:
		return fmt.Sprintf("%s sends the caller to flow %s to be verified", nameOf(ev.Seat), ev.Flow)
	case call.VerifyEnded:
		return fmt.Sprintf("the caller is back from verification %s: %s", ev.Flow, ev.Result) + because(ev.Reason)
	case call.HelpAsked:
		return nameOf(ev.Seat) + " asks for the supervisor" + because(ev.Reason)
	}
	return supervisionSentence(ev)
}

func supervisionSentence(ev call.Event) string {
	switch ev := ev.(type) {
	case call.SupervisorJoined:
		return fmt.Sprintf("supervisor %s comes in at phone %s to %s %s", ev.Seat, ev.Phone, ev.Mode, ev.Of)
	case call.SupervisorChanged:
		return fmt.Sprintf("supervisor %s goes on to %s", ev.Seat, ev.Mode)
	case call.SupervisorLeft:
		return fmt.Sprintf("supervisor %s is out of the call", ev.Seat) + because(ev.Reason)
	}
	return ev.Kind()
}

// nameOf is a seat, which may be a phone nobody is signed in at.
func nameOf(seat call.SeatID) string {
	if seat == "" {
		return "a phone"
	}
	return "agent " + string(seat)
}

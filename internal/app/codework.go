package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/ivr/code"
	"hotline/web"
)

// codeWork is what is done for a phone that has dialled a code.
type codeWork struct {
	*App
	phone string
	from  string // its address

	studio *studio // Prompts: what was recorded
}

// do carries out an order. after is to be done once the phone has hung up: nobody gets a call
// at a phone that is talking to us.
func (w codeWork) do(o code.Order) (outcome code.Outcome, after func()) {
	switch o.Deed {
	case code.SignIn:
		return w.signIn(o)
	case code.Prompts:
		return w.recordPrompt(o), nil
	case code.SignOut, code.Ready, code.Busy, code.Break:
	}
	agent := w.floor.desks.at(w.phone)
	if agent == "" {
		return code.NotSignedIn, nil
	}
	set := acd.SeatStateSet{Seat: agent, Reason: o.Reason, Minutes: o.Minutes}
	switch o.Deed {
	case code.SignOut:
		set.State = call.SeatOffline
	case code.Ready:
		w.audit(agent, o.Deed, "")
		return code.Done, func() { w.set(acd.SeatStateSet{Seat: agent, State: call.SeatReady}) }
	case code.Busy:
		set.State = call.SeatBusy
	case code.Break:
		set.State = call.SeatBreak
	case code.SignIn, code.Prompts: // above
	}
	if !w.set(set) {
		return code.NotNow, nil
	}
	w.audit(agent, o.Deed, words(o))
	if o.Deed == code.Break && w.waits(agent) {
		return code.Asked, nil
	}
	return code.Done, nil
}

// signIn seats an agent who has proved to be himself. Somebody who is signed in elsewhere moves: he is where
// he has just shown his PIN. Somebody else who is signed in here has to be signed out first, by *12, which whoever sits
// at the phone may dial (docs/hotdesk.md).
func (w codeWork) signIn(o code.Order) (code.Outcome, func()) {
	if !o.Proven {
		if no := w.prove(o); no != code.Done {
			return no, nil
		}
	}
	if other := w.floor.desks.at(w.phone); other != "" && other != o.Agent {
		return code.PhoneInUse, nil
	}
	old := w.floor.desks.of(o.Agent)
	if !w.set(acd.SeatStateSet{Seat: o.Agent, State: call.SeatBusy, Reason: "signing_in", Phone: w.phone}) {
		return code.NotNow, nil
	}
	detail := ""
	if old != "" && old != w.phone {
		detail = "moved from phone " + old
	}
	w.audit(o.Agent, o.Deed, detail)
	return code.Done, func() { w.set(acd.SeatStateSet{Seat: o.Agent, State: call.SeatReady, Phone: w.phone}) }
}

// prove checks a PIN. An agent there is none of, and one without a PIN, are refused like a wrong one, after the same work.
func (w codeWork) prove(o code.Order) code.Outcome {
	if !w.pins.mayTry(w.phone, o.Agent, time.Now()) {
		w.note("pin.blocked", "phone "+w.phone, string(o.Agent), "")
		return code.TooMany
	}
	agent, known := w.rev.Load().agents[o.Agent]
	if right := samePIN(agent.PIN.Reveal(), o.PIN); !right || !known || agent.PIN.Empty() {
		w.pins.wrong(w.phone, o.Agent, time.Now())
		w.note("pin.wrong", "phone "+w.phone, string(o.Agent), "")
		w.log.Warn("a wrong PIN was dialled", zap.String("phone", w.phone), zap.String("agent", string(o.Agent)))
		return code.WrongPIN
	}
	w.pins.right(w.phone, o.Agent)
	return code.Done
}

// set asks routing for a seat's state; false: it has said no.
func (w codeWork) set(in acd.SeatStateSet) bool {
	if err := (backends{w.App}).ask(in.Seat, in); err != nil {
		w.log.Info("routing refused what a code asked for", zap.String("seat", string(in.Seat)), zap.Error(err))
		return false
	}
	return true
}

// waits tells that an agent's break waits for a supervisor's word.
func (w codeWork) waits(agent call.SeatID) bool {
	view := w.acd.Snapshot()
	for i := range view.Seats {
		if view.Seats[i].Agent == agent {
			return view.Seats[i].Break != nil
		}
	}
	return false
}

func words(o code.Order) string {
	var out []string
	if o.Reason != "" {
		out = append(out, "reason "+o.Reason)
	}
	if o.Minutes > 0 {
		out = append(out, strconv.Itoa(o.Minutes)+" minutes")
	}
	return strings.Join(out, ", ")
}

// audit notes what an agent did at a phone.
func (w codeWork) audit(agent call.SeatID, d code.Deed, detail string) {
	w.note("seat.code", string(agent), string(agent), strings.TrimSuffix(d.Prefix()+" at phone "+w.phone+"; "+detail, "; "))
}

func (w codeWork) note(action, who, object, detail string) {
	(backends{w.App}).Audit(context.Background(), web.AuditEntry{
		At: time.Now(), User: who, From: w.from, Action: action, Object: object, Detail: detail,
	})
}

package app

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/ivr"
	"hotline/web/dip"
)

// errands is what one call's flow has done outside the call.
type errands struct {
	app    *App
	call   call.ID
	called string
	number string // as the site has it
	caller call.Caller
	actor  func() *live.Actor // there once the call is made
}

// Ask asks a service. What is wanted of the answer is taken out of it here, so that neither
// the call nor its record ever holds the rest.
func (e errands) Ask(v call.FlowAsk) {
	a := e.actor()
	e.app.dips.Go(a.Done(), dip.Request{Service: v.Service, Method: v.Method, Path: v.Path, Body: v.Body}, func(answer dip.Answer, err error) {
		a.Post(live.FlowNews{Input: answered(v, answer, err)})
	})
}

// answered is a service's answer in the flow's words.
func answered(v call.FlowAsk, answer dip.Answer, err error) call.FlowInput {
	if err != nil {
		return call.FlowFault{Token: v.Token, Words: v.Service + ": " + wordsOf(err)}
	}
	if answer.Status < 200 || answer.Status > 299 {
		return call.FlowAnswered{Token: v.Token, Status: answer.Status}
	}
	values, err := ivr.PickFrom(answer.Body, v.Picks)
	if err != nil {
		return call.FlowFault{Token: v.Token, Words: fmt.Sprintf("%s: %s", v.Service, err)}
	}
	return call.FlowAnswered{Token: v.Token, Status: answer.Status, Values: values}
}

// wordsOf is an error without its code, for a timeline.
func wordsOf(err error) string {
	if e, ok := errors.AsType[*call.Error](err); ok {
		return e.Words
	}
	return err.Error()
}

// flowEvent is what a flow's webhook gets (docs/web.md).
type flowEvent struct {
	Event  string         `json:"event"`
	At     call.Stamp     `json:"at"`
	Node   string         `json:"node"`
	Call   call.ID        `json:"call"`
	Caller string         `json:"caller"`
	Called string         `json:"called"`
	Ticket string         `json:"ticket,omitempty"`
	Kind   string         `json:"kind,omitempty"` // of the ticket
	Data   map[string]any `json:"data"`
}

// Notify hands an event to a webhook of the site; what becomes of it the sender's log and metrics tell.
func (e errands) Notify(v call.FlowNotify) {
	e.send(v.To, flowEvent{Event: v.Event, Data: v.Data})
}

func (e errands) send(to string, ev flowEvent) {
	ev.At, ev.Node, ev.Call, ev.Caller, ev.Called = call.StampOf(time.Now()), e.app.node.Name, e.call, e.caller.Number, e.called
	if err := e.app.hooks.Send(hookOfFlow(to), ev.Event, ev); err != nil {
		e.app.log.Error("a flow's event is not sent", zap.String("call", string(e.call)), zap.String("webhook", to), zap.String("event", ev.Event), zap.Error(err))
	}
}

// Ticket opens a ticket and tells every webhook that wants to know.
func (e errands) Ticket(v call.FlowTicket) (string, error) {
	number, err := e.app.tickets.next(time.Now().In(e.app.rev.Load().site.Zone))
	if err != nil {
		return "", err
	}
	if v.To != "" {
		e.send(v.To, flowEvent{Event: "ticket_opened", Ticket: number, Kind: v.Kind, Data: v.Fields})
	}
	return number, nil
}

// Urgent are the prompts of the urgent announcements for a queue, or for the number that was called.
func (e errands) Urgent(queue string) []string { return e.app.bulletins.prompts(e.number, queue) }

// hookOfFlow names the webhook that flows tell.
func hookOfFlow(name string) string { return "flow/" + name }

// revealed are headers as they are sent.
func revealed(headers map[string]config.Secret) map[string]string {
	out := make(map[string]string, len(headers))
	for name, value := range headers {
		out[name] = value.Reveal()
	}
	return out
}

// servicesOf are the services of a site.
func servicesOf(site *config.Site) (out []dip.Service) {
	for i := range site.Services {
		s := &site.Services[i]
		out = append(out, dip.Service{
			Name: s.Name, URL: s.URL, Headers: revealed(s.Headers), Timeout: s.Timeout, Retries: s.Retries, MaxAnswer: s.MaxAnswer,
			AtOnce: s.AtOnce, Failures: s.Breaker.Failures, Pause: s.Breaker.Pause,
		})
	}
	return out
}

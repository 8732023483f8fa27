package live

import (
	"fmt"
	"time"

	"hotline/call"
)

// Errands is what a flow has done outside the call.
type Errands interface {
	// Ask asks a service. FlowNews with FlowAnswered or FlowFault follows, unless the call is over before.
	Ask(call.FlowAsk)
	// Notify tells a webhook something.
	Notify(call.FlowNotify)
	// Ticket opens a ticket and gives its number.
	Ticket(call.FlowTicket) (number string, err error)
	// Urgent are the prompts of the urgent announcements in force: for the number that was called, or for a queue.
	Urgent(queue string) []string
}

// FlowNews is the answer to something the flow has asked for. With FlowRendered comes the sound, for Voice.Rendered.
type FlowNews struct {
	Input call.FlowInput
	Sound any
}

func (FlowNews) message() {}

// Pressing tells that an urgent announcement has been switched on: who waits in one of the queues
// hears it, unless he has heard it already. Others come to hear it in their flow.
type Pressing struct {
	Queues []string // "*": all
	Prompt string
	Reason string
}

func (Pressing) message() {}

// pressed says an urgent announcement to a waiting caller.
func (a *Actor) pressed(m Pressing) {
	for _, q := range m.Queues {
		if (q == "*" || q == a.wait.queue) && a.hears([]string{m.Prompt}) {
			a.pressing(Urgent{Prompt: m.Prompt, Reason: m.Reason})
			return
		}
	}
}

// pressedHere says what is urgent in the queue the caller has come to.
func (a *Actor) pressedHere(queue string) {
	for _, prompt := range a.deps.Errands.Urgent(queue) {
		if a.hears([]string{prompt}) {
			a.pressing(Urgent{Prompt: prompt, Reason: "an urgent announcement"})
		}
	}
}

// hears notes that the caller is told something urgent, and reports whether it is news to him.
func (a *Actor) hears(prompts []string) (news bool) {
	for _, p := range prompts {
		news = news || !a.heard[p]
		if a.heard == nil {
			a.heard = map[string]bool{}
		}
		a.heard[p] = true
	}
	return news
}

// urgentFirst are the announcements that the flow is told of at its start.
func (a *Actor) urgentFirst() []string {
	prompts := a.deps.Errands.Urgent("")
	a.hears(prompts)
	return prompts
}

// errand carries out the verbs that reach out of the call. What is known at once is answered to the session that asked.
func (a *Actor) errand(v call.FlowVerb, answer func(call.FlowInput)) {
	switch v := v.(type) {
	case call.FlowLanguage:
		a.speak(v.Language)
	case call.FlowAsk:
		a.flush()
		if v.Music != "" {
			a.deps.Player.Play(a.caller.id, []string{v.Music}, true)
		}
		a.deps.Errands.Ask(v)
	case call.FlowNotify:
		a.emit(call.WebhookTold{To: v.To, Event: v.Event})
		a.flush()
		a.deps.Errands.Notify(v)
	case call.FlowTicket:
		a.ticket(v, answer)
	case call.FlowCallBack:
		a.backByFlow(v)
	case call.FlowRender:
		a.flush()
		a.deps.Voice.Render(v)
	case call.FlowRenderStop:
		a.deps.Voice.Unrender(v.Late)
	}
}

// speak has the caller hear everything in a language from here on.
func (a *Actor) speak(language string) {
	a.language = language
	a.emit(call.LanguageChosen{Language: language})
	a.deps.Player.Speak(a.caller.id, language)
}

func (a *Actor) ticket(v call.FlowTicket, answer func(call.FlowInput)) {
	number, err := a.deps.Errands.Ticket(v)
	if err != nil {
		answer(call.FlowFault{Token: v.Token, Words: err.Error()})
		return
	}
	fields := make(map[string]string, len(v.Fields))
	for name, value := range v.Fields {
		fields[name] = fmt.Sprint(value)
	}
	a.emit(call.TicketOpened{Ticket: number, Type: v.Kind, Fields: fields})
	a.flush()
	answer(call.FlowAnswered{Token: v.Token, Values: map[string]string{call.AnswerNumber: number}})
}

// backByFlow asks routing for a callback that a flow wants.
func (a *Actor) backByFlow(v call.FlowCallBack) {
	a.back = backState{asking: askingRouter, id: a.deps.IDs.Callback(), flow: v, out: true}
	who := a.brief.Caller
	who.Number = v.Number
	a.flush()
	a.deps.Callbacks.Take(Wish{ID: a.back.id, Queue: v.Queue, Skills: v.Skills, Priority: v.Priority, Entry: time.Now(), Caller: who})
}

// backInFlow is routing's word on it.
func (a *Actor) backInFlow(m Message) {
	v := a.back.flow
	if a.back.asking != askingRouter || v.Token == 0 {
		return
	}
	switch m := m.(type) {
	case BackTaken:
		if m.ID != a.back.id {
			return
		}
		a.back = backState{}
		a.emit(call.CallbackTaken{Callback: m.ID, Number: v.Number, Queue: v.Queue, Entry: time.Now()})
		a.step(call.FlowAnswered{Token: v.Token})
	case BackRefused:
		a.back = backState{}
		a.step(call.FlowFault{Token: v.Token, Words: m.Words})
	}
}

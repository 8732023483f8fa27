package live

import (
	"time"

	"hotline/call"
)

// Callbacks is the ACD's side of callbacks, in the call's words.
type Callbacks interface {
	// Take asks that the caller is called back. BackTaken or BackRefused answers.
	Take(Wish)
	// Dialled tells what became of dialling the customer, once a try.
	Dialled(result call.DialResult, words string)
}

// Wish is a caller's wish to be called back.
type Wish struct {
	ID call.CallbackID
	// Waits: he stands in a queue and takes his place along; else the place he had is named.
	Waits    bool
	Queue    string
	Skills   map[string]int
	Priority int
	Entry    time.Time
	Caller   call.Caller
}

// BackOffered asks the call to offer the caller to be called back, while he waits.
type BackOffered struct{ Queue, Reason string }

// BackTaken tells that the caller will be called back.
type BackTaken struct {
	ID     call.CallbackID
	Reason string
}

// BackRefused tells that he will not be.
type BackRefused struct{ Words string }

func (BackOffered) message() {}
func (BackTaken) message()   {}
func (BackRefused) message() {}

// The prompts of a callback, and the key that takes it.
const (
	promptBackOffer  = "callback_offer"     // press 1 to be called back
	promptBackTaken  = "callback_confirmed" // you will be; goodbye
	promptBackAgent  = "callback_agent"     // to the agent: a callback, the customer is dialled
	promptBackFailed = "callback_failed"    // to the agent: the customer was not reached
	keyTakeBack      = '1'
	keyKeepWaiting   = '2'
)

// backWindow is how long after the question began the key is the answer to it: the
// question takes some ten seconds.
const backWindow = 30 * time.Second

// RuleCallback is LeftQueue's rule of a caller who is called back.
const RuleCallback = "callback"

// asking is where the question to the caller is.
type asking uint8

const (
	askingNothing asking = iota
	askingCaller         // he hears it, or thinks about it
	askingRouter         // he has said yes
)

// backState is what the call knows of being called back.
type backState struct {
	asking asking
	out    bool // he stands in no queue any more: a no ends the wait
	id     call.CallbackID
	words  string            // of the rule
	flow   call.FlowCallBack // that a flow waits for
}

// backOffered asks the caller, in between the music.
func (a *Actor) backOffered(m BackOffered) {
	if a.back.asking != askingNothing {
		return
	}
	a.back = backState{asking: askingCaller, words: m.Reason}
	a.emit(call.CallbackOffered(m))
	a.tell(call.NoticeCallback, []string{promptBackOffer}, m.Reason)
	a.remind(call.NoticeCallback, backWindow)
}

// backDue is the end of the time to answer in.
func (a *Actor) backDue() {
	if a.back.asking == askingCaller {
		a.noBack("the caller did not say yes in time")
	}
}

// backKey takes a key pressed while waiting.
func (a *Actor) backKey(key byte) {
	if a.back.asking != askingCaller {
		return
	}
	switch key {
	case keyTakeBack:
		a.takeBack()
	case keyKeepWaiting:
		a.noBack("the caller would rather wait")
	}
}

// takeBack asks routing for the callback.
func (a *Actor) takeBack() {
	a.back.asking, a.back.id = askingRouter, a.deps.IDs.Callback()
	a.comfort.due[call.NoticeCallback] = time.Time{}
	a.flush()
	a.deps.Callbacks.Take(Wish{
		ID: a.back.id, Waits: !a.back.out, Queue: a.wait.queue, Skills: a.wait.skills,
		Priority: a.wait.priority, Entry: a.wait.entry, Caller: a.brief.Caller,
	})
}

// noBack leaves the caller where he is, or where a rule left him.
func (a *Actor) noBack(words string) {
	out, why := a.back.out, a.back.words
	a.back = backState{}
	a.comfort.due[call.NoticeCallback] = time.Time{}
	if out {
		a.backToFlow(call.FlowFault{Token: a.flow.enqueued, Words: why + "; " + words})
	}
}

// overflowedBack is a rule that sends the caller to a callback: he has left the
// queue already, and is asked first if the rule says so.
func (a *Actor) overflowedBack(m Overflowed) {
	a.emit(call.LeftQueue{Queue: m.From, Rule: m.Rule, To: "callback", Reason: m.Reason})
	a.endExperience()
	if a.wait.entry.IsZero() {
		a.wait.entry = time.Now()
	}
	a.wait.queue = m.From
	if m.Ask {
		a.backOffered(BackOffered{Queue: m.From, Reason: m.Reason})
		a.back.out = true
		return
	}
	a.back = backState{out: true, words: m.Reason}
	a.takeBack()
}

// backTaken tells the caller so and ends the call.
func (a *Actor) backTaken(m BackTaken) {
	if m.ID != a.back.id {
		return
	}
	v := a.back.flow
	a.noteTaken(m.Reason)
	a.stopRinging()
	if x := a.comfort.exp; v.Token != 0 && x != nil { // his flow tells him so
		a.followOn(x, call.FlowAnswered{Token: v.Token})
		return
	}
	a.lastWords(a.caller.id, promptBackTaken, ending{by: call.PartySystem, cause: call.CauseFlowEnd})
}

// noteTaken marks the record: the wait is over, and no abandon.
func (a *Actor) noteTaken(reason string) {
	if !a.back.out {
		a.emit(call.LeftQueue{Queue: a.wait.queue, Rule: RuleCallback, To: "callback", Reason: reason})
	}
	taken := call.CallbackTaken{Callback: a.back.id, Number: a.brief.Caller.Number, Queue: a.wait.queue, Entry: a.wait.entry}
	switch v := a.back.flow; {
	case v.Token == 0:
	case v.Queue == "":
		taken.Number = v.Number
	default: // of a flow, which had no place
		taken.Number, taken.Queue, taken.Entry = v.Number, v.Queue, time.Now()
	}
	a.emit(taken)
	a.back = backState{}
}

// backRefused lets him wait on, or go on by the bad case.
func (a *Actor) backRefused(m BackRefused) {
	v := a.back.flow
	switch {
	case a.back.asking != askingRouter:
	case v.Token != 0:
		a.back = backState{}
		a.hearsOn(call.FlowFault{Token: v.Token, Words: m.Words})
	default:
		a.noBack(m.Words)
	}
}

// lastWords plays a prompt to a leg and ends the call after it.
func (a *Actor) lastWords(leg call.LegID, prompt string, e ending) {
	a.enter(StageClosing)
	a.flush()
	a.closing, a.closingLeg = e, leg
	a.flow.play = a.deps.Player.Play(leg, []string{prompt}, false)
}

package live

import (
	"time"

	"hotline/call"
)

// experience is the flow that a waiting caller hears: a session beside the one that put him into the queue, and what
// sounds for it. Notices sound above it; its clock stands meanwhile, and what they have cut begins anew.
// It is a part of comfort, and ends with it.
type experience struct {
	flow     Flow
	inputs   []call.FlowInput // waiting for the step in progress
	stepping bool

	sound  []string // what sounds for it: prompts, or with loop music
	loop   bool
	play   uint64 // of the prompts now sounding
	token  uint64 // of the FlowPlay in force
	timer  *time.Timer
	timerT uint64        // token of the FlowTimer in force; 0: none
	after  time.Duration // of it

	placing uint64 // token of the FlowPlace that waits for routing's answer
	leaving uint64 // token of the FlowLeave
	to      string // where it leads
}

// tokenRoom is how far the tokens of a call's sessions lie apart.
const tokenRoom = 1 << 32

func (x *experience) timerC() <-chan time.Time {
	if x == nil {
		return nil
	}
	return fires(x.timer)
}

// hold stops its clock and forgets what sounds for it now.
func (x *experience) hold() {
	if x == nil {
		return
	}
	x.play = 0
	disarm(&x.timer)
}

// run starts its clock, from the beginning.
func (x *experience) run() {
	if x.timerT != 0 {
		x.timer = time.NewTimer(x.after)
	}
}

// beginExperience begins what the queue has its callers hear, once routing has given the place.
func (a *Actor) beginExperience() {
	if a.comfort.exp != nil || a.deps.Flow == nil {
		return
	}
	a.sessions++
	flow := a.deps.Flow.Waiting(a.wait.queue, a.wait.entry, a.sessions*tokenRoom)
	if flow == nil {
		return
	}
	a.comfort.exp = &experience{flow: flow}
	a.hearsOn(call.FlowStarted{})
}

// hearsOn gives an input to what a waiting caller hears. Nothing of it is left when a verb has ended it.
func (a *Actor) hearsOn(in call.FlowInput) {
	x := a.comfort.exp
	if x == nil {
		return
	}
	x.inputs = append(x.inputs, in)
	if x.stepping {
		return
	}
	x.stepping = true
	for len(x.inputs) > 0 && a.comfort.exp == x {
		next := x.inputs[0]
		x.inputs = x.inputs[1:]
		for _, v := range x.flow.Step(time.Now(), next) {
			if a.comfort.exp == x {
				a.doWaiting(x, v)
			}
		}
	}
	x.stepping = false
}

// doWaiting carries out one verb of what a waiting caller hears.
func (a *Actor) doWaiting(x *experience, v call.FlowVerb) {
	switch v := v.(type) {
	case call.FlowEnter:
		a.emit(call.NodeEntered{Flow: v.Flow, Node: v.Node, Type: v.Kind, Why: v.Why, Waiting: true})
	case call.FlowPlay:
		x.sound, x.loop, x.token = v.Prompts, false, v.Token
		a.hearExperience(x)
	case call.FlowMusic:
		x.sound, x.loop = a.musicOf(v.Music), true
		a.hearExperience(x)
	case call.FlowStop:
		x.sound, x.loop = nil, false
		a.hearExperience(x)
	case call.FlowTimer:
		x.timerT, x.after = v.Token, v.After
		if a.comfort.saying == 0 {
			x.run()
		}
	case call.FlowTimerStop:
		x.timerT = 0
		if x.timer != nil {
			x.timer.Stop()
			x.timer = nil
		}
	case call.FlowPlace:
		x.placing = v.Token
		a.deps.Router.Place()
	case call.FlowLeave:
		x.leaving, x.to = v.Token, v.To
		a.flush()
		a.deps.Router.LeaveQueue(a.wait.queue, v.To)
	case call.FlowCallBack:
		a.backFromQueue(v)
	case call.FlowAsk:
		if v.Music != "" {
			x.sound, x.loop = []string{v.Music}, true
			a.hearExperience(x)
		}
		v.Music = ""
		a.errand(v, a.hearsOn)
	case call.FlowListen:
		a.listen(v, a.hearsOn)
	case call.FlowListenStop:
		a.unlisten(false)
	case call.FlowLanguage, call.FlowNotify, call.FlowTicket, call.FlowRender, call.FlowRenderStop:
		a.errand(v, a.hearsOn)
	default: // FlowMenu decides nothing here; whatever ends a call comes when he has left the queue
	}
}

// endExperience has a caller who is in no queue any more, and is asked something, hear the music.
func (a *Actor) endExperience() {
	if x := a.comfort.exp; x != nil {
		x.hold()
		a.unlisten(false)
		a.comfort.exp = nil
		if a.comfort.saying == 0 {
			a.music(a.comfort.queue)
		}
	}
}

// musicOf is a piece of music, the queue's own where none is named.
func (a *Actor) musicOf(name string) []string {
	if name == "" {
		name = a.deps.House.Queue(a.comfort.queue).Music
	}
	if name == "" {
		return nil
	}
	return []string{name}
}

// hearExperience plays what the experience wants heard, unless a notice sounds: then when that has ended.
func (a *Actor) hearExperience(x *experience) {
	x.play = 0
	if a.comfort.saying != 0 {
		return
	}
	if len(x.sound) == 0 {
		a.deps.Player.Stop(a.caller.id)
		return
	}
	a.flush()
	play := a.deps.Player.Play(a.caller.id, x.sound, x.loop)
	if !x.loop {
		x.play = play
	}
}

// hearsAgain goes on with what a notice has cut: it begins anew.
func (a *Actor) hearsAgain() {
	x := a.comfort.exp
	if x == nil {
		a.music(a.comfort.queue)
		return
	}
	a.hearExperience(x)
	x.run()
}

// heardOut is the end of its prompts.
func (a *Actor) heardOut() {
	x := a.comfort.exp
	x.sound, x.play = nil, 0
	a.hearsOn(call.FlowPlayed{Token: x.token})
}

// experienceDue is its time-out.
func (a *Actor) experienceDue() {
	x := a.comfort.exp
	token := x.timerT
	x.timer, x.timerT = nil, 0
	a.hearsOn(call.FlowTimedOut{Token: token})
}

// stands answers it where the caller stands.
func (a *Actor) stands(m Where) {
	x := a.comfort.exp
	token := x.placing
	x.placing = 0
	a.hearsOn(call.FlowPlaced{Token: token, Ahead: m.Ahead, Wait: m.Wait})
}

// chosen is routing's word that the caller is out of the queue, as he has chosen: what he hears is the call's flow from here on.
func (a *Actor) chosen(m Overflowed) {
	x := a.comfort.exp
	a.emit(call.LeftQueue{Queue: m.From, Rule: m.Rule, To: x.to, Reason: m.Reason})
	a.wait.left = m.Place.Entry
	a.followOn(x, call.FlowLeft{Token: x.leaving})
}

// stays is routing's word that he is not: a seat was quicker.
func (a *Actor) stays(m Stays) {
	if x := a.comfort.exp; x != nil && x.leaving != 0 {
		token := x.leaving
		x.leaving = 0
		a.hearsOn(call.FlowFault{Token: token, Words: m.Words})
	}
}

// followOn has the call go on in the flow he has heard while he waited.
func (a *Actor) followOn(x *experience, in call.FlowInput) {
	a.unlisten(false)
	a.deps.Flow, a.flow = x.flow, flowState{}
	a.backToFlow(in)
}

// backFromQueue asks routing to make a callback of the caller's place.
func (a *Actor) backFromQueue(v call.FlowCallBack) {
	a.noBack("the caller has asked for it by himself")
	a.back = backState{asking: askingRouter, id: a.deps.IDs.Callback(), flow: v}
	who := a.brief.Caller
	who.Number = v.Number
	a.flush()
	a.deps.Callbacks.Take(Wish{
		ID: a.back.id, Waits: true, Queue: a.wait.queue, Skills: a.wait.skills, Priority: a.wait.priority, Entry: a.wait.entry, Caller: who,
	})
}

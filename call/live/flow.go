package live

import (
	"time"

	"hotline/call"
)

// flowState ties the flow's tokens to what was done for them.
type flowState struct {
	inputs    []call.FlowInput // waiting for the step in progress
	stepping  bool
	name      string
	timer     *time.Timer
	timerTok  uint64
	play      uint64 // of the prompts now sounding
	playTok   uint64
	enqueued  uint64 // token of the FlowEnqueue in force
	recording uint64 // token of the FlowRecord in force
	listening uint64 // token of the FlowListen under way, of what waiting callers hear as well
	agentLast bool   // the agent has hung up and the flow has given the caller nothing since
}

func (f *flowState) timerC() <-chan time.Time {
	return fires(f.timer)
}

func (f *flowState) stopTimer() {
	disarm(&f.timer)
}

// inArriving waits for the caller's ACK.
func (a *Actor) inArriving(m Message) {
	news, ok := m.(LegNews)
	if !ok {
		return
	}
	answered, ok := news.Event.(call.LegAnswered)
	if !ok {
		return
	}
	if answered.Media != nil {
		a.negotiated(news.Leg, *answered.Media)
	}
	if a.brief.Phone != nil { // it wants a queue
		a.joinQueue()
		return
	}
	a.enter(StageFlow)
	a.step(call.FlowStarted{Urgent: a.urgentFirst()})
}

// inFlow passes keys and the ends of prompts to the session.
func (a *Actor) inFlow(m Message) {
	switch m := m.(type) {
	case LegNews:
		if d, ok := m.Event.(call.LegDigit); ok && m.Leg == a.caller.id {
			a.step(call.FlowDigit{Digit: d.Digit})
		}
	case SoundNews:
		a.flowSound(m)
	case FlowNews:
		a.heardLast(m.Input)
		a.step(m.Input)
	case BackTaken, BackRefused:
		a.backInFlow(m)
	}
}

func (a *Actor) flowSound(m SoundNews) {
	if m.Leg != a.caller.id {
		return
	}
	switch ev := m.Event.(type) {
	case call.SoundDigit:
		a.step(call.FlowDigit{Digit: ev.Digit})
	case call.SoundPlayed:
		if ev.Play == a.flow.play && !ev.Cut {
			a.flow.play = 0
			a.step(call.FlowPlayed{Token: a.flow.playTok})
		}
	}
}

func (a *Actor) flowTimedOut() {
	tok := a.flow.timerTok
	a.flow.stopTimer()
	switch a.stage {
	case StageFlow:
		a.step(call.FlowTimedOut{Token: tok})
	case StageCalling:
		a.rangTooLong()
	case StageDialling:
		a.askTimedOut()
	case StageFirst:
		a.firstOver("the phone was not picked up")
	default:
	}
}

// step gives the session an input and does what it asks. An input that a verb
// brings about waits until the verbs before it are done.
func (a *Actor) step(in call.FlowInput) {
	a.flow.inputs = append(a.flow.inputs, in)
	if a.flow.stepping {
		return
	}
	a.flow.stepping = true
	for len(a.flow.inputs) > 0 && a.stage < StageClosing {
		next := a.flow.inputs[0]
		a.flow.inputs = a.flow.inputs[1:]
		verbs := a.deps.Flow.Step(time.Now(), next)
		a.flowBegan()
		for _, v := range verbs {
			a.do(v)
		}
	}
	a.flow.inputs = nil
	a.flow.stepping = false
}

// flowBegan marks the entry into a flow.
func (a *Actor) flowBegan() {
	name, hasMenu := a.deps.Flow.Current()
	if name != a.flow.name {
		a.flow.name = name
		a.emit(call.FlowBegan{Flow: name, HasMenu: hasMenu})
	}
}

// do carries out one verb.
func (a *Actor) do(v call.FlowVerb) {
	if a.stage >= StageClosing {
		return
	}
	switch v.(type) {
	case call.FlowPlay, call.FlowEnqueue, call.FlowRecord, call.FlowDial:
		a.flow.agentLast = false
	}
	switch v := v.(type) {
	case call.FlowEnter:
		a.emit(call.NodeEntered{Flow: v.Flow, Node: v.Node, Type: v.Kind, Why: v.Why})
		a.recordFlow(v.Secret)
	case call.FlowMenu:
		a.emit(call.MenuEnded(v))
	case call.FlowSurvey:
		a.emit(call.SurveyAnswered{Node: v.Node, Name: v.Name, Digit: string(v.Digit)})
	case call.FlowPlay:
		a.flush()
		a.flow.playTok = v.Token
		a.flow.play = a.deps.Player.Play(a.caller.id, v.Prompts, false)
	case call.FlowMusic:
		a.flow.play = 0
		a.loops(v.Music)
	case call.FlowStop:
		a.flow.play = 0
		a.deps.Player.Stop(a.caller.id)
	case call.FlowTimer:
		a.flow.stopTimer()
		a.flow.timer, a.flow.timerTok = time.NewTimer(v.After), v.Token
	case call.FlowTimerStop:
		a.flow.stopTimer()
	case call.FlowEnqueue:
		a.enqueue(v)
	case call.FlowDial:
		a.dialByFlow(v)
	case call.FlowRecord:
		a.beginVoicemail(v)
	case call.FlowRecordStop:
		a.endRecording()
	case call.FlowHangup:
		by := call.PartySystem
		if a.flow.agentLast {
			by = call.PartyAgent // who hung up on the caller, whose call ends with that
		}
		a.end(ending{by: by, cause: v.Cause})
	case call.FlowListen:
		a.listen(v, a.step)
	case call.FlowListenStop:
		a.unlisten(false)
	default:
		a.errand(v, a.step)
	}
}

// listen has a speech service hear the caller, unless what he says is withheld from recordings: then from services too. What
// is known at once is answered to the session that asked.
func (a *Actor) listen(v call.FlowListen, answer func(call.FlowInput)) {
	if a.records.paused() {
		answer(call.FlowFault{Token: v.Token, Words: "the caller's sound is withheld"})
		return
	}
	a.flush()
	a.flow.listening = v.Token
	a.deps.Ears.Listen(a.caller.id, v)
}

// unlisten ends that; over: the call is.
func (a *Actor) unlisten(over bool) {
	if a.flow.listening != 0 {
		a.flow.listening = 0
		a.deps.Ears.Unlisten(over)
	}
}

// heardLast ends it with the service's last word.
func (a *Actor) heardLast(in call.FlowInput) {
	var token uint64
	switch in := in.(type) {
	case call.FlowHeard:
		token = in.Token
	case call.FlowFault:
		token = in.Token
	}
	if token == a.flow.listening {
		a.unlisten(false)
	}
}

// withhold ends it because what the caller says is withheld from now on.
func (a *Actor) withhold() {
	if token := a.flow.listening; token != 0 {
		a.unlisten(false)
		in := call.FlowFault{Token: token, Words: "the caller's sound is withheld"}
		if a.stage == StageWaiting {
			a.hearsOn(in)
			return
		}
		a.step(in)
	}
}

// loops has music sound for the flow; none named: silence.
func (a *Actor) loops(music string) {
	if music == "" {
		a.deps.Player.Stop(a.caller.id)
		return
	}
	a.flush()
	a.deps.Player.Play(a.caller.id, []string{music}, true)
}

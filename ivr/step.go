package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// step is one Step at work: the session and the verbs so far.
//
// The functions of the states and kinds return where the session goes on and why,
// in plain words; a nil node means that it waits.
type step struct {
	*Session
	now   time.Time
	verbs []call.FlowVerb
}

func (st *step) do(v call.FlowVerb) { st.verbs = append(st.verbs, v) }

// token gives a fresh token, the one now awaited.
func (st *step) token() uint64 {
	st.Token++
	st.Awaited = st.Token
	return st.Token
}

// hangup ends the session.
func (st *step) hangup(cause call.Cause) []call.FlowVerb {
	if st.Vars.Verifying {
		st.verified(call.VerifyNone, "the flow ended without a verdict")
		return st.verbs
	}
	st.State, st.Awaited, st.Ahead, st.at = StateEnded, 0, "", nil
	st.do(call.FlowHangup{Cause: cause})
	return st.verbs
}

// take gives an input to the state it finds.
func (st *step) take(in call.FlowInput) (*node, string) {
	if len(st.Rest) > 0 && st.at != nil {
		if to, why, mine := st.uttering(in); mine {
			return to, why
		}
	}
	switch st.State {
	case StateNew:
		return st.begin(in)
	case StatePlaying:
		return st.playing(in)
	case StatePrompting:
		return st.prompting(in)
	case StateChoosing:
		return st.choosing(in)
	case StateCollecting, StateGathering:
		return st.collecting(in)
	case StateQueued:
		return st.queued(in)
	case StateBeeping:
		return st.beeping(in)
	case StateRecording, StateSaving:
		return st.recording(in)
	case StateTransferring:
		return st.transferring(in)
	case StateAsking:
		return st.asking(in)
	case StateUrgent:
		return st.urged(in)
	case StatePausing:
		return st.pausing(in)
	case StatePlacing:
		return st.placing(in)
	case StateLeaving:
		return st.leaving(in)
	case StateListening, StateHearing:
		return st.listening(in)
	default:
		return nil, ""
	}
}

// enter comes to a node and begins what it does.
func (st *step) enter(n *node, why string) (*node, string) {
	if st.Missed != "" {
		why += ", but " + st.Missed
	}
	st.Missed, st.Rendered = "", nil
	if st.Entered++; st.Entered > st.mostEntered() {
		why = fmt.Sprintf("the flow has run through %d nodes", st.mostEntered())
		if n, why = st.giveUp(n, why); n == nil {
			return nil, ""
		}
	}
	if n.kind == kindReturn {
		return st.giveBack(n)
	}
	st.Flow, st.Node, st.at, st.Tries, st.Awaited, st.Unsaid = n.flow.name, n.name, n, 0, 0, ""
	if st.waits() && n.leaves() {
		st.leave(n, why)
		return nil, ""
	}
	st.tellEntered(n, why)
	if st.waits() && n.place {
		st.askPlace()
		return nil, ""
	}
	return st.perform(n)
}

// tellEntered is the timeline's mark of a node.
func (st *step) tellEntered(n *node, why string) {
	st.do(call.FlowEnter{
		Flow: n.flow.name, Node: n.name, Kind: n.kind.String(), Why: why, Secret: n.collect != nil && n.collect.secret,
	})
}

// perform does what a node does, once nothing has to be waited for.
func (st *step) perform(n *node) (*node, string) {
	switch n.kind {
	case kindPlay, kindSay:
		return st.utter(StatePlaying, n.words)
	case kindMenu, kindSurvey:
		return st.ask(n)
	case kindCollect:
		return st.collect(n)
	case kindSplit:
		return st.split(n)
	case kindSet:
		return st.set(n)
	case kindBranch:
		return st.branch(n)
	case kindQueue:
		st.State, st.Ahead = StateQueued, ""
		st.do(call.FlowEnqueue{Token: st.token(), Queue: n.queue, Skills: maps.Clone(n.skills), Priority: n.priority})
	case kindTransfer:
		st.dial(n)
	case kindSubFlow:
		return st.run(n)
	case kindLanguage:
		return st.speak(n)
	case kindCalendar:
		return st.byCalendar(n)
	case kindList:
		return st.byList(n)
	case kindHTTP, kindWebhook, kindTicket, kindCallback:
		return st.asks(n)
	case kindUrgent:
		return st.urge(n)
	case kindWait:
		return st.pause(n)
	case kindVerify:
		return st.judge(n)
	case kindListen:
		return st.listen()
	case kindVoicemail:
		st.Ahead = ""
		st.State = StateBeeping
		st.play(slices.Clone(st.graph.beep))
	default:
		st.partWith(n)
	}
	return nil, ""
}

// The time of a tone before the end, and the longest.
const (
	toneTime    = 5 * time.Second
	longestTone = time.Minute
	// toneRounds of any tone last as long: the shortest is 480 ms.
	toneRounds = int(longestTone / (480 * time.Millisecond))
)

// partWith ends the session, after a tone where the node has one.
func (st *step) partWith(n *node) {
	if n.tone == "" {
		st.hangup(n.cause)
		return
	}
	st.Ahead = ""
	st.State = StatePlaying
	st.play(slices.Repeat([]string{n.tone}, toneRounds))
	st.do(call.FlowTimer{Token: st.token(), After: n.max})
}

// branch goes on by the first case that holds.
func (st *step) branch(n *node) (*node, string) {
	env, failed := st.graph.env(st.now, &st.Vars), ""
	for i := range n.cases {
		c := &n.cases[i]
		holds, err := c.when.holds(env)
		if holds {
			return c.next, c.text
		}
		if err != nil && failed == "" {
			failed = fmt.Sprintf(" (%q could not be evaluated)", c.text)
		}
	}
	return n.next, "no case holds" + failed
}

// begin starts the flow when the caller can hear.
func (st *step) begin(in call.FlowInput) (*node, string) {
	started, ok := in.(call.FlowStarted)
	if !ok {
		return nil, ""
	}
	if st.Urgent = slices.Clone(started.Urgent); len(st.Urgent) > 0 && !st.graph.urges && st.graph.flows[st.Vars.Flow] != nil {
		st.State = StateUrgent
		st.do(call.FlowPlay{Token: st.token(), Prompts: slices.Clone(st.Urgent)})
		return nil, ""
	}
	if st.waits() {
		return st.first("waits in " + st.Vars.Queue.Queue)
	}
	return st.first("the call came in")
}

// first comes to the first node.
func (st *step) first(why string) (*node, string) {
	f := st.graph.flows[st.Vars.Flow]
	if f == nil {
		st.unbound()
		return nil, ""
	}
	return f.start, why
}

// urged waits for the end of the urgent announcements. They are told whole.
func (st *step) urged(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if isKey(in.Digit) {
			st.keep(in.Digit)
		}
	case call.FlowPlayed, call.FlowFault:
		if st.isAwaited(in) {
			return st.first("the call came in and has heard " + strings.Join(st.Urgent, ", "))
		}
	}
	return nil, ""
}

// urgent is a node that says the urgent announcements, which then don't come before the flow.
func (c *compiler) urgent(d *draft) {
	c.graph.urges = true
	d.node.next = c.next(d, true)
}

// urge says the urgent announcements in force when the call came in, if there were any.
func (st *step) urge(n *node) (*node, string) {
	if len(st.Urgent) == 0 {
		return n.next, "nothing urgent"
	}
	st.State = StatePlaying
	st.do(call.FlowPlay{Token: st.token(), Prompts: slices.Clone(st.Urgent)})
	return nil, ""
}

// playing waits for the end of a play node's prompts. A prompt that can't be
// played is passed over: what follows it may still help the caller.
func (st *step) playing(in call.FlowInput) (*node, string) {
	if st.at.kind == kindHangup {
		if st.isAwaited(in) { // the tone's time is over
			st.hangup(st.at.cause)
		}
		return nil, ""
	}
	switch in := in.(type) {
	case call.FlowDigit:
		if isKey(in.Digit) {
			st.keep(in.Digit)
			if st.at.bargeIn {
				st.silence()
				return st.at.next, fmt.Sprintf("pressed %c", in.Digit)
			}
		}
	case call.FlowPlayed, call.FlowFault:
		if st.isAwaited(in) {
			return st.at.next, strings.TrimSuffix("played, but "+st.Unsaid, ", but ")
		}
	}
	return nil, ""
}

// keep remembers a key typed ahead, as long as there is room.
func (st *step) keep(digit byte) {
	if len(st.Ahead) < maxAhead {
		st.Ahead += string(rune(digit))
	}
}

// queued waits for what becomes of the caller in the queue.
func (st *step) queued(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowServed:
		return st.at.next, "served"
	case call.FlowOverflowed:
		return st.overflow(in.Flow)
	case call.FlowFault:
		if st.isAwaited(in) {
			return st.fault(in.Words)
		}
	}
	return nil, ""
}

// overflow goes on in another flow. Flows that lead to queues that lead back are bounded.
func (st *step) overflow(name string) (*node, string) {
	f := st.graph.flows[name]
	if f == nil {
		return st.fault(fmt.Sprintf("the queue led to flow %q, which this revision does not have", name))
	}
	if st.Hops++; st.Hops > maxHops {
		return st.at.flow.end, fmt.Sprintf("queues have led to %d flows already", maxHops)
	}
	return f.start, fmt.Sprintf("queue %s led to flow %s", st.at.queue, name)
}

// fault takes the bad-case edge of a queue or voicemail.
func (st *step) fault(words string) (*node, string) {
	if st.Faults++; st.Faults > maxFaults { // of nodes that have left the queue, in an experience
		st.hangup(call.CauseInternal)
		return nil, ""
	}
	return st.at.onFault, words
}

// beeping waits for the end of the beep. Without it the message is taken just the same.
func (st *step) beeping(in call.FlowInput) (*node, string) {
	if st.isAwaited(in) {
		st.State = StateRecording
		mailbox := st.at.mailbox
		if q := st.Vars.Queue; mailbox == "" && q != nil {
			mailbox = q.Queue
		}
		st.do(call.FlowRecord{Token: st.token(), Mailbox: mailbox, Max: st.at.max})
	}
	return nil, ""
}

// recording waits for the end of a message; # ends it.
func (st *step) recording(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if in.Digit == '#' && st.State == StateRecording {
			st.State = StateSaving
			st.do(call.FlowRecordStop{})
		}
	case call.FlowRecorded:
		if st.isAwaited(in) {
			return st.at.next, fmt.Sprintf("message of %s", in.Length.Round(time.Second))
		}
	case call.FlowFault:
		if st.isAwaited(in) {
			return st.fault(in.Words)
		}
	}
	return nil, ""
}

// isAwaited reports whether an input answers the verb that is waited for.
func (st *step) isAwaited(in call.FlowInput) bool {
	var token uint64
	switch in := in.(type) {
	case call.FlowPlayed:
		token = in.Token
	case call.FlowTimedOut:
		token = in.Token
	case call.FlowRecorded:
		token = in.Token
	case call.FlowDialled:
		token = in.Token
	case call.FlowAnswered:
		token = in.Token
	case call.FlowPlaced:
		token = in.Token
	case call.FlowLeft:
		token = in.Token
	case call.FlowFault:
		token = in.Token
	default:
		return false
	}
	return token != 0 && token == st.Awaited
}

package ivr

import (
	"fmt"
	"slices"
	"time"

	"hotline/call"
	"hotline/ivr/say"
)

// Vars is what a session knows of its call.
type Vars struct {
	Revision int         `json:"revision"` // of the site, whose graph the session walks to its end
	Flow     string      `json:"flow"`     // that answers the number
	Caller   call.Caller `json:"caller"`
	Called   string      `json:"called"`
	Trunk    string      `json:"trunk"`
	// Calls are how many he has made lately, before this one.
	Calls int `json:"calls,omitempty"`
	// Language is what he hears, zh or en; empty is zh.
	Language string `json:"language,omitempty"`
	// Values are what nodes have set, by name: of the flow that runs, if one runs inside another.
	Values map[string]string `json:"values,omitempty"`
	// Verifying: an agent has sent the caller to key something in, and gets him back.
	Verifying bool `json:"verifying,omitempty"`
	// Queue is set in what a waiting caller hears.
	Queue *Waiting `json:"queue,omitempty"`
}

func (v *Vars) language() string {
	if v.Language == "" {
		return say.Chinese
	}
	return v.Language
}

// State is what a session waits for.
type State uint8

// The states of a session, each with the inputs it takes; it ignores the others.
const (
	StateNew          State = iota // FlowStarted
	StatePlaying                   // a play or say node's prompts: FlowPlayed
	StatePrompting                 // a menu's or survey's prompt: FlowDigit, FlowPlayed
	StateChoosing                  // silence after it: FlowDigit, FlowTimedOut
	StateQueued                    // the queue and the agents: FlowServed, FlowOverflowed, FlowFault
	StateBeeping                   // before a message: FlowPlayed
	StateRecording                 // a message: FlowDigit #, FlowRecorded, FlowFault
	StateSaving                    // after #: FlowRecorded, FlowFault
	StateEnded                     // nothing any more
	StateTransferring              // an outside party: FlowDialled
	StateCollecting                // a collect's prompt: FlowDigit, FlowPlayed
	StateGathering                 // its digits, in silence: FlowDigit, FlowTimedOut
	StateAsking                    // a service, a ticket or a callback: FlowAnswered, FlowTimedOut, FlowFault
	StateUrgent                    // urgent announcements before the first node: FlowPlayed
	StatePausing                   // music, for a time: FlowDigit, FlowTimedOut
	StatePlacing                   // figures of the caller's place: FlowPlaced, FlowTimedOut
	StateLeaving                   // to be out of the queue: FlowLeft, FlowFault
	StateListening                 // a listen's prompt: FlowDigit, FlowPlayed, FlowSpeech, FlowHeard, FlowFault
	StateHearing                   // silence or words after it: FlowDigit, FlowTimedOut, FlowSpeech, FlowHeard, FlowFault
)

var states = []string{"new", "playing", "prompting", "choosing", "queued", "beeping", "recording", "saving", "ended", "transferring", "collecting", "gathering", "asking", "announcing_urgent", "pausing", "placing", "leaving", "listening", "hearing"}

func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return fmt.Sprintf("invalid(%d)", uint8(s))
}

// MarshalText gives the state's name in a stored session.
func (s State) MarshalText() ([]byte, error) {
	if int(s) >= len(states) {
		return nil, fmt.Errorf("session state: value %d has no name", uint8(s))
	}
	return []byte(states[s]), nil
}

// UnmarshalText reads a state's name.
func (s *State) UnmarshalText(b []byte) error {
	i := slices.Index(states, string(b))
	if i < 0 {
		return fmt.Errorf("session state %q is unknown; one of %q", b, states)
	}
	*s = State(i)
	return nil
}

// The bounds of a session.
const (
	maxAhead   = 16   // keys typed ahead that are kept; later ones are dropped
	maxEntered = 1000 // nodes entered; a caller who only ever presses * is let go then
	maxWaiting = 5000 // nodes entered by one who waits in a queue, whose flow goes round and round
	maxHops    = 8    // flows a queue may send the caller on to
	maxFaults  = 4    // verbs that could not be done
)

// Session is one caller's way through the flows. It encodes to JSON between any
// two steps and goes on after Attach; nothing else of it lives anywhere.
// It belongs to one goroutine, the call's.
type Session struct {
	Vars    Vars   `json:"vars"`
	State   State  `json:"state"`
	Flow    string `json:"flow"`
	Node    string `json:"node,omitempty"`
	Token   uint64 `json:"token"`             // the last one given out; each is used once
	Awaited uint64 `json:"awaited,omitempty"` // the verb whose answer counts; 0: none
	Ahead   string `json:"ahead,omitempty"`   // keys typed ahead, for the next menu or survey
	Tries   int    `json:"tries,omitempty"`   // of this menu or survey, used up
	Entered int    `json:"entered"`
	Digits  string `json:"digits,omitempty"` // of a collect, so far
	Unsaid  string `json:"unsaid,omitempty"` // for the timeline: what the say node could not say, why the queue is left, or why nobody listens
	Listen  uint64 `json:"listen,omitempty"` // the FlowListen under way; 0: none
	Spoken  bool   `json:"spoken,omitempty"` // the caller has begun to speak to it
	// Of texts with values, beneath the states that say something: from the first text on, what is still to be said; the
	// FlowRender under way, and how long it may take; whether what stands before it sounds.
	Rest       []call.FlowPiece `json:"rest,omitempty"`
	Render     uint64           `json:"render,omitempty"`
	RenderTime time.Duration    `json:"render_time,omitempty"`
	Sounding   bool             `json:"sounding,omitempty"`
	// The prompts by which this node's can be played, and whether they are a listen's from the second try on.
	Rendered      []string `json:"rendered,omitempty"`
	RenderedAgain bool     `json:"rendered_again,omitempty"`
	Missed        string   `json:"missed,omitempty"` // for the timeline: why a text was not said
	Hops          int      `json:"hops,omitempty"`
	Faults        int      `json:"faults,omitempty"`
	Stack         []Frame  `json:"stack,omitempty"`  // flows that wait for the one that runs
	Urgent        []string `json:"urgent,omitempty"` // prompts of the urgent announcements for the number called

	graph *Graph
	at    *node
}

// NewSession makes the session of a call that has just come in. A flow that the
// graph does not have ends it at the first step.
func NewSession(g *Graph, v Vars) *Session {
	return &Session{Vars: v, Flow: v.Flow, graph: g}
}

// Attach binds a decoded session to the graph of its revision again. The error
// says that the session stands on a node which that graph does not have; a step
// would hang up.
func (s *Session) Attach(g *Graph) error {
	s.graph, s.at = g, nil
	if s.State == StateNew || s.State == StateEnded || s.State == StateUrgent {
		return nil
	}
	for _, f := range s.Stack {
		if by := g.find(f.Flow, f.Node); by == nil || by.sub == nil {
			return call.Errorf(call.CodeInvalid, "session runs inside %s/%s, where revision %d runs no flow", f.Flow, f.Node, s.Vars.Revision)
		}
	}
	if f := g.flows[s.Flow]; f != nil {
		s.at = f.nodes[s.Node]
	}
	if s.at == nil || !s.at.bears(s.State) || len(s.Rest) > 0 && (!s.at.texts || s.RenderTime <= 0) || (s.State == StatePlacing || s.State == StateLeaving) && !s.waits() {
		s.at = nil
		return call.Errorf(call.CodeInvalid, "session stands %s on %s/%s, where revision %d has no such node", s.State, s.Flow, s.Node, s.Vars.Revision)
	}
	return nil
}

// bears reports whether a session on this node can be in the state.
func (n *node) bears(s State) bool {
	switch s {
	case StatePlacing:
		return n.place
	case StateLeaving:
		return n.leaves()
	default:
	}
	switch n.kind {
	case kindWait:
		return s == StatePausing
	case kindPlay, kindSay, kindUrgent:
		return s == StatePlaying
	case kindHTTP, kindTicket, kindCallback:
		return s == StateAsking
	case kindMenu, kindSurvey:
		return s == StatePrompting || s == StateChoosing
	case kindCollect:
		return s == StateCollecting || s == StateGathering
	case kindListen:
		return s == StateListening || s == StateHearing || s == StateGathering && n.listen.digits != nil
	case kindQueue:
		return s == StateQueued
	case kindTransfer:
		return s == StateTransferring
	case kindVoicemail:
		return s == StateBeeping || s == StateRecording || s == StateSaving
	default:
		return false
	}
}

// Step tells the session what happened and gives what it wants done, in order. It
// is pure: the same session, moment and input give the same verbs. Inputs that do
// not fit the state, or carry a token that is not awaited, give none; after
// FlowHangup nothing comes any more.
func (s *Session) Step(now time.Time, in call.FlowInput) []call.FlowVerb {
	st := &step{Session: s, now: now}
	if s.State == StateEnded {
		return nil
	}
	if s.graph == nil || s.State != StateNew && s.State != StateUrgent && s.at == nil {
		return st.unbound()
	}
	next, why := st.take(in)
	for next != nil {
		next, why = st.enter(next, why)
	}
	return st.verbs
}

// unbound is the end of a session that is not attached.
func (st *step) unbound() []call.FlowVerb {
	if st.waits() {
		st.rest()
		return st.verbs
	}
	return st.hangup(call.CauseInternal)
}

// mostEntered is how many nodes the session may enter.
func (s *Session) mostEntered() int {
	if s.waits() {
		return maxWaiting
	}
	return maxEntered
}

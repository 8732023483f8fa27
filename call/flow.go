package call

import "time"

// FlowInput is what a caller's IVR session is told. The actor sends them one at
// a time; the session answers each with FlowVerbs. Tokens tie an answer to the
// verb that asked, so that a late one is recognised and ignored.
type FlowInput interface{ flowInput() }

// FlowStarted begins the session: the caller can hear.
type FlowStarted struct {
	// Urgent are the prompts of the urgent announcements in force for the number he called.
	Urgent []string
}

// FlowDigit is a key the caller pressed.
type FlowDigit struct{ Digit byte }

// FlowPlayed tells that the prompts of the FlowPlay with this token have ended by themselves.
type FlowPlayed struct{ Token uint64 }

// FlowTimedOut tells that the FlowTimer with this token has run out.
type FlowTimedOut struct{ Token uint64 }

// FlowServed tells that the agents' part has ended and the caller is still there.
type FlowServed struct{}

// FlowOverflowed tells that the queue gave the call up and the caller goes on in another flow.
type FlowOverflowed struct{ Flow string }

// FlowDialled tells what became of the FlowDial with this token. DialAnswered: the
// outside party's part has ended and the caller is still there.
type FlowDialled struct {
	Token  uint64
	Result DialResult
	Words  string
}

// FlowRecorded tells that the recording of the FlowRecord with this token has ended.
type FlowRecorded struct {
	Token  uint64
	Length time.Duration // sound kept
}

// FlowFault tells that the verb with this token could not be done (no such queue
// any more, no room to record); the session takes the node's bad-case edge.
type FlowFault struct {
	Token uint64
	Words string
}

// FlowAnswered answers the FlowAsk, FlowTicket or FlowCallBack with this token.
type FlowAnswered struct {
	Token  uint64
	Status int               // of HTTP, for a FlowAsk
	Values map[string]string // what was asked for, by name
}

// AnswerNumber is the value of a FlowTicket's answer: the ticket's number.
const AnswerNumber = "number"

// FlowPlaced answers a FlowPlace.
type FlowPlaced struct {
	Token uint64
	Ahead int            // callers before him
	Wait  *time.Duration // what he has still to expect; nil: nobody knows
}

// FlowLeft tells that the FlowLeave with this token is done: the caller is in no queue any more.
type FlowLeft struct{ Token uint64 }

// FlowSpeech tells that the caller has begun to speak, as the service of the FlowListen with this token hears it.
type FlowSpeech struct{ Token uint64 }

// FlowHeard is what the service of the FlowListen with this token has made of what the caller said. It has stopped listening.
type FlowHeard struct {
	Token      uint64
	Intent     string            // empty: none
	Confidence float64           // 0 to 1
	Values     map[string]string // what was asked for, by name
}

// FlowRendered answers a FlowRender: for each of its texts the prompt by which it can be played until the next FlowRendered, or
// an empty one where it could not be rendered.
type FlowRendered struct {
	Token   uint64
	Prompts []string
}

func (FlowRendered) flowInput()   {}
func (FlowSpeech) flowInput()     {}
func (FlowHeard) flowInput()      {}
func (FlowAnswered) flowInput()   {}
func (FlowPlaced) flowInput()     {}
func (FlowLeft) flowInput()       {}
func (FlowStarted) flowInput()    {}
func (FlowDigit) flowInput()      {}
func (FlowPlayed) flowInput()     {}
func (FlowTimedOut) flowInput()   {}
func (FlowServed) flowInput()     {}
func (FlowOverflowed) flowInput() {}
func (FlowDialled) flowInput()    {}
func (FlowRecorded) flowInput()   {}
func (FlowFault) flowInput()      {}

// FlowVerb is what a caller's IVR session wants done.
type FlowVerb interface{ flowVerb() }

// FlowEnter marks that a node was entered, for the timeline.
type FlowEnter struct {
	Flow string
	Node string
	Kind string // as the site writes it: play, menu, queue, …
	Why  string // the edge that led here, in plain words
	// Secret: what the caller says or keys in here is in no recording (card numbers, PINs).
	Secret bool
}

// FlowPlay plays prompts one after another to the caller; a FlowPlay while
// another sounds replaces it.
type FlowPlay struct {
	Token   uint64
	Prompts []string // names in the prompt library
}

// FlowStop silences what is playing (barge-in). No FlowPlayed follows.
type FlowStop struct{}

// FlowTimer asks for a FlowTimedOut after a while. A session has one timer: a new one replaces it.
type FlowTimer struct {
	Token uint64
	After time.Duration
}

// FlowTimerStop forgets the timer.
type FlowTimerStop struct{}

// FlowEnqueue puts the call into a queue. The session then waits for FlowServed, FlowOverflowed or FlowFault.
type FlowEnqueue struct {
	Token    uint64
	Queue    string
	Skills   map[string]int // added to the queue's own; nil for none
	Priority int            // 0: the queue's own
}

// FlowDial calls an outside number, or another site, and joins the caller to it. FlowDialled follows.
type FlowDial struct {
	Token    uint64
	Number   string        // empty with Site: the number the caller called
	Site     string        // another site; empty: the public network
	Trunk    string        // by this trunk only; empty: the caller's, else the first that can
	Timeout  time.Duration // until an answer
	Music    string        // heard until then, if the trunk passes nothing on; a prompt, looped
	Ringback bool          // heard in its place from when the far end rings
	Record   bool          // from the answer
}

// FlowRecord records the caller (voicemail) until FlowRecordStop, Max or hang-up.
type FlowRecord struct {
	Token   uint64
	Mailbox string
	Max     time.Duration
}

// FlowRecordStop ends the recording; FlowRecorded follows.
type FlowRecordStop struct{}

// FlowLanguage has the caller hear everything from here on in a language, zh or en.
type FlowLanguage struct{ Language string }

// FlowAsk asks a service of the site, once, its retries included; FlowAnswered or FlowFault
// follows. Body may hold secrets, so that nobody logs it.
type FlowAsk struct {
	Token   uint64
	Service string
	Method  string
	Path    string     // added to the service's address, query included, escaped
	Body    []byte     // JSON; nil: none
	Picks   []FlowPick // what of the answer is wanted
	Music   string     // a prompt, looped until the answer; empty: silence
}

// FlowListen has a speech service of the site hear the caller. FlowSpeech may follow once, and then FlowHeard or FlowFault,
// unless FlowListenStop comes before.
type FlowListen struct {
	Token      uint64
	Service    string
	Flow, Node string // who wants it
	Language   string // zh or en
	Intents    []string
	Hints      []string      // words that are to be expected
	Confidence float64       // 0 to 1, below which the flow won't believe it
	Max        time.Duration // from the first word to the last
	Picks      []FlowPick    // what of the service's final word is wanted
}

// FlowListenStop ends the listening. Nothing of it follows.
type FlowListenStop struct{}

// FlowRender has texts rendered that hold values of the call. FlowRendered or FlowFault follows, unless FlowRenderStop comes
// before. Nobody logs them.
type FlowRender struct {
	Token uint64
	Texts []FlowText
}

// FlowText is a text to be rendered.
type FlowText struct {
	Text     string // empty: it is not wanted
	Language string // zh or en
	Voice    string // empty: the node's for the language
	Private  bool   // it is kept nowhere
}

// FlowRenderStop tells that the texts are not wanted any more; Late: as they have not come in time.
type FlowRenderStop struct{ Late bool }

// FlowNotify tells a webhook of the site something. Nothing follows.
type FlowNotify struct {
	To    string
	Event string
	Data  map[string]any
}

// FlowTicket opens a ticket; FlowAnswered with its number follows.
type FlowTicket struct {
	Token  uint64
	Kind   string
	Fields map[string]any
	To     string // a webhook that is told; empty: none
}

// FlowMusic has music sound in a loop until something else does.
type FlowMusic struct{ Music string } // a prompt; empty: that of the queue he waits in

// FlowPlace asks where the waiting caller stands. FlowPlaced follows, if no phone rings for him.
type FlowPlace struct{ Token uint64 }

// FlowLeave takes a waiting caller out of his queue; FlowLeft follows, or FlowFault when a seat has him.
type FlowLeave struct {
	Token uint64
	To    string // the kind of node that wants it
}

// FlowCallBack has the caller called back in a queue's turn; FlowAnswered or FlowFault follows.
type FlowCallBack struct {
	Token    uint64
	Queue    string         // empty: the one he waits in, with his place
	Skills   map[string]int // added to the queue's own; nil for none
	Priority int            // 0: the queue's own
	Number   string         // to call
}

// FlowMenu tells that a menu was completed or left by its bad-case edge. The
// first one decides between abandoned and served_in_ivr.
type FlowMenu struct {
	Node   string
	Digits string // empty after a timeout, and where words have led on
	Intent string // of what was said
}

// FlowSurvey is the caller's rating.
type FlowSurvey struct {
	Node  string
	Name  string // the answer's name in the flow
	Digit byte
}

// FlowVerified ends a verification: the caller goes back to the agent who wanted it.
type FlowVerified struct {
	Result VerifyResult
	Why    string
}

// FlowHangup ends the call from our side.
type FlowHangup struct{ Cause Cause }

func (FlowEnter) flowVerb()      {}
func (FlowPlay) flowVerb()       {}
func (FlowStop) flowVerb()       {}
func (FlowTimer) flowVerb()      {}
func (FlowTimerStop) flowVerb()  {}
func (FlowEnqueue) flowVerb()    {}
func (FlowDial) flowVerb()       {}
func (FlowRecord) flowVerb()     {}
func (FlowRecordStop) flowVerb() {}
func (FlowMenu) flowVerb()       {}
func (FlowSurvey) flowVerb()     {}
func (FlowHangup) flowVerb()     {}
func (FlowLanguage) flowVerb()   {}
func (FlowAsk) flowVerb()        {}
func (FlowNotify) flowVerb()     {}
func (FlowTicket) flowVerb()     {}
func (FlowCallBack) flowVerb()   {}
func (FlowVerified) flowVerb()   {}
func (FlowMusic) flowVerb()      {}
func (FlowPlace) flowVerb()      {}
func (FlowLeave) flowVerb()      {}
func (FlowListen) flowVerb()     {}
func (FlowRender) flowVerb()     {}
func (FlowRenderStop) flowVerb() {}
func (FlowListenStop) flowVerb() {}

package config

import (
	"net/netip"
	"time"

	"hotline/acd"
	"hotline/call"
	"hotline/call/dialling"
	"hotline/ivr"
)

// Site is everything a deployment defines beyond one machine, checked as a
// whole: every name it uses is declared, every range holds. It never changes
// once loaded; a reload makes another one.
type Site struct {
	Hash string         // SHA-256 over the content, comments and layout apart: the same site has the same hash
	Zone *time.Location // of plans' hours, and of calendars that name none
	// Tones is the country whose ring-back, busy and other tones are heard (prompts.Countries).
	Tones string

	Rules     acd.Rules // queues, agents and plans as the engine obeys them; Revision is the caller's to set
	Calendars map[string]*call.Calendar

	Trunks  []Trunk
	Numbers []call.Number
	Callers []call.Caller // numbers normalised
	Try     Try           // whom visitors of the page /try may call

	Groups        []Group
	Teams         []Team
	PhysicalSeats int // desks there are; 0: not said
	Phones        []Phone
	Agents        []Agent
	Queues        []Queue // what the engine need not know of them, in the order of Rules.Queues
	Defaults      Queue   // of queues, and of calls that phones of ours begin: music, recording
	OnCall        []OnCall
	Proxy         Proxy
	Dialling      Dialling

	RepeatWindow time.Duration // within which a caller's calls are counted for caller.calls

	Services []Service // that flows may ask
	Webhooks []Hook    // that flows may tell
	Surveys  []Survey  // call-back surveys
	Forks    []Fork    // engines that may hear live calls
	Siprec   []Siprec  // recorders outside that take conversations

	SpeechServices []SpeechService // that flows may have hear callers

	Flows   []ivr.Flow
	Graph   *ivr.Graph
	Studio  []StudioPrompt
	Texts   []SpokenText // that flows say
	Prompts []PromptFile // the site's own; they replace shipped ones of the same name

	// PromptUses is where prompts are named: the places, as flows.yaml:12, by prompt.
	PromptUses map[string][]string

	sources []source     // the documents
	secrets map[pos]bool // passwords that stand in them

	// Hints are plain words on what is right but hardly meant: a queue nobody can serve.
	Hints []string
	// NotYet are plain words on what the site asks for that this version accepts but does not act upon.
	NotYet []string
}

// PromptFile is a sound the site brings.
type PromptFile struct {
	Name     string
	Language string // zh, en, or any for sounds without words
	Path     string // within the site folder
	Sum      string // SHA-256 of its content, in hex
}

// StudioPrompt is a prompt that can be recorded by phone.
type StudioPrompt struct {
	Number   string // dialled for it
	Name     string
	Language string
}

// Trunk is a SIP peer that sends or takes calls for the public network (中继).
type Trunk struct {
	Name     string
	Title    string
	From     []netip.Prefix // sources that may send calls; no two trunks overlap
	TLSName  string         // what its certificate must name (mutual TLS); empty: none is asked for
	Phones   bool           // phones of ours may call from its addresses, and are asked for their password there
	Codecs   []call.Codec   // allowed, in order of preference
	SRTP     call.Encryption
	DTMF     call.KeysBy // how it tells of keys
	MaxCalls int         // 0: no limit
	MaxCPS   int         // new calls a second, each way; 0: no limit
	Site     string      // the Hotline site at the far end; empty: none
	Area     string      // area code with its 0, for local numbers without one; empty: unknown

	Targets    []Target // where calls to outside numbers go; none: none go out
	EarlyMedia Early    // sound before the answer
	Rel100     bool     // reliable provisional responses (RFC 3262) are offered
	Auth       Login
	Identity   Identity
	Rewrite    Rewrites
	Register   *Register       // nil: none
	Dial       dialling.Limits // of calls that phones make by it
	Fork       string          // the engine that hears every call that comes in by it; empty: none
}

// Group is a named set of seats with one duty (座席组, 专席).
type Group struct {
	Name          string
	Title         string
	ApproveBreaks bool            // a break its agents ask for waits for a supervisor's word
	Dial          *dialling.Right // what its agents may call outside; nil: nothing but emergency numbers
}

// Team is whom an agent reports to (班组).
type Team struct {
	Name   string
	Title  string
	Leader call.SeatID // empty: none
}

// Phone is a SIP account at a desk (话机).
type Phone struct {
	Ext      string
	Title    string
	Password Secret
	SRTP     call.Encryption
	Devices  int             // contacts it may register at a time; 0: as the node says
	Rel100   bool            // a phone that says it can have reliable provisional responses (RFC 3262) gets them
	Dial     *dialling.Right // while nobody is signed in at it; nil: emergency numbers
	Forward  *Forward        // nil: nowhere
	Divert   Divert
}

// Agent is a person who may sign in and log in (话务员). What routing needs is in Site.Rules.
type Agent struct {
	ID              call.SeatID // agent number (工号)
	Name            string      // never leaves the site: callers know the number only
	Team            string
	Group           string
	Password        Secret // empty: no softphone and no log-in of the own
	PIN             Secret // signs in from any phone (*11); empty: by the API only, or from the own phone
	Devices         int    // contacts the own softphone may register at a time; 0: as the node says
	Skills          map[string]int
	Weight          int // lots in queues of strategy weighted, 1–1000
	Roles           []Role
	ReadyOnRegister bool
	AutoAnswer      bool          // the phone is asked to pick up by itself, whatever the queue says
	Record          *RecordPolicy // in the place of the queue's, unless that is never; nil: the queue's
	Codecs          []call.Codec  // the phone may speak; default PCMA, PCMU
	SRTP            call.Encryption
	Rel100          bool            // as of Phone
	Dial            *dialling.Right // in the place of the group's; nil: that
	Forward         *Forward        // nil: nowhere
	Divert          Divert          // of the own softphone, or the phone signed in at
}

// Queue is the part of a queue that the engine need not know.
type Queue struct {
	Name           string
	Title          string
	Music          string // prompt played in a loop while waiting
	SayAgentNumber bool   // 工号播报
	Ext            string // number by which phones call it; empty: by its name only
	AutoAnswer     bool   // phones are asked to pick up by themselves
	Record         RecordPolicy
	RecordOutside  bool   // conversations with numbers and sites its overflow rules lead to, as Record says
	RecordNotice   string // prompt the caller hears when a conversation is recorded; empty: none
	RecordKey      string // what an agent presses to pause the recording and to go on; empty: nothing
	// KeepRecordings is how long recordings and messages of the queue are kept; 0: for ever.
	KeepRecordings time.Duration
	Fork           string // the engine that hears its conversations; empty: none
	SuperviseTone  bool   // caller and agent hear a tone when a supervisor comes in
	ServiceLevel   ServiceLevel
	WrapUp         time.Duration

	Experience string // flow that waiting callers hear; empty: music, and what is announced

	Announce  *Announce   // nil: nothing is announced while waiting
	Sticky    *acd.Sticky // nil: the last agent is not preferred
	Callback  *Callback   // nil: not offered by itself
	LostCalls LostCalls   // who works the queue's lost calls
	Ticket    *Ticket     // nil: none is opened
	Overflow  []Overflow
}

// RecordPolicy is which conversations are recorded.
type RecordPolicy struct {
	Mode    RecordMode
	Percent int // of RecordPercent, 1–100
}

// ServiceLevel is a queue's target (服务水平).
type ServiceLevel struct {
	Within  time.Duration
	Percent int // 1–100
}

// Announce tells a waiting caller where he stands.
type Announce struct {
	Position   bool          // how many are ahead
	Wait       bool          // how long it will take, once that is known
	First      time.Duration // after joining the queue
	Every      time.Duration // after the first
	MinChange  time.Duration // a wait is told again when what is told of it has changed by so much
	Repeat     bool          // tell each time; false: a place only when it is a better one, a wait only when it has changed
	YouAreNext bool          // tell once that he is next
	Say        *ivr.Say      // said each time, after those; nil: nothing
	sayAt      pos
}

// Callback offers the caller to hang up and keep the place. What routing needs of it is in Site.Rules.
type Callback struct {
	OfferAfter time.Duration // of waiting; 0: not by time
	OfferWait  time.Duration // offered on entering when the estimated wait is longer; 0: not by that
	Ring       time.Duration // how long the customer's phone may ring
}

// Ticket is opened by the queue by itself. Its kind may be undeclared.
type Ticket struct {
	Kind string
	When TicketWhen
}

// Overflow is a rule by which a call leaves a queue, as the site writes it.
// Rules the engine can obey are in Rules too.
type Overflow struct {
	When  acd.OverflowWhen
	After time.Duration
	To    string // "queue:…", "flow:…", "number:…", "site:…", "callback"
	Ask   bool   // the caller is asked first
}

// OnCall is a list of people to call in (应急加班名单).
type OnCall struct {
	Name    string
	Title   string
	Agents  []call.SeatID
	Webhook Webhook // told when a plan pages the list; none: no URL
}

// Webhook is where events are sent as signed HTTP requests. The URL is a secret
// too: with many services it is all that is needed to write to them.
type Webhook struct {
	URL    Secret // http or https; empty: there is none
	Secret Secret // key of the signature
}

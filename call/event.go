package call

import "time"

// Envelope is one event of one call's life: the unit that is journalled,
// stored, streamed and folded. Events of a call are numbered from 1 without
// gaps by the call's owner.
type Envelope struct {
	Site  string    `json:"site,omitempty"`
	Node  string    `json:"node"`
	Epoch uint64    `json:"epoch"` // of the owner; receivers ignore lower ones
	Call  ID        `json:"call"`
	Seq   uint64    `json:"seq"` // within the call, from 1
	At    time.Time `json:"at"`
	Event Event     `json:"-"` // encoded as "kind" and "data", see codec.go
}

// Event is a transition in a call's life. Each is a small struct that encodes
// to JSON; Kind is its name on the wire and in the store, and never changes.
type Event interface{ Kind() string }

// Entered is the INVITE of a call that a known trunk sent, whether it is then
// taken or refused: the first event of every record.
type Entered struct {
	Trunk     string `json:"trunk"`
	Caller    Caller `json:"caller"`
	Called    string `json:"called"`
	Flow      string `json:"flow,omitempty"` // empty when no flow answers the number
	Revision  int    `json:"revision"`       // of the site, at entry
	Leg       LegID  `json:"leg"`
	SIPCallID string `json:"sip_call_id"`
	// Handover is the call's place at the site that sent it here; nil for a call of the public network.
	Handover *Handover `json:"handover,omitempty"`
	// PASSporT is what the caller's carrier attests (STIR/SHAKEN): told, not judged; nil for none.
	PASSporT *PASSporT `json:"passport,omitempty"`
	// Direction tells who called whom; Phone is the one of ours that began the call, and Seat the agent at it.
	Direction Way    `json:"direction,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Seat      SeatID `json:"seat,omitempty"`
	// Callback names the callback that the call is a try of: we call the customer,
	// Called is the number shown to him. Origin is the call that asked for it, or was lost.
	Callback CallbackID `json:"callback,omitempty"`
	Origin   ID         `json:"origin,omitempty"`
	// Survey names the call-back survey that the call is made for; Origin is the call it asks about.
	Survey string `json:"survey,omitempty"`
}

// CallbackOffered is the offer to a waiting caller to be called back (排队回呼).
type CallbackOffered struct {
	Queue  string `json:"queue"`
	Reason string `json:"reason"`
}

// CallbackTaken is a caller who will be called back and keeps the place; the call ends after it.
type CallbackTaken struct {
	Callback CallbackID `json:"callback"`
	Number   string     `json:"number"` // to call
	Queue    string     `json:"queue"`
	Entry    time.Time  `json:"entry"` // decides the place
}

// CustomerDialled is a customer being called back.
type CustomerDialled struct {
	Leg    LegID  `json:"leg"`
	Number string `json:"number"`
	Shown  string `json:"shown,omitempty"` // the number the customer sees
	Trunk  string `json:"trunk,omitempty"` // asked for
}

// CustomerRinging is the customer's phone ringing.
type CustomerRinging struct{}

// CustomerAnswered is what came of it; with DialAnswered the customer is there.
type CustomerAnswered struct {
	Result DialResult `json:"result"`
	Status int        `json:"status,omitempty"` // SIP status, when there was one
	Trunk  string     `json:"trunk,omitempty"`  // the call went out by
	Words  string     `json:"words,omitempty"`
}

// Refused is the final response to the INVITE of a call that is not taken. It ends the record.
type Refused struct {
	Cause Cause  `json:"cause"`
	Words string `json:"words"`
}

// Accepted is the 200 to the caller's INVITE.
type Accepted struct{}

// FlowBegan is the start of a flow: at entry, or when a queue overflowed into it.
type FlowBegan struct {
	Flow    string `json:"flow"`
	HasMenu bool   `json:"has_menu"` // a caller who leaves before its first menu ended has abandoned
}

// NodeEntered is a step in the flow.
type NodeEntered struct {
	Flow string `json:"flow"`
	Node string `json:"node"`
	Type string `json:"type"`
	Why  string `json:"why,omitempty"`
	// Waiting: of what he hears while he waits in a queue, beside the flow that put him there.
	Waiting bool `json:"waiting,omitempty"`
	// Verifying: of a flow that an agent has sent him to, and from which he comes back.
	Verifying bool `json:"verifying,omitempty"`
}

// MenuEnded is a menu's choice, by a key or by what was said, or its time-out.
type MenuEnded struct {
	Node   string `json:"node"`
	Digits string `json:"digits"`
	Intent string `json:"intent,omitempty"` // of what was said
}

// Queued is the entry into a queue; an overflow into another queue makes another one with the same Entry.
type Queued struct {
	Queue    string         `json:"queue"`
	Entry    time.Time      `json:"entry"` // decides the place; kept through overflow and missed offers
	Priority int            `json:"priority"`
	Skills   map[string]int `json:"skills,omitempty"`
	Position int            `json:"position"`          // 1 is next
	Resumed  ID             `json:"resumed,omitempty"` // the caller's earlier call, whose place this one has
	Reason   string         `json:"reason"`
}

// LeftQueue is the end of waiting in a queue without an answer.
type LeftQueue struct {
	Queue  string `json:"queue"`
	Rule   string `json:"rule"`         // closed, no_seats, full, waited, removed, choice, callback; caller_left
	To     string `json:"to,omitempty"` // "queue:…", "flow:…"
	Reason string `json:"reason"`
}

// Told is something said to a waiting caller in between the music.
type Told struct {
	Queue   string `json:"queue"`
	Notice  Notice `json:"notice"`
	Prompts string `json:"prompts"`       // their names, with a space between
	Why     string `json:"why,omitempty"` // the figures behind it, in plain words
}

// Offered is the call being offered to a seat.
type Offered struct {
	Offer    OfferID   `json:"offer"`
	Seat     SeatID    `json:"seat"`
	Phone    string    `json:"phone"`
	Group    string    `json:"group"`
	Queue    string    `json:"queue"`
	Leg      LegID     `json:"leg"`
	Deadline time.Time `json:"deadline"`
	Reason   string    `json:"reason"` // why this seat and this call, in plain words
}

// Ringing is the seat's phone ringing (18x).
type Ringing struct {
	Offer OfferID `json:"offer"`
	Seat  SeatID  `json:"seat"`
}

// OfferEnded is the end of an offer; with OfferAnswered the seat has picked up.
type OfferEnded struct {
	Offer  OfferID     `json:"offer"`
	Seat   SeatID      `json:"seat"`
	Queue  string      `json:"queue"`
	Result OfferResult `json:"result"`
	Status int         `json:"status,omitempty"` // SIP status, when the phone gave one
	Reason string      `json:"reason"`
}

// Connected is the moment both can talk, after the agent-number announcement.
type Connected struct {
	Seat SeatID `json:"seat"`
	Leg  LegID  `json:"leg"`
}

// Held and Resumed are hold by either side.
type Held struct {
	By   Party  `json:"by"`
	Seat SeatID `json:"seat"`
}

// Resumed ends a hold.
type Resumed struct {
	By   Party  `json:"by"`
	Seat SeatID `json:"seat"`
}

// SeatLeft is the end of a seat's part (its leg).
type SeatLeft struct {
	Seat   SeatID `json:"seat"`
	Leg    LegID  `json:"leg"`
	By     Party  `json:"by"`
	Cause  Cause  `json:"cause"`
	Reason string `json:"reason,omitempty"`
}

// Dialled is an outside number, or another site, being called for the caller: by an
// overflow rule, while he goes on waiting, or by a flow. DialEnded follows.
type Dialled struct {
	Leg    LegID  `json:"leg"`
	Number string `json:"number"`
	Site   string `json:"site,omitempty"`  // the number is another site's
	Queue  string `json:"queue,omitempty"` // whose rule asked for it; empty: a flow, or a seat
	Aside  bool   `json:"aside,omitempty"` // for a seat to ask something: the caller does not talk to it
	By     SeatID `json:"by,omitempty"`    // who has it called
	Reason string `json:"reason"`
}

// DialEnded is what became of it; with DialAnswered both can talk.
type DialEnded struct {
	Leg    LegID      `json:"leg"`
	Number string     `json:"number"`
	Trunk  string     `json:"trunk,omitempty"` // by which it went; empty: by none
	Result DialResult `json:"result"`
	Status int        `json:"status,omitempty"` // SIP status, if there was one
	Aside  bool       `json:"aside,omitempty"`
	Reason string     `json:"reason"`
}

// OutsideLeft is the end of an outside party's part.
type OutsideLeft struct {
	Leg    LegID  `json:"leg"`
	Number string `json:"number"`
	By     Party  `json:"by"` // caller, or system: the outside party or its side
	Cause  Cause  `json:"cause"`
	Reason string `json:"reason,omitempty"`
}

// VoicemailLeft is a message kept for a queue or an agent.
type VoicemailLeft struct {
	Mailbox   string        `json:"mailbox"`
	Recording RecordingID   `json:"recording"`
	Length    time.Duration `json:"length"`
}

// SurveyAnswered is the caller's rating.
type SurveyAnswered struct {
	Node  string `json:"node"`
	Name  string `json:"name"`
	Digit string `json:"digit"`
}

// LanguageChosen is the language the caller hears from here on: zh or en.
type LanguageChosen struct {
	Language string `json:"language"`
}

// WebhookTold is an event that a flow has sent to another system.
type WebhookTold struct {
	To    string `json:"to"` // the webhook's name in the site
	Event string `json:"event"`
}

// TicketOpened is a ticket (工单) opened in the call.
type TicketOpened struct {
	Ticket string            `json:"ticket"` // its number: year-month-serial
	Type   string            `json:"type"`
	Fields map[string]string `json:"fields,omitempty"`
}

// WrapUpBegan is a seat's work after the call.
type WrapUpBegan struct {
	Seat     SeatID    `json:"seat"`
	Deadline time.Time `json:"deadline"`
}

// WrapUpEnded is its end: by its deadline, a disposition, or the seat signing out.
type WrapUpEnded struct {
	Seat   SeatID `json:"seat"`
	Reason string `json:"reason"`
}

// DispositionSet is the category the agent files the call under (来电小结).
type DispositionSet struct {
	Seat  SeatID `json:"seat"` // who filed it
	Code  string `json:"code"`
	Notes string `json:"notes,omitempty"`
}

// Ended is the end of the caller's part: the caller leg is gone.
type Ended struct {
	By    Party  `json:"by"`
	Cause Cause  `json:"cause"`
	Words string `json:"words,omitempty"`
	// Interrupted is set when the node, not the people, ended it: a crash, a forced stop, a full mailbox.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Kind implementations: the wire names.

func (Entered) Kind() string        { return "entered" }
func (Refused) Kind() string        { return "refused" }
func (Accepted) Kind() string       { return "accepted" }
func (FlowBegan) Kind() string      { return "flow_began" }
func (NodeEntered) Kind() string    { return "node_entered" }
func (MenuEnded) Kind() string      { return "menu_ended" }
func (Queued) Kind() string         { return "queued" }
func (LeftQueue) Kind() string      { return "left_queue" }
func (Told) Kind() string           { return "told" }
func (Offered) Kind() string        { return "offered" }
func (Ringing) Kind() string        { return "ringing" }
func (OfferEnded) Kind() string     { return "offer_ended" }
func (Connected) Kind() string      { return "connected" }
func (Held) Kind() string           { return "held" }
func (Resumed) Kind() string        { return "resumed" }
func (SeatLeft) Kind() string       { return "seat_left" }
func (Dialled) Kind() string        { return "dialled" }
func (DialEnded) Kind() string      { return "dial_ended" }
func (OutsideLeft) Kind() string    { return "outside_left" }
func (VoicemailLeft) Kind() string  { return "voicemail_left" }
func (SurveyAnswered) Kind() string { return "survey_answered" }
func (WrapUpBegan) Kind() string    { return "wrap_up_began" }
func (WrapUpEnded) Kind() string    { return "wrap_up_ended" }
func (DispositionSet) Kind() string { return "disposition_set" }
func (Ended) Kind() string          { return "ended" }

func (LanguageChosen) Kind() string { return "language_chosen" }
func (WebhookTold) Kind() string    { return "webhook_told" }
func (TicketOpened) Kind() string   { return "ticket_opened" }

func (CallbackOffered) Kind() string  { return "callback_offered" }
func (CallbackTaken) Kind() string    { return "callback_taken" }
func (CustomerDialled) Kind() string  { return "customer_dialled" }
func (CustomerRinging) Kind() string  { return "customer_ringing" }
func (CustomerAnswered) Kind() string { return "customer_answered" }

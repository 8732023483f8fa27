package call

// The events of calls between people: seats rung without routing's doing, transfers,
// consultations, conferences, supervision.

// SeatCalled is a phone of ours being rung without routing's doing: a colleague calls it, a
// call is handed to it, or its agent has clicked to dial. SeatCallEnded follows.
type SeatCalled struct {
	Leg    LegID  `json:"leg"`
	Seat   SeatID `json:"seat,omitempty"` // the agent at it; empty: nobody is signed in
	Phone  string `json:"phone"`
	By     SeatID `json:"by,omitempty"`    // who has it rung; empty: the caller
	Aside  bool   `json:"aside,omitempty"` // to be asked something: the caller does not talk to it
	Reason string `json:"reason"`
}

// SeatCallEnded is what became of it; with OfferAnswered the seat has picked up.
type SeatCallEnded struct {
	Leg    LegID       `json:"leg"`
	Seat   SeatID      `json:"seat,omitempty"`
	Phone  string      `json:"phone"`
	Queue  string      `json:"queue,omitempty"` // the call came by, if by any
	Result OfferResult `json:"result"`
	Status int         `json:"status,omitempty"` // SIP status, if there was one
	Aside  bool        `json:"aside,omitempty"`
	Reason string      `json:"reason"`
}

// Transferred is a seat giving the caller away (转接): to be connected with somebody else, or,
// with Leg, to whom it has asked and who is there.
type Transferred struct {
	By     SeatID       `json:"by"`
	Mode   TransferMode `json:"mode"`
	To     string       `json:"to"`
	Leg    LegID        `json:"leg,omitempty"`
	Reason string       `json:"reason,omitempty"`
}

// TransferFailed is a transfer that came to nothing: the caller goes back to the seat, or to his place in the queue.
type TransferFailed struct {
	To     string `json:"to"`
	Reason string `json:"reason"`
}

// Consulted is a seat talking to somebody aside (咨询); the caller is on hold.
type Consulted struct {
	By   SeatID `json:"by"`
	Leg  LegID  `json:"leg"`
	With string `json:"with"`
}

// Conferenced is caller, seat and whom it has asked talking together (三方通话).
type Conferenced struct {
	By   SeatID `json:"by"`
	Leg  LegID  `json:"leg"`
	With string `json:"with"`
}

// AsideLeft is the end of a consultation or conference, whoever ended it; caller and seat go on.
type AsideLeft struct {
	Leg    LegID  `json:"leg"`
	Cause  Cause  `json:"cause"`
	Reason string `json:"reason,omitempty"`
}

// SurveySent is a seat sending the caller to the rating (送评价), which ends its part.
type SurveySent struct {
	Seat SeatID `json:"seat"`
}

// HelpAsked is an agent's wish for the supervisor (求助班长).
type HelpAsked struct {
	Seat   SeatID `json:"seat"`
	Reason string `json:"reason,omitempty"`
}

// VerifyBegan is a seat sending the caller to key in a secret. Until it has ended nobody hears him, and no recording does.
type VerifyBegan struct {
	Seat SeatID `json:"seat"`
	Flow string `json:"flow"`
}

// VerifyEnded is the caller back with the seat, or gone.
type VerifyEnded struct {
	Seat   SeatID       `json:"seat"`
	Flow   string       `json:"flow"`
	Result VerifyResult `json:"result"`
	Reason string       `json:"reason"`
}

// SupervisorJoined is a supervisor coming into the call.
type SupervisorJoined struct {
	Seat  SeatID        `json:"seat"` // the supervisor's
	Phone string        `json:"phone"`
	Leg   LegID         `json:"leg"`
	Mode  SuperviseMode `json:"mode"`
	Of    SeatID        `json:"of"` // the agent
}

// SupervisorChanged is the supervisor going on in another mode.
type SupervisorChanged struct {
	Seat SeatID        `json:"seat"`
	Leg  LegID         `json:"leg"`
	Mode SuperviseMode `json:"mode"`
}

// SupervisorLeft is the end of it.
type SupervisorLeft struct {
	Seat   SeatID `json:"seat"`
	Leg    LegID  `json:"leg"`
	Reason string `json:"reason"`
}

// SeatMoved is a seat that goes on at another phone of the agent's, which has taken its leg over (RFC 3891).
type SeatMoved struct {
	Seat  SeatID `json:"seat,omitempty"`
	Phone string `json:"phone"`
	Leg   LegID  `json:"leg"`
	Old   LegID  `json:"old"`
}

func (SeatMoved) Kind() string         { return "seat_moved" }
func (SeatCalled) Kind() string        { return "seat_called" }
func (SeatCallEnded) Kind() string     { return "seat_call_ended" }
func (Transferred) Kind() string       { return "transferred" }
func (TransferFailed) Kind() string    { return "transfer_failed" }
func (Consulted) Kind() string         { return "consulted" }
func (Conferenced) Kind() string       { return "conferenced" }
func (AsideLeft) Kind() string         { return "aside_left" }
func (SurveySent) Kind() string        { return "survey_sent" }
func (HelpAsked) Kind() string         { return "help_asked" }
func (SupervisorJoined) Kind() string  { return "supervisor_joined" }
func (SupervisorChanged) Kind() string { return "supervisor_changed" }
func (SupervisorLeft) Kind() string    { return "supervisor_left" }
func (VerifyBegan) Kind() string       { return "verify_began" }
func (VerifyEnded) Kind() string       { return "verify_ended" }

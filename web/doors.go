package web

import (
	"context"
	"io"
	"time"

	"hotline/acd"
	"hotline/call"
)

// Backends are the rooms behind the API.
type Backends struct {
	Calls      Calls
	Floor      Floor
	Control    Control
	Recordings Recordings
	Trunks     Trunks
	Phones     Phones
	Callbacks  Callbacks
	Surveys    Surveys
	Bulletins  Bulletins
	Library    Library
	Flows      Flows
	Mailboxes  Mailboxes
	Accounts   Accounts
	Health     Health
	Audit      Audit
	Site       Site
	Guard      Guard
	Wire       Wire
	Visitors   Visitors
	Dialling   Dialling
	Hub        *Hub
}

// Calls finds call records, live ones included.
type Calls interface {
	// Calls lists records newest first, and gives the cursor of the next page, empty after the last.
	Calls(context.Context, CallFilter) ([]call.Record, string, error)
	// Call is one record and its events; call.CodeNotFound if there is none.
	Call(context.Context, call.ID) (call.Record, []call.Envelope, error)
}

// CallFilter narrows a list of call records. Zero fields do not narrow.
type CallFilter struct {
	From, To time.Time // of started_at; To is not included
	Caller   string
	Called   string
	Queue    string
	Agent    call.SeatID
	Outcome  string
	// Direction is inbound, outbound or internal.
	Direction string
	Limit     int
	Cursor    string
}

// Floor shows and moves queues and seats.
type Floor interface {
	Queues() []Queue
	Seats() []Seat
	// Why explains a queue, and the seats for one of its calls, or for the next.
	Why(ctx context.Context, queue string, id call.ID) (*acd.QueueWhy, error)
	// SetSeat asks for a state; it returns when routing has taken it or says why not.
	SetSeat(context.Context, acd.SeatStateSet) error
	Plans() []Plan
	// Staffing is the present load and who is at work for it, queue by queue and plan by plan.
	Staffing() []Staffing
	// ForceStep puts a supervisor's hand on a step; call.CodeNotFound if there is none.
	ForceStep(context.Context, acd.PlanForce) error
	// DecideBreak and SetWrapUp likewise.
	DecideBreak(context.Context, acd.BreakDecided) error
	SetWrapUp(context.Context, acd.WrapUpSet) error
}

// Control acts on live calls, and files dispositions on ended ones.
type Control interface {
	Dispose(ctx context.Context, id call.ID, by call.SeatID, code, notes string) error
	Hangup(ctx context.Context, id call.ID, words string) error
	// Hold, Transfer, Survey and Help are what an agent does in a call; by is whose part is meant, empty: who talks.
	Hold(ctx context.Context, id call.ID, by call.SeatID, on bool) error
	Transfer(ctx context.Context, id call.ID, by call.SeatID, mode call.TransferMode, to string) error
	Survey(ctx context.Context, id call.ID, by call.SeatID) error
	// VerifyCaller sends the caller to a flow in which he keys in a secret; empty: the site's only one. Cancel takes him back.
	VerifyCaller(ctx context.Context, id call.ID, by call.SeatID, flow string, cancel bool) error
	Part(ctx context.Context, id call.ID, by call.SeatID) error // ends the part, as hanging up does
	Help(ctx context.Context, id call.ID, by call.SeatID, reason string) error
	// PickUp has an agent take a call that waits, or rings elsewhere; anyCall: whatever the agent's group and skills.
	PickUp(ctx context.Context, id call.ID, by call.SeatID, anyCall bool) error
	// Dial rings an agent's phone, and then whom he wants.
	Dial(ctx context.Context, agent call.SeatID, to string) (call.ID, error)
	// Supervise brings a supervisor into a call, at the phone he is signed in at; of: the agent, empty: who talks.
	Supervise(ctx context.Context, id call.ID, by, of call.SeatID, mode call.SuperviseMode) error
	// Follow has a supervisor follow an agent from call to call, rung once, until he hangs up or FollowEnd; Unsupervise
	// ends his part in one call.
	Follow(ctx context.Context, by, agent call.SeatID, mode call.SuperviseMode) error
	FollowEnd(ctx context.Context, by, agent call.SeatID) error
	Unsupervise(ctx context.Context, id call.ID, by call.SeatID) error
	// Record pauses a live call's recording, lets it go on, or begins one on demand.
	Record(ctx context.Context, id call.ID, paused bool, words string) error
	// Fork has an engine of the site hear a live call while it goes on, or no longer; call.CodeNotFound: there is none.
	Fork(ctx context.Context, id call.ID, engine string, on bool, words string) error
}

// Recordings finds recordings and their sound.
type Recordings interface {
	Recording(context.Context, call.RecordingID) (call.RecordingFacts, error)
	// Audio opens the sound; the reader is closed by the caller. It is WAV, or what its MediaType says if it has one.
	Audio(context.Context, call.RecordingFacts) (io.ReadSeekCloser, error)
	// Peaks is the wave picture in at most so many points; call.CodeNotFound: there is none yet.
	Peaks(ctx context.Context, f call.RecordingFacts, points int) (Peaks, error)
	// Verify reads it whole and tells every place that is not as it was written.
	Verify(context.Context, call.RecordingFacts) ([]Damage, error)
	// HoldRecording keeps it from being erased, or with nil lets it go; Held tells of that.
	HoldRecording(context.Context, call.RecordingID, *Hold) error
	Held(call.RecordingID) *Hold
	// Erase destroys it; call.CodeConflict: it is held.
	Erase(ctx context.Context, f call.RecordingFacts, by, reason string) error
	// MissingRecordings lists calls of a span that should have a recording and have none.
	MissingRecordings(ctx context.Context, from, to time.Time) ([]MissingRecording, error)
}

// Trunks tells how the trunks are.
type Trunks interface{ Trunks() []Trunk }

// Accounts knows who may log in.
type Accounts interface {
	// Account finds a user's identity and password; ok is false when there is none, or it can't log in.
	Account(user string) (id Identity, password Password, ok bool)
}

// Health tells whether the node takes calls.
type Health interface {
	// Ready is nil, or why the node is not to be given calls.
	Ready() error
}

// Audit keeps who looked at and changed what.
type Audit interface {
	Audit(context.Context, AuditEntry)
}

// AuditEntry is one line of the audit log (审计日志).
type AuditEntry struct {
	At     time.Time
	User   string
	From   string // address the request came from
	Action string // call.view, calls.list, recording.play, seat.set, …
	Object string // what it was done to
	Detail string
}

// Queue is the live view of a queue.
type Queue struct {
	Name                 string         `json:"name"`
	Title                string         `json:"title,omitempty"`
	Waiting              int            `json:"waiting" doc:"live callers not yet answered"`
	LongestWaitSeconds   float64        `json:"longest_wait_seconds"`
	EstimatedWaitSeconds *float64       `json:"estimated_wait_seconds" doc:"null while it can't be told"`
	Seats                map[string]int `json:"seats" doc:"a number for each state"`
	Answered             int            `json:"answered" doc:"since local midnight"`
	Abandoned            int            `json:"abandoned" doc:"since local midnight, short abandons apart"`
	ShortAbandoned       int            `json:"short_abandoned"`
	ServiceLevel         *float64       `json:"service_level" doc:"0–1 by formula SL-4 since local midnight; null before the first call"`
	ServiceLevelFormula  string         `json:"service_level_formula"`
	PlanSteps            []string       `json:"plan_steps" doc:"emergency plan steps in force"`
}

// Seat is the live view of an agent: signed in at a phone, or offline.
type Seat struct {
	Agent   call.SeatID    `json:"agent"`
	Phone   string         `json:"phone,omitempty"`
	State   call.SeatState `json:"state" enum:"offline,ready,offered,announcing,talking,held,wrap_up,busy,break,unreachable"`
	Since   call.Stamp     `json:"since"`
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"`
	// NewMessages is the message-waiting lamp.
	NewMessages int             `json:"new_messages,omitempty" doc:"in the agent's mailbox, that nobody has heard"`
	Next        string          `json:"next,omitempty" doc:"the state asked for, to take effect after the call"`
	Break       *Break          `json:"break,omitempty" doc:"a break asked for that waits for a supervisor's approval"`
	Until       *call.Stamp     `json:"until,omitempty" doc:"when an offer or wrap-up ends by itself"`
	Queues      []string        `json:"queues" doc:"queues this seat can take calls of"`
	Call        call.ID         `json:"call,omitempty"`
	Follows     *Follows        `json:"follows,omitempty" doc:"whom this supervisor's line follows from call to call"`
	Callback    call.CallbackID `json:"callback,omitempty" doc:"the call is a callback: the customer is dialled once the agent has picked up"`
	Team        string          `json:"team,omitempty"`
	Group       string          `json:"group,omitempty"`
}

// Follows is whom a supervisor follows.
type Follows struct {
	Agent call.SeatID `json:"agent"`
	Mode  string      `json:"mode" enum:"monitor,whisper,barge" doc:"of the calls to come"`
}

// Break is a break that waits for approval.
type Break struct {
	Reason  string     `json:"reason,omitempty"`
	Minutes int        `json:"minutes,omitempty"`
	Since   call.Stamp `json:"since"`
}

// Trunk is how a trunk is.
type Trunk struct {
	Name      string     `json:"name"`
	Title     string     `json:"title,omitempty"`
	State     string     `json:"state" enum:"up,down"`
	Calls     int        `json:"calls"`
	MaxCalls  int        `json:"max_calls" doc:"0: no limit"`
	LastCheck call.Stamp `json:"last_check" doc:"null when the trunk is not checked"`
	Words     string     `json:"words,omitempty" doc:"why it is down"`
	// Targets are the ways calls go out by it.
	Targets []TrunkTarget `json:"targets,omitempty" doc:"the proxies calls go out by, as configured"`
	// Registration is ours with the carrier.
	Registration *TrunkRegistration `json:"registration,omitempty" doc:"ours with the carrier, if there is to be one"`
}

// TrunkTarget is one way into a trunk.
type TrunkTarget struct {
	URI       string     `json:"uri"`
	Priority  int        `json:"priority" doc:"lower ones are tried first"`
	Weight    int        `json:"weight" doc:"among equal priorities, the chance to be tried first"`
	State     string     `json:"state" enum:"up,down"`
	LastCheck call.Stamp `json:"last_check" doc:"null before the first OPTIONS has come to an end"`
	Words     string     `json:"words,omitempty" doc:"why it is down"`
}

// TrunkRegistration is a registration with a carrier.
type TrunkRegistration struct {
	State     string     `json:"state" enum:"registering,registered,failed"`
	Since     call.Stamp `json:"since"`
	ExpiresAt call.Stamp `json:"expires_at" doc:"of the binding in force; null without one"`
	NextTry   call.Stamp `json:"next_try" doc:"when REGISTER is sent next"`
	Words     string     `json:"words,omitempty" doc:"why it failed"`
}

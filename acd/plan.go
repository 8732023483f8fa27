package acd

import (
	"time"

	"hotline/call"
)

// Plan is an emergency plan (应急预案): steps that bring seats of other groups to
// its queues while these are crowded, and let them go one by one afterwards. In
// a ladder a step waits for those before it; in an independent plan each stands alone.
type Plan struct {
	Name        string         `json:"name"`
	Title       string         `json:"title,omitempty"`
	Queues      []string       `json:"queues"`
	Hours       *call.Calendar `json:"hours,omitempty"` // spans by weekday, in their zone; nil: always
	Days        PlanDays       `json:"days,omitzero"`
	MaxAdded    int            `json:"max_added,omitempty"` // seats that counted adds lend together; 0: no limit
	Reserve     int            `json:"reserve,omitempty"`   // on call beside the forecast roster
	Independent bool           `json:"independent,omitempty"`
	Steps       []PlanStep     `json:"steps"`
	Release     *PlanRelease   `json:"release,omitempty"` // nil: only the end of hours and a supervisor release
}

// PlanDays narrows a plan's hours to certain days; the zero value is every day.
// A span that crosses midnight belongs to the day it begins on.
type PlanDays struct {
	Weekdays  []time.Weekday   `json:"weekdays,omitempty"`
	Holiday   bool             `json:"holiday,omitempty"`   // days that are a holiday in one of Calendars
	Special   bool             `json:"special,omitempty"`   // days on which one of Calendars names this plan
	Calendars []*call.Calendar `json:"calendars,omitempty"` // where holidays and special days stand
}

// PlanStep is one step of a plan.
type PlanStep struct {
	Name string       `json:"name"`
	When PlanWhen     `json:"when"`
	Do   []PlanAction `json:"do"`
}

// PlanWhen holds when all its tests have held, at the time of day it names if
// it names one, without a break for a time.
type PlanWhen struct {
	All  []PlanTest     `json:"all"`
	Time *call.Calendar `json:"time,omitempty"` // spans of the day, the same every day; nil: at any time
	For  time.Duration  `json:"for"`
}

// PlanTest compares a figure of the plan's queues.
type PlanTest struct {
	Figure  Figure        `json:"figure"`
	Compare Compare       `json:"compare"`
	Number  int           `json:"number,omitempty"` // of Waiting and SeatsReady; of ServiceLevel, percent
	Length  time.Duration `json:"length,omitempty"` // of LongestWait and EstimatedWait
	Window  time.Duration `json:"window,omitempty"` // of ServiceLevel: over the last so long
}

// PlanRelease is when a plan's steps are taken back, one at a time.
type PlanRelease struct {
	When    PlanWhen `json:"when"`
	Forward bool     `json:"forward,omitempty"` // in the order they came into force; else the last first
}

// PlanAction is one thing a step does while it is in force.
type PlanAction struct {
	Do    PlanDo `json:"do"`
	Group string `json:"group,omitempty"` // of Add
	Seats int    `json:"seats,omitempty"` // of Add: so many; 0: all
	Keep  int    `json:"keep,omitempty"`  // of Add: so many of the group stay behind
	// Counted: of Add, the seats count against the plan's MaxAdded.
	Counted bool          `json:"counted,omitempty"`
	Page    string        `json:"page,omitempty"`    // of Page: the name of the call-in list
	OnCall  []call.SeatID `json:"on_call,omitempty"` // of Page: who is on it
	Prompt  string        `json:"prompt,omitempty"`  // of Announce
	After   time.Duration `json:"after,omitempty"`   // of Divert: having waited so long in the queue
	To      Target        `json:"to,omitzero"`       // of Divert
	Points  int           `json:"points,omitempty"`  // of Raise: so many more, or, if Exact, so many
	Exact   bool          `json:"exact,omitempty"`   // of Raise
}

// PlanForce is a supervisor's hand on a step. On and off hold until another
// PlanForce or the end of the plan's hours; auto gives the step back to the plan.
type PlanForce struct {
	Plan   string `json:"plan"`
	Step   string `json:"step"`
	Hold   Hold   `json:"hold"`
	By     string `json:"by"` // who says so
	Reason string `json:"reason,omitempty"`
}

// Kind names the input in recorded logs.
func (PlanForce) Kind() string { return "plan_force" }

// PlanFigures are the figures of a plan's queues at one moment.
type PlanFigures struct {
	Waiting     int           `json:"waiting"` // not yet answered, ringing ones included
	LongestWait time.Duration `json:"longest_wait"`
	SeatsReady  int           `json:"seats_ready"` // that may take calls of these queues at once
	// EstimatedWait is the longest that a plain call to one of them has to expect; nil: it can't be told.
	EstimatedWait *time.Duration `json:"estimated_wait,omitempty"`
	Levels        []PlanLevel    `json:"levels,omitempty"` // for each window the plan's conditions look at
}

// PlanLevel is the calls of a plan's queues that were decided within a window, in raw counts.
type PlanLevel struct {
	Window time.Duration `json:"window"`
	LevelCounts
}

// PlanStepOn is a step coming into force.
type PlanStepOn struct {
	Plan    string        `json:"plan"`
	Step    string        `json:"step"`
	Number  int           `json:"number"` // of the step, from 1
	Figures PlanFigures   `json:"figures"`
	Seats   []call.SeatID `json:"seats,omitempty"` // lent by it at once
	Short   int           `json:"short,omitempty"` // seats asked for and not found
	By      string        `json:"by,omitempty"`    // the supervisor who forced it
	Reason  string        `json:"reason"`
}

// PlanStepOff is a step taken back.
type PlanStepOff struct {
	Plan    string        `json:"plan"`
	Step    string        `json:"step"`
	Number  int           `json:"number"`
	Figures PlanFigures   `json:"figures"`
	Seats   []call.SeatID `json:"seats,omitempty"` // it had lent
	By      string        `json:"by,omitempty"`
	Reason  string        `json:"reason"`
}

// SeatLent is a seat joining a plan's queues; it keeps its own.
type SeatLent struct {
	Seat   call.SeatID `json:"seat"`
	Plan   string      `json:"plan"`
	Step   string      `json:"step"`
	Queues []string    `json:"queues"` // it can take calls of now, by this plan
	Reason string      `json:"reason"`
}

// SeatReturned is a step letting a seat go. A seat in a call goes after it: it
// gets no further call of the plan's queues.
type SeatReturned struct {
	Seat   call.SeatID `json:"seat"`
	Plan   string      `json:"plan"`
	Step   string      `json:"step"`
	Call   call.ID     `json:"call,omitempty"`  // it is in, and finishes
	Still  []string    `json:"still,omitempty"` // plan/step that lend it as well: it stays with them
	Reason string      `json:"reason"`
}

// PlanPage asks for people to be called in.
type PlanPage struct {
	Plan string        `json:"plan"`
	Step string        `json:"step"`
	List string        `json:"list"`
	Call []call.SeatID `json:"call,omitempty"` // of the list, who is not signed in
	// OffShift are others of the plan's groups who are not signed in and have the
	// skills of one of its queues, by agent number; OffShiftMore could not be listed.
	OffShift     []call.SeatID `json:"off_shift,omitempty"`
	OffShiftMore int           `json:"off_shift_more,omitempty"`
	Staffing     Staffing      `json:"staffing"` // from which the shortfall follows
	Figures      PlanFigures   `json:"figures"`
	Reason       string        `json:"reason"`
}

// PlayUrgent has a waiting caller hear a prompt, before anything else that is to be
// told. A seat that picks up, and the caller's leaving, cut it short.
type PlayUrgent struct {
	Call   call.ID `json:"call"`
	Queue  string  `json:"queue"`
	Plan   string  `json:"plan"`
	Step   string  `json:"step"`
	Prompt string  `json:"prompt"`
	Reason string  `json:"reason"`
	Node   string  `json:"node,omitempty"` // holds the call: the effect is addressed to it
}

// Kind names an effect in golden scripts and logs; the names never change.

func (PlanStepOn) Kind() string   { return "plan_step_on" }
func (PlanStepOff) Kind() string  { return "plan_step_off" }
func (SeatLent) Kind() string     { return "seat_lent" }
func (SeatReturned) Kind() string { return "seat_returned" }
func (PlanPage) Kind() string     { return "plan_page" }
func (PlayUrgent) Kind() string   { return "play_urgent" }

package web

import (
	"context"
	"time"

	"hotline/call"
)

// Callbacks works the callbacks and the lost calls.
type Callbacks interface {
	// Callbacks lists them, the newest first; those that are over for a week.
	Callbacks() []Callback
	// AddCallback asks for one; call.CodeConflict when there is one for the number already.
	AddCallback(ctx context.Context, in NewCallback, by string) (Callback, error)
	// DropCallback takes one away; call.CodeNotFound if there is none that is not over.
	DropCallback(ctx context.Context, id call.CallbackID, by string) error
	// LostCalls lists the customers to be rung back, the oldest first.
	LostCalls() []LostCall
	// TakeLost has an agent rung with one; call.CodeConflict when somebody is on it.
	TakeLost(ctx context.Context, number string, seat call.SeatID, by string) (Callback, error)
	DropLost(ctx context.Context, number string) error
}

// NewCallback is a callback to be made.
type NewCallback struct {
	Number    string
	Queue     string
	Priority  int
	NotBefore time.Time
	Shown     string // a number of the site; empty: the first
}

// Callback is a customer who is called back (排队回呼), or a lost call being worked.
type Callback struct {
	ID          call.CallbackID    `json:"id"`
	State       call.CallbackState `json:"state" enum:"waiting,offered,dialling,connected,failed,dropped,returned"`
	Hold        string             `json:"hold,omitempty" enum:",paused,later,quiet_hours,stopped_by_plan,peak" doc:"what holds a waiting one back"`
	Place       int                `json:"place,omitempty" doc:"among the queue's callers and callbacks, 1 is next; none while it is held back"`
	Number      string             `json:"number"`
	CallerClass call.CallerClass   `json:"caller_class"`
	Queue       string             `json:"queue"`
	Priority    int                `json:"priority,omitempty"`
	Called      string             `json:"called,omitempty" doc:"the number he called; he sees it when he is called back"`
	Trunk       string             `json:"trunk,omitempty" doc:"he came by; it is tried first"`
	Entry       call.Stamp         `json:"entry" doc:"decides the place: when he first came to the queue"`
	NotBefore   call.Stamp         `json:"not_before" doc:"when he may next be dialled; null: at once"`
	Tries       int                `json:"tries" doc:"that did not reach him"`
	Lost        bool               `json:"lost,omitempty" doc:"it makes a lost call good"`
	Seat        call.SeatID        `json:"seat,omitempty" doc:"offered it, on it, or who has taken it"`
	Call        call.ID            `json:"call,omitempty" doc:"in which he is being called, or was last"`
	Origin      call.ID            `json:"origin,omitempty" doc:"the call that asked for it, or was lost"`
	Calls       []call.ID          `json:"calls" doc:"in which he was dialled"`
	By          string             `json:"by" doc:"caller, lost_calls, or the user who asked for it"`
	Reason      string             `json:"reason" doc:"why it is where it is"`
	CreatedAt   call.Stamp         `json:"created_at"`
	UpdatedAt   call.Stamp         `json:"updated_at"`
}

// LostCall is a customer who got no seat and has not got through since (呼损).
type LostCall struct {
	Number      string           `json:"number"`
	CallerClass call.CallerClass `json:"caller_class"`
	State       string           `json:"state" enum:"open,working,failed"`
	Queue       string           `json:"queue" doc:"of the last call"`
	Called      string           `json:"called"`
	LostCause   call.LostCause   `json:"lost_cause" enum:"no_seats,waited_too_long,queue_full,abandoned_in_queue,ring_no_answer"`
	Count       int              `json:"count" doc:"calls lost since the customer last got through"`
	FirstAt     call.Stamp       `json:"first_at"`
	LastAt      call.Stamp       `json:"last_at"`
	Tries       int              `json:"tries" doc:"to ring back"`
	NotBefore   call.Stamp       `json:"not_before" doc:"when the next try may be; null: at once"`
	Callback    call.CallbackID  `json:"callback,omitempty" doc:"by which it is being worked"`
	Seat        call.SeatID      `json:"seat,omitempty" doc:"who is on it"`
	Reason      string           `json:"reason,omitempty"`
	Calls       []call.ID        `json:"calls"`
}

// listCallbacks shows the callbacks. Whoever may not see customers sees masked numbers.
func (s *Server) listCallbacks(ctx context.Context, _ *struct{}) (*list[Callback], error) {
	id := who(ctx)
	if id.may(seeFloor) == nobody {
		return nil, forbidden("see the floor")
	}
	items := s.b.Callbacks.Callbacks()
	for i := range items {
		items[i] = s.shownTo(id, items[i])
	}
	return listOf(items, ""), nil
}

// shownTo hides the number from who may not see it: an agent sees those offered to him.
func (s *Server) shownTo(id Identity, c Callback) Callback {
	if !s.seesNumber(id, c.Seat) {
		return maskCallback(c)
	}
	return c
}

func maskCallback(c Callback) Callback {
	c.Number, c.Reason = maskNumber(c.Number), maskWords(c.Reason)
	return c
}

func (s *Server) seesNumber(id Identity, seat call.SeatID) bool {
	var seats []call.SeatID
	if seat != "" {
		seats = append(seats, seat)
	}
	return id.overCall(seeNumbers, seats, s.teams())
}

type callbackOut struct{ Body Callback }

type addCallbackIn struct {
	Body struct {
		Number    string    `json:"number" minLength:"3" maxLength:"32" example:"13800138000"`
		Queue     string    `json:"queue" maxLength:"64" example:"general"`
		Priority  int       `json:"priority,omitempty" minimum:"0" maximum:"100" doc:"0: the queue's own"`
		NotBefore time.Time `json:"not_before,omitempty" doc:"when to call; its place counts from then. Default: now"`
		Shown     string    `json:"shown,omitempty" maxLength:"32" doc:"a number of the site the customer sees; default: its first" example:"10000"`
	} `nameHint:"CallbackRequest"`
}

// addCallback asks for a callback: from a web page, an app, or by hand.
func (s *Server) addCallback(ctx context.Context, in *addCallbackIn) (*callbackOut, error) {
	id := who(ctx)
	if id.may(workCallbacks) == nobody {
		return nil, forbidden("ask for a callback")
	}
	c, err := s.b.Callbacks.AddCallback(ctx, NewCallback{
		Number: in.Body.Number, Queue: in.Body.Queue, Priority: in.Body.Priority, NotBefore: in.Body.NotBefore, Shown: in.Body.Shown,
	}, id.User)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "callback.add", string(c.ID), c.Number+" "+c.Queue)
	return &callbackOut{c}, nil
}

type callbackIn struct {
	ID string `path:"id" maxLength:"32"`
}

// dropCallback cancels one.
func (s *Server) dropCallback(ctx context.Context, in *callbackIn) (*struct{}, error) {
	id := who(ctx)
	if id.may(workCallbacks) != everything {
		return nil, forbidden("cancel a callback")
	}
	if err := s.b.Callbacks.DropCallback(ctx, call.CallbackID(in.ID), id.User); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "callback.drop", in.ID, "")
	return nil, nil //nolint:nilnil // 204
}

// listLost shows the lost calls.
func (s *Server) listLost(ctx context.Context, _ *struct{}) (*list[LostCall], error) {
	id := who(ctx)
	if id.may(workCallbacks) == nobody {
		return nil, forbidden("see the lost calls")
	}
	s.audit(ctx, "lost_calls.list", "", "")
	return listOf(s.b.Callbacks.LostCalls(), ""), nil
}

type takeLostIn struct {
	Number string `path:"number" maxLength:"32" example:"13800138000"`
	Body   struct {
		Agent string `json:"agent,omitempty" maxLength:"32" doc:"who is to ring back; default: who asks" example:"1001"`
	} `nameHint:"TakeRequest"`
}

// takeLost gives a lost call to an agent: the own, or another as supervisor or team lead.
func (s *Server) takeLost(ctx context.Context, in *takeLostIn) (*callbackOut, error) {
	id := who(ctx)
	seat := call.SeatID(in.Body.Agent)
	if seat == "" {
		seat = id.Agent
	}
	if seat == "" {
		return nil, problem(call.Errorf(call.CodeInvalid, "name the agent who is to ring back"))
	}
	if !id.overCall(workCallbacks, []call.SeatID{seat}, s.teams()) {
		return nil, forbidden("give this agent a lost call")
	}
	c, err := s.b.Callbacks.TakeLost(ctx, in.Number, seat, id.User)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "lost_call.take", in.Number, string(seat))
	return &callbackOut{c}, nil
}

type lostIn struct {
	Number string `path:"number" maxLength:"32" example:"13800138000"`
}

// dropLost takes a number off the list.
func (s *Server) dropLost(ctx context.Context, in *lostIn) (*struct{}, error) {
	if who(ctx).may(workCallbacks) != everything {
		return nil, forbidden("take a number off the list of lost calls")
	}
	if err := s.b.Callbacks.DropLost(ctx, in.Number); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "lost_call.drop", in.Number, "")
	return nil, nil //nolint:nilnil // 204
}

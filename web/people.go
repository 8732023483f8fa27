package web

import (
	"context"
	"strings"

	"hotline/call"
)

// transferText describes the modes of a transfer.
const transferText = "`blind` hands the caller over at once: to an agent by number, a queue by name (he keeps what he has waited, and his priority), or an outside number; " +
	"the agent goes to wrap-up, and if nobody answers the caller is back in his place. `consult` rings somebody while the caller hears music; then `complete` hands him over, " +
	"`conference` has all three talk, `cancel` goes back to the caller. `conference` with a `to` does both at once."

// pickUpText describes who may take what.
const pickUpText = "The phone at which whoever asks is signed in is rung, asked to pick up by itself; what rings for the call elsewhere stops. " +
	"An agent takes a call that rings at somebody of the own group or team, or that waits in a queue the agent serves, now or by a later step of the queue; " +
	"a lead one that rings at the own team's, a supervisor any. A consultation that rings makes whoever takes it the one who is asked; a callback that rings dials the customer for him. 409: the call has been answered, or somebody picks it up already; who asks is in a call or signed out."

// pickUp has whoever asks take a call that rings elsewhere, or waits (代答).
func (s *Server) pickUp(ctx context.Context, in *callIn) (*struct{}, error) {
	id := who(ctx)
	if id.may(handleCalls) == nobody {
		return nil, forbidden("take calls")
	}
	r, _, err := s.b.Calls.Call(ctx, call.ID(in.ID))
	if err != nil {
		return nil, s.fail(err)
	}
	if !r.Live() {
		return nil, s.fail(call.Errorf(call.CodeConflict, "call %s has ended", r.ID))
	}
	anyCall := id.overCall(supervise, concerned(&r), s.teams())
	if err := s.b.Control.PickUp(ctx, r.ID, call.SeatID(id.User), anyCall); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "call.pickup", in.ID, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

type dialIn struct {
	Body struct {
		From string `json:"from_agent" minLength:"1" maxLength:"32" doc:"whose phone is rung first" example:"1001"`
		To   string `json:"to" minLength:"1" maxLength:"64" doc:"an agent's number, a phone, a queue, or an outside number" example:"13800138000"`
	} `nameHint:"DialRequest"`
}

type dialOut struct {
	Body struct {
		Call call.ID `json:"call" doc:"its record and timeline are at /calls/{id}"`
	} `nameHint:"DialAnswer"`
}

// dial rings an agent's phone and then whom he wants.
func (s *Server) dial(ctx context.Context, in *dialIn) (*dialOut, error) {
	agent := call.SeatID(in.Body.From)
	if !who(ctx).overCall(handleCalls, []call.SeatID{agent}, s.teams()) {
		return nil, forbidden("dial for this agent")
	}
	id, err := s.b.Control.Dial(ctx, agent, in.Body.To)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "call.dial", string(id), in.Body.From+" → "+in.Body.To)
	out := &dialOut{}
	out.Body.Call = id
	return out, nil
}

// part is whose part in a call the identity means: the own, where it has one; else that of who talks.
func (s *Server) part(ctx context.Context, r *call.Record) call.SeatID {
	id := who(ctx)
	for _, seat := range concerned(r) {
		if seat == id.Agent {
			return seat
		}
	}
	return ""
}

// handle does something in a live call that the identity may handle, and notes it.
func (s *Server) handle(ctx context.Context, id, action, detail string, do func(r *call.Record, by call.SeatID) error) (*struct{}, error) {
	r, _, err := s.callFor(ctx, id, handleCalls, "handle this call")
	if err != nil {
		return nil, err
	}
	if !r.Live() {
		return nil, s.fail(call.Errorf(call.CodeConflict, "call %s has ended", r.ID))
	}
	if err := do(&r, s.part(ctx, &r)); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, action, id, detail)
	return nil, nil //nolint:nilnil // 204 has no body
}

func (s *Server) holdCall(ctx context.Context, in *callIn) (*struct{}, error) {
	return s.handle(ctx, in.ID, "call.hold", "", func(r *call.Record, by call.SeatID) error { return s.b.Control.Hold(ctx, r.ID, by, true) })
}

func (s *Server) resumeCall(ctx context.Context, in *callIn) (*struct{}, error) {
	return s.handle(ctx, in.ID, "call.resume", "", func(r *call.Record, by call.SeatID) error { return s.b.Control.Hold(ctx, r.ID, by, false) })
}

type transferIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		To   string `json:"to,omitempty" maxLength:"64" doc:"an agent's number, a phone, a queue, or an outside number; for blind and consult" example:"1002"`
		Mode string `json:"mode,omitempty" enum:"blind,consult,conference,complete,cancel" default:"blind"`
	} `nameHint:"TransferRequest"`
}

func (s *Server) transferCall(ctx context.Context, in *transferIn) (*struct{}, error) {
	var mode call.TransferMode
	if in.Body.Mode != "" {
		if err := mode.UnmarshalText([]byte(in.Body.Mode)); err != nil {
			return nil, problem(call.Errorf(call.CodeInvalid, "%w", err))
		}
	}
	if in.Body.To == "" && (mode == call.TransferBlind || mode == call.TransferConsult) {
		return nil, problem(call.Errorf(call.CodeInvalid, "to is missing: an agent's number, a phone, a queue, or an outside number"))
	}
	return s.handle(ctx, in.ID, "call.transfer", strings.TrimSpace(mode.String()+" "+in.Body.To), func(r *call.Record, by call.SeatID) error {
		return s.b.Control.Transfer(ctx, r.ID, by, mode, in.Body.To)
	})
}

func (s *Server) sendToSurvey(ctx context.Context, in *callIn) (*struct{}, error) {
	return s.handle(ctx, in.ID, "call.survey", "", func(r *call.Record, by call.SeatID) error { return s.b.Control.Survey(ctx, r.ID, by) })
}

type verifyIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Flow string `json:"flow,omitempty" maxLength:"64" doc:"a flow with a verify node; empty: the only one the site has" example:"check_pin"`
	} `nameHint:"VerifyRequest"`
}

// verifyText describes how a verification goes.
const verifyText = "The caller keys in a password or an ID: nobody hears him meanwhile, the recording holds marked silence, the agent hears music. " +
	"He comes back by himself; event `verify_ended` of the call has the `result`: `yes`, `no`, or `none` when it came to no end. What he has keyed in is shown nowhere."

func (s *Server) verifyCaller(ctx context.Context, in *verifyIn) (*struct{}, error) {
	return s.handle(ctx, in.ID, "call.verify", in.Body.Flow, func(r *call.Record, by call.SeatID) error {
		return s.b.Control.VerifyCaller(ctx, r.ID, by, in.Body.Flow, false)
	})
}

func (s *Server) verifyNoMore(ctx context.Context, in *callIn) (*struct{}, error) {
	return s.handle(ctx, in.ID, "call.verify_cancel", "", func(r *call.Record, by call.SeatID) error {
		return s.b.Control.VerifyCaller(ctx, r.ID, by, "", true)
	})
}

type helpIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"200"`
	} `nameHint:"HelpRequest"`
}

func (s *Server) askForHelp(ctx context.Context, in *helpIn) (*struct{}, error) {
	return s.handle(ctx, in.ID, "call.help", in.Body.Reason, func(r *call.Record, by call.SeatID) error {
		return s.b.Control.Help(ctx, r.ID, by, in.Body.Reason)
	})
}

type superviseIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Mode string `json:"mode" enum:"monitor,whisper,barge,intercept,release"`
		Seat string `json:"seat,omitempty" maxLength:"32" doc:"the agent; empty: who talks to the caller"`
	} `nameHint:"SuperviseRequest"`
}

// modePermission is what it takes to be in a call in this way.
func modePermission(mode call.SuperviseMode) permission {
	switch mode {
	case call.Barge, call.Intercept:
		return joinIn
	case call.Release:
		return endCalls
	case call.Monitor, call.Whisper:
	}
	return listenIn
}

// superviseCall brings the identity, who is signed in at a phone, into a call.
func (s *Server) superviseCall(ctx context.Context, in *superviseIn) (*struct{}, error) {
	var mode call.SuperviseMode
	if err := mode.UnmarshalText([]byte(in.Body.Mode)); err != nil {
		return nil, problem(call.Errorf(call.CodeInvalid, "%w", err))
	}
	r, _, err := s.callFor(ctx, in.ID, modePermission(mode), mode.String()+" this call")
	if err != nil {
		return nil, err
	}
	by := call.SeatID(who(ctx).User)
	if err := s.b.Control.Supervise(ctx, r.ID, by, call.SeatID(in.Body.Seat), mode); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "call.supervise", in.ID, strings.TrimSpace(in.Body.Mode+" "+in.Body.Seat))
	return nil, nil //nolint:nilnil // 204 has no body
}

func (s *Server) unsuperviseCall(ctx context.Context, in *callIn) (*struct{}, error) {
	r, _, err := s.callFor(ctx, in.ID, listenIn, "supervise this call")
	if err != nil {
		return nil, err
	}
	if err := s.b.Control.Unsupervise(ctx, r.ID, call.SeatID(who(ctx).User)); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "call.unsupervise", in.ID, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

// followText describes a whole shift's monitoring.
const followText = "Whoever asks is rung once, at the phone he is signed in at, also while the agent is idle, and is in each of the agent's calls until he hangs up, `DELETE`, " +
	"or the agent signs out; between them he hears silence. Again with another `mode` changes that of the calls to come and of the present one, and rings nobody. " +
	"409: who asks is signed out, in a call or follows another agent; the agent is signed out; two follow the agent already."

type followIn struct {
	Agent string `path:"agent" maxLength:"32"`
	Body  struct {
		Mode string `json:"mode,omitempty" enum:"monitor,whisper,barge" default:"monitor"`
	} `nameHint:"FollowRequest"`
}

// followSeat has the identity follow an agent from call to call (全程监听).
func (s *Server) followSeat(ctx context.Context, in *followIn) (*struct{}, error) {
	id, agent := who(ctx), call.SeatID(in.Agent)
	var mode call.SuperviseMode
	if in.Body.Mode != "" {
		if err := mode.UnmarshalText([]byte(in.Body.Mode)); err != nil {
			return nil, problem(call.Errorf(call.CodeInvalid, "%w", err))
		}
	}
	if !id.overCall(modePermission(mode), []call.SeatID{agent}, s.teams()) {
		return nil, forbidden(mode.String() + " this agent")
	}
	if err := s.b.Control.Follow(ctx, call.SeatID(id.User), agent, mode); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "seat.supervise", in.Agent, mode.String())
	return nil, nil //nolint:nilnil // 204 has no body
}

type unfollowIn struct {
	Agent string `path:"agent" maxLength:"32"`
}

func (s *Server) unfollowSeat(ctx context.Context, in *unfollowIn) (*struct{}, error) {
	id, agent := who(ctx), call.SeatID(in.Agent)
	if !id.overCall(listenIn, []call.SeatID{agent}, s.teams()) {
		return nil, forbidden("supervise this agent")
	}
	if err := s.b.Control.FollowEnd(ctx, call.SeatID(id.User), agent); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "seat.unsupervise", in.Agent, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

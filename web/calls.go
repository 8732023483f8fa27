package web

import (
	"context"
	"fmt"
	"time"

	"hotline/call"
)

type callsIn struct {
	From    time.Time `query:"from" doc:"started at or after"`
	To      time.Time `query:"to" doc:"started before"`
	Caller  string    `query:"caller" maxLength:"32"`
	Called  string    `query:"called" maxLength:"32"`
	Queue   string    `query:"queue" maxLength:"64"`
	Agent   string    `query:"agent" maxLength:"32"`
	Outcome string    `query:"outcome" enum:"answered,abandoned,served_in_ivr,voicemail,callback,overflowed,refused,interrupted"`
	Limit   int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor  string    `query:"cursor" maxLength:"128"`
}

// listCalls lists what the caller may see. An agent sees the calls it had a
// part in; a team lead's page may be shorter than the limit, as calls of other
// teams are left out of it.
func (s *Server) listCalls(ctx context.Context, in *callsIn) (*list[call.Record], error) {
	id := who(ctx)
	reach := id.may(seeCalls)
	if reach == nobody {
		return nil, forbidden("see calls")
	}
	f := CallFilter{
		From: in.From, To: in.To, Caller: in.Caller, Called: in.Called, Queue: in.Queue,
		Agent: call.SeatID(in.Agent), Outcome: in.Outcome, Limit: in.Limit, Cursor: in.Cursor,
	}
	if reach == self {
		if f.Agent != "" && f.Agent != id.Agent {
			return nil, forbidden("see other agents' calls")
		}
		f.Agent = id.Agent
	}
	if f.Caller != "" && id.may(seeNumbers) == nobody {
		return nil, forbidden("look calls up by the caller's number")
	}
	records, next, err := s.b.Calls.Calls(ctx, f)
	if err != nil {
		return nil, s.fail(err)
	}
	teamOf := s.teams()
	seen := make([]call.Record, 0, len(records))
	for i := range records {
		if id.overCall(seeCalls, records[i].Seats(), teamOf) {
			seen = append(seen, s.shown(id, records[i], teamOf))
		}
	}
	s.audit(ctx, "calls.list", in.Caller, fmt.Sprintf("%d records", len(seen)))
	return listOf(seen, next), nil
}

// teams looks a seat's team up, from one view of the floor.
func (s *Server) teams() func(call.SeatID) string {
	var teams map[call.SeatID]string
	return func(seat call.SeatID) string {
		if teams == nil {
			teams = map[call.SeatID]string{}
			for _, one := range s.b.Floor.Seats() {
				teams[one.Agent] = one.Team
			}
		}
		return teams[seat]
	}
}

// shown is a record as this identity may see it, with links.
func (s *Server) shown(id Identity, r call.Record, teamOf func(call.SeatID) string) call.Record {
	for i := range r.Recordings {
		r.Recordings[i].URL = prefix + "/recordings/" + string(r.Recordings[i].ID) + "/audio"
	}
	if !id.overCall(seeNumbers, r.Seats(), teamOf) {
		return maskRecord(r)
	}
	return r
}

type callIn struct {
	ID string `path:"id" maxLength:"64"`
}

// Step is one line of a call's timeline.
type Step struct {
	At   call.Stamp `json:"at"`
	Kind string     `json:"kind"`
	Text string     `json:"text" doc:"what happened, in plain words, with the reason of each routing decision"`
	Data any        `json:"data" doc:"the event"`
}

type callOut struct {
	Body struct {
		call.Record
		Timeline []Step `json:"timeline"`
	}
}

// getCall is one record and every event of it.
func (s *Server) getCall(ctx context.Context, in *callIn) (*callOut, error) {
	r, events, masked, err := s.seenCall(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	s.audit(ctx, "call.view", in.ID, "")
	out := &callOut{}
	out.Body.Record = r
	for _, e := range events {
		ev := e.Event
		if masked {
			ev = maskEvent(ev)
		}
		out.Body.Timeline = append(out.Body.Timeline, Step{At: call.StampOf(e.At), Kind: ev.Kind(), Text: Sentence(ev), Data: ev})
	}
	return out, nil
}

// seenCall finds a call that the identity may see.
func (s *Server) seenCall(ctx context.Context, callID string) (r call.Record, events []call.Envelope, masked bool, err error) {
	id := who(ctx)
	if id.may(seeCalls) == nobody {
		return r, nil, false, forbidden("see calls")
	}
	r, events, err = s.b.Calls.Call(ctx, call.ID(callID))
	if err != nil {
		return r, nil, false, s.fail(err)
	}
	teamOf := s.teams()
	if !id.overCall(seeCalls, r.Seats(), teamOf) {
		return r, nil, false, forbidden("see this call")
	}
	return s.shown(id, r, teamOf), events, !id.overCall(seeNumbers, r.Seats(), teamOf), nil
}

type dispositionIn struct {
	callIn
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64"`
		Notes string `json:"notes,omitempty" maxLength:"4000"`
	}
}

// dispose files a disposition on a call the identity had a part in, or leads.
func (s *Server) dispose(ctx context.Context, in *dispositionIn) (*struct{}, error) {
	id := who(ctx)
	r, _, err := s.b.Calls.Call(ctx, call.ID(in.ID))
	if err != nil {
		return nil, s.fail(err)
	}
	if !id.overCall(fileDispositions, r.Seats(), s.teams()) {
		return nil, forbidden("file a disposition on this call")
	}
	by := id.Agent
	if by == "" {
		by = call.SeatID(id.User)
	}
	if err := s.b.Control.Dispose(ctx, r.ID, by, in.Body.Code, in.Body.Notes); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "call.disposition", in.ID, in.Body.Code)
	return nil, nil //nolint:nilnil // 204 has no body
}

// hangUp ends a live call.
func (s *Server) hangUp(ctx context.Context, in *callIn) (*struct{}, error) {
	id := who(ctx)
	r, _, err := s.b.Calls.Call(ctx, call.ID(in.ID))
	if err != nil {
		return nil, s.fail(err)
	}
	if !id.overCall(endCalls, r.Seats(), s.teams()) {
		return nil, forbidden("end this call")
	}
	if err := s.b.Control.Hangup(ctx, r.ID, "ended by "+id.User); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "call.hangup", in.ID, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

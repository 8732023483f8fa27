package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// pagesMost bounds how often the records are asked for to fill one page of a
// team lead, who sees few of them.
const pagesMost = 20

// instant is a time in a query: RFC 3339, or a date, which is its midnight in UTC.
type instant struct{ time.Time }

// UnmarshalText reads it. A + that was not escaped in the URL has become a space.
func (t *instant) UnmarshalText(b []byte) (err error) {
	text := strings.ReplaceAll(string(b), " ", "+")
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t.Time, err = time.Parse(layout, text); err == nil {
			return nil
		}
	}
	return call.Errorf(call.CodeInvalid, "%q is no time; write 2026-11-02T08:00:00+08:00 or 2026-11-02", text)
}

type callsIn struct {
	From      instant `query:"from" doc:"started at or after: RFC 3339, or a date (midnight UTC)" example:"2026-11-02T08:00:00+08:00"`
	To        instant `query:"to" doc:"started before"`
	Caller    string  `query:"caller" maxLength:"32" doc:"the caller's normalised number" example:"13800138000"`
	Called    string  `query:"called" maxLength:"32"`
	Queue     string  `query:"queue" maxLength:"64" doc:"any queue the caller waited in"`
	Agent     string  `query:"agent" maxLength:"32" doc:"any agent who had a part"`
	Outcome   string  `query:"outcome" enum:"answered,abandoned,served_in_ivr,voicemail,callback,overflowed,refused,interrupted,unreached"`
	Direction string  `query:"direction" enum:"inbound,outbound,internal" doc:"who called whom"`
	Limit     int     `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor    string  `query:"cursor" maxLength:"128" doc:"next of the page before"`
}

// filter is the query as the identity may ask it.
func (in *callsIn) filter(id Identity) (CallFilter, error) {
	f := CallFilter{
		From: in.From.Time, To: in.To.Time, Caller: in.Caller, Called: in.Called, Queue: in.Queue,
		Agent: call.SeatID(in.Agent), Outcome: in.Outcome, Direction: in.Direction, Limit: in.Limit, Cursor: in.Cursor,
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, problem(call.Errorf(call.CodeInvalid, "to must be after from"))
	}
	reach := id.may(seeCalls)
	if reach == nobody || reach == self && id.Agent == "" {
		return f, forbidden("see calls")
	}
	if reach == self {
		if f.Agent != "" && f.Agent != id.Agent {
			return f, forbidden("see other agents' calls")
		}
		f.Agent = id.Agent
	}
	if f.Caller != "" && id.may(seeNumbers) == nobody {
		return f, forbidden("look calls up by the caller's number")
	}
	return f, nil
}

// words are the filter as the audit log keeps it.
func (f CallFilter) words() string {
	var out []string
	for _, p := range [][2]string{{"caller", f.Caller}, {"called", f.Called}, {"queue", f.Queue}, {"agent", string(f.Agent)}, {"outcome", f.Outcome}, {"direction", f.Direction}} {
		if p[1] != "" {
			out = append(out, p[0]+"="+p[1])
		}
	}
	return strings.Join(out, " ")
}

// listCalls lists what the identity may see: an agent the calls it had a part in.
func (s *Server) listCalls(ctx context.Context, in *callsIn) (*list[call.Record], error) {
	id := who(ctx)
	f, err := in.filter(id)
	if err != nil {
		return nil, err
	}
	seen, next, err := s.page(ctx, id, f)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "calls.list", in.Caller, strings.TrimSpace(fmt.Sprintf("%s → %d records", f.words(), len(seen))))
	return listOf(seen, next), nil
}

// page reads on until the page is full of what the identity may see, or its
// share of work is done: then it is short and has a next.
func (s *Server) page(ctx context.Context, id Identity, f CallFilter) (seen []call.Record, next string, err error) {
	teamOf, limit := s.teams(), f.Limit
	for range pagesMost {
		f.Limit = limit - len(seen)
		records, cursor, err := s.b.Calls.Calls(ctx, f)
		if err != nil {
			return nil, "", err
		}
		for i := range records {
			if id.overCall(seeCalls, concerned(&records[i]), teamOf) {
				seen = append(seen, s.shown(id, records[i], teamOf))
			}
		}
		f.Cursor = cursor
		if cursor == "" || len(seen) >= limit {
			break
		}
	}
	return seen, f.Cursor, nil
}

// concerned are the seats whose business a call is: those that had a part in
// it, and those whose phones ring with it now.
func concerned(r *call.Record) []call.SeatID {
	seats := r.Seats()
	for i := range r.Segments {
		if one := &r.Segments[i]; one.Kind == call.SegmentRing && one.End.IsZero() && !slices.Contains(seats, one.Seat) {
			seats = append(seats, one.Seat)
		}
	}
	return seats
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

// shown is a record as this identity may see it, with links. The slices are its
// own: the backend may hold the others.
func (s *Server) shown(id Identity, r call.Record, teamOf func(call.SeatID) string) call.Record {
	seats := concerned(&r)
	r.Segments = append([]call.Segment{}, r.Segments...)
	r.Recordings = append([]call.RecordRecording{}, r.Recordings...)
	for i := range r.Recordings {
		r.Recordings[i].URL = audioURL(r.Recordings[i].ID)
	}
	if !id.overCall(seeNumbers, seats, teamOf) {
		return maskRecord(r)
	}
	return r
}

type callIn struct {
	ID string `path:"id" maxLength:"64" example:"01KA6ZB5M0T4Z5H2Q9Y3W8R7XN"`
}

type callOut struct {
	Body struct {
		call.Record
		Timeline []Step `json:"timeline" doc:"every event, in order"`
	} `nameHint:"CallDetail"`
}

// getCall is one record and every event of it.
func (s *Server) getCall(ctx context.Context, in *callIn) (*callOut, error) {
	r, events, err := s.callFor(ctx, in.ID, seeCalls, "see this call")
	if err != nil {
		return nil, err
	}
	s.audit(ctx, "call.view", in.ID, "")
	id, teamOf := who(ctx), s.teams()
	masked := !id.overCall(seeNumbers, concerned(&r), teamOf)
	out := &callOut{}
	out.Body.Record = s.shown(id, r, teamOf)
	out.Body.Timeline = make([]Step, len(events))
	for i, e := range events {
		out.Body.Timeline[i] = stepOf(e, masked)
	}
	return out, nil
}

// callFor finds a call that a permission of the identity reaches.
func (s *Server) callFor(ctx context.Context, callID string, p permission, what string) (call.Record, []call.Envelope, error) {
	id := who(ctx)
	if id.may(p) == nobody {
		return call.Record{}, nil, forbidden(what)
	}
	r, events, err := s.b.Calls.Call(ctx, call.ID(callID))
	if err != nil {
		return r, nil, s.fail(err)
	}
	if !id.overCall(p, concerned(&r), s.teams()) {
		return r, nil, forbidden(what)
	}
	return r, events, nil
}

type dispositionIn struct {
	ID   string `path:"id" maxLength:"64"` // huma reads no parameters of an embedded struct that is not exported
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64" example:"bill"`
		Notes string `json:"notes,omitempty" maxLength:"4000" example:"asked about October"`
	} `nameHint:"DispositionRequest"`
}

// dispose files a disposition on a call the identity had a part in, or leads.
func (s *Server) dispose(ctx context.Context, in *dispositionIn) (*struct{}, error) {
	r, _, err := s.callFor(ctx, in.ID, fileDispositions, "file a disposition on this call")
	if err != nil {
		return nil, err
	}
	id := who(ctx)
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

type recordIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Paused bool `json:"paused" doc:"true: silence from now on; false: go on, or begin a recording that is made on demand"`
	} `nameHint:"RecordingRequest"`
}

// record pauses a call's recording, lets it go on, or begins one on demand.
func (s *Server) record(ctx context.Context, in *recordIn) (*struct{}, error) {
	r, _, err := s.callFor(ctx, in.ID, pauseRecordings, "pause the recording of this call")
	if err != nil {
		return nil, err
	}
	if err := s.b.Control.Record(ctx, r.ID, in.Body.Paused, "asked by "+who(ctx).User); err != nil {
		return nil, s.fail(err)
	}
	action := "recording.resume"
	if in.Body.Paused {
		action = "recording.pause"
	}
	s.audit(ctx, action, in.ID, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

// hangUp ends a live call, both parts of it (强制挂断); an agent's own, his part.
func (s *Server) hangUp(ctx context.Context, in *callIn) (*struct{}, error) {
	if id := who(ctx); id.may(endCalls) == nobody && id.may(handleCalls) == self { // an agent ends the own part
		return s.handle(ctx, in.ID, "call.hangup", "own part", func(r *call.Record, by call.SeatID) error { return s.b.Control.Part(ctx, r.ID, by) })
	}
	r, _, err := s.callFor(ctx, in.ID, endCalls, "end this call")
	if err != nil {
		return nil, err
	}
	if err := s.b.Control.Hangup(ctx, r.ID, "ended by "+who(ctx).User); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "call.hangup", in.ID, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

package web

import (
	"context"
	"time"

	"hotline/call"
)

// Peaks is the wave picture of a recording.
type Peaks struct {
	StepSeconds float64 `json:"step_seconds" doc:"how much time a point covers"`
	Left        []int   `json:"left" doc:"the caller's largest sample, 0–255"`
	Right       []int   `json:"right" doc:"the seats'"`
}

// Damage is a place of a recording that is not as it was written.
type Damage struct {
	Chunk  int    `json:"chunk" doc:"from 0; -1: the end of the file"`
	Offset int64  `json:"offset" doc:"in the file as it is kept"`
	Bytes  int64  `json:"bytes"`
	Words  string `json:"words"`
}

// Hold keeps a recording from being erased (legal hold).
type Hold struct {
	By     string     `json:"by"`
	At     call.Stamp `json:"at"`
	Reason string     `json:"reason"`
}

// MissingRecording is a call that should have been recorded and was not, or not whole (漏录).
type MissingRecording struct {
	Call      call.ID     `json:"call"`
	StartedAt call.Stamp  `json:"started_at"`
	Queue     string      `json:"queue"`
	Seat      call.SeatID `json:"seat,omitempty" doc:"the first whose part is missing"`
	What      string      `json:"what"`
}

type peaksIn struct {
	ID     string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
	Points int    `query:"points" minimum:"1" maximum:"20000" default:"1000" doc:"at most so many"`
}

type peaksOut struct{ Body Peaks }

// getPeaks is a recording's wave picture.
func (s *Server) getPeaks(ctx context.Context, in *peaksIn) (*peaksOut, error) {
	f, err := s.heardRecording(ctx, call.RecordingID(in.ID))
	if err != nil {
		return nil, err
	}
	p, err := s.b.Recordings.Peaks(ctx, f, in.Points)
	if err != nil {
		return nil, s.fail(err)
	}
	return &peaksOut{p}, nil
}

type verifyOut struct {
	Body struct {
		Intact bool     `json:"intact"`
		Damage []Damage `json:"damage" doc:"every place that is not as it was written, a hundred at most"`
	} `nameHint:"Verification"`
}

// verify reads a recording whole.
func (s *Server) verify(ctx context.Context, in *recordingIn) (*verifyOut, error) {
	f, err := s.heardRecording(ctx, call.RecordingID(in.ID))
	if err != nil {
		return nil, err
	}
	found, err := s.b.Recordings.Verify(ctx, f)
	if err != nil {
		return nil, s.fail(err)
	}
	out := &verifyOut{}
	out.Body.Intact, out.Body.Damage = len(found) == 0, found
	return out, nil
}

type holdIn struct {
	ID   string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"400" example:"case 2026-117"`
	} `nameHint:"HoldRequest"`
}

// hold keeps a recording from being erased.
func (s *Server) hold(ctx context.Context, in *holdIn) (*struct{}, error) {
	f, err := s.recordingFor(ctx, in.ID, holdRecordings, "hold recordings")
	if err != nil {
		return nil, err
	}
	if f.Erased != nil {
		return nil, problem(call.Errorf(call.CodeConflict, "recording %s was erased", f.ID))
	}
	h := &Hold{By: who(ctx).User, At: call.StampOf(s.now()), Reason: in.Body.Reason}
	if err := s.b.Recordings.HoldRecording(ctx, f.ID, h); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "recording.hold", in.ID, in.Body.Reason)
	return nil, nil //nolint:nilnil // 204 has no body
}

// release lets a held recording go.
func (s *Server) release(ctx context.Context, in *recordingIn) (*struct{}, error) {
	f, err := s.recordingFor(ctx, in.ID, holdRecordings, "hold recordings")
	if err != nil {
		return nil, err
	}
	if err := s.b.Recordings.HoldRecording(ctx, f.ID, nil); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "recording.release", in.ID, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

type eraseIn struct {
	ID     string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
	Reason string `query:"reason" required:"true" minLength:"1" maxLength:"400" doc:"kept in the audit log" example:"the customer's wish"`
}

// erase destroys a recording.
func (s *Server) erase(ctx context.Context, in *eraseIn) (*struct{}, error) {
	f, err := s.recordingFor(ctx, in.ID, eraseRecordings, "erase recordings")
	if err != nil {
		return nil, err
	}
	if f.Erased != nil {
		return nil, nil //nolint:nilnil // it is done
	}
	if err := s.b.Recordings.Erase(ctx, f, who(ctx).User, in.Reason); err != nil {
		return nil, s.fail(err)
	}
	return nil, nil //nolint:nilnil // 204 has no body
}

// recordingFor finds a recording for somebody who may do such a thing to all of them.
func (s *Server) recordingFor(ctx context.Context, id string, p permission, what string) (call.RecordingFacts, error) {
	if who(ctx).may(p) != everything {
		return call.RecordingFacts{}, forbidden(what)
	}
	f, err := s.b.Recordings.Recording(ctx, call.RecordingID(id))
	if err != nil {
		return f, s.fail(err)
	}
	return f, nil
}

type missingIn struct {
	From time.Time `query:"from" required:"true" doc:"of started_at"`
	To   time.Time `query:"to" required:"true" doc:"not included; at most 31 days later"`
}

// longestCheck bounds one look for missing recordings.
const longestCheck = 31 * 24 * time.Hour

// missing lists calls that should have a recording and have none.
func (s *Server) missing(ctx context.Context, in *missingIn) (*list[MissingRecording], error) {
	if who(ctx).may(seeMissing) != everything {
		return nil, forbidden("see which recordings are missing")
	}
	if !in.To.After(in.From) || in.To.Sub(in.From) > longestCheck {
		return nil, problem(call.Errorf(call.CodeInvalid, "to is to be after from, and at most 31 days"))
	}
	found, err := s.b.Recordings.MissingRecordings(ctx, in.From, in.To)
	if err != nil {
		return nil, s.fail(err)
	}
	return listOf(found, ""), nil
}

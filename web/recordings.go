package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

type recordingIn struct {
	ID string `path:"id" maxLength:"64"`
}

// Recording is the facts of a recording.
type Recording struct {
	ID       call.RecordingID `json:"id"`
	Call     call.ID          `json:"call"`
	Started  call.Stamp       `json:"started"`
	Seconds  float64          `json:"seconds"`
	Bytes    int64            `json:"bytes"`
	Format   string           `json:"format" doc:"wav/pcma, wav/pcmu or wav/pcm16"`
	Complete bool             `json:"complete" doc:"false when a crash or a full disk cut it off"`
	Left     Track            `json:"left" doc:"the caller"`
	Right    Track            `json:"right" doc:"the seats"`
	URL      string           `json:"url"`
}

// Track is one side of a recording.
type Track struct {
	Packets     uint64       `json:"packets"`
	Lost        uint64       `json:"lost"`
	Late        uint64       `json:"late"`
	Overrun     uint64       `json:"overrun"`
	Anchors     uint64       `json:"anchors"`
	Corrections []Correction `json:"corrections"`
}

// Correction is a place where a side was set right in one step.
type Correction struct {
	AtSeconds float64 `json:"at_seconds"`
	Samples   int     `json:"samples" doc:"inserted if positive, dropped if negative"`
}

type recordingOut struct{ Body Recording }

// heardRecording finds a recording the identity may hear.
func (s *Server) heardRecording(ctx context.Context, id call.RecordingID) (call.RecordingFacts, error) {
	me := who(ctx)
	if me.may(hearRecordings) == nobody {
		return call.RecordingFacts{}, forbidden("hear recordings")
	}
	facts, err := s.b.Recordings.Recording(ctx, id)
	if err != nil {
		return facts, s.fail(err)
	}
	if me.may(hearRecordings) == everything {
		return facts, nil
	}
	r, _, err := s.b.Calls.Call(ctx, facts.Call)
	if err != nil {
		return facts, s.fail(err)
	}
	if !me.overCall(hearRecordings, r.Seats(), s.teams()) {
		return facts, forbidden("hear this recording")
	}
	return facts, nil
}

// getRecording is what is known of a recording.
func (s *Server) getRecording(ctx context.Context, in *recordingIn) (*recordingOut, error) {
	f, err := s.heardRecording(ctx, call.RecordingID(in.ID))
	if err != nil {
		return nil, err
	}
	s.audit(ctx, "recording.view", in.ID, "")
	return &recordingOut{Recording{
		ID: f.ID, Call: f.Call, Started: call.StampOf(f.Started), Seconds: f.Length.Seconds(), Bytes: f.Bytes,
		Format: f.Format, Complete: f.Complete, Left: track(f.Left), Right: track(f.Right),
		URL: prefix + "/recordings/" + string(f.ID) + "/audio",
	}}, nil
}

func track(t call.TrackFacts) Track {
	out := Track{Packets: t.Packets, Lost: t.Lost, Late: t.Late, Overrun: t.Overrun, Anchors: t.Anchors, Corrections: []Correction{}}
	for _, c := range t.Corrections {
		out.Corrections = append(out.Corrections, Correction{AtSeconds: c.At.Seconds(), Samples: c.Samples})
	}
	return out
}

// audioWriteTimeout bounds how long a slow listener may keep a recording open.
const audioWriteTimeout = 10 * time.Minute

// getAudio sends the sound, whole or in ranges.
func (s *Server) getAudio(ctx context.Context, in *recordingIn) (*huma.StreamResponse, error) {
	f, err := s.heardRecording(ctx, call.RecordingID(in.ID))
	if err != nil {
		return nil, err
	}
	sound, err := s.b.Recordings.Audio(ctx, f)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "recording.play", in.ID, string(f.Call))
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer sound.Close() //nolint:errcheck // read only
		r, w := unwrap(hc)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(audioWriteTimeout)) // not every writer has one
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Content-Disposition", `inline; filename="`+string(f.ID)+`.wav"`)
		http.ServeContent(w, r, "", f.Started, sound)
	}}, nil
}

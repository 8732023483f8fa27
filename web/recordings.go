package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

type recordingIn struct {
	ID string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
}

// Recording is the facts of a recording.
type Recording struct {
	ID       call.RecordingID `json:"id"`
	Call     call.ID          `json:"call"`
	Started  call.Stamp       `json:"started"`
	Seconds  float64          `json:"seconds" doc:"its length"`
	Bytes    int64            `json:"bytes"`
	Format   string           `json:"format" doc:"wav/pcma, wav/pcmu or wav/pcm16"`
	Complete bool             `json:"complete" doc:"false when a crash or a full disk cut it off"`
	Left     Track            `json:"left" doc:"the caller"`
	Right    Track            `json:"right" doc:"the seats"`
	URL      string           `json:"url"`
	Queue    string           `json:"queue,omitempty" doc:"by whose rules it is kept"`
	Mailbox  string           `json:"mailbox,omitempty" doc:"of a voicemail"`
	Marks    []Mark           `json:"marks" doc:"stretches that are not simply what was said"`
	Sound    *Sound           `json:"sound" doc:"null until it was analysed, some seconds after its end"`
	Hold     *Hold            `json:"hold,omitempty" doc:"why it may not be erased"`
	ErasedAt call.Stamp       `json:"erased_at,omitzero" doc:"when its sound was erased"`
}

// Mark is a stretch of a recording that needs a word.
type Mark struct {
	Kind      call.MarkKind `json:"kind" enum:"paused,mixed,lost" doc:"paused: silence because somebody asked for it; mixed: several on the right side added up; lost: the disk took nothing"`
	AtSeconds float64       `json:"at_seconds"`
	Seconds   float64       `json:"seconds"`
}

// Sound is what the sound of a recording shows; the four shares add up to 1.
type Sound struct {
	Left                  float64   `json:"left" doc:"share of the time in which the caller alone talks"`
	Right                 float64   `json:"right" doc:"the seats alone"`
	Overtalk              float64   `json:"overtalk" doc:"both at once"`
	Silence               float64   `json:"silence" doc:"neither"`
	LongestSilenceSeconds float64   `json:"longest_silence_seconds"`
	LeftLevel             *Loudness `json:"left_level" doc:"null for a side that never talks"`
	RightLevel            *Loudness `json:"right_level"`
	LeftMOS               float64   `json:"left_mos" doc:"of what was received, from its loss (ITU-T G.107); 0: nothing came"`
	RightMOS              float64   `json:"right_mos"`
	SHA256                string    `json:"sha256" doc:"of all samples"`
}

// Loudness is how loud a side is, in dB relative to full scale.
type Loudness struct {
	TalkDB float64 `json:"talk_db" doc:"mean power while it talks"`
	PeakDB float64 `json:"peak_db" doc:"the largest sample"`
}

// Track is one side of a recording.
type Track struct {
	Packets     uint64       `json:"packets"`
	Lost        uint64       `json:"lost" doc:"never came"`
	Late        uint64       `json:"late" doc:"came after their place was written"`
	Overrun     uint64       `json:"overrun" doc:"came faster than they could be written"`
	Anchors     uint64       `json:"anchors" doc:"times the side was laid to the clock anew: at its start, a change of source, a gap"`
	Corrections []Correction `json:"corrections"`
	Losses      []Loss       `json:"losses" doc:"where packets are missing"`
}

// Loss is a stretch of a side in which packets are missing; what of it lies less than a second apart is one.
type Loss struct {
	AtSeconds     float64 `json:"at_seconds"`
	LengthSeconds float64 `json:"length_seconds"`
	Packets       int     `json:"packets"`
}

// Correction is a place where a side was set right in one step.
type Correction struct {
	AtSeconds float64 `json:"at_seconds"`
	Samples   int     `json:"samples" doc:"inserted if positive, dropped if negative"`
}

type recordingOut struct{ Body Recording }

// audioURL is where a recording's sound is.
func audioURL(id call.RecordingID) string { return prefix + "/recordings/" + string(id) + "/audio" }

// heardRecording finds a recording the identity may hear.
func (s *Server) heardRecording(ctx context.Context, id call.RecordingID) (call.RecordingFacts, error) {
	const what = "hear this recording"
	if who(ctx).may(hearRecordings) == nobody {
		return call.RecordingFacts{}, forbidden(what)
	}
	facts, err := s.b.Recordings.Recording(ctx, id)
	if err != nil {
		return facts, s.fail(err)
	}
	if who(ctx).may(hearRecordings) == everything {
		return facts, nil
	}
	_, _, err = s.callFor(ctx, string(facts.Call), hearRecordings, what)
	return facts, err
}

// getRecording is what is known of a recording.
func (s *Server) getRecording(ctx context.Context, in *recordingIn) (*recordingOut, error) {
	f, err := s.heardRecording(ctx, call.RecordingID(in.ID))
	if err != nil {
		return nil, err
	}
	s.audit(ctx, "recording.view", in.ID, string(f.Call))
	out := &recordingOut{Recording{
		ID: f.ID, Call: f.Call, Started: call.StampOf(f.Started), Seconds: f.Length.Seconds(), Bytes: f.Bytes,
		Format: f.Format, Complete: f.Complete, Left: track(f.Left), Right: track(f.Right), URL: audioURL(f.ID),
		Queue: f.Queue, Mailbox: f.Mailbox, Marks: []Mark{}, Sound: soundOf(f.Sound), Hold: s.b.Recordings.Held(f.ID),
	}}
	for _, m := range f.Marks {
		out.Body.Marks = append(out.Body.Marks, Mark{m.Kind, m.At.Seconds(), m.Length.Seconds()})
	}
	if f.Erased != nil {
		out.Body.ErasedAt, out.Body.URL = call.StampOf(*f.Erased), ""
	}
	return out, nil
}

func soundOf(s *call.RecordingSound) *Sound {
	if s == nil {
		return nil
	}
	return &Sound{
		Left: s.Left, Right: s.Right, Overtalk: s.Overtalk, Silence: s.Silence,
		LongestSilenceSeconds: s.LongestSilence.Seconds(), LeftLevel: loudness(s.Levels[0]), RightLevel: loudness(s.Levels[1]),
		LeftMOS: s.MOS[0], RightMOS: s.MOS[1], SHA256: s.Digest,
	}
}

func loudness(l *call.Level) *Loudness {
	if l == nil {
		return nil
	}
	return &Loudness{l.Talk, l.Peak}
}

func track(t call.TrackFacts) Track {
	out := Track{Packets: t.Packets, Lost: t.Lost, Late: t.Late, Overrun: t.Overrun, Anchors: t.Anchors, Corrections: []Correction{}, Losses: []Loss{}}
	for _, c := range t.Corrections {
		out.Corrections = append(out.Corrections, Correction{AtSeconds: c.At.Seconds(), Samples: c.Samples})
	}
	for _, l := range t.Losses {
		out.Losses = append(out.Losses, Loss{AtSeconds: l.At.Seconds(), LengthSeconds: l.Length.Seconds(), Packets: l.Packets})
	}
	return out
}

// audioTimeout bounds how long a slow listener may keep a recording open. A
// player that pauses for longer asks for the rest by range.
const audioTimeout = 10 * time.Minute

type audioIn struct {
	ID    string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
	Range string `header:"Range" doc:"part of the sound, RFC 9110 section 14" example:"bytes=0-65535"`
}

// getAudio sends the sound, whole or in ranges.
func (s *Server) getAudio(ctx context.Context, in *audioIn) (*huma.StreamResponse, error) {
	f, err := s.heardRecording(ctx, call.RecordingID(in.ID))
	if err != nil {
		return nil, err
	}
	return s.sound(ctx, f)
}

// sound opens a recording's sound for who may hear it.
func (s *Server) sound(ctx context.Context, f call.RecordingFacts) (*huma.StreamResponse, error) {
	if f.Erased != nil {
		return nil, problem(call.Errorf(call.CodeNotFound, "recording %s was erased", f.ID))
	}
	sound, err := s.b.Recordings.Audio(ctx, f)
	if call.CodeOf(err) == call.CodeNotFound {
		return nil, problem(call.Errorf(call.CodeNotFound, "the sound of recording %s is not here any more", f.ID))
	}
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "recording.play", string(f.ID), string(f.Call))
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer sound.Close() //nolint:errcheck // read only
		r, w := unwrap(hc)
		s.sendSound(w, r, f, sound)
	}}, nil
}

// oggType is the media type of a recording kept as Opus (RFC 7845 section 9).
const oggType = "audio/ogg"

// sendSound sends a recording as it is kept. A client that comes back for a range after it has become Opus gets the
// whole: the two have different entity tags.
func (s *Server) sendSound(w http.ResponseWriter, r *http.Request, f call.RecordingFacts, sound io.ReadSeeker) {
	if t, ok := sound.(interface{ MediaType() string }); ok && t.MediaType() == oggType {
		w.Header().Set("ETag", `"`+string(f.ID)+`-opus"`)
		s.sendFile(w, r, string(f.ID)+".ogg", oggType, f.Started, sound)
		return
	}
	w.Header().Set("ETag", `"`+string(f.ID)+`"`)
	s.sendWAV(w, r, string(f.ID), f.Started, sound)
}

// sendWAV sends a WAV, whole or in ranges; name is its file's, without the ending.
func (s *Server) sendWAV(w http.ResponseWriter, r *http.Request, name string, made time.Time, sound io.ReadSeeker) {
	s.sendFile(w, r, name+".wav", "audio/wav", made, sound)
}

func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, name, mediaType string, made time.Time, sound io.ReadSeeker) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(audioTimeout)) // not every writer has one
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", `inline; filename="`+name+`"`)
	rw := &rangeWriter{ResponseWriter: w}
	http.ServeContent(rw, r, "", made, sound)
	if rw.refused {
		w.Header().Del("Content-Disposition")
		s.writeProblem(w, problemOf(http.StatusRequestedRangeNotSatisfiable, call.CodeInvalid,
			"the sound has no such range; Content-Range has its length"))
	}
}

// rangeWriter holds back what http.ServeContent says when a range lies outside
// the sound, so that a problem document can be said instead.
type rangeWriter struct {
	http.ResponseWriter
	refused bool
}

// WriteHeader sends the status, unless it is 416.
func (w *rangeWriter) WriteHeader(status int) {
	if status == http.StatusRequestedRangeNotSatisfiable {
		w.refused = true
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a piece of the body, unless the range was refused.
func (w *rangeWriter) Write(b []byte) (int, error) {
	if w.refused {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

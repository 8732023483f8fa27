package recording

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"hotline/call"
)

// lookMost bounds the recordings that are analysed as they end, in bytes of sound:
// eight minutes of G.711, which take some 10 ms of a closer.
const lookMost = 8 << 20

// look analyses a recording whose file has just been synced, while what it holds
// is in the page cache and the file is open, and writes its picture. So its facts
// are told whole: otherwise the archive would have to look up the call, open the
// file again and have the call's record written anew, which costs several times
// what the looking does. What is too long, comes too thick or fails is left to the archive.
func (r *Recorder) look(rec *Recording, facts *call.RecordingFacts) {
	if r.pace == nil || rec.file.f == nil || facts.Bytes > lookMost || !r.pace.free() {
		return
	}
	if err := r.looked(rec, facts); err != nil {
		r.log.Warn("a recording could not be analysed as it ended; it is tried again",
			zap.String("recording", string(facts.ID)), zap.Error(err))
	}
}

func (r *Recorder) looked(rec *Recording, facts *call.RecordingFacts) error {
	f := rec.file.f
	if s, ok := f.(*sealedFile); ok {
		f = s.file
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	s, err := openSound(leftOpen{f}, rec.path, st.Size(), r.opts.Keys)
	if err != nil {
		return err
	}
	found, err := analyse(context.Background(), s, facts, r.pace.hurry())
	if err != nil {
		return errors.Join(err, s.Close())
	}
	facts.Sound = &found.sound
	return errors.Join(writePeaks(r.disk, rec.path, found, r.opts.Keys), s.Close())
}

// leftOpen is a file whose owner closes it.
type leftOpen struct{ file }

func (leftOpen) Close() error { return nil }

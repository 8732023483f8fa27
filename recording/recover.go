package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/oklog/ulid/v2"

	"hotline/call"
	"hotline/recording/seal"
)

// Recover finds the file that a crash left of a recording, makes its header
// count all that was written, and tells what is known of it: id, path, format
// and length. Call and Started are the caller's to fill in, the tracks' facts
// are lost, and Complete is false. CodeNotFound: there is no file, or it is
// none of ours. It blocks on the disk.
func (r *Recorder) Recover(id call.RecordingID) (call.RecordingFacts, error) {
	name, err := r.find(id)
	if err != nil {
		return call.RecordingFacts{}, err
	}
	facts, err := recoverFile(r.disk, name, r.opts.Keys)
	if err != nil {
		return call.RecordingFacts{}, call.Errorf(call.CodeNotFound, "recording %s: %w", id, err)
	}
	// Its picture, if it had one already, is made anew: nobody was told what it was made of.
	if err := removed(r.disk.remove(peaksOf(name))); err != nil {
		return call.RecordingFacts{}, fmt.Errorf("recording %s: %w", id, err)
	}
	facts.ID = id
	r.metrics.results.WithLabelValues("recovered").Inc()
	return facts, nil
}

// find looks in the folders of the day in the id, and of its neighbours: the
// recording may have begun in another time zone's day, or a little later.
func (r *Recorder) find(id call.RecordingID) (string, error) {
	u, err := ulid.ParseStrict(string(id))
	if err != nil {
		return "", call.Errorf(call.CodeInvalid, "recording id %q is no ULID: %w", id, err)
	}
	made := ulid.Time(u.Time()).UTC()
	for _, days := range []int{0, 1, -1} {
		for _, ext := range []string{extPlain, extSealed} {
			name := pathOf(id, made.Add(time.Duration(days)*24*time.Hour), ext)
			if _, err := r.disk.stat(name); err == nil {
				return name, nil
			} else if !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("recording %s: %w", id, err)
			}
		}
	}
	return "", call.Errorf(call.CodeNotFound, "recording %s has no file", id)
}

// recoverFile puts one file in order.
func recoverFile(dir folder, name string, keys seal.Keys) (_ call.RecordingFacts, err error) {
	mend := recoverPlain
	if isSealed(name) {
		mend = func(dir folder, name string) (wavFile, error) { return recoverSealed(dir, name, keys) }
	}
	w, err := mend(dir, name)
	if err != nil {
		return call.RecordingFacts{}, err
	}
	// A rewriting that the crash cut short; the file under the name is whole.
	if err := dir.remove(name + half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return call.RecordingFacts{}, err
	}
	return call.RecordingFacts{
		Path: name, Format: w.law.name(), Length: duration(w.samples), Bytes: w.size(),
	}, nil
}

// recoverPlain has a WAV file's header count what is there.
func recoverPlain(dir folder, name string) (w wavFile, err error) {
	f, err := dir.open(name)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return w, err
	}
	if w, err = parseWAV(f, st.Size()); err != nil {
		return w, err
	}
	return w, settle(f, w, st.Size())
}

// settle cuts off half a frame and makes the header count the whole ones.
func settle(f file, w wavFile, size int64) error {
	if size != w.size() {
		if err := f.Truncate(w.size()); err != nil {
			return err
		}
	}
	if _, err := f.WriteAt(w.law.header(w.samples), 0); err != nil {
		return err
	}
	return f.Sync()
}

// size is what the file should be long.
func (w wavFile) size() int64 { return w.law.headSize() + w.samples*int64(w.law.frame()) }

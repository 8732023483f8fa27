package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"hotline/call"
	"hotline/recording/seal"
)

// Open gives a recording's sound from wherever it lies. CodeNotFound: it is nowhere.
func (a *Archive) Open(ctx context.Context, f call.RecordingFacts) (*Sound, error) {
	b, name, size, err := a.openAny(ctx, f.Path)
	if err != nil {
		return nil, err
	}
	s, err := openSound(b, name, size, a.o.Recorder.opts.Keys)
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", f.ID, err)
	}
	return s, nil
}

// openAny gives a recording's file under the name it has now: the one it was made with, or as Opus, which comes
// first where that is wanted: while there are both it is whole, and the other about to go.
func (a *Archive) openAny(ctx context.Context, made string) (b Blob, name string, size int64, err error) {
	if made == "" {
		return nil, "", 0, call.Errorf(call.CodeNotFound, "it never had a file")
	}
	names := []string{made, opusOf(made)}
	if a.o.Opus {
		slices.Reverse(names)
	}
	for _, name = range names {
		if b, size, err = a.open(ctx, name); call.CodeOf(err) != call.CodeNotFound {
			break
		}
	}
	return b, name, size, err
}

// open gives a file from the folder, else from the store.
func (a *Archive) open(ctx context.Context, name string) (Blob, int64, error) {
	f, err := a.o.Recorder.disk.root.Open(name)
	if err == nil {
		st, err := f.Stat()
		if err != nil {
			return nil, 0, errors.Join(err, f.Close())
		}
		return f, st.Size(), nil
	}
	if a.o.Objects == nil {
		return nil, 0, call.Errorf(call.CodeNotFound, "recording %q: %w", name, err)
	}
	return a.o.Objects.Open(ctx, name)
}

// Peaks gives a recording's wave picture. CodeNotFound: there is none (yet).
func (a *Archive) Peaks(ctx context.Context, f call.RecordingFacts) (Peaks, error) {
	p, _, err := a.picture(ctx, f)
	return p, err
}

func (a *Archive) picture(ctx context.Context, f call.RecordingFacts) (p Peaks, sums []uint32, err error) {
	if f.Path == "" {
		return p, nil, call.Errorf(call.CodeNotFound, "recording %s never had a file", f.ID)
	}
	b, size, err := a.open(ctx, peaksOf(f.Path))
	if err != nil {
		return p, nil, err
	}
	p, sums, err = readPeaks(b, size, f.Path, a.o.Recorder.opts.Keys)
	if err = errors.Join(err, b.Close()); err != nil && a.anew(f.Path) {
		return p, nil, call.Errorf(call.CodeNotFound, "the wave picture of recording %s is made anew: %w", f.ID, err)
	}
	return p, sums, err
}

// anew has a picture in the folder made again that can't be read, as a power cut may
// leave it; false if there is none, or nobody to make it.
func (a *Archive) anew(name string) bool {
	if _, err := a.o.Recorder.disk.stat(name); err != nil {
		return false // it is in the store, or Opus by now: there is nothing to make one of
	}
	if a.quit == nil || a.o.Recorder.disk.remove(peaksOf(name)) != nil {
		return false
	}
	a.later(name)
	return true
}

// Has tells where a recording's file is: in the folder, in the store, or nowhere
// (CodeNotFound).
func (a *Archive) Has(ctx context.Context, f call.RecordingFacts) error {
	b, _, _, err := a.openAny(ctx, f.Path)
	if err != nil {
		return err
	}
	return b.Close()
}

// Verify reads a recording whole and tells every place that is not as it was
// written. An error is one of reading; a file that is missing is CodeNotFound.
func (a *Archive) Verify(ctx context.Context, f call.RecordingFacts) ([]*seal.Damage, error) {
	s, err := a.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // it was only read
	if s.sealed != nil {
		found, err := s.sealed.Check(func() {})
		return found, errors.Join(err, ctx.Err())
	}
	if s.opus {
		return damagedOpus(ctx, s)
	}
	_, want, err := a.picture(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("its checksums: %w", err)
	}
	have, err := checksums(ctx, s)
	if err != nil {
		return nil, err
	}
	return compare(want, have, s), nil
}

// compare names the pieces of a plain file whose checksum is another.
func compare(want, have []uint32, s *Sound) (found []*seal.Damage) {
	for i := range max(len(want), len(have)) {
		at := int64(i) * sumBytes
		d := &seal.Damage{Chunk: i, Offset: at, Bytes: min(sumBytes, max(s.Size()-at, 0)), At: at, Words: "it was changed"}
		switch {
		case i >= len(have):
			d.Words = "it is not there"
		case i >= len(want):
			d.Words = "there was nothing when it was analysed"
		case want[i] == have[i]:
			continue
		}
		found = append(found, d)
	}
	return found
}

// Erase destroys a recording: its data key first, then the files, here and in the
// store, and what was derived from them. What is gone already is no error.
func (a *Archive) Erase(ctx context.Context, f call.RecordingFacts) error {
	if f.Path == "" {
		return nil
	}
	r := a.o.Recorder
	if _, live := r.live.Load(f.ID); live {
		return call.Errorf(call.CodeConflict, "recording %s is being made", f.ID)
	}
	for _, name := range []string{f.Path, opusOf(f.Path), peaksOf(f.Path)} { // in this order: see compress
		if err := a.erase(name); err != nil {
			return fmt.Errorf("erasing %s: %w", name, err)
		}
		if a.o.Objects == nil {
			continue
		}
		if err := a.o.Objects.Remove(ctx, name); err != nil {
			return &awayError{fmt.Errorf("erasing %s in the store: %w", name, err)}
		}
	}
	a.metrics.erased.Inc()
	return nil
}

// erase removes a file of the folder, having destroyed what it can be read by.
func (a *Archive) erase(name string) error {
	disk := a.o.Recorder.disk
	f, err := disk.open(name)
	if err != nil {
		return removed(err)
	}
	if _, err := seal.KeyID(f); err == nil {
		if err := seal.Forget(f); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(f.Close(), disk.remove(name))
}

// Rekey has the data keys of all recordings wrapped by the current key, in the
// folder and in the store, and tells each one that was wrapped by another.
func (a *Archive) Rekey(ctx context.Context, done func(name string)) error {
	keys := a.o.Recorder.opts.Keys
	if keys == nil {
		return call.Errorf(call.CodeInvalid, "there are no keys (storage.recording_keys)")
	}
	var names []string
	if err := a.eachFile(func(name string, _ int64) { names = append(names, name) }); err != nil {
		return err
	}
	for _, name := range names {
		changed, err := a.rewrap(name, keys)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if changed {
			done(name)
		}
	}
	if a.o.Objects == nil {
		return nil
	}
	return a.o.Objects.Each(ctx, func(name string, _ int64) error {
		changed, err := a.rewrapObject(ctx, name, keys)
		if err != nil {
			return fmt.Errorf("%s in the store: %w", name, err)
		}
		if changed {
			done(name)
		}
		return nil
	})
}

func (a *Archive) rewrap(name string, keys seal.Keys) (changed bool, err error) {
	f, err := a.o.Recorder.disk.open(name)
	if err != nil {
		return false, removed(err) // taken to the store meanwhile
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := seal.KeyID(f); err != nil {
		return false, unlessPlain(err)
	}
	return seal.Rewrap(f, keys)
}

// unlessPlain drops the error that a plain recording has no key.
func unlessPlain(err error) error {
	if errors.Is(err, seal.ErrNotSealed) {
		return nil
	}
	return err
}

// rewrapObject brings an object with another head: objects can't be changed in place.
func (a *Archive) rewrapObject(ctx context.Context, name string, keys seal.Keys) (bool, error) {
	b, size, err := a.o.Objects.Open(ctx, name)
	if err != nil {
		return false, err
	}
	defer b.Close() //nolint:errcheck // it was only read
	id, err := seal.KeyID(b)
	if err != nil {
		return false, unlessPlain(err)
	}
	if id == keys.Current() {
		return false, nil
	}
	head := &headOver{b: b, head: make([]byte, seal.HeadBytes)}
	if _, err := b.ReadAt(head.head, 0); err != nil {
		return false, err
	}
	if _, err := seal.Rewrap(head, keys); err != nil {
		return false, err
	}
	return true, a.o.Objects.Put(ctx, name, size, io.NewSectionReader(head, 0, size))
}

// headOver is a blob with another head.
type headOver struct {
	b    io.ReaderAt
	head []byte
}

func (h *headOver) ReadAt(b []byte, at int64) (int, error) {
	if at >= int64(len(h.head)) {
		return h.b.ReadAt(b, at)
	}
	n := copy(b, h.head[at:])
	if n == len(b) {
		return n, nil
	}
	more, err := h.b.ReadAt(b[n:], at+int64(n))
	return n + more, err
}

func (h *headOver) WriteAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > int64(len(h.head)) {
		return 0, errors.New("only the head can be written")
	}
	return copy(h.head[at:], b), nil
}

func (h *headOver) Sync() error { return nil }

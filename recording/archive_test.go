package recording

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/media"
	"hotline/recording/seal"
)

// book is a ledger in memory.
type book struct {
	opus  bool // recordings are kept as Opus
	mu    sync.Mutex
	facts map[call.RecordingID]call.RecordingFacts
	found int
}

func (b *book) Recording(_ context.Context, id call.RecordingID) (call.RecordingFacts, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f, ok := b.facts[id]; ok {
		return f, nil
	}
	return call.RecordingFacts{}, call.Errorf(call.CodeNotFound, "no recording %s", id)
}

func (b *book) Analysed(_ context.Context, f call.RecordingFacts, s call.RecordingSound) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.found++
	f.Sound = &s
	b.facts[f.ID] = f
	return nil
}

// put and get are for tests, beside the archive.
func (b *book) put(f call.RecordingFacts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.facts[f.ID] = f
}

func (b *book) get(id call.RecordingID) call.RecordingFacts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.facts[id]
}

func (b *book) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.found
}

// set has the store be away, or come back.
func (s *shelf) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = err
}

func (s *shelf) count() (objects, tries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.objects), s.tries
}

// shelf is a store in memory that can be away, or break off in the middle.
type shelf struct {
	mu      sync.Mutex
	objects map[string][]byte
	away    error
	tries   int
}

func (s *shelf) Put(_ context.Context, name string, size int64, from io.ReadSeeker) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.away != nil {
		return s.away
	}
	b, err := io.ReadAll(io.LimitReader(from, size))
	if err != nil {
		return err
	}
	s.objects[name] = b
	return nil
}

type shelved struct{ *bytes.Reader }

func (shelved) Close() error { return nil }

func (s *shelf) Open(_ context.Context, name string) (Blob, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.objects[name]
	if !ok {
		return nil, 0, call.Errorf(call.CodeNotFound, "no object %s", name)
	}
	return shelved{bytes.NewReader(b)}, int64(len(b)), nil
}

func (s *shelf) Remove(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil {
		return s.away
	}
	delete(s.objects, name)
	return nil
}

func (s *shelf) Each(_ context.Context, fn func(string, int64) error) error {
	for name, b := range s.objects {
		if err := fn(name, int64(len(b))); err != nil {
			return err
		}
	}
	return nil
}

// vault is a recorder with an archive on a real disk, in virtual time.
type vault struct {
	*studio
	*Archive
	t     *testing.T
	book  *book
	shelf *shelf
	reg   *prometheus.Registry
}

func newVault(t *testing.T, dir string, keys seal.Keys, b *book, s *shelf) *vault {
	reg := prometheus.NewRegistry()
	r, err := New(Options{Dir: dir, Clock: monotonic, Keys: keys}, zap.NewNop(), reg)
	require.NoError(t, err)
	o := ArchiveOptions{Recorder: r, Ledger: b, CPU: 0.5, Opus: b.opus}
	if s != nil {
		o.Objects = s
	}
	a, err := NewArchive(o, zap.NewNop(), reg)
	require.NoError(t, err)
	a.Start()
	return &vault{studio: &studio{Recorder: r, t: t, dir: dir}, Archive: a, t: t, book: b, shelf: s, reg: reg}
}

func (v *vault) close() {
	v.Close()
	require.NoError(v.t, v.Recorder.Close(context.Background()))
}

// tone makes a packet of a loud square wave.
func tone(s *talker, at int64) media.Frame {
	f := s.packet(0)
	f.Arrival = at
	for i := range f.Payload {
		f.Payload[i] = 0x2a // loud in A-law …
		if i/4%2 == 0 {
			f.Payload[i] ^= 0x80 // … and the same below zero
		}
	}
	return f
}

// record makes a recording: the caller talks for two seconds, then both, then nobody, two seconds each.
func (v *vault) record() call.RecordingFacts {
	var left, right queue
	rec := v.start(&left, &right)
	l, r := aTalker(), aTalker()
	for i := range 300 {
		now := monotonic()
		if i < 200 {
			left.push(tone(l, now))
		}
		if i >= 100 && i < 200 {
			right.push(tone(r, now))
		}
		time.Sleep(20 * time.Millisecond)
	}
	end := v.stop(rec)
	require.NoError(v.t, end.err)
	v.book.put(end.facts)
	return end.facts
}

func (v *vault) files() (names []string) {
	require.NoError(v.t, filepath.WalkDir(v.dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			names = append(names, filepath.Ext(name))
		}
		return err
	}))
	return names
}

func newBook() *book   { return &book{facts: map[call.RecordingID]call.RecordingFacts{}} }
func newShelf() *shelf { return &shelf{objects: map[string][]byte{}} }

func TestWhatASoundShows(t *testing.T) {
	for _, keys := range []seal.Keys{nil, someKeys(t)} {
		synctest.Test(t, func(t *testing.T) {
			v := newVault(t, filepath.Join(t.TempDir(), "r"), keys, newBook(), nil)
			defer v.close()
			f := v.record()
			v.Ended(f)
			time.Sleep(time.Second)
			got, err := v.book.Recording(t.Context(), f.ID)
			require.NoError(t, err)
			s := got.Sound
			require.NotNil(t, s)
			require.InDelta(t, 0.33, s.Left, 0.02)
			require.Zero(t, s.Right)
			require.InDelta(t, 0.33, s.Overtalk, 0.02)
			require.InDelta(t, 1, s.Left+s.Right+s.Overtalk+s.Silence, 0.001)
			require.InDelta(t, 2, s.LongestSilence.Seconds(), 0.2)
			require.InDelta(t, s.Levels[0].Talk, s.Levels[1].Talk, 0.6)
			require.InDelta(t, 20*math.Log10(float64(max(lawA.linear(0xaa), lawA.linear(0x2a)))/32768), s.Levels[0].Talk, 1)
			require.Greater(t, s.MOS[0], 4.0)
			require.Len(t, s.Digest, 64)
			p, err := v.Peaks(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, 50*time.Millisecond, p.Step)
			require.InDelta(t, 120, len(p.Left), 1)
			require.Positive(t, p.Left[2])
			require.Zero(t, p.Left[len(p.Left)-1])
			require.Zero(t, p.Right[2])
			fewer := p.Fewer(10)
			require.Len(t, fewer.Left, 10)
			require.Equal(t, p.Left[2], fewer.Left[0])

			found, err := v.Verify(t.Context(), f)
			require.NoError(t, err)
			require.Empty(t, found)
			v.damaged(f)
		})
	}
}

// damaged changes a byte in the middle and expects it to be named.
func (v *vault) damaged(f call.RecordingFacts) {
	name := filepath.Join(v.dir, f.Path)
	b, err := os.ReadFile(name)
	require.NoError(v.t, err)
	at := len(b) / 2
	b[at] ^= 4
	require.NoError(v.t, os.WriteFile(name, b, 0o600))
	found, err := v.Verify(v.t.Context(), f)
	require.NoError(v.t, err)
	require.Len(v.t, found, 1)
	require.LessOrEqual(v.t, found[0].Offset, int64(at))
	require.Greater(v.t, found[0].Offset+found[0].Bytes, int64(at))
	require.Contains(v.t, found[0].Error(), "it was changed")
}

// TestAStoreThatIsAwayForAnHour: calls go on, nothing is lost, and everything is
// brought there once it is back; also when the node is killed in between.
func TestAStoreThatIsAwayForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, keys, b, s := filepath.Join(t.TempDir(), "r"), someKeys(t), newBook(), newShelf()
		s.set(errors.New("connection refused"))
		v := newVault(t, dir, keys, b, s)
		var all []call.RecordingFacts
		for range 4 {
			f := v.record()
			v.Ended(f)
			all = append(all, f)
			time.Sleep(15 * time.Minute)
		}
		require.Len(t, v.files(), 8)
		require.Equal(t, 4, b.count(), "they are analysed meanwhile")
		require.Zero(t, testutil.ToFloat64(v.metricsOf().up))
		require.EqualValues(t, 4, testutil.ToFloat64(v.metricsOf().files))
		require.Greater(t, v.metricsOf().waited(), 3000.0)
		_, tries := s.count()
		require.Less(t, tries, 200, "the store is not pestered")
		v.close()
		s.set(nil)
		v = newVault(t, dir, keys, b, s) // another run
		defer v.close()
		time.Sleep(2 * time.Minute)
		require.Empty(t, v.files())
		objects, _ := s.count()
		require.Equal(t, 8, objects)
		require.Equal(t, 1.0, testutil.ToFloat64(v.metricsOf().up))
		require.Zero(t, v.metricsOf().waited())
		for _, f := range all {
			sound, err := v.Open(t.Context(), f)
			require.NoError(t, err)
			wav, err := io.ReadAll(sound)
			require.NoError(t, err)
			require.NoError(t, sound.Close())
			require.EqualValues(t, f.Bytes, len(wav))
			readWAV(t, wav)
			_, err = v.Peaks(t.Context(), f)
			require.NoError(t, err)
			require.NoError(t, v.Has(t.Context(), f))
			found, err := v.Verify(t.Context(), f)
			require.NoError(t, err)
			require.Empty(t, found)
		}
		require.NoError(t, v.Erase(t.Context(), all[0]))
		require.NoError(t, v.Erase(t.Context(), all[0]), "twice is once")
		objects, _ = s.count()
		require.Equal(t, 6, objects)
		require.Equal(t, call.CodeNotFound, call.CodeOf(v.Has(t.Context(), all[0])))
		s.set(errors.New("timeout"))
		require.Error(t, v.Erase(t.Context(), all[1]), "what was not erased is not said to be")
	})
}

func (v *vault) metricsOf() *archiveMetrics { return v.metrics }

// TestWhatACrashLeftIsArchived: a recording whose end is known and nothing else; one
// that was erased but not everywhere; one whose end nobody knows.
func TestWhatACrashLeftIsArchived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, b := filepath.Join(t.TempDir(), "r"), newBook()
		v := newVault(t, dir, nil, b, nil)
		done, erased, unknown := v.record(), v.record(), v.record()
		v.close()
		erased.Erased = new(time.Now())
		b.put(erased)
		delete(b.facts, unknown.ID)
		v = newVault(t, dir, nil, b, nil)
		defer v.close()
		time.Sleep(time.Minute)
		require.NotNil(t, b.get(done.ID).Sound)
		require.Equal(t, call.CodeNotFound, call.CodeOf(v.Has(t.Context(), erased)))
		require.Len(t, v.files(), 3)
		b.put(unknown)
		time.Sleep(walkEvery)
		require.Len(t, v.files(), 4)
	})
}

func TestErasingDestroysTheKeyFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, keys := filepath.Join(t.TempDir(), "r"), someKeys(t)
		v := newVault(t, dir, keys, newBook(), nil)
		defer v.close()
		f := v.record()
		v.Ended(f)
		time.Sleep(time.Second)
		held, err := os.Open(filepath.Join(dir, f.Path)) // as whoever copies disks would have it
		require.NoError(t, err)
		defer held.Close()
		require.NoError(t, v.Erase(t.Context(), f))
		_, err = seal.KeyID(held)
		require.ErrorIs(t, err, seal.ErrNotSealed)
		require.Empty(t, v.files())
	})
}

func TestRekeyingInTheFolderAndInTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, b, s := filepath.Join(t.TempDir(), "r"), newBook(), newShelf()
		old, next := seal.NewKey("old"), seal.NewKey("new")
		before, err := seal.ParseKeys(old)
		require.NoError(t, err)
		v := newVault(t, dir, before, b, s)
		stored := v.record()
		v.Ended(stored)
		time.Sleep(time.Minute)
		s.set(errors.New("away"))
		local := v.record()
		v.Ended(local)
		time.Sleep(time.Second)
		v.close()
		both, err := seal.ParseKeys(next + "\n" + old)
		require.NoError(t, err)
		v = newVault(t, dir, both, b, s)
		s.set(nil)
		v.Close() // nothing is uploaded in between
		var changed []string
		require.NoError(t, v.Rekey(t.Context(), func(name string) { changed = append(changed, name) }))
		require.GreaterOrEqual(t, len(changed), 4)
		changed = nil
		require.NoError(t, v.Rekey(t.Context(), func(name string) { changed = append(changed, name) }))
		require.Empty(t, changed)
		require.NoError(t, v.Recorder.Close(context.Background()))
		after, err := seal.ParseKeys(next)
		require.NoError(t, err)
		v = newVault(t, dir, after, b, s)
		defer v.close()
		for _, f := range []call.RecordingFacts{stored, local} {
			found, err := v.Verify(t.Context(), f)
			require.NoError(t, err)
			require.Empty(t, found)
			_, err = v.Peaks(t.Context(), f)
			require.NoError(t, err)
		}
	})
}

func TestAFullFolderTakesNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVault(t, filepath.Join(t.TempDir(), "r"), nil, newBook(), nil)
		defer v.close()
		f := v.record()
		v.opts.MostBytes = 10_000
		v.Ended(f)
		time.Sleep(walkEvery + time.Minute)
		_, err := v.Recorder.Start(Spec{ID: testID, Started: time.Now(), StartedMono: monotonic(), Left: &queue{}})
		require.Equal(t, call.CodeCapacity, call.CodeOf(err))
		require.ErrorContains(t, err, "as much as it may")
	})
}

// FuzzPeaks: a picture is what was written, or refused.
func FuzzPeaks(f *testing.F) {
	f.Add((&analysis{peaks: []byte{1, 2, 3, 4}, sums: []uint32{7}}).marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _, err := unmarshalPeaks(b)
		if err == nil {
			require.Len(t, p.Right, len(p.Left))
		}
	})
}

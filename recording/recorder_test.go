package recording

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// studio is a recorder on a real disk in virtual time.
type studio struct {
	*Recorder
	t   *testing.T
	dir string
}

func monotonic() int64 { return time.Now().UnixNano() }

func newStudio(t *testing.T, o Options) *studio {
	o.Dir, o.Clock = filepath.Join(t.TempDir(), "recordings"), monotonic
	r, err := New(o, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() {
		if !r.closing.Load() {
			require.NoError(t, r.Close(context.Background()))
		}
	})
	return &studio{Recorder: r, t: t, dir: o.Dir}
}

func (s *studio) start(left, right Source) *Recording {
	id := ulid.MustNew(ulid.Timestamp(time.Now()), ulid.DefaultEntropy())
	rec, err := s.Start(Spec{
		ID: call.RecordingID(id.String()), Call: "call-1", Started: time.Now(), StartedMono: monotonic(),
		Left: left, Right: right,
	})
	require.NoError(s.t, err)
	return rec
}

type ended struct {
	facts call.RecordingFacts
	err   error
}

func (s *studio) stop(rec *Recording) ended {
	out := make(chan ended, 1)
	rec.Stop(func(f call.RecordingFacts, err error) { out <- ended{f, err} })
	return <-out
}

func (s *studio) file(path string) []byte {
	f, err := s.Open(path)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, f.Close()) }()
	b, err := io.ReadAll(f)
	require.NoError(s.t, err)
	return b
}

func TestARecordingFromStartToStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, Options{})
		var q queue
		rec := s.start(&q, nil)
		talker, want := aTalker(), []byte(nil)
		for range 150 {
			f := talker.packet(0)
			f.Arrival = monotonic()
			q.push(f)
			want = append(want, f.Payload...)
			time.Sleep(20 * time.Millisecond) // virtual
		}
		// While it runs, the file on the disk holds all but the last moments.
		grown := readWAV(t, s.file(rec.path))
		require.Greater(t, grown.samples, 3*8000-8*1000)
		same(t, want[:grown.samples], grown.left)

		got := s.stop(rec)
		require.NoError(t, got.err)
		require.Equal(t, 3*time.Second, got.facts.Length)
		require.True(t, got.facts.Complete)
		require.EqualValues(t, 150, got.facts.Left.Packets)
		w := readWAV(t, s.file(got.facts.Path))
		same(t, want, w.left)
		same(t, silence(lawA, 24_000), w.right)

		require.Equal(t, 1.0, testutil.ToFloat64(s.metrics.results.WithLabelValues("complete")))
		require.Equal(t, 48_000.0, testutil.ToFloat64(s.metrics.bytes))
		require.Zero(t, testutil.ToFloat64(s.metrics.active))
		again := s.stop(rec)
		require.Equal(t, call.CodeConflict, call.CodeOf(again.err))
	})
}

func TestFilesArePrivate(t *testing.T) {
	s := newStudio(t, Options{})
	got := s.stop(s.start(&queue{}, &queue{}))
	require.NoError(t, got.err)
	for path, mode := range map[string]os.FileMode{
		"": 0o700, filepath.Dir(got.facts.Path): 0o700, got.facts.Path: 0o600,
	} {
		st, err := os.Stat(filepath.Join(s.dir, path))
		require.NoError(t, err)
		require.Equal(t, mode, st.Mode().Perm(), path)
	}
	require.Equal(t, time.Now().Format("2006/01/02"), filepath.Dir(got.facts.Path))
}

func TestOpenStaysInTheFolder(t *testing.T) {
	s := newStudio(t, Options{})
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(s.dir, "link.wav")))
	for _, path := range []string{"", "../secret", secret, "link.wav", "2026/01/01/none.wav"} {
		_, err := s.Open(path)
		require.Equal(t, call.CodeNotFound, call.CodeOf(err), path)
	}
}

func TestSpecsThatCannotBe(t *testing.T) {
	s := newStudio(t, Options{Most: 1})
	good := Spec{ID: testID, Started: time.Now(), StartedMono: monotonic(), Left: &queue{}}
	bad := map[string]func(*Spec){
		"id":    func(s *Spec) { s.ID = "../../etc/passwd" },
		"start": func(s *Spec) { s.Started = time.Time{} },
		"clock": func(s *Spec) { s.StartedMono = 0 },
		"sides": func(s *Spec) { s.Left = nil },
	}
	for name, change := range bad {
		spec := good
		change(&spec)
		_, err := s.Start(spec)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), name)
	}
	rec, err := s.Start(good)
	require.NoError(t, err)
	_, err = s.Start(good)
	require.Equal(t, call.CodeCapacity, call.CodeOf(err))
	require.NoError(t, s.stop(rec).err)
	good.ID = "01ARZ3NDEKTSV4RRFFQ69G5FAW"
	rec, err = s.Start(good)
	require.NoError(t, err, "there is room again")
	require.NoError(t, s.stop(rec).err)
}

func TestOptionsThatCannotBe(t *testing.T) {
	for name, o := range map[string]Options{
		"no folder": {Clock: monotonic}, "no clock": {Dir: t.TempDir()},
		"too slow": {Dir: t.TempDir(), Clock: monotonic, Flush: time.Second},
	} {
		_, err := New(o, zap.NewNop(), prometheus.NewRegistry())
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), name)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	_, err := New(Options{Dir: blocked, Clock: monotonic}, zap.NewNop(), prometheus.NewRegistry())
	require.Error(t, err)
}

func TestCloseFinishesWhatIsOpen(t *testing.T) {
	s := newStudio(t, Options{})
	rec := s.start(&queue{frames: []media.Frame{}}, nil)
	require.NoError(t, s.Close(context.Background()))
	require.FileExists(t, filepath.Join(s.dir, rec.path))
	_, err := s.Start(Spec{ID: testID, Started: time.Now(), StartedMono: monotonic(), Left: &queue{}})
	require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	require.Equal(t, call.CodeUnavailable, call.CodeOf(s.stop(rec).err))
	require.Equal(t, call.CodeUnavailable, call.CodeOf(s.Close(context.Background())))
}

func TestRecover(t *testing.T) {
	s := newStudio(t, Options{})
	made := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	id := call.RecordingID(ulid.MustNew(ulid.Timestamp(made), ulid.DefaultEntropy()).String())
	path := pathOf(id, made.Add(2*time.Second), extPlain) // begun after midnight
	full := filepath.Join(s.dir, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o700))
	require.NoError(t, os.WriteFile(full, append(lawMu.header(1), 1, 2, 3, 4, 5), 0o600))
	require.NoError(t, os.WriteFile(full+half, lawPCM.header(0), 0o600))
	facts, err := s.Recover(id)
	require.NoError(t, err)
	require.Equal(t, call.RecordingFacts{ID: id, Path: path, Format: "wav/pcmu", Length: duration(2), Bytes: 62}, facts)
	require.Equal(t, []byte{1, 3}, readWAV(t, s.file(path)).left)
	require.NoFileExists(t, full+half)

	_, err = s.Recover(testID)
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	_, err = s.Recover("nonsense")
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
}

func TestManyRecordingsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStudio(t, Options{Workers: 3})
		queues, recs := make([]queue, 100), make([]*Recording, 100)
		for i := range recs {
			recs[i] = s.start(&queues[i], nil)
		}
		for range 100 {
			for i := range queues {
				f := media.Frame{Arrival: monotonic(), SSRC: uint32(i), Codec: call.CodecPCMA, Payload: []byte{byte(i)}}
				queues[i].push(f)
			}
			time.Sleep(20 * time.Millisecond) // virtual
		}
		for i, rec := range recs {
			got := s.stop(rec)
			require.NoError(t, got.err)
			require.EqualValues(t, 1, got.facts.Left.Packets, "the same packet a hundred times")
			require.Equal(t, byte(i), readWAV(t, s.file(got.facts.Path)).left[0])
		}
	})
}

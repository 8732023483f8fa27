package recording

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/recording/seal"
)

func someKeys(t require.TestingT) *seal.KeyFile {
	keys, err := seal.ParseKeys(seal.NewKey("2026"))
	require.NoError(t, err)
	return keys
}

func sealedDesk(t tester, dir *memFolder, keys seal.Keys) *desk {
	return newDeskIn(t, dir, sealedFolder{dir, keys}, "r.hlr")
}

// play reads a sealed file as its listeners do.
func play(t tester, dir *memFolder, keys seal.Keys) ([]byte, *Sound) {
	f := dir.files["r.hlr"]
	s, err := openSound(f, "r.hlr", int64(len(f.data)), keys)
	require.NoError(t, err)
	b, err := io.ReadAll(s)
	require.NoError(t, err)
	return b, s
}

func TestASealedRecordingPlaysAsTheSameWAV(t *testing.T) {
	plain, sealed, keys := newMemFolder(), newMemFolder(), someKeys(t)
	_, _, want, err := scene(newDesk(t, plain))
	require.NoError(t, err)
	_, _, facts, err := scene(sealedDesk(t, sealed, keys))
	require.NoError(t, err)
	got, sound := play(t, sealed, keys)
	same(t, plain.files["r.wav"].data, got)
	require.True(t, sound.sealed.Whole())
	require.Equal(t, "2026", sound.KeyID())
	facts.Path, want.Path = "", ""
	require.Equal(t, want, facts)
	for name, f := range sealed.files {
		require.NotContains(t, string(f.data), "RIFF", name)
		require.NotContains(t, string(f.data), string(plain.files["r.wav"].data[20_000:20_040]), name)
	}
	for at := range len(got) { // any range, as players ask for
		b := make([]byte, min(70, len(got)-at))
		n, err := sound.ReadAt(b, int64(at))
		require.True(t, err == nil || errors.Is(err, io.EOF))
		require.Equal(t, got[at:at+n], b[:n])
	}
}

// TestACrashLeavesASealedFileThatPlays kills the machine at every operation.
func TestACrashLeavesASealedFileThatPlays(t *testing.T) {
	keys, whole := someKeys(t), newMemFolder()
	left, right, _, err := scene(sealedDesk(t, whole, keys))
	require.NoError(t, err)
	for at := 1; at <= whole.ops; at++ {
		for _, partial := range []float64{0, 0.3, 0.999} {
			dir := newMemFolder()
			dir.crashAt, dir.partial = at, partial
			_, _, _, err := scene(sealedDesk(t, dir, keys))
			require.ErrorIs(t, err, errCrash)
			after := dir.after()
			f := after.files["r.hlr"]
			if f == nil {
				continue
			}
			before, _ := play(t, after, keys)
			w := readWAV(t, before)
			isPrefix(t, left, w.law, w.left)
			facts, err := recoverFile(after, "r.hlr", keys)
			require.NoError(t, err)
			b, sound := play(t, after, keys)
			require.True(t, sound.sealed.Whole())
			w = readWAV(t, b)
			isPrefix(t, left, w.law, w.left)
			isPrefix(t, right, w.law, w.right)
			require.EqualValues(t, len(b), facts.Bytes)
			require.Len(t, after.files, 1)
		}
	}
}

func TestASealedRecordingOnADiskThatFails(t *testing.T) {
	dir, keys := newMemFolder(), someKeys(t)
	d := sealedDesk(t, dir, keys)
	failed := 0
	dir.fail = func(op, _ string, _ int) error {
		if op == "write" && d.now >= deskStart+600*ms && d.now <= deskStart+1200*ms {
			failed++
			return errors.New("no space")
		}
		return nil
	}
	left, _, facts, err := scene(d)
	require.NoError(t, err)
	require.Positive(t, failed)
	require.True(t, facts.Complete)
	b, _ := play(t, dir, keys)
	same(t, left, readWAV(t, b).left)
}

func TestARecorderWithKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, keys := filepath.Join(t.TempDir(), "recordings"), someKeys(t)
		r, err := New(Options{Dir: dir, Clock: monotonic, Keys: keys}, zap.NewNop(), prometheus.NewRegistry())
		require.NoError(t, err)
		s := &studio{Recorder: r, t: t, dir: dir}
		var q queue
		rec := s.start(&q, nil)
		f := aTalker().packet(0)
		f.Arrival = monotonic() + 20*ms
		q.push(f)
		time.Sleep(time.Second)
		end := s.stop(rec)
		require.NoError(t, end.err)
		require.Equal(t, ".hlr", filepath.Ext(end.facts.Path))
		w := readWAV(t, s.file(end.facts.Path))
		in(t, w.left, 20, f)
		facts, err := r.Recover(end.facts.ID)
		require.NoError(t, err)
		require.Equal(t, end.facts.Length, facts.Length)
		require.NoError(t, r.Close(context.Background()))

		plain, err := New(Options{Dir: dir, Clock: monotonic}, zap.NewNop(), prometheus.NewRegistry())
		require.NoError(t, err)
		_, err = plain.Open(end.facts.Path)
		require.ErrorIs(t, err, seal.ErrNoKey)
		require.NotEqual(t, call.CodeNotFound, call.CodeOf(err))
		require.NoError(t, plain.Close(context.Background()))
	})
}

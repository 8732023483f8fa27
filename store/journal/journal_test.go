package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func frames(t require.TestingT, texts ...string) *Batch {
	var b Batch
	for _, text := range texts {
		require.NoError(t, b.Add('x', []byte(text)))
	}
	return &b
}

func readAll(in []byte) (texts []string, scan *Scanner) {
	scan = NewScanner(bytes.NewReader(in), 0, -1)
	for {
		_, payload, ok := scan.Next()
		if !ok {
			return texts, scan
		}
		texts = append(texts, string(payload))
	}
}

// Cut anywhere, a journal gives the frames before the cut and says it is torn.
func TestCutAnywhere(t *testing.T) {
	texts := []string{"one", "", "three and more", string(make([]byte, 3000))}
	b := frames(t, texts...)
	boundary := map[int]int{0: 0}
	for i := range texts {
		boundary[frames(t, texts[:i+1]...).Len()] = i + 1
	}
	whole := 0
	for cut := range b.Len() + 1 {
		n, clean := boundary[cut]
		if clean {
			whole = n
		}
		have, scan := readAll(b.buf[:cut])
		require.Len(t, have, whole, "cut at %d", cut)
		require.Equal(t, !clean, errors.Is(scan.Err(), ErrTorn), "cut at %d", cut)
		require.LessOrEqual(t, scan.Offset(), int64(cut))
	}
}

// A flipped bit is never read as data.
func TestFlippedBitIsFound(t *testing.T) {
	b := frames(t, "first", "second", "third")
	rapid.Check(t, func(t *rapid.T) {
		damaged := bytes.Clone(b.buf)
		bit := rapid.IntRange(0, 8*len(damaged)-1).Draw(t, "bit")
		damaged[bit/8] ^= 1 << (bit % 8)
		have, scan := readAll(damaged)
		require.ErrorIs(t, scan.Err(), ErrTorn)
		require.Equal(t, []string{"first", "second", "third"}[:len(have)], append([]string{}, have...))
	})
}

func TestZeroesAreATornEnd(t *testing.T) {
	b := frames(t, "data")
	have, scan := readAll(append(bytes.Clone(b.buf), make([]byte, 4096)...))
	require.Equal(t, []string{"data"}, have)
	require.ErrorIs(t, scan.Err(), ErrTorn)
	require.EqualValues(t, b.Len(), scan.Offset())
}

func TestBatch(t *testing.T) {
	var b Batch
	require.ErrorIs(t, b.Add('x', make([]byte, MaxFrame)), ErrTooLong)
	require.Zero(t, b.Len())
	require.Error(t, b.AddFunc('x', func(dst []byte) ([]byte, error) { return append(dst, "half"...), os.ErrInvalid }))
	require.Zero(t, b.Len())
	require.NoError(t, b.Add('x', []byte("a"), []byte("b")))
	first := b.Len()
	require.NoError(t, b.Add('x', []byte("c")))
	require.Equal(t, "ab", string(b.Frame(0, first)))
	var other Batch
	b.Slice(&other, first, b.Len())
	other.Append(&b)
	have, scan := readAll(other.buf)
	require.Equal(t, []string{"c", "ab", "c"}, have)
	require.NoError(t, scan.Err())
	b.Reset(1)
	require.Zero(t, cap(b.buf))
	other.Reset(1 << 20)
	require.NotZero(t, cap(other.buf))
}

func write(t *testing.T, w *Writer, texts ...string) Position {
	t.Helper()
	at, err := w.Write(frames(t, texts...))
	require.NoError(t, err)
	return at
}

func newWriter(t *testing.T, dir string, change func(*Options)) *Writer {
	t.Helper()
	o := Options{Dir: dir, Files: Disk{}, Journal: "J", Epoch: 4, Node: "n", SyncWithin: time.Millisecond, Snapshot: func(b *Batch) error { return b.Add('s', []byte("state")) }}
	if change != nil {
		change(&o)
	}
	_, err := List(o.Files, dir) // makes the folder
	require.NoError(t, err)
	w, err := NewWriter(o, 7)
	require.NoError(t, err)
	return w
}

func TestSegmentsBeginWithASnapshot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	var synced atomic.Int32
	w := newWriter(t, dir, func(o *Options) {
		o.SegmentBytes = 400
		o.Synced = func(_ time.Duration, err error) {
			require.NoError(t, err)
			synced.Add(1)
		}
	})
	for i := range 90 {
		write(t, w, fmt.Sprintf("frame %02d", i))
	}
	last := w.Position().Segment
	require.Greater(t, last, uint64(9))
	require.Eventually(t, func() bool { return w.Durable() == last }, 5*time.Second, time.Millisecond)
	require.NoError(t, w.Close())
	require.Positive(t, synced.Load())

	segments, err := List(Disk{}, dir)
	require.NoError(t, err)
	require.EqualValues(t, 7, segments[0].Number)
	next := 0
	for _, segment := range segments {
		first := true
		found, err := Read(Disk{}, segment, 0, -1, func(kind byte, payload []byte, end Position) error {
			if first {
				require.Equal(t, "state", string(payload))
				require.EqualValues(t, 's', kind)
			} else {
				require.Equal(t, fmt.Sprintf("frame %02d", next), string(payload))
				next++
			}
			first = false
			require.Equal(t, segment.Number, end.Segment)
			return nil
		})
		require.NoError(t, err)
		require.True(t, found.Whole)
		require.False(t, found.Torn)
		require.Equal(t, segment.Bytes, found.End)
		require.Equal(t, Header{Version: 1, Journal: "J", Segment: segment.Number, Epoch: 4, Node: "n", Began: found.Header.Began}, found.Header)
	}
	require.Equal(t, 90, next)
}

func TestReadFromAPlaceToAnother(t *testing.T) {
	dir := t.TempDir()
	w := newWriter(t, dir, nil)
	from := write(t, w, "a")
	to := write(t, w, "b", "c")
	write(t, w, "d")
	require.NoError(t, w.Close())
	var have string
	found, err := Read(Disk{}, Segment{Number: 7, Path: Path(dir, 7)}, from.Offset, to.Offset, func(_ byte, payload []byte, _ Position) error {
		have += string(payload)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, "bc", have)
	require.Equal(t, to.Offset, found.End)
	_, err = Read(Disk{}, Segment{Number: 7, Path: Path(dir, 7)}, from.Offset, to.Offset, func(byte, []byte, Position) error { return os.ErrInvalid })
	require.ErrorIs(t, err, os.ErrInvalid)
	_, err = Read(Disk{}, Segment{Number: 9, Path: Path(dir, 9)}, 0, -1, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"notes.txt", "x.journal", "000000000003.journal", "-1.journal"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	segments, err := List(Disk{}, dir)
	require.NoError(t, err)
	require.Len(t, segments, 1)
	require.EqualValues(t, 3, segments[0].Number)
	found, err := Read(Disk{}, segments[0], 0, -1, nil)
	require.NoError(t, err)
	require.False(t, found.Whole, "an empty segment is nothing to start from")
}

func TestANewerVersionIsRefused(t *testing.T) {
	var b Batch
	require.NoError(t, b.Add(typeHeader, []byte(`{"version":2}`)))
	path := filepath.Join(t.TempDir(), "000000000001.journal")
	require.NoError(t, os.WriteFile(path, b.buf, 0o600))
	_, err := Read(Disk{}, Segment{Number: 1, Path: path}, 0, -1, nil)
	require.ErrorContains(t, err, "not of version 1")
}

func TestASegmentThatExistsIsNotOverwritten(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(Path(dir, 7), []byte("precious"), 0o600))
	_, err := NewWriter(Options{Dir: dir, Files: Disk{}, Journal: "J", Snapshot: func(*Batch) error { return nil }}, 7)
	require.ErrorIs(t, err, os.ErrExist)
}

func FuzzScanner(f *testing.F) {
	f.Add(frames(f, "one", "two").buf)
	f.Add([]byte{0xff, 0xff, 0xff, 0x01, 0, 0, 0, 0, 'x'})
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, in []byte) {
		scan := NewScanner(bytes.NewReader(in), 0, -1)
		var again Batch
		for {
			kind, payload, ok := scan.Next()
			if !ok {
				break
			}
			require.NoError(t, again.Add(kind, payload))
		}
		require.Equal(t, in[:scan.Offset()], append([]byte{}, again.buf...), "what is read is what was written")
		if scan.Err() == nil {
			require.EqualValues(t, len(in), scan.Offset())
		}
	})
}

func FuzzBlocks(f *testing.F) {
	f.Add(AppendBlocks(nil, []byte("seat"), nil, []byte("1001")))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var a, b, c []byte
		if err := SplitBlocks(payload, &a, &b, &c); err != nil {
			require.ErrorIs(t, err, ErrShort)
			return
		}
		var x, y, z []byte
		require.NoError(t, SplitBlocks(AppendBlocks(nil, a, b, c), &x, &y, &z))
		require.Equal(t, []string{string(a), string(b), string(c)}, []string{string(x), string(y), string(z)})
	})
}

func BenchmarkWrite(b *testing.B) {
	w, err := NewWriter(Options{Dir: b.TempDir(), Files: Disk{}, Journal: "J", Snapshot: func(*Batch) error { return nil }}, 1)
	require.NoError(b, err)
	batch := frames(b, string(make([]byte, 250)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Write(batch); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, w.Close())
}

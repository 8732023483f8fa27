package recording

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/media"
)

const (
	ms     = int64(time.Millisecond)
	testID = call.RecordingID("01ARZ3NDEKTSV4RRFFQ69G5FAV")
)

// queue is a Source that tests fill.
type queue struct {
	mu       sync.Mutex
	frames   []media.Frame
	overruns uint64
}

func (q *queue) push(f media.Frame) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.frames = append(q.frames, f)
}

func (q *queue) Read(fn func(media.Frame)) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range q.frames {
		payload := append([]byte(nil), f.Payload...)
		f.Payload = payload
		fn(f)
		clear(payload) // as the ring would reuse it
	}
	n := len(q.frames)
	q.frames = q.frames[:0]
	return n
}

func (q *queue) Overruns() uint64 { return q.overruns }

// desk is a recording written step by step, without goroutines.
type desk struct {
	t           tester
	dir         *memFolder
	now         int64
	rec         *Recording
	left, right *queue
}

// tester is a *testing.T, or a *rapid.T.
type tester interface {
	require.TestingT
	Helper()
}

const deskStart = 5_000_000_000 // an arbitrary moment on the node's clock

func newDesk(t tester, dir *memFolder) *desk { return newDeskIn(t, dir, dir, "r.wav") }

// newDeskIn is a desk whose recording is made through a folder over dir.
func newDeskIn(t tester, dir *memFolder, through folder, name string) *desk {
	d := &desk{t: t, dir: dir, now: deskStart, left: &queue{}, right: &queue{}}
	m, err := newMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	w := &worker{
		dir: through, wake: make(chan struct{}, 1), clock: func() int64 { return d.now }, log: zap.NewNop(), metrics: m,
		scratch: make([]byte, windowMost*lawPCM.frame()),
	}
	d.rec = newRecording(Spec{ID: testID, Call: "c", Started: time.Unix(1, 0), StartedMono: deskStart, Left: d.left, Right: d.right}, name, w)
	d.rec.note(d.rec.open())
	return d
}

// at moves the clock to so many milliseconds after the start and flushes on the way.
func (d *desk) at(millis int64) {
	for target := deskStart + millis*ms; d.now < target; {
		d.now = min(d.now+300*ms, target)
		d.rec.visit(d.now)
	}
}

// finish ends the recording so many milliseconds after the start.
func (d *desk) finish(millis int64) (call.RecordingFacts, error) {
	d.now = deskStart + millis*ms
	d.rec.finish(d.now)
	return d.rec.settle(unseen)
}

// wavRead is a WAV file as a strict reader sees it.
type wavRead struct {
	law         law
	samples     int
	left, right []byte // each sample's bytes
}

// readWAV walks the chunks of a file and insists on everything a player may rely on.
func readWAV(t require.TestingT, b []byte) wavRead {
	le := binary.LittleEndian
	require.GreaterOrEqual(t, len(b), 12)
	require.Equal(t, "RIFF", string(b[:4]))
	require.Equal(t, "WAVE", string(b[8:12]))
	riff := int(le.Uint32(b[4:])) + 8
	require.LessOrEqual(t, riff, len(b), "the RIFF chunk is longer than the file")
	var w wavRead
	var format, fact []byte
	for at := 12; at < riff; {
		name, size := string(b[at:at+4]), int(le.Uint32(b[at+4:]))
		body := b[at+8 : at+8+size]
		switch name {
		case "fmt ":
			format = body
		case "fact":
			fact = body
		case "data":
			require.NotNil(t, format)
			w.split(t, format, body)
		default:
			require.Fail(t, "unknown chunk", name)
		}
		at += 8 + size + size%2
	}
	if w.law != lawPCM {
		require.Len(t, format, 18)
		require.Equal(t, uint32(w.samples), le.Uint32(fact))
	}
	return w
}

func (w *wavRead) split(t require.TestingT, format, data []byte) {
	le := binary.LittleEndian
	w.law = map[uint16]law{1: lawPCM, 6: lawA, 7: lawMu}[le.Uint16(format)]
	require.NotEqual(t, lawNone, w.law)
	width := w.law.width()
	require.EqualValues(t, 2, le.Uint16(format[2:]))
	require.EqualValues(t, 8000, le.Uint32(format[4:]))
	require.EqualValues(t, 16000*width, le.Uint32(format[8:]))
	require.EqualValues(t, 2*width, le.Uint16(format[12:]))
	require.EqualValues(t, 8*width, le.Uint16(format[14:]))
	require.Zero(t, len(data)%(2*width))
	w.samples = len(data) / (2 * width)
	for i := 0; i < len(data); i += 2 * width {
		w.left = append(w.left, data[i:i+width]...)
		w.right = append(w.right, data[i+width:i+2*width]...)
	}
}

// silence makes n samples of it.
func silence(l law, n int) []byte {
	b := make([]byte, n*l.width())
	l.silence(b)
	return b
}

// same compares sound, and says where it begins to differ rather than print it all.
func same(t tester, want, got []byte, about ...any) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			require.Failf(t, "another sound", "at byte %d: %#x, want %#x %v", i, got[i], want[i], about)
		}
	}
	require.Failf(t, "another length", "%d bytes, want %d %v", len(got), len(want), about)
}

// unseen leaves a recording to the archive.
func unseen(*Recording, *call.RecordingFacts) {}

package recording

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/media"
)

// steady is a Source that has the packets of one flush period ready, without a copy.
type steady struct {
	talker  talker
	payload []byte
	from    int64
	until   int64
}

func (s *steady) Read(fn func(media.Frame)) int {
	n := 0
	for ; s.from < s.until; s.from += 20 * ms {
		fn(media.Frame{Arrival: s.from, Seq: s.talker.seq, Timestamp: s.talker.ts, SSRC: 1, Codec: call.CodecPCMA, Payload: s.payload})
		s.talker.seq++
		s.talker.ts += 160
		n++
	}
	return n
}

func (s *steady) Overruns() uint64 { return 0 }

// BenchmarkCallSecond writes one second of a two-sided call to a real disk in
// each round: its time is the CPU cost per recorded call-second.
func BenchmarkCallSecond(b *testing.B) {
	dir, err := openDisk(b.TempDir())
	require.NoError(b, err)
	m, err := newMetrics(prometheus.NewRegistry())
	require.NoError(b, err)
	now := int64(0)
	w := &worker{
		dir: dir, clock: func() int64 { return now }, log: zap.NewNop(), metrics: m,
		scratch: make([]byte, windowMost*lawPCM.frame()),
	}
	left, right := &steady{payload: make([]byte, 160)}, &steady{payload: make([]byte, 160)}
	rec := newRecording(Spec{ID: testID, Started: time.Unix(0, 0), Left: left, Right: right}, "r.wav", w)
	b.ReportAllocs()
	for b.Loop() {
		for range 10 {
			now += 100 * ms
			left.until, right.until = now, now
			if now/ms%300 == 0 {
				rec.visit(now)
			}
		}
		if rec.base > 3600*rate { // an hour; begin another file
			b.StopTimer()
			rec.finish(now)
			_, err := rec.settle()
			require.NoError(b, err)
			require.NoError(b, dir.remove("r.wav"))
			rec = newRecording(Spec{ID: testID, Started: time.Unix(0, 0), StartedMono: now, Left: left, Right: right}, "r.wav", w)
			b.StartTimer()
		}
	}
}

// BenchmarkWiden rewrites ten minutes of G.711.
func BenchmarkWiden(b *testing.B) {
	dir, err := openDisk(b.TempDir())
	require.NoError(b, err)
	scratch := make([]byte, windowMost*lawPCM.frame())
	b.SetBytes(2 * 600 * rate)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		f := wav{dir: dir, name: fmt.Sprintf("%d.wav", i)}
		require.NoError(b, f.open(lawA))
		require.NoError(b, f.silence(600*rate, scratch))
		b.StartTimer()
		require.NoError(b, f.widen(scratch))
		b.StopTimer()
		require.NoError(b, f.f.Close())
		require.NoError(b, dir.remove(f.name))
		b.StartTimer()
	}
}

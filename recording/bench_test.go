package recording

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

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
			_, err := rec.settle(unseen)
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
		require.NoError(b, f.open())
		require.NoError(b, f.silence(600*rate, scratch))
		b.StartTimer()
		require.NoError(b, f.widen(scratch))
		b.StopTimer()
		require.NoError(b, f.f.Close())
		require.NoError(b, dir.remove(f.name))
		b.StartTimer()
	}
}

// BenchmarkShortRecording makes recordings of 1.5 s, each with all that is done
// after its end but telling of it: analysed as it ends, or by the archive.
func BenchmarkShortRecording(b *testing.B) {
	for name, share := range map[string]float64{"as it ends": 1, "by the archive": 0} {
		b.Run(name, func(b *testing.B) {
			now := int64(0)
			r, err := New(Options{Dir: b.TempDir(), Clock: func() int64 { return now }, AnalysisCPU: share}, zap.NewNop(), prometheus.NewRegistry())
			require.NoError(b, err)
			ledger := newBook()
			a, err := NewArchive(ArchiveOptions{Recorder: r, Ledger: ledger, CPU: 1}, zap.NewNop(), prometheus.NewRegistry())
			require.NoError(b, err)
			w := newWorker(r)
			cpu := cpuTime(b)
			for i := 0; b.Loop(); i++ {
				id := call.RecordingID(fmt.Sprintf("%026d", i))
				left, right := &steady{payload: make([]byte, 160), from: now}, &steady{payload: make([]byte, 160), from: now}
				rec := newRecording(Spec{ID: id, StartedMono: now, Left: left, Right: right}, pathOf(id, time.Unix(0, 0), extPlain), w)
				require.NoError(b, rec.open())
				for range 5 {
					now += 300 * ms
					left.until, right.until = now, now
					rec.visit(now)
				}
				rec.finish(now)
				facts, err := rec.settle(r.look)
				require.NoError(b, err)
				if facts.Sound == nil {
					ledger.put(facts)
					require.NoError(b, a.one(b.Context(), facts.Path))
				}
			}
			require.NoError(b, r.Close(b.Context()))
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// cpuTime is the CPU time of the process so far.
func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package store

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
)

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(Options{Dir: b.TempDir(), Database: "sqlite", Node: "hotline-1"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return s
}

// cpu is user and system time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// One call all the way: 17 events in 17 appends, 8 changes of live state, 4 moves of a
// seat, and its share of the database, as CPU of the whole process.
func BenchmarkCall(b *testing.B) {
	s := benchStore(b)
	dialog := struct{ Leg, CallID, SDP string }{"01HZY3S2M4B0J5V1T8E9QWERTY", "abcdef@192.0.2.1", strings.Repeat("a=rtpmap:8 PCMA/8000 ", 20)}
	began := cpu(b)
	for i := 0; b.Loop(); i++ {
		id := call.ID(fmt.Sprintf("01HZY3S2M4B0J5V1T8E9%06d", i))
		for n, e := range answered(id, noon, "13800138000", "general", "1001") {
			if err := s.Append(e); err != nil {
				b.Fatal(err)
			}
			if n%4 == 0 {
				s.Put(KindDialog, string(id), dialog)
			}
			if n%6 == 0 {
				s.Put(KindSeat, "1001", n)
				if err := s.AppendSeat(SeatLogEntry{Agent: "1001", At: call.StampOf(noon), To: call.SeatTalking}); err != nil {
					b.Fatal(err)
				}
			}
		}
		s.Delete(KindDialog, string(id))
	}
	flush(b, s)
	b.ReportMetric(float64((cpu(b)-began).Microseconds())/float64(b.N), "cpu-µs/call")
}

// How long a caller of Append waits.
func BenchmarkAppend(b *testing.B) {
	s := benchStore(b)
	require.NoError(b, s.Append(call.Envelope{Call: "C", Seq: 1, At: noon, Event: entered("1")}))
	b.ReportAllocs()
	for i := uint64(2); b.Loop(); i++ {
		if err := s.Append(call.Envelope{Node: "hotline-1", Call: "C", Seq: i, At: noon, Event: call.Ringing{Offer: "O1", Seat: "1001"}}); err != nil {
			b.Fatal(err)
		}
	}
}

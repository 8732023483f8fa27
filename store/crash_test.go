package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
)

// appenderDir makes the test binary append calls to that folder until it is killed.
const appenderDir = "HOTLINE_STORE_APPENDER"

// runAppender is the other process: it says each call it was told is written.
func runAppender() bool {
	dir := os.Getenv(appenderDir)
	if dir == "" {
		return false
	}
	s, err := Open(Options{Dir: dir, Database: "sqlite", Node: "hotline-1", SegmentBytes: 64 << 10}, zap.NewNop(), prometheus.NewRegistry())
	if err != nil {
		panic(err)
	}
	said := make(chan string)
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := call.ID(fmt.Sprintf("E%d-W%d-%06d", s.Epoch(), worker, i))
				events := answered(id, noon.Add(time.Duration(i)*time.Second), "138", "general", "1001")
				for n, e := range events {
					e.Epoch = s.Epoch()
					if err := s.Append(e); err != nil {
						panic(err)
					}
					said <- fmt.Sprintf("%s %d", id, n+1)
				}
				s.Put(KindSeat, string(id), i)
			}
		}()
	}
	for line := range said {
		fmt.Println(line)
	}
	return true
}

// Killed at any moment, again and again, the store loses nothing it has acknowledged.
func TestNothingAcknowledgedIsLostByKill(t *testing.T) {
	dir := t.TempDir()
	last := map[call.ID]int{}
	for round := range 4 {
		killed := appendAndKill(t, dir, 600+700*round)
		for id, n := range killed {
			last[id] = n
		}
		s := open(t, dir)
		for id, n := range last {
			_, events, err := s.Call(t.Context(), id)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(events), n, "call %s", id)
			last[id] = len(events)
			_, err = call.Fold(events...)
			require.NoError(t, err)
		}
		for _, open := range s.Recovered().Calls {
			// An event may be told of and not printed yet, and the next be written meanwhile.
			require.True(t, last[open.Record.ID] > 0 || open.LastSeq <= 2, "call %s", open.Record.ID)
		}
		flush(t, s)
		for id, n := range last {
			if n < 17 {
				continue
			}
			var stored int
			require.NoError(t, s.db.readers.QueryRow(`SELECT count(*) FROM events WHERE call = ?`, string(id)).Scan(&stored))
			require.Equal(t, n, stored, "call %s in the database", id)
		}
		require.NoError(t, s.Close())
	}
}

// appendAndKill lets another process append until so many events are
// acknowledged, kills it, and gives the last acknowledged number of each call.
func appendAndKill(t *testing.T, dir string, events int) map[call.ID]int {
	t.Helper()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), appenderDir+"="+dir)
	other.Stderr = os.Stderr
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	acked := map[call.ID]int{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, number, _ := strings.Cut(lines.Text(), " ")
		var n int
		_, err := fmt.Sscan(number, &n)
		require.NoError(t, err)
		acked[call.ID(id)] = n
		if events--; events == 0 {
			require.NoError(t, other.Process.Kill())
		}
	}
	require.Error(t, other.Wait(), "it was killed")
	return acked
}

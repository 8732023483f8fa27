package bench

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// traffic is how SIPp is to call.
type traffic struct {
	scenario string
	number   string
	calls    int     // in all
	rate     float64 // a second
	atOnce   int     // concurrent at most; no limit when zero
	hold     time.Duration
	sound    int // port of the sound at 127.0.0.1, where the scenario leaves it to another
}

// sipp is a running SIPp.
type sipp struct {
	*harness.Process
	t     testing.TB
	dir   string
	calls int
}

// tally is what SIPp counted.
type tally struct {
	done, failed, resent int
}

// limit is how long a run of calls may take beyond what its rate and length say.
const limit = 90 * time.Second

// runSIPp starts SIPp with a scenario of this folder. Its own statistics go to a file.
func runSIPp(f *floor, scenario string, args ...string) *sipp {
	f.t.Helper()
	s := &sipp{t: f.t, dir: f.t.TempDir()}
	path := filepath.Join(harness.Root(), "test", "bench", "sipp", scenario+".xml")
	s.Process = harness.Run(f.t, s.dir, "sipp", append([]string{
		"-sf", path, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-nd",
		"-trace_err", "-error_file", "errors.log", "-buff_size", "4194304", "-max_socket", "100",
		"-mp", strconv.Itoa(harness.FreePorts(f.t, 4)),
	}, args...)...)
	f.t.Cleanup(func() {
		if b, err := os.ReadFile(filepath.Join(s.dir, "errors.log")); f.t.Failed() && err == nil {
			f.t.Logf("SIPp's errors in %s:\n%.3000s", scenario, b)
		}
	})
	return s
}

// answer starts the agents' phones.
func (f *floor) answer(scenario string, talk time.Duration, sound int) *sipp {
	f.t.Helper()
	return runSIPp(f, scenario, "-p", strconv.Itoa(f.phone), "-d", millis(talk),
		"-key", "sound_port", strconv.Itoa(sound))
}

// call starts the customers.
func (f *floor) call(c traffic) *sipp {
	f.t.Helper()
	args := []string{
		f.SIPAddr(), "-s", c.number, "-p", strconv.Itoa(harness.FreePorts(f.t, 2)), "-m", strconv.Itoa(c.calls),
		"-r", strconv.FormatFloat(c.rate, 'f', -1, 64), "-d", millis(c.hold), "-key", "sound_port", strconv.Itoa(c.sound),
		"-trace_stat", "-stf", "stat.csv", "-fd", "1", "-cid_str", "%u-%p@gateway",
	}
	if c.atOnce == 0 {
		c.atOnce = c.calls
	}
	args = append(args, "-l", strconv.Itoa(c.atOnce))
	s := runSIPp(f, c.scenario, args...)
	s.calls = c.calls
	return s
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// done waits for the last call and gives what SIPp counted; a failed call is not yet a failed test.
func (s *sipp) done(expected time.Duration) tally {
	s.t.Helper()
	s.Wait(expected + limit)
	f, err := os.Open(filepath.Join(s.dir, "stat.csv"))
	require.NoError(s.t, err, "%s", s.Output())
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = ';', -1, true
	rows, err := r.ReadAll()
	require.NoError(s.t, err)
	require.Greater(s.t, len(rows), 1)
	last := rows[len(rows)-1]
	value := func(name string) int {
		for i, column := range rows[0] {
			if column == name && i < len(last) {
				n, err := strconv.Atoi(last[i])
				require.NoError(s.t, err)
				return n
			}
		}
		require.Fail(s.t, "SIPp's statistics have no column "+name)
		return 0
	}
	done := value("SuccessfulCall(C)")
	return tally{done: done, failed: s.calls - done, resent: value("Retransmissions(C)")}
}

func (t tally) String() string {
	return fmt.Sprintf("%d calls, %d failed, %d messages sent again", t.done+t.failed, t.failed, t.resent)
}

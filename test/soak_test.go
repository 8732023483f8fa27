//go:build soak

package test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSoakFlood has somebody send 20,000 requests a second for a minute, from one source and from forged ones.
func TestSoakFlood(t *testing.T) { flooded(t, time.Minute) }

// TestSoakDesks has 5,000 phones, each by a socket of its own, refresh each minute while calls run.
func TestSoakDesks(t *testing.T) { wholeFloor(t, 5000, 90*time.Second, time.Minute) }

// TestSoakTenThousandCalls makes 10,000 calls, most of them answered, some refused and some given up; then
// goroutines, memory, ports and dialogs are as they were.
func TestSoakTenThousandCalls(t *testing.T) { manyCalls(t, 10_000, 40) }

// TestSoakFiveHundredInTheIVR has 500 callers hear prompts at once, for half a minute.
func TestSoakFiveHundredInTheIVR(t *testing.T) { inTheIVR(t, 500, 30*time.Second) }

// TestSoak makes calls of all kinds for SOAK (an hour unless it says otherwise),
// reloads the site now and then, and demands at the end what
// TestTwoHundredCallsLeaveNothing demands after a minute.
func TestSoak(t *testing.T) {
	length := time.Hour
	if text := os.Getenv("SOAK"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		require.NoError(t, err, "SOAK is a duration, as 10m")
	}
	f := openFloor(t)
	s := site(brisk)
	for until, round := time.Now().Add(length), 0; time.Now().Before(until); round++ {
		f.traffic(10)
		s["queues.yaml"] = strings.TrimRight(s["queues.yaml"], "\n") + "\n" + strings.Repeat("#", round%2)
		f.n.WriteSite("queues.yaml", s["queues.yaml"])
		f.n.Signal(syscall.SIGHUP)
		if round%20 == 0 {
			t.Logf("%d calls, %+v", f.calls, f.load())
		}
	}
	f.same()
	f.nothingStored()
}

// TestSoakKilledWhileRecording kills a node at fifty random moments of recorded
// calls, and another that encrypts them.
func TestSoakKilledWhileRecording(t *testing.T) {
	for name, storage := range map[string]string{"plain": "", "encrypted": sealedStorage(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killings(t, 50, storage)
		})
	}
}

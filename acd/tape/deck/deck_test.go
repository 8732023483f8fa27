package deck

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/acd/tape"
	"hotline/call"
)

// floor is an engine whose steps a deck takes down, as the driver does.
type floor struct {
	*acd.Engine
	deck  *Deck
	steps int
}

func newFloor(t *testing.T, o Options) *floor {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "tape")
	}
	o.Epoch = 3
	if o.Keep == 0 {
		o.Keep = 24 * time.Hour
	}
	if o.Max == 0 {
		o.Max = 1 << 30
	}
	if o.Reserve == 0 {
		o.Reserve = 1
	}
	d, err := New(o, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	f := &floor{Engine: acd.New(7), deck: d}
	d.Begin(f.State())
	f.step(acd.Began{Rules: acd.Rules{
		Queues: []acd.Queue{{Name: "q", Groups: []string{"g"}, OfferTimeout: 10 * time.Second}},
		Agents: []acd.Agent{{ID: "1", Group: "g"}},
	}, Phones: []string{"1"}, Seats: []acd.SeatStateSet{{Seat: "1", State: call.SeatReady}}})
	return f
}

func (f *floor) step(in acd.Input) {
	now := time.Now()
	if f.deck.Step(now, in, f.Step(now, in)) {
		f.deck.Begin(f.State())
	}
	f.steps++
}

// tapes are the files of a deck, each replayed: how many inputs they hold.
func tapes(t *testing.T, d *Deck) (inputs []int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(d.o.Dir, "*"+Suffix))
	require.NoError(t, err)
	for _, name := range names {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "callers' numbers are in it")
		f, err := os.Open(name)
		require.NoError(t, err)
		unpacked, err := gzip.NewReader(f)
		require.NoError(t, err)
		r := tape.NewReplay(0)
		lines := bufio.NewScanner(unpacked)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			require.NoError(t, r.Line(lines.Bytes()))
		}
		require.NoError(t, f.Close())
		require.True(t, r.End(), "%+v", r.First)
		require.True(t, r.Strict())
		inputs = append(inputs, r.Inputs)
	}
	return inputs
}

func TestFilesReplayAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFloor(t, Options{FileTime: time.Minute})
		for n := range 10 {
			f.step(acd.CallQueued{Call: call.ID(rune('A' + n)), Queue: "q"})
			time.Sleep(20 * time.Second)
			f.step(acd.Tick{})
			f.step(acd.SeatStateSet{Seat: "1", State: call.SeatReady})
		}
		f.deck.Close()
		all := tapes(t, f.deck)
		require.Greater(t, len(all), 2)
		sum := 0
		for _, n := range all {
			sum += n
		}
		require.Equal(t, f.steps, sum, "nothing is left out")
		require.Zero(t, testutil.ToFloat64(f.deck.met.lost))
		info, err := os.Stat(f.deck.o.Dir)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	})
}

// A reader sees what is a second old while the node goes on, and so does who
// looks after a kill.
func TestWhatIsWrittenCanBeReadBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFloor(t, Options{})
		f.step(acd.CallQueued{Call: "A", Queue: "q"})
		time.Sleep(2 * flushEvery)
		names, err := filepath.Glob(filepath.Join(f.deck.o.Dir, "*"+Suffix))
		require.NoError(t, err)
		require.Len(t, names, 1)
		in, err := os.Open(names[0])
		require.NoError(t, err)
		defer in.Close()
		unpacked, err := gzip.NewReader(in)
		require.NoError(t, err)
		lines := bufio.NewScanner(unpacked)
		n := 0
		for lines.Scan() {
			n++
		}
		require.ErrorContains(t, lines.Err(), "unexpected EOF")
		require.Greater(t, n, 3)
		f.deck.Close()
	})
}

func TestOldFilesAreErased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		old := func(name string, size int, ago time.Duration) string {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, make([]byte, size), 0o600))
			require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-ago)))
			return path
		}
		yesterday := old("19991231T000000.000Z-1"+Suffix, 10, 25*time.Hour)
		big := old("19991231T100000.000Z-1"+Suffix, 900, time.Hour)
		recent := old("19991231T110000.000Z-1"+Suffix, 800, time.Minute)
		other := old("a-note-of-somebody's", 10, 99*time.Hour)
		f := newFloor(t, Options{Dir: dir, Max: 2000})
		time.Sleep(2 * flushEvery)
		f.deck.Close()
		require.NoFileExists(t, yesterday, "it is older than a day")
		require.NoFileExists(t, big, "all would be more than they may, and it is the oldest")
		require.FileExists(t, recent)
		require.FileExists(t, other, "it is nobody's tape")
	})
}

// A disk without room has calls go on and no tape; with room again there is one, from then on.
func TestAFullDiskMeansNoTapeUntilItHasRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFloor(t, Options{Reserve: 1 << 60})
		f.step(acd.CallQueued{Call: "A", Queue: "q"})
		synctest.Wait()
		require.Zero(t, testutil.ToFloat64(f.deck.met.writing))
		require.Equal(t, 2.0, testutil.ToFloat64(f.deck.met.lost))
		time.Sleep(retryEvery + 2*flushEvery)
		f.step(acd.CallLeft{Call: "A"})
		synctest.Wait()
		require.Zero(t, testutil.ToFloat64(f.deck.met.writing), "it was tried again")
		f.deck.o.Reserve = 1 // nobody else looks at it now
		time.Sleep(retryEvery + 2*flushEvery)
		f.step(acd.CallQueued{Call: "B", Queue: "q"})
		f.step(acd.CallLeft{Call: "B"})
		synctest.Wait()
		require.Equal(t, 1.0, testutil.ToFloat64(f.deck.met.writing))
		f.deck.Close()
		require.Equal(t, []int{1}, tapes(t, f.deck), "from the step on after which it began anew")
	})
}

// A file that can't be written ends, and another is tried.
func TestAWriteThatFailsEndsTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFloor(t, Options{})
		synctest.Wait()
		require.NoError(t, f.deck.reel.file.Close())
		f.step(acd.CallQueued{Call: "A", Queue: "q"})
		time.Sleep(2 * flushEvery)
		require.Zero(t, testutil.ToFloat64(f.deck.met.writing))
		time.Sleep(retryEvery + 2*flushEvery)
		f.step(acd.CallLeft{Call: "A"})
		synctest.Wait()
		require.Equal(t, 1.0, testutil.ToFloat64(f.deck.met.writing))
		f.deck.Close()
	})
}

// Routing never waits: when the writer hangs, steps are left out, and the next
// file begins when there is room again.
func TestAWriterThatHangsIsNotWaitedFor(t *testing.T) {
	met, err := newMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	d := &Deck{mail: make(chan letter, mailbox), met: met}
	e := acd.New(1)
	d.Begin(e.State())
	for range mailbox + 10 {
		require.False(t, d.Step(time.Now(), acd.Tick{}, nil))
	}
	require.Equal(t, 11.0, testutil.ToFloat64(met.lost))
	d.Begin(e.State())
	require.True(t, d.gap, "there is no room for that either")
	for len(d.mail) > mailbox/4 {
		<-d.mail
	}
	require.True(t, d.Step(time.Now(), acd.Tick{}, nil))
	d.Begin(e.State())
	require.False(t, d.Step(time.Now(), acd.Tick{}, nil))
	require.Equal(t, 12.0, testutil.ToFloat64(met.lost), "the last is on the tape again")
}

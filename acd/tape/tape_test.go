package tape

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
)

func monday() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// played is a short run: three calls, one seat, a change of the site.
func played(t *testing.T, watch func(at time.Time, in acd.Input, out []acd.Effect)) {
	t.Helper()
	rules := acd.Rules{
		Revision: 1, Agents: []acd.Agent{{ID: "1001", Group: "general"}},
		Queues: []acd.Queue{{Name: "general", Groups: []string{"general"}, OfferTimeout: 15 * time.Second, WrapUp: 10 * time.Second}},
	}
	e := acd.New(7)
	at := monday()
	step := func(after time.Duration, in acd.Input) (rang call.OfferID) {
		at = at.Add(after)
		out := e.Step(at, in)
		for _, ef := range out {
			if o, ok := ef.(acd.Offer); ok {
				rang = o.Offer
			}
		}
		watch(at, in, out)
		return rang
	}
	step(0, acd.RulesChanged{Rules: rules})
	step(0, acd.PhoneUp{Phone: "1001"})
	step(0, acd.SeatStateSet{Seat: "1001", State: call.SeatReady})
	offer := step(time.Second, acd.CallQueued{Call: "A", Queue: "general"})
	step(time.Second, acd.CallQueued{Call: "B", Queue: "general"})
	step(time.Second, acd.OfferAnswered{Offer: offer})
	rules.Revision = 2
	rules.Queues[0].WrapUp = 0
	step(time.Second, acd.RulesChanged{Rules: rules})
	step(time.Second, acd.CallLeft{Call: "A"})
	offer = step(time.Second, acd.SeatLegEnded{Call: "A", Seat: "1001"})
	require.NotEmpty(t, offer, "without wrap-up the next call rings at once")
	step(20*time.Second, acd.Tick{})
}

// lines are the tape of the run.
func lines(t *testing.T) [][]byte {
	t.Helper()
	var w Writer
	text, err := w.AppendSeed(nil, 7)
	require.NoError(t, err)
	played(t, func(at time.Time, in acd.Input, out []acd.Effect) {
		text, err = w.Append(text, at, in, out)
		require.NoError(t, err)
	})
	return bytes.SplitAfter(bytes.TrimSpace(text), []byte("\n"))
}

func replayed(t *testing.T, tape [][]byte) *Replay {
	t.Helper()
	r := NewReplay(1)
	for _, line := range tape {
		require.NoError(t, r.Line(line))
	}
	r.End()
	return r
}

func TestReplayIsIdentical(t *testing.T) {
	tape := lines(t)
	r := replayed(t, tape)
	require.Nil(t, r.First)
	require.True(t, r.Strict())
	require.Equal(t, 10, r.Inputs)
	require.Equal(t, len(tape)-11, r.Effects, "every effect of the tape was compared")
}

// TestEveryChangeIsFound: each line of effects altered, left out or doubled is the first difference.
func TestEveryChangeIsFound(t *testing.T) {
	tape := lines(t)
	for i, line := range tape {
		if !bytes.Contains(line, []byte(`{"out"`)) {
			continue
		}
		altered := bytes.Replace(line, []byte(`"kind":"`), []byte(`"kind":"x`), 1)
		r := replayed(t, append(append(append([][]byte{}, tape[:i]...), altered), tape[i+1:]...))
		require.NotNil(t, r.First)
		require.Equal(t, i+1, r.First.Line)
		require.NotEqual(t, r.First.Tape, r.First.Now)

		require.NotNil(t, replayed(t, append(append([][]byte{}, tape[:i]...), tape[i+1:]...)).First, "line %d left out", i+1)
		doubled := replayed(t, append(append(append([][]byte{}, tape[:i+1]...), line), tape[i+1:]...))
		require.NotNil(t, doubled.First, "line %d twice", i+1)
		require.Equal(t, i+2, doubled.First.Line)
	}
}

func TestAnEndCutOffIsFound(t *testing.T) {
	tape := lines(t)
	r := replayed(t, tape[:len(tape)-1])
	require.NotNil(t, r.First)
	require.Empty(t, r.First.Tape)
	require.NotEmpty(t, r.First.Now)
}

// TestInputsAlone: a log without effects is compared with a twin, which goes through snapshots.
func TestInputsAlone(t *testing.T) {
	var text []byte
	n := uint64(0)
	write := func(at time.Time, in acd.Input) {
		n++
		line, err := json.Marshal(acd.InputEnvelope{Seq: n, At: at, Input: in})
		require.NoError(t, err)
		text = append(append(text, line...), '\n')
	}
	effects := 0
	played(t, func(at time.Time, in acd.Input, out []acd.Effect) {
		effects += len(out)
		write(at, in)
	})
	for i := range 2*twinEvery + 10 {
		at := monday().Add(time.Hour + time.Duration(i)*time.Second)
		write(at, acd.CallQueued{Call: call.ID(fmt.Sprint("C", i)), Queue: "general"})
		effects++
	}
	r := NewReplay(7)
	for line := range bytes.Lines(text) {
		require.NoError(t, r.Line(line))
	}
	require.True(t, r.End(), "%+v", r.First)
	require.False(t, r.Strict())
	require.Equal(t, effects, r.Effects)
}

func TestATapeFromASnapshot(t *testing.T) {
	e := acd.New(9)
	e.Step(monday(), acd.RulesChanged{Rules: acd.Rules{Queues: []acd.Queue{{Name: "general"}}}})
	snapshot, err := e.Snapshot()
	require.NoError(t, err)
	var w Writer
	text, err := w.AppendSnapshot(nil, snapshot)
	require.NoError(t, err)
	in := acd.CallQueued{Call: "A", Queue: "general"}
	text, err = w.Append(text, monday(), in, e.Step(monday(), in))
	require.NoError(t, err)
	require.Nil(t, replayed(t, bytes.SplitAfter(text, []byte("\n"))).First)
}

func TestWhatIsNoTape(t *testing.T) {
	for text, words := range map[string]string{
		"nonsense": "line 1 is no JSON",
		`{"kind":"dance","at":"2026-11-23T09:00:00Z"}`: "line 1 is no input",
		`{"tape":2,"seed":1}`:                          "line 1 has tape version 2",
		`{"tape":1,"snapshot":{"version":99}}`:         "line 1 has a snapshot that does not hold together",
		`{"out":{}}`:                                   "line 1 is an effect before any input",
		"{\"tape\":1}\n\n{\"tape\":1}":                 "line 3 begins a tape within one",
	} {
		r := NewReplay(1)
		var err error
		for _, line := range strings.Split(text, "\n") {
			if err == nil {
				err = r.Line([]byte(line))
			}
		}
		require.ErrorContains(t, err, words)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	}
}

func FuzzReplay(f *testing.F) {
	f.Add([]byte(`{"tape":1,"seed":3}` + "\n" + `{"seq":1,"at":"2026-11-23T09:00:00Z","kind":"tick","data":{}}`))
	f.Add([]byte(`{"out":{"seq":1}}`))
	f.Add([]byte(`{"seq":1,"at":"2026-11-23T09:00:00Z","kind":"phone_up","data":{"phone":"1"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := NewReplay(1)
		for line := range bytes.Lines(text) {
			if err := r.Line(line); err != nil {
				require.Equal(t, call.CodeInvalid, call.CodeOf(err))
				return
			}
		}
		if !r.Strict() {
			require.True(t, r.End(), "two engines never differ")
		}
	})
}

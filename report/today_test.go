package report

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// The formulas of the service level on numbers that tell them apart:
// a = 60, A = 80, b = 5, B = 20.
func TestServiceLevelFormulas(t *testing.T) {
	f := Figures{AnsweredWithin: 60, Answered: 80, AbandonedWithin: 5, Abandoned: 20, ShortAbandons: 7}
	for formula, want := range map[Formula]float64{
		SL1: 65.0 / 100, SL2: 60.0 / 80, SL3: 60.0 / 100, SL4: 60.0 / 95,
	} {
		have, ok := f.ServiceLevel(formula)
		require.True(t, ok)
		require.InDelta(t, want, have, 1e-12, formula)
	}
	require.Equal(t, "SL-4", SL4.String())
	require.Equal(t, "SL-1", SL1.String())
	require.Equal(t, "invalid(9)", Formula(9).String())
	var none Figures
	for _, formula := range []Formula{SL1, SL2, SL3, SL4} {
		_, ok := none.ServiceLevel(formula)
		require.False(t, ok, "of nothing there is no share")
	}
}

func TestRates(t *testing.T) {
	f := Figures{Answered: 85, Abandoned: 5, ShortAbandons: 4, Overflowed: 6, Waits: Histogram{Sum: 850 * time.Second}}
	asa, ok := f.SpeedOfAnswer()
	require.True(t, ok)
	require.Equal(t, 10*time.Second, asa)
	rate, ok := f.AbandonRate()
	require.True(t, ok)
	require.InDelta(t, 0.05, rate, 1e-12)
	rate, _ = f.SeatConnectRate()
	require.InDelta(t, 0.85, rate, 1e-12)
	var none Figures
	_, ok = none.SpeedOfAnswer()
	require.False(t, ok)
	none.Add(&f)
	none.Add(&f)
	require.Equal(t, 170, none.Answered)
	require.Equal(t, 1700*time.Second, none.Waits.Sum)
}

var shanghai = time.FixedZone("CST", 8*3600)

// nine is nine in the morning in Shanghai.
var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, shanghai)

// step is an event so many seconds after the call's first.
type step struct {
	at    float64
	event call.Event
}

func play(t *Today, id call.ID, start time.Time, steps ...step) []call.Envelope {
	var list []call.Envelope
	for i, s := range steps {
		e := call.Envelope{Call: id, Seq: uint64(i + 1), At: start.Add(time.Duration(s.at * float64(time.Second))).UTC(), Event: s.event}
		list = append(list, e)
		t.Apply(e)
		t.Apply(e) // repeats change nothing
	}
	return list
}

func queued(q string) call.Event { return call.Queued{Queue: q} }

var (
	answer = call.OfferEnded{Queue: "q", Seat: "1001", Result: call.OfferAnswered}
	hungUp = call.Ended{By: call.PartyCaller}
	crash  = call.Ended{Interrupted: true}
)

func TestWhatBecomesOfACall(t *testing.T) {
	left := func(q, rule string) call.Event { return call.LeftQueue{Queue: q, Rule: rule} }
	for name, c := range map[string]struct {
		steps []step
		p, q  Figures
	}{
		"answered in time":      {[]step{{0, queued("q")}, {30, answer}, {90, hungUp}}, Figures{}, Figures{Answered: 1, AnsweredWithin: 1}},
		"answered too late":     {[]step{{0, queued("q")}, {30.001, answer}, {90, hungUp}}, Figures{}, Figures{Answered: 1}},
		"a short abandon":       {[]step{{0, queued("q")}, {4.999, hungUp}}, Figures{}, Figures{ShortAbandons: 1}},
		"left within target":    {[]step{{0, queued("q")}, {5, hungUp}}, Figures{}, Figures{Abandoned: 1, AbandonedWithin: 1}},
		"left after target":     {[]step{{0, queued("q")}, {31, left("q", "caller_left")}, {31, hungUp}}, Figures{}, Figures{Abandoned: 1}},
		"not picked up, left":   {[]step{{0, queued("q")}, {40, call.OfferEnded{Queue: "q", Result: call.OfferNoAnswer}}, {41, hungUp}}, Figures{}, Figures{Abandoned: 1}},
		"overflowed to a flow":  {[]step{{0, queued("q")}, {60, left("q", "waited")}, {70, hungUp}}, Figures{}, Figures{Overflowed: 1}},
		"turned away":           {[]step{{0, left("q", "full")}, {10, hungUp}}, Figures{}, Figures{Overflowed: 1}},
		"overflowed to a queue": {[]step{{0, queued("p")}, {25, left("p", "waited")}, {25, queued("q")}, {32, answer}, {60, hungUp}}, Figures{Overflowed: 1}, Figures{Answered: 1}},
		"seat lost, next seat":  {[]step{{0, queued("q")}, {5, answer}, {6, queued("q")}, {9, answer}, {60, hungUp}}, Figures{}, Figures{Answered: 1, AnsweredWithin: 1}},
		"seat lost, gave up":    {[]step{{0, queued("q")}, {5, answer}, {6, queued("q")}, {50, hungUp}}, Figures{}, Figures{Answered: 1, AnsweredWithin: 1}},
		"the node stopped":      {[]step{{0, queued("q")}, {50, crash}}, Figures{}, Figures{Interrupted: 1}},
		"never asked":           {[]step{{0, call.Accepted{}}, {50, hungUp}}, Figures{}, Figures{}},
	} {
		t.Run(name, func(t *testing.T) {
			today := NewToday(shanghai, 0)
			play(today, "C", nine, c.steps...)
			p, q := today.Queue("p", nine), today.Queue("q", nine)
			if q.Answered > 0 {
				require.NotZero(t, q.Waits.Sum)
			}
			p.Waits, q.Waits = Histogram{}, Histogram{}
			require.Equal(t, c.p, p)
			require.Equal(t, c.q, q)
			require.Empty(t, today.calls, "nothing is kept of a call that has ended")
		})
	}
}

func TestTargetsAndHistogram(t *testing.T) {
	today := NewToday(shanghai, time.Second)
	today.SetTarget("q", 15*time.Second)
	for i, wait := range []float64{0, 5, 5.001, 15, 16, 601} {
		play(today, call.ID(rune('A'+i)), nine, step{0, queued("q")}, step{wait, answer})
	}
	f := today.Queue("q", nine)
	require.Equal(t, 4, f.AnsweredWithin)
	require.Equal(t, [13]int{2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}, f.Waits.Counts)
	require.InDelta(t, 642.001, f.Waits.Sum.Seconds(), 1e-9)
}

func TestTheDayBeginsAtLocalMidnight(t *testing.T) {
	today := NewToday(shanghai, 0)
	late := time.Date(2026, 3, 2, 23, 59, 30, 0, shanghai)
	play(today, "before", late, step{0, queued("q")}, step{10, answer}, step{15, hungUp})
	require.Equal(t, 1, today.Queue("q", late).Answered)
	over := play(today, "over", late, step{5, queued("q")})
	require.Zero(t, today.Queue("q", late.Add(31*time.Second)).Answered, "a quiet queue begins anew as well")

	e := over[0]
	e.Seq, e.At, e.Event = 2, late.Add(40*time.Second), answer
	today.Apply(e)
	require.Zero(t, today.Queue("q", e.At).Answered, "it entered yesterday")
	play(today, "after", late.Add(time.Minute), step{0, queued("q")}, step{10, answer})
	require.Equal(t, 1, today.Queue("q", late.Add(2*time.Minute)).Answered)

	// Nine in the morning in UTC is the same day in Shanghai, five in the afternoon the next.
	require.Equal(t, 1, today.Queue("q", time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)).Answered)
	require.Zero(t, today.Queue("q", time.Date(2026, 3, 3, 17, 0, 0, 0, time.UTC)).Answered)
	require.Empty(t, func() map[call.ID]*waiting {
		today.Queue("q", late.AddDate(0, 0, 3))
		return today.calls
	}(), "calls whose end was never seen are forgotten")
}

// The figures do not depend on how calls are mixed, and agree with the records.
func TestAgreesWithTheRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		today := NewToday(shanghai, 0)
		var all []call.Envelope
		var answered, abandoned, short, overflowed int
		for n := range rapid.IntRange(1, 12).Draw(t, "calls") {
			id := call.ID(rune('A' + n))
			wait := float64(rapid.IntRange(1, 90).Draw(t, "wait"))
			steps := []step{{0, call.Entered{}}, {0, queued("q")}}
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				steps = append(steps, step{wait, answer}, step{wait + 1, hungUp})
			case 1:
				steps = append(steps, step{wait, hungUp})
			default:
				steps = append(steps, step{wait, call.LeftQueue{Queue: "q", Rule: "waited"}}, step{wait + 1, hungUp})
			}
			events := play(NewToday(shanghai, 0), id, nine, steps...)
			all = append(all, events...)
			record, err := call.Fold(events...)
			require.NoError(t, err)
			switch {
			case record.Outcome == call.OutcomeAnswered:
				answered++
			case record.Outcome == call.OutcomeOverflowed:
				overflowed++
			case record.LostCause == call.LostShortAbandon:
				short++
			default:
				abandoned++
			}
		}
		bySeq := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		next := map[call.ID]uint64{}
		for len(all) > 0 {
			i := bySeq.IntN(len(all))
			if all[i].Seq != next[all[i].Call]+1 {
				continue
			}
			next[all[i].Call]++
			today.Apply(all[i])
			all = append(all[:i], all[i+1:]...)
		}
		f := today.Queue("q", nine)
		require.Equal(t, []int{answered, abandoned, short, overflowed}, []int{f.Answered, f.Abandoned, f.ShortAbandons, f.Overflowed})
		level, ok := f.ServiceLevel(SL4)
		require.True(t, !ok || (level >= 0 && level <= 1))
	})
}

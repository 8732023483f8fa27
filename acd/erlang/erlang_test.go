package erlang

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// published is the first case of docs: 3.5 calls a minute of 3 minutes, 13 seats.
func published(patience time.Duration) Staffed {
	return Load{Calls: 3.5, Per: time.Minute, Handle: 3 * time.Minute, Patience: patience}.With(13)
}

func TestPublishedErlangC(t *testing.T) {
	s := published(0)
	require.InDelta(t, 0.3688, s.Wait(), 0.00005)
	require.InDelta(t, 26.56, s.MeanWait().Seconds(), 0.005)
	require.InDelta(t, 3.5/60*26.56, s.Waiting(), 0.001)

	s = Load{Calls: 100, Per: 30 * time.Minute, Handle: 3 * time.Minute}.With(14)
	require.InDelta(t, 0.1741, s.Wait(), 0.00005)
	require.InDelta(t, 0.888, s.ServiceLevel(20*time.Second), 0.0005)
	require.InDelta(t, 0.714, s.Occupancy(), 0.0005)
}

func TestPublishedErlangA(t *testing.T) {
	s := published(5 * time.Minute)
	require.InDelta(t, 9.91, s.MeanWait().Seconds(), 0.005)
	require.InDelta(t, s.MeanWait().Seconds()/300, s.Abandon(), 1e-9)
}

// TestTablesOfErlangB: figures of the published tables for traffic engineers
// (load at which the loss is 1 % and 2 %, rounded to the table's digits).
func TestTablesOfErlangB(t *testing.T) {
	for _, c := range []struct {
		seats   int
		erlangs float64
		loss    float64
	}{
		{1, 0.0101, 0.01},
		{5, 1.36, 0.01},
		{10, 4.46, 0.01},
		{20, 12.03, 0.01},
		{50, 37.9, 0.01},
		{100, 84.1, 0.01},
		{10, 5.08, 0.02},
		{20, 13.2, 0.02},
		{100, 87.97, 0.02},
	} {
		require.InDelta(t, c.loss, B(c.seats, c.erlangs), c.loss*0.02, "%d seats", c.seats)
	}
	require.InDelta(t, 0.5, B(1, 1), 1e-15)
	require.InDelta(t, 0.2, B(2, 1), 1e-15)
	require.InDelta(t, 1.0/3, C(2, 1), 1e-15, "M/M/2 at half load waits with 1/3")
}

func TestEdges(t *testing.T) {
	require.Equal(t, 1.0, B(0, 3))
	require.Equal(t, 0.0, B(3, 0))
	require.Equal(t, 0.0, C(3, 0))
	require.Equal(t, 1.0, C(3, 3))

	idle := Load{Per: time.Minute, Handle: time.Minute}.With(2)
	require.Equal(t, 1.0, idle.ServiceLevel(0))
	require.Zero(t, idle.Wait()+idle.Occupancy()+idle.Abandon())

	flood := Load{Calls: 10, Per: time.Minute, Handle: time.Minute}
	require.Equal(t, Forever, flood.With(10).MeanWait())
	require.True(t, math.IsInf(flood.With(10).Waiting(), 1))
	require.Zero(t, flood.With(10).ServiceLevel(time.Hour))
	require.Equal(t, 1.0, flood.With(10).Occupancy())

	flood.Patience = time.Minute
	nobody := flood.With(0)
	require.Equal(t, 1.0, nobody.Abandon())
	require.Equal(t, time.Minute, nobody.MeanWait())
	require.Zero(t, nobody.Answered(time.Minute))
	require.InDelta(t, 1-1/math.E, nobody.Abandoned(time.Minute), 1e-12)
	require.Zero(t, nobody.ServiceLevel(time.Minute))
	require.Zero(t, flood.With(5).Answered(-1))
}

func TestSeatsFor(t *testing.T) {
	l := Load{Calls: 100, Per: 30 * time.Minute, Handle: 3 * time.Minute}
	n, err := l.SeatsFor(Target{0.8, 20 * time.Second})
	require.NoError(t, err)
	require.Equal(t, 14, n, "13 reach 80 % too rarely; the published case has 14")
	n, err = l.SeatsForWait(10 * time.Second)
	require.NoError(t, err)
	require.LessOrEqual(t, l.With(n).MeanWait(), 10*time.Second)
	require.Greater(t, l.With(n-1).MeanWait(), 10*time.Second)
	l.Patience = 2 * time.Minute
	n, err = l.SeatsForAbandon(0.05)
	require.NoError(t, err)
	require.LessOrEqual(t, l.With(n).Abandon(), 0.05)
	require.Greater(t, l.With(n-1).Abandon(), 0.05)

	none, err := Load{}.SeatsFor(Target{0.8, time.Second})
	require.NoError(t, err)
	require.Zero(t, none)
	_, err = Load{Calls: 1e9, Per: time.Second, Handle: time.Hour}.SeatsFor(Target{0.8, time.Second})
	require.ErrorContains(t, err, "more than")
	_, err = l.SeatsFor(Target{1.5, time.Second})
	require.ErrorContains(t, err, "can't be reached")
	_, err = l.SeatsForAbandon(0)
	require.Error(t, err)
	_, err = l.SeatsForWait(0)
	require.Error(t, err)
	n, err = l.SeatsFor(Target{1, 0})
	require.NoError(t, err, "everybody at once takes many seats, but a number of them")
	require.Greater(t, n, 20)
}

func TestBearable(t *testing.T) {
	target := Target{0.8, 20 * time.Second}
	l := Load{Per: 30 * time.Minute, Handle: 3 * time.Minute}
	l.Calls = l.Bearable(14, target)
	require.InDelta(t, 0.8, l.With(14).ServiceLevel(target.Within), 1e-6)
	require.Greater(t, l.Calls, 100.0, "100 calls reach 88.8 %")
	require.Zero(t, l.Bearable(0, target))
	require.InDelta(t, 12*(2+3)*0.5, BearableMeasured([]int{2, 3}, 30*time.Minute, 12), 1e-12)
	require.Equal(t, 10, Rostered(7, 0.3))
	require.Equal(t, 7, Rostered(7, 0))
}

// TestThousandsOfSeats: nothing overflows, and what must hold in the large holds.
func TestThousandsOfSeats(t *testing.T) {
	for _, patience := range []time.Duration{0, time.Second, 3 * time.Minute, 365 * 24 * time.Hour} {
		for _, seats := range []int{9_000, 10_000, 10_100, 20_000} {
			s := Load{Calls: 10_000, Per: 3 * time.Minute, Handle: 3 * time.Minute, Patience: patience}.With(seats)
			for _, v := range []float64{s.Wait(), s.Abandon(), s.Occupancy(), s.Answered(20 * time.Second), s.Abandoned(20 * time.Second), s.ServiceLevel(20 * time.Second)} {
				require.GreaterOrEqual(t, v, 0.0)
				require.LessOrEqual(t, v, 1.0)
			}
			if patience > 0 && seats == 9_000 {
				require.InDelta(t, 0.1, s.Abandon(), 0.012, "the tenth that does not fit leaves: patience %v", patience)
			}
		}
	}
	// Where load and seats are large and equal, half of the calls wait at a patience of the handling time (Garnett).
	s := Load{Calls: 1e4, Per: time.Minute, Handle: time.Minute, Patience: time.Minute}.With(1e4)
	require.InDelta(t, 0.5, s.Wait(), 0.01)
}

func loads(t *rapid.T, patient bool) (Load, int) {
	l := Load{
		Calls:  rapid.Float64Range(0.1, 400).Draw(t, "calls"),
		Per:    30 * time.Minute,
		Handle: time.Duration(rapid.Int64Range(int64(10*time.Second), int64(20*time.Minute)).Draw(t, "handle")),
	}
	if patient {
		l.Patience = time.Duration(rapid.Int64Range(int64(5*time.Second), int64(time.Hour)).Draw(t, "patience"))
	}
	n := int(l.Erlangs()) + rapid.IntRange(-10, 30).Draw(t, "seats over load")
	return l, max(1, n)
}

// TestMoreSeatsAreBetter: every figure of the caller improves, agents are less busy.
func TestMoreSeatsAreBetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, n := loads(t, rapid.Bool().Draw(t, "patient"))
		within := time.Duration(rapid.IntRange(0, 120).Draw(t, "within")) * time.Second
		few, many := l.With(n), l.With(n+1)
		require.LessOrEqual(t, many.Wait(), few.Wait()+1e-12)
		require.LessOrEqual(t, many.MeanWait(), few.MeanWait())
		require.LessOrEqual(t, many.Abandon(), few.Abandon()+1e-12)
		require.LessOrEqual(t, many.Occupancy(), few.Occupancy()+1e-12)
		require.GreaterOrEqual(t, many.ServiceLevel(within)+1e-6, few.ServiceLevel(within))
		require.LessOrEqual(t, B(n+1, l.Erlangs()), B(n, l.Erlangs()))
	})
}

// TestPatienceLiesBetween: B ≤ A ≤ C, and hardly ever leaving is Erlang C.
func TestPatienceLiesBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, n := loads(t, true)
		a := l.With(n)
		endless := l
		endless.Patience = 0
		c := endless.With(n)
		require.LessOrEqual(t, a.Wait(), c.Wait()+1e-12)
		require.GreaterOrEqual(t, a.Wait(), B(n, l.Erlangs())-1e-12)
		require.LessOrEqual(t, a.MeanWait(), c.MeanWait())
		within := time.Duration(rapid.IntRange(0, 300).Draw(t, "within")) * time.Second
		require.GreaterOrEqual(t, a.ServiceLevel(within)+1e-6, c.ServiceLevel(within))
		require.InDelta(t, 1-a.Abandon(), a.Answered(100*time.Hour), 1e-5, "in the end a call is answered or abandoned")
		require.LessOrEqual(t, a.Answered(within)+a.Abandoned(within), 1+1e-9)

		l.Patience = 1 << 20 * time.Hour
		if l.Erlangs() < float64(n)*0.98 {
			require.InDelta(t, c.Wait(), l.With(n).Wait(), 1e-3)
			require.InDelta(t, c.ServiceLevel(within), l.With(n).ServiceLevel(within), 1e-3)
		}
	})
}

// naive solves the queue as what it is: a chain of states, each as frequent as
// going up and down balance, with the wait of whoever finds k before him.
type naive struct {
	p              []float64
	lambda, mu, th float64
	n              int
}

func newNaive(l Load, n int) naive {
	v := naive{lambda: l.rate(), mu: 1 / l.Handle.Seconds(), n: n}
	if l.Patience > 0 {
		v.th = 1 / l.Patience.Seconds()
	}
	logs, lp, top, highest := []float64{0}, 0.0, 0.0, 0.0
	for k := 1; k < 60_000; k++ {
		lp += math.Log(v.lambda / (float64(min(k, n))*v.mu + float64(max(0, k-n))*v.th))
		logs = append(logs, lp)
		if highest = max(highest, lp); lp < highest-50 && k > n {
			break
		}
	}
	for _, x := range logs {
		top += math.Exp(x - highest)
	}
	for _, x := range logs {
		v.p = append(v.p, math.Exp(x-highest)/top)
	}
	return v
}

func (v naive) wait() (w float64) {
	for k := v.n; k < len(v.p); k++ {
		w += v.p[k]
	}
	return w
}

func (v naive) meanWait() (w float64) {
	for k := v.n + 1; k < len(v.p); k++ {
		w += v.p[k] * float64(k-v.n)
	}
	return w / v.lambda
}

// answered walks a waiting call with k before him through time in small steps:
// places before him empty at nμ + kθ, he leaves at θ.
func (v naive) answered(t float64) float64 {
	before := append([]float64(nil), v.p[min(v.n, len(v.p)):]...)
	got := 1 - v.wait()
	nmu := float64(v.n) * v.mu
	steps := int(t*(nmu+float64(len(before))*v.th)*40) + 1
	dt := t / float64(steps)
	for range steps {
		for k := range before {
			down := before[k] * (nmu + float64(k)*v.th) * dt
			before[k] -= down + before[k]*v.th*dt
			if k == 0 {
				got += down
			} else {
				before[k-1] += down
			}
		}
	}
	return got
}

func TestAgainstTheNaiveTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, n := loads(t, true)
		if n > 60 {
			n = 60
			l.Calls = min(l.Calls, 70*float64(l.Per)/float64(l.Handle))
		}
		s, twin := l.With(n), newNaive(l, n)
		require.InDelta(t, twin.wait(), s.Wait(), 1e-8)
		require.InDelta(t, twin.meanWait(), s.MeanWait().Seconds(), 1e-5+1e-6*twin.meanWait())
		require.InDelta(t, twin.answered(20), s.Answered(20*time.Second), 0.006)
		if l.Patience = 0; l.Erlangs() < float64(n)*0.95 {
			require.InDelta(t, newNaive(l, n).wait(), l.With(n).Wait(), 1e-8)
		}
	})
}

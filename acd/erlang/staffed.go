package erlang

import (
	"math"
	"time"
)

// Staffed is a load with seats for it, in the steady state: what callers and
// agents see when it lasts.
type Staffed struct {
	load  Load
	seats int

	lambda, mu, theta float64 // calls, ends of calls, and ends of patience, a second
	rho               float64 // load / seats
	wait              float64 // P(a call must wait)
	// logA is ln of Palm's A(x, y) = Σ y^j / ((x+1)…(x+j)) with x = nμ/θ, y = λ/θ: how much
	// more often than with loss a call finds all seats taken, since callers wait.
	logA float64
}

// With gives the load so many seats: by Erlang A when callers have a patience, by Erlang C when they have none.
func (l Load) With(seats int) Staffed {
	s := Staffed{load: l, seats: max(seats, 0), lambda: l.rate()}
	a := l.Erlangs()
	if a <= 0 {
		return s // nothing to do: nobody waits
	}
	s.mu = 1 / l.Handle.Seconds()
	s.rho = a / float64(s.seats) // +Inf without seats
	loss := B(s.seats, a)
	if l.Patience <= 0 {
		s.wait = delayed(loss, s.seats, a)
		return s
	}
	s.theta = 1 / l.Patience.Seconds()
	s.logA = logPalm(float64(s.seats)*s.mu/s.theta, s.lambda/s.theta)
	// P(wait) = A·B / (1 + (A−1)·B), divided by A so that a huge A does no harm.
	s.wait = loss / (math.Exp(-s.logA)*(1-loss) + loss)
	return s
}

const (
	rescale  = 1e200   // a sum past this is written as a multiple of it
	palmEnds = 1e-17   // a term this small beside the sum ends it
	palmMax  = 4 << 20 // terms; past that A is beyond all measure, as overload and endless patience make it
)

// logPalm is ln A(x, y).
func logPalm(x, y float64) float64 {
	sum, term, scaled := 1.0, 1.0, 0.0
	for k := 1; k < palmMax; k++ {
		term *= y / (x + float64(k))
		sum += term
		if sum > rescale {
			sum, term, scaled = sum/rescale, term/rescale, scaled+math.Log(rescale)
		}
		if term < sum*palmEnds && y < x+float64(k) {
			break
		}
	}
	return scaled + math.Log(sum)
}

// Seats is how many there are.
func (s Staffed) Seats() int { return s.seats }

// Wait is the share of calls that must wait at all.
func (s Staffed) Wait() float64 { return s.wait }

// Abandon is the share of calls whose caller gives up: 0 without patience.
func (s Staffed) Abandon() float64 {
	switch {
	case s.theta == 0 || s.wait == 0:
		return 0
	case s.seats == 0:
		return 1
	}
	// P(abandon | wait) = 1/(ρA) + 1 − 1/ρ
	given := math.Exp(-s.logA)/s.rho + 1 - 1/s.rho
	return min(1, max(0, given)) * s.wait
}

// MeanWait is the mean wait of all calls, those who give up and those who need
// not wait included. Without patience it is Forever when the load is no less than the seats.
func (s Staffed) MeanWait() time.Duration {
	switch {
	case s.wait == 0:
		return 0
	case s.theta > 0:
		return duration(s.Abandon() / s.theta) // Little's law, as leaving is θ for each who waits
	case s.rho >= 1:
		return Forever
	}
	return duration(s.wait / (float64(s.seats)*s.mu - s.lambda))
}

// Waiting is how many callers wait, on average; +Inf where MeanWait is Forever.
func (s Staffed) Waiting() float64 {
	if w := s.MeanWait(); w != Forever {
		return s.lambda * w.Seconds()
	}
	return math.Inf(1)
}

// Occupancy is the share of time for which seats handle calls (占用率), 0 to 1.
func (s Staffed) Occupancy() float64 {
	if s.lambda == 0 || s.seats == 0 {
		return 0
	}
	return min(1, s.rho*(1-s.Abandon()))
}

// Answered is the share of all calls answered within a time.
func (s Staffed) Answered(within time.Duration) float64 {
	if within < 0 {
		return 0
	}
	t := within.Seconds()
	switch {
	case s.wait == 0:
		return 1
	case s.seats == 0:
		return 0
	case s.theta > 0:
		now, later, _ := s.split(t)
		return now + later
	case s.rho >= 1:
		return 0
	}
	return 1 - s.wait*math.Exp(-(float64(s.seats)*s.mu-s.lambda)*t)
}

// Abandoned is the share of all calls whose caller gives up within a time.
func (s Staffed) Abandoned(within time.Duration) float64 {
	if s.theta == 0 || s.wait == 0 || within <= 0 {
		return 0
	}
	t := within.Seconds()
	if s.seats == 0 {
		return -math.Expm1(-s.theta * t)
	}
	_, answered, still := s.split(t)
	return min(1, max(0, s.wait-answered-still))
}

// ServiceLevel is SL-4, answered within a time / (answered + abandoned − abandoned
// within it), 0 to 1. Without patience all formulas agree.
func (s Staffed) ServiceLevel(within time.Duration) float64 {
	rest := 1 - s.Abandoned(within)
	if rest <= 0 {
		return 1 // everybody has left by then: nobody was kept waiting longer
	}
	return min(1, s.Answered(within)/rest)
}

// split divides the calls at time t after their arrival, for Erlang A: answered
// at once, answered since, and waiting still.
//
// The wait V that a patient caller would have has the density C·g(t), with
// g(t) = exp(λ/θ·(1 − e^−θt) − nμt) and ∫g over all time = A/nμ. Of those, e^−θt
// are there still. From g' = (λe^−θt − nμ)g follows λ∫e^−θt·g = g(T) − 1 + nμ∫g.
func (s Staffed) split(t float64) (now, later, still float64) {
	nmu := float64(s.seats) * s.mu
	whole := s.logA - math.Log(nmu) // ln ∫g
	part := s.integral(t, whole)
	later = (math.Exp(s.exponent(t)-whole) - math.Exp(-whole) + nmu*part) / s.lambda * s.wait
	still = math.Exp(-s.theta*t) * (1 - part) * s.wait
	return 1 - s.wait, min(s.wait, max(0, later)), max(0, still)
}

// exponent is ln g(t).
func (s Staffed) exponent(t float64) float64 {
	return -s.lambda/s.theta*math.Expm1(-s.theta*t) - float64(s.seats)*s.mu*t
}

const (
	panels = 4000 // of Simpson's rule
	faint  = 45.0 // e^−45 of the largest value adds nothing any more
)

// integral is ∫g from 0 to t, divided by e^whole, by Simpson's rule over the
// part that counts: g has one hump, so that past it a faint value ends it.
func (s Staffed) integral(t, whole float64) float64 {
	hump := max(0, math.Log(s.rho)/s.theta) // g' = 0 there
	end := min(t, s.fades(hump))
	h := end / panels
	sum := math.Exp(-whole) + math.Exp(s.exponent(end)-whole)
	for i := 1; i < panels; i++ {
		weight := 2 + 2*float64(i&1)
		sum += weight * math.Exp(s.exponent(float64(i)*h)-whole)
	}
	return min(1, sum*h/3)
}

// fades finds a time past the hump at which g is faint.
func (s Staffed) fades(hump float64) float64 {
	limit := s.exponent(hump) - faint
	step := 1 / (float64(s.seats) * s.mu)
	for s.exponent(hump+step) > limit {
		step *= 2
	}
	return hump + step
}

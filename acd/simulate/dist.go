package simulate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// DistKind is a kind of distribution.
type DistKind uint8

// The kinds.
const (
	DistFixed       DistKind = iota // always the mean
	DistExponential                 // memoryless, as Erlang's formulas have it
	DistLogNormal                   // as talk times are: many short, a few very long
	DistEmpirical                   // one of the values, each as likely
	DistNever                       // for patience: does not give up
	DistData                        // one of the values the calls bring themselves
)

// Dist is a length that differs from call to call. The zero Dist is always 0.
type Dist struct {
	Kind   DistKind
	Mean   time.Duration   // of fixed, exponential, log-normal
	Spread float64         // of log-normal: standard deviation / mean
	Values []time.Duration // of empirical
}

// defaultSpread is how talk times of hotlines spread: their standard deviation is about their mean.
const defaultSpread = 1.0

// distHelp is what is right where a Dist is wrong.
const distHelp = `write 20s, fixed:20s, exp:3m, lognormal:3m, lognormal:3m,1.2 (mean, standard deviation / mean), empirical:60s,90s,4m, data or never`

// ParseDist reads a distribution as the command line has it.
func ParseDist(text string) (Dist, error) {
	kind, rest, named := strings.Cut(strings.TrimSpace(text), ":")
	switch {
	case !named && (kind == "never" || kind == "data"):
		return Dist{Kind: map[string]DistKind{"never": DistNever, "data": DistData}[kind]}, nil
	case !named:
		return parseMean(DistFixed, kind, text)
	case kind == "fixed":
		return parseMean(DistFixed, rest, text)
	case kind == "exp":
		return parseMean(DistExponential, rest, text)
	case kind == "lognormal":
		return parseLogNormal(rest, text)
	case kind == "empirical":
		return parseEmpirical(rest, text)
	}
	return Dist{}, fmt.Errorf("%q is no distribution; %s", text, distHelp)
}

func parseMean(kind DistKind, mean, text string) (Dist, error) {
	d, err := ParseLength(mean)
	if err != nil {
		return Dist{}, fmt.Errorf("%q is no distribution; %s", text, distHelp)
	}
	return Dist{Kind: kind, Mean: d}, nil
}

func parseLogNormal(rest, text string) (Dist, error) {
	mean, spread, has := strings.Cut(rest, ",")
	d, err := parseMean(DistLogNormal, mean, text)
	if d.Spread = defaultSpread; has && err == nil {
		d.Spread, err = strconv.ParseFloat(strings.TrimSpace(spread), 64)
		if err != nil || !(d.Spread > 0 && d.Spread <= 100) {
			return Dist{}, fmt.Errorf("%q: the spread is no number from 0 to 100; %s", text, distHelp)
		}
	}
	return d, err
}

func parseEmpirical(rest, text string) (Dist, error) {
	e := Dist{Kind: DistEmpirical}
	for _, field := range strings.Split(rest, ",") {
		v, err := ParseLength(field)
		if err != nil {
			return Dist{}, fmt.Errorf("%q is no distribution; %s", text, distHelp)
		}
		e.Values = append(e.Values, v)
	}
	return e, nil
}

// maxLength bounds a length: longer ones are slips of the pen.
const maxLength = 30 * 24 * time.Hour

// ParseLength reads a length of time: 90s, 1m30s, or seconds as a plain number.
func ParseLength(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	d, err := time.ParseDuration(text)
	if seconds, e := strconv.ParseFloat(text, 64); err != nil && e == nil && math.Abs(seconds) < maxLength.Seconds()*2 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no length of time; write seconds (90) or 1m30s", text)
	case d < 0 || d > maxLength:
		return 0, fmt.Errorf("%q is no length from 0 to 30 days", text)
	}
	return d, nil
}

// draw gives one length; Never stands for no end.
func (d Dist) draw(by *dice) time.Duration {
	switch d.Kind {
	case DistExponential:
		return atMost(by.exp() * float64(d.Mean))
	case DistLogNormal:
		variance := math.Log1p(d.Spread * d.Spread)
		return atMost(float64(d.Mean) * math.Exp(by.normal()*math.Sqrt(variance)-variance/2))
	case DistEmpirical, DistData:
		if len(d.Values) > 0 {
			return d.Values[by.below(len(d.Values))]
		}
		return d.Mean
	case DistNever:
		return Never
	default:
		return d.Mean
	}
}

func atMost(ns float64) time.Duration { return time.Duration(min(ns, float64(maxLength))) }

// known gives a data distribution its values.
func (d Dist) known(calls []Call, of func(*Call) time.Duration) Dist {
	if d.Kind != DistData {
		return d
	}
	for i := range calls {
		if v := of(&calls[i]); v >= 0 {
			d.Values = append(d.Values, v)
		}
	}
	return d
}

// String is the distribution as ParseDist reads it.
func (d Dist) String() string {
	switch d.Kind {
	case DistExponential:
		return "exp:" + d.Mean.String()
	case DistLogNormal:
		return fmt.Sprintf("lognormal:%v,%g", d.Mean, d.Spread)
	case DistEmpirical:
		words := make([]string, len(d.Values))
		for i, v := range d.Values {
			words[i] = v.String()
		}
		return "empirical:" + strings.Join(words, ",")
	case DistNever:
		return "never"
	case DistData:
		return "data"
	default:
		return d.Mean.String()
	}
}

package simulate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline/acd"
	"hotline/acd/erlang"
)

// ParseTarget reads a service level as the command line has it: 85/30s.
func ParseTarget(text string) (erlang.Target, error) {
	share, within, both := strings.Cut(strings.TrimSpace(text), "/")
	percent, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(share), "%"), 64)
	length, errLength := ParseLength(within)
	if err != nil || errLength != nil || !both || !(percent > 0 && percent <= 100) {
		return erlang.Target{}, fmt.Errorf("%q is no service level; write percent/time, such as 85/30s", text)
	}
	return erlang.Target{Share: percent / 100, Within: length}, nil
}

// ParseShare reads a share: 2%, 0.02.
func ParseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("%q is no share; write 2%% or 0.02", text)
	}
	return share, nil
}

// ParseRate reads calls at a queue: general=210/h, general=3.5/min, general=5000/day.
func ParseRate(text string, rules acd.Rules, from, to time.Time) (Load, error) {
	queue, rate, named := strings.Cut(text, "=")
	number, unit, per := strings.Cut(rate, "/")
	calls, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	unitLength, known := map[string]time.Duration{
		"s": time.Second, "min": time.Minute, "h": time.Hour, "day": 24 * time.Hour,
	}[strings.TrimSpace(unit)]
	if !named || !per || !known || err != nil || !(calls >= 0 && calls <= maxExpected) {
		return Load{}, fmt.Errorf("%q is no rate of calls; write QUEUE=CALLS/UNIT with s, min, h or day, such as general=210/h", text)
	}
	queue = strings.TrimSpace(queue)
	if n := queueNames(rules); !n.known[queue] {
		return Load{}, fmt.Errorf("there is no queue %q; %s", queue, n.right())
	}
	return Load{
		Queue: queue, From: from, To: to, Calls: calls * float64(to.Sub(from)) / float64(unitLength),
		Talk: Unset, Patience: Unset,
	}, nil
}

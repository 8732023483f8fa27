package simulate

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/acd"
	"hotline/acd/tape"
	"hotline/call"
)

// at is a time of the test's day.
func at(clock string) time.Time {
	t, err := ParseTime("2026-11-23 "+clock, time.UTC)
	if err != nil {
		panic(err)
	}
	return t
}

// small is a site of two queues: vip widens to general and overflows into it.
func small() acd.Rules {
	return acd.Rules{
		Revision: 1,
		Queues: []acd.Queue{
			{
				Name: "general", Groups: []string{"general"}, Target: 30 * time.Second, OfferTimeout: 15 * time.Second,
				WrapUp: 10 * time.Second, Priority: 5, MaxWaiting: 3,
				Overflow: []acd.Overflow{{When: acd.WhenFull, To: acd.Target{Kind: acd.ToFlow, Name: "busy"}}},
			},
			{
				Name: "vip", Groups: []string{"vip"}, Target: 15 * time.Second, OfferTimeout: 15 * time.Second, Priority: 9,
				Widen:    []acd.Widen{{After: 20 * time.Second, Groups: []string{"general"}}},
				Overflow: []acd.Overflow{{When: acd.WhenWaited, After: time.Minute, To: acd.Target{Kind: acd.ToQueue, Name: "general"}}},
			},
		},
		Agents: []acd.Agent{{ID: "1001", Group: "general"}, {ID: "1002", Group: "general"}, {ID: "2001", Group: "vip"}},
	}
}

// one is a run with a single general seat.
func one(t *testing.T, s Scenario) *Result {
	t.Helper()
	s.Rules = small()
	if s.Roster == nil {
		s.Roster = []Shift{{Agent: "1001", From: at("08:00"), To: at("20:00")}}
	}
	r, err := Run(s)
	require.NoError(t, err)
	for _, n := range r.Notes {
		require.NotEqual(t, "rejected", n.Kind, "%s", n.Data)
	}
	return r
}

func general(clock string, talk, patience time.Duration) Call {
	return Call{At: at(clock), Queue: "general", Talk: talk, Patience: patience}
}

// TestByHand: one seat, rings for 2 s, wraps up for 10 s.
func TestByHand(t *testing.T) {
	r := one(t, Scenario{Ring: Dist{Mean: 2 * time.Second}, Interval: 30 * time.Minute, Calls: []Call{
		general("09:00:00", 100*time.Second, Never),          // waits 2 s, seat free again at 9:01:52
		general("09:00:10", 50*time.Second, Never),           // waits 104 s, to 9:01:54; free again at 9:02:54
		general("09:00:20", time.Minute, 3*time.Second),      // a short abandon
		general("09:00:30", time.Minute, 20*time.Second),     // gives up after 20 s
		general("09:01:00", time.Minute, 115*time.Second),    // 9:02:55 is 1 s into its ringing
		general("09:35:00", 10*time.Second, time.Nanosecond), // rings, and has left
	}})
	c := r.All.Total
	require.Equal(t, 6, c.Offered)
	require.Equal(t, 2, c.Answered)
	require.Equal(t, 1, c.AnsweredWithin)
	require.Equal(t, 106*time.Second, c.Waits.Sum)
	require.Equal(t, 2, c.Abandoned)
	require.Equal(t, 1, c.AbandonedWithin)
	require.Equal(t, 1, c.LeftRinging)
	require.Equal(t, 2, c.ShortAbandons)
	require.Equal(t, 115*time.Second, c.Longest)
	require.Equal(t, at("09:00"), r.From)
	require.Equal(t, at("10:00"), r.To)
	require.Equal(t, 5, r.All.Intervals[0].Offered)
	require.Equal(t, 1, r.All.Intervals[1].Offered)
	require.Equal(t, SeatTime{SignedIn: time.Hour, Busy: 170 * time.Second}, r.Groups[0].Seats)
	require.Equal(t, r.Groups[0].Seats, r.Queue("general").Seats)
	require.Nil(t, r.Queue("vip"), "no calls")
}

func TestAnOfferNobodyPicksUp(t *testing.T) {
	r := one(t, Scenario{NoAnswer: 1, Return: 30 * time.Second, Calls: []Call{general("09:00:00", time.Minute, 100*time.Second)}})
	require.Equal(t, 2, r.Unanswered, "at 9:00:15, and again from 9:00:45 to 9:01:00; the third rings when he leaves")
	require.Equal(t, 1, r.All.Total.LeftRinging)
	require.Equal(t, 60*time.Second, r.Groups[0].Seats.Break)
}

func TestFullAndOverflow(t *testing.T) {
	s := Scenario{Roster: []Shift{{Agent: "1001", From: at("08:00"), To: at("20:00")}}}
	for i := range 5 {
		s.Calls = append(s.Calls, general(fmt.Sprintf("09:00:0%d", i), 10*time.Minute, time.Hour))
	}
	s.Calls = append(s.Calls, Call{At: at("09:05:00"), Queue: "vip", Talk: time.Minute, Patience: 2 * time.Minute})
	r := one(t, s)
	general, vip := r.Queue("general"), r.Queue("vip")
	require.Equal(t, 6, r.All.Total.Offered, "each call once")
	require.Equal(t, 2, r.All.Total.Overflowed, "the fifth, and the VIP who found general full")
	require.Equal(t, map[string]int{"full → flow:busy": 2}, r.All.Total.Rules)
	require.Equal(t, map[string]int{"waited → queue:general": 1}, vip.Total.Rules)
	require.Equal(t, 6, general.Total.Offered)
	require.Equal(t, 2, general.Total.Overflowed)
	require.Equal(t, 1, vip.Total.Offered)
}

func TestRosterAndBreaks(t *testing.T) {
	r := one(t, Scenario{
		From: at("08:00"), To: at("10:00"), Interval: time.Hour,
		Roster: []Shift{{
			Agent: "1001", From: at("08:30"), To: at("09:30"),
			Breaks: []Break{{at("08:40"), at("08:50")}, {at("07:00"), at("08:35")}, {at("09:25"), at("11:00")}},
		}},
		Calls: []Call{general("08:45", time.Minute, Never), general("09:40", time.Minute, Never)},
	})
	require.Equal(t, SeatTime{SignedIn: 15 * time.Minute, Busy: 70 * time.Second, Break: 15 * time.Minute}, r.All.SeatSpans[0])
	require.Equal(t, SeatTime{SignedIn: 25 * time.Minute, Break: 5 * time.Minute}, r.All.SeatSpans[1])
	require.Equal(t, 5*time.Minute, r.All.Total.Longest, "the break is waited out")
	require.Equal(t, 1, r.All.Total.Interrupted, "after the last shift nobody comes: left over")
	require.Equal(t, r.To, r.Ended, "and nothing is left that could change that")
}

// TestTheRosterAloneSignsIn: an agent whose phone's registering would do so is not there without a shift.
func TestTheRosterAloneSignsIn(t *testing.T) {
	rules := small()
	rules.Agents[0].ReadyOnRegister = true
	r, err := Run(Scenario{
		Rules: rules, Calls: []Call{general("09:00", time.Minute, time.Minute)},
		Roster: []Shift{{Agent: "2001", From: at("08:00"), To: at("20:00")}},
	})
	require.NoError(t, err)
	require.Equal(t, 1, r.All.Total.Abandoned)
	require.True(t, rules.Agents[0].ReadyOnRegister, "and the site is left as it is")
}

func TestWhatCantBeRun(t *testing.T) {
	for words, s := range map[string]Scenario{
		"there are no calls":        {},
		"an interval of 1ms":        {Interval: time.Millisecond},
		"would end":                 {From: at("10:00"), To: at("09:00")},
		"are too many; a report":    {From: at("10:00"), To: at("10:00").AddDate(10, 0, 0), Interval: time.Minute},
		"calls are too many; a run": {Calls: make([]Call, MaxCalls+1)},
	} {
		_, err := Run(s)
		require.ErrorContains(t, err, words)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	}
}

// anyScenario draws a small site's afternoon.
func anyScenario(t *rapid.T) Scenario {
	s := Scenario{
		Name: "any", Rules: small(), Seed: rapid.Uint64().Draw(t, "seed"), From: at("08:00"), To: at("10:00"),
		Ring: Dist{Kind: DistExponential, Mean: 5 * time.Second}, NoAnswer: rapid.SampledFrom([]float64{0, 0.2, 1}).Draw(t, "no answer"),
		Interval: 20 * time.Minute, Announcement: rapid.SampledFrom([]time.Duration{0, 3 * time.Second}).Draw(t, "announcement"),
	}
	for i := range s.Rules.Queues {
		s.Rules.Queues[i].Strategy = acd.Strategy(rapid.IntRange(0, int(acd.RingAll)).Draw(t, "strategy"))
	}
	var loads []Load
	for _, q := range []string{"general", "vip"} {
		loads = append(loads, Load{
			Queue: q, From: s.From, To: s.To, Calls: rapid.Float64Range(0, 80).Draw(t, q), Talk: Unset, Patience: Unset,
		})
	}
	calls, err := Arrivals(loads, s.Seed)
	require.NoError(t, err)
	patience := rapid.SampledFrom([]Dist{{Kind: DistNever}, {Kind: DistExponential, Mean: time.Minute}}).Draw(t, "patience")
	Draw(calls, Dist{Kind: DistLogNormal, Mean: 90 * time.Second, Spread: 1}, patience, s.Seed)
	s.Calls = calls
	var needs []Need
	for range rapid.IntRange(0, 4).Draw(t, "needs") {
		from := rapid.IntRange(-30, 100).Draw(t, "from")
		length := rapid.IntRange(1, 100).Draw(t, "length")
		needs = append(needs, Need{
			Group: rapid.SampledFrom([]string{"general", "vip"}).Draw(t, "group"), Seats: rapid.IntRange(0, 4).Draw(t, "seats"),
			From: s.From.Add(time.Duration(from) * time.Minute), To: s.From.Add(time.Duration(from+length) * time.Minute),
			Breaks: []Break{{s.From.Add(30 * time.Minute), s.From.Add(40 * time.Minute)}},
		})
	}
	s.Rules, s.Roster, err = Seat(s.Rules, nil, needs)
	require.NoError(t, err)
	return s
}

// TestNobodyIsLost: every call is counted once for what became of it, time adds
// up, the engine never objects, the same seed gives the same, and the tape replays.
func TestNobodyIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScenario(t)
		var w tape.Writer
		replay := tape.NewReplay(0)
		head, err := w.AppendSeed(nil, s.Seed)
		require.NoError(t, err)
		require.NoError(t, replay.Line(head))
		var buffer []byte
		s.Watch = func(at time.Time, in acd.Input, out []acd.Effect) {
			buffer, err = w.Append(buffer[:0], at, in, out)
			require.NoError(t, err)
			for begin := 0; begin < len(buffer); {
				end := begin
				for buffer[end] != '\n' {
					end++
				}
				require.NoError(t, replay.Line(buffer[begin:end]))
				begin = end + 1
			}
		}
		r, err := Run(s)
		require.NoError(t, err)
		require.True(t, replay.End(), "%+v", replay.First)
		require.Empty(t, r.Notes)

		settled := func(c *Counts) int { return c.AskedForSeat() + c.Interrupted }
		require.Equal(t, len(s.Calls), r.All.Total.Offered)
		require.Equal(t, r.All.Total.Offered, settled(&r.All.Total))
		for i := range r.Queues {
			require.Equal(t, r.Queues[i].Total.Offered, settled(&r.Queues[i].Total), r.Queues[i].Name)
		}
		for i := range r.All.Intervals {
			require.Equal(t, r.All.Intervals[i].Offered, settled(&r.All.Intervals[i]))
			seats := r.All.SeatSpans[i]
			require.LessOrEqual(t, seats.SignedIn+seats.Break, s.Interval*time.Duration(len(s.Rules.Agents)))
			require.LessOrEqual(t, seats.Busy, seats.SignedIn)
		}

		s.Watch = nil
		again, err := Run(s)
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}

func TestTheSeedDecides(t *testing.T) {
	load := []Load{{Queue: "general", From: at("08:00"), To: at("12:00"), Calls: 100, Talk: Unset, Patience: Unset}}
	draw := func(seed uint64) []Call {
		calls, err := Arrivals(load, seed)
		require.NoError(t, err)
		Draw(calls, Dist{Kind: DistExponential, Mean: time.Minute}, Dist{Kind: DistExponential, Mean: time.Minute}, seed)
		return calls
	}
	require.Equal(t, draw(1), draw(1))
	require.NotEqual(t, draw(1), draw(2))
	_, err := Arrivals([]Load{{Calls: MaxCalls * 2}}, 1)
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
}

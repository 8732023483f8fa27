package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// A day's report is what the day's live figures were, however it is cut into
// intervals, and no rate passes 100 % in any of them.
func TestAPeriodAgreesWithTheDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, shanghai)
		today := NewToday(shanghai, 0)
		day := NewPeriod(midnight, midnight.AddDate(0, 0, 1), 0, 0)
		halves := NewPeriod(midnight, midnight.AddDate(0, 0, 1), 30*time.Minute, 0)
		morning := NewPeriod(nine, nine.Add(time.Hour), 0, 0)
		inMorning := 0
		for n := range rapid.IntRange(1, 12).Draw(t, "calls") {
			at := nine.Add(time.Duration(rapid.IntRange(-40, 90).Draw(t, "minute")) * time.Minute)
			wait := float64(rapid.IntRange(1, 4000).Draw(t, "wait"))
			queue := rapid.SampledFrom([]string{"q", "p"}).Draw(t, "queue")
			steps := []step{{0, call.Entered{}}, {0, queued(queue)}}
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				steps = append(steps, step{wait, call.OfferEnded{Queue: queue, Seat: "1001", Result: call.OfferAnswered}}, step{wait + 1, hungUp})
			case 1:
				steps = append(steps, step{wait, hungUp})
			default:
				steps = append(steps, step{wait, call.LeftQueue{Queue: queue, Rule: "waited"}}, step{wait + 1, hungUp})
			}
			for _, e := range play(today, call.ID(rune('A'+n)), at, steps...) {
				day.Apply(e)
				halves.Apply(e)
				morning.Apply(e)
			}
			if !at.Before(nine) && at.Before(nine.Add(time.Hour)) {
				inMorning++
			}
		}
		late := midnight.Add(23 * time.Hour)
		for _, r := range day.Queues() {
			require.Equal(t, today.Queue(r.Queue, late), r.Figures)
		}
		require.Equal(t, Sum(day.Queues()), Sum(halves.Intervals()))
		require.Equal(t, day.Queues(), halves.Queues())
		sum := Sum(morning.Queues())
		require.Equal(t, inMorning, sum.AskedForSeat())
		for _, r := range halves.Intervals() {
			rate, ok := r.SeatConnectRate()
			require.True(t, !ok || rate <= 1)
			require.Zero(t, r.From.Sub(midnight)%(30*time.Minute))
		}
	})
}

// stretch is a segment of so many seconds.
func stretch(kind call.SegmentKind, seat call.SeatID, from, seconds int) call.Segment {
	at := nine.Add(time.Duration(from) * time.Second)
	return call.Segment{Kind: kind, Seat: seat, Start: call.StampOf(at), End: call.StampOf(at.Add(time.Duration(seconds) * time.Second))}
}

func TestWhatAgentsDid(t *testing.T) {
	no, declined := call.OfferNoAnswer, call.OfferDeclined
	a := NewAgents(nine, nine.Add(time.Hour))
	rang := stretch(call.SegmentRing, "1002", 0, 15)
	rang.Result, rang.Queue = &no, "general"
	refused := stretch(call.SegmentRing, "1002", 20, 3)
	refused.Result, refused.Queue = &declined, "general"
	a.Call(&call.Record{Segments: []call.Segment{
		stretch(call.SegmentQueue, "", 0, 30), rang, refused, stretch(call.SegmentSeat, "1001", 30, 100), stretch(call.SegmentHold, "1001", 50, 20),
		stretch(call.SegmentWrapUp, "1001", 130, 15), stretch(call.SegmentSeat, "1001", 200, 65),
	}})
	minute := func(n int) time.Time { return nine.Add(time.Duration(n) * time.Minute) }
	a.Move("1001", minute(-60), call.SeatOffline, call.SeatReady)
	a.Move("1001", minute(30), call.SeatReady, call.SeatBreak)
	a.Move("1001", minute(40), call.SeatBreak, call.SeatReady)
	a.Move("1002", minute(15), call.SeatReady, call.SeatOffline) // how it began is told by where it came from
	a.Move("1003", minute(59), call.SeatOffline, call.SeatReady)
	all := a.All(minute(120))
	require.Equal(t, []Agent{
		{Agent: "1001", Handled: 1, Talk: 145 * time.Second, Hold: 20 * time.Second, WrapUp: 15 * time.Second, SignedIn: time.Hour, Breaks: 10 * time.Minute},
		{Agent: "1002", Declined: 1, NoAnswer: 1, SignedIn: 15 * time.Minute},
		{Agent: "1003", SignedIn: time.Minute},
	}, all)
	aht, ok := all[0].HandlingTime()
	require.True(t, ok)
	require.Equal(t, 180*time.Second, aht)
	occupancy, ok := all[0].Occupancy()
	require.True(t, ok)
	require.InDelta(t, 180.0/3000, occupancy, 1e-9)
	_, ok = all[1].HandlingTime()
	require.False(t, ok)
	_, ok = (&Agent{}).Occupancy()
	require.False(t, ok)
}

func TestLostCallsByCause(t *testing.T) {
	lost := Lost{}
	var fold []call.Envelope
	for n, s := range [][]step{
		{{0, call.Entered{}}, {0, queued("q")}, {60, hungUp}},
		{{0, call.Entered{}}, {0, queued("q")}, {2, hungUp}},
		{{0, call.Entered{}}, {0, queued("q")}, {10, answer}, {90, hungUp}},
		{{3600, call.Entered{}}, {3600, queued("q")}, {3660, hungUp}}, // after the span
	} {
		fold = append(fold, play(NewToday(shanghai, 0), call.ID(rune('A'+n)), nine, s...)...)
	}
	records := NewRecords(nine, nine.Add(time.Hour), call.DefaultShortAbandon, lost.Add)
	for _, e := range fold {
		require.NoError(t, records.Apply(e))
	}
	records.End()
	records.End()
	require.Equal(t, 1, lost[LostKey{call.LostAbandonedInQueue, "q"}])
	require.Equal(t, 1, lost[LostKey{call.LostShortAbandon, "q"}])
	table := lost.Table()
	require.Regexp(t, `(?m)^abandoned_in_queue +q +1$`, string(table.Text()))
	require.Error(t, records.Apply(call.Envelope{Call: "Z", Seq: 7, Event: hungUp}))
}

func TestTablesInAllForms(t *testing.T) {
	p := NewPeriod(nine, nine.Add(time.Hour), 30*time.Minute, 0)
	p.SetTarget("q", 15*time.Second)
	for _, e := range play(NewToday(shanghai, 0), "A", nine, step{0, call.Entered{}}, step{0, queued("q")}, step{12, answer}, step{60, hungUp}) {
		p.Apply(e)
	}
	table := p.QueuesTable()
	table.From, table.To, table.Made, table.By = nine, nine.Add(time.Hour), nine.Add(2*time.Hour), "ops"
	text := string(table.Text())
	require.Contains(t, text, "queues, 2026-03-02 09:00:00 to 2026-03-02 10:00:00; made 2026-03-02 11:00:00 by ops\n")
	require.Contains(t, text, "SL-4 a/(A+B−b)", "every output names its formulas")
	require.Regexp(t, `(?m)^q +15\.0 +1 +1 +1 +0 .* 100\.0 % +.*12\.0 +0\.0 % +100\.0 %$`, text)
	csv, err := table.CSV()
	require.NoError(t, err)
	lines := strings.Split(string(csv), "\n")
	require.Equal(t, "queue,target_seconds,asked,answered,within,abandoned,short,overflowed,interrupted,SL-4,SL-1,SL-2,SL-3,asa_seconds,abandon_rate,seat_connect_rate", lines[3])
	require.Equal(t, "q,15.00,1,1,1,0,0,0,0,1.0000,1.0000,1.0000,1.0000,12.00,0.0000,1.0000", lines[4])
	raw, err := table.JSON()
	require.NoError(t, err)
	var back struct {
		MadeBy string `json:"made_by"`
		Items  []map[string]any
	}
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, "ops", back.MadeBy)
	require.Equal(t, 12.0, back.Items[0]["asa_seconds"])
	require.Nil(t, back.Items[1]["target_seconds"])
	empty := NewPeriod(nine, nine.Add(time.Hour), 0, 0).QueuesTable()
	require.Contains(t, string(empty.Text()), "–", "a share of nothing is no number")
	cut := p.IntervalsTable(shanghai)
	require.Contains(t, string(cut.Text()), "2026-03-02 09:00:00  q")
	agents := AgentsTable([]Agent{{Agent: "1001"}})
	require.Contains(t, string(agents.Text()), "1001")
}

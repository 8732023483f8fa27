package acd

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// TestAWindowCountsWhatAListWould compares a window with a list of all that
// happened, of which the slots in question are added up one by one. It is saved and
// restored on the way.
func TestAWindowCountsWhatAListWould(t *testing.T) {
	type happened struct {
		slot int64
		n    LevelCounts
	}
	rapid.Check(t, func(t *rapid.T) {
		length := int64(rapid.SampledFrom([]time.Duration{time.Minute, 97 * time.Second, 15 * time.Minute, 59}).Draw(t, "length"))
		now := int64(rapid.IntRange(0, 1e9).Draw(t, "begin"))
		w := newWindow[LevelCounts](length, now)
		var all []happened
		sum := func() (total LevelCounts, next int64) {
			for _, h := range all {
				if h.slot > now/w.slot-windowSlots {
					total = total.plus(h.n)
					if due := (h.slot + windowSlots) * w.slot; h.n != (LevelCounts{}) && (next == 0 || due < next) {
						next = due
					}
				}
			}
			return total, next
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += rapid.SampledFrom([]int64{0, 1, w.slot, w.slot * 7, w.slot * 59, length, length * 3}).Draw(t, "later")
			if rapid.Bool().Draw(t, "happens") {
				n := LevelCounts{Answered: rapid.IntRange(0, 3).Draw(t, "answered"), Left: rapid.IntRange(0, 1).Draw(t, "left")}
				w.add(now, n)
				all = append(all, happened{now / w.slot, n})
			}
			total, next := sum()
			require.Equal(t, total, w.total(now))
			require.Equal(t, next, w.next())
			require.LessOrEqual(t, w.covered(now), length)
			if next != 0 {
				require.Greater(t, next, now)
				require.LessOrEqual(t, next-now, length+w.slot, "nothing counts for longer")
			}
			if rapid.IntRange(0, 3).Draw(t, "restart") == 0 {
				data, err := json.Marshal(w.freeze(now))
				require.NoError(t, err)
				var f frozenWindow[LevelCounts]
				require.NoError(t, json.Unmarshal(data, &f))
				back, ok := thawWindow(f.upTo(now), now)
				require.True(t, ok)
				w = back
			}
		}
	})
}

func TestAWindowOfTheFutureIsRefused(t *testing.T) {
	f := frozenWindow[LevelCounts]{Length: int64(time.Minute), Slots: []frozenSlot[LevelCounts]{{Number: 100, Counts: LevelCounts{Answered: 1}}}}
	_, ok := thawWindow(f, int64(10*time.Second))
	require.False(t, ok)
	w, ok := thawWindow(f.upTo(int64(10*time.Second)), int64(10*time.Second))
	require.True(t, ok)
	require.Zero(t, w.total(int64(10*time.Second)), "a clock that was set back")
}

// TestTheEstimateReachesItsLimitWhenSaid: one nanosecond earlier it does not.
func TestTheEstimateReachesItsLimitWhenSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := New(1)
		now := monday()
		e.Step(now, RulesChanged{Rules{
			Queues: []Queue{{Name: "q", Groups: []string{"g"}, OfferTimeout: time.Minute}},
			Agents: []Agent{{ID: "1", Group: "g"}, {ID: "2", Group: "g"}, {ID: "3", Group: "g"}},
		}})
		q := e.queues["q"]
		seats := rapid.IntRange(1, 3).Draw(t, "seats")
		for _, id := range []string{"1", "2", "3"}[:seats] {
			e.Step(now, PhoneUp{id})
			e.Step(now, SeatStateSet{Seat: call.SeatID(id), State: call.SeatReady})
		}
		for _, id := range []call.ID{"A", "B", "C", "D", "E"} { // as many ring as there are seats, the others wait
			e.Step(now, CallQueued{Call: id, Queue: "q"})
		}
		q.pace.Taken = int64(rapid.IntRange(paceKnown, 20_000).Draw(t, "taken"))
		q.pace.Work = int64(rapid.IntRange(0, 1e13).Draw(t, "work"))
		place := rapid.IntRange(1, 9).Draw(t, "place")
		want := time.Duration(rapid.IntRange(1, int(48*time.Hour)).Draw(t, "want"))
		e.now = now.Add(time.Second).UnixNano()
		at := e.estimateReaches(q, place, want)
		if at == 0 {
			return
		}
		e.now = at
		wait, known := e.estimate(q, place)
		require.True(t, known)
		require.GreaterOrEqual(t, wait, want)
		e.now = at - 1
		wait, _ = e.estimate(q, place)
		require.Less(t, wait, want)
	})
}

package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/acd"
)

func TestCallbacks(t *testing.T) {
	s, err := loadText(`queues:
  - {name: none, groups: [general]}
  - {name: plain, groups: [general], callback: {}, lost_calls: auto}
  - {name: full, groups: [general], callback: {offer_wait: 3m, ring: 30s, tries: 5, gap: 20m, peak_seats: 2, quiet: none}}
  - {name: both, groups: [general], callback: {offer_after: 90s, offer_wait: 3m, quiet: ["12:00-13:30", "22:00-07:00"]}}`)
	require.NoError(t, err)
	back := acd.Target{Kind: acd.ToCallback}
	none, plain, full, both := s.Rules.Queues[1], s.Rules.Queues[2], s.Rules.Queues[3], s.Rules.Queues[4]

	require.Nil(t, s.Queues[1].Callback)
	require.Empty(t, none.Overflow)
	require.Equal(t, LostCallsList, s.Queues[1].LostCalls)
	require.Equal(t, 3, none.Callbacks.Tries, "the API may ask for one")
	night := time.Date(2026, 11, 23, 22, 0, 0, 0, s.Zone)
	require.True(t, none.Callbacks.Quiet.IsOpen(night))
	require.False(t, none.Callbacks.Quiet.IsOpen(night.Add(11*time.Hour)))

	require.Equal(t, []acd.Overflow{{When: acd.WhenWaited, After: time.Minute, To: back, Ask: true}}, plain.Overflow)
	require.Equal(t, LostCallsAuto, s.Queues[2].LostCalls)

	require.Equal(t, []acd.Overflow{{When: acd.WhenEstimatedWait, After: 3 * time.Minute, To: back, Ask: true}}, full.Overflow)
	require.Equal(t, acd.CallbackRules{Tries: 5, Gap: 20 * time.Minute, PeakSeats: 2}, full.Callbacks)
	require.Equal(t, 30*time.Second, s.Queues[3].Callback.Ring)

	require.Len(t, both.Overflow, 2)
	require.True(t, both.Callbacks.Quiet.IsOpen(night.Add(-10*time.Hour)))
}

func TestCallbacksThatNobodyCouldMake(t *testing.T) {
	s, err := loadText(`queues: [{name: q, groups: [general], callback: {}}]`)
	require.NoError(t, err)
	require.Contains(t, s.Hints, "queue q: callbacks are offered, and no trunk has a proxy by which anybody could be called")
}

func TestWrongCallbacks(t *testing.T) {
	for text, words := range map[string]string{
		`callback: {tries: 0}`:       "tries",
		`callback: {quiet: "9-8"}`:   "9-8",
		`callback: {offer_at: 60s}`:  "offer_at",
		`lost_calls: sometimes`:      "list",
		`callback: {peak_seats: -1}`: "peak_seats",
		`callback: {gap: "ten"}`:     "ten",
	} {
		_, err := loadText("queues: [{name: q, groups: [general], " + text + "}]")
		require.ErrorContains(t, err, words, text)
	}
}

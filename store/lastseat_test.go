package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestTheLastSeatOfACaller(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s) // caller 130: A (1001), D (1004, goes on), G (1003), J (1002, goes on)
	check := func(s *Store, caller string, since time.Time, want call.SeatID) {
		t.Helper()
		seat, at, err := s.LastSeat(t.Context(), caller, since)
		require.NoError(t, err)
		require.Equal(t, want, seat)
		require.Equal(t, want == "", at.IsZero())
		require.False(t, at.Before(since) && want != "")
	}
	check(s, "130", noon, "1002")
	check(s, "132", noon, "1001") // C, F and I
	check(s, "132", noon.Add(9*time.Minute), "")
	check(s, "139", noon, "")
	check(s, "", noon, "")

	require.NoError(t, s.Close())
	s = open(t, dir)
	check(s, "130", noon, "1002")
	check(s, "132", noon, "1001")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.LastSeat(gone, "132", noon)
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhoseCallsAreInMemoryIsForgottenWithThem(t *testing.T) {
	s := open(t, t.TempDir())
	fill(t, s)
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	held := 0
	for caller, ids := range s.live.callers {
		for _, id := range ids {
			require.Equal(t, caller, s.live.calls[id].folder.Record().Caller)
			held++
		}
	}
	require.Len(t, s.live.calls, held)
	for id := range s.live.calls {
		s.live.forget(id)
	}
	s.live.ended = nil
	require.Empty(t, s.live.callers)
}

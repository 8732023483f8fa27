package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// A seat whose phone only rang hears no more of the call; one that had it before does.
func TestLostOfferIsNoBusinessOfTheSeat(t *testing.T) {
	shown := []call.SeatID{"1001", "1002", "1001"}
	j := &callJournal{seats: shown}
	j.lost("1001")
	require.Equal(t, []call.SeatID{"1001", "1002"}, j.seats)
	j.lost("1002")
	j.lost("1003")
	require.Equal(t, []call.SeatID{"1001"}, j.seats)
	require.Equal(t, []call.SeatID{"1001", "1002", "1001"}, shown, "events that were shown keep theirs")
}

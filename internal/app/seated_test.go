package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
)

func TestSeatingFollowsTheSeats(t *testing.T) {
	s := newSeating()
	move := func(agent call.SeatID, phone string, to call.SeatState) {
		s.follow(acd.SeatChanged{Seat: agent, Phone: phone, To: to})
	}
	require.True(t, s.passesBy("8001", "8002"))
	move("1001", "8001", call.SeatReady)
	require.Equal(t, call.SeatID("1001"), s.at("8001"))
	require.Equal(t, "8001", s.of("1001"))
	require.False(t, s.passesBy("8001", "8002"), "routing has to know that 1001 talks")
	require.False(t, s.passesBy("8002", "8001"))
	require.False(t, s.passesBy("8002", "1001"), "1001 sits elsewhere")
	require.True(t, s.passesBy("8002", "8003"))

	move("1001", "8002", call.SeatReady) // moves desks
	move("1002", "8001", call.SeatBusy)  // and another takes the old one
	require.Equal(t, call.SeatID("1002"), s.at("8001"))
	require.Equal(t, call.SeatID("1001"), s.at("8002"))
	move("1001", "8002", call.SeatOffline)
	require.Empty(t, s.at("8002"))
	require.Empty(t, s.of("1001"))
	require.Equal(t, call.SeatID("1002"), s.at("8001"), "who came after is not signed out by who went before")
}

func TestTheKeyOfRoutesStays(t *testing.T) {
	dir := t.TempDir()
	first, err := sipKey(dir)
	require.NoError(t, err)
	again, err := sipKey(dir)
	require.NoError(t, err)
	require.Equal(t, first, again)
	info, err := os.Stat(filepath.Join(dir, sipKeyFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.WriteFile(filepath.Join(dir, sipKeyFile), []byte("no key"), 0o600))
	_, err = sipKey(dir)
	require.ErrorIs(t, err, ErrInput)
}

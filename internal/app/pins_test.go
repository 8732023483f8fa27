package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestWrongPINsAreCountedByAgentAndByPhone(t *testing.T) {
	p, now := newPins(), time.Now()
	for range pinsOfAgent {
		require.True(t, p.mayTry("8001", "1001", now))
		p.wrong("8001", "1001", now)
	}
	require.False(t, p.mayTry("8001", "1001", now))
	require.False(t, p.mayTry("8002", "1001", now), "from whatever phone")
	require.True(t, p.mayTry("8001", "1002", now), "another agent may come to the phone")
	for i := range pinsOfPhone - pinsOfAgent {
		p.wrong("8001", call.SeatID(fmt.Sprint(2000+i)), now)
	}
	require.False(t, p.mayTry("8001", "1003", now), "but not for ever")
	require.True(t, p.mayTry("8002", "1003", now))
	later := now.Add(pinSpan)
	require.True(t, p.mayTry("8001", "1001", later))
	p.wrong("8001", "1001", later)
	p.right("8001", "1001")
	require.Zero(t, p.count("agent\x001001", later))
	require.Equal(t, 1, p.count("phone\x008001", later), "a phone's wrong ones are not forgiven by one right one")
}

func TestTheTableOfWrongPINsIsBounded(t *testing.T) {
	p, now := newPins(), time.Now()
	for i := range pinKeysMost {
		p.wrong("8001", call.SeatID(fmt.Sprint(i)), now)
	}
	p.wrong("8001", "x", now.Add(2*pinSpan))
	require.Less(t, len(p.bad), 10)
}

func TestSamePIN(t *testing.T) {
	require.True(t, samePIN("1234", "1234"))
	for _, wrong := range []string{"", "123", "12345", "1235"} {
		require.False(t, samePIN("1234", wrong))
	}
}

// What follows a code is shown nowhere.
func TestADialledPINIsNotShown(t *testing.T) {
	require.Equal(t, "*11…", call.ShownDialled("*11*1001*1234"))
	require.Equal(t, "*12", call.ShownDialled("*12"))
	require.Equal(t, "10000", call.ShownDialled("10000"))
}

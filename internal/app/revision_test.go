package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestCallersAreFoundInEveryFormOfTheirNumber(t *testing.T) {
	r := &revision{callers: map[string]call.Caller{
		"13800000001": {Number: "13800000001", Class: call.CallerVIP},
		"88881234":    {Number: "88881234", Class: call.CallerBlocked},
	}}
	for from, want := range map[string]call.CallerClass{
		"13800000001": call.CallerVIP, "+8613800000001": call.CallerVIP, "013800000001": call.CallerVIP,
		"88881234": call.CallerBlocked, "01088881234": call.CallerBlocked, "+861088881234": call.CallerBlocked,
		"02188881234": call.CallerNormal, "13900000000": call.CallerNormal,
	} {
		require.Equal(t, want, r.caller(from, "010").Class, from)
	}
	require.Equal(t, "01088881234", r.caller("88881234", "010").Number, "known by its whole number")
}

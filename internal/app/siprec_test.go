package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/call/live"
	"hotline/recording/siprec"
)

// Calls come before recorders: they keep an eighth of the ports.
func TestRecordersLeavePortsToCalls(t *testing.T) {
	for _, c := range []struct {
		total, free int
		spare       bool
	}{{50, 50, true}, {50, 9, true}, {50, 8, false}, {50, 0, false}, {1, 1, false}, {5000, 627, true}, {5000, 626, false}} {
		require.Equal(t, c.spare, portsToSpare(c.total, c.free), c)
	}
}

func TestATargetsAddress(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:192.0.2.9": "192.0.2.9", "sip:192.0.2.9:5070;transport=tcp": "192.0.2.9", "sips:[2001:db8::9]:5061": "2001:db8::9", "sip:[2001:db8::9];transport=tcp": "2001:db8::9",
		"sip:srs@192.0.2.9": "192.0.2.9", "sip:rec.example.com": "invalid IP",
	} {
		require.Equal(t, want, hostOf(uri).String(), uri)
	}
}

// An agent is named by his id, a phone by its number, a caller by his where the site tells it.
func TestWhoIsNamedToARecorder(t *testing.T) {
	tells, hides := &recordedOutside{numbers: true}, &recordedOutside{}
	caller, agent, phone := live.Speaker{Leg: "c", Number: "13800138000"}, live.Speaker{Leg: "a", Seat: "1001", Phone: "8001"}, live.Speaker{Leg: "p", Phone: "8002"}
	require.Equal(t, siprec.Party{Leg: "c", User: "13800138000"}, tells.party(caller))
	require.Equal(t, siprec.Party{Leg: "c"}, hides.party(caller))
	for speaker, user := range map[live.Speaker]string{agent: "1001", phone: "8002"} {
		require.Equal(t, user, hides.party(speaker).User)
	}
	m := &callMedia{spoken: map[call.LegID]call.Codec{"c": call.CodecPCMU}, voices: recordedVoices{caller: caller}}
	require.Equal(t, []call.Codec{call.CodecPCMU, call.CodecPCMA, call.CodecG722}, m.recorderCodecs())
}

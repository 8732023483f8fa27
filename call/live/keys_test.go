package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// A gateway that tells of keys by SIP INFO and leaves their tones in the sound: the flow hears each press once.
func TestKeysToldTwiceCountOnce(t *testing.T) {
	info, tone := call.LegDigit{Digit: '5'}, call.SoundDigit{Digit: '5', Duration: 80 * time.Millisecond}
	perform(t, func(s *stageSet) {
		s.verbs["FlowDigit5"] = []call.FlowVerb{call.FlowNotify{To: "five", Event: "pressed"}}
	}, func(s *stageSet) {
		presses := func() (n int) {
			for _, line := range s.did {
				if line == "notify five pressed" {
					n++
				}
			}
			return n
		}
		s.leg("caller", call.LegAnswered{})
		for range 2 { // pressed twice
			s.leg("caller", info)
			s.pass(60 * time.Millisecond)
			s.sound("caller", tone)
			s.pass(200 * time.Millisecond)
		}
		require.Equal(t, 2, presses())
		s.pass(5 * time.Second)
		s.sound("caller", tone)
		s.leg("other", info) // somebody else's
		require.Equal(t, 3, presses())
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// verifyFlow asks for a digit: 1 is right, 2 is wrong; silence comes to nothing.
func verifyFlow(in call.FlowInput, base uint64) []call.FlowVerb {
	over := func(r call.VerifyResult) []call.FlowVerb {
		return []call.FlowVerb{call.FlowTimerStop{}, call.FlowVerified{Result: r, Why: "w"}}
	}
	switch in := in.(type) {
	case call.FlowStarted:
		return []call.FlowVerb{
			call.FlowEnter{Flow: "check", Node: "pin", Kind: "collect", Secret: true}, call.FlowPlay{Token: base + 1, Prompts: []string{"enter_pin"}},
		}
	case call.FlowPlayed:
		return []call.FlowVerb{call.FlowTimer{Token: base + 2, After: 5 * time.Second}}
	case call.FlowTimedOut, call.FlowFault:
		return []call.FlowVerb{call.FlowMenu{Node: "m"}, call.FlowHangup{Cause: call.CauseFlowEnd}}
	case call.FlowAnswered:
		return over(call.VerifyYes)
	case call.FlowDigit:
		switch in.Digit {
		case '1':
			return over(call.VerifyYes)
		case '2':
			return over(call.VerifyNo)
		case '3':
			return []call.FlowVerb{call.FlowStop{}, call.FlowAsk{Token: base + 3, Service: "crm", Method: "POST"}}
		case '4':
			return []call.FlowVerb{call.FlowMusic{Music: "calm"}, call.FlowTicket{Token: base + 4, Kind: "k"}}
		}
	}
	return nil
}

// verifying brings a call to a seat that has its caller verified.
func verifying(t *testing.T, act func(*stageSet)) {
	t.Helper()
	perform(t, func(s *stageSet) { s.heard = verifyFlow }, func(s *stageSet) {
		s.heard = nil // what he hears while he waits is music
		s.talking()
		s.heard = verifyFlow
		require.NoError(t, s.ask(func(r Reply) Message { return Verify{By: "1001", Flow: "check", Reply: r} }))
		act(s)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// ask posts what wants an answer and gives it.
func (s *stageSet) ask(m func(Reply) Message) error {
	reply := make(chan error, 1)
	s.says(m(reply))
	select {
	case err := <-reply:
		return err
	default:
		require.Fail(s.t, "no answer")
		return nil
	}
}

// verdicts are the results so far.
func (s *stageSet) verdicts() (all []string) {
	for _, e := range s.journal {
		if ev, ok := e.Event.(call.VerifyEnded); ok {
			require.Equal(s.t, call.SeatID("1001"), ev.Seat)
			require.NotEmpty(s.t, ev.Reason)
			all = append(all, ev.Result.String())
		}
	}
	return all
}

func (s *stageSet) key(digit byte) { s.sound("caller", call.SoundDigit{Digit: digit}) }

func TestACallerIsVerified(t *testing.T) {
	for key, want := range map[byte]string{'1': "yes", '2': "no"} {
		verifying(t, func(s *stageSet) {
			require.Empty(t, s.pair, "nobody hears him")
			require.Contains(t, s.did, `verify by "check" from 2`)
			begun := indexOf(s.did, "* verify_began")
			require.Less(t, indexOf(s.did, "pause rec2 true"), begun, "the recording is silent before anything else")
			require.Contains(t, s.did[begun:], "play seat1 [default] loop=true", "the agent hears music")
			require.Contains(t, s.did[begun:], "play caller [enter_pin] loop=false")
			s.pass(time.Minute)
			s.leg("caller", call.LegDigit{Digit: '9'}) // of no consequence here
			mark := len(s.did)
			s.key(key)
			require.Equal(t, []string{want}, s.verdicts())
			require.Contains(t, s.since(mark), "join caller seat1")
			require.Contains(t, s.since(mark), "pause rec2 false")
			require.Less(t, indexOf(s.since(mark), "join caller seat1"), indexOf(s.since(mark), "pause rec2 false"))
			for _, e := range s.journal {
				if ev, ok := e.Event.(call.NodeEntered); ok && ev.Flow == "check" {
					require.True(t, ev.Verifying)
				}
			}
			inputs := len(s.inputs)
			s.key('1')
			require.Len(t, s.inputs, inputs, "it is over")
		})
	}
}

func TestAVerificationComesToNothing(t *testing.T) {
	for name, act := range map[string]func(*stageSet){
		"nothing is keyed in": func(s *stageSet) { s.said2(); s.pass(5 * time.Second) },
		"the service is down": func(s *stageSet) { s.key('3'); s.says(FlowNews{Input: call.FlowFault{Token: 1}}) },
		"the agent takes him back": func(s *stageSet) {
			require.NoError(s.t, s.ask(func(r Reply) Message { return Verify{Cancel: true, Reply: r} }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			verifying(t, func(s *stageSet) {
				act(s)
				require.Equal(t, []string{"none"}, s.verdicts())
				require.Equal(t, "caller seat1", s.pair, "he is with the agent again")
				require.Equal(t, "pause rec2 false", s.did[len(s.did)-1])
				require.ErrorContains(t, s.ask(func(r Reply) Message { return Verify{Cancel: true, Reply: r} }), "nobody is being verified")
			})
		})
	}
}

// said2 ends the prompt that sounds for the caller: the last but none, as the agent's music began before.
func (s *stageSet) said2() { s.sound("caller", call.SoundPlayed{Play: s.play}) }

func TestWhoLeavesDuringAVerification(t *testing.T) {
	for name, tt := range map[string]struct {
		act   func(*stageSet)
		stage Stage
	}{
		"the caller hangs up":        {func(s *stageSet) { s.leg("caller", call.LegEnded{ByPeer: true}) }, StageArchive},
		"the agent hangs up":         {func(s *stageSet) { s.leg("seat1", call.LegEnded{ByPeer: true}) }, StageArchive},
		"the agent's phone is dead":  {func(s *stageSet) { s.sound("seat1", call.SoundTimeout{}) }, StageWaiting},
		"the agent hangs up by hand": {func(s *stageSet) { _ = s.ask(func(r Reply) Message { return Part{By: "1001", Reply: r} }) }, StageArchive},
	} {
		t.Run(name, func(t *testing.T) {
			verifying(t, func(s *stageSet) {
				tt.act(s)
				require.Equal(t, []string{"none"}, s.verdicts())
				require.Equal(t, tt.stage, s.a.stage)
				require.Contains(t, s.did, "recorded rec2")
				require.True(t, s.a.records.paused(), "he may still be keying in his secret")
				s.pass(time.Minute)
			})
		})
	}
}

func TestNothingElseIsDoneMeanwhile(t *testing.T) {
	verifying(t, func(s *stageSet) {
		for _, m := range []func(Reply) Message{
			func(r Reply) Message { return Hold{By: "1001", On: true, Reply: r} },
			func(r Reply) Message { return Survey{By: "1001", Reply: r} },
			func(r Reply) Message { return Verify{By: "1001", Reply: r} },
			func(r Reply) Message { return Transfer{By: "1001", Mode: call.TransferBlind, To: "1002", Reply: r} },
		} {
			require.ErrorContains(t, s.ask(m), "the caller is being verified")
		}
	})
}

// TestNoSupervisorHearsIt: one who listens hears the agent, and one who takes over gets the caller back first.
func TestNoSupervisorHearsIt(t *testing.T) {
	verifying(t, func(s *stageSet) {
		require.NoError(t, s.ask(func(r Reply) Message {
			return Supervise{By: "1900", Phone: "1900", Mode: call.Monitor, Reply: r}
		}))
		leg := call.LegID("")
		for _, e := range s.journal {
			if ev, ok := e.Event.(call.SeatCalled); ok {
				leg = ev.Leg
			}
		}
		s.leg(leg, call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
		for _, h := range s.a.hearing() {
			require.NotEqual(t, call.LegID("caller"), h.Leg)
			require.NotContains(t, h.From, call.LegID("caller"))
		}
		require.NoError(t, s.ask(func(r Reply) Message {
			return Supervise{By: "1900", Phone: "1900", Mode: call.Intercept, Reply: r}
		}))
		require.Equal(t, []string{"none"}, s.verdicts())
		require.Equal(t, StageTalking, s.a.stage)
	})
}

func TestAVerificationAsksServices(t *testing.T) {
	verifying(t, func(s *stageSet) {
		s.key('3')
		require.Contains(t, s.did, "ask crm POST ")
		s.says(FlowNews{Input: call.FlowAnswered{Token: 2<<32 + 3}})
		require.Equal(t, []string{"yes"}, s.verdicts())
	})
	verifying(t, func(s *stageSet) {
		s.key('4')
		require.Contains(t, s.did, "play caller [calm] loop=true")
		require.Equal(t, []string{"yes"}, s.verdicts(), "a ticket is answered after the step that opened it")
	})
}

func TestWhoIsOnHoldStaysThere(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		require.ErrorContains(t, s.ask(func(r Reply) Message { return Verify{By: "1001", Reply: r} }), "no flow that verifies")
		require.NoError(t, s.ask(func(r Reply) Message { return Hold{By: "1001", On: true, Reply: r} }))
		s.heard = verifyFlow
		require.NoError(t, s.ask(func(r Reply) Message { return Verify{By: "1001", Reply: r} }))
		mark := len(s.did)
		s.key('1')
		require.Contains(t, s.since(mark), "play caller [default] loop=true")
		require.Empty(t, s.pair)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

package live

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestOneCallAllTheWay(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		s.says(WrapUp{Seat: "1001"})
		s.leg("seat1", call.LegEnded{ByPeer: true})
		s.says(WrapUpOver{Seat: "1001"})
		require.Equal(t, []string{
			"entered", "accepted", "flow_began", "queued", "offered", "ringing", "offer_ended", "recording_began",
			"connected", "wrap_up_began", "seat_left", "ended", "wrap_up_ended",
		}, s.kinds())
		require.Contains(t, s.did, "join caller seat1")
		require.Contains(t, s.did, "end caller flow_end")
	})
}

func TestEventsAreWrittenBeforeTheyAreActedUpon(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		s.leg("caller", call.LegEnded{ByPeer: true})
		for after, before := range map[string]string{
			"accept caller": "* accepted", "ring 1001 at 1001": "* offered", "join caller seat1": "* connected",
			"record rec2 \"\" caller|seat1": "* recording_began", "left 0": "* ended",
		} {
			require.Less(t, indexOf(s.did, before), indexOf(s.did, after), "%s before %s in %v", before, after, s.did)
		}
	})
}

func indexOf(lines []string, line string) int {
	for i, l := range lines {
		if l == line {
			return i
		}
	}
	return len(lines) + len(line)
}

func TestCallerLeavesWhileRinging(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		mark := len(s.did)
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, []string{"* ended", "end seat1 caller_gone", "close seat1", "close caller", "line free", "left 0"}, s.since(mark))
		s.says(OfferOver{Offer: "o1", Seat: "1001", Queue: "general", Result: call.OfferWithdrawn})
		require.Equal(t, "offer_ended", s.kinds()[len(s.kinds())-1])
	})
}

func TestPickUpCrossesTheCallersLeaving(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{})
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		require.Contains(t, s.did, "seat 1001 news 3")
		require.NotContains(t, s.did, "join caller seat1")
		last := s.journal[len(s.journal)-1].Event.(call.OfferEnded)
		require.Equal(t, call.OfferWithdrawn, last.Result)
	})
}

func TestMissedOfferKeepsTheCallWaiting(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.says(OfferOver{Offer: "o1", Seat: "1001", Queue: "general", Result: call.OfferNoAnswer})
		require.Contains(t, s.did, "end seat1 offer_ended")
		s.leg("seat1", call.LegEnded{Cause: call.CauseOfferEnded})
		s.says(Ring{Offer: "o2", Seat: "1002", Phone: "1002", Queue: "general"})
		require.Contains(t, s.did, "ring 1002 at 1002")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestWhatThePhoneSaysReachesTheRouter(t *testing.T) {
	for result, news := range map[call.OfferResult]string{
		call.OfferDeclined: "offer o1 news 1 busy here", call.OfferUnreachable: "offer o1 news 2 busy here",
	} {
		perform(t, nil, func(s *stageSet) {
			s.queued()
			s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
			s.leg("seat1", call.LegFailed{Status: 486, Result: result, Words: "busy here"})
			require.Contains(t, s.did, news)
			s.says(OfferOver{Offer: "o1", Seat: "1001", Result: result})
			ended := s.journal[len(s.journal)-1].Event.(call.OfferEnded)
			require.Equal(t, 486, ended.Status)
			s.leg("caller", call.LegEnded{ByPeer: true})
		})
	}
}

func TestAgentHangsUpInTheAnnouncement(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{})
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		s.leg("seat1", call.LegEnded{ByPeer: true})
		require.Contains(t, s.did, "enqueue general again=true")
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.NotContains(t, s.kinds(), "connected")
	})
}

func TestDeadPhoneBringsTheCallerBackToHisPlace(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		s.sound("seat1", call.SoundTimeout{Silent: time.Minute})
		require.Contains(t, s.did, "enqueue general again=true")
		require.Contains(t, s.did, "part caller seat1")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// The agent has ended the call if nothing comes after the agent's part, such as a survey.
func TestWhoEndedTheCall(t *testing.T) {
	for want, after := range map[call.Party][]call.FlowVerb{
		call.PartyAgent:  {call.FlowHangup{Cause: call.CauseFlowEnd}},
		call.PartySystem: {call.FlowPlay{Token: 7, Prompts: []string{"rate_us"}}, call.FlowHangup{Cause: call.CauseFlowEnd}},
	} {
		perform(t, func(s *stageSet) { s.verbs["FlowServed"] = after }, func(s *stageSet) {
			s.talking()
			s.leg("seat1", call.LegEnded{ByPeer: true})
			require.Equal(t, want, s.journal[len(s.journal)-1].Event.(call.Ended).By)
		})
	}
}

// Wrap-up holds the call, not the trunk's line.
func TestTheLineIsFreeOnceWhenTheCallerIsGone(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		s.says(WrapUp{Seat: "1001"})
		require.NotContains(t, s.did, "line free")
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, 1, count(s.did, "line free"))
		s.pass(time.Hour)
		s.says(WrapUpOver{Seat: "1001"}, Leave{})
		require.Equal(t, 1, count(s.did, "line free"))
	})
}

func TestDeadCallerEndsTheCall(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		s.sound("caller", call.SoundTimeout{Silent: time.Minute})
		require.Contains(t, s.did, "end caller media_timeout")
		require.Contains(t, s.did, "end seat1 normal")
	})
}

func TestHoldPlaysMusicToTheCaller(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		mark := len(s.did)
		s.leg("seat1", call.LegChanged{Media: call.MediaSpec{Direction: call.RecvOnly}})
		s.leg("seat1", call.LegChanged{Media: call.MediaSpec{Direction: call.RecvOnly}})
		require.Equal(t, 1, count(s.since(mark), "play caller [default] loop=true"))
		s.leg("seat1", call.LegChanged{Media: call.MediaSpec{Direction: call.SendRecv}})
		require.Contains(t, s.since(mark), "stop caller")
		s.leg("caller", call.LegChanged{Media: call.MediaSpec{Direction: call.Inactive}})
		s.leg("caller", call.LegChanged{Media: call.MediaSpec{Direction: call.SendRecv}})
		s.leg("caller", call.LegEnded{ByPeer: true})
		require.Equal(t, 2, count(s.kinds(), "held"))
		require.Equal(t, 2, count(s.kinds(), "resumed"))
	})
}

func count(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

func TestOverflow(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.verbs["FlowOverflowed"] = []call.FlowVerb{call.FlowRecord{Token: 9, Mailbox: "general", Max: time.Minute}}
		s.verbs["FlowRecorded"] = []call.FlowVerb{call.FlowHangup{Cause: call.CauseFlowEnd}}
	}, func(s *stageSet) {
		s.queued()
		s.says(Overflowed{From: "general", Rule: "waited", Queue: "vip"}, Placed{Queue: "vip", Entry: time.Now()})
		s.says(Overflowed{From: "vip", Rule: "no_seats", Flow: "voicemail"})
		s.pass(time.Minute) // the message reaches its length
		require.Contains(t, s.did, "recorded rec1")
		s.says(RecordingDone{Recording: "rec1", Facts: call.RecordingFacts{Length: time.Minute}})
		require.Contains(t, s.kinds(), "voicemail_left")
		require.Contains(t, s.did, "end caller flow_end")
	})
}

func TestQueueWithoutARuleTakesTheNodesBadCaseEdge(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.queued()
		s.says(Overflowed{From: "general", Rule: "closed", Reason: "outside the hours"})
		require.Contains(t, s.did, "end caller flow_end")
	})
}

func TestVoicemailNeedsRoom(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.fail.record = errDown
		s.verbs["FlowStarted"] = []call.FlowVerb{call.FlowRecord{Token: 1, Mailbox: "m", Max: time.Minute}}
	}, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		require.Contains(t, s.kinds(), "recording_ended")
		require.Contains(t, s.did, "end caller flow_end")
	})
}

func TestFailedRecordingDoesNotStopTheCall(t *testing.T) {
	perform(t, func(s *stageSet) { s.fail.record = errDown }, func(s *stageSet) {
		s.talking()
		require.Contains(t, s.did, "join caller seat1")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestKeysReachTheFlow(t *testing.T) {
	perform(t, func(s *stageSet) {
		s.verbs["FlowDigit1"] = []call.FlowVerb{call.FlowStop{}, call.FlowMenu{Node: "menu", Digits: "1"}, call.FlowTimer{Token: 3, After: 5 * time.Second}}
		s.verbs["FlowTimedOut"] = []call.FlowVerb{call.FlowSurvey{Node: "rate", Name: "satisfied", Digit: '2'}, call.FlowHangup{}}
	}, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.leg("caller", call.LegDigit{Digit: '1'})
		s.sound("caller", call.SoundPlayed{Play: s.play}) // of a play the key stopped: late, ignored
		require.NotContains(t, s.did, "enqueue general again=false")
		s.pass(5 * time.Second)
		require.Contains(t, s.kinds(), "survey_answered")
	})
}

func TestNoPortsRefusesTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stageSet{t: t}
		s.fail.open = errDown
		s.a = New(Brief{Incoming: call.Incoming{ID: "c1", Leg: "caller"}}, Deps{
			Leg: fakeLeg{s, "caller"}, Media: s, Journal: s, LineFree: func() { s.note("line free") },
		})
		s.a.Run()
		require.Equal(t, []string{"entered", "refused"}, s.kinds())
		require.Contains(t, s.did, "end caller no_ports")
		require.Contains(t, s.did, "line free")
	})
}

func TestSeatWithoutSoundPortIsNotReached(t *testing.T) {
	perform(t, func(s *stageSet) { s.fail.ring = errDown }, func(s *stageSet) {
		s.queued()
		s.says(Ring{Offer: "o1", Seat: "1001", Queue: "general"})
		require.Contains(t, s.did, "offer o1 news 2 down")
		s.says(OfferOver{Offer: "o1", Seat: "1001", Result: call.OfferUnreachable})
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestDrain(t *testing.T) {
	t.Run("a waiting caller hears why", func(t *testing.T) {
		perform(t, nil, func(s *stageSet) {
			s.queued()
			s.says(Drain{Prompt: "all_busy"})
			require.NotContains(t, s.did, "end caller shutdown")
			s.sound("caller", call.SoundPlayed{Play: s.play})
			require.Contains(t, s.did, "end caller shutdown")
			require.True(t, s.journal[len(s.journal)-1].Event.(call.Ended).Interrupted)
			require.Equal(t, 1, count(s.did, "left 0"))
		})
	})
	t.Run("a conversation ends", func(t *testing.T) {
		perform(t, nil, func(s *stageSet) {
			s.talking()
			s.says(Drain{Prompt: "all_busy"})
			require.Contains(t, s.did, "end seat1 normal")
			require.Contains(t, s.did, "end caller shutdown")
		})
	})
}

func TestJournalDownLosesNothing(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.down.Store(true)
		s.talking()
		require.Contains(t, s.did, "join caller seat1", "calls in progress go on")
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.down.Store(false)
		time.Sleep(journalRetry)
		synctest.Wait()
		require.Equal(t, "ended", s.kinds()[len(s.kinds())-1])
	})
}

func TestDisposition(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.talking()
		reply := make(chan error, 1)
		s.says(Dispose{Seat: "1001", Code: "bill", Reply: reply})
		require.NoError(t, <-reply)
		require.Contains(t, s.did, "left 1")
		s.says(Hangup{Cause: call.CauseSupervisor})
		require.Contains(t, s.did, "end caller supervisor")
	})
}

func TestOverrunMailboxEndsTheCall(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.gate = make(chan struct{})
		s.leg("caller", call.LegAnswered{}) // its event waits for the journal
		for range mailboxSize + 1 {
			s.a.Post(SoundNews{})
		}
		close(s.gate)
		synctest.Wait()
		ended := s.journal[len(s.journal)-1].Event.(call.Ended)
		require.True(t, ended.Interrupted)
		require.Equal(t, call.CauseOverload, ended.Cause)
		require.False(t, strings.Contains(strings.Join(s.did, " "), "left"), "routing never heard of it")
	})
}

package live

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// hangsUp is the caller's BYE.
func (s *stageSet) hangsUp() { s.leg("caller", call.LegEnded{Cause: call.CauseNormal, ByPeer: true}) }

// overflows has the call overflow to a number.
func (s *stageSet) overflows() {
	s.queued()
	s.says(Overflowed{
		From: "general", Rule: "waited", Number: "139", Reason: "waited 60 s",
		Place: Place{Entry: s.a.wait.entry, Joined: s.a.wait.entry, Priority: 5},
	})
}

// record is the call's record as it stands.
func (s *stageSet) record() call.Record {
	s.t.Helper()
	r, err := call.Fold(s.journal...)
	require.NoError(s.t, err)
	return r
}

var anAnswer = call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}}

func TestOverflowToANumber(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.overflows()
		require.Contains(t, s.did, "dial 139  by gw")
		mark := len(s.did)
		s.leg("seat1", call.LegRinging{})
		s.leg("seat1", anAnswer)
		require.Equal(t, []string{
			"negotiated seat1 PCMA sendrecv", "* left_queue", "* dial_ended", "stop caller", "join caller seat1",
		}, s.since(mark))
		require.Empty(t, s.record().Recordings, "it is not recorded unless the queue says so")
		s.leg("seat1", call.LegEnded{Cause: call.CauseNormal, ByPeer: true})
		require.Contains(t, s.did, "end caller normal")
		r := s.record()
		require.Equal(t, call.OutcomeOverflowed, r.Outcome)
		require.Equal(t, call.LostWaitedTooLong, r.LostCause)
		var kinds []call.SegmentKind
		for _, g := range r.Segments {
			kinds = append(kinds, g.Kind)
			require.False(t, g.End.IsZero())
		}
		require.Equal(t, []call.SegmentKind{call.SegmentQueue, call.SegmentDial, call.SegmentOutside}, kinds)
		require.Equal(t, "carrier", r.Segments[2].Trunk)
	})
}

func TestOverflowIsRecordedIfTheQueueSaysSo(t *testing.T) {
	perform(t, func(s *stageSet) { s.facts.RecordOutside = true }, func(s *stageSet) {
		s.overflows()
		s.leg("seat1", anAnswer)
		require.Contains(t, s.did, `record rec2 "" caller|seat1`)
		s.hangsUp()
		require.Contains(t, s.did, "recorded rec2")
	})
}

// A number that can't be had gives the caller back to the queue, where the rule is passed over.
func TestOverflowInVain(t *testing.T) {
	for name, ev := range map[string]call.LegEvent{
		"busy": call.LegFailed{Status: 486, Dial: call.DialBusy, Words: "busy"}, "gone": call.LegEnded{},
	} {
		t.Run(name, func(t *testing.T) {
			perform(t, nil, func(s *stageSet) {
				s.overflows()
				entry := s.a.wait.entry
				s.leg("seat1", ev)
				require.Contains(t, s.did, "close seat1")
				e := s.entries[len(s.entries)-1]
				require.True(t, e.Return)
				require.Equal(t, entry, e.Entry)
				require.Equal(t, entry, e.Joined)
				require.Equal(t, []OverflowTarget{{Number: "139"}}, e.Failed)
				s.says(Placed{Queue: "general", Entry: entry, Position: 1})
				s.hangsUp()
				require.Equal(t, call.OutcomeAbandoned, s.record().Outcome)
			})
		})
	}
}

// A rule of the door is judged again.
func TestOverflowAtTheDoorInVain(t *testing.T) {
	perform(t, func(s *stageSet) { s.fail.dial = errors.New("no trunk") }, func(s *stageSet) {
		defer s.hangsUp()
		s.leg("caller", call.LegAnswered{})
		s.sound("caller", call.SoundPlayed{Play: s.play})
		s.says(Overflowed{From: "general", Rule: "closed", Number: "139", AtDoor: true, Place: Place{Entry: time.Now(), Priority: 5}})
		e := s.entries[len(s.entries)-1]
		require.False(t, e.Return)
		require.Zero(t, e.Joined)
		require.False(t, e.Entry.IsZero())
	})
}

func TestNumberRingsTooLong(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		defer s.hangsUp()
		s.overflows()
		s.leg("seat1", call.LegRinging{})
		s.pass(ringTime)
		require.Contains(t, s.did, "end seat1 offer_ended")
		require.Len(t, s.entries, 2)
		mark := len(s.did)
		s.leg("seat1", call.LegEnded{Cause: call.CauseOfferEnded}) // the leg's own end comes later
		require.Empty(t, s.since(mark))
	})
}

func TestCallerLeavesWhileTheNumberRings(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.overflows()
		s.hangsUp()
		require.Contains(t, s.did, "end seat1 caller_gone")
		mark := len(s.did)
		s.leg("seat1", anAnswer) // it crosses
		require.Empty(t, s.since(mark))
		r := s.record()
		require.Equal(t, call.OutcomeAbandoned, r.Outcome, "nobody had answered: he still waited")
		require.Equal(t, call.DialCancelled, *r.Segments[1].Dial)
	})
}

// The line of an outside party that is lost is no service: the caller is given back.
func TestOutsideLineIsLost(t *testing.T) {
	for name, lose := range map[string]func(*stageSet){
		"481":    func(s *stageSet) { s.leg("seat1", call.LegEnded{Cause: call.CausePeerGone}) },
		"silent": func(s *stageSet) { s.sound("seat1", call.SoundTimeout{}) },
	} {
		t.Run(name, func(t *testing.T) {
			perform(t, nil, func(s *stageSet) {
				defer s.hangsUp()
				s.overflows()
				s.leg("seat1", anAnswer)
				lose(s)
				require.Contains(t, s.did, "part caller seat1")
				require.Len(t, s.entries, 2)
				require.True(t, s.entries[1].Return)
			})
		})
	}
}

func TestCallerGoesSilentOutside(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.overflows()
		s.leg("seat1", anAnswer)
		s.sound("caller", call.SoundTimeout{})
		require.Contains(t, s.did, "end caller media_timeout")
		require.Contains(t, s.did, "end seat1 normal")
	})
}

func TestSoundBeforeTheAnswer(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		defer s.hangsUp()
		s.overflows()
		mark := len(s.did)
		s.leg("seat1", call.LegEarly{Media: call.MediaSpec{Codec: call.CodecPCMA}})
		s.leg("seat1", call.LegEarly{Media: call.MediaSpec{Codec: call.CodecPCMA}})
		require.Equal(t, []string{
			"negotiated seat1 PCMA sendrecv", "stop caller", "arrange [caller<[seat1] seat1<[]]", "negotiated seat1 PCMA sendrecv",
		}, s.since(mark))
		s.leg("seat1", call.LegFailed{Status: 404, Dial: call.DialWrongNumber, Words: "no such number"})
		require.Contains(t, s.since(mark), "arrange []")
	})
}

func TestSiteIsToldThePlace(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		defer s.hangsUp()
		s.queued()
		entry := s.a.wait.entry
		s.says(Overflowed{From: "general", Rule: "waited", Site: "province", Place: Place{Entry: entry, Joined: entry, Priority: 7}})
		o := s.dialled[0]
		require.Equal(t, "province", o.Site)
		require.Equal(t, "10000", o.Number, "the number the caller called")
		require.Equal(t, call.Handover{ID: "c1", Entry: entry, Priority: 7, Hops: 1}, *o.Handover)
	})
}

// A call from another site takes its place over once, and not around for ever.
func TestHandedOver(t *testing.T) {
	before := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Minute)
	perform(t, nil, func(s *stageSet) {
		defer s.hangsUp()
		s.a.brief.Incoming.Handover = &call.Handover{ID: "c0", Entry: before, Priority: 9, Hops: call.MaxHops}
		s.queued()
		e := s.entries[0]
		require.Equal(t, before, e.Entry)
		require.Equal(t, 9, e.Priority)
		require.False(t, e.Return, "hours and limit are judged here as for anybody")
		s.says(Overflowed{From: "general", Rule: "waited", Site: "city", Place: Place{Entry: before, Joined: before, Priority: 9}})
		require.Empty(t, s.dialled, "it has passed as many sites as a call may")
		require.Equal(t, []OverflowTarget{{Site: "city"}}, s.entries[1].Failed)
	})
}

func TestFlowTransfers(t *testing.T) {
	transfer := func(s *stageSet) {
		s.verbs["FlowPlayed"] = []call.FlowVerb{call.FlowDial{Token: 7, Number: "139", Timeout: 20 * time.Second, Music: "default", Record: true}}
		s.verbs["FlowDialled"] = []call.FlowVerb{call.FlowHangup{Cause: call.CauseFlowEnd}}
	}
	perform(t, transfer, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.sound("caller", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.did, "play caller [default] loop=true")
		s.leg("seat1", anAnswer)
		require.Contains(t, s.did, `record rec2 "" caller|seat1`)
		s.leg("seat1", call.LegEnded{Cause: call.CauseNormal, ByPeer: true})
		require.Contains(t, s.did, "end caller flow_end")
		require.Equal(t, call.OutcomeServedInIVR, s.record().Outcome)
	})
	perform(t, transfer, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.sound("caller", call.SoundPlayed{Play: s.play})
		s.pass(20 * time.Second)
		require.Contains(t, s.did, "end seat1 offer_ended")
		require.Contains(t, s.did, "end caller flow_end")
	})
}

func TestDrainWhileTheNumberRings(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.overflows()
		s.says(Drain{Prompt: "all_busy"})
		require.Contains(t, s.did, "end seat1 caller_gone")
		require.Contains(t, s.did, "play caller [all_busy] loop=false")
		s.sound("caller", call.SoundPlayed{Play: s.play})
		require.Equal(t, call.OutcomeInterrupted, s.record().Outcome)
	})
}

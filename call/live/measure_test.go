package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func quality(packets uint64) call.SoundEnded {
	return call.SoundEnded{SoundQuality: call.SoundQuality{Codec: call.CodecPCMA, Received: call.SoundWay{Packets: packets, MOS: 4.38}}}
}

// What a leg's sound was like is filed when it has ended, under whom it led to; the call waits for it, also
// when the caller has gone, and a leg that never had a description has none.
func TestQualityIsFiledAtTheEndOfEachSound(t *testing.T) {
	measured := func(s *stageSet) { withPeople(s); s.measured = true }
	perform(t, measured, func(s *stageSet) {
		s.watched(call.Monitor)
		s.leg("seat3", call.LegEnded{ByPeer: true})
		s.a.SoundEvent("seat3", quality(3))
		require.NoError(t, s.verb(func(r Reply) Message {
			return Supervise{By: "9002", Phone: "9002", Of: "1001", Mode: call.Monitor, Reply: r}
		}))
		s.leg("seat4", call.LegFailed{Status: 486, Result: call.OfferDeclined}) // was never heard of
		s.a.SoundEvent("seat4", quality(0))
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(RecordingDone{Recording: "rec2"}, Forgotten{})
		require.NotEqual(t, StageDone, s.a.stage, "two sounds have not been told of")
		s.a.SoundEvent("seat1", quality(2))
		s.says()
		require.NotEqual(t, StageDone, s.a.stage)
		s.a.SoundEvent("caller", quality(1))
		s.says()
		r := s.record()
		require.Len(t, r.Quality, 3)
		for i, want := range []call.SoundMeasured{
			{Leg: "seat3", Party: call.SoundSupervisor, Seat: "9001", Phone: "9001", SoundQuality: quality(3).SoundQuality},
			{Leg: "seat1", Party: call.SoundAgent, Seat: "1001", Phone: "1001", SoundQuality: quality(2).SoundQuality},
			{Leg: "caller", Party: call.SoundCaller, SoundQuality: quality(1).SoundQuality},
		} {
			require.Equal(t, want, r.Quality[i])
		}
	})
}

// A number a seat asks is an outside party, whatever becomes of it later.
func TestQualityOfAnOutsideParty(t *testing.T) {
	measured := func(s *stageSet) { withPeople(s); s.measured = true }
	perform(t, measured, func(s *stageSet) {
		s.talking()
		require.NoError(t, s.verb(func(r Reply) Message {
			return Transfer{Mode: call.TransferConsult, To: "13911112222", Reply: r}
		}))
		s.leg("seat3", call.LegAnswered{Media: pcma})
		s.leg("seat3", call.LegEnded{ByPeer: true})
		s.a.SoundEvent("seat3", quality(5))
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.a.SoundEvent("seat1", quality(2))
		s.a.SoundEvent("caller", quality(1))
		s.says()
		require.Equal(t, call.SoundOutside, s.record().Quality[0].Party)
		require.Equal(t, "13911112222", s.record().Quality[0].Number)
	})
}

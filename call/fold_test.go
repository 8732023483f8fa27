package call

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// checkRecord holds for every record, whatever the events were.
func checkRecord(t require.TestingT, r Record) {
	for name, s := range map[string]float64{
		"wait": r.WaitSeconds, "ring": r.RingSeconds, "talk": r.TalkSeconds, "hold": r.HoldSeconds, "wrap-up": r.WrapUpSeconds,
	} {
		require.GreaterOrEqual(t, s, 0.0, name)
	}
	var span, seats float64
	stageEnd := r.StartedAt
	for i, s := range r.Segments {
		if !s.End.IsZero() {
			require.False(t, s.End.Before(s.Start.Time), "segment %d ends before it starts", i)
		}
		require.False(t, s.Start.Before(r.StartedAt.Time), "segment %d starts before the call", i)
		if s.Kind != SegmentWrapUp && !r.Live() {
			require.False(t, s.End.IsZero(), "segment %d (%s) goes on after the call", i, s.Kind)
			require.False(t, s.End.After(r.EndedAt.Time), "segment %d (%s) ends after the call", i, s.Kind)
		}
		switch s.Kind {
		case SegmentIVR, SegmentQueue, SegmentSurvey, SegmentVoicemail:
			require.False(t, s.Start.Before(stageEnd.Time), "stages overlap at segment %d", i)
			if stageEnd = s.End; s.End.IsZero() {
				stageEnd = s.Start
			}
		case SegmentSeat:
			span += s.Seconds()
			seats++
		default:
		}
	}
	require.LessOrEqual(t, r.TalkSeconds+r.HoldSeconds, max(span, r.HoldSeconds)+0.001)
	if !r.Live() {
		whole := r.EndedAt.Sub(r.StartedAt.Time).Seconds()
		require.LessOrEqual(t, r.WaitSeconds, whole+0.001)
		require.LessOrEqual(t, r.RingSeconds, whole+0.001)
		require.LessOrEqual(t, r.TalkSeconds+r.HoldSeconds, whole*max(seats, 1)+0.001)
	}
	require.Equal(t, r.Live(), r.Outcome == OutcomeNone)
	require.Equal(t, r.Live(), r.EndedBy == nil)
	require.Equal(t, r.Live(), r.Cause == nil)
	if !r.ConnectedAt.IsZero() {
		require.False(t, r.AnsweredAt.IsZero())
		require.False(t, r.ConnectedAt.Before(r.AnsweredAt.Time))
	}
}

// Whatever events come, in whatever order and with a clock that jumps, the
// record stays sound: owners make mistakes, crashes cut lists short.
func TestRecordStaysSoundWhateverHappens(t *testing.T) {
	kinds := samples()[1:]
	rapid.Check(t, func(t *rapid.T) {
		f := NewFolder(0)
		at := noon
		require.NoError(t, f.Apply(Envelope{Call: "C1", Seq: 1, At: at, Event: samples()[0]}))
		for seq := uint64(2); seq < uint64(rapid.IntRange(2, 60).Draw(t, "events")); seq++ {
			at = at.Add(time.Duration(rapid.IntRange(-2000, 20000).Draw(t, "ms")) * time.Millisecond)
			event := vary(t, rapid.SampledFrom(kinds).Draw(t, "kind"))
			require.NoError(t, f.Apply(Envelope{Call: "C1", Seq: seq, At: at, Event: event}))
			checkRecord(t, f.Record())
		}
	})
}

func vary(t *rapid.T, e Event) Event {
	seat := SeatID(rapid.SampledFrom([]string{"1001", "1002"}).Draw(t, "seat"))
	by := Party(rapid.IntRange(0, 2).Draw(t, "by"))
	switch v := e.(type) {
	case Offered:
		v.Seat, v.Offer = seat, OfferID("O"+seat)
		return v
	case OfferEnded:
		v.Seat, v.Offer, v.Result = seat, OfferID("O"+seat), rapid.SampledFrom(OfferResults()).Draw(t, "result")
		return v
	case Connected:
		v.Seat = seat
		return v
	case Held:
		v.Seat, v.By = seat, by
		return v
	case Resumed:
		v.Seat, v.By = seat, by
		return v
	case SeatLeft:
		v.Seat, v.By = seat, by
		return v
	case WrapUpBegan:
		v.Seat = seat
		return v
	case WrapUpEnded:
		v.Seat = seat
		return v
	case NodeEntered:
		v.Type = rapid.SampledFrom([]string{"menu", "survey", "voicemail", "hangup", "queue"}).Draw(t, "type")
		return v
	case Ended:
		v.By, v.Interrupted = by, rapid.Bool().Draw(t, "interrupted")
		return v
	default:
		return e
	}
}

func TestFolderRefusesWhatIsNotNext(t *testing.T) {
	entered := samples()[0]
	at := func(call ID, seq uint64, e Event) Envelope { return Envelope{Call: call, Seq: seq, At: noon, Event: e} }
	f := NewFolder(0)
	require.ErrorContains(t, f.Apply(at("C1", 2, Accepted{})), "event 1 is missing before 2")
	require.ErrorContains(t, f.Apply(at("C1", 1, Accepted{})), "begins with entered")
	require.ErrorContains(t, f.Apply(at("C1", 0, entered)), "is missing before 0")
	require.ErrorContains(t, f.Apply(at("C1", 1, nil)), "no event")
	require.Zero(t, f.LastSeq())
	require.False(t, f.Ended())

	require.NoError(t, f.Apply(at("C1", 1, entered)))
	require.ErrorContains(t, f.Apply(at("C2", 2, Accepted{})), "does not belong to call C1")
	require.ErrorContains(t, f.Apply(at("C1", 3, Accepted{})), "event 2 is missing before 3")
	require.ErrorContains(t, f.Apply(at("C1", 2, entered)), "once")
	require.EqualValues(t, 1, f.LastSeq())
}

func TestFolderIgnoresRepeatsAndFormerOwners(t *testing.T) {
	f := NewFolder(0)
	apply := func(epoch, seq uint64, e Event) {
		require.NoError(t, f.Apply(Envelope{Call: "C1", Epoch: epoch, Seq: seq, At: noon, Event: e}))
	}
	apply(5, 1, samples()[0])
	apply(5, 1, samples()[0])
	apply(6, 2, Accepted{})
	apply(5, 3, Ended{Cause: CauseNormal})
	require.False(t, f.Ended(), "an owner that was replaced can't end the call")
	apply(6, 3, Ended{Cause: CauseNormal})
	require.True(t, f.Ended())
	require.EqualValues(t, 3, f.LastSeq())
}

func TestSettledWaitsForWrapUpAndRecording(t *testing.T) {
	f := NewFolder(0)
	seq := uint64(0)
	apply := func(events ...Event) {
		for _, e := range events {
			seq++
			require.NoError(t, f.Apply(Envelope{Call: "C1", Seq: seq, At: noon, Event: e}))
		}
	}
	apply(samples()[0], RecordingBegan{Recording: "R1"}, Ended{})
	require.True(t, f.Ended())
	require.False(t, f.Settled())
	apply(WrapUpBegan{Seat: "1001"}, RecordingEnded{Recording: "R1"})
	require.False(t, f.Settled())
	apply(WrapUpEnded{Seat: "1001"})
	require.True(t, f.Settled())
	before := f.Record()
	apply(DispositionSet{Code: "bill", Notes: "late"}, Ended{By: PartyAgent})
	after := f.Record()
	require.Equal(t, "bill", after.Disposition)
	require.Equal(t, before.EndedBy, after.EndedBy, "a call ends once")
	require.Empty(t, before.Disposition, "a record given out does not change")
}

func TestShortAbandonIsAParameter(t *testing.T) {
	for limit, want := range map[time.Duration]LostCause{
		0: LostAbandonedInQueue, 10 * time.Second: LostAbandonedInQueue, 10*time.Second + time.Millisecond: LostShortAbandon,
	} {
		f := NewFolder(limit)
		for i, e := range []Event{samples()[0], Queued{Queue: "q"}, Ended{By: PartyCaller}} {
			require.NoError(t, f.Apply(Envelope{Call: "C", Seq: uint64(i + 1), At: noon.Add(time.Duration(max(0, i-1)) * 10 * time.Second), Event: e}))
		}
		require.Equal(t, want, f.Record().LostCause, fmt.Sprint(limit))
	}
}

func TestRingsOfSeveralPhonesCountOnce(t *testing.T) {
	f := NewFolder(0)
	seq := uint64(0)
	apply := func(second int, e Event) {
		seq++
		require.NoError(t, f.Apply(Envelope{Call: "C", Seq: seq, At: noon.Add(time.Duration(second) * time.Second), Event: e}))
	}
	apply(0, samples()[0])
	apply(1, Queued{Queue: "q"})
	apply(2, Offered{Offer: "A", Seat: "1"})
	apply(3, Offered{Offer: "B", Seat: "2"})
	apply(6, OfferEnded{Offer: "A", Result: OfferDeclined})
	apply(8, OfferEnded{Offer: "B", Result: OfferNoAnswer})
	apply(9, Ended{By: PartyCaller})
	r := f.Record()
	require.InDelta(t, 6, r.RingSeconds, 1e-9)
	require.Equal(t, LostRingNoAnswer, r.LostCause)
}

func TestLostCauses(t *testing.T) {
	for rule, want := range map[string]LostCause{
		"no_seats": LostNoSeats, "full": LostQueueFull, "waited": LostWaitedTooLong, "closed": LostNone, "removed": LostNone,
	} {
		r, err := Fold(script(samples()[0], Queued{Queue: "q"}, LeftQueue{Queue: "q", Rule: rule}, Ended{By: PartySystem})...)
		require.NoError(t, err)
		require.Equal(t, OutcomeOverflowed, r.Outcome)
		require.Equal(t, want, r.LostCause, rule)
	}
}

func TestWhoLeftAFlow(t *testing.T) {
	menu := FlowBegan{Flow: "main", HasMenu: true}
	for name, c := range map[string]struct {
		events []Event
		want   Outcome
	}{
		"caller, before the menu ended": {[]Event{menu, Ended{By: PartyCaller}}, OutcomeAbandoned},
		"gateway died":                  {[]Event{menu, Ended{By: PartySystem, Cause: CausePeerGone}}, OutcomeAbandoned},
		"flow hung up":                  {[]Event{menu, Ended{By: PartySystem, Cause: CauseFlowEnd}}, OutcomeServedInIVR},
		"after the menu":                {[]Event{menu, MenuEnded{}, Ended{By: PartyCaller}}, OutcomeServedInIVR},
		"before the flow began":         {[]Event{Accepted{}, Ended{By: PartyCaller}}, OutcomeAbandoned},
		"never acknowledged":            {[]Event{Accepted{}, Ended{By: PartySystem, Cause: CauseNoAck}}, OutcomeAbandoned},
		"no menu":                       {[]Event{FlowBegan{}, Ended{By: PartyCaller}}, OutcomeServedInIVR},
		"cut while waiting":             {[]Event{Queued{Queue: "q"}, Ended{Cause: CauseSupervisor}}, OutcomeAbandoned},
	} {
		r, err := Fold(script(append([]Event{samples()[0]}, c.events...)...)...)
		require.NoError(t, err)
		require.Equal(t, c.want, r.Outcome, name)
	}
}

func script(events ...Event) []Envelope {
	list := make([]Envelope, len(events))
	for i, e := range events {
		list[i] = Envelope{Call: "C", Seq: uint64(i + 1), At: noon.Add(time.Duration(i) * time.Minute), Event: e}
	}
	return list
}

func TestSeatsAndQueuesOnce(t *testing.T) {
	answer := func(seat SeatID) Event { return OfferEnded{Seat: seat, Queue: "q", Result: OfferAnswered} }
	r, err := Fold(script(samples()[0], Queued{Queue: "p"}, Queued{Queue: "q"}, answer("1"), SeatLeft{Seat: "1"}, Queued{Queue: "p"}, answer("2"),
		SeatLeft{Seat: "2"}, Queued{Queue: "q"}, answer("1"))...)
	require.NoError(t, err)
	require.Equal(t, []SeatID{"1", "2"}, r.Seats())
	require.Equal(t, []string{"p", "q"}, r.Queues())
}

func BenchmarkFoldCall(b *testing.B) {
	events := script(samples()[0], Accepted{}, FlowBegan{HasMenu: true}, NodeEntered{Type: "menu"}, MenuEnded{}, NodeEntered{Type: "queue"},
		Queued{Queue: "q"}, Offered{Offer: "O", Seat: "1"}, Ringing{}, OfferEnded{Offer: "O", Seat: "1", Result: OfferAnswered},
		RecordingBegan{Recording: "R"}, Connected{Seat: "1"}, SeatLeft{Seat: "1"}, RecordingEnded{Recording: "R"}, WrapUpBegan{Seat: "1"},
		Ended{}, WrapUpEnded{Seat: "1"})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Fold(events...); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAnOfferToldTwiceRingsOnce(t *testing.T) {
	at := noon
	record, err := Fold(
		Envelope{Call: "C1", Seq: 1, At: at, Event: Entered{}},
		Envelope{Call: "C1", Seq: 2, At: at, Event: Offered{Offer: "O1", Seat: "1001"}},
		Envelope{Call: "C1", Seq: 3, At: at, Event: Offered{Offer: "O1", Seat: "1001"}},
		Envelope{Call: "C1", Seq: 4, At: at, Event: Ended{}},
	)
	require.NoError(t, err)
	require.Len(t, record.Segments, 1)
	require.False(t, record.Segments[0].End.IsZero())
}

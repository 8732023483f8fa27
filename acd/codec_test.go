package acd

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// everyInput and everyEffect are one of each kind, as complete as need be.
func everyInput() []Input {
	return []Input{
		RulesChanged{Rules{Revision: 3, Queues: []Queue{{Name: "q", Strategy: LongestIdle, Overflow: []Overflow{{When: WhenFull, To: Target{ToFlow, "busy"}}}}}, Agents: []Agent{{ID: "1"}}}},
		Began{
			Rules: Rules{Revision: 3}, Phones: []string{"1"}, Seats: []SeatStateSet{{Seat: "1", State: call.SeatReady, Phone: "8001", Forced: true}},
			Memory: &Memory{At: monday(), Offers: 7, Queues: []QueueMemory{{Queue: "q", pace: pace{Taken: 3000, Work: 9}}}, Seats: []SeatMemory{{Seat: "1", Phone: "8001", State: call.SeatReady, Turn: 3, Break: &breakRequest{Reason: "tea"}}}, Plans: []PlanMemory{{Name: "day", Joined: []string{"qa"}, Steps: []frozenStep{{Name: "qa", Seats: [][]call.SeatID{{"7001"}}}}}}},
		},
		CallQueued{Call: "A", Queue: "q", Skills: map[string]int{"x": 2}, Priority: 9, Entry: monday(), Caller: call.Caller{Number: "138", Class: call.CallerVIP}, Node: "n", Return: true, Sticky: LastSeat{"1001", monday()}, Failed: []Target{{ToNumber, "139"}}, Joined: monday()},
		CallLeft{"A"},
		QueueLeft{"A", "q", "voicemail"},
		OfferAnswered{"O"},
		OfferRefused{"O"},
		OfferUnreachable{"O", "480"},
		CallConnected{"A", "1"},
		SeatHeld{"A", "1"},
		SeatEngaged{Call: "A", Seat: "1", Node: "n1"},
		PickUp{Call: "A", Seat: "1", Any: true, There: true},
		SeatReleased{Call: "A", Seat: "1", WrapUp: time.Second},
		SeatResumed{"A", "1"},
		SeatLegEnded{"A", "1", "O", true},
		DispositionSet{"A"},
		SeatStateSet{"1", call.SeatBreak, "lunch", 30, "8001", true},
		BreakDecided{"1", true, "9001", "quiet now"},
		WrapUpSet{"1", 5, "9001"},
		PhoneUp{"8001"},
		PhoneDown{"8001", "expired"},
		PlaceAsked{"A"},
		CallbackQueued{ID: "B", From: "A", Queue: "q", Skills: map[string]int{"x": 2}, Priority: 9, Entry: monday(), Caller: call.Caller{Number: "138"}, Node: "n", NotBefore: monday(), Tries: 1, Lost: true, Seat: "1"},
		CallbackDialled{"A", call.DialBusy, "486"},
		CallbackDropped{"B", "cancelled"},
		CallbacksPaused{true},
		PlanForce{"day", "qa", HoldOff, "9001", "they train"},
		Tick{},
	}
}

func everyEffect() []Effect {
	return []Effect{
		Queued{Call: "A", Queue: "q", Entry: monday(), Position: 1, Resumed: "B", Reason: "r", Node: "n"},
		Offer{Offer: "O", Call: "A", Seat: "1", Phone: "8001", Queue: "q", Deadline: monday(), FreeSince: monday(), Reason: "r"},
		OfferOver{Offer: "O", Call: "A", Seat: "1", Result: call.OfferNoAnswer},
		Connect{Offer: "O", Call: "A", Seat: "1"},
		ReleaseLeg{Offer: "O", Call: "A", Seat: "1"},
		Overflowed{Call: "A", Queue: "q", Rule: "waited", To: Target{ToSite, "p"}, Place: &Place{Entry: monday(), Joined: monday(), Priority: 5}},
		WrapUp{Call: "A", Seat: "1", Deadline: monday()},
		WrapUpOver{Call: "A", Seat: "1"},
		WrapUpMoved{Call: "A", Seat: "1", Deadline: monday(), Reason: "r"},
		BreakAsked{Seat: "1", Reason: "tea", Minutes: 5, Verdict: BreakRefused, Why: "w"},
		PlaceTold{Call: "A", Queue: "q", Ahead: 2, Wait: new(3 * time.Minute), Node: "n"},
		CallNext{Call: "A", Queue: "q", Reason: "r", Node: "n"},
		CallbackMoved{ID: "B", State: call.CallbackFailed, Call: "A", From: "C", Queue: "q", Entry: monday(), Caller: call.Caller{Number: "138"}, NotBefore: monday(), Tries: 3, Lost: true, Seat: "1", Reason: "r"},
		CallbackOffered{Call: "A", Queue: "q", Reason: "r", Node: "n"},
		Forgotten{Call: "A"},
		SeatChanged{Seat: "1", From: call.SeatReady, To: call.SeatOffered},
		PlanStepOn{Plan: "day", Step: "qa", Number: 3, Seats: []call.SeatID{"7001"}, Short: 2, Reason: "r"},
		PlanStepOff{Plan: "day", Step: "qa", Number: 3, By: "9001", Reason: "r"},
		PlanPage{Plan: "day", Step: "call_in", List: "overtime", Call: []call.SeatID{"1003"}, OffShift: []call.SeatID{"1004"}, Staffing: Staffing{Over: time.Minute, Arrived: 3, AtWork: 1}},
		PlayUrgent{Call: "A", Queue: "q", Plan: "day", Step: "fault", Prompt: "news", Reason: "r", Node: "n"},
		SeatLent{Seat: "7001", Plan: "day", Step: "qa", Queues: []string{"q"}},
		SeatReturned{Seat: "7001", Plan: "day", Step: "qa", Call: "A", Still: []string{"long_peak/all_hands"}},
		Rejected{Input: "call_queued", Code: call.CodeNotFound, Words: "w"},
	}
}

func TestEnvelopesComeBackAsTheyWere(t *testing.T) {
	kinds := map[string]bool{}
	for _, in := range everyInput() {
		require.False(t, kinds[in.Kind()])
		kinds[in.Kind()] = true
		sent := InputEnvelope{Site: "city", Epoch: 2, Seq: 7, At: monday(), Input: in}
		data, err := json.Marshal(sent)
		require.NoError(t, err)
		var got InputEnvelope
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, sent, got)
	}
	for _, ef := range everyEffect() {
		require.False(t, kinds[ef.Kind()])
		kinds[ef.Kind()] = true
		sent := EffectEnvelope{Site: "city", Epoch: 2, Seq: 7, At: monday(), Effect: ef}
		data, err := json.Marshal(sent)
		require.NoError(t, err)
		var got EffectEnvelope
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, sent, got)
	}
}

func TestWrongEnvelopesAreRefused(t *testing.T) {
	_, err := json.Marshal(InputEnvelope{})
	require.Error(t, err)
	_, err = json.Marshal(EffectEnvelope{})
	require.Error(t, err)
	for _, text := range []string{
		`{"kind":"unheard_of"}`, `{"kind":"call_left"}`, `{"kind":"call_left","data":7}`, `{"at":7}`,
		`{"kind":"seat_state_set","data":{"state":"asleep"}}`, `{"kind":"queued","data":7}`,
	} {
		var in InputEnvelope
		require.Error(t, json.Unmarshal([]byte(text), &in), text)
		var ef EffectEnvelope
		require.Error(t, json.Unmarshal([]byte(text), &ef), text)
	}
}

// FuzzInput lets anything that can be read as an input into an engine that is
// at work: it must stand whatever comes, and go on serving.
func FuzzInput(f *testing.F) {
	for _, in := range everyInput() {
		data, err := json.Marshal(InputEnvelope{At: monday(), Input: in})
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v InputEnvelope
		if json.Unmarshal(data, &v) != nil {
			return
		}
		e := site(t, Queue{Overflow: []Overflow{{When: WhenNoSeats, To: Target{ToFlow, "voicemail"}}}})
		e.Step(monday(), CallQueued{Call: "A", Queue: "q"})
		e.Step(monday(), v.Input)
		e.Step(monday().Add(time.Second), v.Input)
		for range 20 {
			at, ok := e.Deadline()
			if !ok {
				break
			}
			e.Step(at, Tick{})
		}
		_, err := e.Snapshot()
		require.NoError(t, err)
		e.View()
	})
}

// FuzzRestore reads anything as a snapshot: it is refused, or it works.
func FuzzRestore(f *testing.F) {
	e := site(f, Queue{WrapUp: time.Minute, Widen: []Widen{{After: time.Second}}})
	for step, in := range []Input{CallQueued{Call: "A", Queue: "q"}, OfferAnswered{"O"}, CallQueued{Call: "B", Queue: "q"}, SeatLegEnded{Call: "A", Seat: "1"}} {
		for id := range e.offers {
			if _, ok := in.(OfferAnswered); ok {
				in = OfferAnswered{id}
			}
		}
		e.Step(monday().Add(time.Duration(step)*time.Second), in)
		data, err := e.Snapshot()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Restore(data)
		if err != nil {
			return
		}
		for range 20 {
			at, ok := e.Deadline()
			if !ok {
				break
			}
			e.Step(at, Tick{})
		}
		for _, id := range []call.ID{"A", "B"} {
			e.Step(monday(), CallLeft{id})
		}
		e.View()
	})
}

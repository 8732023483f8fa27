package acd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func monday() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// site is one queue, three seats who are signed in and ready.
func site(t require.TestingT, q Queue) *Engine {
	e := New(1)
	q.Name, q.Groups = "q", []string{"g"}
	r := Rules{Revision: 1, Queues: []Queue{q}}
	for _, id := range []call.SeatID{"1", "2", "3"} {
		r.Agents = append(r.Agents, Agent{ID: id, Group: "g", Skills: map[string]int{"x": 3}})
	}
	e.Step(monday(), RulesChanged{r})
	for _, a := range r.Agents {
		e.Step(monday(), PhoneUp{string(a.ID)})
		require.Len(t, e.Step(monday(), SeatStateSet{Seat: a.ID, State: call.SeatReady}), 1)
	}
	return e
}

func only[T Effect](t *testing.T, effects []Effect) T {
	t.Helper()
	var found []T
	for _, ef := range effects {
		if f, ok := ef.(T); ok {
			found = append(found, f)
		}
	}
	require.Len(t, found, 1, "%v", effects)
	return found[0]
}

func TestRejections(t *testing.T) {
	e := site(t, Queue{})
	e.Step(monday(), CallQueued{Call: "A", Queue: "q"})
	for name, c := range map[string]struct {
		in   Input
		code call.Code
	}{
		"unknown agent":     {SeatStateSet{Seat: "9", State: call.SeatReady}, call.CodeNotFound},
		"state of a call":   {SeatStateSet{Seat: "1", State: call.SeatTalking}, call.CodeInvalid},
		"phone in use":      {SeatStateSet{Seat: "2", State: call.SeatReady, Phone: "3"}, call.CodeConflict},
		"desk during offer": {SeatStateSet{Seat: "1", State: call.SeatReady, Phone: "desk"}, call.CodeConflict},
		"unknown queue":     {CallQueued{Call: "B", Queue: "nowhere"}, call.CodeNotFound},
		"waits already":     {CallQueued{Call: "A", Queue: "q"}, call.CodeConflict},
		"unknown input":     {strange{}, call.CodeInvalid},
	} {
		r := only[Rejected](t, e.Step(monday(), c.in))
		require.Equal(t, c.code, r.Code, name)
		require.NotEmpty(t, r.Words)
	}
}

type strange struct{}

func (strange) Kind() string { return "strange" }

func TestOfferIDsAreULIDsAndDiffer(t *testing.T) {
	seen := map[call.OfferID]bool{}
	for seed := range uint64(3) {
		e := New(seed)
		e.now = monday().UnixNano()
		for range 1000 {
			id := e.newOfferID()
			require.Regexp(t, "^[0-7][0-9A-HJKMNP-TV-Z]{25}$", string(id))
			require.False(t, seen[id])
			seen[id] = true
		}
	}
	early, late := New(1), New(1)
	early.now, late.now = 1e6, 2e6
	require.Less(t, early.newOfferID(), late.newOfferID(), "they sort by time")
}

func TestTimeNeverRunsBackwards(t *testing.T) {
	e := site(t, Queue{OfferTimeout: 10 * time.Second})
	o := only[Offer](t, e.Step(monday().Add(-time.Hour), CallQueued{Call: "A", Queue: "q"}))
	require.Equal(t, monday().Add(10*time.Second), o.Deadline)
}

func TestSinceWhenASeatCouldHaveTakenTheCall(t *testing.T) {
	e := site(t, Queue{WrapUp: time.Second})
	at := func(s int) time.Time { return monday().Add(time.Duration(s) * time.Second) }
	o := only[Offer](t, e.Step(at(5), CallQueued{Call: "A", Queue: "q"}))
	require.Equal(t, at(5), o.FreeSince, "the seat was ready, the call came")
	o2 := only[Offer](t, e.Step(at(6), OfferRefused{o.Offer}))
	require.Equal(t, at(6), o2.FreeSince, "the call came back")
	for _, id := range []string{"B", "C"} {
		e.Step(at(7), CallQueued{Call: call.ID(id), Queue: "q"})
	}
	o = only[Offer](t, e.Step(at(8), SeatStateSet{Seat: "1", State: call.SeatReady}))
	require.Equal(t, at(8), o.FreeSince, "the call waited, the seat came")
}

// TestExtraNeedsDoNotPileUp: flows may ask for ever new combinations of skills.
func TestExtraNeedsDoNotPileUp(t *testing.T) {
	e := site(t, Queue{})
	for id := range 3 {
		e.Step(monday(), SeatStateSet{Seat: call.SeatID(fmt.Sprint(id + 1)), State: call.SeatBusy})
	}
	const kinds = 5 * minSetLimit
	for i := range kinds {
		id := call.ID(fmt.Sprint(i))
		need := map[string]int{"a": i % 72, "b": i / 72}
		e.Step(monday(), CallQueued{Call: id, Queue: "q", Skills: need})
		if i%100 != 0 {
			e.Step(monday(), CallLeft{id})
		}
	}
	require.LessOrEqual(t, len(e.index.sets), minSetLimit+1)
	require.Len(t, e.queues["q"].sets, len(e.index.sets))
	require.Equal(t, kinds/100+1, e.queues["q"].line.len(), "who waits is not swept out")
	o := only[Offer](t, e.Step(monday(), SeatStateSet{Seat: "2", State: call.SeatReady}))
	require.Equal(t, call.ID("0"), o.Call, "and is served")
}

// TestNewNeedInTheStepInWhichTheLastSeatLeaves: sorting the seats anew must not
// forget that somebody is stranded.
func TestNewNeedInTheStepInWhichTheLastSeatLeaves(t *testing.T) {
	e := site(t, Queue{
		WrapUp:   10 * time.Second,
		Overflow: []Overflow{{When: WhenNoSeats, To: Target{Kind: ToFlow, Name: "voicemail"}}},
	})
	for _, id := range []call.SeatID{"2", "3"} {
		e.Step(monday(), SeatStateSet{Seat: id, State: call.SeatOffline})
	}
	o := only[Offer](t, e.Step(monday(), CallQueued{Call: "A", Queue: "q"}))
	e.Step(monday(), CallQueued{Call: "B", Queue: "q"})
	e.Step(monday(), OfferAnswered{o.Offer})
	e.Step(monday(), SeatLegEnded{Call: "A", Seat: "1"})
	e.Step(monday(), SeatStateSet{Seat: "1", State: call.SeatBusy})
	only[Offer](t, e.Step(monday(), SeatStateSet{Seat: "1", State: call.SeatReady}))
	e.Step(monday(), CallQueued{Call: "C", Queue: "q"})
	e.Step(monday(), SeatStateSet{Seat: "1", State: call.SeatOffline})
	// B's offer runs out, the seat signs out, and D asks for a level nobody asked for: all in one step.
	effects := e.Step(monday().Add(time.Minute), CallQueued{Call: "D", Queue: "q", Skills: map[string]int{"z": 1}})
	gone := map[call.ID]string{}
	for _, ef := range effects {
		if o, ok := ef.(Overflowed); ok {
			gone[o.Call] = o.Rule
		}
	}
	require.Equal(t, map[call.ID]string{"B": "no_seats", "C": "no_seats", "D": "no_seats"}, gone)
}

// TestNewNeedInTheStepInWhichASeatComes: nor that a seat has just become ready.
func TestNewNeedInTheStepInWhichASeatComes(t *testing.T) {
	e := site(t, Queue{WrapUp: 10 * time.Second})
	for _, id := range []call.SeatID{"2", "3"} {
		e.Step(monday(), SeatStateSet{Seat: id, State: call.SeatBusy})
	}
	o := only[Offer](t, e.Step(monday(), CallQueued{Call: "A", Queue: "q"}))
	e.Step(monday(), OfferAnswered{o.Offer})
	e.Step(monday(), SeatLegEnded{Call: "A", Seat: "1"})
	e.Step(monday(), CallQueued{Call: "B", Queue: "q"})
	o = only[Offer](t, e.Step(monday().Add(time.Minute), CallQueued{Call: "C", Queue: "q", Skills: map[string]int{"z": 1}}))
	require.Equal(t, call.ID("B"), o.Call)
}

func TestEveryCallLeftIsAnswered(t *testing.T) {
	e := site(t, Queue{WrapUp: 10 * time.Second})
	o := only[Offer](t, e.Step(monday(), CallQueued{Call: "A", Queue: "q"}))
	e.Step(monday(), OfferAnswered{o.Offer})
	require.Empty(t, e.Step(monday(), CallLeft{"A"}))
	require.Empty(t, e.Step(monday(), CallLeft{"A"}))
	require.Equal(t, call.CodeConflict, only[Rejected](t, e.Step(monday(), CallQueued{Call: "A", Queue: "q"})).Code)
	e.Step(monday(), SeatLegEnded{Call: "A", Seat: "1"})
	answers := 0
	for _, ef := range e.Step(monday(), DispositionSet{"A"}) {
		if _, ok := ef.(Forgotten); ok {
			answers++
		}
	}
	require.Equal(t, 2, answers)
	only[Forgotten](t, e.Step(monday(), CallLeft{"A"}))
}

// TestUnregisteredInACall: the agent's phone unregisters during the call; also
// a restored engine remembers to sign him out, unless he asks for something else.
func TestUnregisteredInACall(t *testing.T) {
	for _, asks := range []bool{false, true} {
		e := New(1)
		e.Step(monday(), RulesChanged{Rules{
			Queues: []Queue{{Name: "q", Groups: []string{"g"}}},
			Agents: []Agent{{ID: "1", Group: "g", ReadyOnRegister: true}},
		}})
		e.Step(monday(), PhoneUp{"1"})
		o := only[Offer](t, e.Step(monday(), CallQueued{Call: "A", Queue: "q"}))
		e.Step(monday(), OfferAnswered{o.Offer})
		e.Step(monday(), PhoneDown{"1", "unregistered"})
		want := call.SeatOffline
		if asks {
			e.Step(monday(), SeatStateSet{Seat: "1", State: call.SeatBreak})
			want = call.SeatUnreachable
		}
		data, err := e.Snapshot()
		require.NoError(t, err)
		e, err = Restore(data)
		require.NoError(t, err)
		require.Equal(t, want, only[SeatChanged](t, e.Step(monday(), SeatLegEnded{Call: "A", Seat: "1"})).To)
	}
}

func TestLateOffersAreBounded(t *testing.T) {
	var l lateOffers
	id := func(i int) call.OfferID { return call.OfferID(fmt.Sprint(i)) }
	for i := range lateKept + 10 {
		l.add(lateOffer{Offer: id(i), Call: "A"})
	}
	require.Empty(t, l.find(id(9)).Call)
	require.Equal(t, call.ID("A"), l.find(id(10)).Call)
	kept := l.inOrder()
	require.Len(t, kept, lateKept)
	require.Equal(t, id(10), kept[0].Offer)
	require.Equal(t, id(lateKept+9), kept[lateKept-1].Offer)
}

func TestRestoreRefusesWhatDoesNotHoldTogether(t *testing.T) {
	e := site(t, Queue{WrapUp: time.Minute})
	o := only[Offer](t, e.Step(monday(), CallQueued{Call: "A", Queue: "q"}))
	e.Step(monday(), OfferAnswered{o.Offer})
	e.Step(monday(), CallQueued{Call: "B", Queue: "q"})
	data, err := e.Snapshot()
	require.NoError(t, err)
	good := string(data)
	_, err = Restore(data)
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"another version":     {`"version":2`, `"version":1`},
		"not JSON":            {`{`, `[`},
		"a queue that is not": {`"queue":"q","entry"`, `"queue":"x","entry"`},
		"an unknown call":     {`"call":"A"`, `"call":"Z"`},
		"an unknown ringer":   {`"ringers":["2"]`, `"ringers":["7"]`},
		"nobody rings":        {`"ringers":["2"]`, `"ringers":[]`},
		"a stage too far":     {`"stage":2`, `"stage":9`},
		"a seat without desk": {`"phone":"3"`, `"phone":""`},
		"a state too many":    {`"state":"announcing"`, `"state":"asleep"`},
		"a desk for two":      {`"phone":"3"`, `"phone":"1"`},
		"ready at a dead one": {`"name":"3","up":true`, `"name":"3","up":false`},
		"a lease without end": {`"timer":`, `"timex":`},
		"not its seat":        {`"seats":["1"]`, `"seats":["3"]`},
		"nothing bound":       {`"seats":["1"]`, `"seats":[]`},
		"talking to nobody":   {`"call":"A"`, `"call":""`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		require.NotEqual(t, good, bad, name)
		_, err := Restore([]byte(bad))
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), "%s: %v", name, err)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		999 * time.Millisecond:      "0 s",
		59 * time.Second:            "59 s",
		time.Minute:                 "1 min",
		65 * time.Second:            "1 min 5 s",
		time.Hour:                   "1 h",
		2*time.Hour + 3*time.Minute: "2 h 3 min",
	} {
		require.Equal(t, want, span(d))
	}
}

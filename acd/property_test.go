package acd

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

// checkedStep is Engine.Step with the naive twin looking over its shoulder at every choice.
func checkedStep(t require.TestingT, e *Engine, now time.Time, in Input) []Effect {
	e.begin(now)
	picks, _ := in.(PickUp)
	may := naivePickUp(e, picks)
	e.take(in)
	if picks.Call != "" {
		require.Equal(t, may, pickedUp(e.out, picks), "%+v", picks)
	}
	e.conclude(func() {
		for {
			c, s := e.next()
			wantC, wantS := naiveNext(e)
			require.Same(t, wantC, c, "the call whose turn it is")
			require.Same(t, wantS, s, "the seat whose turn it is")
			if c == nil {
				break
			}
			e.offer(c, s)
		}
		e.index.settleDown()
	})
	return e.out
}

// TestAnythingGoes throws all kinds of inputs at the engine and checks, after
// every one, that it holds together; and at the end that nobody is stuck.
func TestAnythingGoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		e := New(1)
		p := newProtocol()
		do := func(in Input) {
			effects := checkedStep(t, e, w.now, in)
			w.see(effects)
			p.check(t, in, effects)
			holdsTogether(t, e)
		}
		do(w.rules())
		for _, phone := range []string{"1", "2", "3"} {
			do(PhoneUp{phone})
			do(SeatStateSet{Seat: call.SeatID(phone), State: call.SeatReady})
		}
		for range w.number("steps", 1, 40) {
			w.pass(e)
			do(w.input())
		}
		finish(t, w, e, do)
		p.end(t, e)
		nobodyIsLent(t, e, w.now)
	})
}

func callID(n int) call.ID {
	return call.ID("C" + string([]byte{'0' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10)}))
}

// nobodyIsStuck: no call, no offer, no timer is left, and every seat is what it was asked to be.
func nobodyIsStuck(t require.TestingT, e *Engine) {
	require.Empty(t, e.calls)
	require.Empty(t, e.backs)
	require.Empty(t, e.byNumber)
	require.Empty(t, e.offers)
	for _, s := range e.roster {
		require.Nil(t, s.caller)
		require.Empty(t, s.engaged)
		switch {
		case s.phone == nil:
			require.Equal(t, call.SeatOffline, s.state)
		case !s.phone.works():
			require.Equal(t, call.SeatUnreachable, s.state)
		default:
			require.Equal(t, s.want.State, s.state)
			require.Contains(t, []call.SeatState{call.SeatReady, call.SeatBusy, call.SeatBreak}, s.state)
		}
		require.False(t, s.removed)
		require.False(t, s.phone == nil && s.pause != nil, "who is signed out asks for no break")
	}
}

// holdsTogether checks what must be true between any two steps.
func holdsTogether(t require.TestingT, e *Engine) {
	phones := map[*phone]bool{}
	for _, s := range e.roster {
		require.Same(t, s, e.seats[s.agent.ID])
		require.Equal(t, s.phone == nil, s.state == call.SeatOffline)
		if s.phone != nil {
			require.False(t, phones[s.phone], "two seats at one phone")
			phones[s.phone] = true
			require.Same(t, s, s.phone.seat)
		}
		bound := s.state.InCall() || s.state == call.SeatWrapUp
		engagedHoldsTogether(t, e, s)
		if len(s.engaged) > 0 && s.caller == nil {
			continue
		}
		require.Equal(t, bound, s.caller != nil, "%s is %s", s.agent.ID, s.state)
		require.Equal(t, s.state == call.SeatReady, s.pos != 0, "ready seats and no others are in a heap")
		if s.state == call.SeatReady || s.state == call.SeatOffered {
			require.True(t, s.phone.works(), "nobody is ready at a dead phone")
		}
		if s.state == call.SeatOffered {
			require.Contains(t, s.caller.ringers, s)
			require.Same(t, s, e.offers[s.offer])
			require.NotZero(t, s.timer.pos, "an offer is a lease")
		}
		if s.state == call.SeatWrapUp {
			require.NotZero(t, s.timer.pos, "wrap-up has an end")
		}
		if bound && s.state != call.SeatOffered {
			require.Contains(t, s.caller.seats, s)
		}
	}
	queued := 0
	for _, c := range e.calls {
		callHoldsTogether(t, e, c)
		if c.stage != stageAway {
			queued++
		}
	}
	for _, p := range e.index.supplies {
		require.False(t, p.awake || p.emptied)
	}
	presence(t, e)
	lines(t, e, queued)
	plansHoldTogether(t, e)
	callbacksHoldTogether(t, e)
}

// engagedHoldsTogether: a seat in calls of its own is offered none, rests in nothing else, and they know each other.
func engagedHoldsTogether(t require.TestingT, e *Engine, s *seat) {
	for _, c := range s.engaged {
		require.Contains(t, c.engaged, s)
		require.Same(t, c, e.calls[c.id])
		require.True(t, c.left == 0 || c.guard.pos != 0, "who has left does not keep a seat for good")
	}
	if len(s.engaged) == 0 {
		return
	}
	require.NotEqual(t, call.SeatOffered, s.state)
	require.True(t, s.inTalk() || s.state == call.SeatWrapUp && s.caller != nil, "%s is %s", s.agent.ID, s.state)
	require.Equal(t, s.state == call.SeatReady, s.pos != 0)
}

func callHoldsTogether(t require.TestingT, e *Engine, c *caller) {
	require.True(t, c.stage != stageAway || len(c.seats)+len(c.engaged) > 0, "a call nothing is bound to is forgotten")
	require.Equal(t, c.stage == stageRinging, len(c.ringers) > 0)
	require.Equal(t, c.stage == stageWaiting || naiveMore(c), c.pos != 0)
	if c.stage == stageAway {
		return
	}
	require.Zero(t, c.left, "who has left does not wait")
	require.Same(t, c.set, c.q.sets[needName(c.skills)])
	if c.stage == stageHeld {
		return
	}
	if c.stage == stageRinging {
		require.LessOrEqual(t, len(c.ringers), ringMostLimit)
		require.True(t, !naiveMore(c) || naiveSeat(e, c) == nil, "a call rings at fewer seats than it may")
		return
	}
	require.False(t, c.q.removed)
	divertsNobody(t, e, c)
	waitsForOne(t, e, c)
	require.Nil(t, naiveSeat(e, c), "a call waits that a ready seat may take")
	if c.back != nil {
		return // no overflow rule is for it
	}
	hopeless := true
	for _, s := range e.roster {
		present := s.phone != nil && s.phone.works() && !s.removed
		if present && naiveTier(e, c, s, true) > 0 {
			hopeless = false
		}
	}
	for _, r := range c.q.Overflow {
		if e.leadsSomewhere(c, r.To) && r.asks() {
			due := r.When == WhenNoSeats && hopeless || r.When == WhenWaited && e.now-c.joined >= int64(r.After)
			require.True(t, !due || c.asked, "whoever may be called back is asked")
		} else if e.leadsSomewhere(c, r.To) {
			require.False(t, r.When == WhenNoSeats && hopeless, "a call waits for nobody")
			require.False(t, r.When == WhenWaited && e.now-c.joined >= int64(r.After), "a call waits too long")
		}
	}
}

// waitsForOne checks a call that waits for the agent of the last call alone:
// he may take it and is about to be free, and the time for it has not run out.
func waitsForOne(t require.TestingT, e *Engine, c *caller) {
	require.Equal(t, c.known == nil, c.in != nil, "in one pool")
	if c.known == nil {
		return
	}
	s := c.known
	if c.back != nil {
		require.Equal(t, c.back.taken, s.agent.ID)
		require.True(t, s.expected())
		require.Contains(t, s.knows.items, c)
		return
	}
	require.Equal(t, c.last.Seat, s.agent.ID)
	require.Positive(t, naiveTier(e, c, s, false))
	require.Less(t, e.now-c.joined, int64(c.q.Sticky.Wait))
	require.Contains(t, []call.SeatState{call.SeatOffered, call.SeatAnnouncing, call.SeatTalking, call.SeatHeld, call.SeatWrapUp}, s.state)
	require.Equal(t, call.SeatReady, s.want.State)
	require.True(t, s.phone.works() && !s.removed && !s.unregistered)
	require.Contains(t, s.knows.items, c)
}

// presence counts again what the engine keeps count of.
func presence(t require.TestingT, e *Engine) {
	count := map[*supply]int{}
	for _, s := range e.roster {
		if s.phone != nil && s.phone.works() && !s.removed {
			count[s.class]++
		}
	}
	for _, p := range e.index.supplies {
		require.Equal(t, count[p], p.present)
	}
}

// lines checks that every queue's line holds its calls in the total order.
func lines(t require.TestingT, e *Engine, queued int) {
	require.Empty(t, e.moved)
	for _, q := range e.queues {
		var last *caller
		place := 0
		first := q.line.first()
		require.Equal(t, q.line.len() == 0, first == nil)
		if q.TellNext && first != nil && first.stage == stageWaiting && first.known == nil && q.back.due.position(first) == 1 {
			require.True(t, first.told, "who is next has been told so")
		}
		q.line.each(func(c *caller) {
			place++
			require.Same(t, q, c.q)
			require.Equal(t, place, q.line.position(c))
			require.True(t, place > 1 || c == first)
			require.True(t, last == nil || precedes(e, last, c))
			last = c
		})
		require.Equal(t, place, q.line.len())
		queued -= place + q.back.due.len()
	}
	for _, c := range e.calls {
		if c.stage == stageHeld || c.stage != stageAway && c.q.removed {
			queued--
		}
	}
	require.Zero(t, queued, "a call in a queue is in its line")
}

// protocol watches the effects from outside, as their receivers do.
type protocol struct {
	standing map[call.OfferID]Offer
	seats    map[call.SeatID]call.SeatState
	left     map[call.ID]int    // answers due
	all      map[string]bool    // queues that have had strategy ring_all
	heard    map[string]bool    // urgent prompts, since the call came
	next     map[call.ID]string // the queue in which the call has heard that it is next
	resumed  map[call.ID]int    // by how many calls its place was taken
}

func newProtocol() *protocol {
	return &protocol{standing: map[call.OfferID]Offer{}, seats: map[call.SeatID]call.SeatState{}, left: map[call.ID]int{}, all: map[string]bool{}, next: map[call.ID]string{}, resumed: map[call.ID]int{}, heard: map[string]bool{}}
}

func (p *protocol) check(t *rapid.T, in Input, effects []Effect) {
	if l, ok := in.(CallLeft); ok {
		p.left[l.Call]++
	}
	asked, _ := in.(PlaceAsked)
	if q, ok := in.(CallQueued); ok { // a new journey
		maps.DeleteFunc(p.heard, func(name string, _ bool) bool { return strings.HasPrefix(name, string(q.Call)+"/") })
	}
	var rules Rules
	switch in := in.(type) {
	case RulesChanged:
		rules = in.Rules
	case Began:
		rules = in.Rules
	}
	for _, q := range rules.Queues {
		p.all[q.Name] = p.all[q.Name] || q.Strategy == RingAll
	}
	for i, ef := range effects {
		switch ef := ef.(type) {
		case Offer:
			for _, o := range p.standing {
				require.NotEqual(t, o.Seat, ef.Seat, "two offers to one seat")
				require.True(t, o.Call != ef.Call || p.all[ef.Queue], "one call offered to two seats")
			}
			require.Len(t, string(ef.Offer), 26)
			require.NotContains(t, p.standing, ef.Offer)
			require.NotEmpty(t, ef.Reason)
			require.True(t, ef.PickUp || p.seats[ef.Seat] == call.SeatReady, "who is offered a call is ready, or has asked for it")
			p.standing[ef.Offer] = ef
		case OfferOver:
			require.Contains(t, p.standing, ef.Offer, "an offer ends once")
			delete(p.standing, ef.Offer)
			if ef.Result == call.OfferAnswered {
				require.IsType(t, Connect{}, effects[i+1])
			}
		case PlayUrgent:
			name := string(ef.Call) + "/" + ef.Plan + "/" + ef.Step + "/" + ef.Prompt
			require.False(t, p.heard[name], "an urgent prompt is heard once")
			p.heard[name] = true
		case SeatChanged:
			require.Equal(t, p.seats[ef.Seat], ef.From, "no move of a seat is kept silent")
			p.seats[ef.Seat] = ef.To
		case Queued:
			delete(p.next, ef.Call)
			if ef.Resumed != "" {
				require.Zero(t, p.resumed[ef.Resumed], "a place is taken once")
				p.resumed[ef.Resumed]++
			}
		case CallNext:
			require.NotEqual(t, p.next[ef.Call], ef.Queue, "told once")
			p.next[ef.Call] = ef.Queue
		case PlaceTold:
			require.Equal(t, asked.Call, ef.Call)
			require.GreaterOrEqual(t, ef.Ahead, 0)
			require.True(t, ef.Wait == nil || *ef.Wait >= 0)
		case Forgotten:
			require.Positive(t, p.left[ef.Call], "never without CallLeft")
			p.left[ef.Call]--
		}
	}
}

// end: every offer has ended, every caller who left has been answered, and the
// states told are the states there are.
func (p *protocol) end(t *rapid.T, e *Engine) {
	require.Empty(t, p.standing)
	for id, due := range p.left {
		require.Zero(t, due, "%s: every CallLeft is answered", id)
	}
	for _, s := range e.View().Seats {
		require.Equal(t, p.seats[s.Agent], s.State)
	}
}

// TestReplayAndRestore runs the same inputs through three engines: one that is
// left alone, one that gets them from their JSON, and one that is saved and
// restored again and again. All must say the same to the letter.
func TestReplayAndRestore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		alone, replayed, restored := New(5), New(5), New(5)
		for n := range w.number("steps", 10, 60) {
			in := Input(w.rules())
			if n > 0 {
				w.pass(alone)
				in = w.input()
			}
			if n == 1 || n == 3 || n == 5 {
				in = PhoneUp{string([]byte{'1' + byte(n/2)})}
			}
			want := told(t, alone.Step(w.now, in))
			w.see(alone.out)

			tape, err := json.Marshal(InputEnvelope{Seq: uint64(n), At: w.now, Input: in})
			require.NoError(t, err)
			var v InputEnvelope
			require.NoError(t, json.Unmarshal(tape, &v))
			require.Equal(t, want, told(t, replayed.Step(v.At, v.Input)), "replayed")

			if w.number("restore", 0, 2) == 0 {
				data, err := restored.Snapshot()
				require.NoError(t, err)
				restored, err = Restore(data)
				require.NoError(t, err)
			}
			require.Equal(t, want, told(t, restored.Step(w.now, in)), "restored")
		}
		var ends []string
		for _, e := range []*Engine{alone, replayed, restored} {
			data, err := e.Snapshot()
			require.NoError(t, err)
			ends = append(ends, string(data))
		}
		require.Len(t, slices.Compact(ends), 1)
	})
}

// told is effects as they go over the wire, after going over it once more.
func told(t *rapid.T, effects []Effect) []string {
	var all []string
	for n, ef := range effects {
		data, err := json.Marshal(EffectEnvelope{Seq: uint64(n), Effect: ef})
		require.NoError(t, err)
		var back EffectEnvelope
		require.NoError(t, json.Unmarshal(data, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
		all = append(all, string(data))
	}
	return all
}

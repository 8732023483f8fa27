package acd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"hotline/call"
)

// world makes up a small site and what may happen in it, sensible or not: late
// and doubled news, phones that vanish, rules that change in mid-flight.
type world struct {
	t      *rapid.T
	now    time.Time
	calls  int
	offers []call.OfferID    // seen so far, standing or not
	rings  []call.OfferID    // those that stand
	pairs  []pair            // seats that were connected, over or not
	backs  []call.CallbackID // callbacks asked for, over or not
	tries  []call.ID         // of callbacks whose customer has been dialled
	rung   []call.ID         // of callbacks that have rung at a seat, or do
}

type pair struct {
	call call.ID
	seat call.SeatID
}

func newWorld(t *rapid.T) *world {
	return &world{t: t, now: time.Date(2026, 11, 23, 7, 59, 0, 0, time.UTC)}
}

// draw picks one of a list.
func draw[T any](w *world, what string, of ...T) T {
	return rapid.SampledFrom(of).Draw(w.t, what)
}

func (w *world) number(what string, from, to int) int {
	return rapid.IntRange(from, to).Draw(w.t, what)
}

func (w *world) rules() RulesChanged {
	r := Rules{Revision: w.number("revision", 1, 99)}
	for _, name := range []string{"a", "b", "c"} {
		if w.number("queue "+name, 0, 9) > 0 {
			r.Queues = append(r.Queues, w.queue(name))
		}
	}
	for _, id := range []call.SeatID{"1", "2", "3", "4"} {
		if w.number("agent "+string(id), 0, 9) > 0 {
			r.Agents = append(r.Agents, Agent{
				ID: id, Group: draw(w, "group", "g", "h"), Skills: w.skills("skills", 3),
				ReadyOnRegister: w.number("ready on register", 0, 1) == 0, Weight: w.number("weight", 0, 3),
				ApproveBreaks: w.number("approve breaks", 0, 2) == 0,
			})
		}
	}
	w.plans(&r)
	return RulesChanged{r}
}

func (w *world) skills(what string, most int) map[string]int {
	m := map[string]int{}
	for _, s := range []string{"x", "y"} {
		if n := w.number(what, 0, most); n > 0 {
			m[s] = n
		}
	}
	return m
}

func (w *world) queue(name string) Queue {
	q := Queue{
		Name: name, Groups: draw(w, "groups", []string{"g"}, []string{"h"}, []string{"g", "h"}),
		Strategy: draw(w, "strategy", LongestIdle, RoundRobin, LeastCalls, BestSkill, TopDown, Random, Weighted, RingAll, RingAll),
		RingMost: w.number("ring most", 0, 3),
		Skills:   w.skills("needs", 1), Priority: w.number("priority", 0, 9),
		Target:       time.Duration(w.number("target", 0, 30)) * time.Second,
		OfferTimeout: time.Duration(w.number("offer", 0, 20)) * time.Second,
		WrapUp:       time.Duration(w.number("wrap up", 0, 2)) * 10 * time.Second,
		MaxWaiting:   w.number("max", 0, 3),
		TellNext:     w.number("tell next", 0, 1) == 0,
		ResumeWithin: time.Duration(w.number("resume", 0, 3)) * 10 * time.Second,
	}
	if w.number("sticky", 0, 1) == 0 {
		q.Sticky = &Sticky{Within: time.Minute, Wait: time.Duration(w.number("stick", 0, 30)) * time.Second}
	}
	for range w.number("widens", 0, 2) {
		q.Widen = append(q.Widen, Widen{
			After:  time.Duration(w.number("after", 0, 60)) * time.Second,
			Groups: draw(w, "groups", nil, []string{"g"}, []string{"h"}), Skills: w.skills("needs", 1),
		})
	}
	for range w.number("overflows", 0, 3) {
		q.Overflow = append(q.Overflow, Overflow{
			When:  draw(w, "when", WhenClosed, WhenNoSeats, WhenFull, WhenWaited, WhenWaited, WhenEstimatedWait),
			After: time.Duration(w.number("after", 1, 90)) * time.Second,
			To: draw(w, "to", Target{ToQueue, "a"}, Target{ToQueue, "b"}, Target{ToQueue, "nowhere"},
				Target{ToFlow, "voicemail"}, Target{ToNumber, "139"}, Target{ToSite, "province"}, Target{ToCallback, ""}),
			Ask: w.number("ask", 0, 1) == 0,
		})
	}
	q.Callbacks = w.callbackRules()
	if w.number("calendar", 0, 4) == 0 {
		c, err := hours("8-20")
		if err != nil {
			w.t.Fatal(err)
		}
		q.Hours = c
	}
	return q
}

// input makes up what happens next.
func (w *world) input() Input {
	agent := draw[call.SeatID](w, "agent", "1", "2", "3", "4")
	phone := draw(w, "phone", "1", "2", "3", "4", "desk")
	switch w.number("what", 0, 31) {
	case 29:
		return QueueLeft{w.aCall(), draw(w, "queue", "a", "b", "c"), "voicemail"}
	case 30, 31:
		return PickUp{Call: w.toPick(), Seat: agent, Any: w.number("any", 0, 1) == 0, There: w.number("there", 0, 1) == 0}
	case 27:
		return SeatEngaged{Call: w.aCall(), Seat: agent, Node: "n1"}
	case 28:
		return w.released(agent)
	case 22, 23, 24, 25:
		return w.callbackInput(agent)
	case 26:
		return PlaceAsked{w.aCall()}
	case 20:
		return BreakDecided{Seat: agent, Approve: w.number("approve", 0, 1) == 0, By: "9001"}
	case 21:
		return WrapUpSet{Seat: agent, Minutes: w.number("minutes", -1, 2), By: "9001"}
	case 0:
		return w.rules()
	case 1, 2, 3, 4:
		w.calls++
		return w.enters(call.ID(fmt.Sprintf("C%03d", w.calls)))
	case 5:
		return CallLeft{w.aCall()}
	case 6:
		return w.enters(w.aCall())
	case 7, 8, 9:
		return OfferAnswered{w.anOffer()}
	case 10:
		return draw[Input](w, "news", OfferRefused{w.anOffer()}, OfferUnreachable{w.anOffer(), "480"})
	case 11, 12:
		p := w.aPair()
		return draw[Input](w, "talk", CallConnected{p.call, p.seat}, SeatHeld{p.call, p.seat}, SeatResumed{p.call, p.seat})
	case 13, 14:
		p := w.aPair()
		return SeatLegEnded{Call: p.call, Seat: p.seat}
	case 15:
		return DispositionSet{w.aCall()}
	case 16, 17:
		return SeatStateSet{
			Seat: agent, State: draw(w, "state", call.SeatReady, call.SeatReady, call.SeatBusy, call.SeatBreak, call.SeatOffline),
			Forced: w.number("forced", 0, 2) == 0, Minutes: w.number("minutes", 0, 1),
			Phone: draw(w, "at", "", "", phone), Reason: draw(w, "reason", "", "lunch"),
		}
	case 18:
		return PhoneUp{phone}
	}
	if w.number("force", 0, 2) == 0 {
		return w.force()
	}
	if w.number("down", 0, 1) == 0 {
		return PhoneUp{phone}
	}
	return PhoneDown{phone, "gone"}
}

// released ends an engagement, most of the time one there may be.
func (w *world) released(seat call.SeatID) SeatReleased {
	return SeatReleased{Call: w.aCall(), Seat: seat, WrapUp: time.Duration(w.number("wrap up", 0, 1)) * 10 * time.Second}
}

func (w *world) enters(id call.ID) CallQueued {
	in := CallQueued{
		Call: id, Queue: draw(w, "queue", "a", "b", "c"), Priority: draw(w, "priority", 0, 0, 0, 9, -3),
		Node: "n1", Skills: map[string]int{}, Caller: call.Caller{Number: w.aNumber()},
	}
	if w.number("extra", 0, 3) == 0 {
		in.Skills = w.skills("extra", 2)
	}
	if w.number("known", 0, 2) == 0 {
		in.Sticky = LastSeat{draw[call.SeatID](w, "last", "1", "2", "3", "4", "nobody"), w.now.Add(-time.Duration(w.number("ago", 0, 90)) * time.Second)}
	}
	if w.number("back", 0, 4) == 0 {
		in.Entry = w.now.Add(-time.Duration(w.number("earlier", 0, 100)) * time.Second)
		in.Return = w.number("return", 0, 1) == 0
	}
	if w.number("in vain", 0, 4) == 0 { // back from a number or a site
		in.Failed = []Target{draw(w, "tried", Target{ToNumber, "139"}, Target{ToSite, "province"}, Target{ToFlow, "voicemail"})}
		if in.Return {
			in.Joined = in.Entry
		}
	}
	return in
}

func (w *world) aCall() call.ID {
	return call.ID(fmt.Sprintf("C%03d", w.number("call", max(0, w.calls-6), w.calls)))
}

// toPick is a call that somebody may want to pick up.
func (w *world) toPick() call.ID {
	if len(w.rung) > 0 && w.number("callback", 0, 1) == 0 {
		return w.rung[len(w.rung)-1-w.number("rung", 0, min(1, len(w.rung)-1))]
	}
	return w.aCall()
}

func (w *world) anOffer() call.OfferID {
	if len(w.offers) == 0 {
		return "none"
	}
	if len(w.rings) > 0 && w.number("standing", 0, 4) > 0 {
		return draw(w, "ring", w.rings...)
	}
	return w.offers[len(w.offers)-1-w.number("offer", 0, min(3, len(w.offers)-1))]
}

func (w *world) aPair() pair {
	if len(w.pairs) == 0 {
		return pair{"none", "1"}
	}
	return w.pairs[len(w.pairs)-1-w.number("pair", 0, min(2, len(w.pairs)-1))]
}

// pass lets time go by: none, some, or exactly to the next deadline.
func (w *world) pass(e *Engine) {
	if at, ok := e.Deadline(); ok && at.After(w.now) && w.number("to the deadline", 0, 3) == 0 {
		w.now = at
		return
	}
	w.now = w.now.Add(time.Duration(draw(w, "seconds", 0, 0, 1, 2, 5, 11)) * time.Second)
}

func (w *world) see(effects []Effect) {
	for _, ef := range effects {
		switch ef := ef.(type) {
		case Offer:
			w.offers, w.rings = append(w.offers, ef.Offer), append(w.rings, ef.Offer)
			if ef.Callback != "" {
				w.rung = append(w.rung, ef.Call)
			}
		case OfferOver:
			w.rings = slices.DeleteFunc(w.rings, func(o call.OfferID) bool { return o == ef.Offer })
		case Connect:
			w.pairs = append(w.pairs, pair{ef.Call, ef.Seat})
		case CallbackMoved:
			if ef.State == call.CallbackDialling {
				w.tries = append(w.tries, ef.Call)
			}
		}
	}
}

// The naive twin: the same questions answered by looking at everything.

// naiveTier is how near a seat is to a call: 0 not at all, 1 lent, 2 widened, 3 home.
// ever asks whether it can become so by a later widen step.
func naiveTier(e *Engine, c *caller, s *seat, ever bool) int {
	fits := func(groups []string, needs ...map[string]int) bool {
		if !slices.Contains(groups, s.agent.Group) {
			return false
		}
		for _, need := range needs {
			for skill, level := range need {
				if s.agent.Skills[skill] < level {
					return false
				}
			}
		}
		return true
	}
	q := c.q.Queue
	if fits(q.Groups, q.Skills, c.skills) {
		return 3
	}
	for _, w := range q.Widen {
		groups := w.Groups
		if len(groups) == 0 {
			groups = q.Groups
		}
		due := ever || e.now-c.joined >= int64(w.After)
		if due && fits(groups, w.Skills, c.skills) {
			return 2
		}
	}
	if naiveLent(e, c.q, s) && fits([]string{s.agent.Group}, q.Skills, c.skills) {
		return 1
	}
	return 0
}

// naiveNext goes through all waiting calls in the total order, and for each
// through all ready seats.
func naiveNext(e *Engine) (*caller, *seat) {
	var first *caller
	var best *seat
	for _, c := range e.calls {
		if c.stage != stageWaiting || c.q.removed {
			continue
		}
		if first != nil && !precedes(e, c, first) {
			continue
		}
		if s := naiveSeat(e, c); s != nil {
			first, best = c, s
		}
	}
	if first != nil {
		return first, best
	}
	for _, c := range e.calls { // then those that ring, and may ring at more seats
		if !naiveMore(c) || first != nil && !precedes(e, c, first) {
			continue
		}
		if s := naiveSeat(e, c); s != nil {
			first, best = c, s
		}
	}
	return first, best
}

// naiveMore tells whether a call rings and may ring at more seats.
func naiveMore(c *caller) bool {
	if c.stage != stageRinging {
		return false
	}
	most := c.q.RingMost
	if most == 0 {
		most = 5
	}
	return c.q.Strategy == RingAll && !c.alone && c.back == nil && len(c.ringers) < most
}

func precedes(e *Engine, a, b *caller) bool {
	key := func(c *caller) int64 {
		if c.back != nil && c.back.lost {
			return lostLast + c.entry/2
		}
		return c.entry + int64(c.q.Target) - int64(naiveLift(e, c))*int64(c.q.credit())
	}
	if key(a) != key(b) {
		return key(a) < key(b)
	}
	if a.entry != b.entry {
		return a.entry < b.entry
	}
	return a.id < b.id
}

// naiveSeat goes through all seats: the ready ones that are nearest, of these the strategy's choice.
func naiveSeat(e *Engine, c *caller) *seat {
	if c.known != nil {
		if c.known.state != call.SeatReady {
			return nil
		}
		return c.known
	}
	var nearest []*seat
	tier := 1
	for _, id := range slices.Sorted(maps.Keys(e.seats)) {
		s := e.seats[id]
		t := naiveTier(e, c, s, false)
		if s.state != call.SeatReady || t < tier {
			continue
		}
		if t > tier {
			nearest, tier = nil, t
		}
		nearest = append(nearest, s)
	}
	if len(nearest) == 0 {
		return nil
	}
	if c.q.Strategy.lots() {
		return naiveLot(e, c, nearest)
	}
	slices.SortStableFunc(nearest, func(a, b *seat) int {
		return cmp.Or(naiveKey(e, c, a)-naiveKey(e, c, b), cmp.Compare(a.idle, b.idle))
	})
	return nearest[0]
}

// naiveKey is what a strategy goes by; less is better.
func naiveKey(e *Engine, c *caller, s *seat) int {
	switch c.q.Strategy {
	case RoundRobin:
		return int(s.turn)
	case LeastCalls:
		return int(s.calls)
	case TopDown:
		return s.rank
	case BestSkill:
		return -naiveGrade(e, c, s)
	case LongestIdle, Random, Weighted, RingAll:
	}
	return 0
}

// naiveGrade is the mean level in what is asked for by the first pool in force that the seat is in.
func naiveGrade(e *Engine, c *caller, s *seat) int {
	for i, a := range c.q.alternatives(c.skills) {
		if i > 0 && e.now-c.joined < int64(c.q.Widen[i-1].After) {
			continue
		}
		sum := 0
		for skill := range a.need {
			sum += s.agent.Skills[skill]
		}
		if slices.Contains(a.groups, s.agent.Group) && passes(s.agent.Skills, a.need) {
			return sum * 60 / max(1, len(a.need))
		}
	}
	sum, need := 0, c.q.alternatives(c.skills)[0].need // else it is lent, under the queue's own skills
	for skill := range need {
		sum += s.agent.Skills[skill]
	}
	return sum * 60 / max(1, len(need))
}

// naivePickUp tells whether a seat may have the call that it wants.
func naivePickUp(e *Engine, in PickUp) bool {
	s, c := e.seats[in.Seat], e.calls[in.Call]
	if s == nil || s.phone == nil || s.removed || s.unregistered || s.want.State == call.SeatOffline || c == nil {
		return false
	}
	if c.back != nil && (len(c.ringers) == 0 || c.back.taken != "" && c.back.taken != s.agent.ID) {
		return false
	}
	free := slices.Contains([]call.SeatState{call.SeatReady, call.SeatBusy, call.SeatBreak, call.SeatOffered, call.SeatUnreachable, call.SeatWrapUp}, s.state)
	there := in.There || s.phone.works() && s.caller != c
	if s.state == call.SeatWrapUp {
		there = in.There || s.phone.works()
	}
	waits := c.stage == stageWaiting || c.stage == stageRinging && !c.picked
	return free && len(s.engaged) == 0 && there && waits && (in.Any || naiveTier(e, c, s, true) > 0)
}

// pickedUp tells that effects give the seat the call it wants, and to nobody else; else they say once that they don't.
func pickedUp(effects []Effect, in PickUp) bool {
	offers, refusals := 0, 0
	for _, ef := range effects {
		switch ef := ef.(type) {
		case Offer:
			if ef.PickUp && ef.Call == in.Call && ef.Seat == in.Seat {
				offers++
			}
		case Rejected:
			if ef.Input == in.Kind() && ef.Call == in.Call && ef.Seat == in.Seat && ef.Words != "" {
				refusals++
			}
		}
	}
	if offers+refusals != 1 {
		panic("a pick-up is answered once")
	}
	return offers == 1
}

// naiveLot puts every lot on the table, supply by supply, and takes the one drawn.
func naiveLot(e *Engine, c *caller, of []*seat) *seat {
	var table []*seat
	for _, l := range c.in.supplies {
		for _, s := range of {
			n := 1
			if c.q.Strategy == Weighted {
				n = max(1, s.agent.Weight)
			}
			if s.class == l.supply {
				table = append(table, slices.Repeat([]*seat{s}, n)...)
			}
		}
	}
	return table[e.lot(len(table))]
}

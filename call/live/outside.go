package live

import (
	"slices"
	"time"

	"hotline/call"
)

// ringTime is how long a number may ring that an overflow rule calls.
const ringTime = 45 * time.Second

// outside is the leg to an outside number, or another site, of which a call has
// at most one: being called (StageDialling), or talking to the caller (StageOutside).
type outside struct {
	legID  call.LegID
	leg    Leg
	number string
	site   string
	trunk  string
	joined bool // it is heard, perhaps before the answer
	talk   bool // before the answer it may hear as well
	record bool
	timer  *time.Timer // until the answer

	from      *Overflowed // the rule that asked for it; nil: a flow did
	token     uint64      // of the flow's verb
	xfer      bool        // a seat has handed the caller to it
	seat      call.SeatID // who hands him over, or asks: what that seat, or phone, may dial counts
	phone     string
	forwarded bool // a phone that did not take the call forwards it
	ringback  bool // the caller hears it from when the number rings
	asked     bool // a seat asks it something: it is shown our number, not the caller's
}

func (o *outside) timerC() <-chan time.Time {
	if o == nil {
		return nil
	}
	return fires(o.timer)
}

func (o *outside) stopTimer() {
	disarm(&o.timer)
}

// dialFor calls the number or site that a queue's rule names. The caller goes on
// waiting meanwhile: he has left the queue when somebody has answered, and not before.
func (a *Actor) dialFor(m Overflowed) {
	if a.wait.queue != m.From || !a.wait.placed { // turned away at the door: he waits for the number
		a.emit(call.Queued{Queue: m.From, Entry: m.Place.Entry, Priority: m.Place.Priority, Skills: a.wait.skills, Reason: m.Reason})
	}
	a.wait.queue, a.wait.entry, a.wait.priority, a.wait.placed = m.From, m.Place.Entry, m.Place.Priority, true
	a.enter(StageDialling)
	a.music(m.From)
	o := &outside{number: m.Number, site: m.Site, from: &m, record: a.deps.House.Queue(m.From).RecordOutside}
	a.dial(o, Outcall{Trunk: a.brief.Incoming.Trunk}, ringTime, m.From, m.Reason)
}

// dialByFlow calls the number or site that a flow transfers the caller to.
func (a *Actor) dialByFlow(v call.FlowDial) {
	a.flow.stopTimer()
	a.flow.play = 0
	a.enter(StageDialling)
	if v.Music != "" {
		a.deps.Player.Play(a.caller.id, []string{v.Music}, true)
	}
	o := &outside{number: v.Number, site: v.Site, token: v.Token, record: v.Record, ringback: v.Ringback}
	c := Outcall{Trunk: v.Trunk, Only: v.Trunk != ""}
	if v.Trunk == "" {
		c.Trunk = a.brief.Incoming.Trunk
	}
	a.dial(o, c, v.Timeout, "", "the flow transfers the caller")
}

// dial sends the call out. c says by which trunk.
func (a *Actor) dial(o *outside, c Outcall, most time.Duration, queue, reason string) {
	o.legID = a.deps.IDs.Leg()
	if o.number == "" {
		o.number = a.brief.Called
	}
	a.out = o
	a.emit(call.Dialled{Leg: o.legID, Number: o.number, Site: o.site, Queue: queue, Reason: reason})
	a.flush()
	if err := a.send(o, c); err != nil {
		a.dialFailed(call.DialFailed, 0, err.Error())
		return
	}
	o.timer = time.NewTimer(most)
}

// send calls the number.
func (a *Actor) send(o *outside, c Outcall) (err error) {
	in := a.brief.Incoming
	c.Call, c.Leg, c.Number, c.Site, c.Codec = a.ID(), o.legID, o.number, o.site, a.caller.spec.Codec
	c.Comfort = a.caller.spec.Comfort != 0
	c.Shown = call.Shown{Number: a.brief.Caller.Number, Private: in.Private}
	c.Seat, c.Phone = o.seat, o.phone
	if o.asked {
		c.Shown = call.Shown{Number: a.brief.Called}
	}
	c.Called, c.Forwarding, c.PASSporT = a.brief.Called, in.Forwarding, in.PASSporT
	if o.site != "" {
		c.Handover, err = a.handover()
	}
	if err == nil {
		o.leg, o.trunk, err = a.deps.Lines.Dial(c)
	}
	return err
}

// handover is what another site is told of the call's place.
func (a *Actor) handover() (*call.Handover, error) {
	h := &call.Handover{ID: a.ID(), Entry: a.wait.entry, Priority: max(a.wait.priority, 1), Hops: 1}
	if h.Entry.IsZero() {
		h.Entry = time.Now()
	}
	if was := a.brief.Incoming.Handover; was != nil {
		h.ID, h.Hops = was.ID, was.Hops+1
	}
	if h.Hops > call.MaxHops {
		return nil, call.Errorf(call.CodeConflict, "the call has passed %d sites already", call.MaxHops)
	}
	return h, nil
}

// inDialling waits for what becomes of the number.
func (a *Actor) inDialling(m Message) {
	news, ok := m.(LegNews)
	if !ok {
		return
	}
	if a.out == nil || news.Leg != a.out.legID {
		a.seatWaits(news)
		return
	}
	switch ev := news.Event.(type) {
	case call.LegRinging:
		a.rings(a.out.ringback && !a.out.joined)
		a.out.ringback = false
	case call.LegEarly:
		a.negotiated(news.Leg, ev.Media)
		a.out.talk = ev.Talk
		a.joinOutside()
	case call.LegAnswered:
		if ev.Media != nil {
			a.negotiated(news.Leg, *ev.Media)
		}
		a.accept()
		a.outsideAnswered()
	case call.LegFailed:
		a.dialFailed(ev.Dial, ev.Status, ev.Words)
	case call.LegEnded:
		a.dialFailed(call.DialFailed, 0, "the leg ended before an answer")
	}
}

// joinOutside lets the two hear each other, once.
func (a *Actor) joinOutside() {
	if a.out.joined {
		return
	}
	a.out.joined = true
	if a.unaccepted && a.deps.Leg != nil { // a phone of ours whose call is forwarded there
		a.deps.Leg.Progress(183, a.local)
	}
	a.deps.Player.Stop(a.caller.id)
	a.arrange()
}

// outsideAnswered is the moment the wait is over.
func (a *Actor) outsideAnswered() {
	o := a.out
	o.stopTimer()
	if m := o.from; m != nil {
		a.emit(call.LeftQueue{Queue: m.From, Rule: m.Rule, To: m.target(), Reason: m.Reason})
	}
	a.emit(call.DialEnded{Leg: o.legID, Number: o.number, Trunk: o.trunk, Result: call.DialAnswered, Status: 200, Reason: "answered"})
	a.tellReferrer(200, "")
	if old := a.current(); old != nil { // who hands him on, and has waited for it
		a.seatOut(old, "the caller is with "+o.number)
	}
	a.enter(StageOutside)
	a.flush()
	a.recordOutside(o)
	a.joinOutside()
}

// dialTimedOut ends the ringing.
func (a *Actor) dialTimedOut() {
	a.dialFailed(call.DialNoAnswer, 0, "nobody answered in time")
}

// dialFailed takes the caller back: to the queue in his place, where the target
// is passed over from now on, or to the flow.
func (a *Actor) dialFailed(result call.DialResult, status int, words string) {
	o := a.out
	a.emit(call.DialEnded{Leg: o.legID, Number: o.number, Trunk: o.trunk, Result: result, Status: status, Reason: words})
	a.dropOutside(call.CauseOfferEnded)
	if o.forwarded {
		a.askFailed(call.OfferNoAnswer, words)
		return
	}
	if o.xfer {
		a.comeBack(words)
		return
	}
	if o.from == nil {
		a.backToFlow(call.FlowDialled{Token: o.token, Result: result, Words: words})
		return
	}
	a.backFrom(*o.from)
}

// backFrom queues the caller again where an overflow took him away in vain.
func (a *Actor) backFrom(m Overflowed) {
	a.wait.failed = append(slices.Clone(a.wait.failed), OverflowTarget{Number: m.Number, Site: m.Site})
	e := Entry{
		Queue: m.From, Skills: a.wait.skills, Priority: a.wait.priority, Entry: a.wait.entry,
		Caller: a.brief.Caller, Failed: a.wait.failed,
	}
	if !m.AtDoor {
		e.Return, e.Joined = true, m.Place.Joined
	}
	a.route(e)
}

// inOutside is the conversation with the outside party.
func (a *Actor) inOutside(m Message) {
	switch m := m.(type) {
	case SoundNews:
		if _, silent := m.Event.(call.SoundTimeout); !silent {
			return
		}
		switch m.Leg {
		case a.out.legID:
			a.outsideGone(call.CauseMediaTimeout, false, "no sound came any more")
		case a.caller.id:
			a.end(ending{by: call.PartySystem, cause: call.CauseMediaTimeout, words: "the caller's side sent no sound any more"})
		}
	case LegNews:
		if m.Leg != a.out.legID {
			return
		}
		switch ev := m.Event.(type) {
		case call.LegChanged:
			a.negotiated(m.Leg, ev.Media)
		case call.LegEnded:
			a.outsideGone(ev.Cause, ev.ByPeer, "")
		}
	}
}

// outsideGone ends the outside party's part. One that hung up has served the
// caller: a flow goes on, a queue's overflow ends the call. One that was lost costs
// the caller nothing but the way back to his place in the queue.
func (a *Actor) outsideGone(cause call.Cause, hungUp bool, words string) {
	o := a.out
	a.outsideLeft(ending{by: call.PartySystem, cause: cause, words: words})
	switch {
	case o.xfer && (hungUp || a.wait.queue == ""):
		a.backToFlow(call.FlowServed{})
	case o.xfer:
		a.requeue()
	case o.from == nil && hungUp:
		a.backToFlow(call.FlowDialled{Token: o.token, Result: call.DialAnswered, Words: "the outside party hung up"})
	case o.from == nil:
		a.backToFlow(call.FlowDialled{Token: o.token, Result: call.DialFailed, Words: "the outside party's line was lost"})
	case hungUp:
		a.end(ending{by: call.PartySystem, cause: call.CauseNormal, words: "the outside party hung up"})
	default:
		a.backFrom(*o.from)
	}
}

// outsideLeft is the end of the outside party's part, whoever ended it.
func (a *Actor) outsideLeft(e ending) {
	o := a.out
	a.emit(call.OutsideLeft{Leg: o.legID, Number: o.number, By: e.by, Cause: e.cause, Reason: e.words})
	a.flush()
	a.endRecording()
	a.dropOutside(call.CauseNormal)
}

// queue is whose rule led outside; empty: a flow did.
func (o *outside) queue() string {
	if o.from == nil {
		return ""
	}
	return o.from.From
}

// leaveOutside is the caller's end while there is an outside leg.
func (a *Actor) leaveOutside(e ending) {
	switch {
	case a.out == nil:
	case a.stage == StageOutside:
		a.outsideLeft(ending{by: e.by, cause: e.cause, words: e.words})
	default:
		a.emit(call.DialEnded{
			Leg: a.out.legID, Number: a.out.number, Trunk: a.out.trunk, Result: call.DialCancelled, Reason: "the caller has left",
		})
		a.dropOutside(call.CauseCallerGone)
	}
}

// dropOutside ends the leg and gives its ports and line back.
func (a *Actor) dropOutside(cause call.Cause) {
	o := a.out
	a.out = nil
	a.flush()
	o.stopTimer()
	a.arrange()
	if o.leg != nil {
		o.leg.End(cause)
	}
	a.closeSound(o.legID)
}

// recordOutside records caller and outside party from the answer, if the rule or the flow says so; a recording
// that a seat's part began goes on when a seat has handed the caller over, else it ends here.
func (a *Actor) recordOutside(o *outside) {
	switch {
	case a.records.now == "" && o.record:
		a.records.rule = RecordingRule{Record: true, Asked: true}
		_ = a.record("", o.queue(), "", o.legID)
	case a.records.now != "" && !o.xfer && !o.record:
		a.endRecording()
	default:
		a.recordRight(o.legID)
	}
}

package live

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

const (
	// shiftMailbox is what may wait for a shift. Each message counts, there are few: a full one is waited for (Tell).
	shiftMailbox = 32
	// shiftGoodbye bounds the end of a shift: a BYE without an answer is given up after 32 s (RFC 3261 17.1.2.2).
	shiftGoodbye = 40 * time.Second
)

// ShiftBrief is what a shift is about.
type ShiftBrief struct {
	ID    call.ID     // its line, ports and engagement go by it; there is no call of this id and no record
	Seat  call.SeatID // the supervisor's
	Phone string      // the supervisor's, which is rung once
	Of    call.SeatID // the agent who is followed
}

// ShiftDeps are the rooms a shift works with.
type ShiftDeps struct {
	Media    Media
	Bridge   Bridge
	Phones   Phones
	Router   Router
	Exchange Exchange
	IDs      IDs
	Log      *zap.Logger
	// In is told which call the line goes to, empty when it is back; Over why the shift is over, once. Both are called
	// on the shift's goroutine.
	In   func(call.ID)
	Over func(words string)
}

// shiftState is where a shift's line is.
type shiftState uint8

const (
	shiftRings   shiftState = iota // the phone rings
	shiftHere                      // between calls, silent: the shift owns it
	shiftAway                      // a call owns it, or it is on the way there or back
	shiftLeaving                   // CANCEL or BYE is out
	shiftOver
)

// Shift holds the line of a supervisor who follows an agent from call to call (全程监听), between the calls. It
// lends the line to the call that asks (Borrow, Lent) and has it back from there (Returned); who has the line is
// told of its end. All below the mailbox belongs to its goroutine. docs/people.md draws it.
type Shift struct {
	brief ShiftBrief
	deps  ShiftDeps
	mailbox

	state shiftState
	legID call.LegID
	leg   Leg
	at    call.ID // away: the call that was given the line
	wants call.ID // the call that has asked and waits for it
	words string  // why the shift is to end; empty: it is not
	timer *time.Timer
}

// NewShift makes a shift. Begin rings; if it does not fail, Run is for a goroutine of its owner.
func NewShift(b ShiftBrief, d ShiftDeps) *Shift {
	s := &Shift{brief: b, deps: d}
	s.mailbox = newMailbox(shiftMailbox, s.late)
	return s
}

// ID is what calls borrow the line by.
func (s *Shift) ID() call.ID { return s.brief.ID }

// LegEvent takes an event of the line's dialog, while it is the shift's.
func (s *Shift) LegEvent(leg call.LegID, ev call.LegEvent) { s.Tell(LegNews{leg, ev}) }

// SoundEvent takes an event in its sound: none matters, not even silence, for the supervisor may have muted himself.
func (s *Shift) SoundEvent(call.LegID, call.SoundEvent) {}

// Begin rings the supervisor's phone; the error says why it can't be rung, and there is nothing to run.
func (s *Shift) Begin() error {
	s.deps.Router.Engage(s.brief.Seat)
	s.legID = s.deps.IDs.Leg()
	leg, err := s.deps.Phones.Ring(Invite{
		Call: s.brief.ID, Leg: s.legID, Seat: s.brief.Seat, Phone: s.brief.Phone, Caller: call.Caller{Number: string(s.brief.Of)}, Own: true,
	})
	if err != nil {
		s.deps.Router.Release(s.brief.Seat, 0)
		close(s.done)
		s.unheard()
		return call.Errorf(call.CodeConflict, "phone %s can't be rung: %w", s.brief.Phone, err)
	}
	s.leg, s.timer = leg, time.NewTimer(seatRings)
	return nil
}

// Run lives the shift and returns when it is over.
func (s *Shift) Run() {
	defer func() {
		close(s.done)
		s.unheard()
	}()
	for s.state != shiftOver {
		select {
		case m := <-s.mail:
			s.handle(m)
		case <-fires(s.timer):
			s.timedOut()
		}
	}
}

func (s *Shift) handle(m Message) {
	switch m := m.(type) {
	case Borrow:
		s.borrow(m.By)
		return
	case ShiftEnd:
		s.end(m.Words)
		return
	case Leave:
		s.leave()
		return
	}
	if news, ok := m.(LegNews); ok && news.Leg != s.legID { // of one whose place another has taken
		return
	}
	if t, ok := m.(TakenOver); ok {
		t.answer(s.takenOver(t))
		return
	}
	switch s.state {
	case shiftRings:
		s.inRings(m)
	case shiftHere:
		s.inHere(m)
	case shiftAway:
		s.inAway(m)
	case shiftLeaving:
		s.inLeaving(m)
	case shiftOver:
	}
}

// inRings waits for the supervisor to pick up.
func (s *Shift) inRings(m Message) {
	news, ok := m.(LegNews)
	if !ok {
		return
	}
	switch ev := news.Event.(type) {
	case call.LegAnswered:
		disarm(&s.timer)
		if ev.Media != nil {
			s.deps.Media.Negotiated(s.legID, *ev.Media)
		}
		s.here()
	case call.LegFailed:
		s.over(ev.Words)
	case call.LegEnded:
		s.over("the leg ended before an answer")
	}
}

// here has the line wait for a call, unless one waits for the line. It is fed silence: phones and borders hang up
// on a line that nothing comes by.
func (s *Shift) here() {
	s.state = shiftHere
	if by := s.wants; by != "" {
		s.wants = ""
		s.lend(by)
		return
	}
	s.deps.In("")
	s.deps.Bridge.Arrange([]Hearing{{Leg: s.legID}})
}

// inHere is the time between calls.
func (s *Shift) inHere(m Message) {
	news, ok := m.(LegNews)
	if !ok {
		return
	}
	switch ev := news.Event.(type) {
	case call.LegAnswered: // the line is back from a call: what may have changed on the way
		if ev.Media != nil {
			s.deps.Media.Negotiated(s.legID, *ev.Media)
		}
	case call.LegChanged:
		s.deps.Media.Negotiated(s.legID, ev.Media)
	case call.LegRefer:
		if r, ok := s.leg.(referrer); ok {
			r.Referred(ev.Event, 486, "this phone talks to nobody it could hand on")
		}
	case call.LegEnded:
		s.over("hung up")
	}
}

// inAway waits for the line. What is still told of it here is told the next owner again, by Adopt.
func (s *Shift) inAway(m Message) {
	r, ok := m.(Returned)
	switch {
	case !ok:
	case r.Gift == nil:
		s.over(r.Words)
	case s.words == "" && s.wants != "": // straight into the next call
		s.took(r.Gift)
		s.at, s.wants = s.wants, ""
		s.deps.In(s.at)
		s.send(r.Gift, s.at)
	default:
		s.took(r.Gift)
		s.deps.Exchange.Land(r.Gift.ID, r.Gift.Leg, r.Gift.sound, true)
		if s.words != "" {
			s.hangUp()
			return
		}
		s.here()
	}
}

// took notes which leg the line has by now: in the call another may have taken its place (RFC 3891).
func (s *Shift) took(g *Gift) { s.legID, s.leg, s.brief.Phone = g.ID, g.Leg, g.Phone }

// takenOver has the line go on by another dialog of the supervisor's, as of a page that was reloaded, or at another phone
// of his (RFC 3891). In a call, the call does so.
func (s *Shift) takenOver(m TakenOver) error {
	own := m.Phone == s.brief.Phone || m.By == s.brief.Seat || m.Phone == string(s.brief.Seat)
	switch {
	case s.state != shiftHere || m.Here.Incoming.EarlyOnly:
		return call.Errorf(call.CodeConflict, "the line rings, or is on its way")
	case m.Old != s.legID:
		return call.Errorf(call.CodeNotFound, "that phone is not on the line any more")
	case !own:
		return call.Errorf(call.CodeForbidden, "only supervisor %s may take this line over", s.brief.Seat)
	}
	local, err := s.deps.Phones.Lease(m.Here.Incoming.Leg, m.Phone)
	if err != nil {
		return call.Errorf(call.CodeCapacity, "no port is free: %w", err)
	}
	old, oldID := s.leg, s.legID
	s.took(&Gift{ID: m.Here.Incoming.Leg, Leg: m.Here.Leg, Phone: m.Phone})
	if offer := m.Here.Incoming.Offer; offer != nil {
		s.deps.Media.Negotiated(s.legID, *offer)
	}
	s.leg.Accept(local)
	s.deps.Bridge.Arrange([]Hearing{{Leg: s.legID}})
	old.End(call.CauseTransferred)
	s.deps.Media.Close(oldID)
	return nil
}

// inLeaving waits for the end of the dialog.
func (s *Shift) inLeaving(m Message) {
	news, ok := m.(LegNews)
	if !ok {
		return
	}
	switch news.Event.(type) {
	case call.LegFailed, call.LegEnded:
		s.over(s.words)
	}
}

// borrow gives the line to a call, now or as soon as it can be given. The newest call has it.
func (s *Shift) borrow(by call.ID) {
	switch {
	case s.words != "" || s.state == shiftLeaving:
		s.refuse(by)
	case s.state == shiftHere:
		s.lend(by)
	default:
		if s.wants != by {
			s.refuse(s.wants)
		}
		s.wants = by
		if s.state == shiftAway && s.at != by {
			s.recall()
		}
	}
}

// lend has the line go over to a call.
func (s *Shift) lend(to call.ID) {
	s.state, s.at = shiftAway, to
	s.deps.In(to)
	s.deps.Bridge.Arrange(nil)
	g := &Gift{From: s.brief.ID, ID: s.legID, Leg: s.leg, Seat: s.brief.Seat, Phone: s.brief.Phone}
	s.deps.Exchange.Lift(s.legID, func(sound any) {
		g.sound = sound
		s.send(g, to)
	})
}

// send hands the line to a call; one that is gone has returned it. It may be called from any goroutine.
func (s *Shift) send(g *Gift, to call.ID) {
	if s.deps.Exchange.Tell(to, Lent{Shift: s.brief.ID, Gift: g}) {
		return
	}
	if r := (Returned{Gift: g}); !s.Tell(r) {
		s.late(r)
	}
}

// recall asks the call for the line. One that has no longer anything to do with it has sent it back already.
func (s *Shift) recall() {
	reply := make(chan error, 1) // one fits: nobody waits for it
	s.deps.Exchange.Tell(s.at, Unsupervise{By: s.brief.Seat, Reply: reply})
}

// refuse tells a call that it does not get the line.
func (s *Shift) refuse(by call.ID) {
	if by != "" {
		s.deps.Exchange.Tell(by, Lent{Shift: s.brief.ID})
	}
}

// end hangs up, as soon as the line is here.
func (s *Shift) end(words string) {
	if s.words != "" {
		return
	}
	s.words = words
	s.refuse(s.wants)
	s.wants = ""
	disarm(&s.timer)
	s.timer = time.NewTimer(shiftGoodbye)
	if s.state == shiftAway {
		s.recall()
		return
	}
	s.hangUp()
}

func (s *Shift) hangUp() {
	cause := call.CauseNormal
	if s.state == shiftRings {
		cause = call.CauseOfferEnded
	}
	s.state = shiftLeaving
	s.leg.End(cause)
}

// timedOut is a phone that nobody picks up, or a far end that is not there to answer the BYE.
func (s *Shift) timedOut() {
	disarm(&s.timer)
	if s.words == "" {
		s.end("nobody answered in time")
		return
	}
	s.over(s.words)
}

// leave is the end at once: the node has no more time.
func (s *Shift) leave() {
	if s.state != shiftAway {
		s.leg.End(call.CauseShutdown)
	}
	s.over("the node stops")
}

// over is the one way out.
func (s *Shift) over(words string) {
	if s.state != shiftAway { // else whoever has the line sees to it
		s.deps.Bridge.Arrange(nil)
		s.deps.Media.Close(s.legID)
	}
	disarm(&s.timer)
	s.state = shiftOver
	s.refuse(s.wants)
	s.deps.Router.Release(s.brief.Seat, 0)
	s.deps.Over(words)
}

// late answers one message that came too late: no call waits for the line, and no line is left open.
func (s *Shift) late(m Message) {
	switch m := m.(type) {
	case Borrow:
		s.refuse(m.By)
	case TakenOver:
		m.answer(call.Errorf(call.CodeNotFound, "the line is no more"))
	case Returned:
		m.Gift.letGo(s.deps.Exchange, call.CauseNormal)
	}
}

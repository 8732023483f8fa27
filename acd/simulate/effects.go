package simulate

import (
	"time"

	"hotline/acd"
	"hotline/call"
)

// effect lets one decision of the engine happen. What this package has no part
// in, such as a plan's steps, goes into the result as it is.
func (w *world) effect(at time.Time, ef acd.Effect) {
	switch ef := ef.(type) {
	case acd.Queued:
		w.queued(ef)
	case acd.Offer:
		w.offered(ef)
	case acd.OfferOver:
		w.offerOver(ef)
	case acd.Connect:
		w.connected(ef)
	case acd.Overflowed:
		w.overflowed(ef)
	case acd.SeatChanged:
		if p := w.seats[ef.Seat]; p != nil {
			w.tally.seatTime(p, w.now)
			p.state = ef.To
		}
	case acd.Rejected:
		w.rejected(ef)
		w.tally.note(at, ef)
	case acd.WrapUp, acd.WrapUpOver, acd.Forgotten, acd.ReleaseLeg, acd.PlaceTold, acd.CallNext: // the engine minds these by itself
	case acd.PlayUrgent:
		w.tally.urgent++
	default:
		w.tally.note(at, ef)
	}
}

func (w *world) queued(ef acd.Queued) {
	if _, c := w.find(ef.Call); c != nil {
		c.queue = w.tally.queue(ef.Queue)
		w.tally.offered(c)
	}
}

// offered lets a phone ring: its agent picks up after a while, or not at all,
// and then the engine takes the offer back at its deadline.
func (w *world) offered(ef acd.Offer) {
	i, c := w.find(ef.Call)
	p := w.seats[ef.Seat]
	if c == nil || p == nil {
		return
	}
	w.rings[ef.Offer] = ringing{call: i, seat: p}
	d := newDice(w.s.Seed, streamRing, uint64(i)<<16|uint64(c.turns)&0xffff)
	c.turns++
	c.rung = true
	if d.unit() < w.s.NoAnswer {
		return
	}
	w.agenda.add(entry{at: w.now + int64(max(0, w.s.Ring.draw(&d))), what: todoPickUp, call: i, offer: ef.Offer})
}

func (w *world) offerOver(ef acd.OfferOver) {
	r, ours := w.rings[ef.Offer]
	if !ours {
		return
	}
	delete(w.rings, ef.Offer)
	if ef.Result == call.OfferNoAnswer {
		w.tally.unanswered++
		w.agenda.add(entry{at: w.now + int64(w.s.Return), what: todoBackAtDesk, seat: r.seat})
	}
}

func (w *world) connected(ef acd.Connect) {
	i, c := w.find(ef.Call)
	p := w.seats[ef.Seat]
	if c == nil || p == nil {
		return
	}
	w.tally.answered(c, w.now)
	c.stage, c.seat, c.offer = stageTalking, p, ef.Offer
	talk := max(w.s.Calls[i].Talk, w.s.Announcement, 0)
	w.agenda.add(entry{at: w.now + int64(w.s.Announcement), what: todoConnected, call: i})
	w.agenda.add(entry{at: w.now + int64(talk), what: todoHangUp, call: i})
}

func (w *world) overflowed(ef acd.Overflowed) {
	_, c := w.find(ef.Call)
	if c == nil {
		return
	}
	if c.queue == noQueue || w.tally.rows[c.queue].Name != ef.Queue { // turned away at the door
		c.queue = w.tally.queue(ef.Queue)
		w.tally.offered(c)
	}
	leaves := ef.To.Kind != acd.ToQueue
	w.tally.overflowed(c, ef, leaves)
	if leaves {
		c.stage = stageGone
		w.live--
	}
}

// rejected is a call whose queue is not there: it never waits.
func (w *world) rejected(ef acd.Rejected) {
	if _, c := w.find(ef.Call); c != nil && c.stage == stageWaiting && ef.Input == (acd.CallQueued{}).Kind() {
		c.stage = stageGone
		w.live--
	}
}

package app

import (
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/report"
	"hotline/store"
	"hotline/web"
)

// floor follows calls and seats for the live views: today's figures, the seat
// log, the seats a restart brings back, and who listens to live events. The
// mutex guards the figures, which many calls' goroutines feed.
type floor struct {
	store *store.Store
	hub   *web.Hub
	pager *pager
	desks *seating
	log   *zap.Logger

	seats map[call.SeatID]seatMemory // as last written; the driver's goroutine owns it

	mu       sync.Mutex
	today    *report.Today
	rejected map[call.SeatID]*acd.Rejected // of seats somebody waits for
}

func newFloor(st *store.Store, hub *web.Hub, today *report.Today, log *zap.Logger) *floor {
	return &floor{store: st, hub: hub, log: log, today: today, desks: newSeating(), seats: map[call.SeatID]seatMemory{}, rejected: map[call.SeatID]*acd.Rejected{}}
}

// apply counts an event and shows it to who listens. seats are those that have
// had a part in the call.
func (f *floor) apply(e call.Envelope, seats []call.SeatID) {
	f.mu.Lock()
	f.today.Apply(e)
	f.mu.Unlock()
	if f.hub.Listening() {
		f.hub.Publish(web.Event{Kind: web.EventCall, Envelope: &e, Seats: seats})
	}
}

// figures are a queue's figures since local midnight.
func (f *floor) figures(queue string, now time.Time) report.Figures {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.today.Queue(queue, now)
}

// retarget takes the service-level targets of a new revision.
func (f *floor) retarget(rev *revision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	setTargets(f.today, rev)
}

// seatChanged keeps and shows every move of a seat. It is called on the
// routing driver's goroutine, in order.
func (f *floor) seatChanged(now time.Time, c acd.SeatChanged) {
	err := f.store.AppendSeat(store.SeatLogEntry{
		Agent: c.Seat, At: call.StampOf(now), Phone: c.Phone, From: c.From, To: c.To,
		Call: c.Call, Reason: c.Reason, Minutes: c.Minutes,
	})
	if err != nil {
		f.log.Error("a seat's move is not in the seat log", zap.String("seat", string(c.Seat)), zap.Error(err))
	}
	f.remember(c)
	f.desks.follow(c)
	if f.hub.Listening() {
		f.hub.Publish(web.Event{Kind: web.EventSeat, Seats: []call.SeatID{c.Seat}, Data: seatEvent{
			Agent: c.Seat, Phone: c.Phone, State: c.To, Since: call.StampOf(now), Reason: c.Reason, Minutes: c.Minutes, Call: c.Call,
		}})
	}
}

// lineMoved shows that the line by which a supervisor follows an agent is in a call, or in none any more.
func (f *floor) lineMoved(now time.Time, seat call.SeatID, phone string, in call.ID) {
	if f.hub.Listening() {
		f.hub.Publish(web.Event{Kind: web.EventSeat, Seats: []call.SeatID{seat}, Data: seatEvent{
			Agent: seat, Phone: phone, State: call.SeatTalking, Since: call.StampOf(now), Call: in,
		}})
	}
}

// seatEvent is a live event of a seat.
type seatEvent struct {
	Agent   call.SeatID    `json:"agent"`
	Phone   string         `json:"phone,omitempty"`
	State   call.SeatState `json:"state"`
	Since   call.Stamp     `json:"since"`
	Reason  string         `json:"reason,omitempty"`
	Minutes int            `json:"minutes,omitempty"`
	Call    call.ID        `json:"call,omitempty"`
}

// breakAsked shows a break that waits for approval, and what becomes of it.
func (f *floor) breakAsked(now time.Time, b acd.BreakAsked) {
	if f.hub.Listening() {
		f.hub.Publish(web.Event{Kind: web.EventSeat, Seats: []call.SeatID{b.Seat}, Data: breakEvent{
			Agent: b.Seat, At: call.StampOf(now), Reason: b.Reason, Minutes: b.Minutes, Verdict: b.Verdict.String(), Why: b.Why,
		}})
	}
}

// breakEvent is a live event of a seat: news of the break it has asked for.
type breakEvent struct {
	Agent   call.SeatID `json:"agent"`
	At      call.Stamp  `json:"at"`
	Reason  string      `json:"reason,omitempty"`
	Minutes int         `json:"minutes,omitempty"`
	Verdict string      `json:"break"` // pending, approved, refused or withdrawn
	Why     string      `json:"why"`
}

// wrapUpMoved shows that a wrap-up ends at another time.
func (f *floor) wrapUpMoved(now time.Time, w acd.WrapUpMoved) {
	if f.hub.Listening() {
		f.hub.Publish(web.Event{Kind: web.EventSeat, Seats: []call.SeatID{w.Seat}, Data: wrapUpEvent{
			Agent: w.Seat, At: call.StampOf(now), Call: w.Call, State: call.SeatWrapUp, Until: call.StampOf(w.Deadline), Why: w.Reason,
		}})
	}
}

// wrapUpEvent is a live event of a seat whose wrap-up was extended.
type wrapUpEvent struct {
	Agent call.SeatID    `json:"agent"`
	At    call.Stamp     `json:"at"`
	Call  call.ID        `json:"call"`
	State call.SeatState `json:"state"`
	Until call.Stamp     `json:"until"`
	Why   string         `json:"why"`
}

// remember keeps what a restart needs to sign the seat in again: what the agent
// asked for, which a call or a phone does not change. Only changes are written.
func (f *floor) remember(c acd.SeatChanged) {
	if c.To == call.SeatOffline || c.Next == call.SeatOffline {
		if _, known := f.seats[c.Seat]; known {
			delete(f.seats, c.Seat)
			f.store.Delete(store.KindSeat, string(c.Seat))
		}
		return
	}
	m := seatMemory{State: c.Next, Phone: c.Phone}
	if c.To == c.Next {
		m.Reason, m.Minutes = c.Reason, c.Minutes
	} else if old := f.seats[c.Seat]; old.State == c.Next {
		m.Reason, m.Minutes = old.Reason, old.Minutes
	}
	if f.seats[c.Seat] == m {
		return
	}
	f.seats[c.Seat] = m
	f.store.Put(store.KindSeat, string(c.Seat), m)
}

// expect begins to watch for a refusal of what is asked of a seat.
func (f *floor) expect(seat call.SeatID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rejected[seat] = nil
}

// refusal is what routing refused since expect, if it did.
func (f *floor) refusal(seat call.SeatID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rejected[seat]
	delete(f.rejected, seat)
	if r == nil {
		return nil
	}
	return call.Errorf(r.Code, "%s", r.Words)
}

func (f *floor) seatRejected(r acd.Rejected) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, waited := f.rejected[r.Seat]; waited {
		f.rejected[r.Seat] = &r
	}
}

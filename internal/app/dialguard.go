package app

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/dialling"
	"hotline/call/live"
	"hotline/sip"
	"hotline/store"
	"hotline/web"
)

// dialGuard stands between the right to call outside and the trunk. What it counts is asked and
// told by calls' goroutines and by signalling's, so a mutex guards it; nobody waits under it.
type dialGuard struct {
	rev     func() *revision
	store   *store.Store
	hub     *web.Hub
	log     *zap.Logger
	refused *prometheus.CounterVec
	alarms  *prometheus.CounterVec

	mu    sync.Mutex
	guard *dialling.Guard
}

func newDialGuard(a *App) *dialGuard {
	g := &dialGuard{
		rev: a.rev.Load, store: a.store, hub: a.hub, log: a.log.Named("dialling"), guard: dialling.New(),
		refused: counters("hotline_dial_refused_total", "Calls to outside numbers that phones asked for and were not allowed, by reason.", "reason"),
		alarms:  counters("hotline_dial_alarms_total", "Alarms on outside numbers dialled by phones, by kind.", "kind"),
	}
	for _, r := range dialling.Reasons() {
		g.refused.WithLabelValues(r.String())
	}
	for _, k := range dialling.AlarmKinds() {
		g.alarms.WithLabelValues(k.String())
	}
	a.reg.MustRegister(g.refused, g.alarms)
	g.recall(a.store.Recovered())
	return g
}

// recall puts back what the former run has counted.
func (g *dialGuard) recall(found store.Recovered) {
	for key, raw := range found.State[store.KindDialled] {
		var m dialling.Memory
		if err := json.Unmarshal(raw, &m); err != nil {
			g.log.Error("what somebody has dialled can't be read", zap.String("who", key), zap.Error(err))
			continue
		}
		g.guard.Restore(m)
	}
}

// admit decides on a call that somebody wants to make, and counts it if it may be made.
func (g *dialGuard) admit(w dialling.Wanted) dialling.Admitted {
	rules := &g.rev().site.Dialling.Rules
	g.mu.Lock()
	got := g.guard.Admit(time.Now(), rules, w)
	g.mu.Unlock()
	g.tell(got.Refusals, got.Alarms)
	return got
}

func (g *dialGuard) answered(t dialling.Ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.guard.Answered(time.Now(), t)
}

// end takes a call that is over, and keeps what it adds up to.
func (g *dialGuard) end(t dialling.Ticket) {
	rules := &g.rev().site.Dialling.Rules
	g.mu.Lock()
	keep := g.guard.End(time.Now(), rules, t)
	g.mu.Unlock()
	for _, m := range keep {
		g.store.Put(store.KindDialled, m.Key.String(), m)
	}
}

// tell counts, logs and shows what has come of somebody's dialling.
func (g *dialGuard) tell(refusals []*dialling.Refusal, alarms []dialling.Alarm) {
	for _, no := range refusals {
		g.refused.WithLabelValues(no.Reason.String()).Inc()
	}
	for _, a := range alarms {
		g.alarms.WithLabelValues(a.Kind.String()).Inc()
		g.log.Warn("dialling outside: "+a.Words, zap.Stringer("who", a.Key), zap.Stringer("alarm", a.Kind))
		g.hub.Publish(web.Event{Kind: web.EventDialling, Data: web.DialAlarm{
			At: call.StampOf(time.Now()), Kind: a.Key.Kind.String(), Name: a.Key.Name, Alarm: a.Kind.String(), Words: a.Words,
		}})
	}
}

// Dialling lists who has dialled outside today.
func (g *dialGuard) Dialling() []web.Dialled {
	rules := &g.rev().site.Dialling.Rules
	g.mu.Lock()
	rows := g.guard.View(time.Now(), rules)
	g.mu.Unlock()
	out := make([]web.Dialled, 0, len(rows))
	for _, r := range rows {
		out = append(out, web.Dialled{
			Kind: r.Kind.String(), Name: r.Name, Calls: r.Calls, TalkSeconds: r.Talked.Seconds(), AtOnce: r.AtOnce,
			Refused: r.Refused, LastRefusal: r.Why, Stopped: r.Stopped,
			Limits: web.DialLimits{Hours: r.Limits.Hours, Minutes: r.Limits.Minutes, AtOnce: r.Limits.AtOnce},
		})
	}
	return out
}

// LiftDialling lets somebody's limits of today begin anew.
func (g *dialGuard) LiftDialling(kind, name string) error {
	for _, k := range []dialling.Kind{dialling.OfAgent, dialling.OfPhone, dialling.OfTrunk} {
		key := dialling.Key{Kind: k, Name: name}
		if k.String() != kind {
			continue
		}
		g.mu.Lock()
		known := g.guard.Lift(key)
		g.mu.Unlock()
		if known {
			g.store.Delete(store.KindDialled, key.String())
			return nil
		}
	}
	return call.Errorf(call.CodeNotFound, "%s %s has dialled nothing outside today", kind, name)
}

// dialler is who asked for a call; false: the site's own rules did. An agent's own softphone has its agent's right,
// also while he is not signed in.
func (m *callMedia) dialler(o live.Outcall) (dialling.By, bool) {
	by := dialling.By{Seat: o.Seat, Phone: o.Phone}
	if _, own := m.app.rev.Load().agents[call.SeatID(by.Phone)]; own && by.Seat == "" {
		by.Seat = call.SeatID(by.Phone)
	}
	return by, (by.Seat != "" || by.Phone != "") && o.Site == ""
}

// rightOf is the right of who asked for a call; nil where the site's own rules did, or there is none.
func (m *callMedia) rightOf(o live.Outcall) *dialling.Right {
	by, asked := m.dialler(o)
	if !asked {
		return nil
	}
	return m.app.rev.Load().site.Dialling.Rules.Right(by)
}

// shownFor is the number a dialler's right shows; empty: as the trunk says.
func (m *callMedia) shownFor(o live.Outcall) string {
	if right := m.rightOf(o); right != nil {
		return right.Show
	}
	return ""
}

// countedOwner has the events of a leg that is counted seen for it, too.
func (m *callMedia) countedOwner(leg call.LegID) sip.Owner {
	ticket, counted := m.tickets[leg]
	if !counted {
		return m.actor
	}
	return countedCall{m.actor, m.app.dialled, ticket}
}

// countedCall passes a dialled leg's events on, and notes when it is answered.
type countedCall struct {
	sip.Owner
	guard  *dialGuard
	ticket dialling.Ticket
}

// LegEvent takes an event of the leg.
func (c countedCall) LegEvent(leg call.LegID, ev call.LegEvent) {
	if _, ok := ev.(call.LegAnswered); ok {
		c.guard.answered(c.ticket)
	}
	c.Owner.LegEvent(leg, ev)
}

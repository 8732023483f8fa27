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

// judge tells whether a number may be called now.
func (g *dialGuard) judge(by dialling.By, number string) *dialling.Refusal {
	rules := &g.rev().site.Dialling.Rules
	g.mu.Lock()
	no, alarms := g.guard.Judge(time.Now(), rules, by, number)
	g.mu.Unlock()
	g.tell(no, alarms)
	return no
}

// byTrunk tells whether a trunk may take one more call of a phone.
func (g *dialGuard) byTrunk(trunk, number string) *dialling.Refusal {
	rules := &g.rev().site.Dialling.Rules
	g.mu.Lock()
	no, alarms := g.guard.ByTrunk(time.Now(), rules, trunk, number)
	g.mu.Unlock()
	g.tell(no, alarms)
	return no
}

// begin counts a call that goes out.
func (g *dialGuard) begin(by dialling.By, trunk string) dialling.Ticket {
	rules := &g.rev().site.Dialling.Rules
	g.mu.Lock()
	ticket, alarms := g.guard.Begin(time.Now(), rules, by, trunk)
	g.mu.Unlock()
	g.tell(nil, alarms)
	return ticket
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
func (g *dialGuard) tell(no *dialling.Refusal, alarms []dialling.Alarm) {
	if no != nil {
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

// allowed judges a call that an agent or phone asks for, and lets its right choose trunk and number shown. It is the one
// place where a right is asked for, whatever the way to the number: dialled, transferred, clicked or consulted.
func (m *callMedia) allowed(o *live.Outcall) error {
	by, asked := m.dialler(*o)
	if !asked {
		return nil
	}
	if no := m.app.dialled.judge(by, o.Number); no != nil {
		return call.Errorf(call.CodeForbidden, "%s", no.Words)
	}
	right := m.app.rev.Load().site.Dialling.Rules.Right(by)
	if right == nil {
		return nil // an emergency number
	}
	if right.Trunk != "" {
		o.Trunk = right.Trunk
	}
	return nil
}

// shownFor is the number a dialler's right shows; empty: as the trunk says.
func (m *callMedia) shownFor(o live.Outcall) string {
	by, asked := m.dialler(o)
	if !asked {
		return ""
	}
	if right := m.app.rev.Load().site.Dialling.Rules.Right(by); right != nil {
		return right.Show
	}
	return ""
}

// counted has a call that an agent or phone asked for counted, and its owner's events seen for it.
func (m *callMedia) counted(o live.Outcall, trunk string) sip.Owner {
	by, asked := m.dialler(o)
	if !asked {
		return m.actor
	}
	ticket := m.app.dialled.begin(by, trunk)
	m.tickets[o.Leg] = ticket
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

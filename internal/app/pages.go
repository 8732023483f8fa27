package app

import (
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/config"
	"hotline/store"
	"hotline/web"
	"hotline/web/webhook"
)

// pagesWaiting bounds the pages whose shortfall is being worked out. Plans page
// once a step; one more than this is told in the log only.
const pagesWaiting = 64

// page is a plan's call for people, and when it was made.
type page struct {
	at time.Time
	ef acd.PlanPage
}

// pager tells of pages: it works out the shortfall, which takes its time, away
// from routing, shows a live event and hands the page to the list's webhook.
type pager struct {
	in    chan page
	done  chan struct{}
	hooks *webhook.Sender
	hub   *web.Hub
	node  string
	rev   func() *revision
	log   *zap.Logger
}

func newPager(a *App) *pager {
	p := &pager{
		in: make(chan page, pagesWaiting), done: make(chan struct{}), hooks: a.hooks, hub: a.hub,
		node: a.node.Name, rev: a.rev.Load, log: a.log.Named("pages"),
	}
	go p.run()
	return p
}

// post takes a page and returns at once.
func (p *pager) post(at time.Time, ef acd.PlanPage) {
	select {
	case p.in <- page{at, ef}:
	default:
		p.log.Error("a page is not sent, too many wait", zap.String("plan", ef.Plan), zap.String("step", ef.Step), zap.String("list", ef.List))
	}
}

// stop tells of what is left. Nothing may be posted any more.
func (p *pager) stop() {
	close(p.in)
	<-p.done
}

func (p *pager) run() {
	defer close(p.done)
	for one := range p.in {
		p.tell(one)
	}
}

func (p *pager) tell(one page) {
	body := p.body(one)
	if p.hub.Listening() {
		ev := newPlanEvent(one.at, one.ef)
		ev.OffShift, ev.Staffing = one.ef.OffShift, &body.Staffing
		p.hub.Publish(web.Event{Kind: web.EventPlan, Data: ev})
	}
	name := hookOfList(one.ef.List)
	if !p.hooks.Has(name) {
		return // the log and the live event have told it
	}
	if err := p.hooks.Send(name, one.ef.Kind(), body); err != nil {
		p.log.Error("a page is not sent", zap.String("plan", body.Plan), zap.String("step", body.Step), zap.String("list", body.List), zap.Error(err))
	}
}

// pageBody is what a call-in list's webhook gets (docs/web.md).
type pageBody struct {
	Event  string        `json:"event"` // plan_page
	At     call.Stamp    `json:"at"`
	Node   string        `json:"node"`
	Plan   string        `json:"plan"`
	Title  string        `json:"title,omitempty"`
	Step   string        `json:"step"`
	List   string        `json:"list"`
	Reason string        `json:"reason"`
	Call   []call.SeatID `json:"call"` // of the list, who is not signed in
	// OffShift are others of the plan's groups who could be called in; OffShiftMore are not listed.
	OffShift     []call.SeatID `json:"off_shift"`
	OffShiftMore int           `json:"off_shift_more,omitempty"`
	planFigures
	Staffing web.Staffing `json:"staffing"`
}

func (p *pager) body(one page) pageBody {
	ef := one.ef
	b := pageBody{
		Event: ef.Kind(), At: call.StampOf(one.at), Node: p.node, Plan: ef.Plan, Step: ef.Step, List: ef.List, Reason: ef.Reason,
		Call: append([]call.SeatID{}, ef.Call...), OffShift: append([]call.SeatID{}, ef.OffShift...), OffShiftMore: ef.OffShiftMore,
		planFigures: newPlanFigures(ef.Figures), Staffing: web.NewStaffing("plan", ef.Plan, ef.Staffing, ef.OffShift),
	}
	for i := range p.rev().site.Rules.Plans {
		if plan := &p.rev().site.Rules.Plans[i]; plan.Name == ef.Plan {
			b.Title = plan.Title
		}
	}
	return b
}

// hookOfList names the webhook of a call-in list.
func hookOfList(list string) string { return "oncall/" + list }

// hooksOf are the webhooks of a site.
func hooksOf(site *config.Site) (out []webhook.Endpoint) {
	for _, l := range site.OnCall {
		if !l.Webhook.URL.Empty() {
			out = append(out, webhook.Endpoint{Name: hookOfList(l.Name), URL: l.Webhook.URL.Reveal(), Secret: l.Webhook.Secret.Reveal()})
		}
	}
	for _, h := range site.Webhooks {
		if !h.URL.Empty() {
			out = append(out, webhook.Endpoint{Name: hookOfFlow(h.Name), URL: h.URL.Reveal(), Secret: h.Secret.Reveal()})
		}
	}
	return out
}

// hookVault keeps events on their way in the journal.
type hookVault struct{ store *store.Store }

// Keep keeps one until it is dropped.
func (v hookVault) Keep(m webhook.Message) { v.store.Put(store.KindWebhook, m.ID, m) }

// Drop forgets it.
func (v hookVault) Drop(id string) { v.store.Delete(store.KindWebhook, id) }

// eventsLeft are the events a former run had not sent.
func (a *App) eventsLeft(found store.Recovered) (left []webhook.Message) {
	for id, raw := range found.State[store.KindWebhook] {
		var m webhook.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			a.log.Error("a stored event can't be read", zap.String("id", id), zap.Error(err))
			a.store.Delete(store.KindWebhook, id)
			continue
		}
		left = append(left, m)
	}
	return left
}

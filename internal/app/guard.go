package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/sip"
	"hotline/sip/guard"
	"hotline/store"
	"hotline/web"
)

// guardOptions translates the node file's guard and lists.
func guardOptions(c config.SIP) guard.Options {
	g := c.Guard
	o := guard.Options{
		Rate: g.Rate, Burst: g.Burst, All: g.All, Peer: g.Peers, Offences: g.BanAfter, Within: g.Within,
		First: g.Ban, Longest: g.Longest, Allow: c.ACL.Allow, Deny: c.ACL.Deny,
	}
	if g.Off {
		o.Offences = -1
	}
	return o
}

// reloadGuard takes the node file's guard and lists as they are now. All else of it counts from the next start.
func (a *App) reloadGuard() error {
	n, err := a.node.Again()
	if err != nil {
		return fmt.Errorf("the node file is refused, its guard stays as it is: %w", err)
	}
	if !a.node.Reloadable(n) {
		a.log.Warn("the node file has changed in more than sip.guard and sip.acl: that counts from the next start")
	}
	if reflect.DeepEqual(a.node.SIP.Guard, n.SIP.Guard) && reflect.DeepEqual(a.node.SIP.ACL, n.SIP.ACL) {
		return nil
	}
	a.node.SIP.Guard, a.node.SIP.ACL = n.SIP.Guard, n.SIP.ACL
	a.sip.SetGuard(guardOptions(n.SIP), n.SIP.Guard.Scanners)
	a.log.Info("sip.guard and sip.acl are taken anew")
	return nil
}

// SaveBan keeps a ban, and tells who listens.
func (v vault) SaveBan(b guard.Ban) {
	v.store.Put(store.KindBan, b.Source.String(), b)
	v.hub.Publish(web.Event{Kind: web.EventBan, Data: banOf(b)})
}

// DropBan forgets one. Those that were in force are told as lifted.
func (v vault) DropBan(b guard.Ban) {
	v.store.Delete(store.KindBan, b.Source.String())
	if time.Now().Before(b.Until) {
		row := banOf(b)
		row.Lifted = true
		v.hub.Publish(web.Event{Kind: web.EventBan, Data: row})
	}
}

// bansLeft are the bans of the former run.
func (a *App) bansLeft(found store.Recovered) (bans []guard.Ban) {
	for key, raw := range found.State[store.KindBan] {
		var b guard.Ban
		if err := json.Unmarshal(raw, &b); err != nil {
			a.log.Error("a stored ban can't be read", zap.String("source", key), zap.Error(err))
			continue
		}
		bans = append(bans, b)
	}
	return bans
}

func banOf(b guard.Ban) web.Ban {
	return web.Ban{
		Source: b.Source.String(), Since: call.StampOf(b.Since), Until: call.StampOf(b.Until), Times: b.Times,
		Reason: b.Reason, By: b.By, Dropped: b.Dropped,
	}
}

// guards joins the door of signalling to the API.
type guards struct{ sip *sip.Server }

// Guard tells who is banned.
func (g guards) Guard() web.GuardView {
	state, bounds := g.sip.Guarding()
	v := web.GuardView{
		Bans: []web.Ban{}, Strangers: state.Strangers, Peers: state.Peers,
		Bounds: web.GuardBounds{
			Rate: bounds.Rate, Burst: bounds.Burst, All: bounds.All, Peers: bounds.Peer, BanAfter: max(bounds.Offences, 0),
			WithinSeconds: bounds.Within.Seconds(), BanSeconds: bounds.First.Seconds(), LongestSeconds: bounds.Longest.Seconds(),
		},
	}
	for _, b := range g.sip.Bans() {
		v.Bans = append(v.Bans, banOf(b))
	}
	return v
}

// Ban bans a source by hand.
func (g guards) Ban(_ context.Context, a netip.Addr, length time.Duration, reason, by string) (web.Ban, error) {
	b, err := g.sip.Ban(a, length, reason, by)
	return banOf(b), err
}

// Lift ends a ban.
func (g guards) Lift(_ context.Context, a netip.Addr) (web.Ban, error) {
	b, ok := g.sip.LiftBan(a)
	if !ok {
		return web.Ban{}, call.Errorf(call.CodeNotFound, "%s is not banned", a)
	}
	return banOf(b), nil
}

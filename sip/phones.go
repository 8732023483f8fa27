package sip

import (
	"net/netip"
	"sync"
	"time"

	"hotline/sip/digest"
	"hotline/sip/registrar"
)

// Binding is one registered contact of a phone, as the journal keeps it.
type Binding = registrar.Binding

// phones is what is registered and whether it answers. Worker 0 owns it; others
// read the snapshot in seen.
type phones struct {
	srv    *Server
	w      *worker // 0
	reg    *registrar.Registrar
	dig    *digest.Server
	expiry alarm
	probes map[probeKey]*probe
	up     map[string]bool
	doubt  map[string]bool // up, but a call could not reach it: the next sign of life is told

	mu     sync.RWMutex
	seen   map[string][]Binding
	health map[probeKey]health
}

type probeKey struct{ account, key string }

// probe is the health of one binding.
type probe struct {
	ping *pinger
	held netip.Addr // in the guard
}

func newPhones(s *Server, dig *digest.Server) *phones {
	t := s.opt.Timers
	p := &phones{
		srv: s, w: s.workers[0], dig: dig,
		reg:    registrar.New(registrar.Options{Min: t.MinExpires, Max: t.MaxExpires, Default: t.Expires, Devices: s.opt.Limits.Bindings}),
		health: map[probeKey]health{},
		probes: map[probeKey]*probe{}, up: map[string]bool{}, doubt: map[string]bool{}, seen: map[string][]Binding{},
	}
	p.expiry.ring = func() { p.apply(p.reg.Expire(time.Now())) }
	return p
}

// live gives a phone's bindings in force. Any goroutine may ask.
func (p *phones) live(user string) []Binding {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.seen[user]
}

// PhoneAt is where a phone's preferred binding was registered from, invalid when it has none:
// what family of addresses its sound is to be offered. Any goroutine may ask.
func (s *Server) PhoneAt(user string) netip.Addr {
	if live := s.phones.live(user); len(live) > 0 {
		return live[0].Source.Addr()
	}
	return netip.Addr{}
}

// apply makes the registrar's changes known: to the journal, to the snapshot, to
// the probes, and at an edge to the handler.
func (p *phones) apply(changes []registrar.Change) {
	touched := map[string]string{} // account → why
	for _, c := range changes {
		b := c.Binding
		touched[b.Account] = c.Kind.String()
		switch c.Kind {
		case registrar.Added, registrar.Refreshed:
			p.srv.vault.SaveBinding(b)
			p.watch(b)
		default:
			p.srv.vault.DropBinding(b.Account, b.Key())
			p.unwatch(probeKey{b.Account, b.Key()})
		}
	}
	now := time.Now()
	for account, why := range touched {
		p.show(account, now)
		p.judge(account, why)
		if why == registrar.Added.String() || why == registrar.Refreshed.String() {
			p.alive(account)
		}
	}
	p.srv.met.registrations.Set(float64(p.reg.Size()))
	if at, ok := p.reg.NextExpiry(); ok {
		p.w.clock.set(&p.expiry, max(time.Until(at), time.Millisecond))
	} else {
		p.w.clock.stop(&p.expiry)
	}
}

// show renews an account's part of the snapshot.
func (p *phones) show(account string, now time.Time) {
	live := p.reg.Live(account, now)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(live) == 0 {
		delete(p.seen, account)
	} else {
		p.seen[account] = live
	}
}

// judge tells the handler when a phone comes up or goes down: it is up while one
// of its bindings answers, or hasn't failed to yet.
func (p *phones) judge(account, why string) {
	up := false
	for _, b := range p.live(account) {
		if q := p.probes[probeKey{b.Account, b.Key()}]; q != nil && q.ping.up {
			up = true
		}
	}
	if up == p.up[account] {
		return
	}
	if up {
		p.up[account] = true
		p.srv.handler.PhoneUp(account)
	} else {
		delete(p.up, account)
		p.srv.handler.PhoneDown(account, "the phone's last contact: "+why)
	}
}

// unreached notes that a call could not be brought to a phone that counts as
// up. Whoever was told so waits for PhoneUp, which no edge would bring.
func (p *phones) unreached(account string) {
	if p.up[account] {
		p.doubt[account] = true
	}
}

// alive tells the handler of a sign of life of a phone in doubt.
func (p *phones) alive(account string) {
	if p.doubt[account] && p.up[account] {
		p.srv.handler.PhoneUp(account)
	}
	delete(p.doubt, account)
}

// watch starts or renews a binding's probe. A registration is a sign of life.
func (p *phones) watch(b Binding) {
	key := probeKey{b.Account, b.Key()}
	q := p.probes[key]
	if q == nil {
		q = &probe{ping: &pinger{w: p.w, uri: b.Contact}}
		q.ping.changed = func(words string) { p.judge(b.Account, words) }
		q.ping.asked = func(miss string) {
			p.noteHealth(key, q, miss, time.Now())
			if miss == "" {
				p.alive(b.Account)
			}
		}
		q.ping.start()
		p.probes[key] = q
	}
	q.ping.up, q.ping.misses = true, 0
	p.noteHealth(key, q, "", time.Time{})
	q.ping.route = func() (string, []string, target, error) { return p.srv.bindingRoute(b) }
	p.srv.guard.hold(b.Source.Addr())
	p.srv.guard.release(q.held)
	q.held = b.Source.Addr()
}

func (p *phones) unwatch(key probeKey) {
	if q := p.probes[key]; q != nil {
		q.ping.stop()
		p.srv.guard.release(q.held)
		delete(p.probes, key)
		p.mu.Lock()
		delete(p.health, key)
		p.mu.Unlock()
	}
}

// connGone drops what was registered by a connection that has ended.
func (p *phones) connGone(c *conn) {
	if changes := p.reg.DropConnection(c.addr, c.proto); len(changes) > 0 {
		p.apply(changes)
	}
}

// setSite drops the phones that are no accounts any more.
func (p *phones) setSite(site *Site) {
	accounts := make(map[string]bool, len(site.Accounts))
	for i := range site.Accounts {
		accounts[site.Accounts[i].User] = true
	}
	p.mu.RLock()
	var gone []string
	for account := range p.seen {
		if !accounts[account] {
			gone = append(gone, account)
		}
	}
	p.mu.RUnlock()
	for _, account := range gone {
		p.apply(p.reg.Forget(account))
	}
}

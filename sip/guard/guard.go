package guard

import (
	"net/netip"
	"sync"
	"time"
)

// Guard is a node's. Any goroutine may ask it.
type Guard struct {
	changed func(b Ban, gone bool) // Options.Changed

	mu        sync.RWMutex
	opt       Options
	held      map[netip.Addr]int // reasons to know an address: bindings, dialogs, proxies
	ranges    []netip.Prefix     // of the trunks
	strangers sources
	peers     sources
	together  bucket // of all strangers
	bans      map[netip.Prefix]*Ban
}

// New makes a guard.
func New(o Options) *Guard {
	o = o.withDefaults()
	return &Guard{
		opt: o, changed: o.Changed, held: map[netip.Addr]int{}, bans: map[netip.Prefix]*Ban{},
		strangers: newSources(o.Most, float64(o.Rate), float64(o.Burst)),
		peers:     newSources(o.Most, float64(o.Peer), float64(2*o.Peer)),
		together:  bucket{float64(2 * o.All), time.Now()},
	}
}

// SetRanges takes the trunks' ranges of a new site. Bans of what is a trunk's source now are lifted.
func (g *Guard) SetRanges(ranges []netip.Prefix) {
	var gone []Ban
	g.mu.Lock()
	g.ranges = ranges
	for key, b := range g.bans {
		for _, p := range ranges {
			if p.Overlaps(key) {
				gone = append(gone, *b)
				delete(g.bans, key)
				break
			}
		}
	}
	g.mu.Unlock()
	g.tell(gone)
}

// Hold counts a reason to know this address; Release takes one back.
func (g *Guard) Hold(a netip.Addr) { g.count(a, 1) }

// Release takes back what Hold counted.
func (g *Guard) Release(a netip.Addr) { g.count(a, -1) }

func (g *Guard) count(a netip.Addr, n int) {
	if !a.IsValid() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held[a] += n; g.held[a] <= 0 {
		delete(g.held, a)
	}
}

// Held is how many addresses there is a reason to know, trunks' ranges apart.
func (g *Guard) Held() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.held)
}

// Known tells whether an address is a peer's.
func (g *Guard) Known(a netip.Addr) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.isPeer(a)
}

func (g *Guard) isPeer(a netip.Addr) bool { return g.held[a] > 0 || within(g.ranges, a) }

func within(ranges []netip.Prefix, a netip.Addr) bool {
	for _, p := range ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Shut tells that nothing is taken from an address now: a ban or the lists say so.
func (g *Guard) Shut(a netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut(a, time.Now()) != Pass
}

// shut is the part of a verdict that does not depend on how much a source sends.
func (g *Guard) shut(a netip.Addr, now time.Time) Verdict {
	if within(g.opt.Deny, a) {
		return Denied
	}
	if len(g.bans) > 0 {
		if b := g.bans[Key(a)]; b != nil && b.inForce(now) && (b.By != "" || !g.isPeer(a)) {
			b.Dropped++
			return Banned
		}
	}
	if len(g.opt.Allow) > 0 && !within(g.opt.Allow, a) && !g.isPeer(a) {
		return Denied
	}
	return Pass
}

// Admit takes what costs as much as n messages from a source, or tells why not.
func (g *Guard) Admit(a netip.Addr, n float64) Verdict {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if v := g.shut(a, now); v != Pass {
		return v
	}
	o := &g.opt
	if g.isPeer(a) {
		if !g.peers.of(Key(a), now).sent.take(now, float64(o.Peer), float64(2*o.Peer), n) {
			return PeerFast
		}
		return Pass
	}
	if !g.strangers.of(Key(a), now).sent.take(now, float64(o.Rate), float64(o.Burst), n) {
		return Fast
	}
	if !g.together.take(now, float64(o.All), float64(2*o.All), n) {
		return Crowded
	}
	return Pass
}

// guess is what a wrong password costs a stranger: as much as this many messages.
const guess = 25

// Charge makes a source pay for a wrong password, so that guessing is slow: a stranger some twenty at
// once and then two a second. The peers' own bucket does not feel it; see MayGuess.
func (g *Guard) Charge(a netip.Addr) {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.isPeer(a) {
		s := g.peers.of(Key(a), now)
		s.offended.leak(now, guessRate)
		s.offended.tokens = min(s.offended.tokens+1, guessMost)
		return
	}
	b := &g.strangers.of(Key(a), now).sent
	b.tokens = max(b.tokens-guess, -float64(g.opt.Burst))
}

// A peer's address may hide many phones, and one who guesses among them.
const (
	guessMost = 20 // wrong passwords at once from a peer's address
	guessRate = 2  // and a second
)

// MayGuess tells whether a peer's address has wrong passwords left. Who has none is not listened to
// when he shows credentials, unless it is known that they are his.
func (g *Guard) MayGuess(a netip.Addr) bool {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.isPeer(a) {
		return true // a stranger pays otherwise
	}
	s := g.peers.known[Key(a)]
	if s == nil {
		return true
	}
	s.offended.leak(now, guessRate)
	return s.offended.tokens <= guessMost-1
}

// State is what the guard holds, for people and gauges.
type State struct {
	Strangers int // sources told apart
	Peers     int // addresses known, trunks' ranges apart
	Bans      int // in force
}

// State tells what the guard holds.
func (g *Guard) State() State {
	now := time.Now()
	g.mu.RLock()
	defer g.mu.RUnlock()
	st := State{Strangers: len(g.strangers.all), Peers: len(g.held)}
	for _, b := range g.bans {
		if b.inForce(now) {
			st.Bans++
		}
	}
	return st
}

// Bounds are the options in force.
func (g *Guard) Bounds() Options {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.opt
}

// Configure takes other bounds and lists. What sources have used up and bans in force stay as they are; how much
// is remembered (Most, Bans) and who is told (Changed) too.
func (g *Guard) Configure(o Options) {
	o = o.withDefaults()
	g.mu.Lock()
	defer g.mu.Unlock()
	o.Most, o.Bans, o.Changed = g.opt.Most, g.opt.Bans, g.opt.Changed
	g.opt = o
	g.strangers.rate, g.strangers.burst = float64(o.Rate), float64(o.Burst)
	g.peers.rate, g.peers.burst = float64(o.Peer), float64(2*o.Peer)
}

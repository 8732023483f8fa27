package sip

import (
	"net/netip"
	"sync"
	"time"
)

// guard decides before parsing whether a source's message is looked at. Peers
// (trunks' ranges, registered phones, the far ends of dialogs) always are.
// Anybody else has a token bucket; the table of buckets is bounded, and what
// finds no place in it shares one bucket.
type guard struct {
	rate, burst float64
	max         int
	over        func() // counts a message refused

	mu      sync.RWMutex
	peers   map[netip.Addr]int // references held by bindings, dialogs and proxies
	ranges  []netip.Prefix     // of the trunks
	buckets map[netip.Addr]*bucket
	shared  bucket
}

// bucket is what a stranger may still send.
type bucket struct {
	tokens float64
	last   time.Time
}

func newGuard(l Limits, over func()) *guard {
	return &guard{
		rate: float64(l.StrangerRate), burst: float64(l.StrangerBurst), max: l.Strangers, over: over,
		peers: map[netip.Addr]int{}, buckets: map[netip.Addr]*bucket{},
		shared: bucket{tokens: float64(l.StrangerBurst), last: time.Now()},
	}
}

// setRanges takes the trunks' ranges of a new site.
func (g *guard) setRanges(ranges []netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ranges = ranges
}

// hold counts a reason to know this address; release takes one back.
func (g *guard) hold(a netip.Addr) { g.count(a, 1) }

func (g *guard) release(a netip.Addr) { g.count(a, -1) }

func (g *guard) count(a netip.Addr, n int) {
	if !a.IsValid() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.peers[a] += n; g.peers[a] <= 0 {
		delete(g.peers, a)
	}
}

// known tells whether an address is a peer's.
func (g *guard) known(a netip.Addr) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.isPeer(a)
}

func (g *guard) isPeer(a netip.Addr) bool {
	if g.peers[a] > 0 {
		return true
	}
	for _, p := range g.ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// admit takes one message from a source, or refuses it.
func (g *guard) admit(a netip.Addr) bool { return g.spend(a, 1) }

// spend takes what costs as much as n messages.
func (g *guard) spend(a netip.Addr, n float64) bool {
	if g.known(a) {
		return true
	}
	g.mu.Lock()
	ok := g.bucketOf(a).take(time.Now(), g.rate, g.burst, n)
	g.mu.Unlock()
	if !ok {
		g.over()
	}
	return ok
}

// guess is what a wrong password costs a stranger: as much as this many messages.
const guess = 25

// charge makes a stranger pay for a wrong password, so that guessing is slow:
// some twenty at once, then two a second.
func (g *guard) charge(a netip.Addr) {
	if g.known(a) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.bucketOf(a)
	b.tokens = max(b.tokens-guess, -g.burst)
}

// bucketOf finds or makes the source's bucket. An IPv6 source is its /64: a
// host has that many addresses for nothing.
func (g *guard) bucketOf(a netip.Addr) *bucket {
	if a.Is6() {
		a = netip.PrefixFrom(a, 64).Masked().Addr()
	}
	if b := g.buckets[a]; b != nil {
		return b
	}
	now := time.Now()
	if len(g.buckets) >= g.max {
		g.sweep(now)
	}
	if len(g.buckets) >= g.max {
		return &g.shared
	}
	b := &bucket{tokens: g.burst, last: now}
	g.buckets[a] = b
	return b
}

// sweep forgets some sources that have been quiet long enough to have a full
// bucket again; a few at a time, so that a flood of addresses stays cheap.
func (g *guard) sweep(now time.Time) {
	looked := 0
	for a, b := range g.buckets {
		if b.tokens+now.Sub(b.last).Seconds()*g.rate >= g.burst {
			delete(g.buckets, a)
		}
		if looked++; looked >= 64 {
			return
		}
	}
}

func (b *bucket) take(now time.Time, rate, burst, n float64) bool {
	b.tokens = min(burst, b.tokens+now.Sub(b.last).Seconds()*rate)
	b.last = now
	if b.tokens < n {
		return false
	}
	b.tokens -= n
	return true
}

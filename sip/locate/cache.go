package locate

import (
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Bounds of the cache.
const (
	entriesMost = 4096
	least       = time.Second      // even a TTL of 0 spares the burst of a moment
	most        = 24 * time.Hour   // longer TTLs are cut to it
	negative    = 30 * time.Second // at most, that there is nothing
	stale       = 24 * time.Hour   // how long a record may be used past its time while no server answers
)

// typeSystem marks what the machine's resolver said; it is no DNS type.
const typeSystem uint16 = dns.TypeNone

type key struct {
	name string
	kind uint16
}

type entry struct {
	records []dns.RR
	addrs   []netip.Addr // of typeSystem
	until   time.Time
}

// cache remembers answers. What it gives out is not to be changed.
type cache struct {
	mu      sync.Mutex
	entries map[key]*entry
}

func newCache() cache { return cache{entries: map[key]*entry{}} }

// get finds an entry and tells whether its time is not over yet; nil when there is none that could be used.
func (c *cache) get(k key) (e *entry, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e = c.entries[k]
	now := time.Now()
	if e == nil || now.After(e.until.Add(stale)) {
		return nil, false
	}
	return e, now.Before(e.until)
}

func (c *cache) put(k key, e *entry, ttl time.Duration) {
	now := time.Now()
	e.until = now.Add(max(min(ttl, most), least))
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= entriesMost && c.entries[k] == nil {
		c.sweep(now)
	}
	c.entries[k] = e
}

// sweep makes room: among some that the map happens to give first, those whose time is over, else one.
func (c *cache) sweep(now time.Time) {
	looked, removed := 0, 0
	for k, e := range c.entries {
		if now.After(e.until) {
			delete(c.entries, k)
			removed++
		}
		if looked++; looked >= 64 {
			if removed == 0 {
				delete(c.entries, k)
			}
			return
		}
	}
}

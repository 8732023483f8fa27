package guard

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"hotline/call"
)

// Ban is a source that is not listened to. It is plain data: the journal keeps it.
type Ban struct {
	Source netip.Prefix `json:"source"`
	Since  time.Time    `json:"since"`
	Until  time.Time    `json:"until"`
	Times  int          `json:"times"`            // how often it has been banned, this time included
	Reason string       `json:"reason,omitempty"` // the offence that was the last straw, or a person's words
	By     string       `json:"by,omitempty"`     // who banned it; empty: the guard itself
	// Dropped is how many of its messages came meanwhile.
	Dropped uint64 `json:"dropped,omitempty"`
}

// inForce tells that the source is not listened to now.
func (b *Ban) inForce(now time.Time) bool { return now.Before(b.Until) }

// over tells that nothing needs to be known of it any more.
func (b *Ban) over(now time.Time, longest time.Duration) bool {
	return !now.Before(b.Until.Add(longest))
}

// Offend notes an offence of a source. Peers have none; a stranger who has too
// many of them is banned, each time for twice as long as the last.
func (g *Guard) Offend(a netip.Addr, o Offence) {
	now, key := time.Now(), Key(a)
	g.mu.Lock()
	if g.opt.Offences < 0 || g.isPeer(a) {
		g.mu.Unlock()
		return
	}
	s := g.strangers.of(key, now)
	most := float64(g.opt.Offences)
	s.offended.leak(now, most/g.opt.Within.Seconds())
	if s.offended.tokens++; math.Ceil(s.offended.tokens) < most && o != Scanner { // some leaks between the first and the last
		g.mu.Unlock()
		return
	}
	b := Ban{Source: key, Since: now, Times: 1, Reason: o.String()}
	if old := g.bans[key]; old != nil {
		if old.inForce(now) { // what was under way when it came into force
			g.mu.Unlock()
			return
		}
		b.Times = old.Times + 1
	}
	b.Until = now.Add(g.term(b.Times))
	gone := g.put(b, now)
	g.strangers.drop(key)
	g.mu.Unlock()
	g.tell(gone, b)
}

// leak lets a count run out at a rate.
func (b *bucket) leak(now time.Time, rate float64) {
	b.tokens = max(0, b.tokens-now.Sub(b.last).Seconds()*rate)
	b.last = now
}

// term is how long the n-th ban lasts.
func (g *Guard) term(n int) time.Duration {
	d := g.opt.First
	for i := 1; i < n && d < g.opt.Longest; i++ {
		d *= 2
	}
	return min(d, g.opt.Longest)
}

// put makes a ban, and gives those that went for it: what is over, and beyond the bound the one of the
// guard's own, of some drawn by lot, that would end first.
func (g *Guard) put(b Ban, now time.Time) (gone []Ban) {
	if g.bans[b.Source] == nil && len(g.bans) >= g.opt.Bans {
		gone = g.makeRoom(now)
	}
	g.bans[b.Source] = &b
	return gone
}

func (g *Guard) makeRoom(now time.Time) (gone []Ban) {
	const most = 64 // looked at: a table full of forged sources must not make each further ban dear
	var first *Ban
	looked := 0
	for key, old := range g.bans { // the order is the runtime's lot
		if old.over(now, g.opt.Longest) {
			gone = append(gone, *old)
			delete(g.bans, key)
		} else if old.By == "" && (first == nil || old.Until.Before(first.Until)) {
			first = old
		}
		if looked++; looked >= most && (len(gone) > 0 || first != nil) {
			break
		}
	}
	if len(gone) == 0 && first != nil {
		gone = append(gone, *first)
		delete(g.bans, first.Source)
	}
	return gone
}

func (g *Guard) tell(gone []Ban, made ...Ban) {
	if g.changed == nil {
		return
	}
	for _, b := range gone {
		g.changed(b, true)
	}
	for _, b := range made {
		g.changed(b, false)
	}
}

// Ban bans a source on a person's word, registered phones or not. A trunk's source can't be: what it
// sends is wanted, as long as the site says so.
func (g *Guard) Ban(a netip.Addr, length time.Duration, reason, by string) (Ban, error) {
	now, key := time.Now(), Key(a)
	if !key.IsValid() {
		return Ban{}, call.Errorf(call.CodeInvalid, "that is no address")
	}
	if length <= 0 {
		return Ban{}, call.Errorf(call.CodeInvalid, "a ban lasts at least a moment")
	}
	g.mu.Lock()
	for _, p := range g.ranges {
		if p.Overlaps(key) {
			g.mu.Unlock()
			return Ban{}, call.Errorf(call.CodeConflict, "%s is a trunk's source (%s); take it out of the trunk's from instead", a, p)
		}
	}
	b := Ban{Source: key, Since: now, Until: now.Add(length), Times: 1, Reason: reason, By: by}
	if old := g.bans[key]; old != nil {
		b.Times = old.Times
		if !old.inForce(now) {
			b.Times++
		}
	} else if g.handMade() >= g.opt.Bans/2 {
		g.mu.Unlock()
		return Ban{}, call.Errorf(call.CodeCapacity, "%d bans by hand are in force; lift some, or use sip.acl", g.opt.Bans/2)
	}
	gone := g.put(b, now)
	g.strangers.drop(key)
	g.mu.Unlock()
	g.tell(gone, b)
	return b, nil
}

func (g *Guard) handMade() (n int) {
	for _, b := range g.bans {
		if b.By != "" {
			n++
		}
	}
	return n
}

// Lift ends a ban and forgets it; false when there is none in force.
func (g *Guard) Lift(a netip.Addr) (Ban, bool) {
	now, key := time.Now(), Key(a)
	g.mu.Lock()
	b := g.bans[key]
	if b == nil || !b.inForce(now) {
		g.mu.Unlock()
		return Ban{}, false
	}
	lifted := *b
	delete(g.bans, key)
	g.mu.Unlock()
	g.tell([]Ban{lifted})
	return lifted, true
}

// Restore takes back the bans of a former run, also those that are over but not forgotten.
func (g *Guard) Restore(bans []Ban) {
	now := time.Now()
	var gone []Ban
	g.mu.Lock()
	for _, b := range bans {
		b.Source = Key(b.Source.Addr())
		if !b.Source.IsValid() || b.over(now, g.opt.Longest) {
			gone = append(gone, b)
			continue
		}
		gone = append(gone, g.put(b, now)...)
	}
	g.mu.Unlock()
	g.tell(gone)
}

// Bans are those in force, the latest first.
func (g *Guard) Bans() []Ban {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	out := []Ban{}
	for _, b := range g.bans {
		if b.inForce(now) {
			out = append(out, *b)
		}
	}
	slices.SortFunc(out, func(x, y Ban) int {
		return cmp.Or(y.Since.Compare(x.Since), x.Source.Addr().Compare(y.Source.Addr()))
	})
	return out
}

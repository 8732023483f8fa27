package guard

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// bucket is what may still be sent.
type bucket struct {
	tokens float64
	last   time.Time
}

func (b *bucket) fill(now time.Time, rate, burst float64) {
	if d := now.Sub(b.last).Seconds(); d > 0 {
		b.tokens = min(burst, b.tokens+d*rate)
		b.last = now
	}
}

func (b *bucket) take(now time.Time, rate, burst, n float64) bool {
	b.fill(now, rate, burst)
	if b.tokens < n {
		return false
	}
	b.tokens -= n
	return true
}

// source is what is remembered of one source.
type source struct {
	key  netip.Prefix
	at   int // its place in the table
	sent bucket
	// offended counts offences; it leaks, so that one in a while comes to nothing.
	offended bucket
}

// sources is a table of bounded size. When it is full the one of a few drawn by
// lot makes room that has the least to be remembered for: no flood of made-up
// sources can push a given one out, or keep a new one from a bucket of its own.
type sources struct {
	most  int
	rate  float64 // of the buckets
	burst float64
	known map[netip.Prefix]*source
	all   []*source
}

func newSources(most int, rate, burst float64) sources {
	return sources{most: most, rate: rate, burst: burst, known: map[netip.Prefix]*source{}}
}

// drawn is how many are looked at to find the one that makes room.
const drawn = 8

// of finds or makes a source's entry.
func (t *sources) of(key netip.Prefix, now time.Time) *source {
	if s := t.known[key]; s != nil {
		return s
	}
	s := &source{key: key, at: len(t.all), sent: bucket{t.burst, now}, offended: bucket{0, now}}
	if len(t.all) < t.most {
		t.all = append(t.all, s)
	} else {
		old := t.least(now)
		delete(t.known, old.key)
		s.at = old.at
		t.all[s.at] = s
	}
	t.known[key] = s
	return s
}

// least is the one of a few that is remembered for the least: no offence, and quiet for long.
func (t *sources) least(now time.Time) *source {
	best := t.all[rand.IntN(len(t.all))] //nolint:gosec // which one goes is no secret worth keeping
	for range drawn - 1 {
		s := t.all[rand.IntN(len(t.all))] //nolint:gosec // see above
		if less(t.weight(s, now), t.weight(best, now)) {
			best = s
		}
	}
	return best
}

// weight is what would be lost with an entry: offences, then what it has sent of late.
func (t *sources) weight(s *source, now time.Time) [2]float64 {
	s.sent.fill(now, t.rate, t.burst)
	return [2]float64{s.offended.tokens, t.burst - s.sent.tokens}
}

func less(a, b [2]float64) bool { return a[0] < b[0] || a[0] == b[0] && a[1] < b[1] }

// drop forgets a source.
func (t *sources) drop(key netip.Prefix) {
	s := t.known[key]
	if s == nil {
		return
	}
	last := t.all[len(t.all)-1]
	t.all[s.at], last.at = last, s.at
	t.all[len(t.all)-1] = nil
	t.all = t.all[:len(t.all)-1]
	delete(t.known, key)
}

package call

import "time"

// Breaker is what is known of the health of a system outside that calls ask: after so many failures in a row it is left
// alone for a while, then one request tries whether it is back. It is plain data; whoever owns it keeps others away.
type Breaker struct {
	failures int       // in a row
	until    time.Time // left alone until then; zero: it is not
	probing  bool      // one request tries
}

// Failures are those in a row so far.
func (b *Breaker) Failures() int { return b.failures }

// Open reports whether the system is being left alone, or tried.
func (b *Breaker) Open() bool { return !b.until.IsZero() }

// Admits reports whether it may be asked at a moment.
func (b *Breaker) Admits(now time.Time) bool {
	return b.until.IsZero() || !b.probing && !now.Before(b.until)
}

// Begin notes that it is asked.
func (b *Breaker) Begin() { b.probing = b.Open() }

// Over notes how that went: well, or badly, unless nobody waited for the end (gone). After most failures in a row it is
// left alone for pause.
func (b *Breaker) Over(now time.Time, well, gone bool, most int, pause time.Duration) {
	b.probing = false
	switch {
	case well:
		*b = Breaker{}
	case gone:
	default:
		if b.failures++; b.failures >= most {
			b.until = now.Add(pause)
		}
	}
}

// Handed is the breaker as it goes on for the same system under new terms: who tries it now does not count there.
func (b *Breaker) Handed() Breaker {
	next := *b
	next.probing = false
	return next
}

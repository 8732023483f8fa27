package app

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"

	"hotline/call"
)

// Wrong PINs within pinSpan before a wait, for one agent and for one phone.
const (
	pinSpan     = 5 * time.Minute
	pinsOfAgent = 5
	pinsOfPhone = 8
	pinKeysMost = 20_000 // more than a site has phones and agents; beyond it, what is over is swept
)

// pins counts wrong PINs. One phone is good for pinsOfPhone new numbers in a span, and phones are accounts of the site, so
// that the table is bounded by them; a sweep keeps it small.
type pins struct {
	mu  sync.Mutex
	bad map[string]pinCount
}

type pinCount struct {
	count int
	ends  time.Time // of the span that began with the first
}

func newPins() *pins { return &pins{bad: map[string]pinCount{}} }

func pinKeys(phone string, agent call.SeatID) (ofPhone, ofAgent string) {
	return "phone\x00" + phone, "agent\x00" + string(agent)
}

// mayTry tells whether a PIN is looked at at all.
func (p *pins) mayTry(phone string, agent call.SeatID, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ofPhone, ofAgent := pinKeys(phone, agent)
	return p.count(ofPhone, now) < pinsOfPhone && p.count(ofAgent, now) < pinsOfAgent
}

func (p *pins) count(key string, now time.Time) int {
	if c := p.bad[key]; now.Before(c.ends) {
		return c.count
	}
	return 0
}

// wrong counts a wrong one.
func (p *pins) wrong(phone string, agent call.SeatID, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ofPhone, ofAgent := pinKeys(phone, agent)
	for _, key := range []string{ofPhone, ofAgent} {
		c := p.bad[key]
		if !now.Before(c.ends) {
			c = pinCount{ends: now.Add(pinSpan)}
		}
		c.count++
		p.bad[key] = c
	}
	if len(p.bad) > pinKeysMost {
		for key, c := range p.bad {
			if !now.Before(c.ends) {
				delete(p.bad, key)
			}
		}
	}
}

// right forgets an agent's wrong ones: he has found it. The phone's stay, as somebody may try one agent after another from it.
func (p *pins) right(_ string, agent call.SeatID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ofAgent := pinKeys("", agent)
	delete(p.bad, ofAgent)
}

// samePIN compares in constant time, of whatever lengths.
func samePIN(want, got string) bool {
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

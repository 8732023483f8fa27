package sip

import (
	"math/rand/v2"
	"time"
)

// missesAllowed is how many OPTIONS in a row may go unanswered.
const missesAllowed = 2

// pinger asks a far end for a sign of life: OPTIONS every Health interval. Any
// final response is one, whatever its status; two requests in a row with no answer at
// all mean down. After a first miss the second try follows at once.
type pinger struct {
	w       *worker
	uri     string
	route   func() (uri string, routes []string, t target, err error) // now: connections come and go
	up      bool
	misses  int
	heal    int // answers in a row that make it up again; 1 when zero
	hits    int // of these, had
	alarm   alarm
	tx      *clientTx
	changed func(words string) // up has changed
	asked   func(words string) // after each answer or miss; may be nil
}

// start plans the first request somewhere within the interval, so that phones
// that came together are not asked together.
func (p *pinger) start() {
	interval := p.w.srv.opt.Timers.Health
	if interval < 0 {
		return
	}
	p.alarm.ring = p.ask
	first := time.Duration(rand.Int64N(int64(interval)) + 1) //nolint:gosec // spreads the load only
	p.w.clock.set(&p.alarm, first)
}

func (p *pinger) stop() {
	p.w.clock.stop(&p.alarm)
	if p.tx != nil {
		p.tx.drop()
		p.tx = nil
	}
}

func (p *pinger) ask() {
	s := p.w.srv
	uri, routes, t, err := p.route()
	if err != nil {
		p.missed(err.Error())
		return
	}
	tag := s.newTag()
	p.tx = &clientTx{
		within: s.opt.Timers.NoResponse,
		out: &outgoing{
			method: "OPTIONS", uri: uri, routes: routes, from: "<sip:hotline@" + s.opt.Domain + ">;tag=" + tag,
			to: "<" + p.uri + ">", callID: s.tokenFor(p.w.index), cseq: 1, extra: []string{"Accept: " + sdpType},
		},
		contact: s.contactFor,
		onResponse: func(r *response) {
			if r.StatusCode >= 200 {
				p.answered()
			}
		},
		onFail: func(err error) { p.missed(err.Error()) },
	}
	p.w.begin(p.tx, t)
}

// relapse is how soon a far end that has just gone down is asked again, the first time.
const relapse = 2 * time.Second

// healing is how soon the next answer is asked for while a far end comes back.
const healing = time.Second

func (p *pinger) answered() {
	p.tx, p.misses = nil, 0
	p.w.clock.set(&p.alarm, p.w.srv.opt.Timers.Health)
	if !p.up {
		if p.hits++; p.hits < p.heal {
			p.w.clock.set(&p.alarm, min(healing, p.w.srv.opt.Timers.Health))
			return
		}
		p.up, p.hits = true, 0
		p.changed("it answers OPTIONS again")
	}
	p.told("")
}

func (p *pinger) missed(words string) {
	p.tx, p.hits = nil, 0
	p.misses++
	if p.misses < missesAllowed {
		p.w.clock.set(&p.alarm, time.Millisecond)
		return
	}
	next := p.w.srv.opt.Timers.Health
	if down := p.misses - missesAllowed; down < 10 {
		next = min(next, relapse<<down)
	}
	p.w.clock.set(&p.alarm, next)
	if p.up {
		p.up = false
		p.changed("it does not answer OPTIONS: " + words)
	}
	p.told(words)
}

func (p *pinger) told(words string) {
	if p.asked != nil {
		p.asked(words)
	}
}

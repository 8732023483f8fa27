package sip

import (
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"
)

// TrunkState is a trunk as API and metrics show it.
type TrunkState struct {
	Name     string    `json:"name"`
	Up       bool      `json:"up"`    // the proxy answers OPTIONS, or there is none to ask
	Calls    int       `json:"calls"` // legs open
	MaxCalls int       `json:"max_calls"`
	Checked  time.Time `json:"checked,omitzero"` // last OPTIONS that came to an end
	Words    string    `json:"words,omitempty"`  // why it is down
}

// trunks is the state of every trunk. Worker 0 owns the pingers; the states are a
// snapshot under the mutex.
type trunks struct {
	srv   *Server
	pings map[string]*pinger
	held  map[string]netip.Addr

	mu     sync.Mutex
	states []TrunkState
}

func newTrunks(s *Server) *trunks {
	return &trunks{srv: s, pings: map[string]*pinger{}, held: map[string]netip.Addr{}}
}

// list copies the snapshot, in the site's order.
func (t *trunks) list() []TrunkState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]TrunkState(nil), t.states...)
}

// change edits one trunk's state; a trunk that has left the site has none.
func (t *trunks) change(name string, edit func(*TrunkState)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.states {
		if t.states[i].Name == name {
			edit(&t.states[i])
			t.show(&t.states[i])
		}
	}
}

func (t *trunks) show(s *TrunkState) {
	up := 0.0
	if s.Up {
		up = 1
	}
	t.srv.met.trunkUp.WithLabelValues(s.Name).Set(up)
	t.srv.met.trunkCalls.WithLabelValues(s.Name).Set(float64(s.Calls))
}

// setStates takes a new site's trunks; what goes on keeps its state.
func (t *trunks) setStates(site *Site) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.states
	t.states = make([]TrunkState, len(site.Trunks))
	for i, trunk := range site.Trunks {
		s := TrunkState{Name: trunk.Name, Up: true, MaxCalls: trunk.MaxCalls}
		for _, o := range old {
			if o.Name == trunk.Name {
				s.Calls, s.Checked = o.Calls, o.Checked
				if trunk.Proxy != "" {
					s.Up, s.Words = o.Up, o.Words
				}
			}
		}
		t.states[i] = s
		t.show(&t.states[i])
	}
	for _, o := range old {
		if !hasTrunk(site, o.Name) {
			t.srv.met.trunkUp.DeleteLabelValues(o.Name)
			t.srv.met.trunkCalls.DeleteLabelValues(o.Name)
		}
	}
}

func hasTrunk(site *Site, name string) bool {
	for i := range site.Trunks {
		if site.Trunks[i].Name == name {
			return true
		}
	}
	return false
}

// setSite renews the pingers, on worker 0.
func (t *trunks) setSite(site *Site) {
	for name, p := range t.pings {
		p.stop()
		t.srv.guard.release(t.held[name])
		delete(t.pings, name)
		delete(t.held, name)
	}
	for _, trunk := range site.Trunks {
		if trunk.Proxy != "" {
			t.watch(trunk)
		}
	}
}

func (t *trunks) watch(trunk Trunk) {
	to, err := targetOfText(trunk.Proxy)
	if err != nil {
		t.srv.log.Warn("a trunk's proxy can't be used", zap.String("trunk", trunk.Name), zap.Error(err))
	}
	if a, parseErr := netip.ParseAddr(to.host); parseErr == nil {
		t.held[trunk.Name] = a.Unmap()
		t.srv.guard.hold(a.Unmap())
	}
	p := &pinger{w: t.srv.workers[0], uri: trunk.Proxy, up: true}
	p.route = func() (string, []string, target, error) { return trunk.Proxy, nil, to, err }
	p.changed = func(words string) {
		t.srv.log.Warn("trunk", zap.String("trunk", trunk.Name), zap.Bool("up", p.up), zap.String("why", words))
	}
	p.asked = func(words string) {
		t.change(trunk.Name, func(s *TrunkState) { s.Up, s.Words, s.Checked = p.up, words, time.Now() })
	}
	p.start()
	t.pings[trunk.Name] = p
}

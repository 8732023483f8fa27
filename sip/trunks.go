package sip

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

// TrunkState is a trunk as API and metrics show it.
type TrunkState struct {
	Name         string             `json:"name"`
	Up           bool               `json:"up"`    // a target answers OPTIONS, or there is none to ask; and it is registered, if it is to be
	Calls        int                `json:"calls"` // legs open, both ways
	MaxCalls     int                `json:"max_calls"`
	Checked      time.Time          `json:"checked,omitzero"` // last OPTIONS that came to an end
	Words        string             `json:"words,omitempty"`  // why it is down
	Targets      []TargetState      `json:"targets,omitempty"`
	Registration *RegistrationState `json:"registration,omitempty"`
}

// TargetState is one way into a trunk.
type TargetState struct {
	URI      string    `json:"uri"`
	Priority int       `json:"priority"`
	Weight   int       `json:"weight"`
	Up       bool      `json:"up"`
	Checked  time.Time `json:"checked,omitzero"`
	Words    string    `json:"words,omitempty"`
}

// targetKey names a target among all trunks'.
type targetKey struct{ trunk, uri string }

// trunks is the state of every trunk. Worker 0 owns the pingers; the states and
// the buckets of new calls are under the mutex.
type trunks struct {
	srv   *Server
	pings map[targetKey]*pinger
	held  map[targetKey]netip.Addr
	regs  map[string]*registrant // by trunk
	gone  []*registrant          // that take their bindings back

	mu     sync.Mutex
	states []TrunkState
	out    map[string]*bucket // new calls we may still send, by trunk
	in     map[string]*bucket // and take
}

func newTrunks(s *Server) *trunks {
	return &trunks{
		srv: s, pings: map[targetKey]*pinger{}, held: map[targetKey]netip.Addr{}, regs: map[string]*registrant{},
		out: map[string]*bucket{}, in: map[string]*bucket{},
	}
}

// list copies the snapshot, in the site's order.
func (t *trunks) list() []TrunkState {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := append([]TrunkState(nil), t.states...)
	for i := range all {
		all[i].Targets = slices.Clone(all[i].Targets)
	}
	return all
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

// judge works out whether a trunk is up, and why not.
func (s *TrunkState) judge() {
	s.Up, s.Words = len(s.Targets) == 0, ""
	for i := range s.Targets {
		t := &s.Targets[i]
		s.Up = s.Up || t.Up
		s.Words = cmp.Or(s.Words, t.Words)
		if t.Checked.After(s.Checked) {
			s.Checked = t.Checked
		}
	}
	if s.Up {
		s.Words = ""
	}
	if r := s.Registration; r != nil && r.State != Registered && s.Up {
		s.Up, s.Words = false, cmp.Or(r.Words, "not registered yet")
	}
}

func (t *trunks) show(s *TrunkState) {
	s.judge()
	m := t.srv.met
	m.trunkUp.WithLabelValues(s.Name).Set(oneIf(s.Up))
	m.trunkCalls.WithLabelValues(s.Name).Set(float64(s.Calls))
	for i := range s.Targets {
		m.targetUp.WithLabelValues(s.Name, s.Targets[i].URI).Set(oneIf(s.Targets[i].Up))
	}
	if s.Registration != nil {
		m.registered.WithLabelValues(s.Name).Set(oneIf(s.Registration.State == Registered))
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// setStates takes a new site's trunks; what goes on keeps its state.
func (t *trunks) setStates(site *Site) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.states
	t.srv.met.forgetTrunks(old)
	t.states = make([]TrunkState, len(site.Trunks))
	out, in := map[string]*bucket{}, map[string]*bucket{}
	for i := range site.Trunks {
		trunk := &site.Trunks[i]
		s := TrunkState{Name: trunk.Name, MaxCalls: trunk.MaxCalls}
		for _, target := range trunk.Targets {
			s.Targets = append(s.Targets, TargetState{URI: target.URI, Priority: target.Priority, Weight: max(target.Weight, 1), Up: true})
		}
		if trunk.Register != nil {
			s.Registration = &RegistrationState{}
		}
		for j := range old {
			if old[j].Name == trunk.Name {
				s.keep(&old[j])
			}
		}
		t.states[i] = s
		t.show(&t.states[i])
		if trunk.MaxCPS > 0 {
			out[trunk.Name], in[trunk.Name] = kept(t.out, trunk), kept(t.in, trunk)
		}
	}
	t.out, t.in = out, in
}

// keep takes over what is known of the trunk already.
func (s *TrunkState) keep(old *TrunkState) {
	s.Calls, s.Checked = old.Calls, old.Checked
	for i := range s.Targets {
		for _, o := range old.Targets {
			if o.URI == s.Targets[i].URI {
				s.Targets[i].Up, s.Targets[i].Checked, s.Targets[i].Words = o.Up, o.Checked, o.Words
			}
		}
	}
	if s.Registration != nil && old.Registration != nil {
		s.Registration = old.Registration
	}
}

// kept is a trunk's bucket of new calls, as full as it was.
func kept(old map[string]*bucket, trunk *Trunk) *bucket {
	if b := old[trunk.Name]; b != nil {
		return b
	}
	return &bucket{tokens: float64(trunk.MaxCPS), last: time.Now()}
}

// mayDial takes one of the new calls a second that may be sent by the trunk; mayTake, received.
func (t *trunks) mayDial(trunk *Trunk) bool { return t.spend(t.out, trunk) }

func (t *trunks) mayTake(trunk *Trunk) bool { return t.spend(t.in, trunk) }

func (t *trunks) spend(which map[string]*bucket, trunk *Trunk) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := which[trunk.Name]
	return b == nil || trunk.MaxCPS <= 0 || b.take(time.Now(), float64(trunk.MaxCPS), float64(trunk.MaxCPS), 1)
}

// order is in which order a trunk's targets are tried: by priority, by lot within
// one (RFC 2782), those that are down left out. When all are down the first is
// tried all the same: some far ends do not answer OPTIONS.
func (t *trunks) order(trunk *Trunk) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []TargetState
	for i := range t.states {
		if t.states[i].Name == trunk.Name {
			all = slices.Clone(t.states[i].Targets)
		}
	}
	return inTurn(all, rand.IntN)
}

// inTurn draws the order with the given dice.
func inTurn(all []TargetState, dice func(int) int) (uris []string) {
	slices.SortStableFunc(all, func(a, b TargetState) int { return cmp.Compare(a.Priority, b.Priority) })
	live := slices.DeleteFunc(slices.Clone(all), func(t TargetState) bool { return !t.Up })
	if len(live) == 0 && len(all) > 0 {
		live = all[:1]
	}
	for len(live) > 0 {
		equal, sum := 0, 0
		for equal < len(live) && live[equal].Priority == live[0].Priority {
			sum += live[equal].Weight
			equal++
		}
		lot, i := dice(sum), 0
		for lot >= live[i].Weight {
			lot -= live[i].Weight
			i++
		}
		uris = append(uris, live[i].URI)
		live = slices.Delete(live, i, i+1)
	}
	return uris
}

// setSite renews the pingers, on worker 0.
func (t *trunks) setSite(site *Site) {
	for key, p := range t.pings {
		p.stop()
		t.srv.guard.release(t.held[key])
		delete(t.pings, key)
		delete(t.held, key)
	}
	for i := range site.Trunks {
		for _, target := range site.Trunks[i].Targets {
			t.watch(site.Trunks[i].Name, target.URI)
		}
	}
	t.setRegistrants(site)
}

// setRegistrants registers with the carriers of a new site. A registration that
// is asked for as before goes on; others end.
func (t *trunks) setRegistrants(site *Site) {
	for name, r := range t.regs {
		trunk := site.trunk(name)
		if trunk != nil && trunk.Register != nil && r.same(trunk) {
			r.trunk = trunk
			continue
		}
		t.dismiss(name)
	}
	for i := range site.Trunks {
		trunk := &site.Trunks[i]
		if trunk.Register == nil || t.regs[trunk.Name] != nil {
			continue
		}
		r := newRegistrant(t.srv, trunk)
		t.regs[trunk.Name] = r
		r.tell(func(s *RegistrationState, now time.Time) { *s = RegistrationState{Since: now} })
		r.begin()
	}
}

// dismiss ends a registration.
func (t *trunks) dismiss(name string) {
	r := t.regs[name]
	delete(t.regs, name)
	t.gone = slices.DeleteFunc(t.gone, func(o *registrant) bool { return o.tx == nil })
	r.stop()
	if r.tx != nil {
		t.gone = append(t.gone, r)
	}
}

// leaving is how many registrations are being taken back; at the node's end, after all are.
func (t *trunks) leaving() (n int) {
	for name := range t.regs {
		t.dismiss(name)
	}
	for _, r := range t.gone {
		if r.tx != nil {
			n++
		}
	}
	return n
}

// healTrunk is how many answers in a row bring a target back.
const healTrunk = 2

func (t *trunks) watch(trunk, uri string) {
	key := targetKey{trunk, uri}
	to, err := targetOfText(uri)
	if err != nil {
		t.srv.log.Warn("a trunk's proxy can't be used", zap.String("trunk", trunk), zap.Error(err))
	}
	if a, parseErr := netip.ParseAddr(to.host); parseErr == nil {
		t.held[key] = a.Unmap()
		t.srv.guard.hold(a.Unmap())
	}
	p := &pinger{w: t.srv.workers[0], uri: uri, up: t.isUp(key), heal: healTrunk}
	p.route = func() (string, []string, target, error) { return uri, nil, to, err }
	p.changed = func(words string) {
		t.srv.log.Warn("trunk", zap.String("trunk", trunk), zap.String("proxy", uri), zap.Bool("up", p.up), zap.String("why", words))
	}
	p.asked = func(words string) {
		t.change(trunk, func(s *TrunkState) {
			for i := range s.Targets {
				if o := &s.Targets[i]; o.URI == uri {
					o.Up, o.Words, o.Checked = p.up, words, time.Now()
				}
			}
		})
	}
	p.start()
	t.pings[key] = p
}

// isUp is what is known of a target so far.
func (t *trunks) isUp(key targetKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.states {
		for _, o := range t.states[i].Targets {
			if t.states[i].Name == key.trunk && o.URI == key.uri {
				return o.Up
			}
		}
	}
	return true
}

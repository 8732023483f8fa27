package registrar_test

import (
	"fmt"
	"net/netip"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/sip/registrar"
)

// model is the registrar written the slow and obvious way: a list.
type model struct {
	list    []registrar.Binding
	devices int
}

func (m *model) find(account, contact string) int {
	for i, b := range m.list {
		if b.Account == account && b.Contact == contact {
			return i
		}
	}
	return -1
}

func (m *model) count(account string) int {
	n := 0
	for _, b := range m.list {
		if b.Account == account {
			n++
		}
	}
	return n
}

func (m *model) expire(now time.Time) {
	var left []registrar.Binding
	for _, b := range m.list {
		if b.Expires.After(now) {
			left = append(left, b)
		}
	}
	m.list = left
}

// register gives false when the whole request is refused.
func (m *model) register(now time.Time, req registrar.Request) bool {
	m.expire(now) // the model needn't tell of it
	trial := model{list: append([]registrar.Binding(nil), m.list...), devices: m.devices}
	stale := func(i int) bool { return m.list[i].CallID == req.CallID && req.CSeq <= m.list[i].CSeq }
	if req.Star {
		for i := range m.list {
			if m.list[i].Account == req.Account && stale(i) {
				return false
			}
		}
		trial.list = nil
		for _, b := range m.list {
			if b.Account != req.Account {
				trial.list = append(trial.list, b)
			}
		}
	}
	added := false
	for _, c := range req.Contacts {
		life := time.Duration(c.Expires.Seconds) * time.Second
		if life > 0 && life < time.Minute {
			return false
		}
		if i := m.find(req.Account, c.URI); i >= 0 && stale(i) {
			return false
		}
		at := trial.find(req.Account, c.URI)
		if at >= 0 {
			trial.list = append(trial.list[:at], trial.list[at+1:]...)
		}
		if life > 0 {
			trial.list = append(trial.list, registrar.Binding{Account: req.Account, Contact: c.URI, CallID: req.CallID, CSeq: req.CSeq, Expires: now.Add(life)})
		}
	}
	for _, b := range trial.list {
		added = added || m.find(b.Account, b.Contact) < 0
	}
	if added && trial.count(req.Account) > m.devices {
		return false
	}
	m.list = trial.list
	return true
}

func (m *model) lines() []string {
	var out []string
	for _, b := range m.list {
		out = append(out, fmt.Sprint(b.Account, " ", b.Contact, " ", b.CallID, " ", b.CSeq, " ", b.Expires))
	}
	sort.Strings(out)
	return out
}

// TestModel plays random REGISTERs and clocks on both and compares all there
// is: what is live, what was refused, and that the edges tell each account's
// true state, as the seats hang on them.
func TestModel(t *testing.T) {
	accounts := []string{"1001", "1002"}
	rapid.Check(t, func(t *rapid.T) {
		r := registrar.New(registrar.Options{Devices: 3})
		m := &model{devices: 3}
		now, up := start, map[string]bool{}
		follow := func(changes []registrar.Change) {
			for _, c := range changes {
				require.False(t, c.Up && up[c.Binding.Account], "up twice")
				require.False(t, c.Down && !up[c.Binding.Account], "down twice")
				up[c.Binding.Account] = (up[c.Binding.Account] || c.Up) && !c.Down
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"register": func(t *rapid.T) {
				req := drawRequest(t, accounts)
				_, changes, err := r.Register(now, req)
				require.Equal(t, m.register(now, req), err == nil, "%v", err)
				follow(changes)
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "seconds")) * time.Second)
			},
			"expire": func(t *rapid.T) {
				m.expire(now)
				follow(r.Expire(now))
			},
			"restart": func(t *rapid.T) {
				var kept []registrar.Binding
				for _, a := range accounts {
					kept = append(kept, r.Live(a, now)...)
				}
				m.expire(now)
				r, up = registrar.New(registrar.Options{Devices: 3}), map[string]bool{}
				follow(r.Restore(now, kept))
			},
			"": func(t *rapid.T) {
				follow(r.Expire(now))
				m.expire(now)
				got := &model{}
				for _, a := range accounts {
					live := r.Live(a, now)
					got.list = append(got.list, live...)
					require.Equal(t, len(live) > 0, up[a])
					require.LessOrEqual(t, len(live), 3)
				}
				require.Equal(t, m.lines(), got.lines())
				require.Equal(t, len(m.list), r.Size())
				requireNext(t, m, r)
			},
		})
	})
}

func requireNext(t require.TestingT, m *model, r *registrar.Registrar) {
	next, ok := r.NextExpiry()
	require.Equal(t, len(m.list) > 0, ok)
	for _, b := range m.list {
		require.False(t, next.After(b.Expires))
	}
}

func drawRequest(t *rapid.T, accounts []string) registrar.Request {
	req := registrar.Request{
		Account: rapid.SampledFrom(accounts).Draw(t, "account"),
		CallID:  rapid.SampledFrom([]string{"a", "b"}).Draw(t, "call id"),
		CSeq:    uint32(rapid.IntRange(1, 30).Draw(t, "cseq")),
		Source:  netip.MustParseAddrPort("192.0.2.1:5060"), ViaHost: "192.0.2.1",
	}
	if rapid.IntRange(0, 9).Draw(t, "star") == 0 {
		req.Star, req.Expires = true, secs(0)
		return req
	}
	for range rapid.IntRange(0, 4).Draw(t, "contacts") {
		c := contact(rapid.IntRange(1, 5).Draw(t, "desk"))
		c.Expires = secs(rapid.SampledFrom([]uint32{0, 30, 60, 120, 300}).Draw(t, "expires"))
		req.Contacts = append(req.Contacts, c)
	}
	return req
}

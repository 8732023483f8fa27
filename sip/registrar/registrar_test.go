package registrar_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/registrar"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func secs(n uint32) registrar.Lifetime { return registrar.Lifetime{Set: true, Seconds: n} }

// contact is desk n's, as a phone on our own network writes it.
func contact(n int) registrar.Contact {
	host := fmt.Sprintf("192.0.2.%d", n)
	return registrar.Contact{URI: "sip:1001@" + host + ":5060", Host: host, Q: 1000}
}

// register is a REGISTER of 1001 from its first contact's host.
func register(cseq uint32, contacts ...registrar.Contact) registrar.Request {
	return registrar.Request{
		Account: "1001", CallID: "c1", CSeq: cseq, Contacts: contacts, Expires: secs(300),
		Source: netip.MustParseAddrPort("192.0.2.1:5060"), ViaHost: "192.0.2.1", ViaPort: 5060, UserAgent: "phone/1",
	}
}

// short writes changes as "added sip:… up".
func short(changes []registrar.Change) []string {
	var out []string
	for _, c := range changes {
		line := c.Kind.String() + " " + c.Binding.Contact
		if c.Up {
			line += " up"
		}
		if c.Down {
			line += " down"
		}
		out = append(out, line)
	}
	return out
}

func reason(t *testing.T, err error) registrar.Reason {
	t.Helper()
	var refusal *registrar.Refusal
	require.True(t, errors.As(err, &refusal), "%v", err)
	return refusal.Reason
}

func TestLifeOfABinding(t *testing.T) {
	r := registrar.New(registrar.Options{})
	live, changes, err := r.Register(start, register(1, contact(1)))
	require.NoError(t, err)
	require.Equal(t, []string{"added sip:1001@192.0.2.1:5060 up"}, short(changes))
	require.Equal(t, []registrar.Binding{{
		Account: "1001", Contact: "sip:1001@192.0.2.1:5060", Host: "192.0.2.1", Q: 1000, CallID: "c1", CSeq: 1,
		Registered: start, Refreshed: start, Expires: start.Add(5 * time.Minute),
		Source: netip.MustParseAddrPort("192.0.2.1:5060"), UserAgent: "phone/1",
	}}, live)

	later := start.Add(4 * time.Minute)
	live, changes, err = r.Register(later, register(2, contact(1)))
	require.NoError(t, err)
	require.Equal(t, []string{"refreshed sip:1001@192.0.2.1:5060"}, short(changes))
	require.Equal(t, start, live[0].Registered)
	require.Equal(t, later, live[0].Refreshed)
	next, ok := r.NextExpiry()
	require.True(t, ok)
	require.Equal(t, later.Add(5*time.Minute), next)

	require.Empty(t, r.Expire(next.Add(-1)))
	require.Len(t, r.Live("1001", next.Add(-1)), 1)
	require.Empty(t, r.Live("1001", next), "what has run out is not rung, swept or not")
	require.Equal(t, []string{"expired sip:1001@192.0.2.1:5060 down"}, short(r.Expire(next)))
	_, ok = r.NextExpiry()
	require.False(t, ok)
	require.Zero(t, r.Size())
}

func TestQueryChangesNothing(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, _, err := r.Register(start, register(7, contact(1)))
	require.NoError(t, err)
	live, changes, err := r.Register(start, register(1)) // an old CSeq, too: it asks only
	require.NoError(t, err)
	require.Len(t, live, 1)
	require.Empty(t, changes)
}

func TestExpires(t *testing.T) {
	opts := registrar.Options{Min: time.Minute, Max: 10 * time.Minute, Default: 5 * time.Minute}
	none := registrar.Lifetime{}
	for _, c := range []struct {
		name           string
		header, param  registrar.Lifetime
		want           time.Duration
		tooBrief, gone bool
	}{
		{"nothing asked", none, none, 5 * time.Minute, false, false},
		{"header", secs(120), none, 2 * time.Minute, false, false},
		{"parameter before header", secs(120), secs(240), 4 * time.Minute, false, false},
		{"cut to the longest", secs(7200), none, 10 * time.Minute, false, false},
		{"as long as can be said", secs(1<<32 - 1), none, 10 * time.Minute, false, false},
		{"the shortest", secs(60), none, time.Minute, false, false},
		{"too brief", secs(59), none, 0, true, false},
		{"parameter too brief", secs(300), secs(1), 0, true, false},
		{"zero removes", secs(300), secs(0), 0, false, true},
		{"zero in the header removes", secs(0), none, 0, false, true},
		{"parameter saves", secs(0), secs(300), 5 * time.Minute, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := registrar.New(opts)
			_, _, err := r.Register(start, register(1, contact(1)))
			require.NoError(t, err)
			req := register(2, contact(1))
			req.Expires, req.Contacts[0].Expires = c.header, c.param
			live, _, err := r.Register(start, req)
			switch {
			case c.tooBrief:
				require.Equal(t, registrar.TooBrief, reason(t, err))
				var refusal *registrar.Refusal
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, time.Minute, refusal.Min)
				require.Equal(t, 423, refusal.Status())
			case c.gone:
				require.NoError(t, err)
				require.Empty(t, live)
			default:
				require.NoError(t, err)
				require.Equal(t, start.Add(c.want), live[0].Expires)
			}
		})
	}
}

func TestStar(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, _, err := r.Register(start, register(1, contact(1), contact(2)))
	require.NoError(t, err)
	star := register(2)
	star.Star = true
	_, _, err = r.Register(start, star)
	require.Equal(t, registrar.Malformed, reason(t, err), "with Expires 300")
	star.Expires = registrar.Lifetime{}
	_, _, err = r.Register(start, star)
	require.Equal(t, registrar.Malformed, reason(t, err), "without Expires")
	star.Expires, star.Contacts = secs(0), []registrar.Contact{contact(1)}
	_, _, err = r.Register(start, star)
	require.Equal(t, registrar.Malformed, reason(t, err), "beside a contact")
	require.Equal(t, 400, err.(*registrar.Refusal).Status()) //nolint:errorlint // Register's error is this type

	star.Contacts, star.CSeq = nil, 1
	_, _, err = r.Register(start, star)
	require.Equal(t, registrar.OutOfOrder, reason(t, err))
	require.Equal(t, call.CodeConflict, call.CodeOf(err))
	require.Len(t, r.Live("1001", start), 2)

	star.CSeq = 3
	live, changes, err := r.Register(start, star)
	require.NoError(t, err)
	require.Empty(t, live)
	require.Equal(t, []string{"removed sip:1001@192.0.2.1:5060", "removed sip:1001@192.0.2.2:5060 down"}, short(changes))
	_, changes, err = r.Register(start, star)
	require.NoError(t, err, "again, with nothing left")
	require.Empty(t, changes)
}

func TestOrder(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, _, err := r.Register(start, register(5, contact(1)))
	require.NoError(t, err)
	for _, cseq := range []uint32{5, 4, 0} {
		_, _, err = r.Register(start, register(cseq, contact(1)))
		require.Equal(t, registrar.OutOfOrder, reason(t, err))
	}
	rebooted := register(1, contact(1))
	rebooted.CallID = "c2"
	_, _, err = r.Register(start, rebooted)
	require.NoError(t, err, "another Call-ID counts anew")
}

// TestAllOrNothing: one contact that can't be taken leaves the others untouched.
func TestAllOrNothing(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, _, err := r.Register(start, register(5, contact(1)))
	require.NoError(t, err)
	before := r.Live("1001", start)

	old := register(5, contact(2), contact(1)) // the second one is out of order
	_, changes, err := r.Register(start, old)
	require.Equal(t, registrar.OutOfOrder, reason(t, err))
	require.Empty(t, changes)
	require.Equal(t, before, r.Live("1001", start))

	brief := contact(3)
	brief.Expires = secs(5)
	_, _, err = r.Register(start, register(6, contact(2), brief))
	require.Equal(t, registrar.TooBrief, reason(t, err))
	require.Equal(t, before, r.Live("1001", start))
}

// TestRefusedAfterExpiry: what had run out is told by the next sweep, not lost with a refusal.
func TestRefusedAfterExpiry(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, _, err := r.Register(start, register(5, contact(1)))
	require.NoError(t, err)
	later := start.Add(time.Hour)
	brief := contact(1)
	brief.Expires = secs(1)
	_, changes, err := r.Register(later, register(6, brief))
	require.Equal(t, registrar.TooBrief, reason(t, err))
	require.Empty(t, changes)
	_, changes, err = r.Register(later, register(1, contact(1)))
	require.NoError(t, err, "a binding that has run out keeps no order")
	require.Equal(t, []string{"expired sip:1001@192.0.2.1:5060 down", "added sip:1001@192.0.2.1:5060 up"}, short(changes))
}

// TestSwap: a phone that moves in one REGISTER never goes down.
func TestSwap(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, _, err := r.Register(start, register(1, contact(1)))
	require.NoError(t, err)
	gone := contact(1)
	gone.Expires = secs(0)
	_, changes, err := r.Register(start, register(2, gone, contact(2)))
	require.NoError(t, err)
	require.Equal(t, []string{"removed sip:1001@192.0.2.1:5060", "added sip:1001@192.0.2.2:5060"}, short(changes))
	again := contact(2)
	again.Expires = secs(0)
	_, changes, err = r.Register(start, register(3, contact(2), again))
	require.NoError(t, err, "said twice, the last word counts")
	require.Equal(t, []string{"removed sip:1001@192.0.2.2:5060 down"}, short(changes))
	_, changes, err = r.Register(start, register(4, again))
	require.NoError(t, err, "removing what isn't there")
	require.Empty(t, changes)
}

func TestDeviceLimit(t *testing.T) {
	r := registrar.New(registrar.Options{Devices: 2})
	_, _, err := r.Register(start, register(1, contact(1), contact(2)))
	require.NoError(t, err)
	_, _, err = r.Register(start, register(2, contact(3)))
	require.Equal(t, registrar.TooMany, reason(t, err))
	require.Equal(t, call.CodeForbidden, call.CodeOf(err))
	require.Equal(t, 403, err.(*registrar.Refusal).Status()) //nolint:errorlint // Register's error is this type
	_, _, err = r.Register(start, register(2, contact(1), contact(2)))
	require.NoError(t, err, "a refresh is no new device")
	gone := contact(1)
	gone.Expires = secs(0)
	_, _, err = r.Register(start, register(3, gone, contact(3)))
	require.NoError(t, err, "one for one")
	other := register(1, contact(9))
	other.Account = "1002"
	_, _, err = r.Register(start, other)
	require.NoError(t, err, "each account has its own limit")
	_, _, err = r.Register(start.Add(time.Hour), register(9, contact(4), contact(5)))
	require.NoError(t, err, "what has run out doesn't count")
}

func TestMalformed(t *testing.T) {
	r := registrar.New(registrar.Options{})
	many := register(1)
	for n := range 40 {
		many.Contacts = append(many.Contacts, contact(n))
	}
	nobody := register(1, contact(1))
	nobody.Account = ""
	for _, req := range []registrar.Request{many, nobody, register(1, registrar.Contact{}), register(1, registrar.Contact{URI: "sip:x"})} {
		_, _, err := r.Register(start, req)
		require.Equal(t, registrar.Malformed, reason(t, err))
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
		require.NotEmpty(t, err.Error())
	}
	require.Zero(t, r.Size())
}

// TestSameContact: what makes two contacts one binding.
func TestSameContact(t *testing.T) {
	for _, c := range []struct {
		a, b string
		one  bool
	}{
		{"sip:1001@192.0.2.1", "sip:1001@192.0.2.1", true},
		{"sip:1001@Desk.Example.COM:5060;transport=TCP", "SIP:1001@desk.example.com:5060;transport=tcp", true},
		{"sip:Ann@h", "sip:ann@h", false}, // users have case
		{"sip:1001@192.0.2.1", "sip:1001@192.0.2.1:5060", false},
		{"sip:1001@h;transport=tcp", "sip:1001@h", false},
		{"sip:1001@h;rinstance=a", "sip:1001@h;rinstance=b", false},
		{"sip:1001;phone-context=X@h", "sip:1001;phone-context=x@h", false}, // inside the user part
		{"sip:h", "SIP:H", true},
		{"sip:1001@[2001:DB8::1]:5060", "sip:1001@[2001:db8::1]:5060", true},
		{"sip:a:b@h", "sip:a:B@h", false},
	} {
		r := registrar.New(registrar.Options{})
		for i, uri := range []string{c.a, c.b} {
			_, _, err := r.Register(start, register(uint32(i+1), registrar.Contact{URI: uri, Host: "h", Q: 1000}))
			require.NoError(t, err)
		}
		require.Equal(t, c.one, r.Size() == 1, c)
		if c.one {
			require.Equal(t, c.b, r.Live("1001", start)[0].Contact, "rung as it was last written")
		}
	}
}

// TestInstance: a phone that has rebooted onto another port replaces itself (RFC 5626).
func TestInstance(t *testing.T) {
	r := registrar.New(registrar.Options{})
	device := func(port string, regID uint32) registrar.Contact {
		return registrar.Contact{URI: "sip:1001@192.0.2.1:" + port, Host: "192.0.2.1", Q: 1000, Instance: "<urn:uuid:1>", RegID: regID}
	}
	var all []string
	for i, c := range []registrar.Contact{device("5060", 1), device("40001", 1), device("40002", 2)} {
		_, changes, err := r.Register(start, register(uint32(i+1), c))
		require.NoError(t, err)
		all = append(all, short(changes)...)
	}
	require.Equal(t, []string{
		"added sip:1001@192.0.2.1:5060 up",
		"removed sip:1001@192.0.2.1:5060", "added sip:1001@192.0.2.1:40001",
		"added sip:1001@192.0.2.1:40002",
	}, all)
	require.Equal(t, 2, r.Size())
	keys := map[string]bool{}
	for _, b := range r.Live("1001", start) {
		keys[b.Key()] = true
		require.NotEqual(t, "sip:1001@192.0.2.1:5060", b.Contact)
	}
	require.Equal(t, map[string]bool{"<urn:uuid:1>#1": true, "<urn:uuid:1>#2": true}, keys)
}

func TestPreference(t *testing.T) {
	r := registrar.New(registrar.Options{})
	low, high := contact(1), contact(2)
	low.Q = 300
	_, _, err := r.Register(start, register(1, low, high))
	require.NoError(t, err)
	_, _, err = r.Register(start.Add(time.Second), register(2, contact(3)))
	require.NoError(t, err)
	var order []string
	for _, b := range r.Live("1001", start.Add(time.Second)) {
		order = append(order, b.Host)
	}
	require.Equal(t, []string{"192.0.2.3", "192.0.2.2", "192.0.2.1"}, order)
}

func TestForget(t *testing.T) {
	r := registrar.New(registrar.Options{})
	_, _, err := r.Register(start, register(1, contact(1), contact(2)))
	require.NoError(t, err)
	require.Equal(t, []string{"removed sip:1001@192.0.2.1:5060", "removed sip:1001@192.0.2.2:5060 down"}, short(r.Forget("1001")))
	require.Empty(t, r.Forget("1001"))
	require.Zero(t, r.Size())
}

// TestRestore: through the journal's JSON into a new registrar.
func TestRestore(t *testing.T) {
	r := registrar.New(registrar.Options{})
	udp := register(1, contact(1))
	udp.Path = []string{"<sip:edge.example.com;lr>"}
	tcp := register(1, contact(2))
	tcp.CallID, tcp.Transport, tcp.Source = "c2", registrar.TCP, netip.MustParseAddrPort("192.0.2.2:49152")
	browser := register(1, registrar.Contact{URI: "sip:1002@x.invalid", Host: "x.invalid"})
	browser.Account, browser.Transport = "1002", registrar.WSS
	brief := register(1, contact(3))
	brief.Account, brief.Expires = "1003", secs(60)
	var kept []registrar.Binding
	for _, req := range []registrar.Request{udp, tcp, browser, brief} {
		_, changes, err := r.Register(start, req)
		require.NoError(t, err)
		for _, c := range changes {
			kept = append(kept, c.Binding)
		}
	}
	text, err := json.Marshal(kept)
	require.NoError(t, err)
	var read []registrar.Binding
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, kept, read)

	fresh := registrar.New(registrar.Options{})
	changes := fresh.Restore(start.Add(2*time.Minute), append(read, read[0]))
	require.Equal(t, []string{
		"added sip:1001@192.0.2.1:5060 up", "added sip:1001@192.0.2.2:5060",
		"dropped sip:1002@x.invalid", "expired sip:1001@192.0.2.3:5060", "refreshed sip:1001@192.0.2.1:5060",
	}, short(changes))
	for _, b := range fresh.Live("1001", start.Add(2*time.Minute)) {
		require.False(t, b.AtSource, "no connection survives a restart")
	}
	_, _, err = fresh.Register(start.Add(2*time.Minute), register(1, contact(1)))
	require.Equal(t, registrar.OutOfOrder, reason(t, err), "the order of CSeq survives, too")
}

func TestNames(t *testing.T) {
	for tr := registrar.UDP; tr <= registrar.WSS; tr++ {
		text, err := tr.MarshalText()
		require.NoError(t, err)
		var back registrar.Transport
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, tr, back)
		require.Equal(t, tr.String(), string(text))
	}
	for k := registrar.Added; k <= registrar.Dropped; k++ {
		text, err := k.MarshalText()
		require.NoError(t, err)
		var back registrar.ChangeKind
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, k, back)
	}
	_, err := registrar.Transport(9).MarshalText()
	require.Error(t, err)
	_, err = registrar.ChangeKind(9).MarshalText()
	require.Error(t, err)
	var tr registrar.Transport
	require.NoError(t, tr.UnmarshalText([]byte("WSS")))
	require.Equal(t, registrar.WSS, tr)
	require.ErrorContains(t, tr.UnmarshalText([]byte("sctp")), "udp")
	var k registrar.ChangeKind
	require.ErrorContains(t, k.UnmarshalText([]byte("lost")), "added")
	require.Equal(t, "invalid(9) invalid(9)", registrar.Transport(9).String()+" "+registrar.ChangeKind(9).String())
}

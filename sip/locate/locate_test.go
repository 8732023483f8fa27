package locate

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/sip/transport"
)

// whole is a domain with everything RFC 3263 knows.
func whole() []string {
	return []string{
		`example.org. 60 IN NAPTR 20 10 "s" "SIP+D2T" "" _sip._tcp.example.org.`,
		`example.org. 60 IN NAPTR 10 20 "s" "SIPS+D2T" "" _sips._tcp.example.org.`,
		`example.org. 60 IN NAPTR 30 10 "s" "SIP+D2U" "" _sip._udp.example.org.`,
		`example.org. 60 IN NAPTR 5 10 "s" "SIP+D2S" "" _sip._sctp.example.org.`,
		`example.org. 60 IN NAPTR 1 10 "u" "E2U+sip" "!^.*$!sip:x@y!" .`,
		`_sips._tcp.example.org. 60 IN SRV 10 0 5061 a.example.org.`,
		`_sip._tcp.example.org. 60 IN SRV 20 0 5070 b.example.org.`,
		`_sip._tcp.example.org. 60 IN SRV 10 0 5060 a.example.org.`,
		`_sip._udp.example.org. 60 IN SRV 10 0 5060 a.example.org.`,
		`a.example.org. 60 IN A 192.0.2.1`,
		`b.example.org. 60 IN A 192.0.2.2`,
		`b.example.org. 60 IN AAAA 2001:db8::2`,
		`example.org. 60 IN A 192.0.2.9`,
	}
}

func resolver(t *testing.T, z *zone, edit func(*Options)) *Resolver {
	t.Helper()
	o := Options{Servers: []string{z.addr}, Draw: func(int) int { return 0 }}
	if edit != nil {
		edit(&o)
	}
	r, err := New(o)
	require.NoError(t, err)
	return r
}

// places writes targets as "tls 192.0.2.1:5061".
func places(all []Target) []string {
	var out []string
	for _, t := range all {
		out = append(out, fmt.Sprintf("%s %s", t.Transport, t.Addr))
	}
	return out
}

// The table of RFC 3263 section 4: what the URI says decides what is asked.
func TestResolve(t *testing.T) {
	z := newZone(t, append(whole(),
		`srvonly.example.org. 60 IN A 192.0.2.30`,
		`_sip._udp.srvonly.example.org. 60 IN SRV 0 0 5080 a.example.org.`,
		`none.example.org. 60 IN A 192.0.2.40`,
		`_sip._udp.none.example.org. 60 IN SRV 0 0 0 .`,
		`alias.example.org. 60 IN CNAME a.example.org.`)...)
	for _, c := range []struct {
		name string
		q    Query
		want []string
	}{
		{"an address", Query{Host: "192.0.2.7"}, []string{"udp 192.0.2.7:5060"}},
		{"an address of IPv6 with a port", Query{Host: "2001:db8::7", Port: 5070, Transport: transport.TCP, Fixed: true}, []string{"tcp [2001:db8::7]:5070"}},
		{"SIPS of an address", Query{Host: "192.0.2.7", Secure: true}, []string{"tls 192.0.2.7:5061"}},
		{"a port: addresses only", Query{Host: "b.example.org", Port: 5099}, []string{"udp [2001:db8::2]:5099", "udp 192.0.2.2:5099"}},
		{"a transport: its SRV", Query{Host: "example.org", Transport: transport.TCP, Fixed: true}, []string{"tcp 192.0.2.1:5060", "tcp [2001:db8::2]:5070", "tcp 192.0.2.2:5070"}},
		{"neither: NAPTR in its order", Query{Host: "Example.ORG."}, []string{
			"tls 192.0.2.1:5061", "tcp 192.0.2.1:5060", "tcp [2001:db8::2]:5070", "tcp 192.0.2.2:5070", "udp 192.0.2.1:5060",
		}},
		{"SIPS: what is secure only", Query{Host: "example.org", Secure: true}, []string{"tls 192.0.2.1:5061"}},
		{"no NAPTR: SRV of the usual transports", Query{Host: "srvonly.example.org"}, []string{"udp 192.0.2.1:5080"}},
		{"no SRV either: the domain's own addresses", Query{Host: "b.example.org"}, []string{"udp [2001:db8::2]:5060", "udp 192.0.2.2:5060"}},
		{"no SRV of TLS", Query{Host: "b.example.org", Secure: true}, []string{"tls [2001:db8::2]:5061", "tls 192.0.2.2:5061"}},
		{"a service that is declined", Query{Host: "none.example.org"}, nil},
		{"no such name", Query{Host: "nowhere.example.org"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := resolver(t, z, nil).Resolve(t.Context(), c.q)
			require.Equal(t, c.want, places(got))
			if c.want == nil {
				require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
				return
			}
			require.NoError(t, err)
			for _, g := range got {
				require.NotContains(t, g.Name, "a.example", "a certificate proves the URI's host, not SRV's")
			}
		})
	}
}

// What can't be sent to is left out.
func TestUsable(t *testing.T) {
	r := resolver(t, newZone(t, whole()...), func(o *Options) {
		o.Usable = func(tr transport.Transport, a netip.Addr) bool { return tr == transport.TCP && a.Is4() }
	})
	got, err := r.Resolve(t.Context(), Query{Host: "example.org"})
	require.NoError(t, err)
	require.Equal(t, []string{"tcp 192.0.2.1:5060", "tcp 192.0.2.2:5070"}, places(got))
}

// Weights share the load of one priority (RFC 2782): over many draws each host
// comes first about as often as its weight says, and none of a later priority ever does.
func TestWeights(t *testing.T) {
	z := newZone(t,
		`_sip._udp.w.example.org. 60 IN SRV 1 30 5060 h1.example.org.`, `_sip._udp.w.example.org. 60 IN SRV 1 10 5060 h2.example.org.`,
		`_sip._udp.w.example.org. 60 IN SRV 1 0 5060 h3.example.org.`, `_sip._udp.w.example.org. 60 IN SRV 2 100 5060 h4.example.org.`,
		`h1.example.org. 60 IN A 192.0.2.1`, `h2.example.org. 60 IN A 192.0.2.2`, `h3.example.org. 60 IN A 192.0.2.3`, `h4.example.org. 60 IN A 192.0.2.4`)
	pick, first := 0, true // the number drawn for the first choice; 0 for those after it
	r := resolver(t, z, func(o *Options) {
		o.Draw = func(n int) int {
			if !first {
				return 0
			}
			first = false
			require.Equal(t, 41, n)
			return pick
		}
	})
	led := map[string]int{}
	for pick = range 41 {
		first = true
		got, err := r.Resolve(t.Context(), Query{Host: "w.example.org", Fixed: true})
		require.NoError(t, err)
		require.Len(t, got, 4)
		led[got[0].Addr.Addr().String()]++
		require.Equal(t, "192.0.2.4", got[3].Addr.Addr().String())
	}
	require.Equal(t, map[string]int{"192.0.2.1": 30, "192.0.2.2": 10, "192.0.2.3": 1}, led)
	require.Equal(t, 1, z.times("_sip._udp.w.example.org", dns.TypeSRV), "asked once, then remembered")
}

// An answer that UDP can't carry comes by TCP.
func TestCutAnswers(t *testing.T) {
	z := newZone(t, whole()...)
	z.set(func() { z.cut = true })
	got, err := resolver(t, z, nil).Resolve(t.Context(), Query{Host: "a.example.org", Port: 5060})
	require.NoError(t, err)
	require.Equal(t, []string{"udp 192.0.2.1:5060"}, places(got))
	require.Equal(t, 2, z.times("a.example.org", dns.TypeA))
}

// The next server is asked when the first fails; and while none answers, what was found before counts.
func TestServersFail(t *testing.T) {
	bad, good := newZone(t), newZone(t, `a.example.org. 1 IN A 192.0.2.1`)
	bad.set(func() { bad.broken = true })
	r := resolver(t, good, func(o *Options) { o.Servers = []string{bad.addr, good.addr} })
	q := Query{Host: "a.example.org", Port: 5060}
	_, err := r.Resolve(t.Context(), q)
	require.NoError(t, err)
	good.set(func() { good.broken = true })
	for _, e := range r.cache.entries { // its time is over
		e.until = time.Now().Add(-time.Minute)
	}
	got, err := r.Resolve(t.Context(), q)
	require.NoError(t, err, "a stale record is better than none")
	require.Equal(t, []string{"udp 192.0.2.1:5060"}, places(got))
	_, err = r.Resolve(t.Context(), Query{Host: "other.example.org", Port: 5060})
	require.ErrorContains(t, err, "SERVFAIL")
}

// Without servers of its own the machine's ways count, for addresses even when no name server answers.
func TestSystem(t *testing.T) {
	asked := 0
	r, err := New(Options{
		Config: "/nonexistent", System: func(_ context.Context, host string) ([]netip.Addr, error) {
			asked++
			if host != "desk" {
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			return []netip.Addr{netip.MustParseAddr("192.0.2.5"), netip.MustParseAddr("2001:db8::5")}, nil
		},
	})
	require.NoError(t, err)
	for range 2 {
		got, err := r.Resolve(t.Context(), Query{Host: "desk"})
		require.NoError(t, err)
		require.Equal(t, []string{"udp [2001:db8::5]:5060", "udp 192.0.2.5:5060"}, places(got))
	}
	require.Equal(t, 1, asked)
	_, err = r.Resolve(t.Context(), Query{Host: "other", Port: 1})
	require.Error(t, err)
}

func TestOptions(t *testing.T) {
	for _, s := range []string{"", "ns.example.org:53", "192.0.2.1"} {
		_, err := New(Options{Servers: []string{s}})
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), s)
	}
}

// The cache keeps records for their time, that there is none for the zone's, and never more than it may.
func TestCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache()
		c.put(key{"a", 1}, &entry{}, 10*time.Second)
		_, fresh := c.get(key{"a", 1})
		require.True(t, fresh)
		time.Sleep(11 * time.Second)
		e, fresh := c.get(key{"a", 1})
		require.False(t, fresh)
		require.NotNil(t, e, "stale, for when nobody answers")
		time.Sleep(stale)
		e, _ = c.get(key{"a", 1})
		require.Nil(t, e)
		for i := range 2 * entriesMost {
			c.put(key{fmt.Sprint(i), 1}, &entry{}, time.Hour)
		}
		require.LessOrEqual(t, len(c.entries), entriesMost)
	})
	soa, err := dns.NewRR("example.org. 7 IN SOA ns. root. 1 2 3 4 5")
	require.NoError(t, err)
	records, ttl := harvest(&dns.Msg{Ns: []dns.RR{soa}}, dns.TypeA)
	require.Empty(t, records)
	require.Equal(t, 5*time.Second, ttl)
}

// Whatever an answer holds, resolving ends, with no more places than allowed.
func FuzzAnswer(f *testing.F) {
	m := new(dns.Msg)
	m.SetQuestion("example.org.", dns.TypeNAPTR)
	for _, text := range whole() {
		rr, err := dns.NewRR(text)
		require.NoError(f, err)
		m.Answer = append(m.Answer, rr)
	}
	seed, err := m.Pack()
	require.NoError(f, err)
	f.Add(seed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var m dns.Msg
		if m.Unpack(data) != nil {
			return
		}
		r, err := New(Options{Servers: []string{"127.0.0.1:1"}, Timeout: time.Millisecond, Draw: func(n int) int { return n - 1 }})
		require.NoError(t, err)
		for _, kind := range []uint16{dns.TypeNAPTR, dns.TypeSRV, dns.TypeA, dns.TypeAAAA} {
			records, ttl := harvest(&m, kind)
			for _, rr := range m.Answer {
				r.cache.put(key{plainName(rr.Header().Name), kind}, &entry{records: records}, ttl)
			}
			r.cache.put(key{"example.org", kind}, &entry{records: records}, ttl)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // what is not in the cache is not asked for
		got, err := r.Resolve(ctx, Query{Host: "example.org"})
		require.Equal(t, err == nil, len(got) > 0)
		require.LessOrEqual(t, len(got), targetMost)
	})
}

// What ends in .invalid is a browser's name for itself (RFC 7118 section 5): nobody is asked for it.
func TestInvalidIsNobodysName(t *testing.T) {
	asked := 0
	z := newZone(t)
	r := resolver(t, z, func(o *Options) {
		o.System = func(context.Context, string) ([]netip.Addr, error) {
			asked++
			return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
		}
	})
	for _, host := range []string{"nqf17fece7am.invalid", "INVALID.", "a.b.invalid."} {
		_, err := r.Resolve(t.Context(), Query{Host: host, Transport: transport.WS, Fixed: true})
		require.Equal(t, call.CodeUnavailable, call.CodeOf(err), host)
		require.ErrorContains(t, err, "connection", host)
	}
	require.Zero(t, asked)
	z.mu.Lock()
	defer z.mu.Unlock()
	require.Empty(t, z.asked)
}

package locate

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// zone is a name server in this process: it knows the records it is given and counts what it is asked.
type zone struct {
	addr string

	mu      sync.Mutex
	records map[string][]dns.RR // by name and type
	asked   map[string]int
	broken  bool // SERVFAIL to everything
	cut     bool // answers by UDP are cut
}

func question(name string, kind uint16) string {
	return strings.ToLower(dns.Fqdn(name)) + " " + dns.TypeToString[kind]
}

// newZone serves records in zone file syntax on a free port of loopback, by UDP and TCP.
func newZone(t *testing.T, records ...string) *zone {
	t.Helper()
	z := &zone{records: map[string][]dns.RR{}, asked: map[string]int{}}
	for _, text := range records {
		rr, err := dns.NewRR(text)
		require.NoError(t, err, text)
		k := question(rr.Header().Name, rr.Header().Rrtype)
		z.records[k] = append(z.records[k], rr)
	}
	l, pc := bothOn(t)
	z.addr = l.Addr().String()
	for _, s := range []*dns.Server{{Listener: l, Handler: z}, {PacketConn: pc, Handler: z}} {
		ready := make(chan struct{})
		s.NotifyStartedFunc = func() { close(ready) }
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.ActivateAndServe() // ends by Shutdown
		}()
		<-ready
		t.Cleanup(func() {
			require.NoError(t, s.Shutdown())
			<-done
		})
	}
	return z
}

// bothOn listens on a port that is free by TCP and by UDP: one that is by the first may be taken by the second.
func bothOn(t *testing.T) (l net.Listener, pc net.PacketConn) {
	t.Helper()
	var listen net.ListenConfig
	for range 20 {
		var err error
		l, err = listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		if pc, err = listen.ListenPacket(t.Context(), "udp", l.Addr().String()); err == nil {
			return l, pc
		}
		require.NoError(t, l.Close())
	}
	require.Fail(t, "no port of twenty is free by UDP as well")
	return nil, nil
}

// ServeDNS answers one question.
func (z *zone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	k := question(q.Question[0].Name, q.Question[0].Qtype)
	z.asked[k]++
	m := new(dns.Msg).SetReply(q)
	switch {
	case z.broken:
		m.Rcode = dns.RcodeServerFailure
	case z.cut && w.RemoteAddr().Network() == "udp":
		m.Truncated = true
	default:
		m.Answer = z.records[k]
		if len(m.Answer) == 0 {
			m.Rcode = dns.RcodeNameError
			soa, err := dns.NewRR("example.org. 7 IN SOA ns.example.org. root.example.org. 1 2 3 4 5")
			if err == nil {
				m.Ns = []dns.RR{soa}
			}
		}
	}
	_ = w.WriteMsg(m) // the asker sees that nothing comes
}

func (z *zone) set(edit func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	edit()
}

// times is how often a question was asked.
func (z *zone) times(name string, kind uint16) int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.asked[question(name, kind)]
}

package test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/sip/digest"
	"hotline/test/harness"
)

// desks are phones of a whole floor, each with a socket of its own: they register, refresh, and answer when they are asked whether they live.
type desks struct {
	t          tb
	node       netip.AddrPort
	all        []*deskPhone
	challenged atomic.Int64 // answers of 401
	refreshed  atomic.Int64 // of 200 to REGISTER
	odd        atomic.Int64 // any other answer
	asked      atomic.Int64 // OPTIONS answered
	reading    sync.WaitGroup
}

// deskPhone is one of them. Its fields are its reader's, but for the socket.
type deskPhone struct {
	of     *desks
	user   string
	conn   *net.UDPConn
	seq    int
	nonces uint32
	proof  []string // challenges of the last 401
	last   atomic.Int64
}

const deskHost = "127.0.0.9"

// deskSite has so many desk phones.
func deskSite(count int) func(map[string]string) {
	return func(s map[string]string) {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, "  - {ext: \"%d\", password: pw}\n", 30000+i)
		}
		s["desks.yaml"] = "phones:\n" + b.String()
	}
}

func openDesks(t tb, n *harness.Node, count int) *desks {
	t.Helper()
	d := &desks{t: t, node: netip.MustParseAddrPort(n.SIPAddr())}
	for i := range count {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(deskHost+":0")))
		require.NoError(t, err)
		p := &deskPhone{of: d, user: fmt.Sprint(30000 + i), conn: conn}
		d.all = append(d.all, p)
		d.reading.Go(p.read)
	}
	t.Cleanup(func() {
		for _, p := range d.all {
			_ = p.conn.Close() // there is nothing that could be lost
		}
		d.reading.Wait()
	})
	return d
}

// read answers what comes until the socket is closed.
func (p *deskPhone) read() {
	b := make([]byte, 4096)
	for {
		k, _, err := p.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		switch text := string(b[:k]); {
		case strings.HasPrefix(text, "OPTIONS "):
			p.of.asked.Add(1)
			p.send(alive(text))
		case strings.HasPrefix(text, "SIP/2.0 401"):
			p.of.challenged.Add(1)
			p.proof, p.nonces = challengesOf(text), 0
			p.register()
		case strings.HasPrefix(text, "SIP/2.0 200"):
			p.of.refreshed.Add(1)
			p.last.Store(time.Now().UnixMilli())
		default:
			p.of.odd.Add(1)
		}
	}
}

func (p *deskPhone) send(text string) {
	_, _ = p.conn.WriteToUDPAddrPort([]byte(text), p.of.node) // what is lost is sent again
}

// alive is the 200 to an OPTIONS: its own headers come back.
func alive(request string) string {
	b := strings.Builder{}
	b.WriteString("SIP/2.0 200 OK\r\n")
	for line := range strings.SplitSeq(request, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "to":
			b.WriteString("To:" + value + ";tag=desk\r\n")
		case "via", "from", "call-id", "cseq":
			b.WriteString(line + "\r\n")
		}
	}
	return b.String() + "Content-Length: 0\r\n\r\n"
}

func challengesOf(response string) (all []string) {
	for line := range strings.SplitSeq(response, "\r\n") {
		if v, ok := strings.CutPrefix(line, "WWW-Authenticate: "); ok {
			all = append(all, v)
		}
	}
	return all
}

// register sends a REGISTER, with a proof by the challenge there is. Only one at a time is on its way; what gets lost is made up
// for by the next, as it asks for twice as long.
func (p *deskPhone) register() {
	p.seq++
	local := p.conn.LocalAddr().String()
	proof := ""
	if p.proof != nil {
		p.nonces++
		value, err := digest.Answer(p.proof, digest.Login{Method: "REGISTER", URI: "sip:hotline.local", User: p.user, Password: "pw", Count: p.nonces})
		if err != nil {
			p.of.odd.Add(1)
			return
		}
		proof = "Authorization: " + value + "\r\n"
	}
	p.send(fmt.Sprintf("REGISTER sip:hotline.local SIP/2.0\r\nVia: SIP/2.0/UDP %[1]s;rport;branch=z9hG4bK%[2]s-%[3]d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:%[2]s@hotline.local>;tag=d%[2]s\r\nTo: <sip:%[2]s@hotline.local>\r\nCall-ID: desk-%[2]s\r\nCSeq: %[3]d REGISTER\r\n"+
		"Contact: <sip:%[2]s@%[1]s>\r\nExpires: 120\r\n%[4]sContent-Length: 0\r\n\r\n", local, p.user, p.seq, proof))
}

// pace has each phone register in turn, so many a second, until stop says so; after one round they refresh.
func (d *desks) pace(perSecond float64, stop func(sent int) bool) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for sent := 0; !stop(sent); <-tick.C {
		for ; float64(sent) < time.Since(began).Seconds()*perSecond && !stop(sent); sent++ {
			d.all[sent%len(d.all)].register()
		}
	}
}

// wholeFloor registers so many phones and has them refresh while calls are made for so long.
func wholeFloor(t tb, count int, long, every time.Duration) {
	n := harness.StartNode(t, harness.Config{Site: site(deskSite(count)), Log: "warn", RTPPorts: 400})
	d := openDesks(t, n, count)
	answers(t, n, long/8)
	before := answers(t, n, long/4)
	began := time.Now()
	d.pace(300, func(sent int) bool { return sent >= count })
	for n.Metric("hotline_registrations") < float64(count) { // what was lost on the way, by UDP, is sent again
		for _, p := range d.all {
			if p.last.Load() == 0 {
				p.register()
			}
		}
		require.Less(t, time.Since(began), 2*time.Minute, "%v of %d phones are registered", n.Metric("hotline_registrations"), count)
		time.Sleep(500 * time.Millisecond)
	}
	challenged, refreshed, cpu := d.challenged.Load(), d.refreshed.Load(), n.Metric("process_cpu_seconds_total")
	t.Logf("%d phones registered in %s", count, time.Since(began).Round(time.Millisecond))
	var refreshing sync.WaitGroup
	var over atomic.Bool
	refreshing.Go(func() {
		d.pace(float64(count)/every.Seconds(), func(int) bool { return over.Load() })
	})
	during := answers(t, n, long)
	over.Store(true)
	refreshing.Wait()
	rate := float64(d.refreshed.Load()-refreshed) / long.Seconds()
	t.Logf("%d phones: %.0f REGISTERs a second answered 200, %d asked for their password again, %d OPTIONS answered; answer time of calls p50 %s → %s, p99 %s → %s in %d and %d calls; %.2f s CPU of the node in %s; %.0f MiB",
		count, rate, d.challenged.Load()-challenged, d.asked.Load(), quantile(before, .5), quantile(during, .5), quantile(before, .99), quantile(during, .99),
		len(before), len(during), n.Metric("process_cpu_seconds_total")-cpu, long, n.Metric("process_resident_memory_bytes")/(1<<20))
	require.Equal(t, float64(count), n.Metric("hotline_registrations"), "nobody has gone")
	require.Zero(t, d.odd.Load(), "401 and 200 are the only answers")
	require.Greater(t, rate, 0.8*float64(count)/every.Seconds())
	require.LessOrEqual(t, d.challenged.Load()-challenged, int64(float64(count)*(long.Minutes()/5+0.1)), "a nonce is good for five minutes")
	require.Less(t, quantile(during, .5), 3*quantile(before, .5)+20*time.Millisecond, "calls are answered as before")
}

// TestDesksRefreshWhileCallsRun is the short form of TestSoakDesks.
func TestDesksRefreshWhileCallsRun(t *testing.T) {
	t.Parallel()
	wholeFloor(t, 300, 4*time.Second, 3*time.Second)
}

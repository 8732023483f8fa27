package test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
)

// floodRate is how many requests a second somebody sends.
const floodRate = 20_000

// nuisance is the i-th request of a flood.
func nuisance(i int) string {
	method := []string{"REGISTER", "INVITE", "OPTIONS"}[i%3]
	return fmt.Sprintf("%[1]s sip:10001@hotline.local SIP/2.0\r\nVia: SIP/2.0/UDP 127.9.9.9:5060;rport;branch=z9hG4bKf%[2]d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:u%[2]d@x>;tag=t%[2]d\r\nTo: <sip:u%[2]d@hotline.local>\r\nCall-ID: f%[2]d\r\nCSeq: 1 %[1]s\r\nContact: <sip:x@127.9.9.9>\r\nContent-Length: 0\r\n\r\n", method, i)
}

// answers times calls from the trunk, one after another for so long: from INVITE to 200.
func answers(t tb, n *harness.Node, long time.Duration) (took []time.Duration) {
	t.Helper()
	gateway := softphone(t, n)
	sound := peer.NewSound(t, call.CodecPCMA)
	pace := time.NewTicker(10 * time.Millisecond) // ports rest a moment after a call: as fast as it goes would run out of them
	defer pace.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); <-pace.C {
		d := gateway.Call("13800138000", "sip:10001@hotline.local")
		began := time.Now()
		d.Invite(sound.SDP(call.SendRecv))
		stop := again(d.Repeat)
		d.Response(200)
		stop()
		took = append(took, time.Since(began))
		d.Ack("")
		d.Send("BYE", "")
		stop = again(func() { d.Send("BYE", "") })
		gateway.Expect("an answer to BYE", func(m peer.Message) bool {
			return m.Status >= 200 && m.Header("Call-ID") == d.CallID() && strings.Contains(m.Header("CSeq"), "BYE")
		})
		stop()
	}
	slices.Sort(took)
	return took
}

// again sends every T1 until it is stopped, as everybody does who has no answer by UDP: what the kernel has no room for is lost.
func again(send func()) (stop func()) {
	done := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				send()
			case <-done:
				return
			}
		}
	})
	return func() { close(done); sending.Wait() }
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// flooded measures calls before and during a flood of so long, from one source and then from as many as there are
// datagrams, and what the node holds afterwards.
func flooded(t tb, long time.Duration) {
	n := harness.StartNode(t, harness.Config{Site: site(), Log: "warn", RTPPorts: 400})
	answers(t, n, long/4) // what is made once is made
	before := answers(t, n, long)
	unread := func() float64 {
		return n.Metric("hotline_sip_refused_total", `reason="rate"`) + n.Metric("hotline_sip_refused_total", `reason="strangers_rate"`) +
			n.Metric("hotline_sip_refused_total", `reason="banned"`)
	}
	memory := n.Metric("process_resident_memory_bytes")
	for name, source := range map[string]func(i int) netip.AddrPort{
		"one source": func(int) netip.AddrPort { return netip.MustParseAddrPort("127.0.0.78:5060") },
		"forged": func(i int) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(1 + i>>16), byte(i >> 8), byte(i)}), 5060)
		},
	} {
		flood := peer.NewFlood(t, netip.MustParseAddrPort(n.SIPAddr()))
		slow := true
		for range 3 { // a shared machine holds one or the other up now and then: one clean try tells
			stop, sent, dropped, cpu := make(chan struct{}), 0, unread(), n.Metric("process_cpu_seconds_total")
			var sending sync.WaitGroup
			began := time.Now()
			sending.Go(func() {
				sent = flood.Run(floodRate, stop, func(i int) (netip.AddrPort, string) { return source(i), nuisance(i) })
			})
			during := answers(t, n, long)
			close(stop)
			sending.Wait()
			rate := float64(sent) / time.Since(began).Seconds()
			t.Logf("%s: %.0f requests a second; answer time p50 %s → %s, p95 %s → %s, p99 %s → %s in %d and %d calls; %.2f s CPU of the node in %s; %.0f of %d refused unread",
				name, rate, quantile(before, .5), quantile(during, .5), quantile(before, .95), quantile(during, .95), quantile(before, .99), quantile(during, .99),
				len(before), len(during), n.Metric("process_cpu_seconds_total")-cpu, time.Since(began).Round(time.Millisecond), unread()-dropped, sent)
			slow = rate < floodRate/4 || quantile(during, .5) > 3*quantile(before, .5)+20*time.Millisecond ||
				name == "one source" && quantile(during, .95) > 3*quantile(before, .95)+50*time.Millisecond
			if !slow {
				break
			}
		}
		require.False(t, slow, "calls are answered as before")
	}
	require.Greater(t, unread(), 0.5*floodRate/4*long.Seconds())
	require.LessOrEqual(t, n.Metric("hotline_sip_guard_sources"), 8192.0)
	room := 96 << 20
	if long > 10*time.Second { // strangers' 50,000 transactions of 32 s, 1.3 KB each, and as much again until that is collected
		room = 192 << 20
	}
	require.Less(t, n.Metric("process_resident_memory_bytes"), memory+float64(room), "memory")
	require.Zero(t, n.Metric("hotline_sip_refused_total", `reason="peer_rate"`))
	for _, r := range n.WaitAllOver() {
		require.NotContains(t, []call.Outcome{call.OutcomeRefused, call.OutcomeInterrupted}, r.Outcome, "every call was taken, and left by its caller")
	}
}

// TestAFloodSlowsNoCall is the short form of TestSoakFlood.
func TestAFloodSlowsNoCall(t *testing.T) {
	t.Parallel()
	flooded(t, 1500*time.Millisecond)
}

package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"hotline/sip/digest"
)

// wholeFloor is how many phones the design has at one node.
const wholeFloor = 5000

// farm is a floor of phones that register and refresh, without a socket for each.
type farm struct {
	t      testing.TB
	s      *Server
	mu     sync.Mutex
	nonces map[string][]string // challenges, by Call-ID
	oks    int
	other  map[string]int // start lines that are neither
}

func newFarm(t testing.TB, s *Server) *farm {
	return &farm{t: t, s: s, nonces: map[string][]string{}, other: map[string]int{}}
}

// site gives every phone an account.
func (f *farm) site(base *Site) *Site {
	site := &Site{Trunks: base.Trunks}
	for i := range wholeFloor {
		site.Accounts = append(site.Accounts, Account{User: phoneName(i), Password: "pw"})
	}
	return site
}

func phoneName(i int) string { return fmt.Sprint(20000 + i) }

func phoneAt(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}), 5060)
}

// hears takes what the node sends to a phone.
func (f *farm) hears(data []byte) {
	raw := readRaw(string(data))
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !strings.HasPrefix(raw.get("call-id"), "floor-"):
	case strings.HasPrefix(raw.start, "SIP/2.0 401"):
		f.nonces[raw.get("call-id")] = raw.all("www-authenticate")
	case strings.HasPrefix(raw.start, "SIP/2.0 200"):
		f.oks++
	default:
		f.other[raw.start]++
	}
}

// register is one phone's REGISTER; the count is its CSeq, and from the second on what it uses its nonce for.
func (f *farm) register(i, count int) []byte {
	user, callID := phoneName(i), fmt.Sprint("floor-", i)
	auth := ""
	if count > 1 {
		f.mu.Lock()
		asked := f.nonces[callID]
		f.mu.Unlock()
		proof, err := digest.Answer(asked, digest.Login{
			Method: "REGISTER", URI: "sip:hotline.local", User: user, Password: "pw", Count: uint32(count - 1),
		})
		require.NoError(f.t, err)
		auth = "Authorization: " + proof + "\n"
	}
	return []byte(wire(fmt.Sprintf("REGISTER sip:hotline.local SIP/2.0\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK-f%d-%d\nMax-Forwards: 70\n"+
		"From: <sip:%s@hotline.local>;tag=f\nTo: <sip:%s@hotline.local>\nCall-ID: %s\nCSeq: %d REGISTER\nExpires: 120\n"+
		"User-Agent: a desk phone\nContact: <sip:%s@%s>\n%s\n", phoneAt(i), i, count, user, user, callID, count, user, phoneAt(i), auth)))
}

func (f *farm) from(i int) hop { return hop{proto: UDP, addr: phoneAt(i), sock: f.s.udp[0]} }

// round has every phone register once more, meanwhile doing something after each tenth of them.
func (f *farm) round(count int, meanwhile func()) {
	for i := range wholeFloor {
		f.s.take(f.from(i), f.register(i, count))
		if i%(wholeFloor/10) == 0 {
			synctest.Wait()
			meanwhile()
		}
	}
	synctest.Wait()
}

// A whole floor refreshes every minute while calls come in: nobody is asked twice, nobody goes down, each call is answered at once.
func TestAFloorRefreshesWhileCallsRun(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		f := newFarm(t, n.Server)
		n.SetSite(f.site(testSite()))
		n.net.mu.Lock()
		n.net.sent = func(data []byte, _ netip.AddrPort) { f.hears(data) }
		n.net.mu.Unlock()
		synctest.Wait()
		gw := n.peer(gatewayAddr)
		calls := 0
		talk := func() {
			d := n.establish(gw)
			d.send("BYE", "")
			gw.expect("SIP/2.0 200")
			calls++
		}
		f.round(1, func() {})
		require.Len(t, f.nonces, wholeFloor)
		const rounds = 3
		for count := range rounds {
			f.round(2+count, talk)
			time.Sleep(time.Minute)
		}
		require.Equal(t, rounds*wholeFloor, f.oks)
		require.Empty(t, f.other)
		require.Equal(t, rounds*10, calls)
		require.Len(t, n.house.phoneEdges(), wholeFloor, "each came up, none went down")
		require.Zero(t, n.refusals("password"))
		require.Len(t, n.Phones(), wholeFloor)
		time.Sleep(2 * time.Minute) // nobody refreshes any more
		require.Len(t, n.house.phoneEdges(), 2*wholeFloor)
		require.Empty(t, n.house.bindings)
	})
}

// cpuTime is what the process has had of the machine.
func cpuTime(tb testing.TB) time.Duration {
	var u unix.Rusage
	require.NoError(tb, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRegister is what a phone's refresh costs a node with a whole floor registered: parsing, the proof, the registrar, the answer; sockets
// and journal not.
func BenchmarkRegister(b *testing.B) {
	h := &nopHouse{}
	s, err := New(Options{
		Domain: "hotline.local", Listen: []Listen{{UDP, nodeAddr}}, Workers: 1,
		Timers: Timers{Health: -1, T1: 2 * time.Millisecond, T2: 16 * time.Millisecond, T4: 16 * time.Millisecond},
	}, h, h, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(b, err)
	l := &loop{s: s}
	s.udp = []*udpSocket{{pc: l, addr: nodeAddr}}
	f := newFarm(b, s)
	s.SetSite(f.site(testSite()))
	n := &fuzzNode{Server: s}
	n.work()
	send := func(i int, text []byte) {
		n.receive(f.from(i), text)
		n.work()
		s.workers[0].clock.due()
	}
	for count := 1; count <= 2; count++ {
		for i := range wholeFloor {
			send(i, f.register(i, count))
			f.hears(l.queue[len(l.queue)-1].data)
		}
	}
	require.Equal(b, wholeFloor, f.oks)
	l.queue = nil
	texts := make([][]byte, b.N)
	for k := range texts {
		texts[k] = f.register(k%wholeFloor, 3+k/wholeFloor)
	}
	b.ReportAllocs()
	began := cpuTime(b)
	b.ResetTimer()
	for k, text := range texts {
		send(k%wholeFloor, text)
	}
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op") // a machine may have others to serve
	require.Len(b, l.queue, b.N)
	for _, d := range l.queue {
		f.hears(d.data)
	}
	require.Equal(b, wholeFloor+b.N, f.oks)
}

package test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/peer"
)

// ban is a row of GET /guard.
type ban struct {
	Source, Reason, By string
	Times              int
}

func bans(n *harness.Node) map[string]ban {
	var view struct{ Bans []ban }
	n.Do("GET", "/api/v1/guard", nil, 200, &view)
	out := map[string]ban{}
	for _, b := range view.Bans {
		out[strings.TrimSuffix(b.Source, "/32")] = b
	}
	return out
}

// scan runs one of sipvicious' programs against the node, which bans its source, and gives all it said.
func scan(t tb, n *harness.Node, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	require.NoError(t, err, "%s is not installed; it comes with Debian's package sipvicious (make tools)", program)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// By itself each begins at port 5060, where it would hear what others of this machine are sent there.
	args = append([]string{"-p", strconv.Itoa(n.SIP), "-P", strconv.Itoa(harness.FreePorts(t, 1))}, args...)
	cmd := exec.CommandContext(ctx, path, append(args, "127.0.0.1")...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s: %v\n%s", program, err, out)
	return string(out)
}

// TestScannersFindNothing has sipvicious and a guesser at the door; then what is said in a call is read as a
// ladder, as a capture file and by a collector.
func TestScannersFindNothing(t *testing.T) {
	t.Parallel()
	collector, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer collector.Close()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "127.0.0.1/32", "127.0.0.2/32", 1) // whence scanners come is a stranger's
	}), SIPExtra: "  hep: {to: \"" + collector.LocalAddr().String() + "\", id: 7}\n  guard: {ban_after: 5}\n"})

	require.Contains(t, scan(t, n, "svmap"), "found nothing")
	n.Do("DELETE", "/api/v1/guard/bans/127.0.0.1", nil, 204, nil)
	var both sync.WaitGroup
	both.Go(func() { require.NotContains(t, scan(t, n, "svwar", "-e1000-1003", "-m", "INVITE"), "1001") })
	both.Go(func() { require.NotContains(t, scan(t, n, "svcrack", "-u", "1001", "-r", "1-99"), "| Password") })
	defer both.Wait() // they wait long for answers

	// One that does not say what it is: banned for what it does.
	guesser := peer.UDPFrom(t, "127.0.0.80:0", netip.MustParseAddrPort(n.SIPAddr()))
	for range 5 {
		final, challenge := guesser.Register(login("1001", "guess"))
		require.Equal(t, []int{401, 403}, []int{challenge.Status, final.Status})
		require.NotContains(t, final.String()+challenge.String(), "Hotline")
	}
	n.Eventually(func() bool { return bans(n)["127.0.0.1"].Reason == "scanner" }, "scanners are banned")
	require.Equal(t, "password", bans(n)["127.0.0.80"].Reason)

	// The call, with what its carrier attests.
	n.Do("POST", "/api/v1/guard/bans", map[string]any{"address": "127.0.0.2", "minutes": 5}, 409, nil)
	server := netip.MustParseAddrPort(n.SIPAddr())
	phone, gateway := peer.UDPFrom(t, "127.0.0.3:0", server), peer.UDPFrom(t, "127.0.0.2:0", server)
	in, _ := phone.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, in.Status)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	caller := gateway.Call("13800138000", "sip:10001@hotline.local")
	callerSound := peer.NewSound(t, call.CodecPCMA)
	caller.Invite(callerSound.SDP(call.SendRecv), "Identity: e30.eyJhdHRlc3QiOiJBIiwib3JpZyI6eyJ0biI6IjEzODAwMTM4MDAwIn19.sig;info=<https://c/a.pem>;ppt=shaken")
	callerSound.Towards(caller.Response(200).Body)
	caller.Ack("")
	seat := phone.Incoming()
	seatSound := peer.NewSound(t, call.CodecPCMA)
	seatSound.Towards(seat.Offer())
	seat.Answer(seatSound.SDP(call.SendRecv))
	id := n.WaitSeat("1001", "talking").Call
	caller.Bye()
	seat.Ended()
	require.Contains(t, strings.Join(n.Call(id).Texts(), "\n"), "attested A by the carrier")

	var shown struct {
		Ladder   string
		Messages []struct{ Text, Summary string }
	}
	n.Eventually(func() bool {
		n.Do("GET", "/api/v1/calls/"+string(id)+"/sip", nil, 200, &shown)
		return strings.Count(shown.Ladder, "BYE") >= 4
	}, "both legs are in the ladder to their end")
	require.Contains(t, shown.Ladder, "INVITE sip:10001@hotline.local +SDP")
	require.Contains(t, shown.Ladder, "INVITE sip:1001@")
	status, capture := n.Try("GET", "/api/v1/calls/"+string(id)+"/pcap", nil)
	require.Equal(t, 200, status)
	require.Equal(t, len(shown.Messages), strings.Count(tshark(t, capture), "SIP"))
	require.Contains(t, copies(t, collector), "Call-ID: "+caller.CallID())

	// A restart keeps the bans; lifted is lifted.
	n.Kill()
	n.Start()
	require.Len(t, bans(n), 2)
	n.Do("DELETE", "/api/v1/guard/bans/127.0.0.80", nil, 204, nil)
	n.Do("DELETE", "/api/v1/guard/bans/127.0.0.80", nil, 404, nil)
	ok, _ := guesser.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, ok.Status)
}

// tshark reads a capture file, a line a packet.
func tshark(t tb, capture []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "call.pcap")
	require.NoError(t, os.WriteFile(file, capture, 0o600))
	cmd := exec.CommandContext(t.Context(), "tshark", "-r", file)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	require.NoError(t, err, "tshark comes with Debian's package of that name (make tools)")
	return string(out)
}

// copies is what a collector has got so far.
func copies(t tb, from net.PacketConn) string {
	t.Helper()
	var all strings.Builder
	b := make([]byte, 65536)
	require.NoError(t, from.SetReadDeadline(time.Now().Add(time.Second)))
	for {
		n, _, err := from.ReadFrom(b)
		if err != nil {
			return all.String()
		}
		require.Equal(t, "HEP3", string(b[:4]))
		all.Write(b[:n])
	}
}

package test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/internal/certs/authority"
	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// secureSite has a second trunk, which proves its name; its addresses are 127.0.0.2 and up.
func secureSite() map[string]string {
	return site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "numbers:", `  - {name: carrier, from: [127.0.0.2/32], tls_name: sbc.example.org, codecs: [PCMA]}
numbers:
  - {number: "10001", trunk: carrier, flow: direct}`, 1)
	})
}

// TestCallByTLS has a softphone of TLS, with its sound under SDES keys, take a call: it verifies the node's
// certificate, is rung by the connection it opened, and hears the caller.
func TestCallByTLS(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(srtp("off", "required")), Secure: authority.New(t)})
	phone := harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true, TLS: true, Encrypt: "srtp-mand"})
	n.SetSeat("1001", "ready")
	wire := harness.Listen(t)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Steps: []string{harness.Pause(6000)}, Bye: true})
	n.WaitSeat("1001", "talking")
	c.Done()
	phone.WaitOutput("terminated")
	require.Greater(t, tone.Heard(phone.HeardSamples(), rate, 440), 2*time.Second, "the agent heard the caller")
	require.Greater(t, tone.Heard(wire.Heard(c.RTP), rate, 1000), 2*time.Second, "and the caller the agent")
	require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
	require.Positive(t, n.Metric("hotline_tls_certificate_expires_seconds", `listener="sip.tls"`))

	// Another call, which the agent ends: BYE and the next INVITE go by the same connection.
	c = harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.WaitSeat("1001", "talking")
	phone.Do("hangup")
	c.Done()
	n.WaitMetric(0, "hotline_sip_connects_failed_total", `transport="tls"`)
}

// TestCallFromAProvenTrunk is mutual TLS: the carrier's calls are taken with its certificate only, and renewed
// certificates of ours are shown without a restart.
func TestCallFromAProvenTrunk(t *testing.T) {
	t.Parallel()
	ca := authority.New(t)
	n := harness.StartNode(t, harness.Config{Site: secureSite(), Secure: ca})
	handset := handset(t, n)
	from := func(cfg *tls.Config) *peer.Peer {
		cfg.RootCAs, cfg.ServerName = ca.Pool(), "hotline.local"
		return peer.TLSFrom(t, "127.0.0.2:0", netip.MustParseAddrPort(n.TLSAddr()), cfg)
	}
	stranger := from(&tls.Config{}).Call("139", "sip:10001@hotline.local")
	stranger.Invite(peer.NewSound(t, call.CodecPCMA).SDP(call.SendRecv))
	require.Equal(t, 403, stranger.Final().Status)

	carrier := from(&tls.Config{Certificates: []tls.Certificate{ca.Pair(t, "sbc.example.org")}})
	d := carrier.Call("13900000001", "sip:10001@hotline.local")
	sound := peer.NewSound(t, call.CodecPCMA)
	d.Invite(sound.SDP(call.SendRecv))
	sound.Towards(d.Response(200).Body)
	d.Ack("")
	seat := handset.Incoming()
	seatSound := peer.NewSound(t, call.CodecPCMA)
	seatSound.Towards(seat.Offer())
	seat.Answer(seatSound.SDP(call.SendRecv))
	n.WaitSeat("1001", "talking")
	seat.Bye()
	d.Ended() // the node's BYE comes by the carrier's own connection
	require.Equal(t, "carrier", newest(n).Trunk)

	before := shownBy(t, n, ca)
	ca.Files(t, n.Dir, "hotline.local", "localhost", "127.0.0.1", "::1")
	n.Signal(syscall.SIGHUP)
	n.Eventually(func() bool { return shownBy(t, n, ca) != before }, "a renewed certificate is shown")
	n.Eventually(func() bool { return n.Metric("hotline_tls_reloads_total", `listener="sip.tls"`, `result="loaded"`) > 0 }, "and counted")
}

// shownBy is the serial number of the certificate that the node shows.
func shownBy(t tb, n *harness.Node, ca *authority.CA) string {
	conn, err := tls.Dial("tcp", n.TLSAddr(), &tls.Config{RootCAs: ca.Pool(), ServerName: "hotline.local"})
	require.NoError(t, err)
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// TestOldTLSIsNotSpoken: nothing below TLS 1.2, on either listener.
func TestOldTLSIsNotSpoken(t *testing.T) {
	t.Parallel()
	ca := authority.New(t)
	n := harness.StartNode(t, harness.Config{Site: site(), Secure: ca})
	_, httpPort, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(n.WebSocketURL(), "wss://"), "/sip"))
	require.NoError(t, err)
	for _, addr := range []string{n.TLSAddr(), "127.0.0.1:" + httpPort} {
		for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: ca.Pool(), ServerName: "hotline.local", MinVersion: tls.VersionTLS10, MaxVersion: version})
			require.Equal(t, ok, err == nil, "%s %s: %v", addr, tls.VersionName(version), err)
			if err == nil {
				require.NoError(t, conn.Close())
			}
		}
		_, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "hotline.local"})
		require.Error(t, err)
	}
}

// TestCallByWebSocket has a browser's phone register over WSS at the HTTP listener and take a call; when
// its connection is gone the seat is, too.
func TestCallByWebSocket(t *testing.T) {
	t.Parallel()
	ca := authority.New(t)
	n := harness.StartNode(t, harness.Config{Site: site(), Secure: ca})
	page := peer.WSS(t, n.WebSocketURL(), &tls.Config{RootCAs: ca.Pool()})
	ok, _ := page.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, ok.Status)
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	l := dialIn(t, n, "10001")
	seat, sound := page.Incoming(), peer.NewBrowser(t)
	require.Contains(t, seat.Invited().Header("Via"), "SIP/2.0/WSS ")
	require.Contains(t, seat.Invited().URI, ".invalid;transport=ws")
	seat.Answer(sound.Answer(seat.Offer()))
	stop := make(chan struct{})
	var playing sync.WaitGroup
	defer func() { close(stop); playing.Wait() }()
	playing.Go(func() { sound.Play(1000, stop) })
	n.WaitSeat("1001", "talking")
	from := l.callerSound.Packets()
	l.callerSound.Play(440, 2500*time.Millisecond)
	l.callerSound.WaitHeard(from, 1000, 800*time.Millisecond)
	n.Eventually(func() bool { return sound.Heard(440) > time.Second }, "the page hears the caller")
	l.caller.Send("BYE", "")
	l.caller.Response(200)
	seat.Ended()
	n.WaitSeat("1001", "ready")
	page.Close()
	n.WaitSeat("1001", "unreachable")
	n.WaitMetric(0, "hotline_registrations")
}

// TestCallByIPv6 is a call whose two ends have IPv6 only: signalling, descriptions and sound; and one from IPv6 to an agent of IPv4.
func TestCallByIPv6(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{IPv6: true, Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "127.0.0.1/32", "127.0.0.1/32, \"::1/128\"", 1)
	})})
	phone := peer.UDPFrom(t, "[::1]:0", netip.MustParseAddrPort(n.SIPAddr6()))
	ok, _ := phone.Register(login("1001", "pw-1001"))
	require.Equal(t, 200, ok.Status)
	require.Equal(t, "::1", ok.Param("Via", "received"))
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")
	for name, by := range map[string]harness.Plan{"udp": {}, "tcp": {TCP: true}} {
		by.To, by.IPv6 = "10001", true
		c := harness.StartCaller(t, n, by)
		seat := phone.Incoming()
		require.Contains(t, seat.Offer(), "c=IN IP6 ::1\r\n", name)
		require.Contains(t, seat.Invited().Header("Via"), n.SIPAddr6())
		sound := peer.NewSoundFrom(t, "::1", call.CodecPCMA)
		sound.Towards(seat.Offer())
		seat.Answer(sound.SDP(call.SendRecv))
		n.WaitSeat("1001", "talking")
		sound.WaitHeard(0, 440, time.Second)
		seat.Bye()
		c.Done()
		require.Equal(t, call.OutcomeAnswered, newest(n).Outcome)
		n.WaitSeat("1001", "ready")
	}
	n.SetSeat("1001", "offline")
	other := agent(t, n, "1002", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", IPv6: true, Steps: []string{harness.Pause(5000)}, Bye: true})
	n.WaitSeat("1002", "talking")
	c.Done()
	other.WaitOutput("terminated")
	require.Greater(t, tone.Heard(other.HeardSamples(), rate, 440), time.Second, "IPv4 hears IPv6")
}

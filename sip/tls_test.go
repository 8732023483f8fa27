package sip

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/internal/certs/authority"
)

// tlsNode is a realNode that listens by TLS too, as sip.example.org, and asks for
// certificates of the same authority.
func tlsNode(t *testing.T, ca *authority.CA, edit func(*Options)) *node {
	t.Helper()
	own := ca.Pair(t, "sip.example.org")
	return realNode(t, func(o *Options) {
		o.Listen = append(o.Listen, Listen{TLS, netip.MustParseAddrPort("127.0.0.1:0")})
		o.TLS = &tls.Config{
			MinVersion: tls.VersionTLS12, ClientCAs: ca.Pool(), ClientAuth: tls.VerifyClientCertIfGiven,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &own, nil },
		}
		o.Roots = func() *x509.CertPool { return ca.Pool() }
		if edit != nil {
			edit(o)
		}
	})
}

// A trunk that has to show a certificate takes calls from nobody else, whatever the address.
func TestTrunkProvesItsName(t *testing.T) {
	ca := authority.New(t)
	n := tlsNode(t, ca, nil)
	site := testSite()
	site.Trunks[0].From = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	site.Trunks[0].TLSName = "Gw.Example.org"
	n.SetSite(site)
	roots := &tls.Config{RootCAs: ca.Pool(), ServerName: "sip.example.org"}
	for name, c := range map[string]struct {
		client *wireClient
		status string
	}{
		"udp":                 {n.client("udp"), "403"},
		"no certificate":      {n.clientTLS("tls", roots), "403"},
		"of another name":     {n.clientTLS("tls", withPair(roots, ca.Pair(t, "other.example.org"))), "403"},
		"only common name":    {n.clientTLS("tls", withPair(roots, ca.Pair(t, "gw.example.org.evil.org"))), "403"},
		"wildcard":            {n.clientTLS("tls", withPair(roots, ca.Pair(t, "*.example.org"))), "403"},
		"its own":             {n.clientTLS("tls", withPair(roots, ca.Pair(t, "gw.example.org"))), "488"},
		"as a SIP domain":     {n.clientTLS("tls", withPair(roots, ca.Pair(t, "sip:gw.example.org"))), "488"},
		"a user is no domain": {n.clientTLS("tls", withPair(roots, ca.Pair(t, "sip:gw@gw.example.org"))), "403"},
	} {
		c.client.send(c.client.request("INVITE", strings.ReplaceAll(name, " ", "-"), "", sdpHeader, g729SDP))
		m := c.client.expect("SIP/2.0 ")
		require.Contains(t, m.start, c.status, name)
	}
}

func withPair(cfg *tls.Config, pair tls.Certificate) *tls.Config {
	c := cfg.Clone()
	c.Certificates = []tls.Certificate{pair}
	return c
}

// farTLS is a server that we connect to.
func farTLS(t *testing.T, cfg *tls.Config) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return tls.NewListener(l, cfg)
}

// bindAt registers a phone at a Contact, without the ceremony.
func (n *node) bindAt(contact string) {
	n.RestoreBindings([]Binding{{
		Account: "1001", Contact: contact, Host: "h", Q: 1000, CallID: "x", CSeq: 1,
		Registered: time.Now(), Refreshed: time.Now(), Expires: time.Now().Add(time.Hour), Source: netip.MustParseAddrPort("127.0.0.1:9"),
	}})
	n.eventually("up", func() bool { return len(n.house.phoneEdges()) == 1 })
}

// We connect to who proves to be the URI's host, show our own certificate, and say SIPS where the URI does.
func TestWeVerifyWhomWeConnectTo(t *testing.T) {
	ca := authority.New(t)
	for name, c := range map[string]struct {
		uri, cert string
		ok        bool
	}{
		"sips":             {"sips:1001@127.0.0.1:%d", "127.0.0.1", true},
		"transport=tls":    {"sip:1001@127.0.0.1:%d;transport=tls", "127.0.0.1", true},
		"another's":        {"sips:1001@127.0.0.1:%d", "phone.example.org", false},
		"unknown of names": {"sips:1001@localhost:%d", "127.0.0.1", false},
		"its name":         {"sips:1001@localhost:%d", "localhost", true},
	} {
		t.Run(name, func(t *testing.T) {
			n := tlsNode(t, ca, nil)
			l := farTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.Pair(t, c.cert)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool()})
			n.bindAt(fmt.Sprintf(c.uri, l.Addr().(*net.TCPAddr).Port))
			n.ring("L1")
			conn, err := l.Accept()
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			far := &wireClient{t: t, conn: conn, r: bufio.NewReader(conn), tcp: true, name: "TLS"}
			if !c.ok {
				_, err := far.r.ReadByte()
				require.Error(t, err)
				n.eventually("failed", func() bool { return len(n.house.seen()) == 1 })
				require.InDelta(t, 1, testutil.ToFloat64(n.met.failed.WithLabelValues("tls")), 0)
				return
			}
			inv := far.expect("INVITE ")
			require.Contains(t, inv.get("via"), "SIP/2.0/TLS ")
			require.Contains(t, inv.get("via"), ";alias")
			require.Equal(t, strings.HasPrefix(c.uri, "sips:"), strings.Contains(inv.get("contact"), "<sips:"), inv.get("contact"))
			require.NotEmpty(t, conn.(*tls.Conn).ConnectionState().PeerCertificates)
			far.send(answerTo(inv, "486 Busy", "x", "", ""))
			far.expect("ACK ")
		})
	}
}

// A far end that has proved its name is reached by the connection it opened (RFC 5923); one that only says so is not.
func TestConnectionsAreUsedAgain(t *testing.T) {
	ca := authority.New(t)
	for _, proved := range []bool{true, false} {
		t.Run(fmt.Sprint("proved ", proved), func(t *testing.T) {
			n := tlsNode(t, ca, nil)
			cfg := &tls.Config{RootCAs: ca.Pool(), ServerName: "sip.example.org"}
			if proved {
				cfg = withPair(cfg, ca.Pair(t, "127.0.0.1"))
			}
			l := farTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.Pair(t, "127.0.0.1")}})
			port := l.Addr().(*net.TCPAddr).Port
			c := n.clientTLS("tls", cfg)
			c.send(strings.Replace(c.request("OPTIONS", "o", "", "", ""), c.local(), fmt.Sprintf("127.0.0.1:%d;alias", port), 1))
			c.expect("SIP/2.0 200")
			n.bindAt(fmt.Sprintf("sips:1001@127.0.0.1:%d", port))
			n.ring("L1")
			if proved {
				c.expect("INVITE ")
				return
			}
			conn, err := l.Accept()
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			far := &wireClient{t: t, conn: conn, r: bufio.NewReader(conn), tcp: true}
			far.expect("INVITE ")
		})
	}
}

// Who connects and says nothing, or nothing that is TLS, is cut off; his handshakes cost him.
func TestHandshakesAreBounded(t *testing.T) {
	ca := authority.New(t)
	n := tlsNode(t, ca, func(o *Options) {
		o.Timers.Handshake = 50 * time.Millisecond
		o.Guard.Rate, o.Guard.Burst = 1, 2*handshakeCost
	})
	n.SetSite(&Site{})
	dial := func() net.Conn {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", n.at("tls"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
		return conn
	}
	silent, loud := dial(), dial()
	_, err := loud.Write([]byte("OPTIONS sip:x SIP/2.0\r\n\r\n"))
	require.NoError(t, err)
	_, err = silent.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	_, err = io.Copy(io.Discard, loud) // an alert, perhaps
	require.False(t, err != nil && strings.Contains(err.Error(), "timeout"), "%v", err)
	n.eventually("two handshakes failed", func() bool { return n.refusals("handshake") == 2 })
	_, err = dial().Read(make([]byte, 1))
	require.Error(t, err)
	require.Positive(t, n.refusals("rate"), "a third one would be too many")
	require.Empty(t, n.conns.open)
}

// A request for a SIPS URI that came in the clear is refused; by TLS it is served, with a SIPS Contact.
func TestSIPS(t *testing.T) {
	ca := authority.New(t)
	n := tlsNode(t, ca, nil)
	n.house.incoming = func(_ call.Incoming, l *Leg) *call.Refusal {
		l.Accept(ourMedia)
		return nil
	}
	sips := func(c *wireClient) string {
		return strings.Replace(c.request("INVITE", "s"+c.name, "", sdpHeader, offerSDP), "INVITE sip:", "INVITE sips:", 1)
	}
	c := n.client("tcp")
	c.send(sips(c))
	c.expect("SIP/2.0 416")
	c = n.clientTLS("tls", &tls.Config{RootCAs: ca.Pool(), ServerName: "sip.example.org"})
	c.send(sips(c))
	require.Equal(t, "<sips:hotline@"+n.at("tls")+">", c.expect("SIP/2.0 200").get("contact"))
}

package peer

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// TLSFrom connects a peer to a server by TLS, from an address of the test's choice; everything goes over that connection.
func TLSFrom(t testing.TB, local string, server netip.AddrPort, cfg *tls.Config) *Peer {
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	from := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
	conn, err := (&tls.Dialer{NetDialer: &net.Dialer{LocalAddr: from}, Config: cfg}).DialContext(ctx, "tcp", server.String())
	require.NoError(t, err)
	return stream(t, "TLS", conn, server)
}

// WSS connects a peer to wss://… as a page's phone does (RFC 7118): it has no address of its own.
func WSS(t testing.TB, url string, cfg *tls.Config) *Peer {
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	var conn net.Conn // the last one dialled, for its address
	transport := &http.Transport{TLSClientConfig: cfg, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var err error
		conn, err = (&net.Dialer{}).DialContext(ctx, network, addr)
		return conn, err
	}}
	ws, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"sip"}, HTTPClient: &http.Client{Transport: transport}})
	require.NoError(t, err)
	if resp.Body != nil {
		_ = resp.Body.Close() // there is none: the connection is a WebSocket now
	}
	ws.SetReadLimit(1 << 17)
	p := open(t, "WSS", conn.LocalAddr(), netip.MustParseAddrPort(conn.RemoteAddr().String()))
	p.host = random() + ".invalid"
	p.write = func(b []byte, _ netip.AddrPort) error {
		return ws.Write(context.WithoutCancel(t.Context()), websocket.MessageText, b)
	}
	p.run(closer(ws.CloseNow), func() (string, error) {
		_, b, err := ws.Read(context.WithoutCancel(t.Context()))
		return string(b), err
	})
	return p
}

type closer func() error

// Close ends the connection.
func (c closer) Close() error { return c() }

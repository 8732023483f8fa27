package registrar_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/sip/registrar"
)

// TestNATRepair is the rule of docs/sip-registrar.md.
func TestNATRepair(t *testing.T) {
	for _, c := range []struct {
		name      string
		tr        registrar.Transport
		source    string
		viaHost   string
		viaPort   uint16
		host      string
		wantThere bool
	}{
		{"a phone that knows its address", registrar.UDP, "192.0.2.1:5060", "192.0.2.1", 5060, "192.0.2.1", false},
		{"default port left out", registrar.UDP, "192.0.2.1:5060", "192.0.2.1", 0, "192.0.2.1", false},
		{"default port of TLS", registrar.TLS, "192.0.2.1:5061", "192.0.2.1", 0, "192.0.2.1", false},
		{"a Contact elsewhere is believed", registrar.UDP, "192.0.2.1:5060", "192.0.2.1", 5060, "192.0.2.77", false},
		{"router changed the address", registrar.UDP, "203.0.113.7:5060", "192.168.1.5", 5060, "192.168.1.5", true},
		{"router changed the port", registrar.UDP, "192.0.2.1:40000", "192.0.2.1", 5060, "192.0.2.1", true},
		{"another port without default", registrar.UDP, "192.0.2.1:5060", "192.0.2.1", 5080, "192.0.2.1", true},
		{"a client's TCP connection", registrar.TCP, "192.0.2.1:49152", "192.0.2.1", 5060, "192.0.2.1", true},
		{"sent-by is a name", registrar.UDP, "192.0.2.1:5060", "desk.example.com", 5060, "desk.example.com", true},
		{"browser", registrar.WSS, "192.0.2.1:49152", "df7jal23ls0d.invalid", 0, "df7jal23ls0d.invalid", true},
		{"browser, sent-by right", registrar.WS, "192.0.2.1:80", "192.0.2.1", 0, "X.INVALID.", true},
		{"WSS default", registrar.WSS, "192.0.2.1:443", "192.0.2.1", 0, "192.0.2.1", false},
		{"IPv6 in brackets", registrar.UDP, "[2001:db8::1]:5060", "[2001:DB8:0::1]", 5060, "[2001:db8::1]", false},
		{"a dual-stack socket's source", registrar.UDP, "[::ffff:192.0.2.1]:5060", "192.0.2.1", 5060, "192.0.2.1", false},
		{"not a name under .invalid", registrar.UDP, "192.0.2.1:5060", "192.0.2.1", 5060, "notinvalid", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := register(1, registrar.Contact{URI: "sip:1001@" + c.host, Host: c.host, Q: 1000})
			req.Transport, req.Source, req.ViaHost, req.ViaPort = c.tr, netip.MustParseAddrPort(c.source), c.viaHost, c.viaPort
			live, _, err := registrar.New(registrar.Options{}).Register(start, req)
			require.NoError(t, err)
			require.Equal(t, c.wantThere, live[0].AtSource)
			require.Equal(t, req.Source, live[0].Source)
		})
	}
}

func TestDropConnection(t *testing.T) {
	r := registrar.New(registrar.Options{})
	source := netip.MustParseAddrPort("203.0.113.7:49152")
	add := func(account, host string, tr registrar.Transport) {
		req := register(1, registrar.Contact{URI: "sip:" + account + "@" + host, Host: host, Q: 1000})
		req.Account, req.Transport, req.Source = account, tr, source
		_, _, err := r.Register(start, req)
		require.NoError(t, err)
	}
	add("1001", "a.invalid", registrar.WS)
	add("1002", "192.0.2.2", registrar.WS)
	add("1003", "c.invalid", registrar.UDP) // no connection to close
	add("1004", "d.invalid", registrar.TCP) // another connection from the same address

	require.Empty(t, r.DropConnection(source, registrar.UDP))
	require.Empty(t, r.DropConnection(netip.MustParseAddrPort("203.0.113.7:1"), registrar.WS))
	changes := r.DropConnection(source, registrar.WS)
	require.Equal(t, []string{"dropped sip:1001@a.invalid down", "refreshed sip:1002@192.0.2.2"}, short(changes))
	require.False(t, changes[1].Binding.AtSource, "rung at its Contact from now on")
	require.False(t, r.Live("1002", start)[0].AtSource)
	require.Empty(t, r.DropConnection(source, registrar.WS))
	require.Equal(t, 3, r.Size())
}

// TestConnectionMoved: the old connection's end doesn't take the new one's binding.
func TestConnectionMoved(t *testing.T) {
	r := registrar.New(registrar.Options{})
	old, now := netip.MustParseAddrPort("203.0.113.7:1000"), netip.MustParseAddrPort("203.0.113.7:2000")
	req := register(1, registrar.Contact{URI: "sip:1001@a.invalid", Host: "a.invalid", Q: 1000})
	req.Transport, req.Source = registrar.WSS, old
	_, _, err := r.Register(start, req)
	require.NoError(t, err)
	req.CSeq, req.Source = 2, now
	_, _, err = r.Register(start, req)
	require.NoError(t, err)
	require.Empty(t, r.DropConnection(old, registrar.WSS))
	require.Equal(t, []string{"dropped sip:1001@a.invalid down"}, short(r.DropConnection(now, registrar.WSS)))
}

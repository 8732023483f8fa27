package sip

import (
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The answer of RFC 5769 2.2 and 2.3, as far as we give it: the mapped address of 192.0.2.1:32853, and of IPv6.
func TestBindingResponse(t *testing.T) {
	request, err := hex.DecodeString("000100002112a442b7e7a701bc34d686fa87dfae")
	require.NoError(t, err)
	for from, mapped := range map[string]string{
		"192.0.2.1:32853": "002000080001a147e112a643",
		"[2001:db8:1234:5678:11:2233:4455:6677]:32853": "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9",
	} {
		got, taken := keepAlive(request, netip.MustParseAddrPort(from))
		require.True(t, taken)
		require.Equal(t, "0101", hex.EncodeToString(got[:2]))
		require.Equal(t, len(got)-20, int(binary.BigEndian.Uint16(got[2:])))
		require.Equal(t, request[4:], got[4:20])
		require.Equal(t, mapped, hex.EncodeToString(got[20:len(got)-8]))
		require.Equal(t, crc32.ChecksumIEEE(got[:len(got)-8])^0x5354554e, binary.BigEndian.Uint32(got[len(got)-4:]))
	}
	for name, other := range map[string][]byte{
		"an indication": append([]byte{0, 0x11}, request[2:]...),
		"cut":           request[:19],
		"of two":        append(request[:20:20], 0),
		"no cookie":     append([]byte{0, 1, 0, 0, 1, 2, 3, 4}, request[8:]...),
	} {
		got, taken := keepAlive(other, netip.MustParseAddrPort("192.0.2.1:1"))
		require.Nil(t, got, name)
		require.Equal(t, name == "an indication", taken, name)
	}
}

// Keep-alives by UDP are answered to those we know, and to nobody else; none of them counts as a message.
func TestKeepAlivesByUDP(t *testing.T) {
	bubble(t, nil, func(t *testing.T, n *node) {
		gw, stranger := n.peer(gatewayAddr), n.peer(strangerAddr)
		stun := "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl"
		for _, p := range []*peer{gw, stranger} {
			for _, text := range []string{"\r\n\r\n", "\r\n", "\x00", stun} {
				_, err := p.conn.WriteToUDPAddrPort([]byte(text), nodeAddr)
				require.NoError(t, err)
			}
		}
		got := gw.got()
		require.Len(t, got, 2)
		require.Equal(t, "\r\n", got[0].text)
		require.True(t, strings.HasPrefix(got[1].text, "\x01\x01"))
		stranger.nothing()
		require.Zero(t, n.refusals("malformed"))
	})
}

// Whatever comes in the clear, a keep-alive's answer is short and no keep-alive is taken for a message.
func FuzzKeepAlive(f *testing.F) {
	f.Add([]byte("\r\n\r\n"))
	f.Add([]byte("\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl"))
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		answer, taken := keepAlive(b, netip.MustParseAddrPort("[2001:db8::1]:5060"))
		require.LessOrEqual(t, len(answer), 52)
		require.False(t, answer != nil && !taken)
		if len(b) > 0 && b[0] >= 'A' {
			require.False(t, taken)
		}
	})
}

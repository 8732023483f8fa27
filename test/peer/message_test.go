package peer

import (
	"bufio"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseMessage(t *testing.T) {
	m, err := parseMessage("SIP/2.0 180 Ringing\r\nv: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\nTo: <sip:x;a=1>;tag=t1;x\r\nCSeq: 7 INVITE\r\nl: 0\r\n\r\nbody")
	require.NoError(t, err)
	require.Equal(t, []string{"SIP/2.0/UDP a", "SIP/2.0/UDP b"}, m.All("via"))
	require.Equal(t, "t1", m.Param("To", "TAG"))
	require.Empty(t, m.Param("To", "a"))
	require.Empty(t, m.Header("From"))
	require.Equal(t, 7, m.CSeq())
	require.Equal(t, "INVITE", m.Method)
	require.Equal(t, 180, m.Status)
	require.Equal(t, "body", m.Body)
	for _, text := range []string{"", "INVITE\r\n", "SIP/2.0 x\r\n\r\n", "INVITE x SIP/2.0\r\nnocolon\r\n\r\n"} {
		_, err := parseMessage(text)
		require.Error(t, err, text)
	}
	require.Equal(t, -1, Message{}.CSeq())
	require.Equal(t, "sip:a@b", uriOf("sip:a@b;tag=1"))
}

func TestMediaAddr(t *testing.T) {
	for text, want := range map[string]string{
		"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n":                                             "192.0.2.1:4000",
		"c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n":                   "192.0.2.2:4000",
		"m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::1\nm=video 1 RTP/AVP 31\nc=IN IP4 192.0.2.3\n": "[2001:db8::1]:4000",
	} {
		got, err := mediaAddr(text)
		require.NoError(t, err)
		require.Equal(t, want, got.String())
	}
	for _, text := range []string{"", "m=audio 4000 RTP/AVP 0\n", "c=IN IP4 192.0.2.1\n"} {
		_, err := mediaAddr(text)
		require.Error(t, err, text)
	}
}

// TestTCP: messages of a stream are told apart by their length, keep-alives passed over.
func TestTCP(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	p := TCP(t, netip.MustParseAddrPort(listener.Addr().String()))
	far, err := listener.Accept()
	require.NoError(t, err)
	p.Handle("OPTIONS", nil)
	one := message("OPTIONS sip:a SIP/2.0", []string{"Via: SIP/2.0/TCP x", "CSeq: 1 OPTIONS"}, "")
	two := message("MESSAGE sip:a SIP/2.0", []string{"Via: SIP/2.0/TCP x", "CSeq: 2 MESSAGE", "Content-Type: text/plain"}, "hello\nthere")
	_, err = far.Write([]byte(one + "\r\n\r\n" + two))
	require.NoError(t, err)
	require.Equal(t, 1, p.ExpectRequest("OPTIONS").CSeq())
	m := p.ExpectRequest("MESSAGE")
	require.Equal(t, "hello\r\nthere", m.Body)
	require.Equal(t, "text/plain", m.Header("Content-Type"))
	p.Reply(m, 200, "")
	text, err := readStream(bufio.NewReader(far))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text, "SIP/2.0 200 "))
	require.Contains(t, p.Contact("a"), ";transport=tcp")
	require.NoError(t, far.Close())
}

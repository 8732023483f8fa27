package sip

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// browser is a page's phone: it speaks SIP over a WebSocket and can be reached by nothing else.
type browser struct {
	t  *testing.T
	ws *websocket.Conn
}

// pages serves the node's WebSockets, as the HTTP room does.
func pages(t *testing.T, n *node) string {
	t.Helper()
	s := httptest.NewServer(n.WebSocket())
	t.Cleanup(s.Close)
	return s.URL
}

func dialWS(t *testing.T, url string, o *websocket.DialOptions) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	ws, resp, err := websocket.Dial(ctx, url, o)
	if ws != nil {
		ws.SetReadLimit(1 << 20)
		t.Cleanup(func() { _ = ws.CloseNow() })
	}
	return ws, resp, err
}

func (n *node) browser(t *testing.T, url string) *browser {
	t.Helper()
	ws, _, err := dialWS(t, url, &websocket.DialOptions{Subprotocols: []string{"sip"}})
	require.NoError(t, err)
	require.Equal(t, "sip", ws.Subprotocol())
	return &browser{t: t, ws: ws}
}

func (b *browser) send(text string) {
	require.NoError(b.t, b.ws.Write(b.t.Context(), websocket.MessageText, []byte(text)))
}

func (b *browser) read() (websocket.MessageType, string, error) {
	ctx, cancel := context.WithTimeout(b.t.Context(), 5*time.Second)
	defer cancel()
	kind, data, err := b.ws.Read(ctx)
	return kind, string(data), err
}

func (b *browser) expect(start string) *message {
	b.t.Helper()
	for {
		_, text, err := b.read()
		require.NoError(b.t, err)
		m := readMessage(text)
		if strings.HasPrefix(m.start, "SIP/2.0 100") {
			continue
		}
		require.True(b.t, strings.HasPrefix(m.start, start), "want %q, got %q", start, m.start)
		return &m
	}
}

// register registers 1001, with the Contact that browsers give (RFC 7118 section 5).
func (b *browser) register() {
	reg := "REGISTER sip:hotline.local SIP/2.0\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKr\nMax-Forwards: 70\nFrom: <sip:1001@h>;tag=1\nTo: <sip:1001@h>\n" +
		"Call-ID: r\nCSeq: 1 REGISTER\nContact: <sip:1001@df7jal23ls0d.invalid;transport=ws>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"\n"
	b.send(wire(reg))
	challenge := b.expect("SIP/2.0 401")
	p := &softphone{peer: &peer{t: b.t}, user: "1001", password: "pw-1001"}
	b.send(wire(strings.Replace(strings.Replace(reg, "1 REGISTER", "2 REGISTER", 1), "z9hG4bKr", "z9hG4bKs", 1) +
		"Authorization: " + p.prove(challenge) + "\n"))
	b.expect("SIP/2.0 200")
}

// A browser registers, is rung by its own connection, talks, and is down as soon as that closes.
func TestBrowser(t *testing.T) {
	n := realNode(t, nil)
	url := pages(t, n)
	b := n.browser(t, url)
	b.register()
	require.Equal(t, []string{"+1001"}, n.house.phoneEdges())
	n.ring("L1")
	inv := b.expect("INVITE sip:1001@df7jal23ls0d.invalid;transport=ws")
	host := strings.TrimPrefix(url, "http://")
	require.Contains(t, inv.get("via"), "SIP/2.0/WS "+host+";")
	require.Equal(t, "<sip:hotline@"+host+";transport=ws>", inv.get("contact"))
	b.send(wire(answerTo(inv, "200 OK", "x", "sip:1001@df7jal23ls0d.invalid;transport=ws", phoneSDP)))
	b.expect("ACK ")
	n.eventually("answered", func() bool { return len(n.house.seen()) == 1 })
	n.house.edit(func() { require.Equal(t, WS, n.house.dialogs["L1"].Proto) })
	require.NoError(t, b.ws.CloseNow())
	n.eventually("down", func() bool { return len(n.house.phoneEdges()) == 2 })
	n.house.edit(func() { require.Empty(t, n.house.bindings) })

	b = n.browser(t, url) // and back
	b.register()
	n.ring("L2")
	b.expect("INVITE ")
}

// Messages are whole as they come: as text or bytes, with a Content-Length or without, keep-alives among them.
func TestWebSocketMessages(t *testing.T) {
	n := realNode(t, nil)
	b := n.browser(t, pages(t, n))
	options := func(id string) string {
		return "OPTIONS sip:hotline.local SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK" + id + "\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n" +
			"Call-ID: " + id + "\r\nCSeq: 1 OPTIONS\r\n\r\n"
	}
	b.send(options("a"))
	require.Contains(t, b.expect("SIP/2.0 200").get("via"), ";received=127.0.0.1")
	require.NoError(t, b.ws.Write(t.Context(), websocket.MessageBinary, []byte(options("b"))))
	b.expect("SIP/2.0 200")
	b.send("\r\n\r\n")
	_, text, err := b.read()
	require.NoError(t, err)
	require.Equal(t, "\r\n", text)
	b.send("\r\n")
	b.send("NONSENSE\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKn\r\n\r\n")
	b.expect("SIP/2.0 400")
	b.send(strings.Replace(options("c"), "a@b", "\xff@b", 1)) // no text as WebSockets mean it, but echoed as it came
	kind, _, err := b.read()
	if err == nil {
		require.Equal(t, websocket.MessageBinary, kind)
	}
	b = n.browser(t, pages(t, n))
	b.send(strings.Repeat("x", maxMessage+1))
	_, _, err = b.read()
	require.Equal(t, websocket.StatusMessageTooBig, websocket.CloseStatus(err))
}

func TestWhoMayOpenAWebSocket(t *testing.T) {
	n := realNode(t, func(o *Options) { o.Origins = []string{"console.example.org"} })
	url := pages(t, n)
	for _, c := range []struct {
		protocol, origin string
		status           int
	}{
		{"sip", "", 101},
		{"xmpp", "", 400},
		{"", "", 400},
		{"sip", "https://console.example.org", 101},
		{"sip", "https://evil.example.org", 403},
		{"sip", url, 101},
	} {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		_, resp, _ := dialWS(t, url, &websocket.DialOptions{Subprotocols: []string{c.protocol}, HTTPHeader: header})
		require.Equal(t, c.status, resp.StatusCode, "%v", c)
	}
	resp, err := http.Get(url)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 400, resp.StatusCode)
	require.InDelta(t, 4, n.refusals("handshake"), 0)
}

func TestWebSocketsAreBounded(t *testing.T) {
	few := realNode(t, func(o *Options) { o.Limits.Connections = 4 })
	few.SetSite(&Site{})
	url := pages(t, few)
	few.browser(t, url)
	_, resp, _ := dialWS(t, url, &websocket.DialOptions{Subprotocols: []string{"sip"}})
	require.Equal(t, 503, resp.StatusCode)
}

// A browser that no longer answers pings is gone; one that does stays without saying a word.
func TestPings(t *testing.T) {
	n := realNode(t, func(o *Options) { o.Timers.Ping = 20 * time.Millisecond })
	b := n.browser(t, pages(t, n))
	b.register()
	pinged := make(chan struct{}, 1)
	ws, _, err := dialWS(t, pages(t, n), &websocket.DialOptions{Subprotocols: []string{"sip"}, OnPingReceived: func(context.Context, []byte) bool {
		select {
		case pinged <- struct{}{}:
		default:
		}
		return true
	}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _, _, _ = ws.Read(ctx) }() // reads the pings
	<-pinged
	<-pinged
}

// A binding of a browser whose connection is gone is reached by nothing.
func TestSocketIsOnlyOpenedByTheFarEnd(t *testing.T) {
	n := realNode(t, nil)
	for _, uri := range []string{"sip:1001@127.0.0.1:9;transport=ws", "sips:1001@127.0.0.1:9;transport=ws"} {
		to, err := targetOfText(uri)
		require.NoError(t, err)
		require.Equal(t, strings.HasPrefix(uri, "sips"), to.proto == WSS)
		_, err = n.hopTo(to)
		require.ErrorContains(t, err, "only the far end can open one")
	}
	_, err := targetOfText(fmt.Sprintf("sips:1001@%s;transport=udp", "h"))
	require.Error(t, err)
}

// A browser whose network drops in a call comes back by another connection, and says so by a
// re-INVITE: from then on the node's own requests go there.
func TestABrowserIsFollowed(t *testing.T) {
	n := realNode(t, nil)
	url := pages(t, n)
	b := n.browser(t, url)
	b.register()
	leg := n.ring("L1")
	inv := b.expect("INVITE sip:1001@df7jal23ls0d.invalid;transport=ws")
	ok := answerTo(inv, "200 OK", "x", "sip:1001@df7jal23ls0d.invalid;transport=ws", phoneSDP)
	b.send(wire(ok))
	b.expect("ACK ")
	n.eventually("answered", func() bool { return len(n.house.seen()) == 1 })
	require.NoError(t, b.ws.CloseNow())
	n.eventually("down", func() bool { return len(n.house.phoneEdges()) == 2 })

	b = n.browser(t, url)
	answer := readMessage(ok)
	b.send(wire(fmt.Sprintf("INVITE sip:hotline@x SIP/2.0\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKf\nMax-Forwards: 70\nFrom: %s\nTo: %s\nCall-ID: %s\n"+
		"CSeq: 1 INVITE\nContact: <sip:1001@df7jal23ls0d.invalid;transport=ws>\nContent-Type: application/sdp\n\n%s", answer.get("to"), answer.get("from"), answer.get("call-id"), phoneSDP)))
	b.expect("SIP/2.0 200")
	b.send(wire(fmt.Sprintf("ACK sip:hotline@x SIP/2.0\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKg\nMax-Forwards: 70\nFrom: %s\nTo: %s\nCall-ID: %s\nCSeq: 1 ACK\n", answer.get("to"), answer.get("from"), answer.get("call-id"))))
	leg.End(call.CauseNormal)
	b.expect("BYE sip:1001@df7jal23ls0d.invalid")
}

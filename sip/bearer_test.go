package sip

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// tokens are what the pages of a test show.
func tokens(o *Options) {
	var spent atomic.Bool
	o.Bearers = func(token string, calls bool) (Pass, bool) {
		switch token {
		case "agent":
			return Pass{Account: "1001"}, true
		case "gone":
			return Pass{Account: "9999"}, true
		case "visit":
			return Pass{Trunk: "gateway", Visitor: "web-000001", Number: "10000"}, calls && !spent.Swap(true)
		}
		return Pass{}, false
	}
}

// callers is how many calls have come.
func (h *house) callers() (n int) {
	h.edit(func() { n = len(h.calls) })
	return n
}

// page is a browser's request with a token.
func page(method, to, user, token, body string) string {
	contact := "<sip:x@df7jal23ls0d.invalid;transport=ws>"
	m := fmt.Sprintf("%s sip:%s SIP/2.0\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK%s%s%s\nMax-Forwards: 70\nFrom: \"Boss\" <sip:%s@hotline.local>;tag=1\n"+
		"To: <sip:%s>\nCall-ID: %s-%s-%s\nCSeq: 1 %s\nContact: %s\nP-Asserted-Identity: <sip:13800000001@x>\nAuthorization: Bearer %s\n",
		method, to, method, user, token, user, to, method, user, token, method, contact, token)
	if body != "" {
		m += "Content-Type: application/sdp\n\n" + body
	}
	return m
}

// TestTokensOfPages: a token speaks for one account, or for one call to one number, and
// only over a WebSocket; whoever shows it is believed nothing else.
func TestTokensOfPages(t *testing.T) {
	n := realNode(t, tokens)
	b := n.browser(t, pages(t, n))
	for _, c := range []struct {
		words, method, to, user, token string
		status                         int
	}{
		{"a token of nobody", "REGISTER", "1001@hotline.local", "1001", "guessed", 403},
		{"another's account", "REGISTER", "1002@hotline.local", "1002", "agent", 403},
		{"an account that has left the site", "REGISTER", "9999@hotline.local", "9999", "gone", 403},
		{"a visitor does not register", "REGISTER", "1001@hotline.local", "1001", "visit", 403},
		{"the account's own", "REGISTER", "1001@hotline.local", "1001", "agent", 200},
		{"as somebody else", "INVITE", "10000@hotline.local", "1002", "agent", 403},
		{"a token of nobody calls", "INVITE", "10000@hotline.local", "web-000001", "guessed", 403},
	} {
		body := ""
		if c.method == "INVITE" {
			body = phoneSDP
		}
		b.send(wire(page(c.method, c.to, c.user, c.token, body)))
		got := b.expect("SIP/2.0 ")
		require.True(t, strings.HasPrefix(got.start, fmt.Sprintf("SIP/2.0 %d", c.status)), "%s: %s", c.words, got.start)
	}
	require.Equal(t, []string{"+1001"}, n.house.phoneEdges())
	require.Zero(t, n.house.callers())
	require.EqualValues(t, 6, n.refusals("token"))

	b.send(wire(page("INVITE", "10000@hotline.local", "1001", "agent", phoneSDP)))
	n.eventually("the agent's call", func() bool { return n.house.callers() == 1 })
	n.house.edit(func() {
		require.Equal(t, "1001", n.house.calls[0].Phone)
		require.Equal(t, "1001", n.house.calls[0].From)
	})
}

// TestVisitorsCallOneNumber: as a call of their trunk, under the name the pass gives, once.
func TestVisitorsCallOneNumber(t *testing.T) {
	n := realNode(t, tokens)
	url := pages(t, n)
	b := n.browser(t, url)
	b.send(wire(page("INVITE", "10000@hotline.local", "13800000001", "visit", phoneSDP)))
	n.eventually("the visitor's call", func() bool { return n.house.callers() == 1 })
	n.house.edit(func() {
		inc := n.house.calls[0]
		require.Equal(t, "gateway", inc.Trunk)
		require.Empty(t, inc.Phone)
		require.Equal(t, "web-000001", inc.From, "whatever the page says")
		require.Empty(t, inc.FromName)
		require.Equal(t, "10000", inc.To)
	})
	b.send(wire(page("INVITE", "10000@hotline.local", "web-000001", "visit", phoneSDP)))
	b.expect("SIP/2.0 403")
}

// TestVisitorsCallNoOtherNumber: not even with a token that stands; it is spent by the try.
func TestVisitorsCallNoOtherNumber(t *testing.T) {
	n := realNode(t, tokens)
	b := n.browser(t, pages(t, n))
	for _, number := range []string{"008613900000000", "10000"} {
		b.send(wire(page("INVITE", number+"@hotline.local", "web-000001", "visit", phoneSDP)))
		b.expect("SIP/2.0 403")
	}
	require.Zero(t, n.house.callers())
}

// TestTokensCountOnWebSocketsOnly: elsewhere a Bearer is no proof, and a phone is asked for its password.
func TestTokensCountOnWebSocketsOnly(t *testing.T) {
	bubble(t, tokens, func(t *testing.T, n *node) {
		p := n.peer(strangerAddr)
		p.send(strings.Replace(page("INVITE", "10000@hotline.local", "1001", "agent", phoneSDP), "WS df7jal23ls0d.invalid", "UDP "+strangerAddr.String(), 1))
		p.expect("SIP/2.0 407")
		require.Zero(t, n.house.callers())
	})
}

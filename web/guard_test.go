package web

import (
	"errors"
	"net/http"
	"net/netip"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// What is done at the door is done by somebody, and noted.
func TestBansAreAudited(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, http.StatusOK, w.do("operator", http.MethodPost, "/api/v1/guard/bans", `{"address":"203.0.113.7","minutes":60,"reason":"noise"}`).Code)
	require.Equal(t, http.StatusNoContent, w.do("operator", http.MethodDelete, "/api/v1/guard/bans/203.0.113.66%2F32", "").Code)
	require.Equal(t, []AuditEntry{{At: noon, User: "operator", From: source, Action: "guard.ban", Object: "203.0.113.7/32", Detail: "noise"}}, w.audited("guard.ban"))
	require.Equal(t, []AuditEntry{{At: noon, User: "operator", From: source, Action: "guard.lift", Object: "203.0.113.66/32", Detail: "password"}}, w.audited("guard.lift"))
	for _, body := range []string{`{"address":"203.0.113.7","minutes":0}`, `{"address":"203.0.113.7","minutes":999999}`, `{"address":"","minutes":5}`} {
		require.Equal(t, http.StatusUnprocessableEntity, w.do("operator", http.MethodPost, "/api/v1/guard/bans", body).Code, body)
	}
	st := &stream{id: Identity{Roles: []Role{RoleSupervisor}}}
	sees, _ := st.sees(&Event{Kind: EventBan})
	require.False(t, sees)
	st.id.Roles = []Role{RoleOperator}
	sees, _ = st.sees(&Event{Kind: EventBan})
	require.True(t, sees)
}

func TestAddressesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "203.0.113.7/32": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7",
		"2001:db8::/64": "2001:db8::", "fe80::1%eth0": "fe80::1",
	} {
		a, err := addressOf(text)
		require.NoError(t, err)
		require.Equal(t, netip.MustParseAddr(want), a)
	}
	_, err := addressOf("gw.example.org")
	require.ErrorContains(t, err, "203.0.113.66")
	p, ok := errors.AsType[*Problem](err)
	require.True(t, ok)
	require.Equal(t, call.CodeInvalid.String(), p.Code)
}

// Wrong passwords count by where they come from, behind a proxy that is trusted as well.
func TestLogInLimitsBehindAProxy(t *testing.T) {
	w := newWorld(t)
	w.reg = prometheus.NewRegistry()
	w.server = w.serve(Options{Listen: "127.0.0.1:0", Now: w.clock.now, TrustedProxies: []netip.Prefix{netip.MustParsePrefix(source + "/32")}})
	try := func(from string) int {
		r := w.request("", http.MethodPost, "/api/v1/session", `{"user":"1001","password":"guess"}`)
		r.Header.Set("X-Forwarded-For", from)
		return w.send(r).Code
	}
	for range mostOfPair {
		require.Equal(t, http.StatusUnauthorized, try("203.0.113.1"))
	}
	require.Equal(t, http.StatusTooManyRequests, try("203.0.113.1"))
	require.Equal(t, http.StatusUnauthorized, try("203.0.113.2"), "another client of the same proxy")
}

package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSourceBehindProxies(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		from string
		xff  []string
		want string
	}{
		{"10.0.0.1:777", []string{"203.0.113.5"}, "203.0.113.5:777"},
		{"10.0.0.1:777", []string{"1.1.1.1, 203.0.113.5, 10.0.0.2"}, "203.0.113.5:777"},
		{"10.0.0.1:777", []string{"1.1.1.1", "203.0.113.5"}, "203.0.113.5:777"},
		{"10.0.0.1:777", []string{"203.0.113.5:4444"}, "203.0.113.5:777"},
		{"10.0.0.1:777", []string{"2001:db8::5"}, "[2001:db8::5]:777"},
		{"[fd00::1]:777", []string{"[2001:db8::5]:443"}, "[2001:db8::5]:777"},
		{"[::ffff:10.0.0.1]:777", []string{"203.0.113.5"}, "203.0.113.5:777"},
		{"10.0.0.1:777", nil, "10.0.0.1:777"},
		{"10.0.0.1:777", []string{"203.0.113.5, rubbish"}, "10.0.0.1:777"},
		{"10.0.0.1:777", []string{"rubbish, 10.0.0.9"}, "10.0.0.9:777"},
		{"198.51.100.1:777", []string{"203.0.113.5"}, "198.51.100.1:777"}, // nobody's proxy: it may write what it likes
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.from
		for _, v := range c.xff {
			r.Header.Add("X-Forwarded-For", v)
		}
		behindProxies(trusted, r)
		require.Equal(t, c.want, r.RemoteAddr, "%s %v", c.from, c.xff)
		r.RemoteAddr = c.from
		behindProxies(nil, r)
		require.Equal(t, c.from, r.RemoteAddr)
	}
}

func FuzzForwardedFor(f *testing.F) {
	f.Add("203.0.113.5, 10.0.0.1")
	f.Fuzz(func(t *testing.T, xff string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "10.0.0.1:777"
		r.Header["X-Forwarded-For"] = []string{xff}
		behindProxies([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, r)
		_, err := netip.ParseAddrPort(r.RemoteAddr)
		require.NoError(t, err)
	})
}

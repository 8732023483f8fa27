package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// behindProxies puts the true source of a request into RemoteAddr when it came by a reverse proxy
// that is trusted: the last address in X-Forwarded-For that none of them is. What stands before
// it anybody can have written.
func behindProxies(trusted []netip.Prefix, r *http.Request) {
	if len(trusted) == 0 {
		return
	}
	near, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !inAny(trusted, near.Addr().Unmap()) {
		return
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	const most = 32 // hops that are looked at
	for i := len(hops) - 1; i >= max(0, len(hops)-most); i-- {
		a, err := forwardedAddr(hops[i])
		if err != nil {
			return // a proxy that writes what can't be read is all that is known
		}
		r.RemoteAddr = netip.AddrPortFrom(a, near.Port()).String() // the port tells connections of one client apart
		if !inAny(trusted, a) {
			return
		}
	}
}

// forwardedAddr reads an entry of X-Forwarded-For: an address, with a port as some proxies write it.
func forwardedAddr(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), nil
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap().WithZone(""), err
}

func inAny(ranges []netip.Prefix, a netip.Addr) bool {
	for _, p := range ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

package digest

import "strings"

// sameTarget tells whether the uri a phone hashed names the Request-URI. They
// should be the same text (RFC 7616 3.4.6), but phones leave a port, a
// parameter or the scheme's s off one of them, and a proxy may have rewritten
// those; the user and the host must agree.
func sameTarget(a, b string) bool {
	if a == b {
		return a != ""
	}
	userA, hostA := target(a)
	userB, hostB := target(b)
	return hostA != "" && userA == userB && strings.EqualFold(hostA, hostB)
}

// target takes the user and host out of a SIP URI.
func target(uri string) (user, host string) {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || (!strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips")) {
		return "", ""
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, rest = rest[:at], rest[at+1:]
		user, _, _ = strings.Cut(user, ":") // a password in a URI says nothing
	}
	if i := strings.IndexAny(rest, ";?"); i >= 0 {
		rest = rest[:i]
	}
	if strings.HasPrefix(rest, "[") {
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return "", ""
		}
		return user, rest[:end+1]
	}
	host, _, _ = strings.Cut(rest, ":")
	return user, host
}

// Package transport names the ways a SIP message travels (RFC 3261 section 18,
// RFC 7118), for all parts of the signalling room.
package transport

import (
	"fmt"
	"slices"
	"strings"

	"hotline/call"
)

// Transport is how a SIP message travels.
type Transport uint8

// The transports.
const (
	UDP Transport = iota
	TCP
	TLS
	WS  // over a WebSocket
	WSS // over a WebSocket within TLS
)

var names = []string{"udp", "tcp", "tls", "ws", "wss"}

// String gives the name the node file writes: udp, tcp, tls, ws, wss.
func (t Transport) String() string {
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("invalid(%d)", uint8(t))
}

// Via gives the name a Via header writes.
func (t Transport) Via() string {
	switch t {
	case UDP:
		return "UDP"
	case TCP:
		return "TCP"
	default:
		return strings.ToUpper(t.String())
	}
}

// URI gives the value of a URI's transport parameter; RFC 7118 5.2 has one for both kinds of WebSocket.
func (t Transport) URI() string {
	if t == WSS {
		return "ws"
	}
	return t.String()
}

// Stream reports whether the transport has connections; nothing is sent again on them.
func (t Transport) Stream() bool { return t != UDP }

// Secure reports whether nobody on the way can read it: what SIPS asks for (RFC 5630).
func (t Transport) Secure() bool { return t == TLS || t == WSS }

// Socket reports whether it is a WebSocket, which only the far end can open.
func (t Transport) Socket() bool { return t == WS || t == WSS }

// Port is where the transport listens when a URI or Via names no port (RFC
// 3261 18.1.1, RFC 7118 section 5).
func (t Transport) Port() uint16 {
	switch t {
	case TLS:
		return 5061
	case WS:
		return 80
	case WSS:
		return 443
	default:
		return 5060
	}
}

// MarshalText gives the transport's name in lower case.
func (t Transport) MarshalText() ([]byte, error) {
	if int(t) >= len(names) {
		return nil, fmt.Errorf("transport: value %d has no name", uint8(t))
	}
	return []byte(names[t]), nil
}

// UnmarshalText reads a name in any case. The error is call.CodeInvalid.
func (t *Transport) UnmarshalText(b []byte) error {
	at := slices.Index(names, strings.ToLower(string(b)))
	if at < 0 {
		return call.Errorf(call.CodeInvalid, "transport %q is not known; %s are", b, strings.Join(names, ", "))
	}
	*t = Transport(at)
	return nil
}

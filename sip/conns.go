package sip

import (
	"net/netip"
	"sync"
)

// connKey names a connection: the far end's socket address, and for those that
// we opened by TLS the name that its certificate was asked to prove.
type connKey struct {
	proto Transport
	addr  netip.AddrPort
	name  string
}

// conns is every connection there is.
type conns struct {
	mu    sync.Mutex
	open  map[connKey]*conn
	alias map[connKey]*conn // by the address where the far end says it listens (RFC 5923)
	perIP map[netip.Addr]int
	held  int
	max   int
}

func newConns(most int) conns {
	return conns{open: map[connKey]*conn{}, alias: map[connKey]*conn{}, perIP: map[netip.Addr]int{}, max: most}
}

func (c *conn) key() connKey { return connKey{c.proto, c.addr, c.name} }

// room tells whether one more connection from addr may be taken.
func (t *conns) room(addr netip.Addr, g *gate) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.held >= t.max:
		return false
	case g.known(addr):
		return true
	default: // no stranger has more than a quarter, and all of them leave one to the peers
		return t.perIP[addr] < t.max/4 && t.held < t.max-t.max/4
	}
}

// closeFrom ends the connections of a source that is banned.
func (t *conns) closeFrom(source netip.Prefix) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.open {
		if source.Contains(c.addr.Addr()) {
			c.stop()
		}
	}
}

func (t *conns) add(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(c)
}

func (t *conns) put(c *conn) {
	t.open[c.key()] = c
	t.perIP[c.addr.Addr()]++
	t.held++
}

func (t *conns) remove(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[c.key()] == c {
		delete(t.open, c.key())
	}
	for k, v := range t.alias {
		if v == c {
			delete(t.alias, k)
		}
	}
	t.held--
	if t.perIP[c.addr.Addr()]--; t.perIP[c.addr.Addr()] <= 0 {
		delete(t.perIP, c.addr.Addr())
	}
}

// find gives the open connection from or to a socket address: the flow that a
// binding or a stored dialog names.
func (t *conns) find(proto Transport, addr netip.AddrPort) *conn {
	return t.get(connKey{proto, addr, ""})
}

// reach gives an open connection by which a request for name may go to addr: by TLS
// only one whose far end has proved to be name.
func (t *conns) reach(proto Transport, addr netip.AddrPort, name string) *conn {
	if proto != TLS {
		name = ""
	}
	return t.get(connKey{proto, addr, name})
}

func (t *conns) get(k connKey) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.getLocked(k)
}

func (t *conns) getLocked(k connKey) *conn {
	for _, table := range []map[connKey]*conn{t.open, t.alias} {
		if c := table[k]; c != nil && c.open() {
			return c
		}
	}
	return nil
}

// aliasesMost is how many addresses one connection may stand for.
const aliasesMost = 4

// reuse notes that requests for the host named in a Via's sent-by may go by the
// connection the Via came by (RFC 5923 section 5). Whoever shares an address with a
// server could claim its port, so that host must be in the certificate shown.
func (t *conns) reuse(c *conn, host string, port uint16) {
	if c.proto != TLS || c.name != "" || !c.proves(host) {
		return
	}
	if port == 0 {
		port = TLS.Port()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	k := connKey{TLS, netip.AddrPortFrom(c.addr.Addr(), port), host}
	if t.alias[k] == c {
		return
	}
	n := 0
	for _, other := range t.alias {
		if other == c {
			n++
		}
	}
	if n < aliasesMost {
		t.alias[k] = c
	}
}

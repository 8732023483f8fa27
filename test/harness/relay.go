package harness

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Relay is a network on the way to a node's HTTP port, which a test can cut.
type Relay struct {
	URL string
	ln  net.Listener

	mu   sync.Mutex
	open map[net.Conn]bool
}

// StartRelay starts one in front of a node.
func StartRelay(t testing.TB, n *Node) *Relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	scheme, to, _ := strings.Cut(n.base, "://")
	r := &Relay{URL: scheme + "://" + ln.Addr().String(), ln: ln, open: map[net.Conn]bool{}}
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			r.mu.Lock()
			r.open[near], r.open[far] = true, true
			r.mu.Unlock()
			go r.pass(near, far)
			go r.pass(far, near)
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); r.Cut() })
	return r
}

func (r *Relay) pass(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	r.close(from, to)
}

func (r *Relay) close(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(r.open, c)
	}
}

// Cut ends every connection; new ones go through.
func (r *Relay) Cut() {
	r.mu.Lock()
	var all []net.Conn
	for c := range r.open {
		all = append(all, c)
	}
	r.mu.Unlock()
	r.close(all...)
}

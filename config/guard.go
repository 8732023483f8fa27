package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Guard is what the node file says of strangers and their bans. Zeros stand for the defaults, which are sip's.
type Guard struct {
	Rate     int           // messages a second from a source that is no peer
	Burst    int           // and at once
	All      int           // a second from all of them together
	Peers    int           // a second from a trunk's or a phone's address
	Off      bool          // nobody is banned
	BanAfter int           // offences within Within
	Within   time.Duration //
	Ban      time.Duration // the first; each further one is twice as long
	Longest  time.Duration
	Scanners []string // pieces of User-Agent; nil: those known
}

// ACL is who may send SIP at all.
type ACL struct{ Allow, Deny []netip.Prefix }

// Trace is what is kept of calls' SIP messages.
type Trace struct {
	Max  int64         // bytes; 0: nothing
	Keep time.Duration // after a call's end
}

// HEP is where copies of all SIP messages go (Homer).
type HEP struct {
	To       string // host:port, UDP; empty: nowhere
	ID       uint32 // of this node, as the collector shows it
	Password Secret
}

// readGuard reads the parts of sip that watch the door, and what is shown of what came through it.
func (n *Node) readGuard(f *fields) {
	n.SIP.Guard = f.section("guard", false).guard()
	a := f.section("acl", false)
	n.SIP.ACL = ACL{Allow: a.prefixes("allow"), Deny: a.prefixes("deny")}
	a.close()
	t := f.section("trace", false)
	n.SIP.Trace = Trace{Max: 32 << 20, Keep: t.duration("keep", 15*time.Minute, 0)}
	if v := t.got["max"]; v != nil && v.kind == kindScalar && v.text == "0" {
		t.asked = append(t.asked, "max")
		n.SIP.Trace.Max = 0
	} else {
		n.SIP.Trace.Max = t.size("max", n.SIP.Trace.Max, 1<<20)
	}
	t.close()
	n.SIP.HEP = f.hep("hep")
}

func (f *fields) guard() Guard {
	const most = 1_000_000
	g := Guard{
		Rate: f.integer("rate", 50, 1, most), Burst: f.integer("burst", 500, 1, most), All: f.integer("all", 2_000, 1, most),
		Peers: f.integer("peers", 10_000, 1, most), BanAfter: f.integer("ban_after", 20, 0, most),
		Within: f.duration("within", 10*time.Minute, time.Second),
		Ban:    f.duration("ban", 5*time.Minute, time.Second), Longest: f.duration("longest", 24*time.Hour, time.Second),
	}
	g.Off = g.BanAfter == 0
	if g.Ban > g.Longest && f.kind == kindMap {
		at := f.at
		if v := f.got["longest"]; v != nil {
			at = v.at
		}
		f.r.wrong(at, fmt.Sprintf("longest is %s and the first ban %s", short(g.Longest), short(g.Ban)), "at least as long as ban")
	}
	if f.got["scanners"] != nil {
		g.Scanners = []string{}
	}
	for _, w := range f.words("scanners") {
		if len(w.Value) < 3 {
			f.r.wrong(w.Pos, fmt.Sprintf("scanner %q is too short a piece of a User-Agent", w.Value), "at least 3 characters, or it is in honest ones as well")
			continue
		}
		g.Scanners = append(g.Scanners, strings.ToLower(w.Value))
	}
	f.close()
	return g
}

// prefixes gives ranges and addresses.
func (f *fields) prefixes(key string) (out []netip.Prefix) {
	for _, w := range f.words(key) {
		if p, err := netip.ParsePrefix(w.Value); err == nil {
			if p != p.Masked() {
				f.r.wrong(w.Pos, fmt.Sprintf("%s %s has bits beyond its length", key, p), "as "+p.Masked().String())
				continue
			}
			out = append(out, p)
			continue
		}
		a, err := netip.ParseAddr(w.Value)
		if err != nil || a.Zone() != "" {
			f.r.wrong(w.Pos, fmt.Sprintf("%s %q is neither an address nor a range", key, clip(w.Value)), "as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
			continue
		}
		out = append(out, netip.PrefixFrom(a, a.BitLen()))
	}
	return out
}

// hep reads the collector.
func (f *fields) hep(key string) HEP {
	v := f.get(key)
	if v == nil {
		return HEP{}
	}
	h := f.r.fields(v, key)
	w := h.mustWord("to")
	host, port, err := net.SplitHostPort(w.Value)
	if p, bad := strconv.ParseUint(port, 10, 16); w.Value != "" && (err != nil || bad != nil || p == 0 || !isHost(host)) {
		h.r.wrong(w.Pos, fmt.Sprintf("to %q is no host:port", clip(w.Value)), "as homer.example.org:9060, which is UDP")
	}
	out := HEP{To: w.Value, ID: uint32(h.integer("id", 2001, 1, 1<<31-1)), Password: h.secret("password")}
	h.close()
	return out
}

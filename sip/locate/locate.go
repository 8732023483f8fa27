// Package locate finds the servers that a SIP URI stands for (RFC 3263): by
// NAPTR which transports its domain takes, by SRV which hosts and in which order, by A and AAAA
// their addresses. What was found is kept as long as its records say (TTL), and longer
// while the name server does not answer: calls go on where they went before.
package locate

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"hotline/call"
	"hotline/sip/transport"
)

// Query is a URI in the parts that decide where its requests go.
type Query struct {
	Host      string // address or name, without brackets; maddr's if the URI has one
	Port      uint16 // 0: the URI names none
	Transport transport.Transport
	Fixed     bool // the URI names its transport, so no other will do
	Secure    bool // SIPS: by TLS only
}

// Target is one place where a request may be sent; those of a Resolve are to be
// tried in their order until one answers (RFC 3263 4.3).
type Target struct {
	Transport transport.Transport
	Addr      netip.AddrPort
	// Name is the URI's host: what the server's certificate has to prove by TLS (RFC 5922).
	Name string
}

// Options set a Resolver up. Zero values take the defaults.
type Options struct {
	Servers []string      // name servers, host:port; none: those of /etc/resolv.conf, and the machine's own ways for addresses
	Timeout time.Duration // for one answer of one server, 1 s
	// Usable tells whether an address can be sent to by a transport; nil: all can.
	Usable func(transport.Transport, netip.Addr) bool
	// System looks up addresses when Servers is empty; nil: the machine's resolver.
	System func(ctx context.Context, host string) ([]netip.Addr, error)
	// Draw gives a number in [0, n), which spreads load by SRV weight; nil: at random.
	Draw func(n int) int
	// Config is read for Servers when there are none, "/etc/resolv.conf" when empty.
	Config string
}

// Bounds of one Resolve.
const (
	naptrMost  = 8
	srvMost    = 16
	addrMost   = 8
	targetMost = 16
)

// Resolver finds servers. It is safe for concurrent use.
type Resolver struct {
	o     Options
	cache cache
}

// New makes a resolver; it asks nobody yet. The error is call.CodeInvalid.
func New(o Options) (*Resolver, error) {
	for _, s := range o.Servers {
		if _, err := netip.ParseAddrPort(s); err != nil {
			return nil, call.Errorf(call.CodeInvalid, "name server %q is no address:port, as 192.0.2.53:53", s)
		}
	}
	o.Timeout = cmp.Or(o.Timeout, time.Second)
	o.Config = cmp.Or(o.Config, "/etc/resolv.conf")
	if o.Usable == nil {
		o.Usable = func(transport.Transport, netip.Addr) bool { return true }
	}
	if o.System == nil {
		o.System = systemAddrs
	}
	if o.Draw == nil {
		o.Draw = draw
	}
	return &Resolver{o: o, cache: newCache()}, nil
}

// Resolve gives the places a query stands for, the one to try first first. It is
// bounded by ctx. The error is call.CodeUnavailable when there are none.
func (r *Resolver) Resolve(ctx context.Context, q Query) ([]Target, error) {
	f := &finding{r: r, ctx: ctx, q: q, name: strings.ToLower(strings.TrimSuffix(q.Host, "."))}
	if f.q.Secure && !f.q.Transport.Secure() {
		f.q.Transport = transport.TLS
	}
	f.find()
	if len(f.found) > 0 {
		return f.found, nil
	}
	if f.err == nil {
		f.err = call.Errorf(call.CodeUnavailable, "%s has no address that can be reached from here", q.Host)
	}
	return nil, f.err
}

// finding is one Resolve at work.
type finding struct {
	r     *Resolver
	ctx   context.Context
	q     Query
	name  string
	found []Target
	err   error // the first
}

func (f *finding) failed(err error) {
	if f.err == nil && err != nil {
		f.err = err
	}
}

// find goes the way of RFC 3263 4.1 and 4.2.
func (f *finding) find() {
	if a, err := netip.ParseAddr(f.q.Host); err == nil {
		f.add(f.q.Transport, a.Unmap(), cmp.Or(f.q.Port, f.q.Transport.Port()))
		return
	}
	switch {
	case f.name == "invalid" || strings.HasSuffix(f.name, ".invalid"): // no server is to be asked, RFC 6761 section 6.4
		f.failed(call.Errorf(call.CodeUnavailable, "%s stands for no address: whoever names it is reached by its connection alone", f.q.Host))
	case f.q.Port != 0:
		f.addresses(f.q.Transport, f.name, f.q.Port)
	case f.q.Fixed:
		f.services([]service{{f.q.Transport, srvName(f.q.Transport, f.name)}})
	default:
		services, err := f.naptr()
		if err != nil { // no name server answers: the machine may know the host all the same
			f.failed(err)
			f.addresses(f.q.Transport, f.name, f.q.Transport.Port())
			return
		}
		if len(services) == 0 {
			services = f.usual()
		}
		f.services(services)
	}
}

// service is a transport and the name of its SRV records.
type service struct {
	transport transport.Transport
	srv       string
}

// usual are the services to ask for when NAPTR says nothing, the one to prefer first.
func (f *finding) usual() []service {
	all := []transport.Transport{transport.UDP, transport.TCP, transport.TLS}
	if f.q.Secure {
		all = all[2:]
	}
	var out []service
	for _, t := range all {
		out = append(out, service{t, srvName(t, f.name)})
	}
	return out
}

func srvName(t transport.Transport, domain string) string {
	switch t {
	case transport.TCP:
		return "_sip._tcp." + domain
	case transport.TLS:
		return "_sips._tcp." + domain
	case transport.WS:
		return "_sip._ws." + domain
	case transport.WSS:
		return "_sips._ws." + domain
	default:
		return "_sip._udp." + domain
	}
}

// naptr asks which transports the domain takes, in the domain's order.
func (f *finding) naptr() ([]service, error) {
	records, err := f.r.ask(f.ctx, f.name, dns.TypeNAPTR)
	if err != nil {
		return nil, err
	}
	var all []*dns.NAPTR
	for _, rr := range records {
		if n, ok := rr.(*dns.NAPTR); ok && len(all) < naptrMost {
			all = append(all, n)
		}
	}
	slices.SortStableFunc(all, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var out []service
	for _, n := range all {
		if t, ok := naptrTransport(n.Service); ok && strings.EqualFold(n.Flags, "s") && (t.Secure() || !f.q.Secure) {
			out = append(out, service{t, plainName(n.Replacement)})
		}
	}
	return out, nil
}

// naptrTransport reads a NAPTR service field (RFC 3263 4.1); WebSockets can't be opened from here, SCTP is not spoken.
func naptrTransport(s string) (transport.Transport, bool) {
	switch strings.ToUpper(s) {
	case "SIP+D2U":
		return transport.UDP, true
	case "SIP+D2T":
		return transport.TCP, true
	case "SIPS+D2T":
		return transport.TLS, true
	}
	return 0, false
}

// services follows SRV records; without any, the domain's own addresses count (4.2).
func (f *finding) services(all []service) {
	found := false
	for _, s := range all {
		records, err := f.r.ask(f.ctx, s.srv, dns.TypeSRV)
		f.failed(err)
		for _, srv := range f.order(records) {
			found = true
			if host := plainName(srv.Target); host != "" { // "." says: not here
				f.addresses(s.transport, host, srv.Port)
			}
		}
	}
	if !found {
		f.err = nil
		f.addresses(all[0].transport, f.name, all[0].transport.Port())
	}
}

// order sorts SRV records by priority, and those of one priority by chance and weight (RFC 2782).
func (f *finding) order(records []dns.RR) []*dns.SRV {
	var all []*dns.SRV
	for _, rr := range records {
		if s, ok := rr.(*dns.SRV); ok && len(all) < srvMost {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b *dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	for i := range all {
		end, sum := i, 0
		for end < len(all) && all[end].Priority == all[i].Priority {
			sum += int(all[end].Weight)
			end++
		}
		at, pick := i, f.r.o.Draw(sum+1)
		for run := int(all[at].Weight); run < pick; run += int(all[at].Weight) {
			at++
		}
		chosen := all[at]
		copy(all[i+1:at+1], all[i:at])
		all[i] = chosen
	}
	return all
}

// addresses looks a host up and adds its addresses.
func (f *finding) addresses(t transport.Transport, host string, port uint16) {
	if len(f.found) >= targetMost {
		return
	}
	addrs, err := f.r.addrs(f.ctx, host)
	f.failed(err)
	for _, a := range addrs {
		f.add(t, a, port)
	}
}

func (f *finding) add(t transport.Transport, a netip.Addr, port uint16) {
	at := Target{Transport: t, Addr: netip.AddrPortFrom(a, port), Name: f.name}
	if len(f.found) < targetMost && f.r.o.Usable(t, a) && !slices.Contains(f.found, at) {
		f.found = append(f.found, at)
	}
}

// plainName is a name without its last dot, in lower case.
func plainName(fqdn string) string { return strings.ToLower(strings.TrimSuffix(fqdn, ".")) }

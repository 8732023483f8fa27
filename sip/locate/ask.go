package locate

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"hotline/call"
)

// systemTTL is how long addresses of the machine's resolver count, which tells no time.
const systemTTL = 30 * time.Second

// ednsSize is the answer we take by UDP (DNS flag day 2020); longer ones come by TCP.
const ednsSize = 1232

func systemAddrs(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

func draw(n int) int { return rand.IntN(n) } //nolint:gosec // spreads load only

// addrs gives a host's addresses, those of IPv6 first (RFC 6724).
func (r *Resolver) addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	if len(r.o.Servers) == 0 {
		return r.systemAddrs(ctx, host)
	}
	var out []netip.Addr
	six, err6 := r.ask(ctx, host, dns.TypeAAAA)
	four, err4 := r.ask(ctx, host, dns.TypeA)
	for _, rr := range append(six[:len(six):len(six)], four...) {
		var ip net.IP
		switch rr := rr.(type) {
		case *dns.AAAA:
			ip = rr.AAAA
		case *dns.A:
			ip = rr.A
		}
		if a, ok := netip.AddrFromSlice(ip); ok && len(out) < 2*addrMost {
			out = append(out, a.Unmap())
		}
	}
	if len(out) == 0 {
		if err4 == nil {
			err4 = err6
		}
		return nil, err4
	}
	return out, nil
}

// systemAddrs asks the machine, which knows its hosts file too.
func (r *Resolver) systemAddrs(ctx context.Context, host string) ([]netip.Addr, error) {
	k := key{host, typeSystem}
	e, fresh := r.cache.get(k)
	if fresh {
		return e.addrs, nil
	}
	addrs, err := r.o.System(ctx, host)
	if err != nil {
		if e != nil {
			return e.addrs, nil
		}
		return nil, call.Errorf(call.CodeUnavailable, "look up %s: %w", host, err)
	}
	var six, four []netip.Addr
	for _, a := range addrs[:min(len(addrs), 2*addrMost)] {
		if a = a.Unmap(); a.Is4() {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	out := append(six, four...)
	r.cache.put(k, &entry{addrs: out}, systemTTL)
	return out, nil
}

// ask gives a name's records of one type: from the cache, else from the name
// servers; none when there are none (which is no error). While no server answers, what was found
// before counts although its time is over (RFC 8767).
func (r *Resolver) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	k := key{name, kind}
	e, fresh := r.cache.get(k)
	if fresh {
		return e.records, nil
	}
	answer, err := r.exchange(ctx, name, kind)
	if err != nil {
		if e != nil {
			return e.records, nil
		}
		return nil, call.Errorf(call.CodeUnavailable, "look up %s %s: %w", dns.TypeToString[kind], name, err)
	}
	records, ttl := harvest(answer, kind)
	r.cache.put(k, &entry{records: records}, ttl)
	return records, nil
}

// exchange asks the servers in their order, each by UDP and, when the answer was cut, by TCP.
func (r *Resolver) exchange(ctx context.Context, name string, kind uint16) (*dns.Msg, error) {
	servers := r.o.Servers
	if len(servers) == 0 {
		cfg, err := dns.ClientConfigFromFile(r.o.Config)
		if err != nil {
			return nil, err
		}
		for _, s := range cfg.Servers {
			servers = append(servers, net.JoinHostPort(s, cfg.Port))
		}
	}
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind).SetEdns0(ednsSize, false)
	var last error = call.Errorf(call.CodeUnavailable, "there is no name server")
	for _, server := range servers {
		answer, err := r.askOne(ctx, q, server)
		if err == nil {
			return answer, nil
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// askOne asks one server. NXDOMAIN is an answer; SERVFAIL and REFUSED are none.
func (r *Resolver) askOne(ctx context.Context, q *dns.Msg, server string) (*dns.Msg, error) {
	for _, network := range []string{"udp", "tcp"} {
		c := dns.Client{Net: network, Timeout: r.o.Timeout, UDPSize: ednsSize}
		answer, _, err := c.ExchangeContext(ctx, q, server)
		switch {
		case err != nil:
			return nil, err
		case answer.Truncated && network == "udp":
			continue
		case answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError:
			return nil, call.Errorf(call.CodeUnavailable, "%s says %s", server, dns.RcodeToString[answer.Rcode])
		}
		return answer, nil
	}
	return nil, call.Errorf(call.CodeUnavailable, "%s gives no whole answer", server)
}

// harvest takes the records of one type out of an answer, and how long they count. An
// answer without any counts as long as the zone says (RFC 2308).
func harvest(answer *dns.Msg, kind uint16) ([]dns.RR, time.Duration) {
	var records []dns.RR
	ttl := uint32(most / time.Second)
	for _, rr := range answer.Answer {
		ttl = min(ttl, rr.Header().Ttl) // aliases on the way count too
		if rr.Header().Rrtype == kind {
			records = append(records, rr)
		}
	}
	if len(records) > 0 {
		return records, time.Duration(ttl) * time.Second
	}
	none := negative
	for _, rr := range answer.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			none = min(none, time.Duration(min(soa.Minttl, soa.Hdr.Ttl))*time.Second)
		}
	}
	return nil, none
}

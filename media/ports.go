package media

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"

	"hotline/call"
)

// pair is a leased pair of ports with its sockets.
type pair struct {
	port      uint16 // RTP, even; RTCP is on the one above
	rtp, rtcp int    // file descriptors
	of        *ports // where it was leased
}

// ports leases even/odd pairs, first freed first leased, so that packets still
// on their way to a call that has ended don't meet the next one.
type ports struct {
	addr netip.Addr
	bind func(netip.AddrPort) (int, error)
	shut func(int) error

	mu    sync.Mutex
	free  []uint16 // a circle; all pairs fit
	first int
	count int
	total int
}

func newPorts(addr netip.Addr, r PortRange) *ports {
	p := &ports{addr: addr, bind: bindSocket, shut: unix.Close, free: make([]uint16, r.pairs())}
	p.count, p.total = len(p.free), len(p.free)
	for i := range p.free {
		p.free[i] = r.First + r.First&1 + uint16(2*i)
	}
	return p
}

// lease binds the pair that has rested longest. Pairs that another program
// holds go back to the end of the line.
func (p *ports) lease() (pair, error) {
	var last error
	for range p.total {
		port, ok := p.pop()
		if !ok {
			break
		}
		got, err := p.open(port)
		if err == nil {
			return got, nil
		}
		p.push(port)
		last = err
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM) {
			break
		}
	}
	if last == nil {
		last = errors.New("all are in use")
	}
	return pair{}, call.Errorf(call.CodeCapacity, "media: no port pair of %d is free: %w", p.total, last)
}

func (p *ports) open(port uint16) (pair, error) {
	rtp, err := p.bind(netip.AddrPortFrom(p.addr, port))
	if err != nil {
		return pair{}, err
	}
	rtcp, err := p.bind(netip.AddrPortFrom(p.addr, port+1))
	if err != nil {
		return pair{}, errors.Join(err, p.shut(rtp))
	}
	return pair{port: port, rtp: rtp, rtcp: rtcp, of: p}, nil
}

// release closes a pair's sockets and lets it rest.
func (p *ports) release(was pair) error {
	err := errors.Join(p.shut(was.rtp), p.shut(was.rtcp))
	p.push(was.port)
	if err != nil {
		return fmt.Errorf("media: closing port %d: %w", was.port, err)
	}
	return nil
}

func (p *ports) pop() (uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == 0 {
		return 0, false
	}
	port := p.free[p.first]
	p.first = (p.first + 1) % len(p.free)
	p.count--
	return port, true
}

func (p *ports) push(port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[(p.first+p.count)%len(p.free)] = port
	p.count++
}

// idle is how many pairs are free.
func (p *ports) idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

package media

import (
	"net/netip"
	"runtime"
	"time"

	"hotline/call"
)

// PortRange is the UDP ports that legs are given, both ends included. A leg
// takes an even port for RTP and the odd one above it for RTCP (RFC 3550 section 11).
type PortRange struct{ First, Last uint16 }

// Options is what an Engine needs to know.
type Options struct {
	// Listen is the address sockets are bound to; an IPv6 address makes IPv6 legs.
	Listen netip.Addr
	// Advertise is the address told to far ends; invalid means Listen.
	Advertise netip.Addr
	// Listen6 and Advertise6 are the same for far ends of IPv6, where Listen is an address of
	// IPv4; invalid: all legs are of one family. Both have the same ports.
	Listen6, Advertise6 netip.Addr
	// Ports are leased to legs, each pair resting as long as possible between two legs.
	Ports PortRange
	// Threads is how many threads carry sound; 0 is half of GOMAXPROCS, from 1 to
	// 16. One carries about 3,000 bridged calls on a core of its own.
	Threads int
	// IO is how sockets are read and written.
	IO IO
	// RTPTimeout is how long a bridged leg that has sent before may be silent
	// before SoundTimeout; 0 is 60 s.
	RTPTimeout time.Duration
}

// IO is how a thread reads and writes its sockets.
type IO uint8

// The ways.
const (
	IOAuto  IO = iota // IOURing where the kernel allows it, else IOEpoll
	IOURing           // io_uring, Linux 6.1 and later; New fails where it is not to be had
	IOEpoll           // epoll, a system call a packet
)

// String is the way's name, as a node file and logs have it.
func (io IO) String() string { return [...]string{"auto", "io_uring", "epoll"}[io] }

const (
	threadsMost       = 16
	rtpTimeoutDefault = 60 * time.Second
)

// filled gives the options with their defaults, or a call.CodeInvalid.
func (o Options) filled() (Options, error) {
	if !o.Listen.IsValid() {
		return o, call.Errorf(call.CodeInvalid, "media: no listen address; an IP address of this machine is needed")
	}
	if !o.Advertise.IsValid() {
		o.Advertise = o.Listen
	}
	if o.Listen6.IsValid() && (!o.Listen6.Is6() || !o.Listen.Is4()) {
		return o, call.Errorf(call.CodeInvalid, "media: a second listen address is for IPv6 beside IPv4, not %s beside %s", o.Listen6, o.Listen)
	}
	if !o.Advertise6.IsValid() {
		o.Advertise6 = o.Listen6
	}
	if o.Ports.First == 0 || o.Ports.pairs() == 0 {
		return o, call.Errorf(call.CodeInvalid, "media: ports %d-%d hold no even/odd pair; 20000-29999 would",
			o.Ports.First, o.Ports.Last)
	}
	if o.Threads < 0 || o.RTPTimeout < 0 {
		return o, call.Errorf(call.CodeInvalid, "media: threads and RTP timeout can't be negative")
	}
	if o.Threads == 0 {
		o.Threads = min(max(runtime.GOMAXPROCS(0)/2, 1), threadsMost)
	}
	if o.RTPTimeout == 0 {
		o.RTPTimeout = rtpTimeoutDefault
	}
	return o, nil
}

// pairs is how many even/odd pairs the range holds.
func (r PortRange) pairs() int {
	first, last := int(r.First)+int(r.First&1), int(r.Last)
	return max((last-first+1)/2, 0)
}

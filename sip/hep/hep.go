// Package hep sends copies of SIP messages to a collector (Homer) by HEP version 3
// over UDP. It never slows a call: a queue of fixed length stands between, what
// finds no room in it is counted and gone.
package hep

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip/trace"
)

// Options say where copies go. Without To there are none.
type Options struct {
	To       string // host:port
	ID       uint32 // of this node
	Password string // the authenticate key; empty: none is sent
}

// Packet is one message on its way to the collector.
type Packet struct {
	At          time.Time
	Src, Dst    netip.AddrPort
	TCP         bool   // it came by TCP, TLS or a WebSocket
	Correlation string // our call; empty for what belongs to none
	Text        string
}

// Chunk types of vendor 0 (HEP3 network protocol specification, section 3.2).
const (
	chunkFamily      = 0x0001
	chunkProtocol    = 0x0002
	chunkSrc4        = 0x0003
	chunkDst4        = 0x0004
	chunkSrc6        = 0x0005
	chunkDst6        = 0x0006
	chunkSrcPort     = 0x0007
	chunkDstPort     = 0x0008
	chunkSeconds     = 0x0009
	chunkMicros      = 0x000a
	chunkPayloadType = 0x000b
	chunkAgent       = 0x000c
	chunkKey         = 0x000e
	chunkPayload     = 0x000f
	chunkCorrelation = 0x0011
)

const (
	family4   = 2  // AF_INET
	family6   = 10 // AF_INET6
	protoUDP  = 17
	protoTCP  = 6
	typeSIP   = 1
	headSize  = 6
	mostBytes = 65_507 // of a UDP datagram
)

// Append writes a packet in HEP version 3. Everything is in network byte order: "HEP3", the length of
// the whole, then chunks of vendor, type, length (their own six bytes included) and value.
func Append(b []byte, o Options, p Packet) []byte {
	start := len(b)
	b = append(b, "HEP3\x00\x00"...)
	six := p.Src.Addr().Is6() || p.Dst.Addr().Is6()
	family, proto := byte(family4), byte(protoUDP)
	if six {
		family = family6
	}
	if p.TCP {
		proto = protoTCP
	}
	b = append(chunk(b, chunkFamily, 1), family)
	b = append(chunk(b, chunkProtocol, 1), proto)
	if six {
		src, dst := p.Src.Addr().As16(), p.Dst.Addr().As16()
		b = append(chunk(b, chunkSrc6, 16), src[:]...)
		b = append(chunk(b, chunkDst6, 16), dst[:]...)
	} else {
		src, dst := four(p.Src.Addr()), four(p.Dst.Addr())
		b = append(chunk(b, chunkSrc4, 4), src[:]...)
		b = append(chunk(b, chunkDst4, 4), dst[:]...)
	}
	b = binary.BigEndian.AppendUint16(chunk(b, chunkSrcPort, 2), p.Src.Port())
	b = binary.BigEndian.AppendUint16(chunk(b, chunkDstPort, 2), p.Dst.Port())
	b = binary.BigEndian.AppendUint32(chunk(b, chunkSeconds, 4), uint32(p.At.Unix()))
	b = binary.BigEndian.AppendUint32(chunk(b, chunkMicros, 4), uint32(p.At.Nanosecond()/1000))
	b = append(chunk(b, chunkPayloadType, 1), typeSIP)
	b = binary.BigEndian.AppendUint32(chunk(b, chunkAgent, 4), o.ID)
	if o.Password != "" {
		b = append(chunk(b, chunkKey, len(o.Password)), o.Password...)
	}
	if p.Correlation != "" {
		b = append(chunk(b, chunkCorrelation, len(p.Correlation)), p.Correlation...)
	}
	text := p.Text
	if most := mostBytes - (len(b) - start) - headSize; len(text) > most {
		text = text[:max(most, 0)]
	}
	b = append(chunk(b, chunkPayload, len(text)), text...)
	binary.BigEndian.PutUint16(b[start+4:], uint16(len(b)-start))
	return b
}

// four is an address in four bytes; one that is none is all zeros.
func four(a netip.Addr) [4]byte {
	if a = a.Unmap(); a.Is4() {
		return a.As4()
	}
	return [4]byte{}
}

func chunk(b []byte, kind uint16, length int) []byte {
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, uint16(headSize+length))
}

// queueMost is how many messages may wait: more than a second of a busy node.
const queueMost = 8192

// Sender sends copies, on a goroutine of its own. A nil one sends nothing.
type Sender struct {
	opt     Options
	log     *zap.Logger
	queue   chan Packet
	done    chan struct{}
	sent    atomic.Uint64
	dropped atomic.Uint64
	failed  atomic.Uint64
	stop    sync.Once
}

// New makes a sender and starts it; nil when there is nowhere to send to.
func New(o Options, log *zap.Logger) (*Sender, error) {
	if o.To == "" {
		return nil, nil //nolint:nilnil // a nil sender is one that sends nothing
	}
	if len(o.Password) > 1024 {
		return nil, call.Errorf(call.CodeInvalid, "sip.hep.password is longer than 1,024 bytes")
	}
	s := &Sender{opt: o, log: log, queue: make(chan Packet, queueMost), done: make(chan struct{})}
	go s.run()
	return s, nil
}

// Send queues a copy. It never waits.
func (s *Sender) Send(p Packet) {
	if s == nil {
		return
	}
	select {
	case s.queue <- p:
	default:
		s.dropped.Add(1)
	}
}

// Counts are the copies sent, those that found no room, and those the network did not take.
func (s *Sender) Counts() (sent, dropped, failed uint64) {
	if s == nil {
		return 0, 0, 0
	}
	return s.sent.Load(), s.dropped.Load(), s.failed.Load()
}

// Stop sends what waits and ends. Nothing may be sent afterwards.
func (s *Sender) Stop() {
	if s == nil {
		return
	}
	s.stop.Do(func() { close(s.queue) })
	<-s.done
}

// retryAfter is how long the collector is left alone when its name can't be found.
const retryAfter = 10 * time.Second

// run takes from the queue until it is closed. A name is looked up again only after a failure: when the
// collector has moved, or the name server was away at the start.
func (s *Sender) run() {
	defer close(s.done)
	var conn net.Conn
	var again time.Time
	var b []byte
	for p := range s.queue {
		if conn == nil {
			if time.Now().Before(again) {
				s.failed.Add(1)
				continue
			}
			if conn = s.dial(); conn == nil {
				again = time.Now().Add(retryAfter)
				s.failed.Add(1)
				continue
			}
		}
		p.Text = trace.Redact(p.Text)
		b = Append(b[:0], s.opt, p)
		if _, err := conn.Write(b); err != nil { // nobody listens there, or it is too large: the next may do
			s.failed.Add(1)
			continue
		}
		s.sent.Add(1)
	}
	if conn != nil {
		if err := conn.Close(); err != nil {
			s.log.Debug("close", zap.Error(err))
		}
	}
}

func (s *Sender) dial() net.Conn {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", s.opt.To)
	if err != nil {
		s.log.Warn("the HEP collector can't be reached; copies are dropped", zap.String("to", s.opt.To), zap.Error(err))
		return nil
	}
	return conn
}

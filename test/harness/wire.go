package harness

import (
	"encoding/binary"
	"sync"
	"syscall"
	"testing"

	"github.com/pion/opus"
	"golang.org/x/sys/unix"

	"hotline/call"
	"hotline/test/tone"
)

// Wire listens on the loopback interface: it hears the RTP that a peer without
// ears (SIPp) is sent. It needs root, as the end-to-end tests do.
type Wire struct {
	t    testing.TB
	fd   int
	mu   sync.Mutex
	rtp  map[int][]int16 // by destination port, in order of arrival
	seen map[wireKey]bool
	laws map[wireLaw]int // packets
	opus map[byte]bool   // payload types that are Opus
	ears map[uint32]*opus.Decoder
	done chan struct{}
}

// Opus has packets of these payload types be heard as Opus, from now on.
func (w *Wire) Opus(types ...byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opus, w.ears = map[byte]bool{}, map[uint32]*opus.Decoder{}
	for _, pt := range types {
		w.opus[pt] = true
	}
}

// decode hears a packet of Opus at 8,000 samples a second, by the decoder of its source; nothing of one that is none.
func (w *Wire) decode(ssrc uint32, payload []byte) []int16 {
	ear := w.ears[ssrc]
	if ear == nil {
		made, err := opus.NewDecoderWithOutput(rate, 1)
		if err != nil {
			return nil
		}
		ear = &made
		w.ears[ssrc] = ear
	}
	sound := make([]int16, rate*120/1000) // the longest there is
	n, err := ear.DecodeToInt16(payload, sound)
	if err != nil {
		return nil
	}
	return sound[:n]
}

// wireLaw is a port and a payload type.
type wireLaw struct {
	port int
	pt   byte
}

type wireKey struct {
	port int
	ssrc uint32
	seq  uint16
	ts   uint32
}

// Listen begins to hear.
func Listen(t testing.TB) *Wire {
	t.Helper()
	fd := OpenLoopback(t, onlyRTP())
	w := &Wire{t: t, fd: fd, rtp: map[int][]int16{}, seen: map[wireKey]bool{}, laws: map[wireLaw]int{}, done: make(chan struct{})}
	stop := make(chan struct{})
	go w.listen(stop)
	t.Cleanup(func() {
		close(stop)
		<-w.done
		_ = unix.Close(fd)
	})
	return w
}

func (w *Wire) listen(stop <-chan struct{}) {
	defer close(w.done)
	buf := make([]byte, 2048)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, _, err := unix.Recvfrom(w.fd, buf, 0)
		if err == syscall.EAGAIN || err == syscall.EINTR { //nolint:errorlint // a bare errno
			continue
		}
		if err != nil {
			return
		}
		w.packet(buf[:n])
	}
}

// packet counts an RTP packet, and keeps its sound if that is in G.711, or in Opus that is to be heard. Each comes twice on loopback.
func (w *Wire) packet(b []byte) {
	head := int(b[0]&15) * 4
	if len(b) < head+8+12 || b[9] != unix.IPPROTO_UDP {
		return
	}
	port := int(binary.BigEndian.Uint16(b[head+2:]))
	rtp := b[head+8:]
	pt := rtp[1] & 0x7f
	if rtp[0]>>6 != 2 {
		return
	}
	key := wireKey{port, binary.BigEndian.Uint32(rtp[8:]), binary.BigEndian.Uint16(rtp[2:]), binary.BigEndian.Uint32(rtp[4:])}
	codec := call.CodecPCMU
	if pt == 8 {
		codec = call.CodecPCMA
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	w.laws[wireLaw{port, pt}]++
	if w.opus[pt] {
		w.rtp[port] = append(w.rtp[port], w.decode(key.ssrc, rtp[12:])...)
		return
	}
	if pt != 0 && pt != 8 {
		return
	}
	w.rtp[port] = append(w.rtp[port], tone.Decode(rtp[12:], codec)...)
}

// Packets is how many packets of a payload type were sent to a port so far.
func (w *Wire) Packets(port int, pt byte) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.laws[wireLaw{port, pt}]
}

// Heard is what was sent to a port so far, at 8,000 samples a second.
func (w *Wire) Heard(port int) []int16 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int16(nil), w.rtp[port]...)
}

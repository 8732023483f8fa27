package bench

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"hotline/test/harness"
)

// wire times SIP requests on loopback by the kernel's own stamps, as each arrives: what is taken between two of
// them holds no tester's clock and none of its naps (SIPp's are a millisecond).
type wire struct {
	t    testing.TB
	fd   int
	mu   sync.Mutex
	seen []moment
}

// moment is a request on the wire, by UDP.
type moment struct {
	method   string
	from, to int // ports
	at       time.Time
}

// listenSIP hears what is sent to some ports, of which nothing else is to come. It ends with the test.
func listenSIP(t testing.TB, ports ...int) *wire {
	t.Helper()
	fd := harness.OpenLoopback(t, onlyTo(ports))
	require.NoError(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
	w := &wire{t: t, fd: fd}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		w.listen(stop)
	}()
	t.Cleanup(func() {
		close(stop)
		<-done
		_ = unix.Close(fd)
	})
	return w
}

// onlyTo is a filter for UDP to some ports, so that music goes past it.
func onlyTo(ports []int) []unix.SockFilter {
	n := uint8(len(ports))
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 9}, // protocol
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.IPPROTO_UDP, Jf: n + 2},
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 0},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_IND, K: 2}, // port it is sent to
	}
	for i, port := range ports {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(port), Jt: n - uint8(i)})
	}
	return append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0}, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 16})
}

func (w *wire) listen(stop <-chan struct{}) {
	packet, extra := make([]byte, 1<<16), make([]byte, 64)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, k, _, _, err := unix.Recvmsg(w.fd, packet, extra, 0)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		if m, ok := readMoment(packet[:n], extra[:k]); ok {
			w.mu.Lock()
			w.seen = append(w.seen, m)
			w.mu.Unlock()
		}
	}
}

// readMoment reads a packet that the filter has let through, if it is a request.
func readMoment(packet, extra []byte) (m moment, ok bool) {
	udp := packet[int(packet[0]&15)*4:]
	method, _, ok := bytes.Cut(udp[8:], []byte(" "))
	if !ok || bytes.Contains(method, []byte("/")) { // a response begins with SIP/2.0
		return moment{}, false
	}
	all, err := unix.ParseSocketControlMessage(extra)
	if err != nil || len(all) == 0 || len(all[0].Data) < int(unsafe.Sizeof(unix.Timespec{})) {
		return moment{}, false
	}
	ns := (*unix.Timespec)(unsafe.Pointer(&all[0].Data[0])).Nano()
	return moment{
		method: string(method), at: time.Unix(0, ns),
		from: int(binary.BigEndian.Uint16(udp)), to: int(binary.BigEndian.Uint16(udp[2:])),
	}, true
}

// gaps are the times from each request of a method to a port, to the next INVITE that is sent to another.
func (w *wire) gaps(method string, port, invited int) (all []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var since time.Time
	for _, m := range w.seen {
		switch {
		case m.to == port && m.method == method:
			since = m.at
		case m.to == invited && m.method == "INVITE" && !since.IsZero():
			all = append(all, m.at.Sub(since))
			since = time.Time{}
		}
	}
	return all
}

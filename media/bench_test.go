package media

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"hotline/call"
)

// The benchmarks run the engine in this process and the far ends in another, so
// that this process's CPU time is the engine's alone.

const (
	generatorPorts = "HOTLINE_MEDIA_GENERATOR" // the legs' ports, comma separated
	farHost        = "127.0.0.3"               // far ends have the port of their leg on this host
	benchTime      = 3 * time.Second
)

// generate is the far ends: every 20 ms each sends a packet to its leg and
// reads what came, until standard input ends.
func generate(ports string) {
	wire, buf := new(kernel), make([]byte, scratchSize)
	var from sockaddr
	var fds []int
	var to []sockaddr
	for _, text := range strings.Split(ports, ",") {
		port, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		fd, err := bindSocket(netip.AddrPortFrom(netip.MustParseAddr(farHost), uint16(port)))
		if err != nil {
			panic(err)
		}
		fds = append(fds, fd)
		to = append(to, newSockaddr(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))))
	}
	_, _ = os.Stdout.WriteString("ready\n")
	over := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); close(over) }()
	pkt := make([]byte, rtpHeader+frameBytes)
	ticker := time.NewTicker(time.Millisecond)
	for n := 0; ; n++ {
		select {
		case <-ticker.C:
		case <-over:
			return
		}
		for i := n % 20; i < len(fds); i += 20 {
			putHeader(pkt, ptPCMA, false, uint16(n/20), uint32(n/20*frameBytes), uint32(i))
			wire.send(fds[i], &to[i], pkt)
			for more := true; more; {
				_, more = wire.receive(fds[i], buf, &from)
			}
		}
	}
}

// farEnds starts the generator for these legs.
func farEnds(b *testing.B, legs []*Leg) {
	ports := make([]string, len(legs))
	for i, l := range legs {
		ports[i] = strconv.Itoa(int(l.Local().Port()))
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), generatorPorts+"="+strings.Join(ports, ","))
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	cmd.Stderr = os.Stderr
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	_, err = io.ReadFull(out, make([]byte, len("ready\n")))
	require.NoError(b, err)
}

func benchLegs(b *testing.B, io IO, n int, spec func(int) call.MediaSpec) (*Engine, []*Leg) {
	e, err := New(Options{
		Listen: netip.MustParseAddr("127.0.0.1"), Ports: PortRange{40000, 49999}, Threads: 1, IO: io,
	}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(b, err)
	b.Cleanup(e.Close)
	var legs []*Leg
	for i := range n {
		leg, err := e.Open(call.ID(strconv.Itoa(i/2)), call.LegID(strconv.Itoa(i)), make(queue, 16))
		require.NoError(b, err)
		s := spec(i)
		s.Remote = netip.AddrPortFrom(netip.MustParseAddr(farHost), leg.Local().Port())
		s.Version = 1
		leg.Negotiate(s)
		legs = append(legs, leg)
	}
	return e, legs
}

func processTime(b *testing.B) time.Duration {
	var r unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// measure reports this process's CPU time over a while: for each packet sent,
// and as a share of one core.
func measure(b *testing.B, e *Engine) {
	settle := time.NewTimer(time.Second)
	<-settle.C
	for b.Loop() {
		cpu, sent, began := processTime(b), e.loops[0].thread.shown.out.Load(), time.Now()
		settle.Reset(benchTime)
		<-settle.C
		cpu, sent = processTime(b)-cpu, e.loops[0].thread.shown.out.Load()-sent
		require.NotZero(b, sent)
		b.ReportMetric(float64(cpu.Nanoseconds())/1e3/float64(sent), "µs-cpu/packet")
		b.ReportMetric(100*cpu.Seconds()/time.Since(began).Seconds(), "%core")
		b.ReportMetric(float64(sent)/time.Since(began).Seconds(), "packets/s")
	}
}

// BenchmarkRelay is the cost of a bridged packet, from read to sent.
func BenchmarkRelay(b *testing.B) {
	for _, n := range []int{20, 100, 500, 1000} {
		for _, kind := range []string{"plain", "converted", "recorded"} {
			if kind != "plain" && n != 500 {
				continue
			}
			for _, io := range []IO{IOEpoll, IOURing} {
				b.Run(fmt.Sprintf("%s/streams=%d/%s", kind, n, io), func(b *testing.B) { benchRelay(b, io, n, kind) })
			}
		}
	}
}

func benchRelay(b *testing.B, io IO, n int, kind string) {
	e, legs := benchLegs(b, io, n, func(i int) call.MediaSpec {
		if kind == "converted" && i%2 == 1 {
			return pcmu()
		}
		return pcma()
	})
	for i := 0; i < n; i += 2 {
		legs[i].Bridge(legs[i+1])
	}
	if kind == "recorded" {
		record(b, legs)
	}
	farEnds(b, legs)
	measure(b, e)
}

// record taps every leg, and reads the rings as a recorder would.
func record(b *testing.B, legs []*Leg) {
	rings := make([]*Ring, len(legs))
	for i, l := range legs {
		rings[i] = NewRing(1 << 14)
		l.Tap(rings[i])
	}
	stop, done := make(chan struct{}), make(chan struct{})
	b.Cleanup(func() { close(stop); <-done })
	go func() {
		defer close(done)
		flush := time.NewTicker(300 * time.Millisecond)
		defer flush.Stop()
		for {
			select {
			case <-flush.C:
				for _, r := range rings {
					r.Read(func(Frame) {})
				}
			case <-stop:
				return
			}
		}
	}()
}

// BenchmarkMusic is callers who wait: each hears music and sends sound that
// nobody hears.
func BenchmarkMusic(b *testing.B) {
	music := []*Sound{tone(SampleRate * 10)}
	for _, n := range []int{100, 1000} {
		for _, io := range []IO{IOEpoll, IOURing} {
			b.Run(fmt.Sprintf("listeners=%d/%s", n, io), func(b *testing.B) {
				e, legs := benchLegs(b, io, n, func(int) call.MediaSpec { return pcma() })
				for _, l := range legs {
					l.Play(music, true)
				}
				farEnds(b, legs)
				measure(b, e)
			})
		}
	}
}

package media

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

// reportsOf takes the RTCP that was sent for a leg.
func (p *party) reportsOf() []datagram {
	var got []datagram
	for _, d := range p.wire.sent {
		if d.fd == p.ports.rtcp {
			got = append(got, d)
		}
	}
	p.wire.sent = nil
	return got
}

func (p *party) arriveRTCP(from string, b []byte) {
	fd := p.ports.rtcp
	p.wire.inbox[fd] = append(p.wire.inbox[fd], datagram{fd: fd, addr: newAddr(from), b: b})
}

func TestReportsGoOutAboutEveryFiveSeconds(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	for i := range 1000 {
		if i != 500 { // one is lost
			left.say()
		} else {
			left.seq++
			left.ts += frameBytes
		}
		right.say()
		r.run(frameTime)
	}
	got := left.reportsOf()
	require.InDelta(t, 4, len(got), 3)
	d := got[len(got)-1]
	require.Equal(t, "10.0.0.1:4001", d.addr.String())
	b := d.b
	require.EqualValues(t, []byte{0x81, rtcpSender, 0, 12}, b[:4])
	u32 := func(off int) uint32 { return binary.BigEndian.Uint32(b[off:]) }
	require.Equal(t, left.out.ssrc, u32(4))
	require.NotZero(t, u32(20))
	require.InDelta(t, 1000, u32(20), 400)
	require.Equal(t, u32(20)*frameBytes, u32(24))
	require.Equal(t, left.ssrc, u32(28))
	require.EqualValues(t, 1, u32(32)&0xffffff, "lost in all")
	require.Equal(t, left.in.ssrc, u32(28))
	items := b[52:]
	require.EqualValues(t, []byte{0x81, rtcpItems, 0, 6}, items[:4])
	require.Len(t, items, 28)
	require.NotContains(t, string(items), "10.0.0", "the name tells nothing of the host")
}

func TestReportBeforeAnythingWasSent(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	r.run(10 * time.Second)
	got := a.reportsOf()
	require.NotEmpty(t, got)
	require.EqualValues(t, []byte{0x80, rtcpReceiver, 0, 1}, got[0].b[:4])
}

func TestFarEndsReportIsRead(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.say()
	right.say()
	r.run(frameTime)
	report := make([]byte, 8+senderInfo+reportBlock)
	copy(report, []byte{0x81, rtcpSender, 0, 12})
	copy(report[10:], []byte{1, 2, 3, 4}) // middle of its NTP time
	block := report[8+senderInfo:]
	binary.BigEndian.PutUint32(block, left.out.ssrc)
	binary.BigEndian.PutUint32(block[4:], 0x10_000007)
	binary.BigEndian.PutUint32(block[12:], 80)
	left.arriveRTCP("10.9.9.9:4001", report)
	r.run(2 * time.Second)
	require.Zero(t, left.stats.RemoteLost, "a stranger's")
	left.arriveRTCP("10.0.0.1:4001", report)
	r.run(2 * time.Second)
	require.EqualValues(t, 7, left.stats.RemoteLost)
	require.Equal(t, 10*time.Millisecond, left.stats.RemoteJitter)
	require.EqualValues(t, 0x01020304, left.rtcp.sender)
	left.wire.sent = nil
	r.run(10 * time.Second)
	out := left.reportsOf()[0].b
	require.EqualValues(t, 0x01020304, binary.BigEndian.Uint32(out[44:]), "last sender report")
	require.NotZero(t, binary.BigEndian.Uint32(out[48:]), "delay since")
}

func TestReportsBehindNATGoWhereTheyComeFrom(t *testing.T) {
	spec := pcma()
	spec.NAT = true
	r := newRig(t)
	a := r.party("a", "192.168.1.1:4000", spec)
	a.arrive(newAddr("198.51.100.1:700"), encodeRTP(t, rtp.Header{PayloadType: ptPCMA}, []byte{1}))
	r.run(10 * time.Second)
	require.Equal(t, "198.51.100.1:701", a.reportsOf()[0].addr.String())
	a.arriveRTCP("198.51.100.1:900", []byte{0x80, rtcpReceiver, 0, 1, 0, 0, 0, 0})
	r.run(2 * time.Second)
	a.wire.sent = nil
	r.run(10 * time.Second)
	require.Equal(t, "198.51.100.1:900", a.reportsOf()[0].addr.String())
}

// Who holds by 0.0.0.0 wants no reports; the kernel would bring them to a port of this machine.
func TestNoReportsToNoAddress(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "0.0.0.0:4000", pcma())
	r.run(20 * time.Second)
	require.Empty(t, a.reportsOf())
}

func TestJitterOfAnEvenStreamIsSmall(t *testing.T) {
	r, left, _ := bridged(t, pcma(), pcma())
	for range 100 {
		left.say()
		r.run(frameTime)
	}
	r.run(time.Second)
	require.Zero(t, left.published.load().Jitter)
	for i := range 500 {
		left.say()
		r.run(frameTime + time.Duration(i%2*2-1)*10*time.Millisecond)
	}
	r.run(time.Second)
	require.InDelta(t, 10*time.Millisecond, left.published.load().Jitter, float64(2*time.Millisecond))
	require.Zero(t, left.published.load().Lost)
}

func FuzzReport(f *testing.F) {
	f.Add([]byte{0x81, rtcpSender, 0, 12, 0, 0, 0, 1})
	f.Add([]byte{0x81, rtcpReceiver, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, left, _ := bridged(t, pcma(), pcma())
		left.say()
		r.run(tick)
		left.arriveRTCP("10.0.0.1:4001", b)
		r.run(2 * time.Second)
	})
}

package media

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
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
	p.wire.news[fd] = true
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

// A far end that keeps our report for two seconds and is 35 ms away both ways: 70 ms. It is smoothed, so
// that one late answer does not rate the leg.
func TestRoundTrip(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.say()
	right.say()
	answer := func(away time.Duration) {
		left.wire.sent = nil
		var report []byte
		for sent := []datagram(nil); report == nil; sent = left.reportsOf() {
			r.run(tick)
			if len(sent) > 0 {
				report = sent[0].b
			}
		}
		r.run(away - tick) // the report was found a tick after it went out
		r.run(2 * time.Second)
		r.run(away)
		block := make([]byte, 8+reportBlock)
		copy(block, []byte{0x81, rtcpReceiver, 0, 7})
		binary.BigEndian.PutUint32(block[8:], left.out.ssrc)
		copy(block[8+16:], report[10:14]) // middle of its NTP time
		binary.BigEndian.PutUint32(block[8+20:], 2<<16)
		left.arriveRTCP("10.0.0.1:4001", block)
		r.run(tick)
	}
	answer(35 * time.Millisecond)
	require.InDelta(t, 70, left.stats.RoundTrip.Milliseconds(), 6, "a tick's grain")
	answer(235 * time.Millisecond)
	require.InDelta(t, 70+400/8, left.stats.RoundTrip.Milliseconds(), 7)
	left.thread.closeStream(left.stream)
	told := r.told()
	end, ok := told[len(told)-1].event.(call.SoundEnded)
	require.True(t, ok, "the last word on a leg")
	require.InDelta(t, 0.120, end.RoundTripSeconds, 0.007)
	require.NotZero(t, end.Sent.MOS)
}

// A leg's end tells what both ways were like; one whose far end reported nothing says nothing of what it got.
func TestTheEndTellsTheQuality(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcmu())
	for i := range 400 {
		if i%100 < 4 { // four runs of four lost
			left.seq++
			left.ts += frameBytes
		} else {
			left.say()
		}
		right.say()
		r.run(frameTime)
	}
	r.apply(closeLeg{left.stream})
	told := r.told()
	end := told[len(told)-1]
	require.Equal(t, left.id, end.leg)
	q := end.event.(call.SoundEnded)
	require.Equal(t, call.CodecPCMA, q.Codec)
	require.EqualValues(t, 384, q.Received.Packets)
	require.EqualValues(t, 12, q.Received.Lost, "what came before the first packet was never expected")
	require.Greater(t, q.Sent.Packets, uint64(390))
	require.Zero(t, q.Sent.MOS)
	require.Zero(t, q.RoundTripSeconds)
	want := heard{came: 384, lost: 12, gaps: 3, jitter: time.Duration(q.Received.JitterSeconds * float64(time.Second))}
	require.Equal(t, want.score(), q.Received.MOS)
	graded := *r.thread.grades.(*graded)
	require.Len(t, graded, 1)
	require.EqualValues(t, 3, graded[0].Gaps)
}

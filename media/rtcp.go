package media

import (
	"encoding/binary"
	"encoding/hex"
	"time"

	"hotline/call"
)

// RTCP, RFC 3550 section 6: a few gateways drop calls without it, so each leg
// sends a report with its CNAME about every five seconds, and reads the far end's.

const (
	rtcpSender   = 200
	rtcpReceiver = 201
	rtcpItems    = 202
	rtcpBye      = 203

	reportBlock = 24 // bytes, RFC 3550 section 6.4.1
	senderInfo  = 20
	reportEvery = 5 * time.Second // RFC 3550 section 6.2: the least interval
	reportReads = 4
	ntpEpoch    = 2_208_988_800 // seconds from 1900 to 1970
)

// reports is a leg's RTCP.
type reports struct {
	name   [8]byte // of the CNAME: random (RFC 7022), so that it tells nothing of this host
	due    int64
	source sockaddr // where the far end's RTCP comes from, behind NAT
	sender uint32   // middle of the NTP time in the far end's last sender report
	at     int64    // when that came
	more   bool     // is waiting to be read

	packets, bytes uint64 // sent under SSRCs before the present one
	lost           uint64 // of these, as the far end has reported
}

func (r *reports) begin(t *thread) {
	binary.NativeEndian.PutUint64(r.name[:], t.random.Uint64())
	r.due = t.now + int64(reportEvery)/2
}

// hearReports reads what has come on the RTCP port, as it comes: a round trip is measured by it.
func (t *thread) hearReports(s *stream, now int64) {
	s.rtcp.more = true
	for range reportReads {
		b, ok := t.wire.receive(s.ports.rtcp, t.scratch[:], &t.from)
		if !ok {
			s.rtcp.more = false
			break
		}
		if isRTCP(b) {
			if s.secure != nil {
				if b = t.unsealReport(s, b); b == nil {
					continue
				}
			}
			t.takeReport(s, b, now)
		}
	}
}

// tellReport sends a report when one is due.
func (t *thread) tellReport(s *stream, now int64) {
	if now < s.rtcp.due {
		return
	}
	s.rtcp.due = now + int64(reportEvery)/2 + t.random.Int64N(int64(reportEvery))
	to := s.reportTarget()
	if s.spec.Codec == call.CodecNone || !to.valid() {
		return
	}
	t.sendReport(s, s.report(t.scratch[:0], now), &to)
}

// sayBye tells the far end that the leg's stream is over: a report, the CNAME and BYE in one packet (RFC 3550 sections
// 6.1 and 6.6). Who has neither sent nor heard anything says nothing (6.3.7).
func (t *thread) sayBye(s *stream) {
	to := s.reportTarget()
	if s.spec.Codec == call.CodecNone || !to.valid() || !s.out.begun && !s.in.begun {
		return
	}
	t.sendReport(s, s.appendBye(s.report(t.scratch[:0], t.now)), &to)
}

// appendBye ends a compound packet with the word that nothing more comes (RFC 3550 section 6.6).
func (s *stream) appendBye(b []byte) []byte {
	return binary.BigEndian.AppendUint32(append(b, rtpVersion|1, rtcpBye, 0, 1), s.out.ssrc)
}

// reportTarget is where a leg's RTCP goes: as negotiated, else (and behind NAT)
// the port above RTP's, or where the far end's own RTCP came from.
func (s *stream) reportTarget() sockaddr {
	target := s.latch.target()
	switch {
	case s.spec.Mux && target.valid():
		return *target
	case !target.valid(), s.spec.Remote.Addr().IsUnspecified(): // held by 0.0.0.0, which the kernel would take for this machine
		return sockaddr{}
	case s.latch.nat && s.rtcp.source.valid() && s.rtcp.source.sameHost(target):
		return s.rtcp.source
	case !s.latch.nat && s.spec.RemoteRTCP.IsValid():
		return newSockaddr(s.spec.RemoteRTCP)
	default:
		return target.withPort(target.port() + 1)
	}
}

// report builds a sender report, or a receiver report where nothing was sent yet, and the CNAME.
func (s *stream) report(b []byte, now int64) []byte {
	kind, size := byte(rtcpReceiver), 8
	if s.out.begun {
		kind, size = rtcpSender, 8+senderInfo
	}
	blocks := byte(0)
	if s.in.begun {
		blocks, size = 1, size+reportBlock
	}
	b = append(b, rtpVersion|blocks, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(size/4-1))
	b = binary.BigEndian.AppendUint32(b, s.out.ssrc)
	if s.out.begun {
		b = binary.BigEndian.AppendUint64(b, ntpTime(now))
		b = binary.BigEndian.AppendUint32(b, s.out.ts+s.out.elapsed(now))
		packets := s.stats.PacketsOut - s.rtcp.packets
		b = binary.BigEndian.AppendUint32(b, uint32(packets))
		b = binary.BigEndian.AppendUint32(b, uint32(s.stats.BytesOut-s.rtcp.bytes-rtpHeader*packets))
	}
	if s.in.begun {
		b = s.appendBlock(b, now)
	}
	return s.appendName(b)
}

// appendBlock adds a report block on what the far end sends.
func (s *stream) appendBlock(b []byte, now int64) []byte {
	in := &s.in
	expected := in.newest - in.base + 1
	wanted, got := expected-in.expected, in.received-in.reported
	in.expected, in.reported = expected, in.received
	fraction := uint32(0)
	if wanted > got {
		fraction = (wanted - got) << 8 / wanted
	}
	lost := uint32(min(in.lost(), 1<<23-1))
	delay := uint32(0)
	if s.rtcp.at != 0 {
		delay = uint32((now - s.rtcp.at) << 16 / int64(time.Second))
	}
	b = binary.BigEndian.AppendUint32(b, in.ssrc)
	b = binary.BigEndian.AppendUint32(b, min(fraction, 255)<<24|lost)
	b = binary.BigEndian.AppendUint32(b, in.newest)
	b = binary.BigEndian.AppendUint32(b, in.jitter>>4)
	b = binary.BigEndian.AppendUint32(b, s.rtcp.sender)
	return binary.BigEndian.AppendUint32(b, delay)
}

// appendName adds the source description: the CNAME alone.
func (s *stream) appendName(b []byte) []byte {
	const name = 2 * len(s.rtcp.name)
	const size = (8 + 2 + name + 1 + 3) &^ 3 // an end byte, then up to a multiple of four
	b = append(b, rtpVersion|1, rtcpItems)
	b = binary.BigEndian.AppendUint16(b, uint16(size/4-1))
	b = binary.BigEndian.AppendUint32(b, s.out.ssrc)
	b = append(b, 1, byte(name))
	b = hex.AppendEncode(b, s.rtcp.name[:])
	var pad [size - 8 - 2 - name]byte
	return append(b, pad[:]...)
}

// ticks is how long so many ticks of an RTP clock last.
func ticks(n uint32, wide bool) time.Duration {
	return time.Duration(n) * nsPerSample / time.Duration(unitsOf(wide))
}

// clock has what a leg is sent next stamped by a codec's clock. Going over from one to the other
// takes an SSRC that was not used before, with a BYE for the one before it (RFC 7160 section 4.1); but where our
// description names the SSRC, as browsers want it, that stays and the timestamps go on by the time that has passed.
func (t *thread) clock(s *stream, wide bool, now int64) {
	if s.out.wide == wide {
		return
	}
	o := &s.out
	switch {
	case !o.begun:
	case o.named:
		o.ts += o.elapsed(now)
		o.at, o.span = now, 0
		o.cut()
	default:
		t.sayOver(s)
		r := &s.rtcp
		r.packets, r.bytes, r.lost = s.stats.PacketsOut, s.stats.BytesOut, s.stats.RemoteLost
		*o = outbound{}
		t.number(o)
	}
	o.wide = wide
}

// number gives an outgoing stream the numbers that it begins with: random, the sequence low enough not to wrap
// before the far end of an encrypted one has heard of it (RFC 3711 3.3.1).
func (t *thread) number(o *outbound) {
	o.ssrc, o.seq, o.ts = t.random.Uint32(), uint16(t.random.Uint32()&0x7fff), t.random.Uint32()
}

// sayOver tells the far end that an SSRC of ours is over while the leg goes on, in a compound packet as RFC 3550 6.1
// wants it. It comes in the middle of a packet's way, and so has a place of its own to be written in.
func (t *thread) sayOver(s *stream) {
	to := s.reportTarget()
	if !to.valid() {
		return
	}
	b := append(t.bye[:0], rtpVersion, rtcpReceiver, 0, 1)
	t.sendReport(s, s.appendBye(s.appendName(binary.BigEndian.AppendUint32(b, s.out.ssrc))), &to)
}

// ntpTime is a Unix time in the format of RFC 3550 section 4.
func ntpTime(now int64) uint64 {
	second := int64(time.Second)
	return uint64(now/second+ntpEpoch)<<32 | uint64(now%second)<<32/uint64(second)
}

// takeReport reads a compound packet from the far end's host.
func (t *thread) takeReport(s *stream, b []byte, now int64) {
	if !s.latch.source.valid() {
		return // before the first sound: whose it is can't be told yet
	}
	if !t.from.sameHost(&s.latch.source) {
		s.stats.Strangers++
		t.counts.strangers++
		return
	}
	s.rtcp.source = t.from
	if s.hushed { // silent without a packet, but there
		s.lastIn, s.silent = now, false
	}
	for len(b) >= 8 {
		size := 4 * (1 + int(binary.BigEndian.Uint16(b[2:])))
		if size > len(b) || size < 8 {
			return
		}
		one := b[:size]
		b = b[size:]
		switch {
		case one[1] == rtcpReceiver:
			s.takeBlocks(one[8:], int(one[0]&0x1f), now)
		case one[1] == rtcpSender && size >= 8+senderInfo:
			s.rtcp.sender, s.rtcp.at = binary.BigEndian.Uint32(one[10:]), now
			s.takeBlocks(one[8+senderInfo:], int(one[0]&0x1f), now)
		} // BYE says nothing of the leg: a source may end for another to begin; SIP tells who hangs up
	}
}

// takeBlocks notes what the far end says of our stream.
func (s *stream) takeBlocks(b []byte, n int, now int64) {
	for ; n > 0 && len(b) >= reportBlock; n, b = n-1, b[reportBlock:] {
		if binary.BigEndian.Uint32(b) != s.out.ssrc {
			continue
		}
		lost := int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8 // 24 bits with a sign: doubles count against losses
		s.stats.RemoteLost = s.rtcp.lost + uint64(max(lost, 0))
		s.stats.RemoteJitter = ticks(binary.BigEndian.Uint32(b[12:]), s.out.wide)
		s.stats.Reported = true
		s.tripOf(binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:]), now)
	}
}

// tripMost is the longest round trip that is believed.
const tripMost = 10 * time.Second

// tripOf measures the round trip by a report block: now, less our sender report's time, less how long the far end
// kept it, all in 1/65536 s (RFC 3550 section 6.4.1); smoothed as RFC 6298 does.
func (s *stream) tripOf(report, kept uint32, now int64) {
	if report == 0 { // it has had none of ours
		return
	}
	units := max(int32(uint32(ntpTime(now)>>16)-report-kept), 0) // clocks of a tick's grain may cross
	trip := time.Duration(int64(units) * int64(time.Second) >> 16)
	switch {
	case trip > tripMost:
	case s.stats.RoundTrip == 0:
		s.stats.RoundTrip = trip
	default:
		s.stats.RoundTrip += (trip - s.stats.RoundTrip) / 8
	}
}

package media

import "encoding/binary"

// RTP's fixed header, RFC 3550 section 5.1.
const (
	rtpHeader  = 12
	rtpVersion = 2 << 6
	rtpMarker  = 0x80
)

// packet is an RTP packet where it was read, with what a leg needs of its header.
type packet struct {
	seq     uint16
	ts      uint32
	ssrc    uint32
	pt      uint8
	marker  bool
	off     int    // where the payload starts in whole, never less than rtpHeader
	payload []byte // without padding
	whole   []byte
}

// parse reads an RTP header; false if this is none. It reads nothing beyond b
// whatever b holds.
func (p *packet) parse(b []byte) bool {
	if len(b) < rtpHeader || b[0]&0xc0 != rtpVersion {
		return false
	}
	off := rtpHeader + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 { // header extension
		if len(b) < off+4 {
			return false
		}
		off += 4 + 4*int(binary.BigEndian.Uint16(b[off+2:]))
	}
	end := len(b)
	if b[0]&0x20 != 0 { // padding: the last byte counts itself
		pad := int(b[end-1])
		if pad == 0 {
			return false
		}
		end -= pad
	}
	if off > end {
		return false
	}
	p.marker, p.pt = b[1]&rtpMarker != 0, b[1]&^rtpMarker
	p.seq = binary.BigEndian.Uint16(b[2:])
	p.ts = binary.BigEndian.Uint32(b[4:])
	p.ssrc = binary.BigEndian.Uint32(b[8:])
	p.off, p.payload, p.whole = off, b[off:end], b
	return true
}

// rewrite puts a fresh fixed header right before the payload and gives the
// packet to send. Contributing sources, header extensions and padding belong to
// the other leg's negotiation and stay behind.
func (p *packet) rewrite(pt uint8, marker bool, seq uint16, ts, ssrc uint32) []byte {
	start := p.off - rtpHeader
	out := p.whole[start : p.off+len(p.payload)]
	putHeader(out, pt, marker, seq, ts, ssrc)
	return out
}

func putHeader(b []byte, pt uint8, marker bool, seq uint16, ts, ssrc uint32) {
	b[0], b[1] = rtpVersion, pt
	if marker {
		b[1] |= rtpMarker
	}
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}

// ssrcOf is the source of an RTP packet that is long enough to have one.
func ssrcOf(b []byte) uint32 { return binary.BigEndian.Uint32(b[8:]) }

// isRTCP tells RTCP that came on the RTP port apart, RFC 5761 section 4.
func isRTCP(b []byte) bool {
	return len(b) >= 8 && b[0]&0xc0 == rtpVersion && b[1] >= 192 && b[1] <= 223
}

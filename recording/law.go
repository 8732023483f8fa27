package recording

import (
	"encoding/binary"

	"hotline/call"
)

// law is how samples are stored, in a file and in the window before it.
type law uint8

const (
	lawNone law = iota // no packet has come yet
	lawA               // G.711 A-law, WAV format tag 6
	lawMu              // G.711 µ-law, WAV format tag 7
	lawPCM             // 16-bit linear, little-endian, WAV format tag 1
)

// rate is samples a second: G.711's, and so every recording's.
const rate = 8000

// lawOf is the law of a packet, lawNone for a codec that is not recorded.
func lawOf(c call.Codec) law {
	switch c {
	case call.CodecPCMA:
		return lawA
	case call.CodecPCMU:
		return lawMu
	default:
		return lawNone
	}
}

// width is the bytes of one sample of one channel.
func (l law) width() int {
	if l == lawPCM {
		return 2
	}
	return 1
}

// frame is the bytes of one sample of both channels.
func (l law) frame() int { return 2 * l.width() }

// tag is the WAVE format tag (RFC 2361).
func (l law) tag() uint16 {
	switch l {
	case lawPCM:
		return 1
	case lawMu:
		return 7
	default:
		return 6
	}
}

// name is the format in a recording's facts.
func (l law) name() string {
	switch l {
	case lawPCM:
		return "wav/pcm16"
	case lawMu:
		return "wav/pcmu"
	default:
		return "wav/pcma"
	}
}

// silence fills b with the law's quietest value.
func (l law) silence(b []byte) {
	switch l {
	case lawPCM:
		clear(b)
	case lawMu:
		fill(b, 0xff)
	default:
		fill(b, 0xd5)
	}
}

// fill sets every byte, by copying what is filled already.
func fill(b []byte, v byte) {
	if len(b) == 0 {
		return
	}
	b[0] = v
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// linear decodes one G.711 byte to 16 bits, exactly (ITU-T G.711 tables 1 and 2).
func (l law) linear(b byte) int16 {
	if l == lawMu {
		return muTable[b]
	}
	return aTable[b]
}

// decode writes G.711 bytes as 16-bit samples; dst has twice src's length.
func (l law) decode(dst, src []byte) {
	table := &aTable
	if l == lawMu {
		table = &muTable
	}
	for i, b := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], uint16(table[b]))
	}
}

// The decoding tables; never written after the program has started.
var (
	aTable  = table(decodeA)
	muTable = table(decodeMu)
)

func table(decode func(byte) int16) (t [256]int16) {
	for i := range t {
		t[i] = decode(byte(i))
	}
	return t
}

func decodeA(b byte) int16 {
	b ^= 0x55
	segment := int(b>>4) & 7
	v := int16(b&0x0f)<<4 + 8
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

func decodeMu(b byte) int16 {
	b = ^b
	v := (int16(b&0x0f)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		return -v
	}
	return v
}

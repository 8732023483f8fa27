package harness

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"hotline/call"
	"hotline/test/tone"
)

// Piece is a stretch of what a caller sends: a tone, a key, or sound of the test's own.
type Piece struct {
	For time.Duration // of the caller's tone
	Key byte          // or a key (RFC 4733), when set
	Law []byte        // or this, in A-law, when set; what is no whole packet at its end is left out
}

// Wave sends sound in A-law.
func Wave(law []byte) Piece { return Piece{Law: law} }

// Silence sends silence, in A-law.
func Silence(d time.Duration) Piece {
	return Wave(bytes.Repeat([]byte{0xd5}, int(d*packetSamples/(20*time.Millisecond))))
}

// Tone sends the caller's tone for a while.
func Tone(d time.Duration) Piece { return Piece{For: d} }

// Keys presses keys with a short pause of tone after each.
func Keys(keys string) []Piece {
	var out []Piece
	for i := range len(keys) {
		out = append(out, Piece{Key: keys[i]}, Tone(200*time.Millisecond))
	}
	return out
}

// Sound joins pieces.
func Sound(parts ...any) []Piece {
	var out []Piece
	for _, p := range parts {
		switch p := p.(type) {
		case Piece:
			out = append(out, p)
		case []Piece:
			out = append(out, p...)
		}
	}
	return out
}

// Figures of the stream: 20 ms packets, keys of 160 ms with three end packets.
const (
	packetSamples = 160
	keyPackets    = 8
	endPackets    = 3
	dtmfPT        = 101
)

// capture is an RTP stream as a libpcap file, which SIPp plays.
type capture struct {
	b    []byte
	seq  uint16
	ts   uint32
	at   time.Duration
	ssrc uint32
}

// pcapOf makes the file of a caller's sound.
func pcapOf(pieces []Piece, hz float64, codec call.Codec, pt byte) []byte {
	c := &capture{ssrc: 0x51bb0000, seq: 1}
	le := binary.LittleEndian
	c.b = le.AppendUint32(c.b, 0xa1b2c3d4)
	c.b = le.AppendUint16(c.b, 2)
	c.b = le.AppendUint16(c.b, 4)
	c.b = append(c.b, make([]byte, 8)...)
	c.b = le.AppendUint32(c.b, 65535)
	c.b = le.AppendUint32(c.b, 1) // Ethernet
	sound := tone.Generate(hz, 1, codec)
	for _, p := range pieces {
		if p.Key != 0 {
			c.key(p.Key)
			continue
		}
		for law := p.Law; len(law) >= packetSamples; law = law[packetSamples:] {
			c.packet(pt, false, law[:packetSamples], c.ts)
			c.ts += packetSamples
		}
		for range int(p.For / (20 * time.Millisecond)) {
			from := int(c.ts) % len(sound)
			c.packet(pt, false, append(append([]byte(nil), sound[from:]...), sound...)[:packetSamples], c.ts)
			c.ts += packetSamples
		}
	}
	return c.b
}

func (c *capture) key(key byte) {
	event := byte(strings.IndexByte("0123456789*#ABCD", key))
	start := c.ts
	for i := range keyPackets + endPackets {
		flags, duration := byte(10), uint16(min(i+1, keyPackets)*packetSamples)
		if i >= keyPackets {
			flags |= 0x80
		}
		payload := []byte{event, flags, byte(duration >> 8), byte(duration)}
		c.packet(dtmfPT, i == 0, payload, start)
		c.ts += packetSamples
	}
}

func (c *capture) packet(pt byte, marker bool, payload []byte, ts uint32) {
	be, le := binary.BigEndian, binary.LittleEndian
	rtp := []byte{0x80, pt}
	if marker {
		rtp[1] |= 0x80
	}
	rtp = be.AppendUint16(rtp, c.seq)
	rtp = be.AppendUint32(rtp, ts)
	rtp = be.AppendUint32(rtp, c.ssrc)
	rtp = append(rtp, payload...)
	frame := append(make([]byte, 12), 0x08, 0x00) // Ethernet, IPv4 inside
	frame = append(frame, 0x45, 0)
	frame = be.AppendUint16(frame, uint16(28+len(rtp)))
	frame = append(frame, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)
	frame = be.AppendUint16(frame, 4000)
	frame = be.AppendUint16(frame, 4000)
	frame = be.AppendUint16(frame, uint16(8+len(rtp)))
	frame = append(frame, 0, 0)
	frame = append(frame, rtp...)
	c.b = le.AppendUint32(c.b, uint32(c.at/time.Second))
	c.b = le.AppendUint32(c.b, uint32(c.at%time.Second/time.Microsecond))
	c.b = le.AppendUint32(c.b, uint32(len(frame)))
	c.b = le.AppendUint32(c.b, uint32(len(frame)))
	c.b = append(c.b, frame...)
	c.seq++
	c.at += 20 * time.Millisecond
}

package call

import (
	"net/netip"
	"time"
)

// Codec is an audio codec a leg may speak.
type Codec uint8

// The codecs this engine forwards.
const (
	CodecNone Codec = iota // nothing negotiated yet
	CodecPCMU              // G.711 µ-law, RTP payload type 0 (RFC 3551)
	CodecPCMA              // G.711 A-law, RTP payload type 8 (RFC 3551)
	CodecG722              // G.722 at 64 kbit/s, RTP payload type 9, clock 8000 though it samples at 16000 (RFC 3551 4.5.2)
	CodecOpus              // Opus (RFC 6716), a dynamic payload type, clock 48000 whatever it samples at (RFC 7587)
)

var codecs = []string{"none", "PCMU", "PCMA", "G722", "opus"}

// Clock is the rate of the codec's RTP timestamps, in Hz.
func (c Codec) Clock() uint32 {
	if c == CodecOpus {
		return 48000
	}
	return 8000
}

func (c Codec) String() string { return enumText(codecs, c) }

// MarshalText gives the codec's name as SDP and the site write it.
func (c Codec) MarshalText() ([]byte, error) { return enumMarshal("codec", codecs, c) }

// UnmarshalText reads a codec's name.
func (c *Codec) UnmarshalText(b []byte) (err error) {
	*c, err = enumParse[Codec]("codec", codecs, b)
	return err
}

// Direction is which way sound may flow, seen from this engine (RFC 3264).
type Direction uint8

// The directions of RFC 3264 section 6.1, from our side: what the far end's
// a=sendonly leaves us is RecvOnly.
const (
	SendRecv Direction = iota
	SendOnly           // we may send, the far end will not
	RecvOnly           // the far end sends and does not listen: it holds us
	Inactive
)

var directions = []string{"sendrecv", "sendonly", "recvonly", "inactive"}

func (d Direction) String() string { return enumText(directions, d) }

// MarshalText gives the direction's SDP attribute name.
func (d Direction) MarshalText() ([]byte, error) { return enumMarshal("direction", directions, d) }

// UnmarshalText reads a direction's SDP attribute name.
func (d *Direction) UnmarshalText(b []byte) (err error) {
	*d, err = enumParse[Direction]("direction", directions, b)
	return err
}

// MaySend reports whether we may send sound to the far end.
func (d Direction) MaySend() bool { return d == SendRecv || d == SendOnly }

// MayReceive reports whether the far end may send sound to us.
func (d Direction) MayReceive() bool { return d == SendRecv || d == RecvOnly }

// LocalMedia is our side of a leg's sound, as its SDP tells the far end.
type LocalMedia struct {
	// Addr is the advertised address and even RTP port; RTCP is on the port above.
	Addr netip.AddrPort `json:"addr"`
	// Codecs we take on this leg, in order of preference.
	Codecs []Codec `json:"codecs"`
	// Comfort offers comfort noise beside them (RFC 3389), so that the far end may send none while nobody speaks.
	Comfort bool `json:"comfort,omitempty"`
	// MakesOpus tells that this node encodes Opus. One that does not can be sent
	// it and pass it on, but takes it only beside a codec that it can make.
	MakesOpus bool `json:"makes_opus,omitempty"`
	// SRTP is whether the sound is to be encrypted.
	SRTP Encryption `json:"srtp,omitempty"`
	// Secrets are what encryption needs of us; nil where SRTP is EncryptOff, and
	// where a description is only looked at, not answered.
	Secrets *LocalSecrets `json:"-"`
}

// MediaSpec is what one offer/answer exchange settled for a leg. It is a plain
// fact that the signalling room finds and the sound room obeys.
type MediaSpec struct {
	// Remote is where the far end wants RTP, from its SDP.
	Remote netip.AddrPort `json:"remote"`
	// RemoteRTCP is a=rtcp (RFC 3605), else the port above Remote.
	RemoteRTCP netip.AddrPort `json:"remote_rtcp"`
	// NAT tells that Remote can't be where packets come from (its address is
	// not the one the signalling came from), so that the source is learned.
	NAT bool `json:"nat,omitempty"`
	// Codec and PayloadType are what both sides send.
	Codec       Codec `json:"codec"`
	PayloadType uint8 `json:"payload_type"`
	// PayloadTypeIn is what the far end sends Codec with, where an answer renumbered
	// what we offered (RFC 3264 6.1); 0 means PayloadType.
	PayloadTypeIn uint8 `json:"payload_type_in,omitempty"`
	// Beside is a second codec that either side may send at any time, of another clock
	// than Codec: one of the two is Opus. CodecNone where only one was agreed on.
	Beside     Codec `json:"beside,omitempty"`
	BesideType uint8 `json:"beside_type,omitempty"`
	// BesideTypeIn is to BesideType what PayloadTypeIn is to PayloadType.
	BesideTypeIn uint8 `json:"beside_type_in,omitempty"`
	// DTMF is the payload type of telephone-event (RFC 4733) by the clock of 8000 Hz; 0 when there is none.
	DTMF uint8 `json:"dtmf,omitempty"`
	// DTMFIn is the payload type the far end sends telephone-event with, where an
	// answer renumbered what we offered (RFC 3264 6.1); 0 means it is DTMF.
	DTMFIn uint8 `json:"dtmf_in,omitempty"`
	// Comfort is the payload type of comfort noise (RFC 3389), which either side may send instead of silence; 0 when
	// there is none: with G.722, whose noise nobody describes, or where one side does not know it.
	Comfort uint8 `json:"comfort,omitempty"`
	// WideDTMF and WideDTMFIn are the same by the clock of 48000 Hz, which goes with Opus.
	WideDTMF   uint8 `json:"wide_dtmf,omitempty"`
	WideDTMFIn uint8 `json:"wide_dtmf_in,omitempty"`
	// Direction is ours: SendRecv normally, RecvOnly or Inactive while held.
	Direction Direction `json:"direction"`
	// Ptime is the packet length asked for; zero means 20 ms.
	Ptime time.Duration `json:"ptime,omitempty"`
	// Mux tells that RTCP goes the same way as RTP (RFC 5761).
	Mux bool `json:"mux,omitempty"`
	// Protection is how both ways are encrypted; nil is plain RTP.
	Protection *Protection `json:"protection,omitempty"`
	// Version counts the negotiations of this leg from 1, so that a source latch is re-armed once for each.
	Version uint32 `json:"version"`
}

package media

import (
	"time"

	"hotline/call"
	"hotline/media/libopus"
)

// stream is a leg as its thread sees it. Only that thread touches it, but for published.
type stream struct {
	id     call.LegID
	sink   Sink
	ports  pair
	slot   int32 // in thread.slots, and what the epoll set tells
	lifted bool  // on its way to another call's thread
	spoke  spoke
	phase  int64 // of the 20 ms, in ticks, so that streams opened together are spread

	spec    call.MediaSpec
	latch   latch
	in      inbound
	out     outbound
	play    player
	music   bookmark // where it was cut
	keys    digits
	tones   *toneEar    // nil for a leg that has not needed it
	keysBy  call.KeysBy // how its far end tells of keys
	tap     *Ring
	ears    []*Ring   // of those who listen along
	peer    *stream   // bridged with
	copies  []*stream // that send on what its far end says
	copying *copying  // what it sends of others; nil: nothing
	live    bool      // read as packets come, not in bulk
	rtcp    reports

	place *place // nil for a leg that is not mixed

	band  *bands         // nil for a leg that has not needed G.722
	opus  *opusEar       // nil for a leg whose Opus has not been decoded
	coder *libopus.Coder // nil for a leg for which no Opus has been made

	secure *secure // nil for plain RTP
	vault  *vault  // nil for a leg that is never to be encrypted

	heard     bool  // it has sent before
	lastIn    int64 // when, or when it became bridged or was taken off hold
	silent    bool  // and the silence since has been told
	hushed    bool  // it has sent comfort noise and no sound since: it is silent without a packet (DTX)
	rhythm    int64 // how long the newest packet of sound lasts, in ns
	nextDrain int64
	nextHouse int64

	stats     Stats
	lostTold  uint64 // of in.lost, counted for the thread
	published published
}

// event tells the leg's owner.
func (s *stream) event(e call.SoundEvent) { s.sink.SoundEvent(s.id, e) }

// ptime is the length of the packets we make.
func (s *stream) ptime() time.Duration {
	if p := s.spec.Ptime.Truncate(tick); p >= ptimeLeast && p <= ptimeMost {
		return p
	}
	return frameTime
}

const (
	ptimeLeast = 10 * time.Millisecond
	ptimeMost  = 60 * time.Millisecond
)

// maySend tells whether sound may go to the far end: its address is known and its SDP wants it.
func (s *stream) maySend() bool {
	return s.spec.Codec != call.CodecNone && s.spec.Direction.MaySend() && s.latch.target().valid()
}

// copied tells whether what the far end sends goes into a ring.
func (s *stream) copied() bool { return s.tap != nil || len(s.ears) > 0 }

// copyOut puts a packet into the rings.
func (s *stream) copyOut(f *Frame) {
	if s.tap != nil {
		s.tap.write(f)
	}
	for _, ring := range s.ears {
		ring.write(f)
	}
}

// converses tells whether both sides of the bridge are to speak and to listen: neither is on hold.
func (s *stream) converses() bool {
	return s.peer != nil && s.spec.Direction == call.SendRecv && s.peer.spec.Direction == call.SendRecv
}

// forwards tells whether sound of a bridged peer may go out here just now.
func (s *stream) forwards() bool { return !s.play.running() && s.maySend() }

// takes gives the payload type by which a codec is sent to the far end as it is.
func (s *stream) takes(codec call.Codec) (pt uint8, ok bool) {
	switch codec {
	case s.spec.Codec:
		return s.spec.PayloadType, true
	case s.spec.Beside:
		return s.spec.BesideType, true
	default:
		return 0, false
	}
}

// made is the codec, and its payload type, of the sound that is made here for the far end: prompts, mixtures, what had to be
// converted. CodecNone: nothing is negotiated yet, or nothing but Opus and this build makes none.
func (s *stream) made() (codec call.Codec, pt uint8) {
	if s.spec.Codec == call.CodecOpus && (s.spec.Beside != call.CodecNone || !MakesOpus) {
		return s.spec.Beside, s.spec.BesideType
	}
	return s.spec.Codec, s.spec.PayloadType
}

// kind is what a payload type carries on a leg.
type kind uint8

const (
	kindUnknown kind = iota
	kindSound
	kindDigit
	kindComfort
)

// Static payload types, RFC 3551 table 4. They mean what they mean even when a
// far end sends one without having negotiated it.
const (
	ptPCMU = 0
	ptPCMA = 8
	ptG722 = 9
	// ptComfort is comfort noise (RFC 3389). Also from who did not agree on it: it is never sound.
	ptComfort = 13
)

// classify reads a payload type by what was negotiated. A far end that renumbers may send by its own numbers all the same.
func (s *stream) classify(pt uint8) (kind, call.Codec) {
	m := &s.spec
	switch {
	case pt == m.PayloadType && m.Codec != call.CodecNone:
		return kindSound, m.Codec
	case m.Beside != call.CodecNone && (pt == m.BesideType || pt == m.BesideTypeIn && pt != 0):
		return kindSound, m.Beside
	case pt != 0 && pt == m.PayloadTypeIn:
		return kindSound, m.Codec
	case pt != 0 && (pt == m.DTMF || pt == m.DTMFIn || pt == m.WideDTMF || pt == m.WideDTMFIn): // 0 is PCMU, and here means none
		return kindDigit, call.CodecNone
	case pt == ptComfort || pt != 0 && pt == s.spec.Comfort:
		return kindComfort, call.CodecNone
	case pt == ptPCMU:
		return kindSound, call.CodecPCMU
	case pt == ptPCMA:
		return kindSound, call.CodecPCMA
	default:
		return kindUnknown, call.CodecNone
	}
}

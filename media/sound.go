package media

import (
	"sync"
	"time"

	"hotline/call"
)

// SampleRate is the only one of G.711 and of every sound here, in samples a second.
const SampleRate = 8000

const (
	frameTime  = 20 * time.Millisecond
	frameBytes = SampleRate / 50 // of G.711 in frameTime
)

// Sound is a prompt or music, encoded once in each codec and shared, read only,
// by all who listen to it.
type Sound struct {
	mulaw, alaw []byte // of equal length, whole frames of 20 ms
	g722        []byte // the same, once made
	making      sync.Once
}

// Wideband encodes the sound for legs that speak G.722 as well, which takes a
// few milliseconds for each second of it, once. A leg that is the first to need it has its thread do so.
func (s *Sound) Wideband() { s.making.Do(func() { s.g722 = encodeG722(s.mulaw) }) }

// Duration is how long the sound plays, in whole frames of 20 ms.
func (s *Sound) Duration() time.Duration {
	return time.Duration(len(s.mulaw)/frameBytes) * frameTime
}

// in gives the sound's bytes in a codec.
func (s *Sound) in(codec call.Codec) []byte {
	switch codec {
	case call.CodecPCMA:
		return s.alaw
	case call.CodecG722:
		s.Wideband()
		return s.g722
	default:
		return s.mulaw
	}
}

// hushOf is a byte of silence.
func hushOf(codec call.Codec) byte {
	switch codec {
	case call.CodecPCMA:
		return aHush
	case call.CodecG722:
		return g722Hush
	default:
		return muHush
	}
}

// newSound encodes samples of one law or of linear sound in both laws and fills
// the last frame with silence.
func newSound(mulaw, alaw []byte) *Sound {
	for len(mulaw)%frameBytes != 0 {
		mulaw, alaw = append(mulaw, muHush), append(alaw, aHush)
	}
	return &Sound{mulaw: mulaw, alaw: alaw}
}

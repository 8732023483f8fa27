package media

import (
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
}

// Duration is how long the sound plays, in whole frames of 20 ms.
func (s *Sound) Duration() time.Duration {
	return time.Duration(len(s.mulaw)/frameBytes) * frameTime
}

// in gives the sound's bytes in a codec.
func (s *Sound) in(codec call.Codec) []byte {
	if codec == call.CodecPCMA {
		return s.alaw
	}
	return s.mulaw
}

// newSound encodes samples of one law or of linear sound in both laws and fills
// the last frame with silence.
func newSound(mulaw, alaw []byte) *Sound {
	for len(mulaw)%frameBytes != 0 {
		mulaw, alaw = append(mulaw, muHush), append(alaw, aHush)
	}
	return &Sound{mulaw: mulaw, alaw: alaw}
}

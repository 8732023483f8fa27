package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"

	"hotline/call"
	"hotline/media/soundfile"
)

// Bounds of a sound taken, so that a wrong file can't fill the memory.
const (
	soundMost = 30 * time.Minute
	// MaxSoundFile is how many bytes a sound file may have.
	MaxSoundFile = 64 << 20
)

// Levels that ReadSound sets, in dB relative to full scale.
const (
	AsItIs      = 0.0 // keeps the file's own
	SpeechLevel = soundfile.SpeechLevel
	MusicLevel  = soundfile.MusicLevel
)

// Format tags of a WAV file's fmt chunk.
const (
	wavALaw  = 6
	wavMuLaw = 7
)

// ReadSound reads a sound file of any kind that soundfile knows, of at most 30 minutes and 64 MiB, and brings it to
// a level, pauses left out, where it is not near it. G.711 of 8000 Hz that is near it is kept byte for byte. What can't
// be read is a call.CodeInvalid whose words say what would be right.
func ReadSound(r io.Reader, level float64) (*Sound, error) {
	file, err := io.ReadAll(io.LimitReader(r, MaxSoundFile+1))
	if err != nil {
		return nil, call.Errorf(call.CodeUnavailable, "sound can't be read: reading it failed: %w", err)
	}
	if len(file) > MaxSoundFile {
		return nil, call.Errorf(call.CodeInvalid, "sound can't be read: it has more than %d MiB", MaxSoundFile>>20)
	}
	clip, err := soundfile.Read(bytes.NewReader(file), soundMost)
	if err != nil {
		return nil, err
	}
	gain := 0.0
	if level != AsItIs {
		gain = clip.Gain(level)
	}
	if own := ownLaw(file); own != nil && gain == 0 {
		return own, nil
	}
	clip.Amplify(gain)
	return NewSound(clip.PCM()), nil
}

// ownLaw takes a file's bytes as they are, if they are G.711 as phones have it.
func ownLaw(file []byte) *Sound {
	f, data, err := soundfile.ReadWAV(bytes.NewReader(file))
	if err != nil || f.Channels != 1 || f.Rate != SampleRate || f.Bits != 8 || f.Tag != wavALaw && f.Tag != wavMuLaw {
		return nil
	}
	b, err := io.ReadAll(data)
	if err != nil {
		return nil // can't be: it is in memory
	}
	b, other := framed(b), framed(b)
	if f.Tag == wavALaw {
		aToMu().convert(other)
		return newSound(other, b)
	}
	muToA().convert(other)
	return newSound(b, other)
}

// framed copies what is kept for long, with room for its last frame and no more.
func framed(b []byte) []byte {
	return append(make([]byte, 0, (len(b)+frameBytes-1)/frameBytes*frameBytes), b...)
}

// NewSound encodes samples of SampleRate.
func NewSound(pcm []int16) *Sound {
	room := (len(pcm) + frameBytes - 1) / frameBytes * frameBytes
	mulaw, alaw := make([]byte, 0, room), make([]byte, 0, room)
	for _, sample := range pcm {
		mulaw, alaw = append(mulaw, CompressMuLaw(sample)), append(alaw, CompressALaw(sample))
	}
	return newSound(mulaw, alaw)
}

// WAV is the sound as a file: A-law, mono, 8000 Hz.
func (s *Sound) WAV() []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x12\x00\x00\x00")
	binary.LittleEndian.PutUint32(b[4:], uint32(50+len(s.alaw)))
	for _, v := range []any{uint16(wavALaw), uint16(1), uint32(SampleRate), uint32(SampleRate), uint16(1), uint16(8), uint16(0)} {
		b, _ = binary.Append(b, binary.LittleEndian, v) // of fixed sizes: can't fail
	}
	b = append(b, "fact\x04\x00\x00\x00"...) // RFC 2361: needed where it is not PCM
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s.alaw)))
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s.alaw)))
	return append(b, s.alaw...)
}

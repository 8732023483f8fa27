package soundfile

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"hotline/call"
)

// Bounds of what is read.
const (
	// MinRate is how many samples a second a file has at least.
	MinRate = 4000
	// MaxRate is how many it has at most.
	MaxRate = 192_000
	// peekBytes are enough to tell the formats apart.
	peekBytes = 64
)

// Source is an open sound file: linear samples from −1 to 1, of one or two channels side by side.
type Source interface {
	// Rate is in samples a second, Channels 1 or 2.
	Rate() int
	Channels() int
	// Read fills whole frames of all channels and tells how many values it wrote; io.EOF at the end.
	Read(p []float32) (int, error)
}

// Accepted is said where a file is none of these.
const Accepted = "WAV (PCM 8, 16, 24 or 32 bit, float, A-law, µ-law), MP3 and Ogg Vorbis are read, of 4000 to 192000 Hz, mono or stereo"

// bad makes the error of a file that can't be read; format says what is wrong and what would be right.
func bad(format string, args ...any) error {
	return call.Errorf(call.CodeInvalid, "sound can't be read: "+format, args...)
}

// Open looks at a file's first bytes and begins to read it. What can't be read is call.CodeInvalid, with
// words that say what would be right.
func Open(r io.Reader) (Source, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(peekBytes)
	if len(head) < 12 {
		return nil, bad("it has only %d bytes (%w); %s", len(head), err, Accepted)
	}
	s, err := begin(b, head)
	if err != nil {
		return nil, err
	}
	if s.Rate() < MinRate || s.Rate() > MaxRate {
		return nil, bad("it has %d samples a second; %d to %d are right", s.Rate(), MinRate, MaxRate)
	}
	if s.Channels() != 1 && s.Channels() != 2 {
		return nil, bad("it has %d channels; 1 or 2 are right: sox in.wav -c 1 out.wav", s.Channels())
	}
	return s, nil
}

func begin(b *bufio.Reader, head []byte) (Source, error) {
	switch {
	case bytes.HasPrefix(head, []byte("RIFF")) && string(head[8:12]) == "WAVE":
		return openWAV(b)
	case bytes.HasPrefix(head, []byte("ID3")), head[0] == 0xff && head[1]&0xe0 == 0xe0:
		return openMP3(b)
	case bytes.HasPrefix(head, []byte("OggS")):
		return openOgg(b, head)
	default:
		return nil, bad("it is no sound file that is known here; %s", Accepted)
	}
}

// guarded runs a decoder that others wrote: where it panics on a broken file, the file is at fault.
func guarded(kind string, decode func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = bad("the %s decoder stumbles over it (%s); encode it anew", kind, fmt.Sprint(p))
		}
	}()
	return decode()
}

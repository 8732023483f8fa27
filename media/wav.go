package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"hotline/call"
)

// The longest sound taken, so that a wrong file can't fill the memory.
const soundMost = 30 * time.Minute

// Format tags of a WAV file's fmt chunk.
const (
	wavPCM        = 1
	wavALaw       = 6
	wavMuLaw      = 7
	wavExtensible = 0xfffe // the tag is the first two bytes of the sub-format
)

// wavFormat is what the fmt chunk says.
type wavFormat struct {
	tag, channels uint16
	rate          uint32
	bits          uint16
}

// ReadSound reads a WAV file: mono, 8000 Hz, PCM 16 bit, A-law or µ-law, at most
// 30 minutes. Its bytes in the law it came in are kept as they are. Anything
// else is a call.CodeInvalid whose words say what would be right.
func ReadSound(r io.Reader) (*Sound, error) {
	head := make([]byte, 12)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, badWAV("it ends within its header (%w); a WAV file is needed", err)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, badWAV("it is no WAV file; one with a RIFF/WAVE header is needed")
	}
	var format *wavFormat
	for {
		id, size, err := nextChunk(r)
		if err != nil {
			return nil, badWAV("it has no data chunk (%w)", err)
		}
		switch id {
		case "fmt ":
			if format, err = readFormat(r, size); err != nil {
				return nil, err
			}
		case "data":
			if format == nil {
				return nil, badWAV("its data comes before its format")
			}
			return readData(r, size, format)
		default:
			if _, err := io.CopyN(io.Discard, r, int64(size)+int64(size&1)); err != nil {
				return nil, badWAV("it ends within the chunk %q (%w)", id, err)
			}
		}
	}
}

func badWAV(format string, args ...any) error {
	return call.Errorf(call.CodeInvalid, "sound can't be read: "+format, args...)
}

func nextChunk(r io.Reader) (id string, size uint32, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, err
	}
	return string(head[:4]), binary.LittleEndian.Uint32(head[4:]), nil
}

// readFormat reads and checks a fmt chunk.
func readFormat(r io.Reader, size uint32) (*wavFormat, error) {
	if size < 16 || size > 1<<10 {
		return nil, badWAV("its format chunk has %d bytes; 16, 18 or 40 are right", size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, badWAV("it ends within its format (%w)", err)
	}
	f := &wavFormat{
		tag:      binary.LittleEndian.Uint16(b),
		channels: binary.LittleEndian.Uint16(b[2:]),
		rate:     binary.LittleEndian.Uint32(b[4:]),
		bits:     binary.LittleEndian.Uint16(b[14:]),
	}
	if f.tag == wavExtensible && size >= 26 {
		f.tag = binary.LittleEndian.Uint16(b[24:])
	}
	return f, f.check()
}

func (f *wavFormat) check() error {
	var wrong []error
	if f.channels != 1 {
		wrong = append(wrong, fmt.Errorf("%d channels, not 1", f.channels))
	}
	if f.rate != SampleRate {
		wrong = append(wrong, fmt.Errorf("%d Hz, not %d", f.rate, SampleRate))
	}
	want := uint16(8)
	switch f.tag {
	case wavPCM:
		want = 16
	case wavALaw, wavMuLaw:
	default:
		wrong = append(wrong, fmt.Errorf("encoding %#x, not PCM, A-law or µ-law", f.tag))
		want = f.bits
	}
	if f.bits != want {
		wrong = append(wrong, fmt.Errorf("%d bits a sample, not %d", f.bits, want))
	}
	if len(wrong) == 0 {
		return nil
	}
	return badWAV("it has %w; right is: sox in.wav -r 8000 -c 1 -b 16 out.wav", errors.Join(wrong...))
}

// readData reads a data chunk. A writer that streamed has put 0 or the largest
// number for its size: then the sound goes on to the end of the file.
func readData(r io.Reader, size uint32, f *wavFormat) (*Sound, error) {
	most := int64(soundMost/time.Second) * SampleRate * int64(f.bits/8)
	limit := most + 1
	if size != 0 && size != 1<<32-1 {
		limit = min(limit, int64(size))
	}
	b, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nil, badWAV("reading it failed: %w", err)
	}
	switch {
	case int64(len(b)) > most:
		return nil, badWAV("it is longer than %v", soundMost)
	case len(b) < int(f.bits/8):
		return nil, badWAV("it is empty")
	default:
		return encode(f.tag, b), nil
	}
}

// framed copies what is kept for long, with room for its last frame and no more.
func framed(b []byte) []byte {
	return append(make([]byte, 0, (len(b)+frameBytes-1)/frameBytes*frameBytes), b...)
}

// encode makes both laws of what the file holds.
func encode(tag uint16, b []byte) *Sound {
	switch tag {
	case wavALaw:
		other := framed(b)
		aToMu().convert(other)
		return newSound(other, framed(b))
	case wavMuLaw:
		other := framed(b)
		muToA().convert(other)
		return newSound(framed(b), other)
	default:
		mulaw, alaw := make([]byte, 0, len(b)/2+frameBytes), make([]byte, 0, len(b)/2+frameBytes)
		for ; len(b) >= 2; b = b[2:] {
			sample := int16(binary.LittleEndian.Uint16(b))
			mulaw, alaw = append(mulaw, CompressMuLaw(sample)), append(alaw, CompressALaw(sample))
		}
		return newSound(mulaw, alaw)
	}
}

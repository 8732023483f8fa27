package soundfile

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// Format tags of a WAV file's fmt chunk (RFC 2361).
const (
	tagPCM        = 1
	tagFloat      = 3
	tagALaw       = 6
	tagMuLaw      = 7
	tagExtensible = 0xfffe // the tag is the first two bytes of the sub-format
)

// Format is what the fmt chunk says.
type Format struct {
	Tag, Channels uint16
	Rate          uint32
	Bits          uint16 // of a sample
}

// wavSource reads the data chunk.
type wavSource struct {
	Format
	data   io.Reader
	sample func([]byte) float32
	raw    []byte
}

func openWAV(r io.Reader) (Source, error) {
	f, data, err := ReadWAV(r)
	if err != nil {
		return nil, err
	}
	s := &wavSource{Format: f, data: data}
	if s.sample = f.decoder(); s.sample == nil {
		return nil, bad("it is a WAV of encoding %#x with %d bits a sample; PCM of 8, 16, 24 or 32 bits, float of 32 or 64, A-law or µ-law of 8 are right: sox in.wav -b 16 out.wav", f.Tag, f.Bits)
	}
	return s, nil
}

// ReadWAV reads a WAV file up to its samples. What follows the samples is not looked at. A writer that streamed
// has put 0 or the largest number for their size: then they go on to the end of the file.
func ReadWAV(r io.Reader) (Format, io.Reader, error) {
	head := make([]byte, 12)
	if _, err := io.ReadFull(r, head); err != nil {
		return Format{}, nil, bad("it ends within its header (%w)", err)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return Format{}, nil, bad("it is no WAV file; one with a RIFF/WAVE header is needed")
	}
	var format *Format
	for {
		id, size, err := nextChunk(r)
		if err != nil {
			return Format{}, nil, bad("it has no data chunk (%w)", err)
		}
		switch {
		case id == "fmt ":
			if format, err = readFormat(r, size); err != nil {
				return Format{}, nil, err
			}
		case id == "data" && format == nil:
			return Format{}, nil, bad("its data comes before its format")
		case id == "data":
			if size == 0 || size == math.MaxUint32 {
				return *format, r, nil
			}
			return *format, io.LimitReader(r, int64(size)), nil
		default:
			if _, err := io.CopyN(io.Discard, r, int64(size)+int64(size&1)); err != nil {
				return Format{}, nil, bad("it ends within the chunk %q (%w)", id, err)
			}
		}
	}
}

func nextChunk(r io.Reader) (id string, size uint32, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, err
	}
	return string(head[:4]), binary.LittleEndian.Uint32(head[4:]), nil
}

// readFormat reads a fmt chunk.
func readFormat(r io.Reader, size uint32) (*Format, error) {
	if size < 16 || size > 1<<10 {
		return nil, bad("its format chunk has %d bytes; 16, 18 or 40 are right", size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, bad("it ends within its format (%w)", err)
	}
	f := &Format{
		Tag:      binary.LittleEndian.Uint16(b),
		Channels: binary.LittleEndian.Uint16(b[2:]),
		Rate:     binary.LittleEndian.Uint32(b[4:]),
		Bits:     binary.LittleEndian.Uint16(b[14:]),
	}
	if f.Tag == tagExtensible && size >= 26 {
		f.Tag = binary.LittleEndian.Uint16(b[24:])
	}
	return f, nil
}

// decoder gives what makes a number of one sample; nil: none here does.
func (f Format) decoder() func([]byte) float32 {
	switch [2]uint16{f.Tag, f.Bits} {
	case [2]uint16{tagPCM, 8}: // the one unsigned width
		return func(b []byte) float32 { return (float32(b[0]) - 128) / 128 }
	case [2]uint16{tagPCM, 16}:
		return func(b []byte) float32 { return float32(int16(binary.LittleEndian.Uint16(b))) / (1 << 15) }
	case [2]uint16{tagPCM, 24}:
		return func(b []byte) float32 {
			return float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
		}
	case [2]uint16{tagPCM, 32}:
		return func(b []byte) float32 { return float32(int32(binary.LittleEndian.Uint32(b))) / (1 << 31) }
	case [2]uint16{tagFloat, 32}:
		return func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
	case [2]uint16{tagFloat, 64}:
		return func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }
	case [2]uint16{tagALaw, 8}:
		return func(b []byte) float32 { return expandALaw(b[0]) }
	case [2]uint16{tagMuLaw, 8}:
		return func(b []byte) float32 { return expandMuLaw(b[0]) }
	}
	return nil
}

func (s *wavSource) Rate() int     { return int(s.Format.Rate) }
func (s *wavSource) Channels() int { return int(s.Format.Channels) }

func (s *wavSource) Read(p []float32) (n int, err error) {
	width, frame := int(s.Bits/8), int(s.Format.Channels)
	want := len(p) / frame * frame * width
	if len(s.raw) < want {
		s.raw = make([]byte, want)
	}
	got, err := io.ReadFull(s.data, s.raw[:want])
	for n = 0; n < got/(width*frame)*frame; n++ {
		p[n] = s.sample(s.raw[n*width:])
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF // players take what there is of a file cut short
	}
	return n, err
}

// expandALaw is one sample of ITU-T G.711 A-law, from −1 to 1.
func expandALaw(b byte) float32 {
	b ^= 0x55
	exponent, mantissa := int32(b>>4&7), int32(b&15)
	v := mantissa<<4 + 8
	if exponent > 0 {
		v = (v + 0x100) << (exponent - 1)
	}
	if b&0x80 == 0 {
		v = -v
	}
	return float32(v) / (1 << 15)
}

// expandMuLaw is one sample of ITU-T G.711 µ-law, from −1 to 1.
func expandMuLaw(b byte) float32 {
	b = ^b
	v := (int32(b&15)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		v = -v
	}
	return float32(v) / (1 << 15)
}

package tone

import (
	"encoding/binary"
	"errors"
	"fmt"

	"hotline/call"
)

// WAV formats that are read; G.711 in WAV is what SIPp plays and some record.
const (
	formatPCM   = 1
	formatALaw  = 6
	formatMuLaw = 7
)

// Sound is what a WAV file holds.
type Sound struct {
	Rate     int
	Channels [][]int16
}

// WAV makes a 16-bit PCM file; the channels must be equally long.
func WAV(rate int, channels ...[]int16) []byte {
	n, width := 0, 2*len(channels)
	if len(channels) > 0 {
		n = len(channels[0])
	}
	out := header(formatPCM, rate, len(channels), 16, n*width)
	for i := range n {
		for _, c := range channels {
			out = binary.LittleEndian.AppendUint16(out, uint16(c[i]))
		}
	}
	return out
}

// WAVG711 makes a one-channel file around a G.711 payload.
func WAVG711(payload []byte, codec call.Codec) []byte {
	format := formatMuLaw
	if codec == call.CodecPCMA {
		format = formatALaw
	}
	return append(header(format, Rate, 1, 8, len(payload)), payload...)
}

func header(format, rate, channels, bits, size int) []byte {
	le := binary.LittleEndian
	out := append([]byte("RIFF"), le.AppendUint32(nil, uint32(36+size))...)
	out = append(out, "WAVEfmt "...)
	out = le.AppendUint32(out, 16)
	out = le.AppendUint16(out, uint16(format))
	out = le.AppendUint16(out, uint16(channels))
	out = le.AppendUint32(out, uint32(rate))
	out = le.AppendUint32(out, uint32(rate*channels*bits/8))
	out = le.AppendUint16(out, uint16(channels*bits/8))
	out = le.AppendUint16(out, uint16(bits))
	out = append(out, "data"...)
	return le.AppendUint32(out, uint32(size))
}

// errWAV is what all mistakes in a file wrap.
var errWAV = errors.New("not a WAV file that can be read")

// ReadWAV reads PCM of 16 bits, A-law and µ-law. A data chunk that claims more
// than there is, as a crash leaves it, is read as far as it goes.
func ReadWAV(file []byte) (Sound, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return Sound{}, fmt.Errorf("%w: no RIFF header", errWAV)
	}
	var format []byte
	for rest := file[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:min(len(rest), 8+size)]
		switch name {
		case "fmt ":
			format = body
		case "data":
			return samples(format, body)
		}
		rest = rest[min(len(rest), 8+size+size%2):]
	}
	return Sound{}, fmt.Errorf("%w: no data chunk", errWAV)
}

// samples takes the data chunk apart by the format chunk.
func samples(format, data []byte) (Sound, error) {
	if len(format) < 16 {
		return Sound{}, fmt.Errorf("%w: no format chunk before the data", errWAV)
	}
	le := binary.LittleEndian
	kind, channels, bits := le.Uint16(format), int(le.Uint16(format[2:])), le.Uint16(format[14:])
	var all []int16
	switch {
	case kind == formatPCM && bits == 16:
		for ; len(data) >= 2; data = data[2:] {
			all = append(all, int16(le.Uint16(data)))
		}
	case kind == formatALaw && bits == 8:
		all = Decode(data, call.CodecPCMA)
	case kind == formatMuLaw && bits == 8:
		all = Decode(data, call.CodecPCMU)
	default:
		return Sound{}, fmt.Errorf("%w: format %d with %d bits", errWAV, kind, bits)
	}
	if channels == 0 || channels > 8 {
		return Sound{}, fmt.Errorf("%w: %d channels", errWAV, channels)
	}
	out := Sound{Rate: int(le.Uint32(format[4:])), Channels: make([][]int16, channels)}
	for i, s := range all[:len(all)/channels*channels] {
		out.Channels[i%channels] = append(out.Channels[i%channels], s)
	}
	return out, nil
}

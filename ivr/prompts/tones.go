package prompts

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"maps"
	"math"
	"slices"
	"time"
)

// The tones of an exchange, as names of prompts. A site's own file of the name takes a tone's place.
const (
	Ringback    = "ringback"     // the far end rings
	Busy        = "busy"         // it is engaged
	Congestion  = "congestion"   // there is no way to it
	CallWaiting = "call_waiting" // somebody else calls
)

// DefaultCountry is whose tones are heard where a site names none.
const DefaultCountry = "cn"

// burst is a stretch of a tone: frequencies in Hz, sounding at once, none for silence.
type burst struct {
	length time.Duration
	hz     []float64
}

// on and off are bursts, in milliseconds.
func on(ms int, hz ...float64) burst { return burst{time.Duration(ms) * time.Millisecond, hz} }
func off(ms int) burst               { return on(ms) }

// exchanges are the tones by country (ISO 3166), from "Various tones used in national networks"
// (ITU-T E.180 supplement 2). Japan's ring-back is 400 Hz modulated by 16 Hz, which is 384 and 416 Hz at once.
var exchanges = map[string]map[string][]burst{
	"cn": {
		Ringback: {on(1000, 450), off(4000)}, Busy: {on(350, 450), off(350)},
		Congestion: {on(700, 450), off(700)}, CallWaiting: {on(400, 450), off(4000)},
	},
	"us": {
		Ringback: {on(2000, 440, 480), off(4000)}, Busy: {on(500, 480, 620), off(500)},
		Congestion: {on(250, 480, 620), off(250)}, CallWaiting: {on(300, 440), off(10000)},
	},
	"gb": {
		Ringback: {on(400, 400, 450), off(200), on(400, 400, 450), off(2000)}, Busy: {on(375, 400), off(375)},
		Congestion: {on(400, 400), off(350), on(225, 400), off(525)}, CallWaiting: {on(100, 400), off(4000)},
	},
	"de": {
		Ringback: {on(1000, 425), off(4000)}, Busy: {on(480, 425), off(480)},
		Congestion: {on(240, 425), off(240)}, CallWaiting: {on(200, 425), off(200), on(200, 425), off(5000)},
	},
	"fr": {
		Ringback: {on(1500, 440), off(3500)}, Busy: {on(500, 440), off(500)},
		Congestion: {on(250, 440), off(250)}, CallWaiting: {on(300, 440), off(10000)},
	},
	"jp": {
		Ringback: {on(1000, 384, 416), off(2000)}, Busy: {on(500, 400), off(500)},
		Congestion: {on(500, 400), off(500)}, CallWaiting: {on(500, 384, 416), off(8000)},
	},
	"hk": {
		Ringback: {on(400, 440, 480), off(200), on(400, 440, 480), off(3000)}, Busy: {on(500, 480, 620), off(500)},
		Congestion: {on(250, 480, 620), off(250)}, CallWaiting: {on(300, 440), off(10000)},
	},
}

// Countries lists whose tones are known, sorted.
func Countries() []string { return slices.Sorted(maps.Keys(exchanges)) }

// tones are the names of all tones.
func tones() []string { return slices.Collect(maps.Keys(exchanges[DefaultCountry])) }

const (
	toneRate  = 8000                  // samples a second
	toneFrame = 20 * time.Millisecond // a sound is looped in whole ones
	toneFade  = toneRate / 200        // 5 ms, so that a burst does not click
	// tonePeak is the amplitude of −10 dBm0 (E.180 section 5): a full-scale sine has +3.14 (ITU-T G.711).
	tonePeak = 32767 * 0.2203
)

// render makes rounds of a tone, as many as give whole frames, as a WAV file of 16 bit linear.
func render(bursts []burst) []byte {
	var sound []byte
	round := time.Duration(0)
	for _, b := range bursts {
		round += b.length
	}
	for length := time.Duration(0); length == 0 || length%toneFrame != 0; length += round {
		for _, b := range bursts {
			sound = b.render(sound)
		}
	}
	return wav(sound)
}

// render adds a burst. Several frequencies share the power.
func (b burst) render(sound []byte) []byte {
	n := int(b.length * toneRate / time.Second)
	for i := range n {
		v := 0.0
		for _, hz := range b.hz {
			v += math.Sin(2 * math.Pi * hz * float64(i) / toneRate)
		}
		if len(b.hz) > 0 {
			v *= tonePeak / math.Sqrt(float64(len(b.hz))) * min(1, float64(min(i, n-1-i))/toneFade)
		}
		sound = binary.LittleEndian.AppendUint16(sound, uint16(int16(math.Round(v))))
	}
	return sound
}

// wav puts the header of 8 kHz mono PCM before samples.
func wav(sound []byte) []byte {
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], uint32(36+len(sound)))
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, toneRate)
	b = binary.LittleEndian.AppendUint32(b, toneRate*2)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(sound)))
	return append(b, sound...)
}

// toneFile is a tone as a file.
type toneFile struct {
	*bytes.Reader
	name string
}

func (f toneFile) Close() error               { return nil }
func (f toneFile) Stat() (fs.FileInfo, error) { return toneInfo(f), nil }

type toneInfo toneFile

func (i toneInfo) Name() string       { return i.name }
func (i toneInfo) Mode() fs.FileMode  { return 0o444 }
func (i toneInfo) ModTime() time.Time { return time.Time{} }
func (i toneInfo) IsDir() bool        { return false }
func (i toneInfo) Sys() any           { return nil }

package speech

import (
	"encoding/binary"
	"fmt"

	"hotline/media"
	"hotline/test/tone"
)

const (
	block     = tone.Rate / 50 // 20 ms, in which the ear decides whether somebody speaks
	loud      = 300            // loudness of speech; G.711's idle noise is far below
	toStart   = 3              // loud blocks in a row that begin speech
	toEnd     = 15             // quiet ones that end it
	toPartial = 25             // blocks between partial results
)

// ear finds speech in sound, and the tone in it.
type ear struct {
	decode  func([]byte) []int16
	rest    []int16 // less than a block
	at      int64   // samples heard
	spoken  []int16
	loudRow int
	quiet   int
	blocks  int // of speech
	started bool
	ended   bool
}

// decoder makes samples of an encoding's bytes; nil: it is unknown.
func decoder(encoding string) func([]byte) []int16 {
	each := func(expand func(byte) int16) func([]byte) []int16 {
		return func(b []byte) []int16 {
			out := make([]int16, len(b))
			for i, x := range b {
				out[i] = expand(x)
			}
			return out
		}
	}
	switch encoding {
	case "pcma":
		return each(media.ExpandALaw)
	case "pcmu":
		return each(media.ExpandMuLaw)
	case "pcm_s16le":
		return func(b []byte) []int16 {
			out := make([]int16, len(b)/2)
			for i := range out {
				out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
			}
			return out
		}
	}
	return nil
}

// hear takes sound and gives the events it brings about.
func (e *ear) hear(b []byte) (samples int, events []string) {
	all := e.decode(b)
	e.rest = append(e.rest, all...)
	for len(e.rest) >= block {
		if event := e.block(e.rest[:block]); event != "" {
			events = append(events, event)
		}
		e.rest = e.rest[block:]
	}
	return len(all), events
}

// block takes 20 ms.
func (e *ear) block(samples []int16) string {
	e.at += block
	if e.ended {
		return ""
	}
	isLoud := tone.Loudness(samples) > loud
	if isLoud {
		e.loudRow, e.quiet = e.loudRow+1, 0
		e.spoken = append(e.spoken, samples...)
	} else {
		e.loudRow, e.quiet = 0, e.quiet+1
	}
	switch {
	case !e.started && e.loudRow == toStart:
		e.started = true
		return "speech_started"
	case !e.started && !isLoud:
		e.spoken = e.spoken[:0] // a click
	case e.started && e.quiet == toEnd:
		e.ended = true
		return "speech_ended"
	case e.started:
		if e.blocks++; e.blocks%toPartial == 0 {
			return "partial"
		}
	}
	return ""
}

// tone is what was said, in Hz, and how much of it that was, 0 to 1; 0: nothing.
func (e *ear) tone() (hz int, share float64) {
	freq := tone.Dominant(e.spoken, tone.Rate)
	if freq == 0 {
		return 0, 0
	}
	return int(freq), min(1, tone.Detect(e.spoken, tone.Rate, freq)[freq])
}

// soFar is the text of a partial result.
func (e *ear) soFar(event string) string {
	if event != "partial" {
		return ""
	}
	hz, _ := e.tone()
	return named(hz)
}

func named(hz int) string {
	if hz == 0 {
		return ""
	}
	return fmt.Sprintf("a tone of %d Hz", hz)
}

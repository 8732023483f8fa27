// Compose writes the shipped waiting music: a slow round of plucked chords with a
// pentatonic melody over it, composed for this project. Usage: compose > FILE.wav
//
// It renders at 8 kHz straight away, as a sum of partials below the telephone
// band's end, and lays every note round the end of the loop onto its beginning, so
// that the seam can't be heard.
package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
)

const (
	rate     = 8000
	bars     = 16
	perBar   = 8
	eighth   = rate * 5 / 16 // samples: 96 beats a minute
	length   = bars * perBar * eighth
	band     = 3300.0 // Hz, the highest partial
	loudness = 0.1    // RMS, −20 dBFS
)

// chords, a bar each: MIDI numbers of bass and upper notes, C major throughout.
var chords = [bars][4]int{
	{48, 64, 67, 72},
	{45, 64, 69, 72},
	{53, 65, 69, 72},
	{55, 62, 67, 71},
	{48, 64, 67, 72},
	{52, 64, 67, 71},
	{53, 65, 69, 72},
	{55, 65, 67, 71},
	{45, 64, 69, 72},
	{52, 64, 67, 71},
	{53, 65, 69, 72},
	{48, 64, 67, 72},
	{50, 65, 69, 74},
	{55, 62, 67, 71},
	{48, 64, 67, 72},
	{55, 62, 65, 71},
}

// melody, a bar each in eighths; 0 goes on sounding.
var melody = [bars][perBar]int{
	{76, 0, 0, 79, 0, 0, 76, 0},
	{74, 0, 72, 0, 0, 0, 0, 0},
	{72, 0, 0, 74, 0, 0, 76, 0},
	{74, 0, 0, 0, 0, 0, 0, 0},
	{76, 0, 0, 79, 0, 0, 81, 0},
	{79, 0, 76, 0, 0, 0, 0, 0},
	{77, 0, 0, 76, 0, 0, 72, 0},
	{74, 0, 0, 0, 0, 0, 0, 0},
	{81, 0, 0, 0, 79, 0, 76, 0},
	{79, 0, 0, 0, 0, 0, 74, 0},
	{76, 0, 0, 74, 0, 0, 72, 0},
	{76, 0, 0, 0, 0, 0, 0, 0},
	{74, 0, 0, 77, 0, 0, 76, 0},
	{74, 0, 71, 0, 0, 0, 0, 0},
	{72, 0, 0, 0, 0, 0, 0, 0},
	{0, 0, 0, 0, 71, 0, 74, 0},
}

// figure is which note of the chord each eighth plucks.
var figure = [perBar]int{0, 1, 2, 3, 2, 1, 2, 3}

func main() {
	if _, err := os.Stdout.Write(wav(level(echo(score())))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// score plays all notes into the loop.
func score() []float64 {
	loop := make([]float64, length)
	for bar := range bars {
		for i := range perBar {
			at := (bar*perBar + i) * eighth
			soft := 0.35
			if i == 0 {
				soft = 0.6
			}
			pluck(loop, at, chords[bar][figure[i]], soft, 1.1)
			if m := melody[bar][i]; m != 0 {
				pluck(loop, at, m, 0.75, 0.8)
			}
		}
	}
	return loop
}

// pluck adds a note: partials that fade the faster the higher they are, as on a nylon string.
func pluck(loop []float64, at, midi int, loud, slow float64) {
	f := 440 * math.Pow(2, float64(midi-69)/12)
	for h := 1.0; h*f < band && h <= 10; h++ {
		w, fade := 2*math.Pi*f*h/rate, (0.9+0.5*h)/slow/rate
		amplitude := loud / math.Pow(h, 1.6)
		for i := range 5 * rate {
			rise := math.Min(1, float64(i)/(0.006*rate))
			loop[(at+i)%len(loop)] += amplitude * rise * math.Exp(-fade*float64(i)) * math.Sin(w*float64(i))
		}
	}
}

// echo adds a little room: three delays that feed back, run round the loop until
// they have settled.
func echo(dry []float64) []float64 {
	wet := make([]float64, len(dry))
	for _, d := range []int{1117, 1499, 1901} {
		line := make([]float64, len(dry))
		for range 3 {
			for i := range line {
				line[i] = dry[i] + 0.45*line[(i-d+len(line))%len(line)]
			}
		}
		for i := range wet {
			wet[i] += 0.12 * line[i]
		}
	}
	for i := range wet {
		wet[i] += dry[i]
	}
	return wet
}

// level sets the loudness.
func level(loop []float64) []float64 {
	var sum float64
	for _, v := range loop {
		sum += v * v
	}
	gain := loudness / math.Sqrt(sum/float64(len(loop)))
	for i := range loop {
		loop[i] *= gain
	}
	return loop
}

// wav is the loop as a 16-bit mono WAV file.
func wav(loop []float64) []byte {
	data := uint32(2 * len(loop))
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, 36+data)...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, data)
	for _, v := range loop {
		s := max(-32767, min(32767, math.Round(v*32767)))
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(s)))
	}
	return b
}

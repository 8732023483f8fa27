package recording

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"time"

	"hotline/call"
	"hotline/media"
)

// What counts as talk is decided frame by frame, against the noise of the side
// itself: so much above its quietest tenth, within bounds.
const (
	frameTime    = 50 * time.Millisecond // also a peak of the wave picture
	frameSamples = rate / 20
	talkAbove    = 9.0   // dB above the noise
	talkFaintest = -50.0 // dBFS: fainter is never talk
	talkSurely   = -38.0 // dBFS: louder always is
	talkBridge   = 6     // frames of a pause between words, 300 ms
	quietest     = -96.0 // dBFS of nothing at all
)

// frames is what is kept of a recording while it is looked through: two bytes a
// frame and side, 288 kB for an hour.
type frames struct {
	peaks  [2][]byte // largest sample, 0–255
	levels [2][]int8 // power in dBFS, rounded
}

// analysis is what looking through a recording gives.
type analysis struct {
	sound call.RecordingSound
	peaks []byte   // caller, seats, caller, …
	sums  []uint32 // CRC-32C of each sumBytes of the file, of a plain one
}

// sumBytes is how much of a plain file one checksum covers: four seconds of G.711.
const sumBytes = 64 << 10

// analyse reads a recording once, and ends the shift it does so in.
func analyse(ctx context.Context, s *Sound, facts *call.RecordingFacts, work *shift) (*analysis, error) {
	var (
		a      analysis
		f      frames
		sums   summer
		digest = sha256.New()
		head   = int(s.law.headSize())
		piece  = make([]byte, head+frameSamples*20*s.law.frame()) // a second, and at first the header
	)
	defer work.end()
	for at := int64(0); ; {
		if err := work.breathe(ctx); err != nil {
			return nil, err
		}
		n, err := s.ReadAt(piece, at)
		last := errors.Is(err, io.EOF) || err == nil && n == 0
		if s.sealed == nil && last { // a sealed one has checksums in its chunks
			sums.add(piece[:n])
		}
		n -= max(n-head, 0) % s.law.frame()
		if s.sealed == nil && !last {
			sums.add(piece[:n])
		}
		digest.Write(piece[min(head, n):n])
		f.add(piece[min(head, n):n], s.law)
		at += int64(n)
		if last {
			break
		}
		if err != nil {
			return nil, err
		}
		piece, head = piece[head:], 0
	}
	a.sums = sums.end()
	a.sound = f.judge()
	a.sound.Digest = hex.EncodeToString(digest.Sum(nil))
	a.sound.PeakStep = frameTime
	for i, t := range []call.TrackFacts{facts.Left, facts.Right} {
		stats := media.Stats{PacketsIn: t.Packets, Lost: t.Lost}
		a.sound.MOS[i] = stats.MOS()
	}
	for i := range f.peaks[0] {
		a.peaks = append(a.peaks, f.peaks[0][i], f.peaks[1][i])
	}
	return &a, nil
}

// checksums of a plain file, piece by piece.
func checksums(ctx context.Context, s *Sound) ([]uint32, error) {
	var sums summer
	piece := make([]byte, sumBytes)
	for at := int64(0); at < s.Size(); at += sumBytes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := s.ReadAt(piece, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		sums.add(piece[:n])
	}
	return sums.end(), nil
}

// summer makes the checksums of a file that is given to it in any pieces.
type summer struct {
	list []uint32
	sum  uint32
	have int // bytes that sum covers
}

func (s *summer) add(b []byte) {
	for len(b) > 0 {
		n := min(len(b), sumBytes-s.have)
		s.sum = crc32.Update(s.sum, castagnoli, b[:n])
		if s.have, b = s.have+n, b[n:]; s.have == sumBytes {
			s.list, s.sum, s.have = append(s.list, s.sum), 0, 0
		}
	}
}

func (s *summer) end() []uint32 {
	if s.have > 0 {
		s.list, s.sum, s.have = append(s.list, s.sum), 0, 0
	}
	return s.list
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// add takes whole frames of both sides, the last of which may be short.
func (f *frames) add(b []byte, l law) {
	step := frameSamples * l.frame()
	for ; len(b) > 0; b = b[min(step, len(b)):] {
		part := b[:min(step, len(b))]
		for side := range 2 {
			peak, power := measure(part, l, side)
			f.peaks[side] = append(f.peaks[side], byte(min(peak>>7, 255)))
			f.levels[side] = append(f.levels[side], int8(math.Round(decibel(power))))
		}
	}
}

// measure gives the largest sample of one side and its mean power, of full scale 1.
func measure(b []byte, l law, side int) (peak int, power float64) {
	width, n, sum := l.width(), 0, int64(0)
	for at := side * width; at+width <= len(b); at += 2 * width {
		var v int
		if l == lawPCM {
			v = int(int16(binary.LittleEndian.Uint16(b[at:])))
		} else {
			v = int(l.linear(b[at]))
		}
		peak = max(peak, v, -v)
		sum += int64(v) * int64(v)
		n++
	}
	if n == 0 {
		return 0, 0
	}
	return peak, float64(sum) / float64(n) / (1 << 30)
}

func decibel(power float64) float64 { return max(10*math.Log10(power), quietest) }

// judge says who talks when.
func (f *frames) judge() (s call.RecordingSound) {
	talks := [2][]bool{f.talk(0), f.talk(1)}
	n := len(talks[0])
	if n == 0 {
		s.Silence = 1
		return s
	}
	var count [4]int // neither, left, right, both
	longest, run := 0, 0
	for i := range n {
		state := 0
		for side, bit := range []int{1, 2} {
			if talks[side][i] {
				state |= bit
			}
		}
		count[state]++
		if run++; state != 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	share := func(k int) float64 { return math.Round(10000*float64(count[k])/float64(n)) / 10000 }
	s.Silence, s.Left, s.Right, s.Overtalk = share(0), share(1), share(2), share(3)
	s.LongestSilence = time.Duration(longest) * frameTime
	for side := range 2 {
		s.Levels[side] = f.level(side, talks[side])
	}
	return s
}

// talk tells the frames in which a side talks; short pauses between words belong to it.
func (f *frames) talk(side int) []bool {
	levels := f.levels[side]
	sorted := slices.Clone(levels)
	slices.Sort(sorted)
	limit := talkSurely
	if len(sorted) > 0 {
		limit = min(max(float64(sorted[len(sorted)/10])+talkAbove, talkFaintest), talkSurely)
	}
	talks := make([]bool, len(levels))
	last := -1
	for i, l := range levels {
		if float64(l) < limit {
			continue
		}
		if last >= 0 && i-last <= talkBridge {
			for k := last + 1; k < i; k++ {
				talks[k] = true
			}
		}
		talks[i], last = true, i
	}
	return talks
}

// level is how loud a side is while it talks; nil if it never does.
func (f *frames) level(side int, talks []bool) *call.Level {
	sum, n, peak := 0.0, 0, 0
	for i, talk := range talks {
		peak = max(peak, int(f.peaks[side][i]))
		if talk {
			sum += math.Pow(10, float64(f.levels[side][i])/10)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	round := func(db float64) float64 { return math.Round(10*db) / 10 }
	return &call.Level{
		Talk: round(decibel(sum / float64(n))),
		Peak: round(decibel(math.Pow(float64(peak*128+127)/(1<<15), 2))),
	}
}

package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"hotline/recording/seal"
)

// Peaks is the wave picture of a recording: the largest sample of each stretch, 0–255.
type Peaks struct {
	Step        time.Duration
	Left, Right []byte
}

// Fewer gives the picture in at most so many points.
func (p Peaks) Fewer(points int) Peaks {
	n := len(p.Left)
	if points <= 0 || n <= points {
		return p
	}
	k := (n + points - 1) / points
	out := Peaks{Step: p.Step * time.Duration(k)}
	for at := 0; at < n; at += k {
		to := min(at+k, n)
		out.Left = append(out.Left, largest(p.Left[at:to]))
		out.Right = append(out.Right, largest(p.Right[at:to]))
	}
	return out
}

func largest(b []byte) (m byte) {
	for _, v := range b {
		m = max(m, v)
	}
	return m
}

// The peaks file: magic, step in ms, peaks a side, checksums; then those; then the
// CRC-32C of all before. It is sealed as its recording is, with a data key of its own.
const (
	peaksMagic = "HLPEAKS2"
	peaksOlder = "HLPEAKS1" // without the sum at the end
	peaksHead  = len(peaksMagic) + 12
	peaksMost  = 64 << 20
)

func (a *analysis) marshal() []byte {
	b := append([]byte(nil), peaksMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(frameTime/time.Millisecond))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(a.peaks)/2))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(a.sums)))
	for _, s := range a.sums {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	b = append(b, a.peaks...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

var errPeaks = errors.New("not a whole wave picture of this program")

func unmarshalPeaks(b []byte) (Peaks, []uint32, error) {
	if end := len(b) - 4; end >= peaksHead && string(b[:len(peaksMagic)]) == peaksMagic {
		if binary.LittleEndian.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
			return Peaks{}, nil, errPeaks
		}
		b = b[:end]
	} else if len(b) < peaksHead || string(b[:len(peaksOlder)]) != peaksOlder {
		return Peaks{}, nil, errPeaks
	}
	le, head := binary.LittleEndian, b[len(peaksMagic):]
	step, points, sums := le.Uint32(head), int64(le.Uint32(head[4:])), int64(le.Uint32(head[8:]))
	body := b[peaksHead:]
	if int64(len(body)) != 4*sums+2*points || step == 0 {
		return Peaks{}, nil, errPeaks
	}
	var all []uint32
	for ; sums > 0; sums-- {
		all = append(all, le.Uint32(body))
		body = body[4:]
	}
	p := Peaks{Step: time.Duration(step) * time.Millisecond}
	for ; len(body) > 0; body = body[2:] {
		p.Left, p.Right = append(p.Left, body[0]), append(p.Right, body[1])
	}
	return p, all, nil
}

// peaksOf is the name of the picture of a recording's file.
func peaksOf(name string) string { return name[:len(name)-len(extPlain)] + extPeaks }

// aboutPeaks is what a sealed picture is bound to.
func aboutPeaks(name string) string { return idOf(name) + "/peaks" }

const peaksChunk = 256 << 10

// writePeaks writes the picture beside its recording, whole or not at all as far as
// the process goes. It is not synced, which would cost as much as all of the sound's
// file: of a power cut it may come out empty or torn, which its sum tells, and is made anew.
func writePeaks(dir folder, name string, a *analysis, keys seal.Keys) (err error) {
	to := peaksOf(name)
	f, err := createAnew(dir, to+half)
	if err != nil {
		return err
	}
	if err := errors.Join(fillPeaks(f, name, a.marshal(), keys), f.Close()); err != nil {
		return errors.Join(err, dir.remove(to+half))
	}
	return dir.rename(to+half, to)
}

func fillPeaks(f file, name string, b []byte, keys seal.Keys) error {
	if !isSealed(name) {
		_, err := f.WriteAt(b, 0)
		return err
	}
	w, err := seal.Create(f, keys, aboutPeaks(name))
	if err != nil {
		return err
	}
	for ; len(b) > 0; b = b[min(peaksChunk, len(b)):] {
		if err := w.Append(0, b[:min(peaksChunk, len(b))]); err != nil {
			return err
		}
	}
	return w.Finish()
}

// readPeaks reads a picture of either kind.
func readPeaks(b Blob, size int64, name string, keys seal.Keys) (Peaks, []uint32, error) {
	var text io.ReaderAt = b
	if isSealed(name) {
		r, err := seal.Open(b, size, keys, aboutPeaks(name))
		if err != nil {
			return Peaks{}, nil, err
		}
		text, size = r, r.Size()
	}
	if size > peaksMost {
		return Peaks{}, nil, fmt.Errorf("%w: %d bytes", errPeaks, size)
	}
	var all bytes.Buffer
	if _, err := io.Copy(&all, io.NewSectionReader(text, 0, size)); err != nil {
		return Peaks{}, nil, err
	}
	return unmarshalPeaks(all.Bytes())
}

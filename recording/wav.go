package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Sizes of the header: RIFF 12, fmt 8+18, fact 8+4, data 8; PCM has a fmt of
// 16 bytes and needs no fact chunk (Microsoft's "New Multimedia Data Types and
// Data Techniques", 1994).
const (
	headLaw = 58
	headPCM = 44
)

// headSize is where a file's samples begin.
func (l law) headSize() int64 {
	if l == lawPCM {
		return headPCM
	}
	return headLaw
}

// mostSamples is how many samples a channel may have before the sizes in a
// RIFF header run over: 74 hours of G.711, 37 hours of PCM.
func (l law) mostSamples() int64 {
	return (math.MaxUint32 - headLaw) / int64(l.frame())
}

// header makes the header of a file that holds this many samples a channel.
func (l law) header(samples int64) []byte {
	data := uint32(samples * int64(l.frame()))
	le := binary.LittleEndian
	b := make([]byte, 0, headLaw)
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(l.headSize())-8+data)
	b = append(b, "WAVEfmt "...)
	fmtSize := uint32(18)
	if l == lawPCM {
		fmtSize = 16
	}
	b = le.AppendUint32(b, fmtSize)
	b = le.AppendUint16(b, l.tag())
	b = le.AppendUint16(b, 2)
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, uint32(rate*l.frame()))
	b = le.AppendUint16(b, uint16(l.frame()))
	b = le.AppendUint16(b, uint16(8*l.width()))
	if l != lawPCM {
		b = le.AppendUint16(b, 0) // no extension follows
		b = append(b, "fact"...)
		b = le.AppendUint32(b, 4)
		b = le.AppendUint32(b, uint32(samples))
	}
	b = append(b, "data"...)
	return le.AppendUint32(b, data)
}

// wavFile is what a header says and what really follows it.
type wavFile struct {
	law     law
	samples int64 // a channel, whole ones present in the file
	said    int64 // a channel, as the header's data chunk counts them
}

var errNotOurs = errors.New("not a recording of this program")

// parseWAV reads the header of a file of ours. Samples behind the header's
// count are counted too: they were written before a header that a crash kept
// from being renewed.
func parseWAV(r io.ReaderAt, size int64) (wavFile, error) {
	b := make([]byte, headLaw)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return wavFile{}, err
	}
	b = b[:n]
	if len(b) < headPCM || string(b[:4]) != "RIFF" || string(b[8:16]) != "WAVEfmt " {
		return wavFile{}, fmt.Errorf("%w: no RIFF/WAVE header", errNotOurs)
	}
	var l law
	switch tag := binary.LittleEndian.Uint16(b[20:]); tag {
	case lawA.tag():
		l = lawA
	case lawMu.tag():
		l = lawMu
	case lawPCM.tag():
		l = lawPCM
	default:
		return wavFile{}, fmt.Errorf("%w: format tag %d", errNotOurs, tag)
	}
	head := int(l.headSize())
	if len(b) < head || !sameShape(b[:head], l.header(0)) {
		return wavFile{}, fmt.Errorf("%w: its header has another shape", errNotOurs)
	}
	w := wavFile{law: l, samples: (size - int64(head)) / int64(l.frame())}
	w.said = int64(binary.LittleEndian.Uint32(b[head-4:])) / int64(l.frame())
	w.samples = min(w.samples, l.mostSamples())
	return w, nil
}

// sameShape compares two headers but for their sizes.
func sameShape(a, b []byte) bool {
	a, b = append([]byte(nil), a...), append([]byte(nil), b...)
	for _, h := range [][]byte{a, b} {
		clear(h[4:8])
		clear(h[len(h)-4:])
		if len(h) == headLaw {
			clear(h[46:50])
		}
	}
	return string(a) == string(b)
}

// file is what a recording needs of an open file; *os.File is one.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(int64) error
	Stat() (os.FileInfo, error)
}

// folder is what a recording needs of the recordings folder. Names are
// relative to it and cannot leave it.
type folder interface {
	// create makes a new file, and the folders above it.
	create(name string) (file, error)
	open(name string) (file, error)
	rename(from, to string) error
	remove(name string) error
	// taken tells whether a name is taken, where files are made.
	taken(name string) bool
	// holds tells why the name no longer leads to the file, if so.
	holds(name string, f file) error
}

package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// A chunk: kind 1, zero 3, length 4, counter 8, then the sealed bytes with their tag 16.
const (
	chunkHead = 16
	chunkTag  = 16
	mostChunk = 1 << 20
	kindIndex = 0xff // the last chunk: the length of every other
	footBytes = 24   // place of the index chunk 8, how many bytes were sealed 8, magic 8
	footMagic = "HLINDEX1"
)

// Writer appends chunks. After an error the same Append may be made again: nothing
// is counted that was not written, and no nonce is used twice.
type Writer struct {
	f       File
	about   string
	aead    cipher.AEAD
	end     int64 // where the next chunk goes
	plain   int64 // bytes sealed so far
	counter uint64
	lengths []byte // of the chunks, as varints, for the index
	buf     []byte
}

// Create writes the header of a new file. about says what it is of, and is bound to every chunk.
func Create(f File, keys Keys, about string) (*Writer, error) {
	if len(about) > mostAbout {
		return nil, fmt.Errorf("%q is too long to be sealed with a file", about)
	}
	data := make([]byte, keyBytes)
	_, _ = rand.Read(data)
	defer clear(data)
	h := header{turn: 1, about: about}
	var err error
	if h.keyID, h.wrapped, err = keys.Wrap(data, []byte(about)); err != nil {
		return nil, err
	}
	b, err := h.marshal()
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteAt(append(b, make([]byte, slotBytes)...), 0); err != nil {
		return nil, err
	}
	w := &Writer{f: f, about: about, end: HeadBytes}
	w.aead, err = newAEAD(data)
	return w, err
}

// Size is how many bytes have been sealed.
func (w *Writer) Size() int64 { return w.plain }

// Append seals a chunk of a kind of the caller's, below 255.
func (w *Writer) Append(kind byte, b []byte) error {
	if len(b) == 0 || len(b) > mostChunk || kind == kindIndex {
		return fmt.Errorf("a chunk of %d bytes and kind %d can't be", len(b), kind)
	}
	if err := w.put(kind, b); err != nil {
		return err
	}
	w.end += int64(chunkHead + len(b) + chunkTag)
	w.plain += int64(len(b))
	w.lengths = binary.AppendUvarint(w.lengths, uint64(len(b)))
	return nil
}

// put writes a chunk at the end, with a counter of its own however often it is tried.
func (w *Writer) put(kind byte, b []byte) error {
	w.counter++
	w.buf = append(w.buf[:0], kind, 0, 0, 0)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(len(b)))
	w.buf = binary.LittleEndian.AppendUint64(w.buf, w.counter)
	w.buf = w.aead.Seal(w.buf, nonce(w.counter), b, bound(w.about, w.buf[:8], w.plain))
	_, err := w.f.WriteAt(w.buf, w.end)
	return err
}

// nonce of a chunk: its counter; the key is the file's own.
func nonce(counter uint64) []byte {
	b := make([]byte, 12)
	binary.LittleEndian.PutUint64(b[4:], counter)
	return b
}

// bound is what a chunk is authenticated with: the file's subject, its kind and
// length, and its place among the sealed bytes.
func bound(about string, head []byte, at int64) []byte {
	b := make([]byte, 0, len(about)+16)
	b = append(b, about...)
	b = append(b, head...)
	return binary.LittleEndian.AppendUint64(b, uint64(at))
}

// Finish writes the index, by which the file is whole and quickly read from any place.
func (w *Writer) Finish() error {
	if len(w.lengths) == 0 {
		w.lengths = []byte{0} // a chunk is never empty
	}
	if len(w.lengths) > 16*mostChunk {
		return errors.New("too many chunks for an index")
	}
	if err := w.put(kindIndex, w.lengths); err != nil {
		return err
	}
	foot := binary.LittleEndian.AppendUint64(nil, uint64(w.end))
	foot = binary.LittleEndian.AppendUint64(foot, uint64(w.plain))
	foot = append(foot, footMagic...)
	_, err := w.f.WriteAt(foot, w.end+int64(chunkHead+len(w.lengths)+chunkTag))
	return err
}

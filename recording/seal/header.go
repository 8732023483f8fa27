package seal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A file begins with two slots, each of which can hold the whole header, so that
// another wrapping is written beside the one in force and never over it.
const (
	slotBytes = 512
	HeadBytes = 2 * slotBytes // where chunks begin
	magic     = "HLSEAL1\n"
	mostAbout = 64
)

// header is a slot: what the file is of, and its data key, wrapped.
type header struct {
	turn    uint32 // of two good slots the later one counts
	about   string // what the file is of: bound to every chunk
	keyID   string
	wrapped []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (h header) marshal() ([]byte, error) {
	b := make([]byte, 0, slotBytes)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, h.turn)
	for _, part := range [][]byte{[]byte(h.about), []byte(h.keyID), h.wrapped} {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(part)))
		b = append(b, part...)
	}
	if len(b) > slotBytes-4 {
		return nil, errors.New("the wrapped key is too long for a header")
	}
	b = append(b, make([]byte, slotBytes-4-len(b))...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

var (
	errNoSlot = errors.New("no header")
	// ErrNotSealed tells that a file is none of ours.
	ErrNotSealed = errors.New("not a sealed file")
)

func parseSlot(b []byte) (h header, err error) {
	if !bytes.HasPrefix(b, []byte(magic)) {
		return h, errNoSlot
	}
	if binary.LittleEndian.Uint32(b[slotBytes-4:]) != crc32.Checksum(b[:slotBytes-4], castagnoli) {
		return h, fmt.Errorf("%w: its checksum is another", errNoSlot)
	}
	h.turn = binary.LittleEndian.Uint32(b[8:])
	rest := b[12 : slotBytes-4]
	var parts [3][]byte
	for i := range parts {
		if len(rest) < 2 {
			return h, errNoSlot
		}
		n := int(binary.LittleEndian.Uint16(rest))
		if len(rest) < 2+n {
			return h, errNoSlot
		}
		parts[i], rest = rest[2:2+n], rest[2+n:]
	}
	h.about, h.keyID, h.wrapped = string(parts[0]), string(parts[1]), bytes.Clone(parts[2])
	return h, nil
}

// readHeader gives the header in force and the slot it is in.
func readHeader(r io.ReaderAt) (h header, slot int, err error) {
	b, found := make([]byte, HeadBytes), false
	if _, err := r.ReadAt(b, 0); err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrNotSealed
		}
		return h, 0, err
	}
	for i := range 2 { // the newer of those that are whole
		got, wrong := parseSlot(b[i*slotBytes : (i+1)*slotBytes])
		switch {
		case wrong != nil:
			err = cmp.Or(err, wrong)
		case !found || got.turn >= h.turn:
			h, slot, found = got, i, true
		}
	}
	if !found {
		return header{}, 0, fmt.Errorf("%w: %w", ErrNotSealed, err)
	}
	return h, slot, nil
}

// KeyID names the key a file is wrapped by.
func KeyID(r io.ReaderAt) (string, error) {
	h, _, err := readHeader(r)
	return h.keyID, err
}

// File is what is written to; *os.File is one.
type File interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
}

// Rewrap has a file's data key wrapped by the current key, beside the old wrapping,
// which is wiped once the new one is on the disk. It reports whether it was another
// key. A crash in between leaves both, of which the newer counts.
func Rewrap(f File, keys Keys) (bool, error) {
	h, slot, err := readHeader(f)
	if err != nil {
		return false, err
	}
	if h.keyID == keys.Current() {
		return false, wipe(f, 1-slot)
	}
	data, err := keys.Unwrap(h.keyID, h.wrapped, []byte(h.about))
	if err != nil {
		return false, err
	}
	defer clear(data)
	next := header{turn: h.turn + 1, about: h.about}
	if next.keyID, next.wrapped, err = keys.Wrap(data, []byte(h.about)); err != nil {
		return false, err
	}
	b, err := next.marshal()
	if err != nil {
		return false, err
	}
	if _, err := f.WriteAt(b, int64(1-slot)*slotBytes); err != nil {
		return false, err
	}
	if err := f.Sync(); err != nil {
		return false, err
	}
	return true, wipe(f, slot)
}

// Forget wipes the data key, without which nothing of the file can be read again.
func Forget(f File) error {
	return errors.Join(wipe(f, 0), wipe(f, 1))
}

func wipe(f File, slot int) error {
	if _, err := f.WriteAt(make([]byte, slotBytes), int64(slot)*slotBytes); err != nil {
		return err
	}
	return f.Sync()
}

package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// A frame on disk is: length of what follows the checksum (uint32, little
// endian), CRC-32C of that (uint32), a type byte, the payload.
const (
	headBytes = 8
	// MaxFrame bounds a frame's payload; a longer length on disk is damage.
	MaxFrame = 32 << 20
)

// Types below ' ' belong to the journal; an owner's are printable.
const (
	typeHeader   byte = 1 // first frame of a segment
	typeSnapshot byte = 2 // the snapshot above is complete
)

// ErrTorn tells that a segment ends in something that is not a whole frame:
// the write during which the process or the machine died.
var ErrTorn = errors.New("the journal's segment ends in a torn frame")

// ErrTooLong refuses a frame nobody could read back.
var ErrTooLong = errors.New("a journal frame is limited to 32 MiB")

// castagnoli is the polynomial processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Batch is frames to be written together.
type Batch struct{ buf []byte }

// Add appends one frame whose payload is the parts, joined.
func (b *Batch) Add(kind byte, parts ...[]byte) error {
	start := len(b.buf)
	b.buf = append(b.buf, 0, 0, 0, 0, 0, 0, 0, 0, kind)
	for _, p := range parts {
		b.buf = append(b.buf, p...)
	}
	return b.seal(start)
}

// AddFunc appends one frame whose payload fill appends. If fill fails nothing is added.
func (b *Batch) AddFunc(kind byte, fill func(dst []byte) ([]byte, error)) error {
	start := len(b.buf)
	out, err := fill(append(b.buf, 0, 0, 0, 0, 0, 0, 0, 0, kind))
	if err != nil {
		b.buf = b.buf[:start]
		return err
	}
	b.buf = out
	return b.seal(start)
}

func (b *Batch) seal(start int) error {
	body := b.buf[start+headBytes:]
	if len(body) > MaxFrame {
		b.buf = b.buf[:start]
		return ErrTooLong
	}
	binary.LittleEndian.PutUint32(b.buf[start:], uint32(len(body)))
	binary.LittleEndian.PutUint32(b.buf[start+4:], crc32.Checksum(body, castagnoli))
	return nil
}

// Append takes over another batch's frames.
func (b *Batch) Append(other *Batch) { b.buf = append(b.buf, other.buf...) }

// Frame gives the payload of the frame that was added between two lengths.
func (b *Batch) Frame(from, to int) []byte { return b.buf[from+headBytes+1 : to] }

// Slice copies the frames between two lengths into dst.
func (b *Batch) Slice(dst *Batch, from, to int) { dst.buf = append(dst.buf, b.buf[from:to]...) }

// Len is the length in bytes on disk.
func (b *Batch) Len() int { return len(b.buf) }

// Reset empties the batch and keeps its memory, unless that has grown beyond keep bytes.
func (b *Batch) Reset(keep int) {
	if cap(b.buf) > keep {
		b.buf = nil
		return
	}
	b.buf = b.buf[:0]
}

// Scanner reads frames. Its error is nil at a clean end and ErrTorn at any other.
type Scanner struct {
	in    *bufio.Reader
	head  [headBytes]byte
	buf   []byte
	read  int64 // offset after the last whole frame
	limit int64 // offset at which to stop, or negative
	err   error
}

// NewScanner reads frames of in, which stands at offset. It stops at limit, a
// known frame boundary, unless that is negative.
func NewScanner(in io.Reader, offset, limit int64) *Scanner {
	size := int64(128 << 10)
	if limit >= 0 { // often a moment's worth
		size = min(size, limit-offset)
	}
	return &Scanner{in: bufio.NewReaderSize(in, int(size)), read: offset, limit: limit}
}

// Next reads one frame. The payload is valid until the next call.
func (s *Scanner) Next() (kind byte, payload []byte, ok bool) {
	if s.err != nil || (s.limit >= 0 && s.read >= s.limit) {
		return 0, nil, false
	}
	if _, err := io.ReadFull(s.in, s.head[:]); err != nil {
		if !errors.Is(err, io.EOF) {
			s.err = tornOr(err)
		}
		return 0, nil, false
	}
	n := binary.LittleEndian.Uint32(s.head[:])
	if n == 0 || n > MaxFrame {
		s.err = ErrTorn
		return 0, nil, false
	}
	if err := s.fill(int(n)); err != nil {
		s.err = tornOr(err)
		return 0, nil, false
	}
	if crc32.Checksum(s.buf, castagnoli) != binary.LittleEndian.Uint32(s.head[4:]) {
		s.err = ErrTorn
		return 0, nil, false
	}
	s.read += headBytes + int64(n)
	return s.buf[0], s.buf[1:], true
}

// fill reads n bytes, growing only as bytes really come: a damaged length must not cost its memory.
func (s *Scanner) fill(n int) error {
	const step = 1 << 20
	s.buf = s.buf[:0]
	for len(s.buf) < n {
		have := len(s.buf)
		want := min(n, have+step)
		if cap(s.buf) < want {
			s.buf = append(make([]byte, 0, want), s.buf...)
		}
		s.buf = s.buf[:want]
		if _, err := io.ReadFull(s.in, s.buf[have:]); err != nil {
			return err
		}
	}
	return nil
}

func tornOr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTorn
	}
	return err
}

// Offset is where the last whole frame ended.
func (s *Scanner) Offset() int64 { return s.read }

// Err is nil at a clean end, ErrTorn where the segment is torn, or the reading error.
func (s *Scanner) Err() error { return s.err }

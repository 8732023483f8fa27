package seal

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"
)

// Damage is a place of a file that is not as it was written.
type Damage struct {
	Chunk  int   // from 0; -1: the end of the file, which says how much there must be
	Offset int64 // of the chunk in the file
	Bytes  int64 // its length in the file
	At     int64 // of its first byte among the sealed bytes
	Words  string
}

func (d *Damage) Error() string {
	if d.Chunk < 0 {
		return fmt.Sprintf("the file's end, from byte %d: %s", d.Offset, d.Words)
	}
	return fmt.Sprintf("chunk %d (bytes %d to %d of the file): %s", d.Chunk, d.Offset, d.Offset+d.Bytes-1, d.Words)
}

// chunk is where one lies.
type chunk struct {
	offset int64 // in the file
	at     int64 // among the sealed bytes
	n      int
}

// Reader reads from any place. It is safe for use by several goroutines.
type Reader struct {
	r      io.ReaderAt
	about  string
	keyID  string
	aead   cipher.AEAD
	chunks []chunk
	plain  int64
	whole  bool  // the index is there and fits
	end    int64 // of the last whole chunk, in the file
	top    uint64

	mu   sync.Mutex
	last int // the chunk in text; -1 none
	text []byte
	kind byte
}

// Open reads a file's header and its index; a file without one, which a crash has
// cut off, is walked through. about must be what Create was given; empty: whatever it is.
func Open(r io.ReaderAt, size int64, keys Keys, about string) (*Reader, error) {
	h, _, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	if about != "" && h.about != about {
		return nil, fmt.Errorf("the file is of %q, not of %q", h.about, about)
	}
	if keys == nil {
		return nil, fmt.Errorf("%w: %q, there are none at all", ErrNoKey, h.keyID)
	}
	data, err := keys.Unwrap(h.keyID, h.wrapped, []byte(h.about))
	if err != nil {
		return nil, err
	}
	defer clear(data)
	s := &Reader{r: r, about: h.about, keyID: h.keyID, last: -1, end: HeadBytes}
	if s.aead, err = newAEAD(data); err != nil {
		return nil, err
	}
	if s.byIndex(size) {
		return s, nil
	}
	return s, s.byWalking(size)
}

// byIndex reads where the chunks are from the file's end.
func (s *Reader) byIndex(size int64) bool {
	foot := make([]byte, footBytes)
	if size < HeadBytes+chunkHead+chunkTag+footBytes {
		return false
	}
	if _, err := s.r.ReadAt(foot, size-footBytes); err != nil || string(foot[16:]) != footMagic {
		return false
	}
	at := int64(binary.LittleEndian.Uint64(foot))
	n := size - footBytes - at
	if at < HeadBytes || n < chunkHead+chunkTag || n > 17*mostChunk {
		return false
	}
	b := make([]byte, n)
	if _, err := s.r.ReadAt(b, at); err != nil || b[0] != kindIndex || int64(binary.LittleEndian.Uint32(b[4:])) != n-chunkHead-chunkTag {
		return false
	}
	counter, plain := binary.LittleEndian.Uint64(b[8:]), int64(binary.LittleEndian.Uint64(foot[8:]))
	lengths, err := s.aead.Open(nil, nonce(counter), b[chunkHead:], bound(s.about, b[:8], plain))
	if err != nil {
		return false
	}
	s.take(lengths)
	s.whole = true // what opens was written by us, so the sums are right
	return true
}

// take lays the chunks out one behind the other.
func (s *Reader) take(lengths []byte) {
	for len(lengths) > 0 {
		n, k := binary.Uvarint(lengths)
		if k <= 0 || n == 0 || n > mostChunk {
			return
		}
		lengths = lengths[k:]
		s.add(int(n))
	}
}

func (s *Reader) add(n int) {
	s.chunks = append(s.chunks, chunk{offset: s.end, at: s.plain, n: n})
	s.end += int64(chunkHead + n + chunkTag)
	s.plain += int64(n)
}

// byWalking goes from chunk to chunk as far as there are whole ones.
func (s *Reader) byWalking(size int64) error {
	head := make([]byte, chunkHead)
	for s.end+chunkHead+chunkTag <= size {
		if _, err := s.r.ReadAt(head, s.end); err != nil {
			return err
		}
		n := int64(binary.LittleEndian.Uint32(head[4:]))
		if head[0] == kindIndex || n == 0 || n > mostChunk || s.end+chunkHead+n+chunkTag > size {
			break
		}
		s.top = max(s.top, binary.LittleEndian.Uint64(head[8:]))
		s.add(int(n))
	}
	return nil
}

// Size is how many bytes were sealed.
func (s *Reader) Size() int64 { return s.plain }

// Whole reports whether the file was finished; one that a crash cut off is not.
func (s *Reader) Whole() bool { return s.whole }

// KeyID names the key the data key is wrapped by.
func (s *Reader) KeyID() string { return s.keyID }

// Kind is the kind of the last chunk; ok is false when there is none, or it can't be opened.
func (s *Reader) Kind() (kind byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.chunks) == 0 || s.load(len(s.chunks)-1) != nil {
		return 0, false
	}
	return s.kind, true
}

// ReadAt gives sealed bytes. A damaged chunk is a *Damage.
func (s *Reader) ReadAt(b []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := 0
	i := sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].at+int64(s.chunks[i].n) > at })
	for ; done < len(b) && i < len(s.chunks); i++ {
		if err := s.load(i); err != nil {
			return done, err
		}
		n := copy(b[done:], s.text[at-s.chunks[i].at:])
		done += n
		at += int64(n)
	}
	if done < len(b) {
		return done, io.EOF
	}
	return done, nil
}

// load opens a chunk.
func (s *Reader) load(i int) error {
	if s.last == i {
		return nil
	}
	c := s.chunks[i]
	b := make([]byte, chunkHead+c.n+chunkTag)
	if _, err := s.r.ReadAt(b, c.offset); err != nil {
		if errors.Is(err, io.EOF) {
			return s.damage(i, "it is not there")
		}
		return err
	}
	if int64(binary.LittleEndian.Uint32(b[4:])) != int64(c.n) || !bytes.Equal(b[1:4], []byte{0, 0, 0}) {
		return s.damage(i, "its head was changed")
	}
	text, err := s.aead.Open(b[chunkHead:chunkHead], nonce(binary.LittleEndian.Uint64(b[8:])), b[chunkHead:], bound(s.about, b[:8], c.at))
	if err != nil {
		return s.damage(i, "it was changed")
	}
	s.last, s.text, s.kind = i, text, b[0]
	return nil
}

func (s *Reader) damage(i int, words string) error {
	c := s.chunks[i]
	s.last = -1
	return &Damage{Chunk: i, Offset: c.offset, Bytes: int64(chunkHead + c.n + chunkTag), At: c.at, Words: words}
}

// mostDamages bounds what Check tells.
const mostDamages = 100

// Check opens every chunk and tells which are damaged. The error is one of reading.
func (s *Reader) Check(each func()) (found []*Damage, err error) {
	for i := range s.chunks {
		s.mu.Lock()
		err := s.load(i)
		s.mu.Unlock()
		var d *Damage
		switch {
		case errors.As(err, &d):
			found = append(found, d)
		case err != nil:
			return found, err
		}
		if len(found) == mostDamages {
			return found, nil
		}
		each()
	}
	if !s.whole {
		found = append(found, &Damage{Chunk: -1, Offset: s.end, At: s.plain, Words: "what must stand there is missing or was changed"})
	}
	return found, nil
}

// Mend finishes a file that a crash cut off: whatever follows the last chunk that
// opens is cut off, then the index is written. truncate is the file's.
func (s *Reader) Mend(f File, truncate func(int64) error) error {
	if s.whole {
		return nil
	}
	for len(s.chunks) > 0 {
		s.mu.Lock()
		err := s.load(len(s.chunks) - 1)
		s.mu.Unlock()
		var d *Damage
		if err == nil {
			break
		}
		if !errors.As(err, &d) {
			return err
		}
		c := s.chunks[len(s.chunks)-1]
		s.chunks, s.end, s.plain = s.chunks[:len(s.chunks)-1], c.offset, c.at
	}
	if err := truncate(s.end); err != nil {
		return err
	}
	w := &Writer{f: f, about: s.about, aead: s.aead, end: s.end, plain: s.plain, counter: s.top + 1<<32}
	for _, c := range s.chunks {
		w.lengths = binary.AppendUvarint(w.lengths, uint64(c.n))
	}
	if err := w.Finish(); err != nil {
		return err
	}
	s.whole = true
	return f.Sync()
}

// KindAt is the kind of the chunk in which a sealed byte lies.
func (s *Reader) KindAt(at int64) (byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].at+int64(s.chunks[i].n) > at })
	if i == len(s.chunks) {
		return 0, io.EOF
	}
	if err := s.load(i); err != nil {
		return 0, err
	}
	return s.kind, nil
}

package oggopus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Damage is a place of a file that is not as it was written.
type Damage struct {
	Page   int   // counted from 0
	Offset int64 // in the file
	Bytes  int64
	Words  string
}

// Info is what a file says of itself.
type Info struct {
	Head
	// Samples of 48 kHz that are heard.
	Samples int64
}

// ErrNotOpus tells that the file does not begin as Opus in Ogg does.
var ErrNotOpus = errors.New("no Opus in Ogg")

// Check reads a file of one stream whole and names each page that was changed, is missing or has been added: by the
// checksum of each page, their numbers, and the mark of the last one. step is called after each page; its error ends the reading.
func Check(r io.ReaderAt, size int64, step func() error) (info Info, found []Damage, err error) {
	c := checker{r: r, size: size}
	for c.at < size {
		if err := c.next(); err != nil {
			return c.info, c.found, err
		}
		if err := step(); err != nil {
			return c.info, c.found, err
		}
	}
	if !c.ended {
		c.damage(0, "its end is missing")
	}
	if !c.begun {
		return c.info, c.found, ErrNotOpus
	}
	return c.info, c.found, nil
}

type checker struct {
	r     io.ReaderAt
	size  int64
	at    int64
	page  int
	begun bool
	ended bool
	info  Info
	found []Damage
	head  [pageHead + pageSegments]byte
	body  []byte
}

func (c *checker) damage(n int64, words string) {
	c.found = append(c.found, Damage{Page: c.page, Offset: c.at, Bytes: n, Words: words})
}

// next looks at the page at c.at; where there is none it looks for the next one.
func (c *checker) next() error {
	page, err := c.read()
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	n := int64(len(page))
	switch {
	case page == nil:
		return c.resync()
	case le.Uint32(page[22:]) != checksum(page):
		c.damage(n, "it was changed")
	case int(le.Uint32(page[18:])) != c.page:
		c.damage(n, fmt.Sprintf("it is page %d", le.Uint32(page[18:])))
	case c.ended:
		c.damage(n, "it comes after the end")
	default:
		c.take(page)
	}
	c.at += n
	c.page++
	return nil
}

// take notes what a whole page says.
func (c *checker) take(page []byte) {
	body := page[pageHead+int(page[26]):]
	if c.page == 0 && len(body) >= 19 && string(body[:8]) == "OpusHead" {
		le := binary.LittleEndian
		c.begun = true
		c.info.Head = Head{Channels: int(body[9]), PreSkip: int(le.Uint16(body[10:])), Rate: int(le.Uint32(body[12:]))}
	}
	if page[5]&flagLast != 0 {
		c.ended = true
		c.info.Samples = max(int64(binary.LittleEndian.Uint64(page[6:]))-int64(c.info.PreSkip), 0)
	}
}

// read gives the page at c.at; nil if there is none.
func (c *checker) read() ([]byte, error) {
	n, err := c.r.ReadAt(c.head[:min(int64(len(c.head)), c.size-c.at)], c.at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	b := c.head[:n]
	if n < pageHead || string(b[:4]) != "OggS" || n < pageHead+int(b[26]) {
		return nil, nil
	}
	size := pageHead + int(b[26])
	for _, s := range b[pageHead:size] {
		size += int(s)
	}
	if int64(size) > c.size-c.at {
		return nil, nil
	}
	if cap(c.body) < size {
		c.body = make([]byte, size)
	}
	page := c.body[:size]
	if _, err := c.r.ReadAt(page, c.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return page, nil
}

// resync goes on at the next page behind a place where none is.
func (c *checker) resync() error {
	buf := make([]byte, 64<<10)
	for from := c.at + 1; ; {
		n, err := c.r.ReadAt(buf[:min(int64(len(buf)), c.size-from)], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for i := 0; i+4 <= n; i++ {
			if string(buf[i:i+4]) == "OggS" {
				c.damage(from+int64(i)-c.at, "it is no page")
				c.at, c.page = from+int64(i), c.page+1
				return nil
			}
		}
		if from += int64(max(n-3, 1)); from+3 >= c.size {
			c.damage(c.size-c.at, "it is no page")
			c.at = c.size
			return nil
		}
	}
}

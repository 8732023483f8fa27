package vorbis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrFormat is what a file that is broken, or no Vorbis, is refused with.
var ErrFormat = errors.New("no proper Ogg Vorbis")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrFormat}, args...)...)
}

// longestPacket bounds a packet put together from many pages; setup headers have a few KB.
const longestPacket = 1 << 20

// pages takes an Ogg stream apart (RFC 3533) and gives the packets of its first logical stream.
type pages struct {
	r       io.Reader
	serial  uint32
	began   bool
	lacing  []byte
	granule int64 // of the page the last packet ended on; -1 if none ended there
	last    bool  // that page is the stream's last
}

// packet gives the next packet; io.EOF after the last.
func (p *pages) packet() ([]byte, error) {
	var packet []byte
	for {
		if len(p.lacing) == 0 {
			if p.last {
				return nil, io.EOF
			}
			if err := p.page(); err != nil {
				return nil, err
			}
			continue
		}
		size := p.lacing[0]
		p.lacing = p.lacing[1:]
		if len(packet)+int(size) > longestPacket {
			return nil, malformed("a packet is longer than %d bytes", longestPacket)
		}
		at := len(packet)
		packet = append(packet, make([]byte, size)...)
		if _, err := io.ReadFull(p.r, packet[at:]); err != nil {
			return nil, cutShort(err)
		}
		if size < 255 {
			return packet, nil
		}
	}
}

// cutShort takes a file that ends within a page for one that ends before it, as players do.
func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// page reads the header of the stream's next page, passing over those of others.
func (p *pages) page() error {
	for {
		var head [27]byte
		if _, err := io.ReadFull(p.r, head[:]); err != nil {
			return cutShort(err)
		}
		if string(head[:4]) != "OggS" || head[4] != 0 {
			return malformed("a page does not begin with OggS")
		}
		lacing := make([]byte, head[26])
		if _, err := io.ReadFull(p.r, lacing); err != nil {
			return cutShort(err)
		}
		serial := binary.LittleEndian.Uint32(head[14:])
		if !p.began {
			p.serial, p.began = serial, true
		}
		if serial == p.serial {
			p.lacing, p.granule, p.last = lacing, int64(binary.LittleEndian.Uint64(head[6:])), head[5]&4 != 0
			return nil
		}
		size := int64(0)
		for _, s := range lacing {
			size += int64(s)
		}
		if _, err := io.CopyN(io.Discard, p.r, size); err != nil {
			return cutShort(err)
		}
	}
}

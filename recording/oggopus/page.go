package oggopus

import (
	"encoding/binary"
	"io"
)

// A page, RFC 3533 section 6: this head, a length for each segment, the segments.
const (
	pageHead     = 27
	pageSegments = 255
	segmentBytes = 255

	flagFirst = 0x02
	flagLast  = 0x04
)

// pageFrames is how many packets of sound a page holds: a second's, so that who jumps into
// the file need not read much, and what a damaged page takes away is short.
const pageFrames = 50

// crcTable is of the polynomial 0x04c11db7, most significant bit first (RFC 3533 section 6).
var crcTable = makeTable()

func makeTable() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			if r&(1<<31) != 0 {
				r = r<<1 ^ 0x04c11db7
			} else {
				r <<= 1
			}
		}
		t[i] = r
	}
	return t
}

// checksum is a page's, whose own four bytes count as zero.
func checksum(page []byte) (crc uint32) {
	for i, b := range page {
		if i >= 22 && i < 26 {
			b = 0
		}
		crc = crc<<8 ^ crcTable[byte(crc>>24)^b]
	}
	return crc
}

// Writer writes one logical stream of Opus packets.
type Writer struct {
	w       io.Writer
	serial  uint32
	page    uint32
	sizes   []byte
	body    []byte
	packets int
	at      uint64 // samples of 48 kHz up to the end of the newest packet, pre-skip included
}

// Head is what a stream's first packet says (RFC 7845 section 5.1).
type Head struct {
	// Channels, each a stream of its own, so that no side is heard in the other.
	Channels int
	// PreSkip is what a decoder is to leave out at the beginning, in samples of 48 kHz.
	PreSkip int
	// Rate of the sound that was coded, in Hz; for information only.
	Rate int
}

// NewWriter writes a stream's two header packets, each in a page of its own (RFC 7845 section 3). The serial
// number tells streams of one file apart; any will do.
func NewWriter(w io.Writer, serial uint32, h Head) (*Writer, error) {
	le := binary.LittleEndian
	b := append([]byte("OpusHead"), 1, byte(h.Channels))
	b = le.AppendUint16(b, uint16(h.PreSkip))
	b = le.AppendUint32(b, uint32(h.Rate))
	b = append(b, 0, 0, 1, byte(h.Channels), 0) // no gain; mapping family 1: as many streams as channels, none coupled
	for i := range h.Channels {
		b = append(b, byte(i))
	}
	out := &Writer{w: w, serial: serial}
	out.add(b)
	if err := out.flush(flagFirst); err != nil {
		return nil, err
	}
	tags := append([]byte("OpusTags"), 7, 0, 0, 0)
	tags = append(append(tags, "hotline"...), 0, 0, 0, 0) // no comments: a file tells nothing of a call
	out.add(tags)
	if err := out.flush(0); err != nil {
		return nil, err
	}
	return out, nil
}

// add puts a packet on the page.
func (w *Writer) add(packet []byte) {
	n := len(packet)
	for ; n >= segmentBytes; n -= segmentBytes {
		w.sizes = append(w.sizes, segmentBytes)
	}
	w.sizes = append(w.sizes, byte(n))
	w.body = append(w.body, packet...)
	w.packets++
}

// Packet takes one packet of so many samples of 48 kHz.
func (w *Writer) Packet(packet []byte, samples int) error {
	if w.packets == pageFrames || len(w.sizes)+len(packet)/segmentBytes+1 > pageSegments {
		if err := w.flush(0); err != nil {
			return err
		}
	}
	w.add(packet)
	w.at += uint64(samples)
	return nil
}

// Close writes what is left as the last page. end is where the sound ends, in samples of 48 kHz with
// the pre-skip: what is coded beyond it a decoder leaves out (RFC 7845 section 4.4).
func (w *Writer) Close(end uint64) error {
	w.at = min(w.at, end)
	return w.flush(flagLast)
}

func (w *Writer) flush(flags byte) error {
	le := binary.LittleEndian
	b := append(make([]byte, 0, pageHead+len(w.sizes)+len(w.body)), "OggS"...)
	b = append(b, 0, flags)
	b = le.AppendUint64(b, w.at)
	b = le.AppendUint32(b, w.serial)
	b = le.AppendUint32(b, w.page)
	b = append(b, 0, 0, 0, 0, byte(len(w.sizes)))
	b = append(append(b, w.sizes...), w.body...)
	le.PutUint32(b[22:], checksum(b))
	w.page++
	w.sizes, w.body, w.packets = w.sizes[:0], w.body[:0], 0
	_, err := w.w.Write(b)
	return err
}

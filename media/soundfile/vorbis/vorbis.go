// Package vorbis decodes Ogg Vorbis files, after the Vorbis I specification of Xiph.Org; sections named in comments
// are its. Floors of type 0, which encoders stopped to write before version 1.0, are refused.
package vorbis

import (
	"errors"
	"io"
)

// Decoder reads one file. It is used by one goroutine.
type Decoder struct {
	pages   pages
	setup   setup
	sizes   [2]*transform
	tail    [][]float32 // by channel: the windowed second half of the last block
	last    int         // the last block's size; 0 before the first
	pending []float32   // decoded, channels side by side
	given   int64       // frames that were decoded
}

// New reads a file's headers. The error is ErrFormat, or the reader's.
func New(r io.Reader) (*Decoder, error) {
	d := &Decoder{pages: pages{r: r}}
	for _, read := range []func([]byte) error{d.setup.identify, func([]byte) error { return nil }, d.setup.build} {
		packet, err := d.pages.packet()
		if errors.Is(err, io.EOF) {
			return nil, malformed("it ends within its headers")
		}
		if err != nil {
			return nil, err
		}
		if err := read(packet); err != nil {
			return nil, err
		}
	}
	d.sizes = [2]*transform{newTransform(d.setup.blocks[0]), newTransform(d.setup.blocks[1])}
	d.tail = make([][]float32, d.setup.channels)
	return d, nil
}

// Rate is in samples a second.
func (d *Decoder) Rate() int { return d.setup.rate }

// Channels is how many there are.
func (d *Decoder) Channels() int { return d.setup.channels }

// Read fills p with whole frames, channels side by side, from −1 to 1 where the encoder kept to that; io.EOF at the end.
func (d *Decoder) Read(p []float32) (int, error) {
	p = p[:len(p)/d.setup.channels*d.setup.channels]
	for len(d.pending) == 0 {
		packet, err := d.pages.packet()
		if err != nil {
			return 0, err
		}
		if err := d.block(packet); err != nil {
			return 0, err
		}
		d.trim()
	}
	n := copy(p, d.pending)
	d.pending = d.pending[n:]
	return n, nil
}

// trim cuts what the last block has beyond the end that the last page names (appendix A.2).
func (d *Decoder) trim() {
	d.given += int64(len(d.pending) / d.setup.channels)
	if beyond := d.given - d.pages.granule; d.pages.last && d.pages.granule >= 0 && len(d.pages.lacing) == 0 && beyond > 0 {
		d.pending = d.pending[:max(len(d.pending)-int(min(beyond, int64(len(d.pending))))*d.setup.channels, 0)]
	}
}

// block decodes one packet of sound (section 4.3). One that can't be decoded is passed over, as the specification asks.
func (d *Decoder) block(packet []byte) error {
	r := &bitReader{b: packet}
	if len(packet) == 0 || r.flag() {
		return nil
	}
	n := int(r.read(ilog(len(d.setup.modes) - 1)))
	if r.over || n >= len(d.setup.modes) {
		return malformed("a block's mode is not there")
	}
	m, size := d.setup.modes[n], 0
	before, after := true, true // whether the neighbours are long
	if m.long {
		size = 1
		before, after = r.flag(), r.flag()
	}
	t := d.sizes[size]
	spectra := d.spectra(r, m.mapping, t.n/2)
	left, right := t, t
	if m.long && !before {
		left = d.sizes[0]
	}
	if m.long && !after {
		right = d.sizes[0]
	}
	blocks := make([][]float32, len(spectra))
	for ch, spectrum := range spectra {
		blocks[ch] = make([]float32, t.n)
		t.inverse(spectrum, blocks[ch])
		window(blocks[ch], left, right)
	}
	d.overlap(blocks, t.n)
	return nil
}

// spectra decodes the channels' spectra.
func (d *Decoder) spectra(r *bitReader, m *mapping, size int) [][]float32 {
	spectra, heights := make([][]float32, d.setup.channels), make([][]int, d.setup.channels)
	silent := make([]bool, d.setup.channels)
	for ch := range spectra {
		spectra[ch] = make([]float32, size)
		heights[ch] = m.submaps[m.mux[ch]].floor.heights(r)
		silent[ch] = heights[ch] == nil
	}
	for _, c := range m.couplings {
		if !silent[c.magnitude] || !silent[c.angle] {
			silent[c.magnitude], silent[c.angle] = false, false
		}
	}
	for i, sub := range m.submaps {
		var these [][]float32
		var quiet []bool
		for ch := range spectra {
			if m.mux[ch] == i {
				these, quiet = append(these, spectra[ch]), append(quiet, silent[ch])
			}
		}
		sub.residue.decode(r, these, quiet)
	}
	for i := len(m.couplings) - 1; i >= 0; i-- {
		uncouple(spectra[m.couplings[i].magnitude], spectra[m.couplings[i].angle])
	}
	for ch, ys := range heights {
		if ys == nil {
			clear(spectra[ch])
			continue
		}
		m.submaps[m.mux[ch]].floor.curve(ys, spectra[ch])
	}
	return spectra
}

// uncouple turns magnitude and angle into two channels (section 4.3.5).
func uncouple(magnitude, angle []float32) {
	for i, m := range magnitude {
		a := angle[i]
		switch {
		case m > 0 && a > 0:
			angle[i] = m - a
		case m > 0:
			magnitude[i], angle[i] = m+a, m
		case a > 0:
			angle[i] = m + a
		default:
			magnitude[i], angle[i] = m-a, m
		}
	}
}

// window shapes a block by the slopes it shares with its neighbours.
func window(block []float32, left, right *transform) {
	n := len(block)
	start := n/4 - left.n/4
	clear(block[:start])
	for i, w := range left.slope {
		block[start+i] *= w
	}
	start = n*3/4 - right.n/4
	for i := range right.slope {
		block[start+i] *= right.slope[len(right.slope)-1-i]
	}
	clear(block[start+len(right.slope):])
}

// overlap adds the last block's second half to this one's first: what lies between their middles is done.
func (d *Decoder) overlap(blocks [][]float32, n int) {
	done := (d.last + n) / 4
	if d.last == 0 {
		done = 0
	}
	d.pending = make([]float32, done*len(blocks))
	for ch, block := range blocks {
		for i := range done {
			v := float32(0)
			if i < len(d.tail[ch]) {
				v = d.tail[ch][i]
			}
			if at := n/2 - done + i; at >= 0 { // the blocks' middles are done apart
				v += block[at]
			}
			d.pending[i*len(blocks)+ch] = v
		}
		d.tail[ch] = block[n/2:]
	}
	d.last = n
}

package vorbis

import "encoding/binary"

// setup is what the three headers say (section 4.2).
type setup struct {
	channels, rate int
	blocks         [2]int // sizes, in samples
	books          []*codebook
	floors         []*floor
	residues       []*residue
	mappings       []*mapping
	modes          []mode
}

// mapping says which floor and residue a channel has, and which channels are coupled.
type mapping struct {
	couplings []coupling
	mux       []int // by channel: its submap
	submaps   []submap
}

type coupling struct{ magnitude, angle int }

type submap struct {
	floor   *floor
	residue *residue
}

type mode struct {
	long    bool
	mapping *mapping
}

// identify reads the first header.
func (s *setup) identify(b []byte) error {
	if len(b) < 30 || string(b[:7]) != "\x01vorbis" {
		return malformed("its first packet is no Vorbis header")
	}
	if v := binary.LittleEndian.Uint32(b[7:]); v != 0 {
		return malformed("it is Vorbis of version %d; 0 is known", v)
	}
	s.channels, s.rate = int(b[11]), int(binary.LittleEndian.Uint32(b[12:]))
	s.blocks = [2]int{1 << (b[28] & 15), 1 << (b[28] >> 4)}
	if s.channels == 0 || s.rate == 0 || s.blocks[0] < 64 || s.blocks[1] > 8192 || s.blocks[0] > s.blocks[1] {
		return malformed("its header says %d channels, %d Hz, blocks of %d and %d", s.channels, s.rate, s.blocks[0], s.blocks[1])
	}
	return nil
}

// build reads the third header.
func (s *setup) build(b []byte) error {
	if len(b) < 8 || string(b[:7]) != "\x05vorbis" {
		return malformed("its third packet is no Vorbis setup")
	}
	r, room := &bitReader{b: b[7:]}, mostVectors
	for range r.read(8) + 1 {
		book, err := readCodebook(r, &room)
		if err != nil {
			return err
		}
		s.books = append(s.books, book)
	}
	for range r.read(6) + 1 { // placeholders of what never came
		if r.read(16) != 0 {
			return malformed("its setup has a time domain transform")
		}
	}
	for range r.read(6) + 1 {
		f, err := readFloor(r, s.books)
		if err != nil {
			return err
		}
		s.floors = append(s.floors, f)
	}
	for range r.read(6) + 1 {
		res, err := readResidue(r, s.books)
		if err != nil {
			return err
		}
		s.residues = append(s.residues, res)
	}
	for range r.read(6) + 1 {
		m, err := s.readMapping(r)
		if err != nil {
			return err
		}
		s.mappings = append(s.mappings, m)
	}
	for range r.read(6) + 1 {
		long, window, transform, m := r.flag(), r.read(16), r.read(16), int(r.read(8))
		if window != 0 || transform != 0 || m >= len(s.mappings) {
			return malformed("a mode of its setup is not known")
		}
		s.modes = append(s.modes, mode{long, s.mappings[m]})
	}
	if !r.flag() || r.over {
		return malformed("its setup is cut short")
	}
	return nil
}

func (s *setup) readMapping(r *bitReader) (*mapping, error) {
	if r.read(16) != 0 {
		return nil, malformed("a mapping of its setup is not known")
	}
	m, submaps := &mapping{mux: make([]int, s.channels)}, 1
	if r.flag() {
		submaps = int(r.read(4)) + 1
	}
	if r.flag() {
		width := ilog(s.channels - 1)
		for range r.read(8) + 1 {
			c := coupling{int(r.read(width)), int(r.read(width))}
			if c.magnitude == c.angle || c.magnitude >= s.channels || c.angle >= s.channels {
				return nil, malformed("it couples channel %d with %d of %d", c.magnitude, c.angle, s.channels)
			}
			m.couplings = append(m.couplings, c)
		}
	}
	if r.read(2) != 0 {
		return nil, malformed("a mapping of its setup is not known")
	}
	for ch := range m.mux {
		if submaps > 1 {
			m.mux[ch] = int(r.read(4))
		}
		if m.mux[ch] >= submaps {
			return nil, malformed("a channel is in no submap")
		}
	}
	for range submaps {
		r.read(8) // unused
		f, res := int(r.read(8)), int(r.read(8))
		if f >= len(s.floors) || res >= len(s.residues) {
			return nil, malformed("a mapping names a floor or residue there is none of")
		}
		m.submaps = append(m.submaps, submap{s.floors[f], s.residues[res]})
	}
	return m, nil
}

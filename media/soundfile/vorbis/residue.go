package vorbis

// residue is the fine shape of spectra (section 8).
type residue struct {
	kind       uint32
	begin, end int
	size       int // of a partition
	classbook  *codebook
	books      [][8]*codebook // by class and pass; nil: nothing is added
}

func readResidue(r *bitReader, books []*codebook) (_ *residue, err error) {
	s := &residue{kind: r.read(16), begin: int(r.read(24)), end: int(r.read(24)), size: int(r.read(24)) + 1}
	if s.kind > 2 || s.end < s.begin {
		return nil, malformed("a residue is of type %d", s.kind)
	}
	s.books = make([][8]*codebook, r.read(6)+1)
	if s.classbook, err = bookOf(books, int(r.read(8))); err != nil {
		return nil, err
	}
	passes := make([]uint32, len(s.books))
	for i := range passes {
		passes[i] = r.read(3)
		if r.flag() {
			passes[i] |= r.read(5) << 3
		}
	}
	for class := range s.books {
		for pass := range 8 {
			if passes[class]>>pass&1 == 0 {
				continue
			}
			book, err := bookOf(books, int(r.read(8)))
			if err != nil {
				return nil, err
			}
			if book.vectors == nil {
				return nil, malformed("a residue's codebook has no vectors")
			}
			s.books[class][pass] = book
		}
	}
	if r.over {
		return nil, malformed("a residue is cut short")
	}
	return s, nil
}

// decode adds the residue to the spectra, but for those that are silent. A packet that ends here has just no more to say.
func (s *residue) decode(r *bitReader, spectra [][]float32, silent []bool) {
	if s.kind != 2 {
		s.partitions(r, spectra, silent)
		return
	}
	all := true
	for _, is := range silent {
		all = all && is
	}
	if all || len(spectra) == 0 {
		return
	}
	n := len(spectra[0])
	woven := make([]float32, n*len(spectra))
	s.partitions(r, [][]float32{woven}, []bool{false})
	for i := range n {
		for ch := range spectra {
			spectra[ch][i] = woven[i*len(spectra)+ch]
		}
	}
}

// partitions goes through the spectra in eight passes, partition by partition (section 8.6.2).
func (s *residue) partitions(r *bitReader, spectra [][]float32, silent []bool) {
	if len(spectra) == 0 {
		return
	}
	size := len(spectra[0])
	begin, end := min(s.begin, size), min(s.end, size)
	count := (end - begin) / s.size
	classes := make([][]int, len(spectra))
	for ch := range classes {
		classes[ch] = make([]int, count+s.classbook.dims)
	}
	for pass := range 8 {
		for first := 0; first < count; first += s.classbook.dims {
			if pass == 0 && !s.classify(r, classes, silent, first) {
				return
			}
			for p := first; p < min(first+s.classbook.dims, count); p++ {
				for ch, spectrum := range spectra {
					book := s.books[classes[ch][p]][pass]
					if silent[ch] || book == nil {
						continue
					}
					at := begin + p*s.size
					if !s.add(r, book, spectrum[at:at+s.size]) {
						return
					}
				}
			}
		}
	}
}

// classify reads the classes of the next partitions; false: the packet has ended.
func (s *residue) classify(r *bitReader, classes [][]int, silent []bool, first int) bool {
	for ch := range classes {
		if silent[ch] {
			continue
		}
		value := s.classbook.entry(r)
		if value < 0 {
			return false
		}
		for i := s.classbook.dims - 1; i >= 0; i-- {
			classes[ch][first+i] = value % len(s.books)
			value /= len(s.books)
		}
	}
	return true
}

// add decodes one partition; false: the packet has ended.
func (s *residue) add(r *bitReader, book *codebook, to []float32) bool {
	if s.kind == 0 {
		step := len(to) / book.dims
		for i := range step {
			v := book.vector(r)
			if v == nil {
				return false
			}
			for j, x := range v {
				to[i+j*step] += x
			}
		}
		return true
	}
	for at := 0; at < len(to); at += book.dims {
		v := book.vector(r)
		if v == nil {
			return false
		}
		for j, x := range v[:min(len(v), len(to)-at)] {
			to[at+j] += x
		}
	}
	return true
}

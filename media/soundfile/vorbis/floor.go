package vorbis

import (
	"math"
	"slices"
)

// floor is the rough shape of a spectrum, a line of straight pieces in dB (type 1, section 7).
type floor struct {
	parts      []int // their classes
	classes    []floorClass
	multiplier int
	xs         []int // where its points are
	order      []int // of xs, rising
	low, high  []int // each point's neighbours among those before it
}

type floorClass struct {
	dims, subclasses int
	master           *codebook
	books            []*codebook // nil: the value is 0
}

func readFloor(r *bitReader, books []*codebook) (*floor, error) {
	if kind := r.read(16); kind != 1 {
		return nil, malformed("a floor is of type %d, of encoders before 2000; encode it anew", kind)
	}
	f := &floor{parts: make([]int, r.read(5))}
	most := -1
	for i := range f.parts {
		f.parts[i] = int(r.read(4))
		most = max(most, f.parts[i])
	}
	for range most + 1 {
		c, err := readFloorClass(r, books)
		if err != nil {
			return nil, err
		}
		f.classes = append(f.classes, c)
	}
	f.multiplier = int(r.read(2)) + 1
	width := int(r.read(4))
	f.xs = []int{0, 1 << width}
	for _, class := range f.parts {
		for range f.classes[class].dims {
			f.xs = append(f.xs, int(r.read(width)))
		}
	}
	if r.over {
		return nil, malformed("a floor is cut short")
	}
	return f, f.arrange()
}

func readFloorClass(r *bitReader, books []*codebook) (c floorClass, err error) {
	c.dims, c.subclasses = int(r.read(3))+1, int(r.read(2))
	if c.subclasses > 0 {
		if c.master, err = bookOf(books, int(r.read(8))); err != nil {
			return c, err
		}
	}
	for range 1 << c.subclasses {
		var book *codebook
		if n := int(r.read(8)); n > 0 {
			if book, err = bookOf(books, n-1); err != nil {
				return c, err
			}
		}
		c.books = append(c.books, book)
	}
	return c, nil
}

func bookOf(books []*codebook, n int) (*codebook, error) {
	if n >= len(books) {
		return nil, malformed("it names codebook %d of %d", n, len(books))
	}
	return books[n], nil
}

// arrange sorts the points and finds their neighbours.
func (f *floor) arrange() error {
	for i, x := range f.xs {
		f.order = append(f.order, i)
		low, high := 0, 1
		for j, other := range f.xs[:i] {
			if other == x {
				return malformed("a floor has two points at %d", x)
			}
			if other < x && other > f.xs[low] {
				low = j
			}
			if other > x && other < f.xs[high] {
				high = j
			}
		}
		f.low, f.high = append(f.low, low), append(f.high, high)
	}
	slices.SortFunc(f.order, func(a, b int) int { return f.xs[a] - f.xs[b] })
	return nil
}

// heights decodes the points' heights; nil: there is no sound (section 7.2.3).
func (f *floor) heights(r *bitReader) []int {
	if !r.flag() {
		return nil
	}
	width := ilog([...]int{256, 128, 86, 64}[f.multiplier-1] - 1)
	ys := []int{int(r.read(width)), int(r.read(width))}
	for _, part := range f.parts {
		c := &f.classes[part]
		value := 0
		if c.subclasses > 0 {
			value = max(c.master.entry(r), 0)
		}
		for range c.dims {
			book := c.books[value&(1<<c.subclasses-1)]
			value >>= c.subclasses
			y := 0
			if book != nil {
				y = max(book.entry(r), 0)
			}
			ys = append(ys, y)
		}
	}
	if r.over {
		return nil
	}
	return ys
}

// curve multiplies a spectrum by the floor (section 7.2.4).
func (f *floor) curve(ys []int, spectrum []float32) {
	final, drawn := f.unwrap(ys)
	x, y := 0, final[f.order[0]]*f.multiplier
	for _, i := range f.order[1:] {
		if drawn[i] {
			line(spectrum, x, y, f.xs[i], final[i]*f.multiplier)
			x, y = f.xs[i], final[i]*f.multiplier
		}
	}
	if x < len(spectrum) {
		line(spectrum, x, y, len(spectrum), y)
	}
}

// unwrap turns differences from the line between neighbours into heights.
func (f *floor) unwrap(ys []int) (final []int, drawn []bool) {
	span := [...]int{256, 128, 86, 64}[f.multiplier-1]
	final, drawn = slices.Clone(ys), make([]bool, len(ys))
	drawn[0], drawn[1] = true, true
	for i := 2; i < len(ys); i++ {
		low, high := f.low[i], f.high[i]
		predicted := point(f.xs[low], final[low], f.xs[high], final[high], f.xs[i])
		above, below, v := span-predicted, predicted, ys[i]
		if drawn[i] = v != 0; v == 0 {
			final[i] = predicted
			continue
		}
		drawn[low], drawn[high] = true, true
		switch {
		case v >= 2*min(above, below) && above > below:
			final[i] = v - below + predicted
		case v >= 2*min(above, below):
			final[i] = predicted - v + above - 1
		case v%2 == 1:
			final[i] = predicted - (v+1)/2
		default:
			final[i] = predicted + v/2
		}
	}
	return final, drawn
}

// point is the height at x on the line between two points (section 9.2.6).
func point(x0, y0, x1, y1, x int) int {
	off := abs(y1-y0) * (x - x0) / (x1 - x0)
	if y1 < y0 {
		return y0 - off
	}
	return y0 + off
}

// line multiplies the stretch from x0 up to x1 by the line between two points (section 9.2.7).
func line(spectrum []float32, x0, y0, x1, y1 int) {
	dy, adx := y1-y0, x1-x0
	base := dy / adx
	step := base + 1
	if dy < 0 {
		step = base - 1
	}
	ady, err, y := abs(dy)-abs(base)*adx, 0, y0
	for x := x0; x < min(x1, len(spectrum)); x++ {
		spectrum[x] *= amplitudes[min(max(y, 0), 255)]
		if err += ady; err >= adx {
			err -= adx
			y += step
		} else {
			y += base
		}
	}
}

func abs(v int) int { return max(v, -v) }

// amplitudes are the 256 heights of a floor, in steps of 140/256 dB up to 1 (section 10.1).
var amplitudes = func() (t [256]float32) {
	for i := range t {
		t[i] = float32(math.Pow(10, float64(i-255)*140/256/20))
	}
	return t
}()

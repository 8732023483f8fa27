package vorbis

import "math"

// codebook is a prefix code, and what vectors its entries stand for (section 3).
type codebook struct {
	dims    int
	entries int
	tree    []branch
	vectors []float32 // dims for each entry; nil: the entries are numbers only
}

// branch is a node of the code's tree: where a 0 and a 1 lead. Above 0: the node of that number; below 0: the entry
// -1-n; 0: nowhere.
type branch struct {
	to   [2]int32
	full bool
}

// Bounds of a setup header's codebooks: many times what encoders write.
const (
	mostEntries = 1 << 16
	mostVectors = 1 << 22 // numbers in the vectors of all codebooks together
)

const codebookSync = 0x564342

func readCodebook(r *bitReader, room *int) (*codebook, error) {
	if r.read(24) != codebookSync {
		return nil, malformed("a codebook does not begin as one")
	}
	c := &codebook{dims: int(r.read(16)), entries: int(r.read(24))}
	if c.dims == 0 || c.entries == 0 || c.entries > mostEntries {
		return nil, malformed("a codebook has %d entries of %d dimensions", c.entries, c.dims)
	}
	lengths, err := readLengths(r, c.entries)
	if err != nil {
		return nil, err
	}
	if err := c.grow(lengths); err != nil {
		return nil, err
	}
	return c, c.readVectors(r, room)
}

// readLengths reads how many bits each entry's code has; 0: it has none.
func readLengths(r *bitReader, entries int) ([]uint8, error) {
	lengths := make([]uint8, entries)
	if !r.flag() {
		sparse := r.flag()
		for i := range lengths {
			if !sparse || r.flag() {
				lengths[i] = uint8(r.read(5)) + 1
			}
		}
	} else {
		length := uint8(r.read(5)) + 1
		for at := 0; at < entries; length++ {
			n := int(r.read(ilog(entries - at)))
			if at+n > entries || length > 32 || r.over {
				return nil, malformed("a codebook's lengths go beyond its entries")
			}
			for ; n > 0; n-- {
				lengths[at] = length
				at++
			}
		}
	}
	if r.over {
		return nil, malformed("a codebook is cut short")
	}
	return lengths, nil
}

// grow makes the tree: each entry in turn gets the lowest code of its length that is free.
func (c *codebook) grow(lengths []uint8) error {
	c.tree = make([]branch, 1, 2*len(lengths))
	used, only := 0, 0
	for entry, length := range lengths {
		if length == 0 {
			continue
		}
		used, only = used+1, entry
		if !c.place(0, int(length), int32(-1-entry)) {
			return malformed("a codebook has more codes than there are")
		}
	}
	if used == 1 { // one code of one bit, whichever it is (errata of 2015)
		c.tree = []branch{{to: [2]int32{int32(-1 - only), int32(-1 - only)}}}
	}
	return nil
}

func (c *codebook) place(node int32, depth int, leaf int32) bool {
	if c.tree[node].full {
		return false
	}
	for side := range 2 {
		to := c.tree[node].to[side]
		switch {
		case depth == 1 && to == 0:
			c.tree[node].to[side] = leaf
		case depth == 1 || to < 0:
			continue
		default:
			if to == 0 {
				to = int32(len(c.tree))
				c.tree = append(c.tree, branch{})
				c.tree[node].to[side] = to
			}
			if !c.place(to, depth-1, leaf) {
				continue
			}
		}
		c.tree[node].full = c.taken(node, 0) && c.taken(node, 1)
		return true
	}
	return false
}

// taken reports whether nothing fits in on a side any more.
func (c *codebook) taken(node int32, side int) bool {
	to := c.tree[node].to[side]
	return to < 0 || to > 0 && c.tree[to].full
}

// readVectors reads the vectors (section 3.2.1, lookup types).
func (c *codebook) readVectors(r *bitReader, room *int) error {
	kind := r.read(4)
	if kind == 0 {
		return nil
	}
	if kind > 2 {
		return malformed("a codebook's lookup is of type %d", kind)
	}
	least, step := float(r.read(32)), float(r.read(32))
	width, sums := int(r.read(4))+1, r.flag()
	values := c.entries * c.dims
	if *room -= values; *room < 0 {
		return malformed("its codebooks are too large")
	}
	if kind == 1 {
		values = int(math.Pow(float64(c.entries), 1/float64(c.dims)) + 1e-9)
		for powAtMost(values+1, c.dims, c.entries) {
			values++
		}
	}
	steps := make([]float32, values)
	for i := range steps {
		steps[i] = float32(r.read(width))
	}
	if r.over {
		return malformed("a codebook is cut short")
	}
	c.vectors = make([]float32, c.entries*c.dims)
	for entry := range c.entries {
		last, divisor := float32(0), 1
		for i := range c.dims {
			at := entry*c.dims + i
			if kind == 1 {
				at = entry / divisor % values
				divisor = min(divisor*values, mostEntries) // beyond, entry / divisor is 0 all the same
			}
			v := steps[at]*step + least + last
			if sums {
				last = v
			}
			c.vectors[entry*c.dims+i] = v
		}
	}
	return nil
}

// powAtMost reports whether base to the power is at most limit.
func powAtMost(base, power, limit int) bool {
	v := 1
	for range power {
		if v *= base; v > limit {
			return false
		}
		if base == 1 {
			break
		}
	}
	return true
}

// entry decodes the next code; -1: the packet has ended, or no entry has it.
func (c *codebook) entry(r *bitReader) int {
	node := int32(0)
	for {
		if r.at >= 8*len(r.b) {
			r.over = true
			return -1
		}
		bit := r.b[r.at/8] >> (r.at % 8) & 1
		r.at++
		switch node = c.tree[node].to[bit]; {
		case node < 0:
			return int(-1 - node)
		case node == 0:
			r.over = true
			return -1
		}
	}
}

// vector decodes the next code to its vector; nil as for entry.
func (c *codebook) vector(r *bitReader) []float32 {
	e := c.entry(r)
	if e < 0 {
		return nil
	}
	return c.vectors[e*c.dims : (e+1)*c.dims]
}

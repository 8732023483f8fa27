package ivr

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// Split sends callers on by lot: so many of a hundred each way.
type Split struct{ Shares []Share }

// Share is one way of a split.
type Share struct {
	Percent At[int] // 0–100; those of a split add up to 100
	Next    At[string]
}

// share is a checked one.
type share struct {
	percent int
	next    *node
}

func (c *compiler) split(d *draft) {
	n, sum := d.node, 0
	if len(d.src.Split.Shares) > mostCases {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d", mostCases), "split %q has %d ways", n.name, len(d.src.Split.Shares))
	}
	for _, s := range d.src.Split.Shares {
		percent := c.number(s.Percent, 0, 0, 100, "percent")
		sum += percent
		n.shares = append(n.shares, share{percent, c.edge(d, s.Next, true, "a share")})
	}
	if sum != 100 {
		c.report(d.src.Name.Pos, "shares that add up to 100, as [{percent: 30, next: a}, {percent: 70, next: b}]", "the shares of split %q add up to %d", n.name, sum)
	}
}

// split goes on by lot. The lot is drawn from the call and the moment: chance for
// people, the same again when the call's events are replayed.
func (st *step) split(n *node) (*node, string) {
	h := fnv.New64a()
	var moment [16]byte
	binary.LittleEndian.PutUint64(moment[:], uint64(st.now.UnixNano()))
	binary.LittleEndian.PutUint64(moment[8:], uint64(st.Entered))
	for _, part := range [][]byte{moment[:], []byte(st.Vars.Caller.Number), []byte(n.flow.name), []byte(n.name)} {
		h.Write(part)
	}
	lot := h.Sum64()
	lot ^= lot >> 33 // FNV's low bits alone are no good lot
	lot *= 0xff51afd7ed558ccd
	at := int((lot ^ lot>>33) % 100)
	for i := range n.shares {
		if at -= n.shares[i].percent; at < 0 {
			return n.shares[i].next, fmt.Sprintf("by lot, %d of 100", n.shares[i].percent)
		}
	}
	return n.flow.end, "no share"
}

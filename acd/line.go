package acd

// line is the order of a queue's calls, ringing ones included, as a tree that
// knows how many it holds on each side: the place of a call is found in
// O(log n). It is a treap whose heights come from a hash of the call's id; its
// shape decides nothing.
type line struct{ root *caller }

// knot is a caller's place in the tree.
type knot struct {
	left, right *caller
	size        int
	oldest      int64 // earliest entry in the tree below
	height      uint32
}

func (l *line) len() int { return size(l.root) }

func (l *line) insert(c *caller) {
	c.knot = knot{size: 1, oldest: c.entry, height: hash(string(c.id))}
	left, right := split(l.root, c)
	l.root = merge(merge(left, c), right)
}

func (l *line) remove(c *caller) {
	l.root = cut(l.root, c)
	c.knot = knot{}
}

// position is 1 for the call that is next.
func (l *line) position(c *caller) int {
	before := 0
	for at := l.root; at != nil; {
		if at.before(c) {
			before += size(at.knot.left) + 1
			at = at.knot.right
		} else {
			at = at.knot.left
		}
	}
	return before + 1
}

// each visits the calls in order.
func (l *line) each(visit func(*caller)) { walk(l.root, visit) }

func walk(at *caller, visit func(*caller)) {
	if at == nil {
		return
	}
	walk(at.knot.left, visit)
	visit(at)
	walk(at.knot.right, visit)
}

func size(c *caller) int {
	if c == nil {
		return 0
	}
	return c.knot.size
}

// oldest is the earliest entry of those in the line.
func (l *line) oldest() (int64, bool) {
	if l.root == nil {
		return 0, false
	}
	return l.root.knot.oldest, true
}

// resize works out anew what a knot knows of the tree below it.
func (c *caller) resize() {
	k := &c.knot
	k.size, k.oldest = 1, c.entry
	if k.left != nil {
		k.size += k.left.knot.size
		k.oldest = min(k.oldest, k.left.knot.oldest)
	}
	if k.right != nil {
		k.size += k.right.knot.size
		k.oldest = min(k.oldest, k.right.knot.oldest)
	}
}

// split parts a tree into those before c and the rest.
func split(at, c *caller) (left, right *caller) {
	if at == nil {
		return nil, nil
	}
	if at.before(c) {
		at.knot.right, right = split(at.knot.right, c)
		at.resize()
		return at, right
	}
	left, at.knot.left = split(at.knot.left, c)
	at.resize()
	return left, at
}

// merge joins two trees, all of left being before all of right.
func merge(left, right *caller) *caller {
	switch {
	case left == nil:
		return right
	case right == nil:
		return left
	case left.knot.height > right.knot.height:
		left.knot.right = merge(left.knot.right, right)
		left.resize()
		return left
	default:
		right.knot.left = merge(left, right.knot.left)
		right.resize()
		return right
	}
}

func cut(at, c *caller) *caller {
	switch {
	case at == nil:
		return nil
	case at == c:
		return merge(at.knot.left, at.knot.right)
	case at.before(c):
		at.knot.right = cut(at.knot.right, c)
	default:
		at.knot.left = cut(at.knot.left, c)
	}
	at.resize()
	return at
}

// hash is FNV-1a with a last stir, as neighbouring ids differ in their last letters only.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	h ^= h >> 16
	return h * 0x85ebca6b
}

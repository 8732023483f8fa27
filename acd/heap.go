package acd

// ordered is what a heap holds: it knows its order and remembers its place, so
// that any element can be taken out in O(log n). Orders are total (ids break
// ties), hence what a heap answers never depends on the way it was filled.
type ordered[T any] interface {
	comparable
	before(other T) bool
	place() *int // 1-based index in the heap, 0 when in none
}

// heap is a binary heap whose smallest element is at hand.
type heap[T ordered[T]] struct{ items []T }

// top gives the smallest element without taking it.
func (h *heap[T]) top() (T, bool) {
	if len(h.items) == 0 {
		var none T
		return none, false
	}
	return h.items[0], true
}

// push puts x in. x must be in no heap.
func (h *heap[T]) push(x T) {
	h.items = append(h.items, x)
	*x.place() = len(h.items)
	h.up(len(h.items) - 1)
}

// remove takes x out, if it is in.
func (h *heap[T]) remove(x T) {
	i := *x.place() - 1
	if i < 0 {
		return
	}
	*x.place() = 0
	last := len(h.items) - 1
	moved := h.items[last]
	var none T
	h.items[last] = none
	h.items = h.items[:last]
	if i == last {
		return
	}
	h.items[i] = moved
	*moved.place() = i + 1
	h.down(i)
	h.up(*moved.place() - 1)
}

func (h *heap[T]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.items[i].before(h.items[parent]) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *heap[T]) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h.items) {
			return
		}
		if child+1 < len(h.items) && h.items[child+1].before(h.items[child]) {
			child++
		}
		if !h.items[child].before(h.items[i]) {
			return
		}
		h.swap(i, child)
		i = child
	}
}

func (h *heap[T]) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.items[i].place() = i + 1
	*h.items[j].place() = j + 1
}

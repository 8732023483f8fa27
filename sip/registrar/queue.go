package registrar

// entry is a binding in its place.
type entry struct {
	Binding
	key string
	at  int // index in the queue
}

// queue is a heap of all bindings, the first to run out on top.
type queue []*entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return before(q[i], q[j]) }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}

// Push is heap.Interface's.
func (q *queue) Push(x any) {
	e, _ := x.(*entry) // the package pushes nothing else
	e.at = len(*q)
	*q = append(*q, e)
}

// Pop is heap.Interface's.
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return e
}

// before orders by expiry, then by name, so that replays come out the same.
func before(a, b *entry) bool {
	if !a.Expires.Equal(b.Expires) {
		return a.Expires.Before(b.Expires)
	}
	if a.Account != b.Account {
		return a.Account < b.Account
	}
	return a.key < b.key
}

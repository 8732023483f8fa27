package acd

// match gives waiting calls to ready seats until no seat that is ready may take
// a call that waits: each time the first call, in the total order, that any
// ready seat may take, and for it the best seat. Only seats and calls that
// became available in this step need a look, since before it nothing matched.
func (e *Engine) match() {
	x := &e.index
	for {
		c, s := e.next()
		if c == nil {
			break
		}
		e.offer(c, s)
	}
	x.settleDown()
}

// settleDown takes everything as seen: nothing that waits matches anything that is ready.
func (x *index) settleDown() {
	for _, p := range x.awakeSupplies {
		p.awake = false
	}
	for _, d := range x.awakeDemands {
		d.awake = false
	}
	for _, s := range x.noticed {
		s.noticed = false
	}
	clear(x.noticed)
	x.noticed = x.noticed[:0]
	x.awakeSupplies, x.awakeDemands = x.awakeSupplies[:0], x.awakeDemands[:0]
}

// next finds the pair to be brought together next, nil if there is none.
func (e *Engine) next() (*caller, *seat) {
	var first *caller
	for _, p := range e.index.awakeSupplies {
		if len(p.ready.items) == 0 {
			continue
		}
		for _, d := range p.demands {
			first = earlier(first, d)
		}
	}
	for _, d := range e.index.awakeDemands {
		if d.anyReady() {
			first = earlier(first, d)
		}
	}
	first = e.index.earliestKnown(first)
	if first == nil {
		return e.nextToo()
	}
	if first.known != nil {
		return first, first.known
	}
	return first, e.best(first.in)
}

// earlier is the call that comes first: the one in hand or the pool's first.
func earlier(first *caller, d *demand) *caller {
	if len(d.waiting.items) == 0 {
		return first
	}
	if c := d.waiting.items[0]; first == nil || c.before(first) {
		return c
	}
	return first
}

package sip

import "time"

// alarm is one thing a worker will do later. It belongs to the worker's clock
// and may be set again and stopped at any time on the worker's goroutine.
type alarm struct {
	at   time.Duration // since the clock's start
	pos  int           // in the heap plus one; 0 when it isn't set
	ring func()
}

// clock is a worker's alarms, the next one first (a binary heap).
type clock struct {
	start time.Time
	heap  []*alarm
}

func newClock() *clock { return &clock{start: time.Now()} }

func (c *clock) now() time.Duration { return time.Since(c.start) }

// set lets the alarm ring after d, instead of when it was to ring before.
func (c *clock) set(a *alarm, d time.Duration) {
	c.stop(a)
	a.at = c.now() + d
	c.heap = append(c.heap, a)
	a.pos = len(c.heap)
	c.up(len(c.heap) - 1)
}

// stop takes the alarm back; nothing happens when it isn't set.
func (c *clock) stop(a *alarm) {
	if a.pos == 0 {
		return
	}
	i, last := a.pos-1, len(c.heap)-1
	c.swap(i, last)
	c.heap[last] = nil
	c.heap = c.heap[:last]
	a.pos = 0
	if i < last {
		c.down(i)
		c.up(i)
	}
}

// next is how long until the first alarm; false when none is set.
func (c *clock) next() (time.Duration, bool) {
	if len(c.heap) == 0 {
		return 0, false
	}
	return max(c.heap[0].at-c.now(), 0), true
}

// due rings every alarm whose time has come.
func (c *clock) due() {
	now := c.now()
	for len(c.heap) > 0 && c.heap[0].at <= now {
		a := c.heap[0]
		c.stop(a)
		a.ring()
	}
}

func (c *clock) swap(i, j int) {
	c.heap[i], c.heap[j] = c.heap[j], c.heap[i]
	c.heap[i].pos, c.heap[j].pos = i+1, j+1
}

func (c *clock) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if c.heap[parent].at <= c.heap[i].at {
			return
		}
		c.swap(i, parent)
		i = parent
	}
}

func (c *clock) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(c.heap); child++ {
			if c.heap[child].at < c.heap[least].at {
				least = child
			}
		}
		if least == i {
			return
		}
		c.swap(i, least)
		i = least
	}
}

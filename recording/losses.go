package recording

import (
	"math"
	"slices"

	"hotline/call"
)

const (
	// mostLosses bounds the losses listed of one side; a further one makes the last of them longer.
	mostLosses = 1024
	// lossBreak parts losses: what is nearer to the one before is of the same stretch.
	lossBreak = rate
)

// hole is a stretch whose packets have not come.
type hole struct {
	span
	packets int64
}

// losses are the holes that the net has left in a track. One that may still be filled, by packets that were overtaken, is open.
type losses struct {
	open []hole
	list []call.TrackLoss
}

// miss notes packets that had not come when a later one did.
func (l *losses) miss(from, to, packets int64) {
	if from < to && packets > 0 {
		l.open = append(l.open, hole{span{from, to}, packets})
	}
}

// fill takes an overtaken packet into its place.
func (l *losses) fill(from, to int64) {
	for i, h := range l.open {
		if from >= h.to || to <= h.from {
			continue
		}
		var rest []hole
		before := max(0, from-h.from) * h.packets / (h.to - h.from)
		if from > h.from {
			rest = append(rest, hole{span{h.from, from}, max(1, before)})
		}
		if to < h.to {
			rest = append(rest, hole{span{to, h.to}, max(1, h.packets-1-before)})
		}
		l.open = slices.Replace(l.open, i, i+1, rest...)
		return
	}
}

// moved follows what a hunch had laid and is laid elsewhere.
func (l *losses) moved(m move) {
	for i := range l.open {
		if h := &l.open[i]; h.from >= m.from {
			h.from, h.to = h.from-m.by, h.to-m.by
		}
	}
}

// settle lists the holes before a place: they are written, and nothing comes into them any more.
func (l *losses) settle(base int64) {
	n := 0
	for ; n < len(l.open) && l.open[n].to <= base; n++ {
		l.add(l.open[n])
	}
	l.open = slices.Delete(l.open, 0, n)
}

func (l *losses) add(h hole) {
	if n := len(l.list); n > 0 {
		last := &l.list[n-1]
		if n == mostLosses || duration(h.from-lossBreak) <= last.At+last.Length {
			last.Length = max(last.Length, duration(h.to)-last.At)
			last.Packets += int(h.packets)
			return
		}
	}
	l.list = append(l.list, call.TrackLoss{At: duration(h.from), Length: duration(h.to - h.from), Packets: int(h.packets)})
}

// all are the losses so far, with those that may still be filled.
func (l *losses) all() []call.TrackLoss {
	sum := losses{open: slices.Clone(l.open), list: slices.Clone(l.list)}
	sum.settle(math.MaxInt64)
	return sum.list
}

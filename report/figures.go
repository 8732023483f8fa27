// Package report counts: key figures and tables as folds over calls' events.
// Each formula stands in one place, here, and every output names the one it used.
// The package is pure.
package report

import (
	"fmt"
	"time"
)

// Formula is a way to work out the service level. With a = answered and b =
// abandoned within the target, A and B all answered and abandoned, short abandons apart.
type Formula uint8

// The formulas. SL4 is the default everywhere.
const (
	SL4 Formula = iota // a / (A + B − b): who left within the target hurts nobody
	SL1                // (a + b) / (A + B): who left within the target counts as served
	SL2                // a / A: who left does not count
	SL3                // a / (A + B): whoever left counts as not served
)

var formulas = []string{"SL-4", "SL-1", "SL-2", "SL-3"}

func (f Formula) String() string {
	if int(f) < len(formulas) {
		return formulas[f]
	}
	return fmt.Sprintf("invalid(%d)", uint8(f))
}

// Figures are raw counts of one queue, or of several added up: rates are made
// of them at the very end, never added themselves.
type Figures struct {
	Answered        int `json:"answered"`         // A
	AnsweredWithin  int `json:"answered_within"`  // a: within the queue's target
	Abandoned       int `json:"abandoned"`        // B: left while waiting, short abandons apart
	AbandonedWithin int `json:"abandoned_within"` // b
	ShortAbandons   int `json:"short_abandons"`
	Overflowed      int `json:"overflowed"`  // given up by a rule of the queue
	Interrupted     int `json:"interrupted"` // the node stopped while they waited

	Waits Histogram `json:"waits"` // of the answered
}

// CountAnswer counts a call that a seat has picked up, by its wait since it first entered a queue.
func (f *Figures) CountAnswer(wait, target time.Duration) {
	f.Answered++
	f.Waits.observe(wait)
	if wait <= target {
		f.AnsweredWithin++
	}
}

// CountAbandon counts a caller who left while waiting; before short he is counted apart.
func (f *Figures) CountAbandon(wait, target, short time.Duration) {
	if wait < short {
		f.ShortAbandons++
		return
	}
	f.Abandoned++
	if wait <= target {
		f.AbandonedWithin++
	}
}

// ServiceLevel is the share of calls served within the target, 0 to 1, by a
// formula; false when there is nothing to take a share of.
func (f *Figures) ServiceLevel(by Formula) (float64, bool) {
	a, b, allA, allB := f.AnsweredWithin, f.AbandonedWithin, f.Answered, f.Abandoned
	switch by {
	case SL1:
		return share(a+b, allA+allB)
	case SL2:
		return share(a, allA)
	case SL3:
		return share(a, allA+allB)
	default:
		return share(a, allA+allB-b)
	}
}

// SpeedOfAnswer is ASA (平均应答速度): waiting time of answered calls / answered;
// false when none was.
func (f *Figures) SpeedOfAnswer() (time.Duration, bool) {
	if f.Answered == 0 {
		return 0, false
	}
	return f.Waits.Sum / time.Duration(f.Answered), true
}

// AskedForSeat is how many calls wanted a seat of the queue and what became of
// them is known.
func (f *Figures) AskedForSeat() int {
	return f.Answered + f.Abandoned + f.ShortAbandons + f.Overflowed
}

// AbandonRate is 放弃率: abandoned, short abandons apart / asked for a seat.
func (f *Figures) AbandonRate() (float64, bool) { return share(f.Abandoned, f.AskedForSeat()) }

// SeatConnectRate is 人工接通率: answered by a seat / asked for a seat.
func (f *Figures) SeatConnectRate() (float64, bool) { return share(f.Answered, f.AskedForSeat()) }

// Add adds another queue's figures.
func (f *Figures) Add(o *Figures) {
	f.Answered += o.Answered
	f.AnsweredWithin += o.AnsweredWithin
	f.Abandoned += o.Abandoned
	f.AbandonedWithin += o.AbandonedWithin
	f.ShortAbandons += o.ShortAbandons
	f.Overflowed += o.Overflowed
	f.Interrupted += o.Interrupted
	f.Waits.add(&o.Waits)
}

func share(part, whole int) (float64, bool) {
	if whole <= 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// WaitBounds are the upper bounds of a Histogram's buckets, in seconds; the last bucket has none.
var WaitBounds = [...]int{5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600}

// Histogram counts waiting times.
type Histogram struct {
	Counts [len(WaitBounds) + 1]int `json:"counts"` // each wait in one bucket: up to and including its bound
	Sum    time.Duration            `json:"sum"`
}

func (h *Histogram) observe(wait time.Duration) {
	h.Sum += wait
	for i, bound := range WaitBounds {
		if wait <= time.Duration(bound)*time.Second {
			h.Counts[i]++
			return
		}
	}
	h.Counts[len(WaitBounds)]++
}

func (h *Histogram) add(o *Histogram) {
	h.Sum += o.Sum
	for i, n := range o.Counts {
		h.Counts[i] += n
	}
}

package acd

import (
	"cmp"
	"slices"
	"time"
)

// queue is a queue at work: its rules now in force and the calls in it.
type queue struct {
	Queue
	removed bool // not in the site any more; it stays until the last phone ringing for it has stopped
	sets    map[string]*demandSet
	line    line
	pace    pace
	plans   []*plan // it is one of whose queues, in the site's order
	moved   bool    // another call may be its first after this step
	load    *window[loadCounts]

	rules []queueRule   // of overflow, in force now: those of plans, then its own
	lifts []*PlanAction // what plans do to its calls' priority now, in order
	refit bool          // these have changed in this step
	back  backOffice
}

// Defaults for what a site may leave out; an offer without an end would be no lease.
const (
	defaultOfferTimeout = 15 * time.Second
	defaultCredit       = 60 * time.Second
	maxCredit           = 24 * time.Hour
)

func newQueue(rules Queue, now int64) *queue {
	q := &queue{sets: map[string]*demandSet{}, load: newWindow[loadCounts](int64(staffingOver), now)}
	q.obey(rules)
	return q
}

// obey takes the rules of a revision.
func (q *queue) obey(rules Queue) {
	q.Queue = rules
	q.removed = false
	q.Widen = slices.Clone(rules.Widen)
	slices.SortStableFunc(q.Widen, func(a, b Widen) int { return cmp.Compare(a.After, b.After) })
	if q.OfferTimeout <= 0 {
		q.OfferTimeout = defaultOfferTimeout
	}
	q.fit()
}

func (q *queue) credit() time.Duration {
	if q.PriorityCredit <= 0 {
		return defaultCredit
	}
	return min(q.PriorityCredit, maxCredit)
}

// levelAfter is how many widen steps are in force for a call that has been here so long (ns).
func (q *queue) levelAfter(waited int64) int {
	level := 0
	for level < len(q.Widen) && int64(q.Widen[level].After) <= waited {
		level++
	}
	return level
}

// nextWiden is when the step after level comes, counted from joining.
func (q *queue) nextWiden(level int) (time.Duration, bool) {
	if level >= len(q.Widen) {
		return 0, false
	}
	return q.Widen[level].After, true
}

func (q *queue) isOpen(now int64) bool { return q.Hours == nil || q.Hours.IsOpen(at(now)) }

func (q *queue) isFull() bool { return q.MaxWaiting > 0 && q.line.len() >= q.MaxWaiting }

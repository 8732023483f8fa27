package app

import (
	"fmt"
	"math/rand/v2"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
)

// Recorded is whether a conversation is recorded, by the newest revision: the
// agent's word counts before the queue's, but never a queue's never, which is
// there for the customers' sake.
func (h house) Recorded(queue string, seat call.SeatID) live.RecordingRule {
	rev := h.rev.Load()
	q, ok := rev.queues[queue]
	if !ok {
		return live.RecordingRule{Words: "the queue is not there any more"}
	}
	policy, whose := q.Record, "queue "+queue
	if own := rev.agents[seat].Record; own != nil && policy.Mode != config.RecordNever {
		policy, whose = *own, "agent "+string(seat)
	}
	rule := live.RecordingRule{Record: drawn(policy), Asked: policy.Mode != config.RecordNever, Key: q.RecordKey, Fork: q.Fork}
	if q.RecordNotice != "" {
		rule.Announce = []string{q.RecordNotice}
	}
	switch policy.Mode {
	case config.RecordNever:
		rule.Words = whose + " is never recorded"
	case config.RecordOnDemand:
		rule.Words = whose + " is recorded when somebody asks"
	case config.RecordPercent:
		rule.Words = fmt.Sprintf("%s is recorded by lot, %d %% of the conversations", whose, policy.Percent)
	case config.RecordAlways:
	}
	return rule
}

// drawn decides one conversation.
func drawn(p config.RecordPolicy) bool {
	switch p.Mode {
	case config.RecordAlways:
		return true
	case config.RecordPercent:
		return rand.IntN(100) < p.Percent //nolint:gosec // a sample, not a secret
	case config.RecordNever, config.RecordOnDemand:
	}
	return false
}

package simulate

import (
	"time"

	"hotline/call"
)

// FromRecords makes calls of call records: everybody who waited in a queue, at
// the time and in the queue of the first entry. Talk is known of those who were
// answered, patience of those who gave up; the rest is Unset. Priority and skills are the
// queue's own, as records do not keep what a flow asked for.
func FromRecords(records []call.Record) []Call {
	var calls []Call
	for i := range records {
		if c, ok := fromRecord(&records[i]); ok {
			calls = append(calls, c)
		}
	}
	return calls
}

func fromRecord(r *call.Record) (Call, bool) {
	for i := range r.Segments {
		s := &r.Segments[i]
		if s.Kind != call.SegmentQueue {
			continue
		}
		c := Call{At: s.Start.Time, Queue: s.Queue, Class: r.CallerClass, Talk: Unset, Patience: Unset}
		switch {
		case !r.AnsweredAt.IsZero():
			c.Talk = lasting(r.TalkSeconds + r.HoldSeconds)
		case r.Outcome == call.OutcomeAbandoned:
			c.Patience = lasting(r.WaitSeconds)
		}
		return c, true
	}
	return Call{}, false
}

// PatienceOf estimates how long recorded callers wait before they give up; Never's Dist when none did.
func PatienceOf(records []call.Record) Dist {
	var waits []time.Duration
	gaveUp := 0
	for i := range records {
		if _, queued := fromRecord(&records[i]); !queued {
			continue
		}
		waits = append(waits, lasting(records[i].WaitSeconds))
		if records[i].Outcome == call.OutcomeAbandoned {
			gaveUp++
		}
	}
	mean, some := Patience(waits, gaveUp)
	if !some {
		return Dist{Kind: DistNever}
	}
	return Dist{Kind: DistExponential, Mean: mean}
}

func lasting(seconds float64) time.Duration {
	return time.Duration(min(max(seconds, 0), maxLength.Seconds()) * float64(time.Second))
}

package call

import "math"

// outcome is the first rule of the contract that applies to a call that has
// ended and was neither refused nor interrupted.
func (f *Folder) outcome(by Party, cause Cause) Outcome {
	switch {
	case f.outgoing && !f.reached, f.uncalled():
		return OutcomeUnreached
	case !f.rec.AnsweredAt.IsZero():
		return OutcomeAnswered
	case f.voicemail:
		return OutcomeVoicemail
	case f.rec.SurveyCall != "": // he was asked, however far he went along
		return OutcomeServedInIVR
	case f.callback:
		return OutcomeCallback
	case f.leftRule != "":
		return OutcomeOverflowed
	case f.gaveUpWaiting() || f.neverBegan() || (f.menuBefore && leftByCaller(by, cause)):
		return OutcomeAbandoned
	default:
		return OutcomeServedInIVR
	}
}

// uncalled: one of us called another, who did not answer.
func (f *Folder) uncalled() bool {
	return f.rec.Direction == Internal && f.rec.AnsweredAt.IsZero() && f.queuedAt.IsZero()
}

// gaveUpWaiting: the caller was in a queue to the end. LeftQueue may have come first.
func (f *Folder) gaveUpWaiting() bool {
	return f.waiting() || (f.stage == none && !f.leftAt.IsZero() && f.leftRule == "")
}

// neverBegan: gone before the flow began, so that nothing can have served him:
// between our 200 and its ACK, or the ACK never came.
func (f *Folder) neverBegan() bool { return len(f.rec.Segments) == 0 }

// leftByCaller: a caller whose gateway died has left as well.
func leftByCaller(by Party, cause Cause) bool { return by == PartyCaller || cause == CausePeerGone }

// lostCause tells why a caller got no seat. A caller who left a flow has asked
// for none, so only leaving at once is marked.
func (f *Folder) lostCause(outcome Outcome) LostCause {
	switch outcome {
	case OutcomeAnswered:
		return f.lostAfterAnswer()
	case OutcomeVoicemail, OutcomeOverflowed:
		return lostByRule(f.leftRule)
	case OutcomeAbandoned:
		return f.lostByLeaving()
	default:
		return LostNone
	}
}

func (f *Folder) lostAfterAnswer() LostCause {
	switch {
	case !f.rec.ConnectedAt.IsZero():
		return LostNone
	case f.leftEarly:
		return LostLeftInAnnouncement
	case f.waiting(): // the seat's leg died in the announcement, and the caller gave up in the queue
		return f.lostByLeaving()
	default:
		return LostNone
	}
}

func (f *Folder) lostByLeaving() LostCause {
	since := f.queuedAt
	if since.IsZero() {
		since = f.rec.StartedAt
	}
	short := f.now.Sub(since.Time) < f.shortAbandon
	switch {
	case short:
		return LostShortAbandon
	case f.queuedAt.IsZero():
		return LostNone
	case f.unanswered || len(f.rings) > 0:
		return LostRingNoAnswer
	default:
		return LostAbandonedInQueue
	}
}

// lostByRule maps an overflow rule. Out of hours nobody was lost, and a removed
// queue has nobody to lose to.
func lostByRule(rule string) LostCause {
	switch rule {
	case "no_seats":
		return LostNoSeats
	case "full":
		return LostQueueFull
	case "waited":
		return LostWaitedTooLong
	default:
		return LostNone
	}
}

// waitSeconds is from the first queue entry to the first pick-up, else to the last leaving.
func (f *Folder) waitSeconds() float64 {
	until := f.rec.AnsweredAt
	if until.IsZero() {
		until = f.leftAt
	}
	if f.queuedAt.IsZero() || until.IsZero() {
		return 0
	}
	return max(0, until.Sub(f.queuedAt.Time).Seconds())
}

// tally sums the segments that have ended. Seats add up, since each has a part
// of its own; rings do not, since several phones may ring for one call.
func (r *Record) tally() {
	var rungUntil Stamp
	for i := range r.Segments {
		s := &r.Segments[i]
		switch s.Kind {
		case SegmentRing:
			from := s.Start
			if from.Before(rungUntil.Time) {
				from = rungUntil
			}
			if s.End.After(from.Time) {
				r.RingSeconds += s.End.Sub(from.Time).Seconds()
				rungUntil = s.End
			}
		case SegmentSeat:
			r.TalkSeconds += s.Seconds()
		case SegmentHold:
			r.HoldSeconds += s.Seconds()
		case SegmentWrapUp:
			r.WrapUpSeconds += s.Seconds()
		case SegmentIVR, SegmentQueue, SegmentSurvey, SegmentVoicemail, SegmentDial, SegmentOutside,
			SegmentConsult, SegmentConference, SegmentSupervise:
		}
	}
	r.RingSeconds, r.TalkSeconds = milli(r.RingSeconds), milli(r.TalkSeconds)
	r.HoldSeconds, r.WrapUpSeconds = milli(r.HoldSeconds), milli(r.WrapUpSeconds)
	if r.HoldSeconds > 0 {
		r.TalkSeconds = max(0, milli(r.TalkSeconds-r.HoldSeconds))
	}
}

// milli rounds the dust of floating point off a sum of milliseconds.
func milli(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

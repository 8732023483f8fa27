package call

import "bytes"

// Outcome is how a call came out, once it has ended. The rules are those of
// Folder.outcome, the first that applies.
type Outcome uint8

// The outcomes. The zero value is a call that goes on; it encodes as null.
const (
	OutcomeNone Outcome = iota
	OutcomeAnswered
	OutcomeAbandoned
	OutcomeServedInIVR
	OutcomeVoicemail
	OutcomeCallback
	OutcomeOverflowed
	OutcomeRefused
	OutcomeInterrupted
	OutcomeUnreached // we called, and the customer did not answer
)

var outcomes = []string{"", "answered", "abandoned", "served_in_ivr", "voicemail", "callback", "overflowed", "refused", "interrupted", "unreached"}

// Outcomes lists every outcome of a call that has ended, in order.
func Outcomes() []Outcome { return enumList[Outcome](outcomes) }

func (o Outcome) String() string { return enumText(outcomes, o) }

// MarshalText gives the outcome's name; empty while the call goes on.
func (o Outcome) MarshalText() ([]byte, error) { return enumMarshal("outcome", outcomes, o) }

// UnmarshalText reads an outcome's name.
func (o *Outcome) UnmarshalText(b []byte) (err error) {
	*o, err = enumParse[Outcome]("outcome", outcomes, b)
	return err
}

// MarshalJSON gives the name, or null while the call goes on.
func (o Outcome) MarshalJSON() ([]byte, error) { return enumNull("outcome", outcomes, o) }

// UnmarshalJSON reads a name or null.
func (o *Outcome) UnmarshalJSON(b []byte) error { return enumReadNull("outcome", outcomes, b, o) }

// LostCause says why a caller who asked for a seat did not get one (呼损).
type LostCause uint8

// The causes. The zero value is a call that was not lost; it encodes as null.
const (
	LostNone               LostCause = iota
	LostNoSeats                      // nobody who could take the call was signed in
	LostWaitedTooLong                // the queue's limit on waiting
	LostQueueFull                    // the queue's limit on calls
	LostAbandonedInQueue             // the caller gave up waiting
	LostShortAbandon                 // the caller left at once (短时放弃)
	LostRingNoAnswer                 // a seat was rung and did not pick up before the caller left
	LostLeftInAnnouncement           // the caller left while the agent number was announced (报号中放弃)
)

var lostCauses = []string{
	"", "no_seats", "waited_too_long", "queue_full", "abandoned_in_queue", "short_abandon", "ring_no_answer",
	"left_in_announcement",
}

// LostCauses lists every cause in order.
func LostCauses() []LostCause { return enumList[LostCause](lostCauses) }

func (c LostCause) String() string { return enumText(lostCauses, c) }

// MarshalText gives the cause's name; empty for a call that was not lost.
func (c LostCause) MarshalText() ([]byte, error) { return enumMarshal("lost cause", lostCauses, c) }

// UnmarshalText reads a cause's name.
func (c *LostCause) UnmarshalText(b []byte) (err error) {
	*c, err = enumParse[LostCause]("lost cause", lostCauses, b)
	return err
}

// MarshalJSON gives the name, or null.
func (c LostCause) MarshalJSON() ([]byte, error) { return enumNull("lost cause", lostCauses, c) }

// UnmarshalJSON reads a name or null.
func (c *LostCause) UnmarshalJSON(b []byte) error {
	return enumReadNull("lost cause", lostCauses, b, c)
}

// SegmentKind is what a stretch of a call was.
type SegmentKind uint8

// The kinds. ivr, queue, survey, voicemail and outside follow one another and never
// overlap; ring lies within queue, dial within queue or ivr and hold within seat; wrap_up follows its seat.
const (
	SegmentIVR SegmentKind = iota
	SegmentQueue
	SegmentRing      // an offer: a seat's phone being rung
	SegmentSeat      // a seat's part, from pick-up, announcement included
	SegmentHold      // the seat's call on hold, by whichever side
	SegmentSurvey    //
	SegmentVoicemail //
	SegmentWrapUp    // the seat's work afterwards
	SegmentDial      // an outside number being called; the caller waits, or is in a flow, meanwhile
	SegmentOutside   // an outside party's part, from its answer
	// Within seat:
	SegmentConsult    // the seat talks to somebody else, the caller is on hold
	SegmentConference // all three talk
	SegmentSupervise  // a supervisor is in the call
)

var segmentKinds = []string{"ivr", "queue", "ring", "seat", "hold", "survey", "voicemail", "wrap_up", "dial", "outside", "consult", "conference", "supervise"}

func (k SegmentKind) String() string { return enumText(segmentKinds, k) }

// MarshalText gives the kind's name.
func (k SegmentKind) MarshalText() ([]byte, error) {
	return enumMarshal("segment kind", segmentKinds, k)
}

// UnmarshalText reads a kind's name.
func (k *SegmentKind) UnmarshalText(b []byte) (err error) {
	*k, err = enumParse[SegmentKind]("segment kind", segmentKinds, b)
	return err
}

// enumList gives every value of an enum whose zero value is "none".
func enumList[E ~uint8](names []string) []E {
	all := make([]E, 0, len(names)-1)
	for i := 1; i < len(names); i++ {
		all = append(all, E(i))
	}
	return all
}

// enumNull is enumMarshal in JSON with null for the zero value.
func enumNull[E ~uint8](what string, names []string, e E) ([]byte, error) {
	if e == 0 {
		return []byte("null"), nil
	}
	name, err := enumMarshal(what, names, e)
	if err != nil {
		return nil, err
	}
	return append(append([]byte{'"'}, name...), '"'), nil
}

// enumReadNull reads what enumNull wrote.
func enumReadNull[E ~uint8](what string, names []string, b []byte, e *E) (err error) {
	if bytes.Equal(b, []byte("null")) {
		*e = 0
		return nil
	}
	*e, err = enumParse[E](what, names, bytes.Trim(b, `"`))
	return err
}

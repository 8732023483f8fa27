package call

// VisitState is what has become of a call-back survey (回访).
type VisitState uint8

// The states.
const (
	VisitPlanned  VisitState = iota // rung when it is due
	VisitCalling                    // the customer is rung, or asked
	VisitDone                       // he has answered the phone: over
	VisitOptedOut                   // he wants no surveys: over
	VisitFailed                     // he was not reached: over
	VisitDropped                    // blocked, cancelled, or nobody asks any more: over
)

var visitStates = []string{"planned", "calling", "done", "opted_out", "failed", "dropped"}

// Over tells whether nothing more comes of it.
func (s VisitState) Over() bool { return s >= VisitDone }

func (s VisitState) String() string { return enumText(visitStates, s) }

// MarshalText gives the state's name.
func (s VisitState) MarshalText() ([]byte, error) { return enumMarshal("survey state", visitStates, s) }

// UnmarshalText reads a state's name.
func (s *VisitState) UnmarshalText(b []byte) (err error) {
	*s, err = enumParse[VisitState]("survey state", visitStates, b)
	return err
}

// The answers of a survey that mean more than themselves.
const (
	AnswerLater  = "later"   // the customer wants to be rung at another time
	AnswerOptOut = "opt_out" // he wants no surveys any more
)

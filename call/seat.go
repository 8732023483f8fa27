package call

// SeatState is what a seat is doing (座席状态). See docs/architecture.md for the moves between them.
type SeatState uint8

// The states of a seat.
const (
	SeatOffline     SeatState = iota // 签出: signed out
	SeatReady                        // 示闲: may be offered a call
	SeatOffered                      // 振铃: a phone rings with an offer
	SeatAnnouncing                   // 报工号: picked up, the agent number is being announced
	SeatTalking                      // 通话
	SeatHeld                         // 保持: in a call that is on hold
	SeatWrapUp                       // 话后处理
	SeatBusy                         // 示忙: a short leave
	SeatBreak                        // 小休: away, with a reason
	SeatUnreachable                  // 话机异常: signed in, phone not registered or not answering SIP
)

var seatStates = []string{"offline", "ready", "offered", "announcing", "talking", "held", "wrap_up", "busy", "break", "unreachable"}

// SeatStates lists every state in order, for gauges that show each.
func SeatStates() []SeatState {
	all := make([]SeatState, len(seatStates))
	for i := range all {
		all[i] = SeatState(i)
	}
	return all
}

func (s SeatState) String() string { return enumText(seatStates, s) }

// MarshalText gives the state's name in config, API and metrics.
func (s SeatState) MarshalText() ([]byte, error) { return enumMarshal("seat state", seatStates, s) }

// UnmarshalText reads a state's name.
func (s *SeatState) UnmarshalText(b []byte) (err error) {
	*s, err = enumParse[SeatState]("seat state", seatStates, b)
	return err
}

// InCall reports whether a seat in this state is bound to a call's legs.
func (s SeatState) InCall() bool {
	return s == SeatOffered || s == SeatAnnouncing || s == SeatTalking || s == SeatHeld
}

// OfferResult is how an offer ended; its names are the `result` label of hotline_offers_total.
type OfferResult uint8

// The results of an offer.
const (
	OfferAnswered    OfferResult = iota
	OfferDeclined                // the agent refused: 486, 600, 603, 3xx
	OfferNoAnswer                // the time limit passed
	OfferUnreachable             // the phone could not be rung
	OfferWithdrawn               // the caller left, or the call went elsewhere
)

var offerResults = []string{"answered", "declined", "no_answer", "unreachable", "withdrawn"}

// OfferResults lists every result in order.
func OfferResults() []OfferResult {
	return []OfferResult{OfferAnswered, OfferDeclined, OfferNoAnswer, OfferUnreachable, OfferWithdrawn}
}

func (r OfferResult) String() string { return enumText(offerResults, r) }

// MarshalText gives the result's name.
func (r OfferResult) MarshalText() ([]byte, error) {
	return enumMarshal("offer result", offerResults, r)
}

// UnmarshalText reads a result's name.
func (r *OfferResult) UnmarshalText(b []byte) (err error) {
	*r, err = enumParse[OfferResult]("offer result", offerResults, b)
	return err
}

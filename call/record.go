package call

import (
	"encoding/json"
	"time"
)

// Stamp is a time of the call record: UTC, to the millisecond. The zero Stamp
// is "never" or "not yet" and encodes as null.
type Stamp struct{ time.Time }

// StampOf cuts a time to what a record keeps.
func StampOf(t time.Time) Stamp {
	if t.IsZero() {
		return Stamp{}
	}
	return Stamp{t.UTC().Truncate(time.Millisecond)}
}

// MarshalJSON gives RFC 3339 with milliseconds, or null.
func (s Stamp) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	return s.UTC().AppendFormat(nil, `"`+stampLayout+`"`), nil
}

// UnmarshalJSON reads RFC 3339 or null.
func (s *Stamp) UnmarshalJSON(b []byte) error {
	var t *time.Time
	if err := json.Unmarshal(b, &t); err != nil {
		return err
	}
	*s = Stamp{}
	if t != nil {
		*s = StampOf(*t)
	}
	return nil
}

// Record is the call record (话单): what is known of a call, as a fold over its
// events, under the names of the API. Times are null until they come, or if
// they never do; the *_seconds count finished stretches only.
type Record struct {
	ID          ID          `json:"id"`
	Trunk       string      `json:"trunk"`
	Caller      string      `json:"caller"` // normalised number
	Called      string      `json:"called"`
	CallerClass CallerClass `json:"caller_class"`
	// Direction tells who called whom; Phone is the one of ours that began the call.
	Direction Way    `json:"direction"`
	Phone     string `json:"phone,omitempty"`
	Seat      SeatID `json:"seat,omitempty"` // the agent at that phone
	// Queue is the one the first seat answered from, else the last one waited in.
	Queue string `json:"queue"`
	// Agent is the first who could talk to the caller, else the last who picked up.
	Agent SeatID `json:"agent"`

	StartedAt   Stamp `json:"started_at"`   // INVITE received
	AnsweredAt  Stamp `json:"answered_at"`  // the first seat picked up
	ConnectedAt Stamp `json:"connected_at"` // both could talk
	EndedAt     Stamp `json:"ended_at"`     // the caller's part was over

	WaitSeconds   float64 `json:"wait_seconds"`    // first queue entry to answered_at, or to leaving
	RingSeconds   float64 `json:"ring_seconds"`    // of the waiting, how long a phone was rung
	TalkSeconds   float64 `json:"talk_seconds"`    // each seat from pick-up to its end, less hold
	HoldSeconds   float64 `json:"hold_seconds"`    // on hold, by either side
	WrapUpSeconds float64 `json:"wrap_up_seconds"` // seats' work afterwards

	Outcome   Outcome   `json:"outcome"`    // null while the call goes on
	LostCause LostCause `json:"lost_cause"` // null if the call was not lost
	EndedBy   *Party    `json:"ended_by"`   // null while the call goes on
	Cause     *Cause    `json:"cause"`      // null while the call goes on

	Disposition string  `json:"disposition"`
	Notes       string  `json:"notes"`
	Survey      *string `json:"survey"` // the last answer's name; null if none was given
	// SurveyAnswers are all answers, by question, in the order of the first ones.
	SurveyAnswers []SurveyAnswer `json:"survey_answers,omitempty"`
	// SurveyCall names the call-back survey (回访) we made the call for; Origin is the call it asks about.
	SurveyCall string `json:"survey_call,omitempty"`

	// Callback names the callback the call ended in, or is a try of; then Origin is
	// the call that asked for it, or was lost.
	Callback CallbackID `json:"callback,omitempty"`
	Origin   ID         `json:"origin,omitempty"`

	Language string   `json:"language,omitempty"` // the caller heard last; empty: the house's
	Tickets  []string `json:"tickets,omitempty"`  // opened in the call

	Segments   []Segment         `json:"segments"`
	Recordings []RecordRecording `json:"recordings"`
	// Recorders are the session recording servers outside that were to record a part of it.
	Recorders []RecordRecorder `json:"recorders,omitempty"`
	// Quality is what the sound of each leg was like, in the order in which they ended.
	Quality []SoundMeasured `json:"quality,omitempty"`
	// Unrecorded are the seats whose part is not recorded because the site says so, in order.
	Unrecorded []SeatID `json:"unrecorded,omitempty"`

	Node         string `json:"node"` // that entered the call
	SiteRevision int    `json:"site_revision"`
}

// SurveyAnswer is an answer to one question of a survey.
type SurveyAnswer struct {
	Question string `json:"question"` // the node's name
	Answer   string `json:"answer"`
}

// Segment is one stretch of a call with one party or stage (通话段).
type Segment struct {
	Kind  SegmentKind `json:"kind"`
	Start Stamp       `json:"start"`
	End   Stamp       `json:"end"` // null while it lasts
	// Flow is set for ivr, survey and voicemail.
	Flow string `json:"flow,omitempty"`
	// Queue is set for queue, ring and seat.
	Queue string `json:"queue,omitempty"`
	// Seat is set for ring, seat, hold and wrap_up.
	Seat SeatID `json:"seat,omitempty"`
	// Connected is when this seat and the caller could talk; for seat only.
	Connected Stamp `json:"connected,omitzero"`
	// Result is how an offer ended; for ring only.
	Result *OfferResult `json:"result,omitempty"`
	// Phone is the one of ours, where nobody was signed in at it.
	Phone string `json:"phone,omitempty"`
	// Number, Site and Trunk are set for dial and outside: who was called, by what way.
	// Number is also whom a seat asked, for consult and conference.
	Number string `json:"number,omitempty"`
	Site   string `json:"site,omitempty"`
	Trunk  string `json:"trunk,omitempty"`
	// Dial is what became of the number; for dial only.
	Dial *DialResult `json:"dial_result,omitempty"`
	// Mode is the supervisor's, the last one; for supervise only.
	Mode *SuperviseMode `json:"mode,omitempty"`
	// By is who held, or who ended the seat's part.
	By *Party `json:"by,omitempty"`
}

// Seconds is the length of a segment that has ended, else 0.
func (s Segment) Seconds() float64 {
	if s.End.IsZero() {
		return 0
	}
	return s.End.Sub(s.Start.Time).Seconds()
}

// RecordRecording is a recording of the call, as the record names it.
type RecordRecording struct {
	ID      RecordingID `json:"id"`
	Seconds float64     `json:"seconds"` // 0 until it has ended
	// URL is where its sound is; the API fills it in.
	URL string `json:"url"`
	// Mailbox is set for a voicemail.
	Mailbox string `json:"mailbox,omitempty"`
	// Failed says why it is incomplete.
	Failed string `json:"failed,omitempty"`
	// ErasedAt is when its sound was erased.
	ErasedAt Stamp `json:"erased_at,omitzero"`
}

// RecordRecorder is what a session recording server (RFC 7866) has of a call.
type RecordRecorder struct {
	Name    string `json:"name"` // in the site
	Session string `json:"session,omitempty"`
	TakenAt Stamp  `json:"taken_at"` // first; null if it never did
	EndedAt Stamp  `json:"ended_at"` // null while it goes on
	// Failures are how often it was not there, or had gone; Failed is why the last time.
	Failures int    `json:"failures,omitempty"`
	Failed   string `json:"failed,omitempty"`
}

// Lost tells whether somebody should ring the caller back (呼损回拨): he asked for a
// seat and got none, at the end of his patience or of ours. Who left at once, left a
// message or is called back anyway is not among them.
func (r *Record) Lost() bool {
	if r.Direction != Inbound || r.Callback != "" || r.CallerClass == CallerBlocked || !Dialable(r.Caller) {
		return false
	}
	if r.Outcome != OutcomeAbandoned && r.Outcome != OutcomeOverflowed {
		return false
	}
	return r.LostCause != LostNone && r.LostCause != LostShortAbandon && r.LostCause != LostLeftInAnnouncement
}

// Live reports whether the caller's part still goes on.
func (r *Record) Live() bool { return r.EndedAt.IsZero() }

// Seats lists the seats that had a part in the call, who began it first, then in order of pick-up, each once.
func (r *Record) Seats() []SeatID {
	var seats []SeatID
	if r.Seat != "" {
		seats = append(seats, r.Seat)
	}
	for i := range r.Segments {
		if r.Segments[i].Kind == SegmentSeat && r.Segments[i].Seat != "" {
			seats = addOnce(seats, r.Segments[i].Seat)
		}
	}
	return seats
}

// Queues lists the queues the caller waited in, in order, each once.
func (r *Record) Queues() []string {
	var queues []string
	for i := range r.Segments {
		if r.Segments[i].Kind == SegmentQueue {
			queues = addOnce(queues, r.Segments[i].Queue)
		}
	}
	return queues
}

func addOnce[T comparable](list []T, v T) []T {
	for _, have := range list {
		if have == v {
			return list
		}
	}
	return append(list, v)
}

package call

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// stampLayout is RFC 3339 in UTC with milliseconds, as every time of the API.
const stampLayout = "2006-01-02T15:04:05.000Z"

// events is the decoder of each kind. A kind that is missing here can't be
// read back, which TestEveryKindHasADecoder forbids.
var events = map[string]func(json.RawMessage) (Event, error){
	Entered{}.Kind():        readEvent[Entered],
	Refused{}.Kind():        readEvent[Refused],
	Accepted{}.Kind():       readEvent[Accepted],
	FlowBegan{}.Kind():      readEvent[FlowBegan],
	NodeEntered{}.Kind():    readEvent[NodeEntered],
	MenuEnded{}.Kind():      readEvent[MenuEnded],
	Queued{}.Kind():         readEvent[Queued],
	LeftQueue{}.Kind():      readEvent[LeftQueue],
	Offered{}.Kind():        readEvent[Offered],
	Ringing{}.Kind():        readEvent[Ringing],
	OfferEnded{}.Kind():     readEvent[OfferEnded],
	Connected{}.Kind():      readEvent[Connected],
	Held{}.Kind():           readEvent[Held],
	Resumed{}.Kind():        readEvent[Resumed],
	SeatLeft{}.Kind():       readEvent[SeatLeft],
	Dialled{}.Kind():        readEvent[Dialled],
	DialEnded{}.Kind():      readEvent[DialEnded],
	OutsideLeft{}.Kind():    readEvent[OutsideLeft],
	VoicemailLeft{}.Kind():  readEvent[VoicemailLeft],
	SurveyAnswered{}.Kind(): readEvent[SurveyAnswered],
	Told{}.Kind():           readEvent[Told],
	WrapUpBegan{}.Kind():    readEvent[WrapUpBegan],
	WrapUpEnded{}.Kind():    readEvent[WrapUpEnded],
	DispositionSet{}.Kind(): readEvent[DispositionSet],
	Ended{}.Kind():          readEvent[Ended],

	RecordingBegan{}.Kind():    readEvent[RecordingBegan],
	RecordingSkipped{}.Kind():  readEvent[RecordingSkipped],
	RecordingPaused{}.Kind():   readEvent[RecordingPaused],
	RecordingResumed{}.Kind():  readEvent[RecordingResumed],
	RecordingEnded{}.Kind():    readEvent[RecordingEnded],
	RecordingAnalysed{}.Kind(): readEvent[RecordingAnalysed],
	RecordingErased{}.Kind():   readEvent[RecordingErased],
	ForkBegan{}.Kind():         readEvent[ForkBegan],
	ForkEnded{}.Kind():         readEvent[ForkEnded],
	SiprecTaken{}.Kind():       readEvent[SiprecTaken],
	SiprecLost{}.Kind():        readEvent[SiprecLost],
	LanguageChosen{}.Kind():    readEvent[LanguageChosen],
	WebhookTold{}.Kind():       readEvent[WebhookTold],
	SoundMeasured{}.Kind():     readEvent[SoundMeasured],
	TicketOpened{}.Kind():      readEvent[TicketOpened],

	CallbackOffered{}.Kind():  readEvent[CallbackOffered],
	CallbackTaken{}.Kind():    readEvent[CallbackTaken],
	CustomerDialled{}.Kind():  readEvent[CustomerDialled],
	CustomerRinging{}.Kind():  readEvent[CustomerRinging],
	CustomerAnswered{}.Kind(): readEvent[CustomerAnswered],

	SeatCalled{}.Kind():        readEvent[SeatCalled],
	SeatCallEnded{}.Kind():     readEvent[SeatCallEnded],
	Transferred{}.Kind():       readEvent[Transferred],
	TransferFailed{}.Kind():    readEvent[TransferFailed],
	Consulted{}.Kind():         readEvent[Consulted],
	Conferenced{}.Kind():       readEvent[Conferenced],
	AsideLeft{}.Kind():         readEvent[AsideLeft],
	SurveySent{}.Kind():        readEvent[SurveySent],
	HelpAsked{}.Kind():         readEvent[HelpAsked],
	VerifyBegan{}.Kind():       readEvent[VerifyBegan],
	VerifyEnded{}.Kind():       readEvent[VerifyEnded],
	SupervisorJoined{}.Kind():  readEvent[SupervisorJoined],
	SupervisorChanged{}.Kind(): readEvent[SupervisorChanged],
	SupervisorLeft{}.Kind():    readEvent[SupervisorLeft],
	SeatMoved{}.Kind():         readEvent[SeatMoved],
}

// Kinds lists the kinds of event that can be read, sorted.
func Kinds() []string {
	kinds := make([]string, 0, len(events))
	for k := range events {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

func readEvent[E Event](data json.RawMessage) (Event, error) {
	var e E
	if len(data) == 0 {
		return e, nil
	}
	err := json.Unmarshal(data, &e)
	return e, err
}

// envelopeJSON is an Envelope as it is read; it is written by AppendJSON.
type envelopeJSON struct {
	Site  string          `json:"site"`
	Node  string          `json:"node"`
	Epoch uint64          `json:"epoch"`
	Call  ID              `json:"call"`
	Seq   uint64          `json:"seq"`
	At    time.Time       `json:"at"`
	Kind  string          `json:"kind"`
	Data  json.RawMessage `json:"data"`
}

// AppendJSON appends the envelope's JSON to dst and returns the longer slice:
// the fields of Envelope, then "kind" and "data". At is written in UTC to the
// millisecond, which is all the precision a record has. On error dst is
// returned as it came. It is the hot path of the journal, so the head is
// written by hand and only the event goes through encoding/json.
func (e Envelope) AppendJSON(dst []byte) ([]byte, error) {
	if e.Event == nil {
		return dst, Errorf(CodeInvalid, "envelope %d of call %s has no event", e.Seq, e.Call)
	}
	if y := e.At.UTC().Year(); y < 0 || y > 9999 {
		return dst, Errorf(CodeInvalid, "envelope %d of call %s: year %d is outside RFC 3339", e.Seq, e.Call, y)
	}
	data, err := json.Marshal(e.Event)
	if err != nil {
		return dst, fmt.Errorf("event %s: %w", e.Event.Kind(), err)
	}
	out := append(dst, '{')
	if e.Site != "" {
		out = append(out, `"site":`...)
		out = append(appendString(out, e.Site), ',')
	}
	out = append(appendString(append(out, `"node":`...), e.Node), `,"epoch":`...)
	out = strconv.AppendUint(out, e.Epoch, 10)
	out = appendString(append(out, `,"call":`...), string(e.Call))
	out = strconv.AppendUint(append(out, `,"seq":`...), e.Seq, 10)
	out = append(out, `,"at":"`...)
	out = e.At.UTC().AppendFormat(out, stampLayout)
	out = appendString(append(out, `","kind":`...), e.Event.Kind())
	out = append(append(out, `,"data":`...), data...)
	return append(out, '}'), nil
}

// MarshalJSON is AppendJSON into a slice of its own.
func (e Envelope) MarshalJSON() ([]byte, error) { return e.AppendJSON(make([]byte, 0, 384)) }

// UnmarshalJSON reads what AppendJSON wrote. A kind that is not known is an
// error that names it; fields that are not known are left out, so that an older
// node reads a newer one's journal as long as the kinds are the same.
func (e *Envelope) UnmarshalJSON(b []byte) error {
	var in envelopeJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	read, known := events[in.Kind]
	if !known {
		return Errorf(CodeInvalid, "event kind %q of call %s is unknown; one of %q", in.Kind, in.Call, Kinds())
	}
	event, err := read(in.Data)
	if err != nil {
		return fmt.Errorf("event %s of call %s: %w", in.Kind, in.Call, err)
	}
	*e = Envelope{Site: in.Site, Node: in.Node, Epoch: in.Epoch, Call: in.Call, Seq: in.Seq, At: in.At, Event: event}
	return nil
}

// appendString writes a JSON string. Ids and names are plain ASCII nearly
// always; anything else is left to encoding/json.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // a string always encodes
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

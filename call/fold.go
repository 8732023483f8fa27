package call

import (
	"slices"
	"time"
)

// DefaultShortAbandon is the waiting time below which a caller who leaves is
// counted apart (短时放弃).
const DefaultShortAbandon = 5 * time.Second

// Folder makes a call record of the call's events, one at a time. It is not
// safe for concurrent use.
type Folder struct {
	shortAbandon time.Duration
	rec          Record

	seq   uint64 // of the last event applied
	epoch uint64 // highest seen
	now   Stamp  // of the last event; never goes back

	stage  int // index of the open ivr, queue, survey, voicemail or outside segment, or none
	dial   int // of the open dial segment, or none
	rings  map[OfferID]int
	seats  map[SeatID]*seatPart
	wraps  map[SeatID]int
	tapes  map[RecordingID]struct{} // recordings that go on
	calls  map[LegID]int            // phones rung without routing's doing
	asides map[LegID]*aside         // whom seats ask, and supervisors

	flow       string // where the caller is
	menuBefore bool   // the flow has a menu and it has not ended yet
	queuedAt   Stamp  // first queue entry
	leftAt     Stamp  // last leaving of a queue without an answer
	leftRule   string // the overflow rule that ended the wait; empty if none did
	unanswered bool   // a phone was rung and did not pick up
	leftEarly  bool   // the caller left during the announcement
	voicemail  bool
	callback   bool // he is called back
	outgoing   bool // we call the customer, who
	reached    bool // has answered
}

// seatPart is a seat's leg while it lasts.
type seatPart struct {
	segment int
	hold    int            // index of the open hold segment, or none
	holders map[Party]bool // who holds; the segment ends when nobody does
}

const none = -1

// NewFolder begins a record. A caller who leaves a queue, or a flow, before
// shortAbandon is a short abandon; 0 stands for DefaultShortAbandon.
func NewFolder(shortAbandon time.Duration) *Folder {
	if shortAbandon == 0 {
		shortAbandon = DefaultShortAbandon
	}
	return &Folder{
		shortAbandon: shortAbandon,
		stage:        none,
		dial:         none,
		rings:        map[OfferID]int{},
		seats:        map[SeatID]*seatPart{},
		wraps:        map[SeatID]int{},
		tapes:        map[RecordingID]struct{}{},
		calls:        map[LegID]int{},
		asides:       map[LegID]*aside{},
	}
}

// Fold makes the record of a call of all its events.
func Fold(events ...Envelope) (Record, error) {
	f := NewFolder(DefaultShortAbandon)
	for _, e := range events {
		if err := f.Apply(e); err != nil {
			return Record{}, err
		}
	}
	return f.Record(), nil
}

// Apply takes the next event. Repeats (a sequence number already applied) and
// events of an owner that has been replaced (a lower epoch) are ignored. A gap,
// an event of another call, or a first event that is not Entered is an error
// and changes nothing.
func (f *Folder) Apply(e Envelope) error {
	if e.Event == nil {
		return Errorf(CodeInvalid, "call %s: envelope %d has no event", e.Call, e.Seq)
	}
	if f.seq > 0 && e.Call != f.rec.ID {
		return Errorf(CodeInvalid, "event %d of call %s does not belong to call %s", e.Seq, e.Call, f.rec.ID)
	}
	if e.Epoch < f.epoch || (e.Seq <= f.seq && e.Seq != 0) {
		return nil
	}
	if e.Seq != f.seq+1 {
		return Errorf(CodeInvalid, "call %s: event %d is missing before %d", e.Call, f.seq+1, e.Seq)
	}
	if _, entry := e.Event.(Entered); entry != (e.Seq == 1) {
		return Errorf(CodeInvalid, "call %s: event %d is %q; a call begins with entered, once", e.Call, e.Seq, e.Event.Kind())
	}
	f.seq, f.epoch = e.Seq, e.Epoch
	if at := StampOf(e.At); at.After(f.now.Time) {
		f.now = at
	}
	f.apply(e)
	return nil
}

func (f *Folder) apply(e Envelope) {
	if !f.rec.Live() { // the caller has gone: what is said of him now comes too late
		f.applyAside(e.Event)
		return
	}
	switch v := e.Event.(type) {
	case Entered:
		f.entered(e, v)
	case Refused:
		f.end(OutcomeRefused, PartySystem, v.Cause)
	case FlowBegan:
		f.flow, f.menuBefore = v.Flow, v.HasMenu
		f.begin(Segment{Kind: SegmentIVR, Flow: v.Flow})
	case NodeEntered:
		f.node(v)
	case MenuEnded:
		f.menuBefore = false
	case Queued:
		f.queued(v)
	case LeftQueue:
		f.leftQueue(v)
	case CallbackTaken:
		f.callback, f.rec.Callback = true, v.Callback
	case CustomerAnswered:
		f.customerAnswered(v)
	case Offered:
		if f.outgoing && f.rec.Queue == "" {
			f.rec.Queue = v.Queue
		}
		if _, rings := f.rings[v.Offer]; !rings {
			f.rings[v.Offer] = f.open(Segment{Kind: SegmentRing, Queue: v.Queue, Seat: v.Seat})
		}
	case OfferEnded:
		f.offerEnded(v)
	case Connected:
		f.connected(v)
	case Held:
		f.held(v)
	case Resumed:
		f.resumed(v)
	case SeatLeft:
		f.seatLeft(v)
	case Dialled:
		if v.Aside {
			return
		}
		f.finishDial(DialCancelled)
		f.dial = f.open(Segment{Kind: SegmentDial, Queue: v.Queue, Number: v.Number, Site: v.Site})
	case DialEnded:
		f.dialEnded(v)
	case OutsideLeft:
		f.outsideLeft(v)
	case Ended:
		f.ended(v)
	default:
		if !f.applyPeople(v) {
			f.applyAside(v)
		}
	}
}

// applyAside takes the events that may also come after the caller has gone.
// Accepted and Ringing are in the timeline only.
func (f *Folder) applyAside(event Event) {
	switch v := event.(type) {
	case RecordingBegan:
		f.tapes[v.Recording] = struct{}{}
		f.rec.Recordings = append(f.rec.Recordings, RecordRecording{ID: v.Recording, Mailbox: v.Mailbox})
	case RecordingEnded:
		f.recordingEnded(v)
	case RecordingSkipped:
		f.rec.Unrecorded = append(f.rec.Unrecorded, v.Seat)
	case RecordingErased:
		f.recordingErased(v)
	case VoicemailLeft:
		f.voicemail = true
	case SurveyAnswered:
		f.surveyed(v)
	case WrapUpBegan:
		f.wrapUpEnded(v.Seat)
		f.wraps[v.Seat] = f.open(Segment{Kind: SegmentWrapUp, Seat: v.Seat})
	case WrapUpEnded:
		f.wrapUpEnded(v.Seat)
	case DispositionSet:
		f.rec.Disposition, f.rec.Notes = v.Code, v.Notes
	case LanguageChosen:
		f.rec.Language = v.Language
	case SoundMeasured:
		f.soundMeasured(v)
	case SiprecTaken, SiprecLost, ForkEnded:
		f.recordedOutside(v)
	case TicketOpened:
		f.rec.Tickets = append(f.rec.Tickets, v.Ticket)
	}
}

func (f *Folder) entered(e Envelope, v Entered) {
	f.rec = Record{
		ID: e.Call, Trunk: v.Trunk, Caller: v.Caller.Number, CallerClass: v.Caller.Class, Called: v.Called,
		StartedAt: f.now, Node: e.Node, SiteRevision: v.Revision, Segments: []Segment{}, Recordings: []RecordRecording{},
		Callback: v.Callback, Origin: v.Origin, Direction: v.Direction, Phone: v.Phone, Seat: v.Seat, SurveyCall: v.Survey,
	}
	f.outgoing = v.Callback != "" || v.Direction == Outbound
}

// surveyed keeps an answer; a question that is asked again has the newest.
func (f *Folder) surveyed(v SurveyAnswered) {
	f.rec.Survey = &v.Name
	for i := range f.rec.SurveyAnswers {
		if f.rec.SurveyAnswers[i].Question == v.Node {
			answers := slices.Clone(f.rec.SurveyAnswers) // records that were handed out keep theirs
			answers[i].Answer = v.Name
			f.rec.SurveyAnswers = answers
			return
		}
	}
	f.rec.SurveyAnswers = append(f.rec.SurveyAnswers, SurveyAnswer{v.Node, v.Name})
}

// node follows the caller through a flow. A survey and a voicemail are stretches
// of their own; a queue node's stretch begins with Queued, and a hang-up has none.
func (f *Folder) node(v NodeEntered) {
	if v.Waiting || v.Verifying {
		return // he waits, or is with the agent, whatever he hears
	}
	kind := SegmentIVR
	switch v.Type {
	case "survey":
		kind = SegmentSurvey
	case "voicemail":
		kind = SegmentVoicemail
	case "queue", "hangup":
		return
	}
	if f.stage != none && f.rec.Segments[f.stage].Kind == kind {
		return
	}
	f.begin(Segment{Kind: kind, Flow: v.Flow})
}

func (f *Folder) queued(v Queued) {
	if f.queuedAt.IsZero() {
		f.queuedAt = f.now
	}
	f.leftRule = ""
	if f.rec.AnsweredAt.IsZero() {
		f.rec.Queue = v.Queue
	}
	f.begin(Segment{Kind: SegmentQueue, Queue: v.Queue})
}

// leftQueue ends a wait. A call that a rule turns away at entry (closed, full)
// was in the queue for no time at all: it has no Queued of its own.
func (f *Folder) leftQueue(v LeftQueue) {
	if len(f.seats) > 0 {
		return
	}
	if !f.waiting() {
		f.queued(Queued{Queue: v.Queue})
	}
	f.finishStage()
	f.leftAt = f.now
	if v.Rule != ruleCallerLeft {
		f.leftRule = v.Rule
	}
}

// ruleCallerLeft is LeftQueue.Rule of a caller who gave up; any other is an overflow rule.
const ruleCallerLeft = "caller_left"

func (f *Folder) offerEnded(v OfferEnded) {
	if i, ringing := f.rings[v.Offer]; ringing {
		delete(f.rings, v.Offer)
		f.finish(i)
		f.rec.Segments[i].Result = &v.Result
	}
	switch v.Result {
	case OfferAnswered:
		f.pickedUp(v.Seat, v.Queue)
	case OfferNoAnswer, OfferDeclined:
		f.unanswered = true
	case OfferUnreachable, OfferWithdrawn: // no phone rang, or the caller was quicker
	}
}

func (f *Folder) pickedUp(seat SeatID, queue string) {
	f.finishStage()
	f.finishSeat(seat)
	f.leftRule = ""
	if f.rec.AnsweredAt.IsZero() && (!f.outgoing || f.reached) {
		f.rec.AnsweredAt, f.rec.Queue = f.now, queue
	}
	if f.rec.ConnectedAt.IsZero() {
		f.rec.Agent = seat
	}
	f.seats[seat] = &seatPart{
		segment: f.open(Segment{Kind: SegmentSeat, Queue: queue, Seat: seat}),
		hold:    none, holders: map[Party]bool{},
	}
}

// customerAnswered is the customer of a callback on the line: from here on the
// call is one like any other. The agent had picked up before.
func (f *Folder) customerAnswered(v CustomerAnswered) {
	if v.Trunk != "" {
		f.rec.Trunk = v.Trunk
	}
	if v.Result != DialAnswered {
		return
	}
	f.reached = true
	if f.rec.AnsweredAt.IsZero() && len(f.seats) > 0 {
		f.rec.AnsweredAt = f.now
	}
}

func (f *Folder) connected(v Connected) {
	part := f.seats[v.Seat]
	if part == nil {
		return
	}
	f.rec.Segments[part.segment].Connected = f.now
	if f.rec.ConnectedAt.IsZero() {
		f.rec.ConnectedAt, f.rec.Agent = f.now, v.Seat
	}
}

// held begins a hold; a second holder makes it no longer and no shorter.
func (f *Folder) held(v Held) {
	part := f.seats[v.Seat]
	if part == nil {
		return
	}
	part.holders[v.By] = true
	if part.hold == none {
		part.hold = f.open(Segment{Kind: SegmentHold, Seat: v.Seat, By: &v.By})
	}
}

func (f *Folder) resumed(v Resumed) {
	part := f.seats[v.Seat]
	if part == nil {
		return
	}
	delete(part.holders, v.By)
	if len(part.holders) == 0 && part.hold != none {
		f.finish(part.hold)
		part.hold = none
	}
}

func (f *Folder) seatLeft(v SeatLeft) {
	part := f.seats[v.Seat]
	if part == nil {
		return
	}
	segment := &f.rec.Segments[part.segment]
	segment.By = &v.By
	if segment.Connected.IsZero() && (v.By == PartyCaller || v.Cause == CauseCallerGone) {
		f.leftEarly = true
	}
	f.finishSeat(v.Seat)
}

// dialEnded ends the calling of a number. With its answer the outside party's part begins.
func (f *Folder) dialEnded(v DialEnded) {
	if v.Aside {
		if v.Result == DialAnswered {
			f.asides[v.Leg] = &aside{number: v.Number, trunk: v.Trunk, segment: none}
		}
		return
	}
	if f.dial == none {
		return
	}
	dial := &f.rec.Segments[f.dial]
	dial.Trunk = v.Trunk
	next := Segment{Kind: SegmentOutside, Queue: dial.Queue, Number: dial.Number, Site: dial.Site, Trunk: v.Trunk}
	f.finishDial(v.Result)
	if v.Result == DialAnswered {
		f.menuBefore = false // he has come to somebody
		f.begin(next)
	}
}

func (f *Folder) finishDial(result DialResult) {
	if f.dial == none {
		return
	}
	f.rec.Segments[f.dial].Dial = &result
	f.finish(f.dial)
	f.dial = none
}

func (f *Folder) outsideLeft(v OutsideLeft) {
	if f.stage == none || f.rec.Segments[f.stage].Kind != SegmentOutside {
		return
	}
	f.rec.Segments[f.stage].By = &v.By
	f.finishStage()
}

func (f *Folder) recordingEnded(v RecordingEnded) {
	delete(f.tapes, v.Recording)
	for i := range f.rec.Recordings {
		if r := &f.rec.Recordings[i]; r.ID == v.Recording {
			r.Seconds, r.Failed = max(0, v.Facts.Length.Seconds()), v.Failed
		}
	}
}

func (f *Folder) recordingErased(v RecordingErased) {
	for i := range f.rec.Recordings {
		if r := &f.rec.Recordings[i]; r.ID == v.Recording {
			r.ErasedAt = f.now
		}
	}
}

func (f *Folder) wrapUpEnded(seat SeatID) {
	if i, open := f.wraps[seat]; open {
		delete(f.wraps, seat)
		f.finish(i)
	}
}

func (f *Folder) ended(v Ended) {
	if v.Interrupted {
		f.end(OutcomeInterrupted, v.By, v.Cause)
		return
	}
	for _, part := range f.seats {
		if f.rec.Segments[part.segment].Connected.IsZero() && v.By == PartyCaller {
			f.leftEarly = true
		}
	}
	f.end(f.outcome(v.By, v.Cause), v.By, v.Cause)
}

// end closes the caller's part: every stretch but the seats' wrap-up is over.
func (f *Folder) end(outcome Outcome, by Party, cause Cause) {
	f.rec.Outcome, f.rec.EndedBy, f.rec.Cause, f.rec.EndedAt = outcome, &by, &cause, f.now
	if outcome != OutcomeRefused && outcome != OutcomeInterrupted {
		f.rec.LostCause = f.lostCause(outcome)
	}
	if f.waiting() {
		f.leftAt = f.now
	}
	f.finishStage()
	f.finishDial(DialCancelled)
	for _, i := range f.rings {
		f.finish(i)
	}
	clear(f.rings)
	f.endPeople()
	for seat := range f.seats {
		f.finishSeat(seat)
	}
}

// Record gives the record as it stands. It shares nothing with the Folder.
func (f *Folder) Record() Record {
	r := f.rec
	r.Segments = slices.Clone(f.rec.Segments)
	r.Recordings = slices.Clone(f.rec.Recordings)
	r.Unrecorded = slices.Clone(f.rec.Unrecorded)
	r.Quality = slices.Clone(f.rec.Quality)
	r.WaitSeconds = f.waitSeconds()
	r.tally()
	return r
}

// LastSeq is the number of the last event applied; 0 before the first.
func (f *Folder) LastSeq() uint64 { return f.seq }

// Ended reports whether the caller's part is over.
func (f *Folder) Ended() bool { return f.seq > 0 && !f.rec.Live() }

// Settled reports whether the call has ended and nothing of it goes on: no
// wrap-up and no recording without an end. A disposition may still come.
func (f *Folder) Settled() bool { return f.Ended() && len(f.wraps) == 0 && len(f.tapes) == 0 }

// Waiting reports whether the caller waits in a queue.
func (f *Folder) Waiting() bool { return f.waiting() }

func (f *Folder) waiting() bool {
	return f.stage != none && f.rec.Segments[f.stage].Kind == SegmentQueue
}

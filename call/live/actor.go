package live

import (
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// mailboxSize bounds what may be waiting for one call. A call that falls so far
// behind is stuck: it is ended, as interrupted, rather than thinned silently.
const mailboxSize = 128

// journalRetry is how long a call waits before it offers its events to a journal that refused them again.
const journalRetry = time.Second

// Brief is what is known of a call before it begins.
type Brief struct {
	Site     string
	Node     string
	Epoch    uint64
	Incoming call.Incoming
	Caller   call.Caller
	Called   string
	Flow     string // name of the flow that answers
	Fork     string // the engine that hears all of the call; empty: none
	Language string // the caller hears; empty: the house's
	Revision int    // of the site
	Try      *Try   // set for a call that we make: then there is no Leg yet
	// Visit is set for a call that we make without a seat: there is no Leg yet either.
	Visit *Visit
	// Phone is set for a call that a phone of ours began: it is answered when the other side is.
	Phone *PhoneCall
}

// Deps are the rooms one call works with.
type Deps struct {
	Leg      Leg // the caller's
	Media    Media
	Player   Player
	Bridge   Bridge
	Recorder Recorder
	Forks    Forks
	Ears     Ears
	Voice    Voice
	Phones   Phones
	Lines    Lines
	Router   Router
	// Callbacks is for queues that offer them, and for tries.
	Callbacks Callbacks
	Flow      Flow
	Errands   Errands // of the flow
	House     House
	People    People
	Exchange  Exchange
	Journal   Journal
	IDs       IDs
	Log       *zap.Logger
	// OfferDelay is told how long a seat and a call that fit waited until the INVITE was out.
	OfferDelay func(time.Duration)
	// LineFree is told, once, that the caller's leg is over: wrap-up and archive may go on, the trunk's line does not.
	LineFree func()
}

// Actor lives one call. All fields below the mailbox belong to its goroutine.
type Actor struct {
	brief Brief
	deps  Deps

	mailbox               // its end: the call is archived and its goroutine is gone
	overrun chan struct{} // closed when the mailbox ran over
	ran     atomic.Bool

	stage   Stage
	seq     uint64
	pending []call.Envelope // emitted, not yet in the journal

	caller   party
	seats    map[call.LegID]*seat
	out      *outside // to an outside number or another site; nil: none
	handed   bool     // the place that another site handed over has been taken
	flow     flowState
	wait     waitState
	comfort  comfort
	sessions uint64 // begun beside that of the call's flow
	// What a caller keys in is for this alone; nil: he is not being verified.
	verifying *verification
	records   recordState
	forks     forkState
	measured  measured
	routing   routing
	back      backState
	busy      int             // seats in wrap-up after this call
	heard     map[string]bool // urgent announcements, by prompt
	language  string          // the caller hears; empty: the house's
	trunk     string          // a try: the trunk it went out by
	rang      bool            // a try: the customer's phone rang
	reached   bool            // a try: the customer has answered
	// Who is in the call without routing's doing.
	asked      *seat // rung for the caller
	first      *seat // click to dial: rung before anybody is called
	aside      *beside
	picking    map[call.SeatID]*PickUp // until routing answers
	former     []formerLeg             // left for others that are not confirmed yet
	watching   []*watcher
	later      []Supervise // who come in as soon as somebody talks
	refer      referral    // whom to tell how the transfer goes that is under way
	arranged   []Hearing   // who hears whom, as last arranged
	awaits     bool        // another call has been asked for whom it has
	asking     []Give      // answered as soon as routing has let everybody go
	local      call.LocalMedia
	unaccepted bool             // the caller is a phone of ours that has not been answered yet
	askedTo    call.Destination // whom the phone belongs to that rings for the caller
	forwards   int              // how often the call was forwarded
	forbidden  bool             // the phone that calls may not call there
	early      bool             // sound of the number dialled is heard before its answer
	earlyTalk  bool             // and it hears who is there
	// After the last prompt, to closingLeg, the call ends so.
	closing    ending
	closingLeg call.LegID

	retry *time.Timer // until the journal takes what is pending
}

// routing is what the router holds of the call. It answers Left(CallerLeft)
// with Forgotten, once, when nothing of the call is held any more.
type routing struct{ known, left, forgotten bool }

// party is the caller's side.
type party struct {
	id   call.LegID
	spec call.MediaSpec
	held bool
	// seat and phone are set for one of ours. Routed: routing gave him the call, before the roles changed.
	seat   call.SeatID
	phone  string
	routed bool
}

// New makes the actor of an accepted call. Run it in a goroutine of its owner.
func New(brief Brief, deps Deps) *Actor {
	a := &Actor{
		brief: brief, deps: deps, overrun: make(chan struct{}),
		caller: party{id: brief.Incoming.Leg}, seats: map[call.LegID]*seat{}, picking: map[call.SeatID]*PickUp{},
	}
	a.mailbox = newMailbox(mailboxSize, a.late)
	return a
}

// ID is the call's id.
func (a *Actor) ID() call.ID { return a.brief.Incoming.ID }

// Post puts a message into the mailbox and never blocks. When the mailbox is
// full the call is ended as overrun. It reports whether the message was taken.
func (a *Actor) Post(m Message) bool {
	select {
	case <-a.done:
		return false
	default:
	}
	select {
	case a.mail <- m:
		a.ifOver()
		return true
	default:
		if a.ran.CompareAndSwap(false, true) {
			close(a.overrun)
		}
		return false
	}
}

// Waiting is how many messages wait in the mailbox.
func (a *Actor) Waiting() int { return len(a.mail) }

// late sees to a message that nobody is there to handle any more: who has asked for something is told, and a party
// that was on its way here is let go.
func (a *Actor) late(m Message) {
	switch m := m.(type) {
	case verb:
		m.answer(call.Errorf(call.CodeConflict, "the call has ended"))
	case Given:
		m.Gift.letGo(a.deps.Exchange, call.CauseCallerGone)
	case Lent:
		if m.Gift != nil {
			a.sendBack(m.Shift, Returned{Gift: m.Gift})
		}
	}
}

// LegEvent takes an event of one of the call's dialogs.
func (a *Actor) LegEvent(leg call.LegID, ev call.LegEvent) { a.Post(LegNews{leg, ev}) }

// SoundEvent takes an event of one of the call's sounds.
func (a *Actor) SoundEvent(leg call.LegID, ev call.SoundEvent) {
	if _, last := ev.(call.SoundEnded); last { // the call waits for it
		a.Tell(SoundNews{leg, ev})
		return
	}
	a.Post(SoundNews{leg, ev})
}

// Run lives the call and returns when it is archived.
func (a *Actor) Run() {
	defer func() {
		a.pickersOver()
		a.answerLate()
		close(a.done)
		a.unheard()
	}()
	overrun := a.overrun
	a.begin()
	for a.stage != StageDone {
		select {
		case m := <-a.mail:
			a.handle(m)
		case <-a.flow.timerC():
			a.flowTimedOut()
		case <-a.comfort.timerC():
			a.comfortDue()
		case <-a.comfort.exp.timerC():
			a.experienceDue()
		case <-a.verifying.timerC():
			a.verifyTimedOut()
		case <-a.out.timerC():
			a.dialTimedOut()
		case <-a.aside.timerC():
			a.asideTimedOut()
		case <-a.records.maxC():
			a.recordFull()
		case <-a.retryC():
			a.stopRetry()
		case <-overrun:
			overrun = nil
			a.deps.Log.Error("call mailbox ran over, the call is ended", zap.String("call", string(a.ID())))
			a.end(ending{by: call.PartySystem, cause: call.CauseOverload, interrupted: true})
		}
		a.flush()
		a.archived()
	}
	a.flow.stopTimer()
	a.records.stopMax()
	a.stopRetry()
}

// begin takes the call: ports first, then the record, then the 200.
func (a *Actor) begin() {
	switch {
	case a.brief.Try != nil:
		a.beginTry()
		return
	case a.brief.Visit != nil:
		a.beginVisit()
		return
	case a.brief.Phone != nil:
		a.beginPhone()
		return
	}
	in := a.brief.Incoming
	a.emitAt(in.Received, call.Entered{
		Trunk: in.Trunk, Caller: a.brief.Caller, Called: a.brief.Called, Flow: a.brief.Flow,
		Revision: a.brief.Revision, Leg: in.Leg, SIPCallID: in.SIPCallID, Handover: in.Handover, PASSporT: in.PASSporT,
	})
	local, err := a.deps.Media.Open(in.Leg)
	if err != nil {
		a.emit(call.Refused{Cause: call.CauseNoPorts, Words: err.Error()})
		a.flush()
		a.deps.Leg.End(call.CauseNoPorts)
		a.deps.LineFree()
		a.enter(StageDone)
		return
	}
	if in.Offer != nil {
		a.negotiated(in.Leg, *in.Offer)
	}
	if a.brief.Language != "" {
		a.speak(a.brief.Language)
	}
	a.emit(call.Accepted{})
	a.forkBySite(a.brief.Fork, "", "trunk "+in.Trunk+" says so", forkCall)
	a.flush()
	a.deps.Leg.Accept(local)
}

// handle gives a message to whoever looks after it: first what may happen in
// any stage, then the stage's own function.
func (a *Actor) handle(m Message) {
	a.formerNews(m)
	if a.toldTwice(m) || a.anyStage(m) || a.stage < StageClosing && a.peopleNews(m) || a.giveLate(m) {
		return
	}
	if v, ok := m.(verb); ok {
		v.answer(call.Errorf(call.CodeConflict, "the call has ended"))
		return
	}
	switch a.stage {
	case StageArriving:
		a.inArriving(m)
	case StageFlow:
		a.inFlow(m)
	case StageWaiting:
		a.inWaiting(m)
	case StageDialling:
		a.inDialling(m)
	case StageAnnouncing:
		a.inAnnouncing(m)
	case StageCalling:
		a.inCalling(m)
	case StageFirst:
	case StageTalking:
		a.inTalking(m)
	case StageOutside:
		a.inOutside(m)
	case StageClosing:
		a.inClosing(m)
	case StageArchive:
		a.inArchive(m)
	case StageDone:
	}
}

// anyStage handles what does not depend on where the caller is.
func (a *Actor) anyStage(m Message) bool {
	switch m := m.(type) {
	case WrapUp:
		a.busy++
		a.emit(call.WrapUpBegan{Seat: m.Seat, Deadline: m.Deadline})
	case WrapUpOver:
		a.busy--
		a.emit(call.WrapUpEnded{Seat: m.Seat, Reason: m.Reason})
	case Dispose:
		a.emit(call.DispositionSet{Seat: m.Seat, Code: m.Code, Notes: m.Notes})
		a.flush()
		a.deps.Router.Left(Disposed)
		m.Reply <- nil
	case RecordingDone:
		a.recordingDone(m)
	case Record:
		a.recordAsked(m)
	case RecorderNews:
		a.recorderNews(m)
	case Fork:
		m.answer(a.forkAsked(m))
	case Late:
		a.emit(m.Event)
		a.flush()
		m.Reply <- nil
	case Release:
		a.release(m)
	case Given:
		a.given(m)
	case Lent:
		a.lent(m)
	case BackOff:
		a.backOff(m)
	case SoundNews:
		return a.soundEnded(m)
	case FlowNews:
		if m.Sound != nil {
			a.deps.Voice.Rendered(m.Sound)
		}
		return false
	case OfferOver:
		a.offerOver(m)
	case PickUpRefused:
		a.pickUpRefused(m)
	case Leave:
		a.end(ending{by: call.PartySystem, cause: call.CauseShutdown, interrupted: true})
		a.routing.forgotten, a.busy, a.awaits = true, 0, false
	case Forgotten:
		a.routing.forgotten, a.busy = true, 0
		a.answerLate()
	default:
		return a.anyStageEnd(m)
	}
	return true
}

// anyStageEnd handles what ends the call from wherever it is.
func (a *Actor) anyStageEnd(m Message) bool {
	if a.stage >= StageArchive {
		return false
	}
	switch m := m.(type) {
	case Hangup:
		a.end(ending{by: call.PartySystem, cause: m.Cause, words: m.Words})
	case Drain:
		a.drain(m)
	case LegNews:
		return a.callerNews(m)
	default:
		return false
	}
	return true
}

// callerNews handles the end of the caller's leg and its renegotiation.
func (a *Actor) callerNews(m LegNews) bool {
	if m.Leg != a.caller.id || a.stage == StageCalling {
		return false
	}
	switch ev := m.Event.(type) {
	case call.LegEnded:
		by := call.PartySystem
		if ev.ByPeer {
			by = call.PartyCaller
		}
		a.end(ending{by: by, cause: ev.Cause, legGone: true})
		return true
	case call.LegChanged:
		a.negotiated(m.Leg, ev.Media)
		a.callerHold()
		return true
	case call.LegAnswered: // the ACK of a phone that was answered late
		if a.stage == StageArriving {
			return false
		}
		if ev.Media != nil {
			a.negotiated(m.Leg, *ev.Media)
		}
		return true
	}
	return false
}

// enter is the one place where the stage changes.
func (a *Actor) enter(s Stage) {
	if s != StageWaiting {
		a.endComfort()
	}
	if s != StageFlow || a.stage != StageFlow { // nor does what waiting callers hear listen on in the call's flow
		a.unlisten(s >= StageClosing)
	}
	a.stage = s
}

// emit notes an event that happened now.
func (a *Actor) emit(ev call.Event) { a.emitAt(time.Now(), ev) }

func (a *Actor) emitAt(at time.Time, ev call.Event) {
	a.seq++
	a.pending = append(a.pending, call.Envelope{
		Site: a.brief.Site, Node: a.brief.Node, Epoch: a.brief.Epoch,
		Call: a.ID(), Seq: a.seq, At: at, Event: ev,
	})
}

// flush makes what was emitted durable. It is called before anything is done
// to the world on the strength of it, and after each message. If the journal
// can't be written the events are kept and tried again with the next ones: a
// call in progress goes on.
func (a *Actor) flush() {
	if len(a.pending) == 0 {
		return
	}
	if err := a.deps.Journal.Append(a.pending...); err != nil {
		a.deps.Log.Error("call events kept in memory, the journal can't be written",
			zap.String("call", string(a.ID())), zap.Int("events", len(a.pending)), zap.Error(err))
		if a.retry == nil {
			a.retry = time.NewTimer(journalRetry)
		}
		return
	}
	a.pending = a.pending[:0]
}

func (a *Actor) retryC() <-chan time.Time {
	return fires(a.retry)
}

func (a *Actor) stopRetry() {
	disarm(&a.retry)
}

func (a *Actor) negotiated(leg call.LegID, spec call.MediaSpec) {
	if leg == a.caller.id {
		a.caller.spec = spec
	}
	a.heardOf(leg)
	a.deps.Media.Negotiated(leg, spec)
}

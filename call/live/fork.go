package live

import (
	"slices"

	"go.uber.org/zap"

	"hotline/call"
)

// Forks have engines outside hear the call while it goes on. All methods return at once.
type Forks interface {
	// Fork has an engine of the site hear the call from now on; the queue is the conversation's, if it is one's.
	// An error means that it does not: the site names none such, or there are too many.
	Fork(engine, queue string, quiet bool) error
	// Unfork ends that; over: the call is.
	Unfork(engine string, over bool)
	// Voices says who is on the left, and who on the right, from now on.
	Voices(caller Speaker, seats []Speaker)
	// Recorders are the recorders outside that are to have a queue's conversation; empty: no queue's. Fork and
	// Unfork take them as any engine.
	Recorders(queue string) []string
	// Quiet has all of them hear silence, or no longer.
	Quiet(bool)
}

// Speaker is somebody whom engines hear.
type Speaker struct {
	Leg    call.LegID
	Seat   call.SeatID // of an agent of ours
	Phone  string      // his, or one of ours that nobody is signed in at
	Number string      // of anybody else
}

// RecorderNews is what a recorder outside makes of the call: it records it, or none does and why.
type RecorderNews struct {
	Recorder, Session string
	Taken             bool
	Words             string
}

func (RecorderNews) message() {}

// recorderNews files it.
func (a *Actor) recorderNews(m RecorderNews) {
	if m.Taken {
		a.emit(call.SiprecTaken{Recorder: m.Recorder, Session: m.Session})
		return
	}
	a.emit(call.SiprecLost{Recorder: m.Recorder, Words: m.Words})
}

// forkState is which engines hear the call. An engine is named once, by whoever was first.
type forkState struct {
	on    []forked
	quiet bool // as was told last
}

// forked is one engine and how long it hears the call.
type forked struct {
	engine string
	span   forkSpan
}

type forkSpan uint8

const (
	forkCall         forkSpan = iota // to the call's end
	forkConversation                 // to the end of its last seat leg
)

// Fork has an engine hear the call, or no longer. Reply gets nil or why not, once.
type Fork struct {
	Engine string
	On     bool
	Reason string // who asked, in plain words
	Reply
}

func (Fork) message() {}

// forkAsked is somebody's wish.
func (a *Actor) forkAsked(m Fork) error {
	switch {
	case a.stage >= StageClosing:
		return call.Errorf(call.CodeConflict, "the call is over")
	case m.On:
		return a.fork(m.Engine, a.wait.queue, m.Reason, forkCall)
	case !slices.ContainsFunc(a.forks.on, func(f forked) bool { return f.engine == m.Engine }):
		return call.Errorf(call.CodeNotFound, "engine %s does not hear this call", m.Engine)
	}
	a.unfork(func(f forked) bool { return f.engine == m.Engine }, m.Reason, false)
	return nil
}

// forkBySite is what trunk or queue say. When it fails the call goes on.
func (a *Actor) forkBySite(engine, queue, why string, span forkSpan) {
	if engine == "" {
		return
	}
	if err := a.fork(engine, queue, why, span); err != nil {
		a.deps.Log.Warn("an engine does not hear a call", zap.String("call", string(a.ID())), zap.String("engine", engine), zap.Error(err))
	}
}

func (a *Actor) fork(engine, queue, why string, span forkSpan) error {
	if i := slices.IndexFunc(a.forks.on, func(f forked) bool { return f.engine == engine }); i >= 0 {
		a.forks.on[i].span = min(a.forks.on[i].span, span) // the longer
		return nil
	}
	a.forks.quiet = a.records.paused()
	if err := a.deps.Forks.Fork(engine, queue, a.forks.quiet); err != nil {
		return err
	}
	a.forks.on = append(a.forks.on, forked{engine, span})
	a.emit(call.ForkBegan{Engine: engine, Reason: why})
	a.forkVoices()
	return nil
}

// unfork ends the streams that fit.
func (a *Actor) unfork(fits func(forked) bool, why string, over bool) {
	for _, f := range a.forks.on {
		if fits(f) {
			a.deps.Forks.Unfork(f.engine, over)
			a.emit(call.ForkEnded{Engine: f.engine, Reason: why})
		}
	}
	a.forks.on = slices.DeleteFunc(a.forks.on, fits)
}

// forkOver ends what was for a conversation.
func (a *Actor) forkOver() {
	a.unfork(func(f forked) bool { return f.span == forkConversation }, "the conversation is over", false)
}

// forkVoices has the engines hear whom the caller hears, beside the caller.
func (a *Actor) forkVoices() {
	if len(a.forks.on) == 0 {
		return
	}
	var seats []Speaker
	for _, h := range a.arranged {
		if h.Leg != a.caller.id {
			continue
		}
		for _, leg := range h.From {
			seats = append(seats, a.voice(leg))
		}
	}
	a.deps.Forks.Voices(a.voice(a.caller.id), seats)
}

// voice tells who speaks on a leg.
func (a *Actor) voice(leg call.LegID) Speaker {
	who := a.whose(leg)
	if who.Party == call.SoundCaller {
		who.Number = a.brief.Caller.Number
	}
	return Speaker{Leg: leg, Seat: who.Seat, Phone: who.Phone, Number: who.Number}
}

// forkRecorders has recorders outside take a seat's part, as the site says.
func (a *Actor) forkRecorders(s *seat) {
	for _, r := range a.deps.Forks.Recorders(s.queue) {
		a.forkBySite(r, s.queue, "siprec says so", forkConversation)
	}
}

// forkQuiet has the engines hear silence while a recording would be paused.
func (a *Actor) forkQuiet() {
	if quiet := a.records.paused(); len(a.forks.on) > 0 && quiet != a.forks.quiet {
		a.forks.quiet = quiet
		a.deps.Forks.Quiet(quiet)
	}
}

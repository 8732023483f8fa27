package siprec

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/recording/inbox"
)

const (
	answerTimeout = 10 * time.Second // of a recorder that rings
	firstPause    = 2 * time.Second
	longestPause  = time.Minute
	// steady is how long a session must have been recorded for the pauses to begin anew.
	steady = 30 * time.Second
	// farewell is how long a recorder's answer to BYE or CANCEL is waited for (RFC 3261 Timer F).
	farewell = 33 * time.Second
)

// phase is a session's state. It changes in Session.enter alone.
type phase uint8

const (
	phaseIdle      phase = iota // nobody is in it yet
	phaseDialling               // INVITE is out
	phaseRecording              // a recorder has taken it
	phaseWaiting                // until all are tried again
	phaseEnding                 // BYE or CANCEL is out
	phaseOver
)

// Session is one conversation's at one recorder. Its methods don't block and may be called from any goroutine.
type Session struct {
	sessions *Sessions
	spec     Spec
	ctx      context.Context //nolint:containedctx // the session's life
	cut      context.CancelFunc

	inbox *inbox.Inbox[order] // bounded by what a call and a dialog say

	// The rest is the goroutine's.
	phase   phase
	began   time.Time
	cast    cast
	quiet   bool
	sound   Sound
	dialog  Dialog
	attempt int // tells news of an earlier dialog apart
	rounds  int // that have failed
	stale   bool
	told    bool // that it is not recorded
	pause   time.Duration
	timer   *time.Timer
	since   time.Time // of the phase
	unheard time.Time // since when nobody records it though it should be; zero: somebody does
}

// order is something that has happened to a session.
type order struct {
	kind    orderKind
	caller  Party
	seats   []Party
	on      bool
	attempt int
	news    call.LegEvent
	at      time.Time
}

type orderKind uint8

const (
	orderCast orderKind = iota
	orderQuiet
	orderNews
	orderStop
)

func newSession(f *Sessions, spec Spec) *Session {
	s := &Session{
		sessions: f, spec: spec, began: time.Now(), quiet: spec.Quiet, pause: firstPause,
		inbox: inbox.New[order](), timer: time.NewTimer(time.Hour),
	}
	s.timer.Stop()
	s.ctx, s.cut = context.WithCancel(context.Background())
	return s
}

// Cast says who is on each side from now on. The first time it begins the session.
func (s *Session) Cast(caller Party, seats []Party) {
	s.inbox.Post(order{kind: orderCast, caller: caller, seats: seats, at: time.Now()})
}

// Quiet tells the recorder that nothing is sent, or again. Who owns the sound has seen to that already.
func (s *Session) Quiet(on bool) { s.inbox.Post(order{kind: orderQuiet, on: on}) }

// Stop ends the session.
func (s *Session) Stop() { s.inbox.Post(order{kind: orderStop}) }

// run lives the session.
func (s *Session) run() {
	defer s.cut()
	defer s.timer.Stop()
	s.count(stateWaiting, 1)
	for s.phase != phaseOver {
		select {
		case <-s.inbox.Wake():
			s.obey()
		case <-s.timer.C:
			s.due()
		case <-s.ctx.Done():
			s.close()
			s.enter(phaseOver)
		}
	}
	s.count(stateWaiting, -1)
}

func (s *Session) count(state string, by float64) {
	s.sessions.metrics.sessions.WithLabelValues(s.spec.Recorder.Name, state).Add(by)
}

// enter is the one place where the phase changes.
func (s *Session) enter(p phase) {
	if p == phaseRecording || s.phase == phaseRecording {
		by := 1.0
		if p != phaseRecording {
			by = -1
		}
		s.count(stateRecording, by)
		s.count(stateWaiting, -by)
	}
	s.phase, s.since = p, time.Now()
	s.heed()
}

// heed counts the time in which nobody records what should be.
func (s *Session) heed() {
	missing := (s.phase == phaseDialling || s.phase == phaseWaiting) && !s.quiet
	switch {
	case missing && s.unheard.IsZero():
		s.unheard = time.Now()
	case !missing && !s.unheard.IsZero():
		s.sessions.metrics.missed.WithLabelValues(s.spec.Recorder.Name).Add(time.Since(s.unheard).Seconds())
		s.unheard = time.Time{}
	}
}

// obey carries out what was posted.
func (s *Session) obey() {
	for _, o := range s.inbox.Take() {
		switch o.kind {
		case orderCast:
			s.stale = s.cast.set(o.caller, o.seats, o.at) || s.stale
			if s.phase == phaseIdle {
				s.dial()
			}
		case orderQuiet:
			s.stale = s.stale || s.quiet != o.on
			s.quiet = o.on
			s.heed()
		case orderNews:
			if o.attempt == s.attempt {
				s.heard(o.news)
			}
		case orderStop:
			s.stop()
		}
	}
	if s.stale && s.phase == phaseRecording {
		s.stale = false
		s.dialog.Describe(s.metadata(), s.quiet)
	}
}

func (s *Session) metadata() []byte { return s.cast.metadata(s.spec.ID, s.spec.About, s.began) }

// dial calls the recorder.
func (s *Session) dial() {
	if s.sound == nil {
		sound, err := s.spec.Open()
		if err != nil {
			s.failed(err.Error())
			return
		}
		s.sound = sound
	}
	s.stale = false
	s.attempt++
	attempt := s.attempt
	s.dialog = s.sessions.dialler.Record(Order{
		Call: s.spec.About.Call, Leg: s.spec.NewLeg(), Recorder: s.recorder(), Locals: s.sound.Locals(), Metadata: s.metadata(), Quiet: s.quiet,
	}, func(ev call.LegEvent) { s.inbox.Post(order{kind: orderNews, attempt: attempt, news: ev}) })
	s.timer.Reset(answerTimeout * time.Duration(len(s.spec.Recorder.Targets)))
	s.enter(phaseDialling)
}

// recorder is where to call this time: each round begins with another target, for one may answer and not do its work.
func (s *Session) recorder() Recorder {
	r := s.spec.Recorder
	at := s.rounds % len(r.Targets)
	r.Targets = slices.Concat(r.Targets[at:], r.Targets[:at])
	return r
}

// heard takes what the dialog says.
func (s *Session) heard(ev call.LegEvent) {
	switch ev := ev.(type) {
	case call.LegRecorded:
		s.taken(ev)
	case call.LegFailed:
		s.lost(ev.Words)
	case call.LegEnded:
		words := "the recorder is gone"
		if ev.ByPeer {
			words = "the recorder has hung up"
		}
		s.lost(words)
	}
}

// taken is an answer, or a change of what was agreed on.
func (s *Session) taken(ev call.LegRecorded) {
	switch s.phase {
	case phaseDialling:
		s.timer.Stop()
		s.told = false
		s.sound.Negotiated(ev.Media)
		s.enter(phaseRecording)
		s.spec.Told(true, "")
	case phaseRecording:
		s.sound.Negotiated(ev.Media)
	case phaseIdle, phaseWaiting, phaseEnding, phaseOver:
	}
}

// lost is the dialog's end.
func (s *Session) lost(words string) {
	switch s.phase {
	case phaseDialling, phaseRecording:
		s.failed(words)
	case phaseEnding:
		s.enter(phaseOver)
	case phaseIdle, phaseWaiting, phaseOver:
	}
}

// failed has all targets tried again after a while, longer each time.
func (s *Session) failed(words string) {
	if s.phase == phaseRecording && time.Since(s.since) >= steady {
		s.pause = firstPause
	}
	s.dialog = nil
	s.attempt++
	s.rounds++
	s.sessions.metrics.failures.WithLabelValues(s.spec.Recorder.Name).Inc()
	if !s.told {
		s.told = true
		s.sessions.log.Warn("no recorder outside takes a conversation; trying on", zap.String("recorder", s.spec.Recorder.Name),
			zap.String("call", string(s.spec.About.Call)), zap.String("why", words))
		s.spec.Told(false, words)
	}
	s.timer.Reset(s.pause)
	s.pause = min(2*s.pause, longestPause)
	s.enter(phaseWaiting)
}

// due is the timer.
func (s *Session) due() {
	switch s.phase {
	case phaseDialling: // it rings and nobody answers
		s.dialog.End()
		s.failed("the recorder does not answer")
	case phaseWaiting:
		s.dial()
	case phaseEnding:
		s.enter(phaseOver)
	case phaseIdle, phaseRecording, phaseOver:
	}
}

// stop ends the session from our side.
func (s *Session) stop() {
	switch s.phase {
	case phaseDialling, phaseRecording:
		s.dialog.End()
		s.close()
		s.timer.Reset(farewell)
		s.enter(phaseEnding)
	case phaseIdle, phaseWaiting:
		s.close()
		s.enter(phaseOver)
	case phaseEnding, phaseOver:
	}
}

// close gives the sound back.
func (s *Session) close() {
	if s.sound == nil {
		return
	}
	m, name := s.sessions.metrics, s.spec.Recorder.Name
	s.sound.Close(func(sent, lost uint64) {
		m.packets.WithLabelValues(name).Add(float64(sent))
		m.lost.WithLabelValues(name).Add(float64(lost))
	})
	s.sound = nil
}

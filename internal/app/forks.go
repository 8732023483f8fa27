package app

import (
	"slices"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/media"
	"hotline/recording/fork"
)

// forkedCall is what engines may be told of a call.
type forkedCall struct{ trunk, caller, called string }

// forked is one stream of a call: the caller's ring, and one for each who is heard
// on the right at once.
type forked struct {
	stream *fork.Stream
	caller lane
	right  []lane
}

// Fork has an engine of the newest site revision hear the call.
func (m *callMedia) Fork(engine, queue string, quiet bool) error {
	if r, ok := m.app.rev.Load().siprec[engine]; ok {
		return m.recordOutside(r, queue, quiet)
	}
	e, ok := m.app.rev.Load().forks[engine]
	if !ok {
		return call.Errorf(call.CodeNotFound, "the site names no engine %q", engine)
	}
	ring := media.NewRing(ringBytes)
	about := fork.About{Call: m.id, Trunk: m.about.trunk, Queue: queue}
	if e.Numbers {
		about.Caller, about.Called = m.about.caller, m.about.called
	}
	s, err := m.app.forks.Start(fork.Spec{ID: newULID(), Engine: forkEngine(e), About: about, Caller: ring, Quiet: quiet})
	if err != nil {
		return err
	}
	if m.forks == nil {
		m.forks = map[string]*forked{}
	}
	m.forks[engine] = &forked{stream: s, caller: lane{ring: ring}}
	return nil
}

// Unfork ends an engine's stream.
func (m *callMedia) Unfork(engine string, over bool) {
	if r := m.outside[engine]; r != nil {
		delete(m.outside, engine)
		r.stop()
		return
	}
	f := m.forks[engine]
	if f == nil {
		return
	}
	delete(m.forks, engine)
	why := fork.Ended
	if over {
		why = fork.CallEnded
	}
	f.stream.Stop(why)
	m.listen(&f.caller, "")
	for i := range f.right {
		m.listen(&f.right[i], "")
	}
}

// Quiet has all engines hear silence, or no longer.
func (m *callMedia) Quiet(on bool) {
	for _, f := range m.forks {
		f.stream.Quiet(on)
	}
	for _, r := range m.outside {
		r.quiet = on
		m.copyTo(r)
		r.session.Quiet(on)
	}
}

// Voices says whom engines hear: who stays keeps the lane, who comes takes a free one, or a new one.
func (m *callMedia) Voices(left live.Speaker, right []live.Speaker) {
	m.voices = recordedVoices{left, right}
	caller, seats := left.Leg, make([]call.LegID, 0, len(right))
	for _, v := range right {
		seats = append(seats, v.Leg)
	}
	for _, r := range m.outside {
		m.copyTo(r)
		r.cast(m.voices)
	}
	for _, f := range m.forks {
		m.listen(&f.caller, caller)
		for i := range f.right {
			if l := &f.right[i]; !slices.Contains(seats, l.leg) {
				m.listen(l, "")
			}
		}
		for _, leg := range seats {
			m.listen(f.laneFor(leg), leg)
		}
	}
}

// laneFor is the lane of a leg on the right.
func (f *forked) laneFor(leg call.LegID) *lane {
	for _, want := range []call.LegID{leg, ""} {
		if i := slices.IndexFunc(f.right, func(l lane) bool { return l.leg == want }); i >= 0 {
			return &f.right[i]
		}
	}
	ring := media.NewRing(ringBytes)
	f.stream.Hear(ring)
	f.right = append(f.right, lane{ring: ring})
	return &f.right[len(f.right)-1]
}

// listen has a lane hear a leg, or nobody. A leg that came back from another call is listened to anew.
func (m *callMedia) listen(l *lane, leg call.LegID) {
	if old := m.legs[l.leg]; old != nil && l.leg != leg {
		old.Unlisten(l.ring)
	}
	l.leg = leg
	if now := m.legs[leg]; now != nil {
		now.Listen(l.ring)
	}
}

// forkEngine is an engine in the words of the room that streams to it.
func forkEngine(e config.Fork) fork.Engine {
	out := fork.Engine{Name: e.Name, URL: e.URL.Reveal(), Packet: e.Packet, Headers: revealed(e.Headers)}
	out.Encoding = encodingOf(e.Format)
	return out
}

// encodingOf is a format in the words of the rooms that stream.
func encodingOf(f config.ForkFormat) fork.Encoding {
	switch f {
	case config.ForkPCMA:
		return fork.PCMA
	case config.ForkPCMU:
		return fork.PCMU
	case config.ForkPCM:
	}
	return fork.PCM
}

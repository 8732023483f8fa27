package app

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/media"
	"hotline/recording/siprec"
	"hotline/sip"
)

// recordedVoices are who is to be heard by recorders outside.
type recordedVoices struct {
	caller live.Speaker
	seats  []live.Speaker
}

// recordedOutside is one recorder's session of a call, and its sound.
type recordedOutside struct {
	session *siprec.Session
	sound   *recordedSound
	numbers bool
	quiet   bool
}

// recordedSound is a session's two streams: legs of the call that copy others. The session opens and closes them; the
// call's actor says what they copy.
type recordedSound struct {
	call   *callMedia
	far    netip.Addr
	codecs []call.Codec
	srtp   call.Encryption

	mu    sync.Mutex // guards the legs, which two goroutines come for
	legs  [2]*media.Leg
	of    [2][]*media.Leg
	ended streamsEnded
}

// streamsEnded waits for the last word on both streams.
type streamsEnded struct {
	left       int
	sent, lost uint64
	done       func(sent, lost uint64)
}

// Recorders are the recorders that a conversation is for, drawn once.
func (m *callMedia) Recorders(queue string) (names []string) {
	for _, s := range m.app.rev.Load().site.Siprec {
		if s.Takes(queue, m.about.trunk) && rand.IntN(100) < s.Share { //nolint:gosec // a sample, not a secret
			names = append(names, s.Name)
		}
	}
	return names
}

// recordOutside begins a session; the next word on who speaks brings somebody into it.
func (m *callMedia) recordOutside(s config.Siprec, queue string, quiet bool) error {
	id := newULID()
	sound := &recordedSound{call: m, far: hostOf(s.Targets[0]), codecs: m.recorderCodecs(), srtp: s.SRTP}
	session, err := m.app.outside.Start(siprec.Spec{
		ID:       id,
		Recorder: siprec.Recorder{Name: s.Name, Targets: s.Targets, User: s.Auth.User, Password: s.Auth.Password.Reveal()},
		About:    siprec.About{Call: m.id, Trunk: m.about.trunk, Queue: queue, Domain: m.app.node.SIP.Domain},
		Quiet:    quiet, Open: sound.open,
		NewLeg: func() call.LegID { return call.LegID(newULID()) },
		Told: func(taken bool, words string) {
			m.actor.Tell(live.RecorderNews{Recorder: s.Name, Session: id, Taken: taken, Words: words})
		},
	})
	if err != nil {
		return err
	}
	m.outside[s.Name] = &recordedOutside{session: session, sound: sound, numbers: s.Numbers, quiet: quiet}
	return nil
}

// recorderCodecs are what a recorder is offered: what the caller speaks first.
func (m *callMedia) recorderCodecs() []call.Codec {
	all := []call.Codec{call.CodecPCMA, call.CodecPCMU, call.CodecG722}
	for _, codec := range m.spoken {
		if codec == call.CodecPCMU {
			all[0], all[1] = all[1], all[0]
			break
		}
	}
	return preferring(m.spoken[m.voices.caller.Leg], all)
}

// hostOf is a target's address, if it is one.
func hostOf(uri string) netip.Addr {
	_, rest, _ := strings.Cut(uri, ":")
	rest, _, _ = strings.Cut(rest, ";")
	if _, host, user := strings.Cut(rest, "@"); user {
		rest = host
	}
	if at, err := netip.ParseAddrPort(rest); err == nil {
		return at.Addr()
	}
	a, _ := netip.ParseAddr(strings.Trim(rest, "[]"))
	return a
}

// cast tells the recorder who speaks.
func (r *recordedOutside) cast(v recordedVoices) {
	seats := make([]siprec.Party, 0, len(v.seats))
	for _, s := range v.seats {
		seats = append(seats, r.party(s))
	}
	r.session.Cast(r.party(v.caller), seats)
}

func (r *recordedOutside) party(v live.Speaker) siprec.Party {
	p := siprec.Party{Leg: v.Leg, User: string(v.Seat)}
	if p.User == "" {
		p.User = v.Phone
	}
	if p.User == "" && r.numbers {
		p.User = v.Number
	}
	return p
}

func (r *recordedOutside) stop() { r.session.Stop() }

// copyTo has a recorder hear who speaks, or nobody in a pause.
func (m *callMedia) copyTo(r *recordedOutside) {
	var of [2][]*media.Leg
	if !r.quiet {
		if l := m.legs[m.voices.caller.Leg]; l != nil {
			of[0] = append(of[0], l)
		}
		for _, v := range m.voices.seats {
			if l := m.legs[v.Leg]; l != nil {
				of[1] = append(of[1], l)
			}
		}
	}
	r.sound.copy(of)
}

// copy says whom the streams copy from now on.
func (s *recordedSound) copy(of [2][]*media.Leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.legs {
		if l != nil && !slices.Equal(s.of[i], of[i]) {
			l.Copy(of[i]...)
		}
	}
	s.of = of
}

// portsKept is the part of all ports that recorders leave to calls.
const portsKept = 8

// portsToSpare tells whether two more pairs may go to a recorder.
func portsToSpare(total, free int) bool { return free >= 2 && (free-2)*portsKept >= total }

// open leases the ports of both streams.
func (s *recordedSound) open() (siprec.Sound, error) {
	if total, free := s.call.app.media.Capacity(); !portsToSpare(total, free) {
		return nil, call.Errorf(call.CodeCapacity, "the ports that are left are for calls")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var legs [2]*media.Leg
	for i := range legs {
		l, err := s.call.app.media.OpenFor(s.far, s.call.id, call.LegID(newULID()), s)
		if err != nil {
			if i > 0 {
				legs[0].Close()
			}
			return nil, err
		}
		legs[i] = l
	}
	s.legs, s.ended.left = legs, len(legs)
	for i, l := range legs {
		l.Copy(s.of[i]...)
	}
	return s, nil
}

// Locals is both streams for the description.
func (s *recordedSound) Locals() (locals [2]call.LocalMedia) {
	for i, l := range s.legs {
		locals[i] = call.LocalMedia{Addr: l.Local(), Codecs: s.codecs, SRTP: s.srtp}
		if s.srtp != call.EncryptOff {
			locals[i].Secrets = l.Secrets()
		}
	}
	return locals
}

// Negotiated tells both streams what the recorder has agreed to.
func (s *recordedSound) Negotiated(specs [2]call.MediaSpec) {
	for i, l := range s.legs {
		l.Negotiate(specs[i])
	}
}

// Close gives the ports back.
func (s *recordedSound) Close(done func(sent, lost uint64)) {
	s.mu.Lock()
	s.ended.done = done
	legs := s.legs
	s.legs = [2]*media.Leg{}
	s.mu.Unlock()
	for _, l := range legs {
		l.Close()
	}
}

// SoundEvent takes what both streams were like in the end. Nothing else that happens there matters.
func (s *recordedSound) SoundEvent(_ call.LegID, ev call.SoundEvent) {
	end, last := ev.(call.SoundEnded)
	if !last {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.ended
	e.left--
	e.sent, e.lost = e.sent+end.Sent.Packets, e.lost+end.Sent.Lost
	if e.left == 0 && e.done != nil {
		e.done(e.sent, e.lost)
	}
}

// recorders calls recorders by the node's signalling.
type recorders struct{ app *App }

// Record sends the INVITE.
func (r recorders) Record(o siprec.Order, news func(call.LegEvent)) siprec.Dialog {
	return recorderDialog{r.app.sip.Record(sip.Record{
		Call: o.Call, Leg: o.Leg, Targets: o.Recorder.Targets, Auth: sip.Login{User: o.Recorder.User, Password: o.Recorder.Password},
		Locals: o.Locals, Metadata: o.Metadata, Quiet: o.Quiet,
	}, recorderOwner(news))}
}

// recorderOwner takes the events of a recorder's dialog.
type recorderOwner func(call.LegEvent)

// LegEvent passes one on.
func (f recorderOwner) LegEvent(_ call.LegID, ev call.LegEvent) { f(ev) }

// recorderDialog is a leg in the words of recording sessions.
type recorderDialog struct{ leg *sip.Leg }

// Describe tells the recorder anew who speaks.
func (d recorderDialog) Describe(metadata []byte, quiet bool) { d.leg.Describe(metadata, quiet) }

// End ends the dialog.
func (d recorderDialog) End() { d.leg.End(call.CauseNormal) }

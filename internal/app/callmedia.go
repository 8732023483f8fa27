package app

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/dialling"
	"hotline/call/live"
	"hotline/config"
	"hotline/media"
	"hotline/recording"
	"hotline/sip"
)

// ringBytes is what a call's recording may keep in memory per side: 1.7 s of
// G.711, against a flush every 300 ms, for which the ring takes a quarter of it.
const ringBytes = 16 << 10

// callMedia is one call's sound: it joins the actor's words to the media
// engine, the recorder and the phones. Only the actor's goroutine uses it.
type callMedia struct {
	app      *App
	id       call.ID
	codecs   []call.Codec // of the caller's trunk
	srtp     call.Encryption
	keys     call.KeysBy // of the caller's trunk
	far      netip.Addr  // where the caller's sound comes from, as far as is known at the door
	actor    *live.Actor
	shift    *live.Shift // instead of an actor
	legs     map[call.LegID]*media.Leg
	tapes    map[call.RecordingID]*tape
	lines    map[call.LegID]string          // trunks' lines taken by legs we dialled
	tickets  map[call.LegID]dialling.Ticket // of these, those that agents and phones asked for
	speaks   map[call.LegID]string          // the language a leg hears, where it is not the house's
	room     *media.Conference              // nil: never needed one
	pair     *media.Leg                     // one of two that are bridged
	forks    map[string]*forked             // by engine
	ear      *ear                           // the speech service that hears the caller; nil: none
	said     said                           // what was rendered for the flow
	unrender func(late bool)                // ends the rendering under way; nil: none was begun
	about    forkedCall
	outside  map[string]*recordedOutside // by recorder
	voices   recordedVoices
	spoken   map[call.LegID]call.Codec // of each leg, as was agreed on
}

// tape is a recording in progress and what it taps: the caller, and on the right
// side a lane for each who is heard there at once.
type tape struct {
	rec    *recording.Recording
	caller call.LegID
	lanes  []lane
}

// lane is a ring of the right side; its leg is empty when nobody is in it.
type lane struct {
	ring *media.Ring
	leg  call.LegID
}

func newCallMedia(app *App, id call.ID, trunk config.Trunk) *callMedia {
	return &callMedia{
		app: app, id: id, codecs: trunk.Codecs, srtp: trunk.SRTP, keys: trunk.DTMF,
		legs: map[call.LegID]*media.Leg{}, tapes: map[call.RecordingID]*tape{}, lines: map[call.LegID]string{}, speaks: map[call.LegID]string{},
		tickets: map[call.LegID]dialling.Ticket{}, outside: map[string]*recordedOutside{}, spoken: map[call.LegID]call.Codec{},
	}
}

// lineOwner hears what becomes of a leg and its sound.
type lineOwner interface {
	sip.Owner
	media.Sink
}

func (m *callMedia) owner() lineOwner {
	if m.shift != nil {
		return m.shift
	}
	return m.actor
}

// Open leases ports for the caller's leg.
func (m *callMedia) Open(leg call.LegID) (call.LocalMedia, error) {
	local, err := m.open(m.far, leg, m.codecs, m.srtp)
	if err == nil {
		m.legs[leg].Keys(m.keys)
	}
	return local, err
}

// open leases ports of the family of the far end's address.
func (m *callMedia) open(far netip.Addr, leg call.LegID, codecs []call.Codec, srtp call.Encryption) (call.LocalMedia, error) {
	l, err := m.app.media.OpenFor(far, m.id, leg, m.owner())
	if err != nil {
		return call.LocalMedia{}, err
	}
	m.legs[leg] = l
	local := call.LocalMedia{Addr: l.Local(), Codecs: codecs, SRTP: srtp, MakesOpus: media.MakesOpus}
	if srtp != call.EncryptOff {
		local.Secrets = l.Secrets()
	}
	return local, nil
}

// Negotiated tells a leg's sound what SDP has settled.
func (m *callMedia) Negotiated(leg call.LegID, spec call.MediaSpec) {
	if l := m.legs[leg]; l != nil {
		m.spoken[leg] = spec.Codec
		l.Negotiate(spec)
	}
}

// Close gives a leg's ports back, and its line if it was dialled; closing twice is once.
func (m *callMedia) Close(leg call.LegID) bool {
	m.hangLine(leg)
	l := m.legs[leg]
	if l == nil {
		return false
	}
	l.Close()
	delete(m.legs, leg)
	if m.pair == l {
		m.pair = nil
	}
	return true
}

// Play plays prompts of the newest site revision.
func (m *callMedia) Play(leg call.LegID, prompts []string, loop bool) uint64 {
	l := m.legs[leg]
	if l == nil {
		return 0
	}
	return l.Play(m.app.rev.Load().sounds.get(m.speaks[leg], prompts, m.said), loop)
}

// Speak has a leg hear prompts in a language from its next Play on.
func (m *callMedia) Speak(leg call.LegID, language string) { m.speaks[leg] = language }

// Stop silences a leg.
func (m *callMedia) Stop(leg call.LegID) {
	if l := m.legs[leg]; l != nil {
		l.Stop()
	}
}

// Begin records the caller on the left and the seat, if any, on the right.
func (m *callMedia) Begin(id call.RecordingID, mailbox string, caller, seat call.LegID) error {
	left, right := media.NewRing(ringBytes), media.NewRing(ringBytes)
	rec, err := m.app.recorder.Start(recording.Spec{
		ID: id, Call: m.id, Mailbox: mailbox, Started: time.Now(), StartedMono: m.app.media.Now(),
		Left: left, Right: right,
	})
	if err != nil {
		return err
	}
	m.tapes[id] = &tape{rec: rec, caller: caller, lanes: []lane{{ring: right, leg: seat}}}
	m.tap(caller, left)
	m.tap(seat, right)
	return nil
}

// Pause has a recording hold silence.
func (m *callMedia) Pause(id call.RecordingID, paused bool) {
	if t := m.tapes[id]; t != nil {
		t.rec.Pause(paused)
	}
}

// Right says whom a recording's right side holds: who stays keeps the lane, who
// comes takes a free one, or a new one.
func (m *callMedia) Right(id call.RecordingID, legs ...call.LegID) {
	t := m.tapes[id]
	if t == nil {
		return
	}
	for i := range t.lanes {
		if l := &t.lanes[i]; l.leg != "" && !slices.Contains(legs, l.leg) {
			m.tap(l.leg, nil)
			l.leg = ""
		}
	}
	for _, leg := range legs {
		if leg == "" || slices.ContainsFunc(t.lanes, func(l lane) bool { return l.leg == leg }) {
			continue
		}
		free := slices.IndexFunc(t.lanes, func(l lane) bool { return l.leg == "" })
		if free < 0 {
			ring := media.NewRing(ringBytes)
			if !t.rec.Add(ring) {
				m.app.log.Warn("somebody more than a recording can hold is not in it", zap.String("call", string(m.id)), zap.String("leg", string(leg)))
				continue
			}
			free, t.lanes = len(t.lanes), append(t.lanes, lane{ring: ring})
		}
		t.lanes[free].leg = leg
		m.tap(leg, t.lanes[free].ring)
	}
}

func (m *callMedia) tap(leg call.LegID, ring *media.Ring) {
	if l := m.legs[leg]; l != nil {
		l.Tap(ring)
	}
}

// End closes a recording; the actor hears RecordingDone.
func (m *callMedia) End(id call.RecordingID) {
	t := m.tapes[id]
	if t == nil {
		return
	}
	delete(m.tapes, id)
	m.tap(t.caller, nil)
	for _, l := range t.lanes {
		m.tap(l.leg, nil)
	}
	t.rec.Stop(func(facts call.RecordingFacts, err error) {
		m.actor.Tell(live.RecordingDone{Recording: id, Facts: facts, Err: err})
	})
}

// Lease leases sound for a phone that has called to come into the call.
func (m *callMedia) Lease(leg call.LegID, phone string) (call.LocalMedia, error) {
	rev := m.app.rev.Load()
	return m.open(m.app.sip.PhoneAt(phone), leg, rev.phoneCodecs(phone), rev.srtp[phone])
}

// callbackMark is what an agent's phone shows before the queue's title when it rings for a callback.
const callbackMark = "回拨"

// Ring leases sound for a seat and rings its phone. The caller's codec is
// offered first, so that nothing need be converted.
func (m *callMedia) Ring(i live.Invite) (live.Leg, error) {
	rev := m.app.rev.Load()
	local, err := m.open(m.app.sip.PhoneAt(i.Phone), i.Leg, preferring(i.Codec, rev.phoneCodecs(i.Phone)), rev.srtp[i.Phone])
	if err != nil {
		return nil, err
	}
	local.Comfort = i.Comfort
	m.app.log.Debug("ringing", zap.String("call", string(i.Call)), zap.String("seat", string(i.Seat)), zap.String("phone", i.Phone))
	display := rev.queues[i.Queue].Title
	if i.Callback {
		display = strings.TrimSpace(callbackMark + " " + display)
	}
	return m.app.sip.Ring(sip.Ring{
		Call: i.Call, Leg: i.Leg, Phone: i.Phone, CallerNumber: i.Caller.Number, Display: display, Local: local,
		AutoAnswer: i.Own || rev.agents[i.Seat].AutoAnswer || rev.queues[i.Queue].AutoAnswer,
	}, m.owner()), nil
}

// preferring puts a codec first, if the list has it.
func preferring(first call.Codec, codecs []call.Codec) []call.Codec {
	out := make([]call.Codec, 0, len(codecs))
	for _, c := range codecs {
		if c == first {
			out = append(out, c)
		}
	}
	for _, c := range codecs {
		if c != first {
			out = append(out, c)
		}
	}
	return out
}

package media

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"hotline/call"
)

// Leg is the sound of one leg. Its methods may be called from any goroutine and
// never wait: they post commands that the leg's thread obeys in order, within a
// tick (5 ms). After Close they do nothing.
type Leg struct {
	call   call.ID
	loop   *loop
	stream *stream
	local  netip.AddrPort
	plays  atomic.Uint64

	fingerprint string // of the engine's certificate
	making      sync.Once
	secrets     *call.LocalSecrets
}

// Local is our side for SDP: the advertised address and the even RTP port. RTCP
// is on the port above.
func (l *Leg) Local() netip.AddrPort { return l.local }

// Secrets is our side for SDP where the leg's sound may be encrypted: made when
// first asked for, which is to be before Negotiate, and the same for the leg's life.
func (l *Leg) Secrets() *call.LocalSecrets {
	l.making.Do(func() {
		l.secrets = newSecrets(l.fingerprint)
		l.loop.post(secureLeg{l.stream, l.secrets})
	})
	return l.secrets
}

// Negotiate takes what an offer/answer exchange settled. A new Version with a
// changed Remote lets the leg learn its source once more.
func (l *Leg) Negotiate(spec call.MediaSpec) { l.loop.post(negotiateLeg{l.stream, spec}) }

// Play sends sounds to the far end, one after the other, looped until something
// ends it if so asked. It takes the place of any Play before it, whose
// call.SoundPlayed says Cut. While it runs on a bridged leg the far end hears it
// instead of the peer. The number returned comes back in call.SoundPlayed; a
// Play that Close ends is not told. Before the first Negotiate a Play waits.
func (l *Leg) Play(sounds []*Sound, loop bool) uint64 {
	id := l.plays.Add(1)
	l.loop.post(playLeg{l.stream, id, sounds, loop})
	return id
}

// Keys says how the far end tells of keys pressed, where that is not to be found out (call.KeysAuto).
func (l *Leg) Keys(by call.KeysBy) { l.loop.post(keysLeg{l.stream, by}) }

// Stop cuts the present Play, if there is one.
func (l *Leg) Stop() { l.loop.post(stopLeg{l.stream}) }

// Bridge lets two legs of one call hear each other. It cuts what either plays
// and ends any bridge they are in. Legs of different calls can't be bridged.
func (l *Leg) Bridge(other *Leg) {
	if l.call != other.call { // they may live on different threads
		l.loop.log.Error("legs of different calls can't be bridged",
			zap.String("leg", string(l.stream.id)), zap.String("other", string(other.stream.id)))
		return
	}
	l.loop.post(bridgeLeg{l.stream, other.stream})
}

// Unbridge ends the leg's bridge, for both sides.
func (l *Leg) Unbridge() { l.loop.post(partLeg{l.stream}) }

// Tap copies each audio packet the far end sends into a ring, before conversion
// and whether or not the leg is bridged; nil ends it. Packets from strangers,
// telephone-events and what the far end sends while its SDP says it does not are
// left out.
func (l *Leg) Tap(ring *Ring) { l.loop.post(tapLeg{l.stream, ring}) }

// Listen copies what Tap copies into a further ring, for somebody who listens along;
// Unlisten ends that. A ring that listens already is not added again.
func (l *Leg) Listen(ring *Ring) { l.loop.post(earLeg{l.stream, ring, true}) }

// Unlisten ends Listen of a ring.
func (l *Leg) Unlisten(ring *Ring) { l.loop.post(earLeg{l.stream, ring, false}) }

// Close ends the leg and gives its ports back. Once the thread has obeyed,
// call.SoundEnded comes, and no event of the leg after it.
func (l *Leg) Close() { l.loop.post(closeLeg{l.stream}) }

// Stats is what the leg has carried, as of at most a second ago; after Close, in all.
func (l *Leg) Stats() Stats { return l.stream.published.load() }

package media

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

var allSuites = []call.CryptoSuite{call.SuiteSHA80, call.SuiteSHA32, call.SuiteGCM}

// sealedParty is a far end that encrypts, by contexts of its own.
type sealedParty struct {
	*party
	ours    *call.LocalSecrets
	seals   *srtp.Context
	opens   *srtp.Context
	version uint32
}

func keyOf(first byte) (k call.MasterKey) {
	for i := range k {
		k[i] = first + byte(i)
	}
	return k
}

// sealed opens a leg whose sound is encrypted.
func (r *rig) sealed(id call.LegID, host string, suite call.CryptoSuite) *sealedParty {
	p := &sealedParty{party: r.party(id, host, call.MediaSpec{}), ours: newSecrets("sha-256 00"), version: 1}
	r.apply(secureLeg{p.stream, p.ours})
	p.rekey(suite, 50)
	p.opens = p.context(suite, p.ours.Keys[suite])
	return p
}

// rekey settles a suite and a key of the far end's.
func (p *sealedParty) rekey(suite call.CryptoSuite, first byte) {
	spec := pcma()
	p.version++
	spec.Remote, spec.Version = p.addr, p.version
	spec.Protection = &call.Protection{Suite: suite, Key: keyOf(first)}
	p.negotiate(spec)
	p.seals = p.context(suite, keyOf(first))
}

func (p *sealedParty) context(suite call.CryptoSuite, key call.MasterKey) *srtp.Context {
	profile, err := profile(suite)
	require.NoError(p, err)
	n := suite.KeyBytes()
	c, err := srtp.CreateContext(key[:n], key[n:n+suite.SaltBytes()], profile, srtp.SRTPReplayProtection(64), srtp.SRTCPReplayProtection(64))
	require.NoError(p, err)
	return c
}

// next is the far end's next packet, sealed.
func (p *sealedParty) next(payload ...byte) []byte {
	b := encodeRTP(p, rtp.Header{PayloadType: p.spec.PayloadType, SequenceNumber: p.seq, Timestamp: p.ts, SSRC: p.ssrc}, payload)
	p.seq++
	p.ts += uint32(len(payload))
	out, err := p.seals.EncryptRTP(nil, b, nil)
	require.NoError(p, err)
	return out
}

func (p *sealedParty) say(payload ...byte) { p.arrive(p.addr, p.next(payload...)) }

// hears opens what was sent to the far end.
func (p *sealedParty) hears() []*rtp.Packet {
	var heard []*rtp.Packet
	for _, d := range p.takeSent() {
		plain, err := p.opens.DecryptRTP(nil, d.b, nil)
		require.NoError(p, err)
		require.False(p, bytes.Contains(d.b, decodeRTP(p, plain).Payload), "not in clear")
		heard = append(heard, decodeRTP(p, plain))
	}
	return heard
}

// takeSent takes the datagrams sent on the leg's RTP socket.
func (p *party) takeSent() []datagram {
	var mine []datagram
	rest := p.wire.sent[:0]
	for _, d := range p.wire.sent {
		if d.fd == p.ports.rtp {
			mine = append(mine, d)
		} else {
			rest = append(rest, d)
		}
	}
	p.wire.sent = rest
	return mine
}

var someSound = bytes.Repeat([]byte{0x17, 0x23}, frameBytes/2)

func TestEncryptedAndPlainLegsHearEachOther(t *testing.T) {
	for _, suite := range allSuites {
		t.Run(suite.String(), func(t *testing.T) {
			r := newRig(t)
			left, right := r.sealed("left", "10.0.0.1:4000", suite), r.party("right", "10.0.0.2:5000", pcma())
			r.apply(bridgeLeg{left.stream, right.stream})
			ring := NewRing(1 << 14)
			r.apply(tapLeg{left.stream, ring})
			for range 20 { // over the wrap of both sides' sequence numbers
				left.say(someSound...)
				right.say(someSound...)
				r.run(frameTime)
			}
			got, back := right.hears(), left.hears()
			require.Len(t, got, 20)
			require.Len(t, back, 20)
			for i := range got {
				require.Equal(t, someSound, got[i].Payload)
				require.Equal(t, someSound, back[i].Payload)
			}
			require.Equal(t, 20, ring.Read(func(f Frame) { require.Equal(t, someSound, f.Payload, "the recorder has the plain sound") }))
			r.apply(playLeg{left.stream, 9, []*Sound{tone(frameBytes)}, false})
			r.run(2 * frameTime)
			require.Len(t, left.hears(), 1, "a prompt is sealed as well")
		})
	}
}

// TestTwoEncryptedLegs: each has its own suite and keys; nothing passes through as it came.
func TestTwoEncryptedLegs(t *testing.T) {
	r := newRig(t)
	left, right := r.sealed("left", "10.0.0.1:4000", call.SuiteGCM), r.sealed("right", "10.0.0.2:5000", call.SuiteSHA80)
	r.apply(bridgeLeg{left.stream, right.stream})
	left.say(someSound...)
	right.say(someSound...)
	r.run(frameTime)
	require.Len(t, left.hears(), 1)
	require.Len(t, right.hears(), 1)
	require.NotEqual(t, left.ours.Keys, right.ours.Keys)
}

func TestForgedPacketsAreNotHeard(t *testing.T) {
	r := newRig(t)
	left, right := r.sealed("left", "10.0.0.1:4000", call.SuiteSHA80), r.party("right", "10.0.0.2:5000", pcma())
	r.apply(bridgeLeg{left.stream, right.stream})
	stranger := newAddr("10.0.0.1:4002") // of the far end's host: the latch alone would let it in
	left.arrive(stranger, encodeRTP(t, rtp.Header{PayloadType: ptPCMA, SSRC: left.ssrc}, someSound))
	broken := left.next(someSound...)
	broken[20] ^= 1
	left.arrive(stranger, broken)
	left.arrive(stranger, []byte{0x80})
	r.run(frameTime)
	require.Empty(t, right.hears())
	require.EqualValues(t, 3, left.stats.Forged)
	require.EqualValues(t, 3, r.thread.counts.forged)
	require.False(t, left.latch.source.valid(), "they have not taken the latch")

	once := left.next(someSound...)
	for range 3 {
		left.arrive(left.addr, once)
	}
	left.arrive(left.addr, []byte{22, 254, 253}) // DTLS, where keys come with the descriptions
	left.arrive(left.addr, nil)
	r.run(frameTime)
	require.Len(t, right.hears(), 1, "a packet counts once")
	require.EqualValues(t, 5, left.stats.Forged)
	require.EqualValues(t, 2, left.stats.Refused)

	left.arrive(newAddr("10.6.6.6:1"), left.next(someSound...))
	r.run(frameTime)
	require.Empty(t, right.hears())
	require.EqualValues(t, 1, left.stats.Strangers)
}

func TestRekey(t *testing.T) {
	r := newRig(t)
	left, right := r.sealed("left", "10.0.0.1:4000", call.SuiteSHA80), r.party("right", "10.0.0.2:5000", pcma())
	r.apply(bridgeLeg{left.stream, right.stream})
	left.say(someSound...)
	r.run(frameTime)
	old, late, tooLate := left.next(someSound...), left.next(someSound...), left.next(someSound...)
	left.rekey(call.SuiteSHA80, 90)
	left.arrive(left.addr, old) // was on its way
	r.run(frameTime)
	left.say(someSound...)
	r.run(frameTime)
	left.arrive(left.addr, late)
	r.run(frameTime)
	require.Len(t, right.hears(), 4)
	r.run(keyGrace)
	left.arrive(left.addr, tooLate)
	r.run(frameTime)
	require.Empty(t, right.hears())
	require.EqualValues(t, 1, left.stats.Forged)

	// The same key told again changes nothing: the replay window still knows its packets.
	once := left.next(someSound...)
	left.arrive(left.addr, once)
	r.run(frameTime)
	spec := left.spec
	spec.Version++
	left.negotiate(spec)
	left.arrive(left.addr, once)
	r.run(frameTime)
	require.Len(t, right.hears(), 1)
}

// TestOurKeyStreamIsNeverRepeated: going to another suite, to plain RTP, and back
// goes on in the numbers of before, for the far end as for an eavesdropper.
func TestOurKeyStreamIsNeverRepeated(t *testing.T) {
	r := newRig(t)
	left, right := r.sealed("left", "10.0.0.1:4000", call.SuiteSHA80), r.party("right", "10.0.0.2:5000", pcma())
	r.apply(bridgeLeg{left.stream, right.stream})
	left.out.seq = 65530 // the next packets are past a wrap: a context begun anew would not know
	for range 20 {
		right.say(someSound...)
		r.run(frameTime)
	}
	require.Len(t, left.hears(), 20)
	sha := left.opens
	left.rekey(call.SuiteGCM, 50)
	left.opens = left.context(call.SuiteGCM, left.ours.Keys[call.SuiteGCM])
	right.say(someSound...)
	r.run(frameTime)
	require.Len(t, left.hears(), 1)
	plain := pcma()
	plain.Remote, plain.Version = left.addr, 100
	left.negotiate(plain)
	right.say(someSound...)
	r.run(frameTime)
	require.Len(t, left.party.hears(), 1)
	left.version = 100
	left.rekey(call.SuiteSHA80, 50)
	left.opens = sha
	right.say(someSound...)
	r.run(frameTime)
	require.Len(t, left.hears(), 1, "the old context opens it")
}

func TestNewSourceUnderTheSameKey(t *testing.T) {
	r := newRig(t)
	left, right := r.sealed("left", "10.0.0.1:4000", call.SuiteGCM), r.party("right", "10.0.0.2:5000", pcma())
	r.apply(bridgeLeg{left.stream, right.stream})
	for i := range sourcesMost + 10 {
		left.ssrc = uint32(i)
		left.say(someSound...)
		r.run(frameTime)
	}
	require.Len(t, right.hears(), sourcesMost, "the number of sources one key may have is bounded")
}

func TestReportsAreSealed(t *testing.T) {
	for _, mux := range []bool{false, true} {
		r := newRig(t)
		left, right := r.sealed("left", "10.0.0.1:4000", call.SuiteSHA80), r.party("right", "10.0.0.2:5000", pcma())
		spec := left.spec
		spec.Mux = mux
		left.negotiate(spec)
		r.apply(bridgeLeg{left.stream, right.stream})
		left.say(someSound...)
		right.say(someSound...)
		r.run(frameTime)
		left.hears()
		report := &rtcp.ReceiverReport{SSRC: left.ssrc, Reports: []rtcp.ReceptionReport{{SSRC: left.out.ssrc, TotalLost: 7}}}
		b, err := report.Marshal()
		require.NoError(t, err)
		forged := bytes.Clone(b)
		b, err = left.seals.EncryptRTCP(nil, b, nil)
		require.NoError(t, err)
		fd, from := left.ports.rtcp, newAddr("10.0.0.1:4001")
		if mux {
			fd, from = left.ports.rtp, left.addr
		}
		for _, one := range [][]byte{forged, b} {
			r.wire.news[fd] = true
			r.wire.inbox[fd] = append(r.wire.inbox[fd], datagram{fd: fd, addr: from, b: one})
		}
		r.run(10 * time.Second)
		require.EqualValues(t, 7, left.stats.RemoteLost)
		require.EqualValues(t, 1, left.stats.Forged)
		reports := 0
		for _, d := range r.wire.sent {
			if d.fd != fd {
				continue
			}
			require.Equal(t, from, d.addr)
			plain, err := left.opens.DecryptRTCP(nil, d.b, nil)
			require.NoError(t, err)
			packets, err := rtcp.Unmarshal(plain)
			require.NoError(t, err)
			require.Len(t, packets, 2)
			reports++
		}
		require.NotZero(t, reports)
	}
}

// TestNothingIsSentWithoutKeys: a leg whose far end was never told our keys, by some mistake.
func TestNothingIsSentWithoutKeys(t *testing.T) {
	r := newRig(t)
	left, right := r.party("left", "10.0.0.1:4000", pcma()), r.party("right", "10.0.0.2:5000", pcma())
	spec := left.spec
	spec.Version++
	spec.Protection = &call.Protection{Suite: call.SuiteSHA80, Key: keyOf(1)}
	left.negotiate(spec)
	r.apply(bridgeLeg{left.stream, right.stream})
	right.say(someSound...)
	r.run(10 * time.Second)
	for _, d := range r.wire.sent {
		require.Equal(t, right.ports.rtcp, d.fd, "neither sound nor reports for the left one")
	}
}

func TestEncryptionAllocatesNothing(t *testing.T) {
	for _, suite := range allSuites {
		r := newRig(t)
		left, right := r.sealed("left", "10.0.0.1:4000", suite), r.sealed("right", "10.0.0.2:5000", suite)
		r.apply(bridgeLeg{left.stream, right.stream})
		var packets [][]byte
		for range 1100 {
			packets = append(packets, left.next(someSound...))
		}
		r.thread.from = newSockaddr(left.addr)
		r.thread.wire = nullWire{}
		at := 0
		require.LessOrEqual(t, testing.AllocsPerRun(1000, func() {
			n := copy(r.thread.scratch[:], packets[at])
			at++
			require.True(t, r.thread.accept(left.stream, r.thread.scratch[:n], r.now, true))
		}), float64(poolAllocs), suite)
		require.EqualValues(t, 1001, right.stats.PacketsOut)
	}
}

// BenchmarkSeal is what encryption adds to a packet: once to open it, once to seal it.
func BenchmarkSeal(b *testing.B) {
	for _, suite := range allSuites {
		key := keyOf(1)
		out, err := newContext(suite, &key)
		require.NoError(b, err)
		plain := encodeRTP(b, rtp.Header{PayloadType: ptPCMA, SSRC: 1}, someSound)
		var c cryptoBuffers
		b.Run(suite.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plain[3]++
				if plain[3] == 0 {
					plain[2]++
				}
				if _, err := out.EncryptRTP(c.sealed[:0], plain, &c.rtp); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

//go:build opus

package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// opusAlone is a leg that agreed on nothing but Opus.
func opusAlone() call.MediaSpec {
	return call.MediaSpec{Codec: call.CodecOpus, PayloadType: opusType, WideDTMF: 110}
}

// listensInOpus decodes what a party was sent, which has to be one unbroken stream of Opus.
func (p *party) listensInOpus(ear *opusEar, frame int) (heard []int16) {
	out := make([]int16, scratchSize)
	for _, packet := range p.hears() {
		require.EqualValues(p, opusType, packet.PayloadType)
		if ear.begun {
			require.Equal(p, ear.seq+1, packet.SequenceNumber)
			require.Equal(p, ear.ssrc, packet.SSRC)
		}
		span := opusSpan(packet.Payload)
		if frame != 0 {
			require.EqualValues(p, frame*wideUnits, span)
		}
		n := ear.take(newPacket(packet.SequenceNumber, packet.Timestamp, packet.SSRC, packet.Payload), span, out)
		heard = append(heard, n.sound...)
	}
	return heard
}

func newPacket(seq uint16, ts, ssrc uint32, payload []byte) *packet {
	return &packet{seq: seq, ts: ts, ssrc: ssrc, payload: payload}
}

// TestPromptsInOpus: a leg without another codec hears them, in each packet length that is asked for.
func TestPromptsInOpus(t *testing.T) {
	tune := sine(100 * frameBytes)
	var mulaw, alaw []byte
	for _, s := range tune {
		mulaw, alaw = append(mulaw, CompressMuLaw(s)), append(alaw, CompressALaw(s))
	}
	for ms, frame := range map[int]int{10: 80, 20: 160, 30: 160, 40: 320, 50: 320, 60: 480} {
		r := newRig(t)
		spec := opusAlone()
		spec.Ptime = time.Duration(ms) * time.Millisecond
		p := r.party("a", "10.0.0.1:4000", spec)
		r.apply(playLeg{p.stream, 1, []*Sound{newSound(mulaw, alaw)}, true})
		r.run(time.Second)
		heard := p.listensInOpus(newOpusEar(), frame)
		require.InDelta(t, 8000, len(heard), 800, "%d ms", ms)
		require.InDelta(t, 8000, toneLevel(heard[2000:6000], 1000), 1200, "%d ms", ms)
		r.apply(closeLeg{p.stream})
		require.Nil(t, p.coder)
	}
}

// TestOthersAreHeardInOpus: what a peer says in another codec, in packets of any length, and in a conference.
func TestOthersAreHeardInOpus(t *testing.T) {
	for _, other := range []call.MediaSpec{pcma(), pcmu(), g722()} {
		for _, samples := range []int{80, 160, 240, 400, 480} {
			r, left, _ := bridged(t, opusAlone(), other)
			k := &talker{party: nil, hz: 1000, coder: newLowBand()}
			k.party = partyOf(r, t, other)
			r.apply(bridgeLeg{left.stream, k.stream})
			ear := newOpusEar()
			var heard []int16
			for range 16000 / samples {
				k.talkFor(samples)
				r.run(time.Duration(samples) * nsPerSample)
				heard = append(heard, left.listensInOpus(ear, 0)...)
			}
			require.InDelta(t, 16000, len(heard), 1000)
			require.InDelta(t, 6000, toneLevel(heard[4000:12000], 1000), 900, "%v, %d samples", other.Codec, samples)
		}
	}
	r := newRig(t)
	a, b := r.party("a", "10.0.0.1:4000", opusAlone()), r.talker("b", "10.0.0.2:4000", pcma(), 700)
	r.apply(arrangement{room: new(room), members: []*stream{a.stream, b.stream}, hears: [][]*stream{{b.stream}, {a.stream}}})
	ear, heard := newOpusEar(), []int16(nil)
	for range 60 {
		b.speak()
		r.run(frameTime)
		heard = append(heard, a.listensInOpus(ear, frameBytes)...)
	}
	require.InDelta(t, 6000, toneLevel(heard[4000:8000], 700), 900)
}

// partyOf is one more far end.
func partyOf(r *rig, t *testing.T, spec call.MediaSpec) *party {
	t.Helper()
	return r.party("third", "10.0.0.3:6000", spec)
}

// talkFor sends the next packet of the tone, of so many samples.
func (k *talker) talkFor(samples int) {
	var payload []byte
	for _, s := range k.next(samples) {
		switch k.spec.Codec {
		case call.CodecG722:
			payload = append(payload, k.coder.code(s))
		case call.CodecPCMU:
			payload = append(payload, CompressMuLaw(s))
		default:
			payload = append(payload, CompressALaw(s))
		}
	}
	k.say(payload...)
}

// next are the next samples of the tone.
func (k *talker) next(n int) []int16 {
	all := sine(k.at + n)[k.at:]
	k.at += n
	for i, s := range all {
		all[i] = int16(int(s) * 6000 / 8000)
	}
	return all
}

// BenchmarkOpusCode is a packet of 20 ms made for a leg.
func BenchmarkOpusCode(b *testing.B) {
	th, s, sound := newThread(nullWire{}, &Options{}, nil, nil), &stream{}, sine(100*frameBytes)
	out, i := make([]byte, scratchSize), 0
	for b.Loop() {
		at := i % 100 * frameBytes
		require.NotZero(b, th.codeOpus(s, sound[at:at+frameBytes], out))
		i++
	}
}

package media

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// withComfort is a leg that has agreed on comfort noise.
func withComfort(spec call.MediaSpec, pt uint8) call.MediaSpec {
	spec.Comfort = pt
	return spec
}

// hush sends a packet of comfort noise and is silent for so many frames, that one included.
func (p *party) hush(frames int) {
	p.arrive(p.addr, encodeRTP(p, rtp.Header{PayloadType: ptComfort, SequenceNumber: p.seq, Timestamp: p.ts, SSRC: p.ssrc}, []byte{64}))
	p.seq++
	p.ts += uint32(frames * frameBytes)
	p.run(time.Duration(frames) * frameTime)
}

func (p *party) speaks() {
	p.say()
	p.run(frameTime)
}

// Between two who know it comfort noise passes as it is, whatever laws they speak, by the number of each.
func TestComfortNoiseGoesOnToWhoKnowsIt(t *testing.T) {
	_, left, right := bridged(t, withComfort(pcma(), 13), withComfort(pcmu(), 98))
	left.speaks()
	left.hush(25)
	left.hush(10) // a new level
	left.speaks()
	got := right.hears()
	require.Len(t, got, 4)
	for i, p := range got[1:] {
		require.Equal(t, got[0].SequenceNumber+1+uint16(i), p.SequenceNumber)
		require.Equal(t, []uint32{1, 26, 36}[i]*frameBytes, p.Timestamp-got[0].Timestamp)
		require.False(t, p.Marker)
	}
	require.EqualValues(t, 98, got[1].PayloadType)
	require.Equal(t, []byte{64}, got[1].Payload, "not converted: it is no sound")
	require.EqualValues(t, ptPCMU, got[3].PayloadType)
	require.Zero(t, left.stats.Refused)
	require.Zero(t, left.in.lost(), "a pause is no loss")
	require.Zero(t, left.in.gaps)
	require.Less(t, left.in.jitter>>4, uint32(40), "nor jitter")
}

// Whoever hears a leg's sound elsewhere has silence where comfort noise came.
func TestComfortNoiseIsNoSound(t *testing.T) {
	r, left, right := bridged(t, withComfort(pcma(), 13), pcma())
	ring := NewRing(4096)
	r.apply(tapLeg{left.stream, ring})
	left.speaks()
	left.hush(5)
	require.Equal(t, 1, ring.Read(func(f Frame) { require.Len(t, f.Payload, frameBytes) }))
	require.Len(t, right.hears(), 1)

	r.apply(arrangement{
		room: new(room), members: []*stream{left.stream, right.stream}, hears: [][]*stream{{right.stream}, {left.stream}},
	})
	left.hush(20)
	for _, p := range right.hears() {
		require.EqualValues(t, ptPCMA, p.PayloadType)
		for _, code := range p.Payload {
			require.Zero(t, ExpandALaw(code)>>4)
		}
	}
}

// Who is silent without packets is there as long as his reports come; who sent sound last is not.
func TestReportsAreALifeSignInSilence(t *testing.T) {
	r, left, right := bridged(t, withComfort(pcma(), 13), pcma())
	report := []byte{0x80, rtcpReceiver, 0, 1, 0, 0, 0, 1}
	quiet := func() {
		for range 30 {
			right.speaks()
			left.arriveRTCP("10.0.0.1:4001", report)
			r.run(5 * time.Second)
		}
	}
	left.speaks()
	left.hush(1)
	quiet()
	require.Empty(t, r.told())
	left.speaks()
	quiet()
	require.NotEmpty(t, r.told())
}

// lastReport is the newest RTCP packet sent for a leg.
func (p *party) lastReport() []byte {
	got := p.reportsOf()
	require.NotEmpty(p, got)
	return got[len(got)-1].b
}

func TestTheEndOfALegIsABye(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.speaks()
	right.speaks()
	r.wire.sent = nil
	ssrc := left.out.ssrc
	r.apply(closeLeg{left.stream})
	b := left.lastReport()
	require.EqualValues(t, rtcpSender, b[1], "a compound packet begins with a report")
	bye := b[len(b)-8:]
	require.Equal(t, []byte{rtpVersion | 1, rtcpBye, 0, 1}, bye[:4])
	require.Equal(t, ssrc, binary.BigEndian.Uint32(bye[4:]))
	for len(b) > 0 { // lengths add up
		size := 4 * (1 + int(binary.BigEndian.Uint16(b[2:])))
		require.LessOrEqual(t, size, len(b))
		b = b[size:]
	}
}

func TestWhoSaidNothingSaysNoBye(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	r.apply(closeLeg{a.stream})
	require.Empty(t, a.reportsOf())
}

// A far end's BYE, with a reason, ends nothing: it may change its SSRC, and the dialog tells who hangs up.
func TestAFarEndsByeIsNoError(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.speaks()
	bye := append([]byte{0x80, rtcpReceiver, 0, 1, 0, 0, 0, 1, 0x81, rtcpBye, 0, 3, 0, 0, 0, 1, 6}, "camera\x00"...)
	left.arriveRTCP("10.0.0.1:4001", bye)
	r.run(2 * time.Second)
	left.ssrc, left.seq = 99, 7
	left.speaks()
	require.Len(t, right.hears(), 2)
	require.Empty(t, r.told())
	require.Zero(t, left.stats.Refused)
	require.Zero(t, left.in.lost())
}

// Whatever packets who speaks sends and whatever who listens wants, a mixed tone comes through whole: at its level,
// at the pace of the clock and in packets of the length agreed on.
func TestMixedForEveryPacketLength(t *testing.T) {
	lengths := []int{10, 20, 30, 40, 50, 60}
	for _, speaks := range lengths {
		for _, hears := range lengths {
			spec := pcma()
			spec.Ptime = time.Duration(hears) * time.Millisecond
			r := newRig(t)
			speaker, listener := r.talker("talker", "10.0.0.1:4000", pcma(), 500), r.party("listener", "10.0.0.2:4000", spec)
			r.apply(arrangement{
				room: new(room), members: []*stream{speaker.stream, listener.stream}, hears: [][]*stream{nil, {speaker.stream}},
			})
			var heard []int16
			for at := 0; at < 3000; at += speaks {
				speaker.speakFor(speaks * 8)
				r.run(time.Duration(speaks) * time.Millisecond)
				for _, p := range listener.hears() {
					require.Len(t, p.Payload, hears*8)
					for _, code := range p.Payload {
						heard = append(heard, ExpandALaw(code))
					}
				}
			}
			require.InDelta(t, 24000, len(heard), 1000)
			got := &talker{heard: heard[4000:]}
			require.InDelta(t, 0, got.level(500), 0.2, "%d ms to %d ms", speaks, hears)
		}
	}
}

// A prompt goes out in packets of the length agreed on, evenly and whole.
func TestPlaysInEveryPacketLength(t *testing.T) {
	for _, ms := range []int{10, 20, 30, 40, 50, 60} {
		spec := pcma()
		spec.Ptime = time.Duration(ms) * time.Millisecond
		r := newRig(t)
		a := r.party("a", "10.0.0.1:4000", spec)
		sound := tone(60 * frameBytes) // 1.2 s: whole packets of each length
		r.apply(playLeg{a.stream, 1, []*Sound{sound}, false})
		r.run(1300 * time.Millisecond)
		var heard []byte
		got := a.hears()
		for i, p := range got {
			require.Len(t, p.Payload, ms*8)
			require.Equal(t, got[0].Timestamp+uint32(i*ms*8), p.Timestamp)
			require.Equal(t, got[0].SequenceNumber+uint16(i), p.SequenceNumber)
			heard = append(heard, p.Payload...)
		}
		require.Equal(t, sound.alaw, heard, "%d ms", ms)
	}
}

// speakFor sends the next packet of the tone, n samples long.
func (k *talker) speakFor(n int) {
	payload := make([]byte, n)
	for i := range payload {
		payload[i] = CompressALaw(int16(6000 * math.Sin(2*math.Pi*k.hz*float64(k.at)/SampleRate)))
		k.at++
	}
	k.say(payload...)
}

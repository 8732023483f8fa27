package media

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// goodbyes takes the SSRCs that were said to be over, by a library that is not ours.
func (p *party) goodbyes() (all []uint32) {
	for _, d := range p.reportsOf() {
		packets, err := rtcp.Unmarshal(d.b)
		require.NoError(p, err)
		for _, one := range packets {
			if bye, ok := one.(*rtcp.Goodbye); ok {
				all = append(all, bye.Sources...)
			}
		}
	}
	return all
}

// TestAnotherClockIsAnotherSource: prompts go out in A-law, what the peer says in Opus; each time the clock
// changes a source begins that was not there before, and the one before is said to be over (RFC 7160 4.1).
func TestAnotherClockIsAnotherSource(t *testing.T) {
	r := newRig(t)
	left, right := r.party("left", "10.0.0.1:4000", opusSpec()), r.party("right", "10.0.0.2:5000", opusSpec())
	r.apply(playLeg{right.stream, 1, []*Sound{tone(SampleRate)}, true})
	r.run(200 * time.Millisecond)
	prompt := right.hears()
	require.NotEmpty(t, prompt)
	require.EqualValues(t, ptPCMA, prompt[0].PayloadType)
	r.apply(bridgeLeg{left.stream, right.stream})
	packets := opusPackets(t, "silk")
	for _, b := range packets[:10] {
		left.sayOpus(b)
		r.run(frameTime)
	}
	talk := right.hears()
	require.Len(t, talk, 10)
	require.NotEqual(t, prompt[0].SSRC, talk[0].SSRC)
	require.True(t, talk[0].Marker)
	require.Equal(t, talk[0].Timestamp+9*960, talk[9].Timestamp)
	require.Equal(t, []uint32{prompt[0].SSRC}, right.goodbyes())
	r.apply(playLeg{right.stream, 2, []*Sound{tone(SampleRate)}, false})
	r.run(100 * time.Millisecond)
	again := right.hears()
	require.NotEmpty(t, again)
	require.NotContains(t, []uint32{prompt[0].SSRC, talk[0].SSRC}, again[0].SSRC, "a clock that comes back is a new source as well")
	require.Equal(t, []uint32{talk[0].SSRC}, right.goodbyes())

	report := right.report(nil, r.now)
	require.EqualValues(t, len(again), binary.BigEndian.Uint32(report[20:]), "packets of this source alone")
	require.EqualValues(t, len(again)*frameBytes, binary.BigEndian.Uint32(report[24:]))
}

// TestANamedSourceStays: where our description names the SSRC the clock changes under it, and time goes on.
func TestANamedSourceStays(t *testing.T) {
	r := newRig(t)
	left, right := r.party("left", "10.0.0.1:4000", opusSpec()), r.party("right", "10.0.0.2:5000", opusSpec())
	right.out.named = true
	r.apply(playLeg{right.stream, 1, []*Sound{tone(SampleRate)}, true})
	r.run(200 * time.Millisecond)
	prompt := right.hears()
	last := prompt[len(prompt)-1]
	r.apply(bridgeLeg{left.stream, right.stream})
	left.sayOpus(opusPackets(t, "silk")[0])
	r.run(frameTime)
	got := right.hears()
	require.Len(t, got, 1)
	require.Equal(t, last.SSRC, got[0].SSRC)
	require.Equal(t, last.SequenceNumber+1, got[0].SequenceNumber)
	require.InDelta(t, 20*48, int32(got[0].Timestamp-last.Timestamp), 25*48)
	require.Empty(t, right.goodbyes())
}

// TestAFarEndMayChangeItsClock: from Opus to A-law and back, under one SSRC or another: nothing is lost by it.
func TestAFarEndMayChangeItsClock(t *testing.T) {
	for _, same := range []bool{true, false} {
		r, left, right := bridged(t, opusSpec(), pcma())
		packets := opusPackets(t, "silk")
		var heard int
		for i := range 24 {
			if i%8 == 4 && !same {
				left.ssrc++
			}
			if i%8 < 4 {
				left.sayOpus(packets[i])
			} else {
				left.arrive(left.addr, encodeRTP(t, rtp.Header{PayloadType: ptPCMA, SequenceNumber: left.seq, Timestamp: 77 + uint32(i)*frameBytes, SSRC: left.ssrc}, make([]byte, frameBytes)))
				left.seq++
			}
			r.run(frameTime)
			for _, p := range right.hears() {
				require.EqualValues(t, ptPCMA, p.PayloadType)
				require.Len(t, p.Payload, frameBytes)
				heard++
			}
		}
		require.Equal(t, 24, heard)
		require.Less(t, left.stats.Jitter, 5*time.Millisecond)
	}
}

// pressed is a telephone-event's packet.
func pressed(t *testing.T, p *party, pt uint8, ts uint32, end bool, duration uint16) {
	payload := []byte{5, 10, 0, 0}
	if end {
		payload[1] |= eventEnd
	}
	binary.BigEndian.PutUint16(payload[2:], duration)
	p.arrive(p.addr, encodeRTP(t, rtp.Header{PayloadType: pt, SequenceNumber: p.seq, Timestamp: ts, SSRC: p.ssrc}, payload))
	p.seq++
}

// TestKeysAcrossClocks: an event by either clock is one press of its true length, and goes on by the clock that the other side knows.
func TestKeysAcrossClocks(t *testing.T) {
	wide, narrow := opusSpec(), pcma()
	noWide := opusSpec()
	noWide.WideDTMF = 0
	for name, c := range map[string]struct {
		from, to call.MediaSpec
		pt       uint8
		duration uint16
		want     uint8 // payload type, duration as it goes on
		length   uint16
	}{
		"48 kHz to 8":          {wide, narrow, 110, 4800, 101, 800},
		"8 kHz to 8":           {wide, narrow, 101, 800, 101, 800},
		"48 kHz through":       {wide, wide, 110, 4800, 110, 4800},
		"8 kHz to 48":          {wide, wide, 101, 800, 110, 4800},
		"48 kHz to 8 in Opus":  {wide, noWide, 110, 4800, 101, 800},
		"8 kHz to 8 with Opus": {noWide, noWide, 101, 800, 101, 800},
		"long at 8, wide out":  {wide, wide, 101, 20000, 110, 0xffff},
	} {
		r, left, right := bridged(t, c.from, c.to)
		for _, b := range opusPackets(t, "silk")[:5] {
			left.sayOpus(b)
			r.run(frameTime)
		}
		sound := right.hears()
		began := left.ts
		for i := range 4 {
			pressed(t, left, c.pt, began, i == 3, c.duration)
			r.run(frameTime)
		}
		got := right.hears()
		require.Len(t, got, 4, name)
		for _, p := range got {
			require.Equal(t, c.want, p.PayloadType, name)
			require.Equal(t, got[0].Timestamp, p.Timestamp, name)
			require.Equal(t, sound[0].SSRC, p.SSRC, name)
			require.Equal(t, c.length, binary.BigEndian.Uint16(p.Payload[2:]), name)
		}
		digits := r.told()
		require.Len(t, digits, 1, name)
		length := time.Duration(c.duration) * nsPerSample
		if c.pt == 110 {
			length /= wideUnits
		}
		require.Equal(t, call.SoundDigit{Digit: '5', Duration: length}, digits[0].event, name)
		left.ts += 4 * 960
		left.sayOpus(opusPackets(t, "silk")[5])
		r.run(frameTime)
		require.Equal(t, got[3].SequenceNumber+1, right.hears()[0].SequenceNumber, name)
	}
}

// TestOpusInAConference: who speaks it is heard by the others, and hears them in A-law.
func TestOpusInAConference(t *testing.T) {
	r := newRig(t)
	a, b := r.party("a", "10.0.0.1:4000", opusSpec()), r.talker("b", "10.0.0.2:4000", pcma(), 700)
	r.apply(arrangement{room: new(room), members: []*stream{a.stream, b.stream}, hears: [][]*stream{{b.stream}, {a.stream}}})
	for i, packet := range opusPackets(t, "silk") {
		a.sayOpus(packet)
		b.speak()
		r.run(frameTime)
		if b.listen(); i < 10 {
			b.heard = nil
		}
	}
	require.InDelta(t, 4000, toneLevel(b.heard[:1600], 1000), 600)
	got := a.hears()
	require.EqualValues(t, ptPCMA, got[len(got)-1].PayloadType)
}

// TestOpusAloneWaits: a leg that agreed on nothing else is sent no sound of ours, and its prompts wait for the codec that
// is asked for; where Opus is made they do not.
func TestOpusAloneWaits(t *testing.T) {
	r := newRig(t)
	spec := opusSpec()
	spec.Beside, spec.BesideType = call.CodecNone, 0
	p := r.party("a", "10.0.0.1:4000", spec)
	r.apply(playLeg{p.stream, 1, []*Sound{tone(frameBytes)}, false})
	r.run(200 * time.Millisecond)
	if MakesOpus {
		require.NotEmpty(t, p.hears())
		require.Len(t, r.told(), 1)
		return
	}
	require.Empty(t, p.hears())
	require.Empty(t, r.told())
	again := opusSpec()
	again.Remote, again.Version = p.addr, 2
	p.negotiate(again)
	r.run(100 * time.Millisecond)
	require.NotEmpty(t, p.hears())
}

func TestOpusUntouchedAllocatesNothing(t *testing.T) {
	r, left, right := bridged(t, opusSpec(), opusSpec())
	b := encodeRTP(t, rtp.Header{PayloadType: opusType, SSRC: 1}, opusPackets(t, "silk")[0])
	r.thread.from = newSockaddr(left.addr)
	r.thread.wire = nullWire{}
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		b[3]++
		require.True(t, r.thread.accept(left.stream, b, r.now, true))
	}))
	require.NotZero(t, right.stats.PacketsOut)
}

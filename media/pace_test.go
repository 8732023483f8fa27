package media

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// steady checks that packets are one unbroken stream.
func steady(t *testing.T, packets []*rtp.Packet) {
	for i, p := range packets[1:] {
		before := packets[i]
		require.Equal(t, before.SSRC, p.SSRC)
		require.Equal(t, before.SequenceNumber+1, p.SequenceNumber)
		step := int32(p.Timestamp - before.Timestamp)
		require.GreaterOrEqual(t, step, int32(len(before.Payload)), "no overlap")
	}
}

func TestPlayComesEvenlyAndEnds(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	sound := tone(5 * frameBytes)
	r.apply(playLeg{a.stream, 1, []*Sound{sound}, false})
	var got []*rtp.Packet
	for range 6 {
		r.run(frameTime)
		one := a.hears()
		require.LessOrEqual(t, len(one), 1)
		got = append(got, one...)
	}
	require.Len(t, got, 5)
	steady(t, got)
	for i, p := range got {
		require.Equal(t, i == 0, p.Marker)
		require.Equal(t, sound.alaw[i*frameBytes:][:frameBytes], p.Payload)
		require.Equal(t, got[0].Timestamp+uint32(i)*frameBytes, p.Timestamp)
	}
	require.Equal(t, []heardEvent{{"a", call.SoundPlayed{Play: 1}}}, r.told())
}

func TestPlayedSoundsFollowWithoutGap(t *testing.T) {
	r := newRig(t)
	spec := pcmu()
	spec.Ptime = 30 * time.Millisecond
	a := r.party("a", "10.0.0.1:4000", spec)
	one, two := tone(frameBytes), tone(2*frameBytes)
	r.apply(playLeg{a.stream, 1, []*Sound{one, two}, false})
	r.run(150 * time.Millisecond)
	got := a.hears()
	require.Len(t, got, 2)
	steady(t, got)
	require.Equal(t, append(append([]byte{}, one.mulaw...), two.mulaw...), append(got[0].Payload, got[1].Payload...))
}

func TestMusicLoopsUntilCut(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	r.apply(playLeg{a.stream, 1, []*Sound{tone(3 * frameBytes)}, true})
	r.run(200 * time.Millisecond)
	require.Len(t, a.hears(), 10)
	r.apply(playLeg{a.stream, 2, []*Sound{tone(frameBytes)}, false})
	require.Equal(t, []heardEvent{{"a", call.SoundPlayed{Play: 1, Cut: true}}}, r.told())
	r.apply(stopLeg{a.stream})
	r.apply(stopLeg{a.stream})
	require.Equal(t, []heardEvent{{"a", call.SoundPlayed{Play: 2, Cut: true}}}, r.told())
	r.run(100 * time.Millisecond)
	require.Empty(t, a.hears())
}

// What is said in between the music does not make it begin anew.
func TestMusicGoesOnWhereItWasCut(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	music, other := tone(9*frameBytes), tone(4*frameBytes)
	r.apply(playLeg{a.stream, 1, []*Sound{music}, true})
	r.run(3 * frameTime)
	r.apply(playLeg{a.stream, 2, []*Sound{tone(frameBytes)}, false})
	r.run(2 * frameTime)
	at := a.music.at
	require.Positive(t, at)
	r.apply(playLeg{a.stream, 3, []*Sound{music}, true})
	a.hears()
	r.run(20 * frameTime)
	got := a.hears()
	require.Equal(t, music.alaw[at:][:frameBytes], got[0].Payload)
	heard := []byte{}
	for _, p := range got {
		heard = append(heard, p.Payload...)
	}
	around := append(append([]byte{}, music.alaw[at:]...), music.alaw...)
	require.Equal(t, around[:9*frameBytes], heard[:9*frameBytes], "and round from its beginning")

	r.apply(playLeg{a.stream, 4, []*Sound{other}, true})
	r.run(frameTime)
	require.Equal(t, other.alaw[:frameBytes], a.hears()[0].Payload, "other music begins at its beginning")
}

func TestPlayOfNothingEndsAtOnce(t *testing.T) {
	for _, loop := range []bool{false, true} {
		for _, sounds := range [][]*Sound{nil, {newSound(nil, nil)}} {
			r := newRig(t)
			a := r.party("a", "10.0.0.1:4000", pcma())
			r.apply(playLeg{a.stream, 1, sounds, loop})
			r.run(frameTime)
			require.Equal(t, []heardEvent{{"a", call.SoundPlayed{Play: 1}}}, r.told())
			require.Empty(t, a.hears())
		}
	}
}

func TestPlayWaitsForNegotiation(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", call.MediaSpec{})
	r.apply(playLeg{a.stream, 1, []*Sound{tone(2 * frameBytes)}, false})
	r.run(time.Second)
	require.Empty(t, a.hears())
	require.Empty(t, r.told())
	spec := pcma()
	spec.Remote, spec.Version = a.addr, 2
	a.negotiate(spec)
	r.run(100 * time.Millisecond)
	require.Len(t, a.hears(), 2)
	require.Len(t, r.told(), 1)
}

func TestPlayToWhoDoesNotListenStillEnds(t *testing.T) {
	r := newRig(t)
	spec := pcma()
	spec.Direction = call.RecvOnly
	a := r.party("a", "10.0.0.1:4000", spec)
	r.apply(playLeg{a.stream, 1, []*Sound{tone(2 * frameBytes)}, false})
	r.run(100 * time.Millisecond)
	require.Empty(t, a.hears())
	require.Len(t, r.told(), 1)
}

func TestStallIsMadeUpForWithoutABurst(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	r.apply(playLeg{a.stream, 1, []*Sound{tone(frameBytes)}, true})
	r.run(frameTime)
	got := a.hears()
	r.stall(120 * time.Millisecond)
	for range 10 {
		burst := a.hears()
		require.LessOrEqual(t, len(burst), 2)
		got = append(got, burst...)
		r.run(frameTime)
	}
	got = append(got, a.hears()...)
	steady(t, got)
	require.EqualValues(t, uint32(len(got)-1)*frameBytes, got[len(got)-1].Timestamp-got[0].Timestamp, "nothing was left out")
	require.InDelta(t, 1+6+10, len(got), 1, "all was made up for")
}

func TestLongStallIsSkipped(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	r.apply(playLeg{a.stream, 1, []*Sound{tone(frameBytes)}, true})
	r.run(frameTime)
	before := a.hears()
	r.stall(3 * time.Second)
	r.run(frameTime)
	after := a.hears()
	require.LessOrEqual(t, len(after), 2)
	require.True(t, after[0].Marker)
	require.InDelta(t, 3*SampleRate, after[0].Timestamp-before[len(before)-1].Timestamp, 2*frameBytes)
}

func TestListenersAreSpreadOverTheFrame(t *testing.T) {
	r := newRig(t)
	for range 100 {
		a := r.party("a", "10.0.0.1:4000", pcma())
		r.apply(playLeg{a.stream, 1, []*Sound{tone(frameBytes)}, true})
	}
	r.run(frameTime)
	for range 20 {
		r.wire.sent = nil
		r.run(tick)
		require.Len(t, r.wire.sent, 100*int(tick)/int(frameTime))
	}
}

// The whole way of a caller: prompt, agent, hold music, agent again.
func TestOneStreamWhoeverFeedsIt(t *testing.T) {
	r := newRig(t)
	caller, seat := r.party("caller", "10.0.0.1:4000", pcma()), r.party("seat", "10.0.0.2:4000", pcmu())
	var got []*rtp.Packet
	var marked []int
	began := r.now
	step := func() {
		r.run(frameTime)
		for _, p := range caller.hears() {
			if p.Marker {
				marked = append(marked, len(got))
			}
			got = append(got, p)
			ideal := got[0].Timestamp + uint32((r.now-began)/nsPerSample)
			require.InDelta(t, 0, int32(p.Timestamp-ideal), SampleRate/10, "true to the clock")
		}
	}
	r.apply(playLeg{caller.stream, 1, []*Sound{tone(5 * frameBytes)}, false})
	for range 10 {
		step()
	}
	r.apply(bridgeLeg{caller.stream, seat.stream})
	for range 5 {
		seat.say()
		step()
	}
	seat.ssrc, seat.seq, seat.ts = 99, 7, 12345 // the seat's phone starts a new stream
	seat.say()
	step()
	r.apply(partLeg{caller.stream})
	r.apply(playLeg{caller.stream, 2, []*Sound{tone(frameBytes)}, true})
	for range 5 {
		step()
	}
	r.apply(bridgeLeg{caller.stream, seat.stream})
	seat.say()
	step()
	steady(t, got)
	require.Equal(t, []int{0, 5, 10, 11, 16}, marked)
}

func TestPlayOnABridgedLegIsHeardInsteadOfThePeer(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.say(1)
	r.run(frameTime)
	r.apply(playLeg{right.stream, 1, []*Sound{tone(frameBytes)}, false})
	left.say(2)
	r.run(2 * frameTime)
	left.say(3)
	r.run(frameTime)
	got := right.hears()
	require.Len(t, got, 3)
	steady(t, got)
	require.Equal(t, []byte{3}, got[2].Payload)
}

func TestSilenceIsToldOnce(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	r.run(2 * time.Minute)
	require.Empty(t, r.told(), "neither has ever sent")
	left.say()
	r.run(59 * time.Second)
	require.Empty(t, r.told())
	r.run(2 * time.Second)
	told := r.told()
	require.Len(t, told, 1)
	require.Equal(t, call.LegID("left"), told[0].leg)
	require.GreaterOrEqual(t, told[0].event.(call.SoundTimeout).Silent, time.Minute)
	r.run(5 * time.Minute)
	require.Empty(t, r.told(), "once for a silence")
	left.say()
	r.run(time.Second)
	right.say()
	held := pcma()
	held.Remote, held.Version, held.Direction = left.addr, 2, call.SendOnly
	left.negotiate(held)
	right.say()
	r.run(59 * time.Second)
	right.say()
	r.run(30 * time.Second)
	require.Empty(t, r.told(), "on hold it owes us nothing")
	held.Version, held.Direction = 3, call.SendRecv
	left.negotiate(held)
	right.say()
	r.run(50 * time.Second)
	require.Empty(t, r.told(), "the time on hold does not count")
	right.say()
	r.run(12 * time.Second)
	require.Len(t, r.told(), 1)
	r.apply(partLeg{left.stream})
	left.say()
	r.run(5 * time.Minute)
	require.Empty(t, r.told(), "not bridged")
}

func TestNobodyOwesSoundOnHold(t *testing.T) {
	for _, way := range []call.Direction{call.SendOnly, call.RecvOnly, call.Inactive} {
		r, left, right := bridged(t, pcma(), pcma())
		left.say()
		right.say()
		held := pcma()
		held.Remote, held.Version, held.Direction = left.addr, 2, way
		left.negotiate(held)
		r.run(5 * time.Minute)
		require.Empty(t, r.told(), "neither who holds nor who is held, %s", way)
		held.Version, held.Direction = 3, call.SendRecv
		left.negotiate(held)
		r.run(59 * time.Second)
		require.Empty(t, r.told())
		r.run(2 * time.Second)
		require.Len(t, r.told(), 2, "both have been silent since the hold ended")
	}
}

func TestPlayingAndReadingAllocateNothing(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	r.apply(playLeg{a.stream, 1, []*Sound{tone(3 * frameBytes)}, true})
	r.run(time.Second)
	r.thread.wire = nullWire{}
	before := a.stats.PacketsOut
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		r.now += int64(tick)
		r.thread.pass(r.now)
	}))
	require.InDelta(t, 1000*int(tick)/int(frameTime), a.stats.PacketsOut-before, 1)
}

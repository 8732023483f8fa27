package media

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
	detect "hotline/test/tone"
)

// talker is a party of a conference with a tone of its own.
type talker struct {
	*party
	hz    float64
	at    int
	coder *lowBand // of its G.722
	ear   *lowBand
	heard []int16
}

func (r *rig) talker(id call.LegID, host string, spec call.MediaSpec, hz float64) *talker {
	return &talker{party: r.party(id, host, spec), hz: hz, coder: newLowBand(), ear: newLowBand()}
}

// speak sends the next packet of the tone.
func (k *talker) speak() {
	var payload []byte
	for range frameBytes {
		sample := int16(6000 * math.Sin(2*math.Pi*k.hz*float64(k.at)/SampleRate))
		k.at++
		switch k.spec.Codec {
		case call.CodecG722:
			payload = append(payload, k.coder.code(sample))
		case call.CodecPCMU:
			payload = append(payload, CompressMuLaw(sample))
		default:
			payload = append(payload, CompressALaw(sample))
		}
	}
	k.say(payload...)
}

// listen takes what it was sent.
func (k *talker) listen() {
	for _, p := range k.hears() {
		for _, code := range p.Payload {
			switch k.spec.Codec {
			case call.CodecG722:
				k.heard = append(k.heard, k.ear.sample(code))
			case call.CodecPCMU:
				k.heard = append(k.heard, ExpandMuLaw(code))
			default:
				k.heard = append(k.heard, ExpandALaw(code))
			}
		}
	}
}

// talk lets everybody speak for a while and listens to the later part of it.
func talk(r *rig, all []*talker, frames int) {
	for i := range frames {
		for _, k := range all {
			k.speak()
		}
		r.run(frameTime)
		for _, k := range all {
			k.listen()
			if i < 10 {
				k.heard = nil
			}
		}
	}
}

// level is how loud a tone is in what somebody hears: its share of full scale of one talker, in dB.
func (k *talker) level(hz float64) float64 {
	var re, im float64
	for i, sample := range k.heard {
		phase := 2 * math.Pi * hz * float64(i) / SampleRate
		re += float64(sample) * math.Cos(phase)
		im += float64(sample) * math.Sin(phase)
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/float64(len(k.heard))/6000)
}

// TestWhoHearsWhom goes through the ways of supervision, from one to the next without
// a new leg: each hears the tones it is to hear at their own level, and nothing else.
func TestWhoHearsWhom(t *testing.T) {
	r := newRig(t)
	caller := r.talker("caller", "10.0.0.1:4000", pcma(), 400)
	agent := r.talker("agent", "10.0.0.2:4000", pcmu(), 700)
	boss := r.talker("boss", "10.0.0.3:4000", g722(), 1100)
	all := []*talker{caller, agent, boss}
	r.apply(bridgeLeg{caller.stream, agent.stream})
	ring := NewRing(1 << 16)
	r.apply(tapLeg{caller.stream, ring})
	room := new(room)
	for _, mode := range []struct {
		name                string
		caller, agent, boss []*talker // whom each hears
	}{
		{"monitor", []*talker{agent}, []*talker{caller}, []*talker{caller, agent}},
		{"whisper", []*talker{agent}, []*talker{caller, boss}, []*talker{caller, agent}},
		{"barge", []*talker{agent, boss}, []*talker{caller, boss}, []*talker{caller, agent}},
		{"silent", nil, nil, nil},
		{"agent held out", []*talker{boss}, nil, []*talker{caller}},
		{"monitor again", []*talker{agent}, []*talker{caller}, []*talker{caller, agent}},
	} {
		a := arrangement{room: room}
		for i, hears := range [][]*talker{mode.caller, mode.agent, mode.boss} {
			var list []*stream
			for _, k := range hears {
				list = append(list, k.stream)
			}
			a.members, a.hears = append(a.members, all[i].stream), append(a.hears, list)
		}
		r.apply(a)
		talk(r, all, 60)
		for i, hears := range [][]*talker{mode.caller, mode.agent, mode.boss} {
			listener := all[i]
			require.InDelta(t, 50*frameBytes, len(listener.heard), 2*frameBytes, "%s: %s is sent a whole stream", mode.name, listener.id)
			for _, k := range all {
				wanted := false
				for _, h := range hears {
					wanted = wanted || h == k
				}
				if wanted {
					require.InDelta(t, 0, listener.level(k.hz), 1, "%s: %s hears %s", mode.name, listener.id, k.id)
				} else {
					require.Less(t, listener.level(k.hz), -40.0, "%s: %s does not hear %s", mode.name, listener.id, k.id)
				}
			}
			listener.heard = nil
		}
	}
	require.NotZero(t, ring.Read(func(Frame) {}), "the recording goes on through all of it")
	require.Empty(t, r.told())

	r.apply(closeLeg{boss.stream})
	require.Len(t, room.members, 2)
	r.apply(bridgeLeg{caller.stream, agent.stream})
	require.Empty(t, room.members)
	talk(r, all[:2], 20)
	require.InDelta(t, 0, caller.level(agent.hz), 1, "they talk on without a mix")
	require.Nil(t, caller.place)
}

// TestLeavingAConference: who is not named any more is sent nothing and read in bulk again.
func TestLeavingAConference(t *testing.T) {
	r := newRig(t)
	a, b := r.talker("a", "10.0.0.1:4000", pcma(), 400), r.talker("b", "10.0.0.2:4000", pcma(), 700)
	first, second := new(room), new(room)
	both := arrangement{room: first, members: []*stream{a.stream, b.stream}, hears: [][]*stream{{b.stream, a.stream}, {a.stream}}}
	r.apply(both)
	talk(r, []*talker{a, b}, 20)
	require.Less(t, a.level(a.hz), -40.0, "nobody hears himself, whatever is asked for")
	r.apply(arrangement{room: first, members: []*stream{a.stream}, hears: [][]*stream{{b.stream}}})
	require.Nil(t, b.place)
	require.Len(t, r.wire.watched, 1)
	b.hears()
	talk(r, []*talker{a, b}, 20)
	require.Empty(t, b.hears())
	require.Less(t, a.level(b.hz), -40.0, "one who is out is not heard")
	other := arrangement{room: second, members: []*stream{a.stream}, hears: [][]*stream{nil}}
	r.apply(other)
	require.Empty(t, first.members)
	r.apply(closeLeg{a.stream})
	require.Empty(t, second.members)
	r.apply(both) // both are named, one is closed
	require.Len(t, first.members, 1)
}

// TestJitterDoesNoHarm has a member's packets come up to 35 ms late, some out of order, some twice.
func TestJitterDoesNoHarm(t *testing.T) {
	var v voice
	frame := func(n int) []int16 {
		out := make([]int16, frameBytes)
		for i := range out {
			out[i] = int16(n)
		}
		return out
	}
	clock := int64(1 << 40)
	lay := func(value int, ssrc, ts uint32, clock int64) { // no loss by its sequence: what is missing was never sent
		v.lay(narrow{sound: frame(value), ssrc: ssrc, ts: ts}, clock)
	}
	lay(1, 7, 1<<32-160, clock) // over the wrap of its timestamps
	lay(3, 7, 160, clock+2*frameBytes+100)
	lay(2, 7, 0, clock+2*frameBytes+101)
	lay(9, 7, 160, clock+2*frameBytes+102)
	lay(5, 7, 480, clock+5*frameBytes) // the fourth is lost
	read := func(from int64) []int32 {
		sum := make([]int32, frameBytes)
		v.add(sum, from)
		return sum
	}
	first := clock + voiceDelay
	for i, want := range []int32{1, 2, 9, 0, 5, 0} {
		for _, got := range read(first + int64(i*frameBytes)) {
			require.Equal(t, want, got, "packet %d", i)
		}
	}
	require.Equal(t, int32(0), read(first - frameBytes)[0])
	lay(6, 7, 0, clock+10*frameBytes) // too late for anything
	require.Equal(t, int32(5), read(first + 4*frameBytes)[0])

	// A far end whose clock is slow, or that was away, starts anew; another source too.
	lay(7, 7, 640, clock+40*frameBytes)
	require.Equal(t, int32(7), read(clock + 40*frameBytes + voiceDelay)[0])
	lay(8, 8, 99, clock+60*frameBytes)
	require.Equal(t, int32(8), read(clock + 60*frameBytes + voiceDelay)[0])
	require.Equal(t, int32(0), read(clock + 59*frameBytes + voiceDelay)[0])
	lay(9, 8, 99+100*frameBytes, clock+61*frameBytes) // and one whose clock jumps ahead
	require.Equal(t, int32(9), read(clock + 61*frameBytes + voiceDelay)[0])
}

func TestMixAllocatesNothing(t *testing.T) {
	r := newRig(t)
	a, b := r.talker("a", "10.0.0.1:4000", pcma(), 400), r.talker("b", "10.0.0.2:4000", g722(), 700)
	r.apply(arrangement{room: new(room), members: []*stream{a.stream, b.stream}, hears: [][]*stream{{b.stream}, {a.stream}}})
	talk(r, []*talker{a, b}, 20)
	packet := encodeRTP(t, rtp.Header{PayloadType: ptG722, SSRC: 1}, make([]byte, frameBytes))
	r.thread.from = newSockaddr(b.addr)
	r.thread.wire = nullWire{}
	now := r.now
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		packet[3]++
		now += int64(frameTime)
		require.True(t, r.thread.accept(b.stream, packet, now, true))
		r.thread.mix(a.stream, now)
		r.thread.mix(b.stream, now)
	}))
}

// TestConferenceDoors: by an engine, with sockets.
func TestConferenceDoors(t *testing.T) {
	e, _ := newEngine(t, Options{})
	a, b := newPhone(t, e, "a", pcma()), newPhone(t, e, "b", pcma())
	foreign, err := e.Open("another", "c", make(queue, 1))
	require.NoError(t, err)
	c := e.NewConference("call")
	require.Equal(t, call.CodeInvalid, call.CodeOf(c.Arrange(Member{Leg: foreign})))
	require.Equal(t, call.CodeInvalid, call.CodeOf(c.Arrange(Member{Leg: a.leg, Hears: []*Leg{foreign}})))
	require.Equal(t, call.CodeInvalid, call.CodeOf(c.Arrange(Member{Leg: a.leg}, Member{Leg: a.leg})))
	require.Equal(t, call.CodeInvalid, call.CodeOf(c.Arrange(make([]Member, ConferenceMost+1)...)))
	require.NoError(t, c.Arrange(Member{Leg: a.leg, Hears: []*Leg{b.leg}}, Member{Leg: b.leg}))
	sound := detect.Encode(detect.Sine(700, 1, SampleRate), call.CodecPCMA)
	var heard []byte
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	for i := 0; detect.Heard(detect.Decode(heard, call.CodecPCMA), SampleRate, 700) < 300*time.Millisecond; i++ {
		<-ticker.C
		at := i * frameBytes % len(sound)
		b.say(sound[at : at+frameBytes])
		heard = append(heard, a.hear().Payload...)
		require.Less(t, i, 500)
	}
	require.NoError(t, c.Arrange())
}

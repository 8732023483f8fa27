package media

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// copied is a bridged call with a recorder outside that hears each side.
func copied(t *testing.T, a, b, recorder call.MediaSpec) (r *rig, left, right, one, two *party) {
	r, left, right = bridged(t, a, b)
	recorder.Direction, recorder.DTMF = call.SendOnly, 0
	one, two = r.party("one", "10.0.0.8:6000", recorder), r.party("two", "10.0.0.8:6002", recorder)
	r.apply(copyLeg{one.stream, []*stream{left.stream}})
	r.apply(copyLeg{two.stream, []*stream{right.stream}})
	return r, left, right, one, two
}

// What a side says goes out to its own stream as it came; the call itself is as without.
func TestACopyIsWhatWasSaid(t *testing.T) {
	r, left, right, one, two := copied(t, pcma(), pcmu(), pcma())
	for i := range 5 {
		left.say(byte(i), 0x55)
		right.say(0x80|byte(i), 0x7f)
		r.run(frameTime)
	}
	caller, agent := one.hears(), two.hears()
	require.Len(t, caller, 5)
	require.Len(t, agent, 5)
	for i, p := range caller {
		require.Equal(t, []byte{byte(i), 0x55}, p.Payload)
		require.Equal(t, caller[0].SequenceNumber+uint16(i), p.SequenceNumber)
		require.Equal(t, caller[0].Timestamp+2*uint32(i), p.Timestamp)
	}
	require.Equal(t, CompressALaw(ExpandMuLaw(0x80)), agent[0].Payload[0], "in what the recorder speaks")
	require.Len(t, right.hears(), 5)
	require.Equal(t, CompressALaw(ExpandMuLaw(0x80)), left.hears()[0].Payload[0])
}

func TestKeysAndComfortNoiseAreNotCopied(t *testing.T) {
	r, left, _, one, _ := copied(t, withComfort(pcma(), 13), pcma(), pcma())
	left.speaks()
	left.arrive(left.addr, encodeRTP(t, rtp.Header{PayloadType: 101, SequenceNumber: left.seq, Timestamp: left.ts, SSRC: left.ssrc}, []byte{5, 0x80, 1, 0}))
	left.seq++
	left.ts += frameBytes
	r.run(frameTime)
	left.hush(10)
	left.speaks()
	got := one.hears()
	require.Len(t, got, 2)
	require.Equal(t, got[0].SequenceNumber+1, got[1].SequenceNumber, "nothing of it is lost")
	require.EqualValues(t, 12*frameBytes, got[1].Timestamp-got[0].Timestamp)
}

// Nothing of what is said in a pause goes out: neither then nor afterwards, though the net has held it up.
func TestNothingOfAPauseIsCopied(t *testing.T) {
	r, left, _, one, _ := copied(t, pcma(), pcma(), pcma())
	word := func(b byte) []byte {
		return encodeRTP(t, rtp.Header{PayloadType: ptPCMA, SequenceNumber: left.seq, Timestamp: left.ts, SSRC: left.ssrc}, []byte{b})
	}
	next := func() { left.seq++; left.ts += frameBytes }
	send := func(b byte) { left.arrive(left.addr, word(b)); next(); r.run(frameTime) }
	for range 10 {
		send(1)
	}
	require.Len(t, one.hears(), 10)
	r.apply(copyLeg{one.stream, nil})
	var held [][]byte
	for i := range 50 {
		if i < 45 {
			send(6)
			continue
		}
		held = append(held, word(6)) // on its way until after the pause
		next()
		r.run(frameTime)
	}
	require.Empty(t, one.hears())
	left.arrive(left.addr, word(6)) // waits in the socket as the pause ends
	next()
	r.apply(copyLeg{one.stream, []*stream{left.stream}})
	for _, b := range held {
		left.arrive(left.addr, b)
	}
	r.run(frameTime)
	for range 10 {
		send(2)
	}
	got := one.hears()
	require.InDelta(t, 9, len(got), 1)
	for _, p := range got {
		require.Equal(t, []byte{2}, p.Payload)
	}
	require.True(t, got[0].Marker)
}

// Several who are heard at once are added up; who stays is heard without a break as the others come and go.
func TestSeveralAreCopiedTogether(t *testing.T) {
	r := newRig(t)
	agent, boss := r.talker("agent", "10.0.0.2:4000", pcma(), 700), r.talker("boss", "10.0.0.3:4000", pcmu(), 1100)
	spec := pcma()
	spec.Direction = call.SendOnly
	ear := r.talker("recorder", "10.0.0.8:6000", spec, 0)
	hears := func(of ...*talker) (a, b float64) {
		var list []*stream
		for _, k := range of {
			list = append(list, k.stream)
		}
		r.apply(copyLeg{ear.stream, list})
		ear.heard = nil
		for i := range 100 {
			agent.speak()
			boss.speak()
			r.run(frameTime)
			ear.listen()
			if i < 10 {
				ear.heard = nil
			}
		}
		require.InDelta(t, 90*frameBytes, len(ear.heard), 2*frameBytes)
		return ear.level(700), ear.level(1100)
	}
	a, b := hears(agent)
	require.InDelta(t, 0, a, 0.5)
	require.Less(t, b, -40.0)
	a, b = hears(agent, boss)
	require.InDelta(t, 0, a, 0.5)
	require.InDelta(t, 0, b, 0.5)
	r.apply(closeLeg{agent.stream})
	require.Equal(t, []*stream{boss.stream}, ear.copying.from)
	r.apply(closeLeg{ear.stream})
	require.Empty(t, boss.copies)
}

func TestACopyOfWideSound(t *testing.T) {
	for _, recorder := range []call.MediaSpec{g722(), pcma(), pcmu()} {
		r := newRig(t)
		k := r.talker("wide", "10.0.0.2:4000", g722(), 700)
		recorder.Direction = call.SendOnly
		ear := r.talker("recorder", "10.0.0.8:6000", recorder, 0)
		r.apply(copyLeg{ear.stream, []*stream{k.stream}})
		for range 60 {
			k.speak()
			r.run(frameTime)
			ear.listen()
		}
		ear.heard = ear.heard[1600:]
		require.InDelta(t, 0, ear.level(700), 1.5, recorder.Codec)
	}
}

func TestCopyAllocatesNothing(t *testing.T) {
	r, left, _, one, two := copied(t, pcma(), pcma(), pcma())
	left.speaks()
	b := encodeRTP(t, rtp.Header{PayloadType: ptPCMA, SSRC: left.ssrc}, make([]byte, frameBytes))
	from := newSockaddr(left.addr)
	r.thread.wire = deafWire{r.wire}
	seq := left.seq
	require.Zero(t, testing.AllocsPerRun(200, func() {
		b[2], b[3] = byte(seq>>8), byte(seq)
		seq++
		r.now += int64(frameTime)
		r.thread.from = from
		r.thread.accept(left.stream, b, r.now, true)
	}))
	require.NotZero(t, one.stats.PacketsOut)
	require.Zero(t, two.stats.PacketsOut)
	r.run(time.Second)
}

// deafWire takes what is sent and keeps nothing.
type deafWire struct{ *fakeWire }

func (deafWire) send(int, *sockaddr, []byte) bool { return true }

//go:build opus

package media

import (
	"math"
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/media/libopus"
)

// The onset: half a second of a low tone, then of a high one. In its first packet nobody can suppose what begins.
const (
	lowTone, highTone = 400, 1500
	onsetPacket       = 25
)

// onset is that in packets with error correction.
func onset(t *testing.T) (packets [][]byte) {
	t.Helper()
	c, err := libopus.NewCoder(SampleRate, 1, madeBits)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Expect(20))
	for i := range 2 * onsetPacket {
		hz, sound := float64(lowTone), make([]int16, frameBytes)
		if i >= onsetPacket {
			hz = highTone
		}
		for n := range sound {
			sound[n] = int16(6000 * math.Sin(2*math.Pi*hz*float64(i*frameBytes+n)/SampleRate))
		}
		b := make([]byte, 400)
		n, err := c.Code(sound, b)
		require.NoError(t, err)
		packets = append(packets, b[:n])
	}
	return packets
}

// saysBut says packets but those from first to last.
func (p *party) saysBut(packets [][]byte, first, last int) {
	for i, b := range packets {
		if i >= first && i <= last {
			p.seq++
			p.ts += opusSpan(b)
		} else {
			p.sayOpus(b)
		}
		p.run(frameTime)
	}
}

// unbroken demands that packets of A-law follow each other without a gap, and gives their sound.
func unbroken(t *testing.T, got []*rtp.Packet) (sound []int16) {
	t.Helper()
	for i, p := range got {
		require.Equal(t, got[0].SequenceNumber+uint16(i), p.SequenceNumber)
		require.Equal(t, got[0].Timestamp+uint32(i)*frameBytes, p.Timestamp)
		for _, b := range p.Payload {
			sound = append(sound, ExpandALaw(b))
		}
	}
	return sound
}

// TestLostOpusIsMended: where it is decoded, up to 60 ms of it are in their place, for the peer and for the recorder, and the last
// packet sounds as the next one remembers it.
func TestLostOpusIsMended(t *testing.T) {
	packets := onset(t)
	for lost := 1; lost <= 3; lost++ {
		r, left, right := bridged(t, opusSpec(), pcma())
		ring := NewRing(1 << 16)
		r.apply(tapLeg{left.stream, ring})
		left.saysBut(packets, onsetPacket+2-lost, onsetPacket+1) // the onset in full is in the second one, for the coder's delay
		heard := unbroken(t, right.hears())
		require.Len(t, heard, len(packets)*frameBytes)
		mended := heard[(onsetPacket+1)*frameBytes:][:frameBytes]
		require.Greater(t, toneLevel(mended, highTone), 1000.0, "%d lost", lost)
		require.Less(t, toneLevel(mended, lowTone), toneLevel(mended, highTone)/2, "%d lost", lost)
		require.EqualValues(t, lost, r.thread.counts.mended)
		var recorded []int16
		var next uint32
		ring.Read(func(f Frame) {
			require.True(t, next == 0 || f.Timestamp == next, "no hole")
			next = f.Timestamp + uint32(len(f.Payload))
			for _, b := range f.Payload {
				recorded = append(recorded, ExpandALaw(b))
			}
		})
		require.Equal(t, heard, recorded)
	}
}

// TestWhatIsNotMended: more than 60 ms, a pause in the sending, another source, and what is only passed on.
func TestWhatIsNotMended(t *testing.T) {
	packets := onset(t)
	for name, act := range map[string]func(left *party){
		"four packets": func(left *party) { left.saysBut(packets, 10, 13) },
		"a pause": func(left *party) {
			left.saysBut(packets[:10], 10, 10)
			left.ts += 960
			left.saysBut(packets[10:], 50, 50)
		},
		"another source": func(left *party) {
			left.saysBut(packets[:10], 10, 10)
			left.ssrc, left.seq, left.ts = left.ssrc+1, left.seq+1, left.ts+960
			left.saysBut(packets[10:], 50, 50)
		},
		"no packet's time": func(left *party) {
			left.saysBut(packets[:10], 10, 10)
			left.seq, left.ts = left.seq+1, left.ts+961
			left.saysBut(packets[10:], 50, 50)
		},
	} {
		r, left, right := bridged(t, opusSpec(), pcma())
		act(left)
		require.Zero(t, r.thread.counts.mended, name)
		require.LessOrEqual(t, len(right.hears()), len(packets), name)
	}
	r, left, right := bridged(t, opusSpec(), opusSpec())
	ring := NewRing(1 << 16)
	r.apply(tapLeg{left.stream, ring})
	left.saysBut(packets, 10, 10)
	require.Len(t, right.hears(), len(packets)-1, "the peer mends it himself")
	require.EqualValues(t, 1, r.thread.counts.mended)
	require.Equal(t, len(packets), ring.Read(func(f Frame) { require.Equal(t, call.CodecPCMA, f.Codec) }), "but the recorder has it")
}

// TestMendedInAConference: the others hear what was lost of who speaks Opus.
func TestMendedInAConference(t *testing.T) {
	packets := onset(t)
	heard := func(first, last int) []int16 {
		r := newRig(t)
		left, right := r.party("a", "10.0.0.1:4000", opusSpec()), r.party("b", "10.0.0.2:4000", pcma())
		r.apply(arrangement{room: new(room), members: []*stream{left.stream, right.stream}, hears: [][]*stream{{right.stream}, {left.stream}}})
		left.saysBut(packets, first, last)
		return unbroken(t, right.hears())
	}
	whole, mended := heard(99, 99), heard(onsetPacket+1, onsetPacket+1)
	require.Len(t, mended, len(whole))
	begins := 0
	for ; whole[begins] == mended[begins]; begins++ {
	}
	frame := mended[begins:][:frameBytes]
	require.Greater(t, toneLevel(frame, highTone), 1000.0)
	require.Less(t, toneLevel(frame, lowTone), toneLevel(frame, highTone)/2)
}

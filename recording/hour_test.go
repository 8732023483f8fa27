package recording

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/media"
)

// speaker sends a sound in which every stretch of it tells its place, by a clock
// that is off, over a net with jitter and loss.
type speaker struct {
	ppm    float64
	random *rand.Rand
	sound  []byte // said again and again
	sent   int64  // packets so far
	way    []media.Frame
}

const (
	hourPacket = 160
	hourSound  = 65_521 // samples: a prime, so that packets begin everywhere in it
)

func newSpeaker(ppm float64, seed uint64) *speaker {
	s := &speaker{ppm: ppm, random: rand.New(rand.NewPCG(seed, 1))}
	for range hourSound + hourPacket {
		s.sound = append(s.sound, byte(s.random.Uint32()))
	}
	copy(s.sound[hourSound:], s.sound)
	return s
}

// at is what the speaker says n samples long from sample k of its own clock on.
func (s *speaker) at(k int64, n int) []byte { return s.sound[k%hourSound:][:n] }

// until sends what is said until a moment, in samples of the node's clock, and
// hands over what has arrived by then.
func (s *speaker) until(now int64, to *queue) {
	for ; ; s.sent++ {
		said := float64(s.sent*hourPacket) * (1 + s.ppm/1e6)
		if int64(said) > now {
			break
		}
		if s.random.Float64() < 0.05 {
			continue
		}
		arrival := said + 8*s.random.ExpFloat64()*8 // 8 ms of jitter
		s.way = append(s.way, media.Frame{
			Arrival: deskStart + int64(arrival*125_000), Seq: uint16(s.sent), Timestamp: uint32(s.sent * hourPacket),
			SSRC: 1, Codec: call.CodecPCMA, Payload: s.at(s.sent*hourPacket, hourPacket),
		})
	}
	slices.SortFunc(s.way, func(a, b media.Frame) int { return cmp.Compare(a.Arrival, b.Arrival) })
	for len(s.way) > 0 && s.way[0].Arrival <= deskStart+now*125_000 {
		to.push(s.way[0])
		s.way = s.way[1:]
	}
}

// off finds how many samples from its true place a side's sound lies around a
// moment; false when what was said there was lost.
func (s *speaker) off(heard []byte, at int64) (int64, bool) {
	const stretch, most = 64, 400
	for try := at; try < at+rate; try += hourPacket / 2 {
		said := s.at(int64(float64(try)/(1+s.ppm/1e6)), stretch)
		for off := int64(-most); off <= most; off++ {
			if slices.Equal(heard[try+off:][:stretch], said) {
				return off, true
			}
		}
	}
	return 0, false
}

// TestAnHourOfTwoClocksAndLoss reads a finished file: after an hour in which one
// clock is 100 ppm slow and the other 100 ppm fast, with a twentieth of all packets
// lost, the sides were never more than 20 ms apart, and what was moved is marked.
func TestAnHourOfTwoClocksAndLoss(t *testing.T) {
	const seconds = 3600
	d := newDesk(t, newMemFolder())
	sides := []*speaker{newSpeaker(100, 1), newSpeaker(-100, 2)}
	for now := int64(0); now <= seconds*rate; now += 300 * rate / 1000 {
		sides[0].until(now, d.left)
		sides[1].until(now, d.right)
		d.now = deskStart + now*125_000
		d.rec.visit(d.now)
	}
	facts, err := d.finish(seconds * 1000)
	require.NoError(t, err)
	w := readWAV(t, d.dir.files["r.wav"].data)

	worst := int64(0)
	for at := int64(rate); at < (seconds-2)*rate; at += rate {
		left, heard := sides[0].off(w.left, at)
		require.True(t, heard, "what the caller said at %v", duration(at))
		right, heard := sides[1].off(w.right, at)
		require.True(t, heard, "what the agent said at %v", duration(at))
		worst = max(worst, left-right, right-left)
	}
	t.Logf("at most %v apart", duration(worst))
	require.LessOrEqual(t, duration(worst).Milliseconds(), int64(20))
	for i, track := range []call.TrackFacts{facts.Left, facts.Right} {
		sum := 0
		for _, c := range track.Corrections {
			sum += c.Samples
		}
		require.InDelta(t, sides[i].ppm/1e6*seconds*rate, sum, skewLimit+16, "every shift is marked")
		require.InDelta(t, 0.05, float64(track.Lost)/float64(track.Lost+track.Packets), 0.005)
		require.Zero(t, track.Late)
		require.EqualValues(t, 1, track.Anchors)
	}
}

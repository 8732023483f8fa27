package media

import (
	"math"
	"time"

	"hotline/call"
)

// What a listener would say of a stream, by the E-model (ITU-T Rec. G.107) with the
// values of G.113 for G.711 with packet-loss concealment, which is what phones have;
// G.722 is rated as G.711, since the scale ends with narrow-band sound.
const (
	ratingBest    = 93.2 // G.107 default: R of everything else at its best
	lossRobust    = 25.1 // Bpl of G.711 with concealment, random loss (G.113 table I.4)
	delayNoticed  = 177.3
	wayDelay      = 60 * time.Millisecond // frame, jitter buffer at rest and the way through here
	jitterBuffers = 2                     // a far end's buffer grows to about twice the jitter
)

// heard is what a stream was like where it is listened to.
type heard struct {
	came, lost uint64
	gaps       uint64 // runs of losses; 0: not known, taken for random
	jitter     time.Duration
	way        time.Duration // the network's, half a round trip; 0: not known
}

// rating is the R-value of a stream:
//
//	R      = 93.2 − Id − Ie,eff
//	Id     = 0.024·Ta + 0.11·(Ta − 177.3)·[Ta > 177.3]       Ta in ms, the usual approximation of G.107
//	Ta     = 60 ms + 2·jitter + half a round trip
//	Ie,eff = 95·Ppl / (Ppl/BurstR + 25.1)                     G.107 (7-29) with Ie 0; Ppl: losses in %
//	BurstR = mean run of losses · (1 − Ppl/100), at least 1   over what random loss would give
func (h heard) rating() float64 {
	ms := float64(wayDelay+jitterBuffers*h.jitter+h.way) / float64(time.Millisecond)
	delay := 0.024 * ms
	if ms > delayNoticed {
		delay += 0.11 * (ms - delayNoticed)
	}
	percent := 100 * h.share()
	return ratingBest - delay - 95*percent/(percent/h.burst()+lossRobust)
}

// share is the part of the packets that was lost.
func (h heard) share() float64 {
	if h.lost == 0 {
		return 0
	}
	return float64(h.lost) / float64(h.came+h.lost)
}

// burst is G.107's BurstR: how much longer runs of losses are than those of random loss.
func (h heard) burst() float64 {
	if h.gaps == 0 {
		return 1
	}
	return max(1, float64(h.lost)/float64(h.gaps)*(1-h.share()))
}

// mos turns an R-value into the mean opinion score, 1 to 4.5 (G.107 annex B):
// 1 + 0.035·R + R·(R − 60)·(100 − R)·7·10⁻⁶.
func mos(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	default:
		return max(1+0.035*r+r*(r-60)*(100-r)*7e-6, 1)
	}
}

func (h heard) score() float64 {
	if h.came+h.lost == 0 {
		return 0
	}
	return math.Round(100*mos(h.rating())) / 100
}

// MOS is the mean opinion score of what the far end sends, by losses, jitter and
// round trip so far: 1 (bad) to 4.4 (as good as G.711 is); 0 while nothing has been heard.
func (s *Stats) MOS() float64 {
	return heard{came: s.PacketsIn, lost: s.Lost, gaps: s.Gaps, jitter: s.Jitter, way: s.RoundTrip / 2}.score()
}

// RemoteMOS is the same of what we send, by what the far end reports (RTCP); 0
// until a report has come.
func (s *Stats) RemoteMOS() float64 {
	if !s.Reported {
		return 0
	}
	came := s.PacketsOut - min(s.RemoteLost, s.PacketsOut)
	return heard{came: came, lost: s.RemoteLost, jitter: s.RemoteJitter, way: s.RoundTrip / 2}.score()
}

// ratedLeast is how many packets a leg has to have heard to be rated at its end: a second of them.
const ratedLeast = 50

// Quality is what a call's record keeps of them.
func (s *Stats) Quality(codec call.Codec) call.SoundQuality {
	q := call.SoundQuality{
		Codec: codec, RoundTripSeconds: s.RoundTrip.Seconds(),
		Received: call.SoundWay{Packets: s.PacketsIn, Lost: s.Lost, JitterSeconds: s.Jitter.Seconds(), MOS: s.MOS()},
		Sent:     call.SoundWay{Packets: s.PacketsOut},
	}
	if s.Reported {
		q.Sent.Lost, q.Sent.JitterSeconds, q.Sent.MOS = s.RemoteLost, s.RemoteJitter.Seconds(), s.RemoteMOS()
	}
	return q
}

// grades takes what legs were like, at their end; nil takes nothing.
type grades interface{ ended(*Stats) }

// grade is a leg's end.
func (t *thread) grade(s *stream) {
	if t.grades != nil && s.in.begun {
		t.grades.ended(&s.stats)
	}
}

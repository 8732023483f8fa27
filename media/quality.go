package media

import (
	"math"
	"time"
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

// rating is the R-value of a stream: what share of its packets is lost, and how
// unevenly they come, which costs delay in the buffer that evens them out.
func rating(lost float64, jitter time.Duration) float64 {
	ms := float64(wayDelay+jitterBuffers*jitter) / float64(time.Millisecond)
	delay := 0.024 * ms // Id, as the usual approximation of G.107 has it
	if ms > delayNoticed {
		delay += 0.11 * (ms - delayNoticed)
	}
	percent := 100 * lost
	return ratingBest - delay - 95*percent/(percent+lossRobust) // Ie-eff with Ie 0, BurstR 1
}

// mos turns an R-value into the mean opinion score, 1 to 4.5 (G.107 annex B).
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

// MOS is the mean opinion score of what the far end sends, by losses and jitter so
// far: 1 (bad) to 4.4 (as good as G.711 is); 0 while nothing has been heard.
func (s *Stats) MOS() float64 {
	return score(s.PacketsIn, s.Lost, s.Jitter)
}

// RemoteMOS is the same of what we send, by what the far end reports (RTCP); it
// tells of the network only once a report has come.
func (s *Stats) RemoteMOS() float64 {
	return score(s.PacketsOut-min(s.RemoteLost, s.PacketsOut), s.RemoteLost, s.RemoteJitter)
}

// ratedLeast is how many packets a leg has to have heard to be rated at its end: a second of them.
const ratedLeast = 50

func score(came, lost uint64, jitter time.Duration) float64 {
	if came+lost == 0 {
		return 0
	}
	share := float64(lost) / float64(came+lost)
	return math.Round(100*mos(rating(share, jitter))) / 100
}

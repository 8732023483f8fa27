package media

import (
	"sync/atomic"
	"time"
)

// Stats is what a leg has carried, as of at most a second ago.
type Stats struct {
	PacketsIn, PacketsOut uint64
	BytesIn, BytesOut     uint64 // RTP headers included
	// Lost packets never came; Late ones came after a later one, and are no losses.
	Lost, Late uint64
	// Gaps are the runs that the losses came in.
	Gaps uint64
	// Strangers are packets dropped because they did not come from the latched source.
	Strangers uint64
	// Refused packets came from the right source but were no RTP or of a payload type not negotiated.
	Refused uint64
	// Forged packets did not pass the check of their encryption, or came a second time (RFC 3711 3.3.2).
	Forged uint64
	// Jitter of what the far end sends, RFC 3550 section 6.4.1; only while bridged.
	Jitter time.Duration
	// RemoteLost and RemoteJitter are what the far end reports of what we send (RTCP).
	RemoteLost   uint64
	RemoteJitter time.Duration
	// Reported tells that the far end has reported.
	Reported bool
	// RoundTrip is the time to the far end and back by its reports (RFC 3550 section 6.4.1), smoothed; true
	// to a tick, 0 until known.
	RoundTrip time.Duration
}

// published is where a thread shows a leg's Stats to other goroutines.
type published struct {
	packetsIn, packetsOut, bytesIn, bytesOut, lost, late, strangers, refused, forged, remoteLost, gaps atomic.Uint64
	jitter, remoteJitter, roundTrip                                                                    atomic.Int64
	reported                                                                                           atomic.Bool
}

func (p *published) store(s *Stats) {
	p.packetsIn.Store(s.PacketsIn)
	p.packetsOut.Store(s.PacketsOut)
	p.bytesIn.Store(s.BytesIn)
	p.bytesOut.Store(s.BytesOut)
	p.lost.Store(s.Lost)
	p.late.Store(s.Late)
	p.strangers.Store(s.Strangers)
	p.refused.Store(s.Refused)
	p.forged.Store(s.Forged)
	p.remoteLost.Store(s.RemoteLost)
	p.jitter.Store(int64(s.Jitter))
	p.remoteJitter.Store(int64(s.RemoteJitter))
	p.gaps.Store(s.Gaps)
	p.roundTrip.Store(int64(s.RoundTrip))
	p.reported.Store(s.Reported)
}

func (p *published) load() Stats {
	return Stats{
		PacketsIn: p.packetsIn.Load(), PacketsOut: p.packetsOut.Load(),
		BytesIn: p.bytesIn.Load(), BytesOut: p.bytesOut.Load(),
		Lost: p.lost.Load(), Late: p.late.Load(), Gaps: p.gaps.Load(),
		Strangers: p.strangers.Load(), Refused: p.refused.Load(), Forged: p.forged.Load(), RemoteLost: p.remoteLost.Load(),
		Jitter:       time.Duration(p.jitter.Load()),
		RemoteJitter: time.Duration(p.remoteJitter.Load()),
		Reported:     p.reported.Load(), RoundTrip: time.Duration(p.roundTrip.Load()),
	}
}

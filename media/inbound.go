package media

// inbound follows what a far end sends, to count losses and jitter as RFC 3550
// section 6.4.1 and appendix A do.
type inbound struct {
	begun    bool
	ssrc     uint32
	base     uint32 // extended sequence number of the first packet
	newest   uint32 // extended sequence number of the newest one
	received uint32 // since base
	gaps     uint64 // runs of packets that did not come in their turn
	before   uint64 // losses of earlier sources on this leg
	late     uint64 // packets that came after a later one
	ts       uint32 // of the newest packet
	at       int64  // when it came
	transit  uint32
	timed    bool
	wide     bool   // the clock of the newest sound is that of Opus
	jitter   uint32 // in 1/16 ticks of that clock
	reported uint32 // received and expected at the last report, RFC 3550 appendix A.3
	expected uint32
}

// take notes a packet. timed tells whether now is when it came: for a leg that
// is read in bulk it is not, and jitter is left alone.
func (in *inbound) take(p *packet, now int64, timed bool) {
	ahead := int16(p.seq - uint16(in.newest))
	if !in.begun || p.ssrc != in.ssrc || ahead > seqAhead || ahead < -seqBehind {
		in.restart(p)
		ahead = 0
	}
	in.received++
	if ahead >= 0 {
		in.ts, in.at = p.ts, now
	}
	switch {
	case ahead > 0:
		in.newest += uint32(ahead)
		if ahead > 1 {
			in.gaps++
		}
	case ahead < 0:
		in.late++
	}
	if !timed {
		in.timed = false
		return
	}
	transit := uint32(now/nsPerSample)*unitsOf(in.wide) - p.ts
	if in.timed {
		d := int32(transit - in.transit)
		if d < 0 {
			d = -d
		}
		if uint32(d) < tsStray*unitsOf(in.wide) { // a jump of the far end's clock is no jitter
			in.jitter += uint32(d) - (in.jitter+8)>>4
		}
	}
	in.transit, in.timed = transit, true
}

// clock notes by which clock the packet that comes is stamped. Where a far end goes
// over to another one, jitter is measured anew from there (RFC 7160 section 4.2), on what it was.
func (in *inbound) clock(wide bool) {
	if wide == in.wide {
		return
	}
	if in.wide = wide; wide {
		in.jitter *= wideUnits
	} else {
		in.jitter /= wideUnits
	}
	in.timed = false
}

func (in *inbound) restart(p *packet) {
	in.before = in.lost()
	in.begun, in.ssrc, in.timed = true, p.ssrc, false
	in.base = 1<<16 | uint32(p.seq) // a cycle of room, so that late first packets don't wrap
	in.newest, in.received = in.base, 0
	in.reported, in.expected = 0, 0
}

// lost is how many packets never came, over all sources of this leg.
func (in *inbound) lost() uint64 {
	if !in.begun {
		return in.before
	}
	expected := in.newest - in.base + 1
	if in.received >= expected {
		return in.before
	}
	return in.before + uint64(expected-in.received)
}

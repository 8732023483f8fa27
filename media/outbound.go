package media

// A forwarded source whose numbers jump by more than this is treated as a new
// one (compare RFC 3550 appendix A.1).
const (
	seqAhead  = 3000
	seqBehind = 1000
	tsStray   = 2 * SampleRate
)

const nsPerSample = 1_000_000_000 / SampleRate

// wideUnits are the ticks of Opus' RTP clock (48 kHz, RFC 7587) in a sample of ours.
const wideUnits = 48000 / SampleRate

// unitsOf are the RTP ticks in a sample of ours: by the wide clock, else by the usual one of 8 kHz.
func unitsOf(wide bool) uint32 {
	if wide {
		return wideUnits
	}
	return 1
}

// source names who feeds an outgoing stream: a far end's SSRC on a leg, or a Play.
type source struct {
	leg  *stream
	ssrc uint32
	play uint64
}

// outbound is one outgoing RTP stream. It has one SSRC for the leg's life (but
// for a change of clocks, see thread.clock), and
// its sequence and timestamps go on unbroken whoever feeds it: numbers of a
// forwarded source are shifted, and where the source changes the timestamp
// moves on by the clock.
type outbound struct {
	ssrc  uint32
	begun bool
	wide  bool // its clock is that of Opus
	named bool // its SSRC stands in our description, and so can't change
	from  source
	at    int64  // when the newest packet was sent
	ts    uint32 // of the newest packet
	span  uint32 // ticks of the clock in it
	seq   uint16 // of the newest packet
	floor uint16 // forwarded packets before this are too late to be renumbered

	seqShift uint16
	tsShift  uint32
	event    stamped
}

// verdict is what became of a packet's numbers.
type verdict uint8

const (
	numberStale verdict = iota // too late, not to be sent
	numberNext                 // goes on from its predecessors
	numberFirst                // the first of a new source: a talk spurt starts
)

// start gives the numbers of a new source's first packet.
func (o *outbound) start(from source, now int64) {
	o.from = from
	o.seq++
	if o.begun {
		o.ts += max(o.span, o.elapsed(now))
	}
	o.begun, o.at, o.floor = true, now, o.seq
}

func (o *outbound) elapsed(now int64) uint32 {
	return uint32(max(now-o.at, 0)/nsPerSample) * unitsOf(o.wide)
}

// next gives the numbers of a packet that is made here, of span ticks.
func (o *outbound) next(from source, span uint32, now int64) verdict {
	v := numberNext
	if o.from != from {
		o.start(from, now)
		v = numberFirst
	} else {
		o.seq++
		o.ts += o.span
		o.at, o.floor = now, o.seq
	}
	o.span = span
	return v
}

// forward translates a far end's numbers. The timestamp of a telephone-event
// is that of its first packet, so that only sound (span > 0) is held against the clock.
func (o *outbound) forward(from source, seq uint16, ts, span uint32, now int64) (v verdict, outSeq uint16, outTS uint32) {
	if o.from == from {
		outSeq, outTS = seq+o.seqShift, ts+o.tsShift
		ahead := int16(outSeq - o.seq)
		switch {
		case ahead > seqAhead || ahead < -seqBehind:
			// the far end started anew
		case int16(outSeq-o.floor) < 0:
			return numberStale, 0, 0
		case ahead <= 0:
			return numberNext, outSeq, outTS
		case span > 0 && stray(outTS, o.ts+o.elapsed(now), o.wide):
			// its clock jumped
		default:
			o.advance(outSeq, outTS, span, now)
			return numberNext, outSeq, outTS
		}
	}
	o.start(from, now)
	o.seqShift, o.tsShift = o.seq-seq, o.ts-ts
	if span > 0 {
		o.span = span
	}
	return numberFirst, o.seq, o.ts
}

// advance notes the newest packet. An event keeps its first timestamp, so it
// moves the stream's clock no further.
func (o *outbound) advance(seq uint16, ts, span uint32, now int64) {
	o.seq = seq
	if int16(seq-o.floor) > seqBehind {
		o.floor = seq - seqBehind
	}
	if span > 0 {
		o.ts, o.span, o.at = ts, span, now
	}
}

// insert gives the numbers of one more packet between those of the present source, of so many ticks. What comes of
// it before is too late from then on.
func (o *outbound) insert(span uint32) (seq uint16, ts uint32) {
	o.ts += o.span
	o.seq++
	o.seqShift++
	o.span, o.floor = span, o.seq
	return o.seq, o.ts
}

func stray(ts, clock uint32, wide bool) bool {
	d, most := int32(ts-clock), int32(tsStray*unitsOf(wide))
	return d > most || d < -most
}

// skip closes the gap that a source's packet leaves when it is not forwarded.
func (o *outbound) skip(from source, seq uint16) {
	if o.from == from && seq+o.seqShift == o.seq+1 {
		o.seqShift--
	}
}

// cut ends the present source: whoever feeds the stream next starts anew.
func (o *outbound) cut() { o.from = source{} }

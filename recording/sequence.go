package recording

// sequence follows the sequence numbers and timestamps of one RTP stream (RFC
// 3550 section 5.1 and appendix A.1) past their wraps.
type sequence struct {
	started bool
	ssrc    uint32
	base    int64  // the lowest number seen, extended
	high    int64  // the highest
	seen    uint64 // bit i: high-i has come
	got     int64  // distinct packets
	ts      int64  // timestamp of high, extended
	tsEnd   int64  // one past its last sample
}

// verdict is what a packet's numbers say about it.
type verdict uint8

const (
	fresh     verdict = iota // newer than all before
	reordered                // older than the newest, not seen yet
	duplicate                // seen before
	ancient                  // older than the memory of what was seen
	restarted                // the sender began to count anew
)

// Limits of RFC 3550 appendix A.1, and how far back in time a packet may lie
// to be an old one rather than the first of a new count.
const (
	maxDropout = 3000
	memory     = 64
	maxAge     = 60 * rate
)

// begin starts a stream with its first packet.
func (s *sequence) begin(ssrc uint32, seq uint16, ts uint32, n int) {
	// Extended numbers begin one cycle up so that an older packet stays positive.
	first, at := int64(seq)+1<<16, int64(ts)+1<<32
	*s = sequence{started: true, ssrc: ssrc, base: first, high: first, seen: 1, got: 1, ts: at, tsEnd: at + int64(n)}
}

// judge says what a packet of this stream is, without changing anything.
func (s *sequence) judge(seq uint16, ts uint32) verdict {
	back := int64(int16(uint16(s.high) - seq))
	if back < 0 {
		if -back > maxDropout {
			return restarted
		}
		return fresh
	}
	// An old packet's time is old as well; a sequence that went back while
	// time went on is a new count.
	if !s.aged(ts, s.ts+1) {
		return restarted
	}
	return s.older(seq)
}

// aged tells whether a timestamp lies a little before another.
func (s *sequence) aged(ts uint32, end int64) bool {
	age := end - s.extend(ts)
	return age > 0 && age <= maxAge
}

// older judges a packet whose number is not newer than the newest; restarted
// when it is.
func (s *sequence) older(seq uint16) verdict {
	back := int64(int16(uint16(s.high) - seq))
	switch {
	case back < 0:
		return restarted
	case back >= memory:
		return ancient
	case s.seen&(1<<back) != 0:
		return duplicate
	default:
		return reordered
	}
}

// extend gives a timestamp its place past the wraps.
func (s *sequence) extend(ts uint32) int64 {
	return s.ts + int64(int32(ts-uint32(s.ts)))
}

// advance takes a fresh packet of n samples.
func (s *sequence) advance(seq uint16, ts uint32, n int) {
	step := int64(int16(seq - uint16(s.high)))
	s.high += step
	s.seen = s.seen<<step | 1 // a shift of 64 or more leaves nothing
	s.got++
	s.ts = s.extend(ts)
	s.tsEnd = s.ts + int64(n)
}

// fillIn takes a reordered packet.
func (s *sequence) fillIn(seq uint16) {
	back := int64(int16(uint16(s.high) - seq))
	s.seen |= 1 << back
	s.base = min(s.base, s.high-back)
	s.got++
}

// lost is how many numbers between the first and the last were never seen.
func (s *sequence) lost() uint64 {
	if !s.started {
		return 0
	}
	return uint64(max(0, s.high-s.base+1-s.got))
}

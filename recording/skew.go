package recording

// Drift: a track's place follows the sender's clock, the recording the node's.
const (
	skewLimit   = 8 * rate / 1000 // samples a track may be off: two that drift apart stay within 20 ms
	skewWindow  = 2 * rate        // how long the delay is watched before it is believed
	skewPackets = 16              // and how many packets it takes
)

// skew watches how much later than its place each packet arrives. Jitter only
// ever adds delay, so the least delay over a while is the clocks' difference.
type skew struct {
	since   int64 // arrival of the window's first packet, in samples
	least   int64
	packets int
}

// reset starts a new window.
func (s *skew) reset() { *s = skew{} }

// observe takes a packet's arrival and its lateness against its place, both in
// samples, and gives what must be added to the track's places: 0 nearly always.
func (s *skew) observe(arrival, late int64) int64 {
	if s.packets == 0 || late < s.least {
		s.least = late
	}
	if s.packets == 0 {
		s.since = arrival
	}
	s.packets++
	if arrival-s.since < skewWindow || s.packets < skewPackets {
		return 0
	}
	shift := s.least
	s.reset()
	if shift >= -skewLimit && shift <= skewLimit {
		return 0
	}
	return shift
}

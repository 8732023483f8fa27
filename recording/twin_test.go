package recording

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
	"hotline/media"
)

// sent is a packet with the numbers its sender really means: they never wrap,
// and a new count is another epoch.
type sent struct {
	epoch   int
	seq, ts int64
	arrival int64 // ns after the start
	payload []byte
}

// twin lays the same packets in the plainest way: one long array, all of the
// past remembered, numbers that don't wrap. It follows docs/recording.md.
type twin struct {
	out       []byte
	end       int64
	epoch     int
	seen      map[int64]bool
	high      sent
	anchors   []anchor // of this epoch, newest last
	lates     []int64
	since     int64
	first     int64 // sequence number at the newest anchor
	shifts    int64
	base      int64 // places below are written
	burst     int64
	hunch     *twin  // as it was before the hunch
	follow    []sent // what came since
	began     int64
	hunchLate int64
}

func newTwin(samples int) *twin {
	return &twin{out: silence(lawA, samples), epoch: -1}
}

func (w *twin) lay(p sent) {
	arrival := p.arrival / 125_000
	switch {
	case p.epoch != w.epoch:
		w.epoch, w.seen, w.anchors, w.hunch = p.epoch, map[int64]bool{}, nil, nil
		w.anchor(p.ts, arrival)
		w.high, w.first = p, p.seq
	case w.seen[p.seq]:
		return
	case p.seq > w.high.seq:
		w.newer(p, arrival)
		w.high = p
	}
	w.seen[p.seq] = true
	w.put(p)
	w.follow = append(w.follow, p)
}

func (w *twin) put(p sent) {
	a, ceil := w.belongs(p)
	at := a.at + p.ts - a.ts
	for i, b := range p.payload {
		if place := at + int64(i); place >= a.floor && place < ceil && place >= w.base {
			w.out[place] = b
			w.end = max(w.end, place+1)
		}
	}
}

// reconsider takes a hunch back when a packet comes too soon.
func (w *twin) reconsider(p sent, arrival int64) {
	a := w.anchors[len(w.anchors)-1]
	if arrival-w.began >= 800 {
		w.hunch = nil
		return
	}
	if early := a.at + p.ts - a.ts - arrival; early < 320 || early > w.hunchLate {
		return
	}
	was, since := w.hunch, w.follow
	w.out, w.end, w.anchors = was.out, was.end, was.anchors[len(was.anchors)-1:]
	w.lates, w.hunch, w.burst = nil, nil, arrival+800
	w.first = since[0].seq - 1000
	for _, q := range since {
		w.put(q)
	}
}

// belongs is the anchor of a packet, and where the next anchor's places begin.
func (w *twin) belongs(p sent) (anchor, int64) {
	n := len(w.anchors)
	if n > 1 && p.seq < w.high.seq && p.seq < w.first {
		before := w.anchors[n-2]
		if behind, off := before.until-p.ts, w.high.ts-p.ts; behind > 0 && (behind <= off || behind <= -off) {
			return before, w.anchors[n-1].floor
		}
	}
	return w.anchors[n-1], int64(len(w.out))
}

func (w *twin) newer(p sent, arrival int64) {
	if w.hunch != nil {
		w.reconsider(p, arrival)
	}
	a := w.anchors[len(w.anchors)-1]
	last := w.high.ts + int64(len(w.high.payload))
	late := arrival - (a.at + p.ts - a.ts)
	jump := p.ts < last || p.ts > last+1600 || late < -1600
	if jump || (late > 2400 && arrival > w.burst) {
		w.hunch = nil
		if !jump && w.end <= arrival {
			was := *w
			was.out, was.anchors = slices.Clone(w.out), slices.Clone(w.anchors)
			w.hunch, w.follow, w.began, w.hunchLate = &was, nil, arrival, late
		}
		w.anchors[len(w.anchors)-1].until = last
		w.anchor(p.ts, arrival)
		w.first = p.seq
		return
	}
	if len(w.lates) == 0 {
		w.since = arrival
	}
	w.lates = append(w.lates, late)
	if arrival-w.since < 16_000 || len(w.lates) < 16 {
		return
	}
	if shift := slices.Min(w.lates); shift > skewLimit || shift < -skewLimit {
		w.shifts += shift
		w.hunch = nil
		w.anchors[len(w.anchors)-1].until = last
		w.anchors = append(w.anchors, anchor{ts: p.ts, at: a.at + p.ts - a.ts + shift, floor: w.end})
		w.first = p.seq
	}
	w.lates = nil
}

func (w *twin) anchor(ts, arrival int64) {
	at := arrival
	switch ahead := w.end - arrival; {
	case ahead > 1600:
		w.shifts -= ahead
	case ahead > 0:
		at = w.end
	}
	w.anchors = append(w.anchors, anchor{ts: ts, at: at, floor: w.end})
	w.lates, w.since = []int64{arrival - at}, arrival
}

// genSide draws a sender's packets in the order they arrive.
func genSide(t *rapid.T, name string) []sent {
	draw := func(what string, lo, hi int64) int64 {
		return rapid.Int64Range(lo, hi).Draw(t, name+what)
	}
	g := sent{seq: draw("seq", 1<<20, 1<<20+1<<17), ts: draw("ts", 1<<40, 1<<40+1<<33)}
	jitter := draw("jitter", 0, 120)
	skewed := draw("ppm", -3000, 3000)
	clock, barrier := draw("begin", 0, 300)*ms, int64(0)
	var all []sent
	for range draw("bursts", 1, 12) {
		n := 80 * draw("ptime", 1, 6)
		for range draw("packets", 1, 60) {
			p := g
			p.arrival = max(barrier, clock+draw("delay", 0, jitter)*ms)
			p.payload = make([]byte, n)
			for i := range p.payload {
				p.payload[i] = byte(g.seq*31 + g.ts*7 + int64(i)*int64(i))
			}
			switch draw("fate", 0, 20) {
			case 0: // lost
			case 1: // twice
				q := p
				q.arrival += draw("again", 0, 50) * ms
				all = append(all, p, q)
			default:
				all = append(all, p)
			}
			g.seq++
			g.ts += n
			clock += n * (125_000 + skewed/8)
		}
		clock, barrier = genPause(draw, &g, clock, all, barrier)
	}
	slices.SortStableFunc(all, func(a, b sent) int { return cmp.Compare(a.arrival, b.arrival) })
	return all
}

// genPause draws what happens between two bursts. Changes after which an older
// packet can't be told from a newer one wait until all have arrived.
func genPause(draw func(string, int64, int64) int64, g *sent, clock int64, all []sent, barrier int64) (int64, int64) {
	drained := barrier
	for _, p := range all {
		drained = max(drained, p.arrival)
	}
	switch draw("pause", 0, 6) {
	case 0: // silence, time goes on
		pause := draw("silence", 1, 1500)
		g.ts += 8 * pause
		return clock + pause*ms, barrier
	case 1: // a long silence, time at rest
		return max(clock, drained) + draw("rest", 500, 2000)*ms, drained
	case 2: // timestamps jump
		jumps := []int64{-1 << 24, -90_000, 4000, 1 << 24}
		g.ts += jumps[draw("jump", 0, 3)]
		return max(clock, drained), drained
	case 3: // another sender
		g.epoch++
		g.seq, g.ts = draw("seq", 1<<20, 1<<21), draw("ts", 1<<40, 1<<41)
		return max(clock, drained), drained
	case 4: // the net holds everything up for a while
		return clock, max(drained, clock+draw("stall", 100, 1200)*ms)
	default:
		return clock, barrier
	}
}

func (p sent) frame(codec call.Codec) media.Frame {
	return media.Frame{
		Arrival: deskStart + p.arrival, Seq: uint16(p.seq), Timestamp: uint32(p.ts),
		SSRC: uint32(p.epoch), Codec: codec, Payload: p.payload,
	}
}

func TestLayoutIsTheTwins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkTwins(t, [2][]sent{genSide(t, "left "), genSide(t, "right ")})
	})
}

// checkTwins records both sides and compares the file with the twins'.
func checkTwins(t tester, sides [2][]sent) {
	t.Helper()
	d := newDesk(t, newMemFolder())
	last, next := int64(0), [2]int{}
	for _, s := range sides {
		for _, p := range s {
			last = max(last, p.arrival)
		}
	}
	for now := int64(0); now < last+300*ms; now += 300 * ms {
		for i, q := range []*queue{d.left, d.right} {
			for ; next[i] < len(sides[i]) && sides[i][next[i]].arrival <= now; next[i]++ {
				q.push(sides[i][next[i]].frame(call.CodecPCMA))
			}
		}
		d.now = deskStart + now
		d.rec.visit(d.now)
	}
	facts, err := d.finish(last/ms + 1)
	require.NoError(t, err)
	w := d.read()
	refs := layTwins(sides, last, len(w.left))
	refs[0].check(t, w.left, facts.Left)
	refs[1].check(t, w.right, facts.Right)
}

// layTwins lays both sides as they are read, every 300 ms. What is older than 320 ms
// is then written, but for silence of less than a second after what a side said.
func layTwins(sides [2][]sent, last int64, samples int) (refs [2]*twin) {
	refs = [2]*twin{newTwin(samples), newTwin(samples)}
	for now := int64(0); now < last+300*ms; now += 300 * ms {
		for i, packets := range sides {
			for _, p := range packets {
				if p.arrival <= now && p.arrival > now-300*ms {
					refs[i].lay(p)
				}
			}
		}
		written := now/125_000 - 2560
		for _, ref := range refs {
			if ref.end > max(0, now/125_000-8000) {
				written = min(written, ref.end)
			}
		}
		for _, ref := range refs {
			ref.base = max(ref.base, written)
		}
	}
	return refs
}

func (w *twin) check(t tester, got []byte, facts call.TrackFacts) {
	same(t, w.out, got)
	shifts := 0
	for _, c := range facts.Corrections {
		shifts += c.Samples
	}
	require.EqualValues(t, w.shifts, shifts)
}

// TestAHunchTakenBackLaysNothingOver: drift moved the side by 168 samples just before a stall, so
// that the first 8 of what the hunch laid would fall on sound that is there.
func TestAHunchTakenBackLaysNothingOver(t *testing.T) {
	const number, stamp = 1 << 20, 1 << 40
	var side []sent
	for _, p := range [][4]int64{ // arrival in ms, number, timestamp, samples
		{994, 0, 0, 320},
		{1213, 6, 1920, 320},
		{1413, 11, 3520, 320},
		{1653, 17, 5440, 320},
		{1853, 22, 7040, 320},
		{2013, 26, 8320, 320},
		{2053, 27, 8640, 320},
		{2093, 28, 8960, 320},
		{2133, 29, 9280, 320},
		{2173, 30, 9600, 320},
		{2293, 33, 10560, 480},
		{2413, 35, 11520, 480},
		{2473, 36, 12000, 480},
		{2593, 38, 12960, 480},
		{2653, 39, 13440, 480},
		{3034, 40, 13920, 160},
		{3034, 41, 14080, 160},
		{3034, 43, 14400, 160},
	} {
		s := sent{arrival: p[0] * ms, seq: number + p[1], ts: stamp + p[2], payload: make([]byte, p[3])}
		for i := range s.payload {
			s.payload[i] = byte(p[1]*31 + int64(i*i))
		}
		side = append(side, s)
	}
	checkTwins(t, [2][]sent{nil, side})
}

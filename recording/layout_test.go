package recording

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/media"
)

// talker makes the packets of one sender.
type talker struct {
	ssrc  uint32
	seq   uint16
	ts    uint32
	codec call.Codec
	n     int  // samples a packet
	fill  byte // changes with each packet
}

// packet is the next packet, arriving so many milliseconds after the start.
func (s *talker) packet(millis int64) media.Frame {
	f := media.Frame{Arrival: deskStart + millis*ms, Seq: s.seq, Timestamp: s.ts, SSRC: s.ssrc, Codec: s.codec}
	for range s.n {
		s.fill = s.fill*5 + 1
		f.Payload = append(f.Payload, s.fill)
	}
	s.seq++
	s.ts += uint32(s.n)
	return f
}

func aTalker() *talker {
	return &talker{ssrc: 7, seq: 65530, ts: 1<<32 - 500, codec: call.CodecPCMA, n: 160, fill: 3}
}

// in expects a packet's samples at a millisecond of a channel.
func in(t *testing.T, channel []byte, millis int64, f media.Frame) {
	t.Helper()
	require.Equal(t, f.Payload, channel[millis*8:][:len(f.Payload)], "the packet that should be at %d ms", millis)
}

func (d *desk) read() wavRead {
	d.t.Helper()
	return readWAV(d.t, d.dir.files["r.wav"].data)
}

func TestPacketsLieWhereTheyArrivedAndKeepTheirBytes(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	var sent []media.Frame
	for i := range int64(20) {
		sent = append(sent, s.packet(100+20*i+i%3)) // jitter moves nothing
		d.left.push(sent[i])
	}
	facts, err := d.finish(1000)
	require.NoError(t, err)
	w := d.read()
	require.Equal(t, lawA, w.law)
	require.Equal(t, 8000, w.samples)
	for i, f := range sent {
		in(t, w.left, 100+20*int64(i), f)
	}
	same(t, silence(lawA, 800), w.left[:800])
	same(t, silence(lawA, 4000), w.left[4000:])
	same(t, silence(lawA, 8000), w.right)
	require.Equal(t, call.TrackFacts{Packets: 20, Anchors: 1}, facts.Left)
	require.True(t, facts.Complete)
	require.Equal(t, "wav/pcma", facts.Format)
	require.EqualValues(t, 58+16000, facts.Bytes)
}

func TestLossReorderingDuplicates(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	p := make([]media.Frame, 12)
	for i := range p {
		p[i] = s.packet(20 * int64(i))
	}
	p[3].Arrival, p[7].Arrival = p[6].Arrival, p[6].Arrival
	for _, i := range []int{0, 1, 2, 2, 4, 6, 3, 7, 6, 0, 8, 9, 10, 11} { // 5 is lost
		d.left.push(p[i])
	}
	facts, err := d.finish(300)
	require.NoError(t, err)
	w := d.read()
	for i, f := range p {
		if i == 5 {
			same(t, silence(lawA, 160), w.left[5*160:6*160])
			continue
		}
		in(t, w.left, 20*int64(i), f)
	}
	require.Equal(t, call.TrackFacts{
		Packets: 11, Lost: 1, Anchors: 1, Losses: []call.TrackLoss{{At: 100 * time.Millisecond, Length: 20 * time.Millisecond, Packets: 1}},
	}, facts.Left)
}

func TestAPacketAfterItsPlaceWasWrittenIsLate(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	d.left.push(s.packet(0))
	held := s.packet(20)
	held.Arrival += 990 * ms
	for i := int64(2); i < 60; i++ {
		d.left.push(s.packet(20 * i))
		d.at(20 * i)
	}
	d.left.push(held)
	facts, err := d.finish(1300)
	require.NoError(t, err)
	require.EqualValues(t, 1, facts.Left.Late)
	require.Zero(t, facts.Left.Lost)
	same(t, silence(lawA, 160), d.read().left[20*8:40*8])
}

func TestReanchors(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*talker) // what happens to the sender in the silence
		pause  int64         // ms without packets
		place  int64         // ms from the last packet's start to the next one's
	}{
		"silence with time going on":   {func(s *talker) { s.ts += 8 * 1000 }, 1003, 1003},
		"silence with time at rest":    {func(*talker) {}, 1003, 1003},
		"another SSRC":                 {func(s *talker) { s.ssrc, s.seq, s.ts = 8, 99, 12345 }, 25, 25},
		"another SSRC at once":         {func(s *talker) { s.ssrc, s.seq, s.ts = 8, 99, 12345 }, 5, 20},
		"timestamps jump ahead":        {func(s *talker) { s.ts += 1 << 20 }, 20, 20},
		"timestamps jump back":         {func(s *talker) { s.ts -= 1 << 20 }, 20, 20},
		"sequence and time begin anew": {func(s *talker) { s.seq, s.ts = s.seq-40, 777_777 }, 20, 20},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, newMemFolder())
			s := aTalker()
			for i := range int64(10) {
				d.left.push(s.packet(20 * i))
			}
			d.at(180)
			c.change(s)
			d.at(180 + c.pause)
			f := s.packet(180 + c.pause)
			d.left.push(f)
			next := s.packet(180 + c.pause + 20)
			d.left.push(next)
			facts, err := d.finish(2000)
			require.NoError(t, err)
			w := d.read()
			in(t, w.left, 180+c.place, f)
			in(t, w.left, 180+c.place+20, next)
			same(t, silence(lawA, int(c.place-20)*8), w.left[200*8:(180+c.place)*8])
			require.EqualValues(t, 2, facts.Left.Anchors)
			require.Empty(t, facts.Left.Corrections)
		})
	}
}

func TestStragglerOfTheOldSSRC(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	a, b, c := s.packet(0), s.packet(20), s.packet(40)
	next := &talker{ssrc: 8, seq: 1, ts: 1, codec: call.CodecPCMA, n: 160, fill: 9}
	x, y := next.packet(60), next.packet(80)
	for _, f := range []media.Frame{a, c, x, b, y} {
		d.left.push(f)
	}
	facts, err := d.finish(200)
	require.NoError(t, err)
	w := d.read()
	for i, f := range []media.Frame{a, b, c, x, y} {
		in(t, w.left, 20*int64(i), f)
	}
	require.Equal(t, call.TrackFacts{Packets: 5, Anchors: 2}, facts.Left)
}

func TestPacketsFromBeforeTheStartAreNotInIt(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	d.left.push(s.packet(-5))
	f := s.packet(15)
	d.left.push(f)
	d.left.push(s.packet(150)) // after the end
	_, err := d.finish(100)
	require.NoError(t, err)
	w := d.read()
	in(t, w.left, 15, f)
	require.Equal(t, 800, w.samples)
}

func TestAllPacketLengths(t *testing.T) {
	for _, n := range []int{80, 160, 240, 480} {
		d := newDesk(t, newMemFolder())
		s := aTalker()
		s.n = n
		var want []byte
		for i := range int64(200) {
			f := s.packet(int64(n) / 8 * i)
			want = append(want, f.Payload...)
			d.right.push(f)
			d.at(int64(n) / 8 * i)
		}
		_, err := d.finish(int64(n) / 8 * 200)
		require.NoError(t, err)
		same(t, want, d.read().right)
	}
}

func TestTwoLawsWiden(t *testing.T) {
	d := newDesk(t, newMemFolder())
	a, u := aTalker(), aTalker()
	u.codec = call.CodecPCMU
	var left, right []byte
	for i := range int64(400) {
		f := a.packet(20 * i)
		d.left.push(f)
		left = append(left, pcm(lawA, f.Payload)...)
		if i < 200 {
			right = append(right, pcm(lawA, silence(lawA, 160))...) // silence was written in the first law
		} else {
			f := u.packet(20 * i)
			d.right.push(f)
			right = append(right, pcm(lawMu, f.Payload)...)
		}
		d.at(20 * i)
	}
	facts, err := d.finish(8000)
	require.NoError(t, err)
	w := d.read()
	require.Equal(t, lawPCM, w.law)
	require.Equal(t, "wav/pcm16", facts.Format)
	same(t, left, w.left)
	same(t, right, w.right)
	require.Equal(t, []string{"r.wav"}, d.dir.names())
}

func TestATrackChangesItsLaw(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	var want []byte
	for i := range int64(100) {
		if i == 50 {
			s.codec = call.CodecPCMU
		}
		f := s.packet(20 * i)
		d.left.push(f)
		want = append(want, pcm(lawOf(f.Codec), f.Payload)...)
		d.at(20 * i)
	}
	_, err := d.finish(2000)
	require.NoError(t, err)
	same(t, want, d.read().left)
}

func TestMuLawFromTheFirstPacket(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	s.codec = call.CodecPCMU
	d.at(5000)
	f := s.packet(5000)
	d.right.push(f)
	facts, err := d.finish(6000)
	require.NoError(t, err)
	w := d.read()
	require.Equal(t, lawMu, w.law)
	require.Equal(t, "wav/pcmu", facts.Format)
	same(t, silence(lawMu, 40000), w.right[:40000])
	in(t, w.right, 5000, f)
}

func TestNobodySaidAnything(t *testing.T) {
	d := newDesk(t, newMemFolder())
	d.at(60_000)
	facts, err := d.finish(61_000)
	require.NoError(t, err)
	same(t, silence(lawA, 61*8000), d.read().left)
	require.Equal(t, duration(61*8000), facts.Length)
}

func TestAWorkerHeldUpLosesNothing(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s, u := aTalker(), aTalker()
	var left, right []byte
	for i := range int64(250) {
		l, r := s.packet(20*i), u.packet(20*i)
		left, right = append(left, l.Payload...), append(right, r.Payload...)
		d.left.push(l)
		d.right.push(r)
		if i == 100 || i == 180 { // away for 1.6 s
			d.now = deskStart + 20*i*ms
			d.rec.visit(d.now)
		}
	}
	d.at(5000)
	require.Equal(t, windowUsual, d.rec.left.win.samples(), "the room was given back")
	facts, err := d.finish(5000)
	require.NoError(t, err)
	require.Zero(t, facts.Left.Late+facts.Right.Late)
	w := d.read()
	same(t, left, w.left)
	same(t, right, w.right)
}

func pcm(l law, b []byte) []byte {
	out := make([]byte, 2*len(b))
	l.decode(out, b)
	return out
}

// TestTheNetHoldsPacketsUp: what was held up comes at once, and goes where it
// was said, as far as that is not written yet.
func TestTheNetHoldsPacketsUp(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	var p []media.Frame
	for i := range int64(100) {
		f := s.packet(20 * i)
		if i >= 50 && i < 75 {
			f.Arrival = deskStart + 20*75*ms // half a second late
		}
		p = append(p, f)
		d.left.push(f)
		if i == 74 {
			d.at(20 * 75)
		}
	}
	facts, err := d.finish(2000)
	require.NoError(t, err)
	w := d.read()
	for i, f := range p {
		in(t, w.left, 20*int64(i), f)
	}
	require.Equal(t, call.TrackFacts{Packets: 100, Anchors: 1}, facts.Left)
}

// TestAStallOfThreeQuartersOfASecondLosesNothing: whoever was held up, the net, the
// sender or this machine, what comes at once afterwards lies where it was said, on
// both sides, and the other side goes on meanwhile.
func TestAStallOfThreeQuartersOfASecondLosesNothing(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s, u := aTalker(), aTalker()
	var left, right []byte
	var held []media.Frame
	for i := range int64(250) {
		d.at(20 * i)
		l, r := s.packet(20*i), u.packet(20*i)
		left, right = append(left, l.Payload...), append(right, r.Payload...)
		d.right.push(r)
		if i%80 >= 40 && i%80 < 77 {
			l.Arrival = deskStart + 20*(i-i%80+77)*ms
			held = append(held, l)
			continue
		}
		for _, h := range held {
			d.left.push(h)
		}
		held = nil
		d.left.push(l)
	}
	d.at(5400)
	require.Equal(t, windowUsual, d.rec.left.win.samples(), "the room was given back")
	facts, err := d.finish(5400)
	require.NoError(t, err)
	require.Equal(t, call.TrackFacts{Packets: 250, Anchors: 1}, facts.Left)
	require.Equal(t, call.TrackFacts{Packets: 250, Anchors: 1}, facts.Right)
	w := d.read()
	same(t, left, w.left[:len(left)])
	same(t, right, w.right[:len(right)])
}

// TestTheNetHoldsPacketsUpForLong: what can't go where it was said is late, and nothing else moves.
func TestTheNetHoldsPacketsUpForLong(t *testing.T) {
	d := newDesk(t, newMemFolder())
	s := aTalker()
	var p, held []media.Frame
	for i := range int64(200) {
		f := s.packet(20 * i)
		d.at(20 * i)
		p = append(p, f)
		if i >= 50 && i < 150 {
			f.Arrival = deskStart + 20*150*ms
			held = append(held, f)
			continue
		}
		for _, h := range held {
			d.left.push(h)
		}
		held = nil
		d.left.push(f)
	}
	facts, err := d.finish(4000)
	require.NoError(t, err)
	w := d.read()
	for _, i := range []int64{0, 49, 140, 149, 150, 199} {
		in(t, w.left, 20*i, p[i])
	}
	same(t, silence(lawA, 80*160), w.left[50*160:130*160])
	require.EqualValues(t, 1, facts.Left.Anchors)
	require.EqualValues(t, 200, facts.Left.Packets)
	require.InDelta(t, 84, facts.Left.Late, 2)
	require.Empty(t, facts.Left.Corrections)
}

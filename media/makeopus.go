package media

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/media/libopus"
)

// Opus that is made here, for a leg that agreed on no codec beside it: prompts, mixtures, what a peer says in another
// codec. It is coded for each leg by itself, at the 8 kHz that all sound here has.
const (
	madeBits = 20000                  // a second, mean: as good as 8 kHz gets
	madeLoss = 5                      // in a hundred: what its error correction is made for
	madeUnit = 10 * SampleRate / 1000 // the shortest frame coded, 10 ms
	madeMost = 60 * SampleRate / 1000 // the longest
)

// madeFrame is how much of so many samples goes into the next packet: as much as a frame of Opus can have (RFC 6716 2.1.4: 10, 20,
// 40, 60 ms); 0 if there is less than the shortest.
func madeFrame(samples int) int {
	for _, frame := range []int{madeMost, 4 * madeUnit, 2 * madeUnit, madeUnit} {
		if samples >= frame {
			return frame
		}
	}
	return 0
}

// madeTime is the length of the packets that are made for a leg.
func (s *stream) madeTime() time.Duration {
	if codec, _ := s.made(); codec != call.CodecOpus {
		return s.ptime()
	}
	return time.Duration(madeFrame(int(s.ptime()/nsPerSample))) * nsPerSample
}

// codeOpus codes a frame into out; 0 if that can't be done, which the log tells once a leg.
func (t *thread) codeOpus(s *stream, sound []int16, out []byte) int {
	if s.coder == nil {
		c, err := libopus.NewCoder(SampleRate, 1, madeBits)
		if err != nil {
			t.log.Error("no Opus can be made", zap.String("leg", string(s.id)), zap.Error(err))
			return 0
		}
		if err := c.Expect(madeLoss); err != nil {
			t.log.Error("Opus is made without error correction", zap.String("leg", string(s.id)), zap.Error(err))
		}
		s.coder = c
	}
	n, err := s.coder.Code(sound, out)
	if err != nil {
		t.log.Debug("a frame of Opus could not be made", zap.String("leg", string(s.id)), zap.Error(err))
		return 0
	}
	return n
}

// uncode forgets a leg's coder.
func (s *stream) uncode() {
	if s.coder != nil {
		s.coder.Close()
		s.coder = nil
	}
}

// sendOpus codes a frame of ours and sends it, with the numbers it is given.
func (t *thread) sendOpus(s *stream, pt uint8, sound []int16, first bool, seq uint16, ts uint32) {
	n := t.codeOpus(s, sound, t.made[rtpHeader:])
	if n == 0 {
		return
	}
	b := t.made[:rtpHeader+n]
	putHeader(b, pt, first, seq, ts, s.out.ssrc)
	t.send(s, b)
}

// translateOpus sends a packet's sound on in Opus: in one packet, or where its length is none of Opus', in several.
func (t *thread) translateOpus(to *stream, p *packet, from source, pt uint8, heard narrow, now int64) {
	sound := heard.sound
	frame := madeFrame(len(sound))
	if frame == 0 {
		return
	}
	t.clock(to, true, now)
	verdict, seq, ts := to.out.forward(from, p.seq, heard.ts*wideUnits, uint32(frame)*wideUnits, now)
	if verdict == numberStale {
		return
	}
	t.sendOpus(to, pt, sound[:frame], p.marker || verdict == numberFirst, seq, ts)
	for sound = sound[frame:]; ; sound = sound[frame:] {
		if frame = madeFrame(len(sound)); frame == 0 || seq != to.out.seq { // one that was overtaken has no place for more
			return
		}
		seq, ts = to.out.insert(uint32(frame) * wideUnits)
		t.sendOpus(to, pt, sound[:frame], false, seq, ts)
	}
}

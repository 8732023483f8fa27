package media

import "hotline/call"

// What was lost of a far end's Opus can be mended where it is decoded by libopus: each packet of speech may hold the one
// before it once more, coarser (in-band error correction, RFC 6716 section 2.1.7); where none does, the decoder supposes how the
// sound went on. What is only passed on is the far end's to mend.

// mendMost is how much is mended at once, in ticks of 48 kHz: 60 ms. Who has lost more has lost words.
const mendMost = 6 * opusFrame

// missing tells how many packets were lost right before this one, and how many ticks each of them had; 0 if none was, or
// nothing can be mended: too much, another source, a pause in the sending (whose numbers go on), no decoder that can.
func (e *opusEar) missing(p *packet) (lost int, span uint32) {
	gap := int32(p.ts - e.ts - e.span)
	lost = int(int16(p.seq-e.seq)) - 1
	switch {
	case e.lib == nil || !e.begun || p.ssrc != e.ssrc || len(p.payload) <= 2:
		return 0, 0
	case lost <= 0 || gap <= 0 || gap > mendMost || gap%(int32(lost)*opusCELTFrame) != 0:
		return 0, 0
	}
	return lost, uint32(gap / int32(lost))
}

// mend gives a recorder, a conference and a peer without Opus what was lost right before a packet, before that one is
// decoded: as packets of its own, in the place of the lost ones.
func (t *thread) mend(s, to *stream, p *packet, from source, now int64) {
	e := s.ear()
	lost, span := e.missing(p)
	if lost == 0 {
		return
	}
	samples := int(span / wideUnits)
	all := t.linear[:lost*samples]
	if n, err := e.lib.Mend(p.payload, all); err != nil || n != len(all) {
		return
	}
	q := packet{seq: e.seq, ts: e.ts + e.span - span, ssrc: p.ssrc}
	at := e.at + int64(e.span)
	for ; len(all) > 0; all = all[samples:] {
		q.seq++
		q.ts += span
		heard := narrow{sound: all[:samples], seq: q.seq, ts: uint32(at / wideUnits), ssrc: q.ssrc}
		at += int64(span)
		if s.copied() {
			t.copyOut(s, &q, call.CodecOpus, heard, now)
		}
		switch {
		case to != nil:
			t.translate(to, &q, from, call.CodecOpus, heard, now)
		case s.place != nil:
			t.say(s, heard, now)
		}
	}
	t.counts.mended += uint64(lost)
}

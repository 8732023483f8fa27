package recording

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/media"
)

// FuzzTrack lays arbitrary packets: nothing is ever laid where something was,
// or before the base, or far from its arrival.
func FuzzTrack(f *testing.F) {
	f.Add([]byte{1, 0, 0, 1, 0, 0, 20, 1, 0, 1, 1, 160, 0, 20})
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := &track{}
		arrival, base := int64(0), int64(0)
		for len(b) >= 7 {
			p := &media.Frame{
				SSRC: uint32(b[0] % 3), Seq: uint16(b[1])<<8 | uint16(b[2]),
				Timestamp: uint32(b[3])<<24 | uint32(b[4])<<8 | uint32(b[5]), Codec: call.CodecPCMA,
			}
			arrival += int64(b[6]) * 8
			base = max(base, arrival-writeBehind-2400)
			before := tr.end
			spot, ok := tr.lay(p, arrival, 160, base)
			b = b[7:]
			if !ok {
				continue
			}
			require.GreaterOrEqual(t, spot.at, base)
			require.LessOrEqual(t, spot.at+int64(spot.to-spot.from), max(before, arrival+earlyLimit+160))
			require.True(t, spot.from >= 0 && spot.from < spot.to && spot.to <= 160)
		}
		require.LessOrEqual(t, len(tr.facts.Corrections), mostCorrections)
	})
}

// FuzzFrames sends arbitrary packets of both laws to a recording that is
// visited now and then: whatever comes, the file is right and as long as the time.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 2, 0, 1, 0, 1, 0, 160, 9, 1, 0, 9, 1, 0, 0, 30})
	f.Add([]byte{2, 0, 0, 1, 0, 0, 2, 2, 0, 1, 0, 1, 0, 99, 2, 0, 2, 0, 1, 160, 0, 2, 0, 3, 0, 2, 64, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := newDesk(t, newMemFolder())
		b = b[:min(len(b), 7*200)]
		for ; len(b) >= 7; b = b[7:] {
			d.now += int64(b[6]) * int64(b[6]) * ms / 8 // up to eight seconds
			p := media.Frame{
				Arrival: d.now, SSRC: uint32(b[0] >> 4 & 1), Seq: uint16(b[1])<<8 | uint16(b[2]),
				Timestamp: uint32(b[3])<<24 | uint32(b[4])<<8 | uint32(b[5]),
				Codec:     call.Codec(b[0] & 3), Payload: make([]byte, int(b[0]>>5)*80),
			}
			[]*queue{d.left, d.right}[b[0]>>3&1].push(p)
			if b[0]&4 == 0 {
				d.rec.visit(d.now)
			}
		}
		facts, err := d.finish((d.now - deskStart) / ms)
		require.NoError(t, err)
		w := d.read()
		require.Equal(t, facts.Length, duration(int64(w.samples)))
		require.InDelta(t, (d.now-deskStart)/125_000, w.samples, earlyLimit+mostPacket)
	})
}

package media

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// told is one telephone-event packet.
type told struct {
	code   byte
	end    bool
	marker bool
	ts     uint32
	length uint16
}

func (e told) packet() *packet {
	b := []byte{e.code, 10, 0, 0}
	if e.end {
		b[1] |= eventEnd
	}
	binary.BigEndian.PutUint16(b[2:], e.length)
	return &packet{ts: e.ts, marker: e.marker, ssrc: 1, payload: b}
}

// keysOf gives the keys and samples heard in packets 20 ms apart and the time after.
func keysOf(packets ...told) []digit {
	var d digits
	var keys []digit
	now := int64(0)
	for _, e := range packets {
		now += int64(frameTime)
		done, n := d.take(e.packet(), false, now)
		keys = append(keys, done[:n]...)
	}
	if last, ok := d.expire(now + int64(time.Second)); ok {
		keys = append(keys, last)
	}
	return keys
}

func TestKeys(t *testing.T) {
	for name, c := range map[string]struct {
		packets []told
		keys    []digit
	}{
		"usual":                            {[]told{{1, false, true, 100, 160}, {1, false, false, 100, 320}, {1, true, false, 100, 480}, {1, true, false, 100, 480}, {1, true, false, 100, 480}}, []digit{{'1', 480}}},
		"only an end":                      {[]told{{11, true, false, 100, 480}}, []digit{{'#', 480}}},
		"only a start":                     {[]told{{10, false, true, 100, 160}}, []digit{{'*', 160}}},
		"end lost, another key":            {[]told{{1, false, true, 100, 160}, {2, true, true, 900, 160}}, []digit{{'1', 160}, {'2', 160}}},
		"end lost, the same key again":     {[]told{{1, false, true, 100, 160}, {1, true, true, 900, 160}}, []digit{{'1', 160}, {'1', 160}}},
		"same key twice":                   {[]told{{1, true, true, 100, 480}, {1, true, true, 1500, 480}}, []digit{{'1', 480}, {'1', 480}}},
		"both starts lost":                 {[]told{{1, true, false, 100, 480}, {1, true, false, 1500, 480}}, []digit{{'1', 480}, {'1', 480}}},
		"late packet of an old press":      {[]told{{1, true, true, 100, 480}, {2, true, true, 1500, 480}, {1, true, false, 100, 480}}, []digit{{'1', 480}, {'2', 480}}},
		"update after the end":             {[]told{{1, true, true, 100, 480}, {1, false, false, 100, 320}}, []digit{{'1', 480}}},
		"long, in segments":                {[]told{{5, false, true, 100, 0xff00}, {5, false, false, 100, 0xffff}, {5, false, false, 100 + 0xffff, 160}, {5, true, false, 100 + 0xffff, 1600}, {5, true, false, 100 + 0xffff, 1600}}, []digit{{'5', 0xffff + 1600}}},
		"timestamp moves within the press": {[]told{{1, false, true, 100, 160}, {1, false, false, 260, 320}, {1, true, false, 420, 480}, {1, true, false, 420, 480}}, []digit{{'1', 480}}},
		"timestamps around zero":           {[]told{{1, true, true, 1<<32 - 100, 480}, {1, true, true, 900, 480}}, []digit{{'1', 480}, {'1', 480}}},
		"flash and fax tones":              {[]told{{16, true, true, 100, 480}, {36, true, true, 200, 480}}, nil},
	} {
		require.Equal(t, c.keys, keysOf(c.packets...), name)
	}
}

func TestShortEventIsIgnored(t *testing.T) {
	var d digits
	_, n := d.take(&packet{payload: []byte{1, 0x80, 1}}, false, 0)
	require.Zero(t, n)
}

// However packets of presses are lost and doubled, each press of which any
// packet came is told once and in order.
func TestEveryPressOnceWhateverIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var packets []told
		var want []byte
		ts := rapid.Uint32().Draw(t, "ts")
		for range rapid.IntRange(1, 12).Draw(t, "presses") {
			code := byte(rapid.IntRange(0, 15).Draw(t, "key"))
			updates := rapid.IntRange(1, 10).Draw(t, "updates")
			came := false
			for i := 1; i <= updates+3; i++ {
				e := told{code, i > updates, i == 1, ts, uint16(160 * min(i, updates+1))}
				for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "copies") {
					packets = append(packets, e)
					came = true
				}
			}
			if came {
				want = append(want, eventKeys[code])
			}
			ts += uint32(160*(updates+1)) + uint32(rapid.IntRange(400, 8000).Draw(t, "pause"))
		}
		var got []byte
		for _, d := range keysOf(packets...) {
			got = append(got, d.key)
		}
		require.Equal(t, string(want), string(got))
	})
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte{1, 0x80, 1, 0, 0, 0, 0, 0, 1}, uint64(1))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		random, now := rand.New(rand.NewPCG(seed, 1)), int64(0)
		var d digits
		for len(b) > 0 {
			n := min(len(b), 1+random.IntN(6))
			p := packet{payload: b[:n], ts: uint32(random.IntN(3000)), ssrc: uint32(random.IntN(2)), marker: random.IntN(2) == 0}
			b = b[n:]
			now += int64(random.IntN(1e8))
			done, n := d.take(&p, false, now)
			for _, one := range done[:n] {
				require.Contains(t, eventKeys, string(one.key))
			}
			d.expire(now)
		}
	})
}

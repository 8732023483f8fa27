package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestReorderedPacketsKeepTheirOrder(t *testing.T) {
	var o outbound
	from, now := source{ssrc: 1}, int64(time.Second)
	_, first, _ := o.forward(from, 100, 0, 160, now)
	_, third, _ := o.forward(from, 102, 320, 160, now)
	v, second, ts := o.forward(from, 101, 160, 160, now)
	require.Equal(t, numberNext, v)
	require.Equal(t, []uint16{first + 1, first + 2}, []uint16{second, third})
	require.Equal(t, o.ts-160, ts)
	v, _, _ = o.forward(from, 99, 0, 160, now)
	require.Equal(t, numberStale, v, "its number was another source's")
}

func TestFarEndThatStartsAnewIsANewSource(t *testing.T) {
	var o outbound
	from, now := source{ssrc: 1}, int64(time.Second)
	_, seq, ts := o.forward(from, 100, 5000, 160, now)
	now += int64(frameTime)
	v, again, at := o.forward(from, 40000, 5160, 160, now)
	require.Equal(t, numberFirst, v)
	require.Equal(t, seq+1, again)
	require.Equal(t, ts+160, at)
	now += int64(frameTime)
	v, again, at = o.forward(from, 40001, 1<<31, 160, now)
	require.Equal(t, numberFirst, v, "its clock jumped")
	require.Equal(t, seq+2, again)
	require.Equal(t, ts+320, at)
}

// Whatever feeds a leg, and in whatever turns: one SSRC, every sequence number
// once, timestamps that never run back at a change and stay true to the clock.
func TestOutboundIsOneStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := outbound{seq: rapid.Uint16().Draw(t, "seq"), ts: rapid.Uint32().Draw(t, "ts")}
		next, now := o.seq+1, int64(time.Hour)
		type far struct {
			seq uint16
			ts  uint32
		}
		ends := []far{{65000, 1 << 31}, {3, 1<<32 - 500}}
		var began int64
		var base uint32
		for range rapid.IntRange(1, 60).Draw(t, "packets") {
			now += int64(rapid.SampledFrom([]time.Duration{frameTime, frameTime, frameTime, time.Second, time.Minute}).Draw(t, "pause"))
			before := o.ts
			who := rapid.IntRange(0, 2).Draw(t, "who")
			if who == 2 {
				o.next(source{play: 1}, frameBytes, now)
				require.Equal(t, next, o.seq)
			} else {
				e := &ends[who]
				e.seq++
				e.ts += frameBytes
				v, seq, ts := o.forward(source{ssrc: uint32(who + 1)}, e.seq, e.ts, frameBytes, now)
				require.NotEqual(t, numberStale, v)
				require.Equal(t, next, seq)
				require.Equal(t, o.ts, ts)
			}
			if began == 0 {
				began, base = now, o.ts
			} else {
				require.GreaterOrEqual(t, int32(o.ts-before), int32(frameBytes))
			}
			behind := int32(base + uint32((now-began)/nsPerSample) - o.ts)
			require.Less(t, behind, int32(60*SampleRate*60))
			next++
		}
	})
}

func TestMailboxKeepsOrderAndEnds(t *testing.T) {
	var m mailbox
	for i := range 5 {
		require.True(t, m.post(tapLeg{s: &stream{slot: int32(i)}}))
	}
	for i, l := 0, m.take(nil); l != nil; i, l = i+1, l.older {
		require.EqualValues(t, i, l.command.(tapLeg).s.slot)
	}
	require.True(t, m.empty())
	require.True(t, m.post(stopThread{}))
	require.NotNil(t, m.close())
	require.False(t, m.post(stopThread{}))
}

func TestWheelServesEachWhenDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w wheel
		now := int64(time.Hour)
		w.advance(now, func(*stream) {})
		due := map[*stream]int64{}
		streams := make([]*stream, 20)
		for i := range streams {
			streams[i] = new(stream)
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				s := rapid.SampledFrom(streams).Draw(t, "stream")
				due[s] = now + rapid.Int64Range(-int64(tick), (wheelSlots-2)*int64(tick)).Draw(t, "due")
				w.put(s, due[s])
			},
			"remove": func(t *rapid.T) {
				s := rapid.SampledFrom(streams).Draw(t, "stream")
				w.remove(s)
				delete(due, s)
			},
			"advance": func(t *rapid.T) {
				now += rapid.Int64Range(0, 3*wheelSlots*int64(tick)).Draw(t, "time")
				w.advance(now, func(s *stream) {
					require.Contains(t, due, s)
					delete(due, s)
				})
				for _, at := range due {
					require.Greater(t, at, now-2*int64(tick), "overdue and not served")
				}
			},
		})
	})
}

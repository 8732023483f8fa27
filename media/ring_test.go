package media

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
)

func TestRingSizes(t *testing.T) {
	for asked, size := range map[int]int{0: ringLeast, 5000: 8192, 1 << 30: ringMost} {
		require.Equal(t, size, NewRing(asked).most)
	}
}

// A ring takes a quarter of its room as long as its reader comes in time, and all of it
// after he was late once, until he has been in time for some seconds.
func TestRingGrowsForALateReader(t *testing.T) {
	ring := NewRing(1 << 14)
	frame := Frame{Payload: make([]byte, 160)}
	seen := 0
	read := func() { seen += ring.Read(func(Frame) {}) }
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for range 15 { // 300 ms
			ring.write(&frame)
		}
		read()
	}))
	require.Len(t, ring.to.buf, 1<<12)
	seen = 0
	for range 85 {
		ring.write(&frame)
	}
	read()
	require.Zero(t, ring.Overruns())
	require.Equal(t, 85, seen)
	require.Len(t, ring.to.buf, 1<<14)
	require.Same(t, ring.to, ring.from)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for range 85 {
			ring.write(&frame)
		}
		read()
	}))
	seen = 0
	for range calmDown + 2 {
		for range 15 {
			ring.write(&frame)
		}
		read()
	}
	require.Len(t, ring.to.buf, 1<<12)
	require.Same(t, ring.to, ring.from)
	require.Equal(t, 15*(calmDown+2), seen)
	require.Zero(t, ring.Overruns())
}

// Whatever the sizes and however reads and writes alternate, frames come out as
// they went in and in order, and only the newest are dropped.
func TestRingIsAQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1 << 10, 1 << 11, 1 << 13}).Draw(t, "size")
		ring := NewRing(size)
		var model []Frame
		used, drops := 0, uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				f := Frame{
					Arrival: rapid.Int64().Draw(t, "at"), Seq: rapid.Uint16().Draw(t, "seq"), Timestamp: rapid.Uint32().Draw(t, "ts"),
					SSRC: rapid.Uint32().Draw(t, "ssrc"), Codec: call.CodecPCMA, Payload: rapid.SliceOfN(rapid.Byte(), 0, 500).Draw(t, "payload"),
				}
				before := ring.Overruns()
				ring.write(&f)
				if ring.Overruns() != before {
					drops++
					require.Greater(t, used+2*int(ringSpan(len(f.Payload))), size, "dropped although there was room")
					return
				}
				used += int(ringSpan(len(f.Payload)))
				model = append(model, f)
			},
			"read": func(t *rapid.T) {
				var got []Frame
				n := ring.Read(func(f Frame) {
					f.Payload = append([]byte{}, f.Payload...)
					got = append(got, f)
				})
				require.Equal(t, len(model), n)
				require.Equal(t, model, got)
				model, used = nil, 0
			},
			"": func(t *rapid.T) { require.Equal(t, drops, ring.Overruns()) },
		})
	})
}

func TestRingBetweenTwoThreads(t *testing.T) {
	const frames = 50_000
	ring := NewRing(4096)
	done := make(chan struct{})
	go func() {
		defer close(done)
		payload := make([]byte, 200)
		for i := range uint32(frames) {
			binary.LittleEndian.PutUint32(payload, i)
			ring.write(&Frame{Timestamp: i, Payload: payload[:4+i%190]})
		}
	}()
	read, last := uint64(0), int64(-1)
	take := func() {
		read += uint64(ring.Read(func(f Frame) {
			require.Greater(t, int64(f.Timestamp), last)
			last = int64(f.Timestamp)
			require.Len(t, f.Payload, int(4+f.Timestamp%190))
			require.Equal(t, f.Timestamp, binary.LittleEndian.Uint32(f.Payload))
			require.Zero(t, bytes.Count(f.Payload[4:], []byte{1}))
		}))
	}
	for {
		take()
		select {
		case <-done:
			take()
			require.EqualValues(t, frames, read+ring.Overruns())
			return
		default:
		}
	}
}

func TestRingRefusesWhatCanNeverFit(t *testing.T) {
	for _, size := range []int{1 << 10, 1 << 12} {
		ring := NewRing(size)
		ring.write(&Frame{Payload: make([]byte, size+1)})
		ring.write(&Frame{Payload: make([]byte, 70_000)})
		require.EqualValues(t, 2, ring.Overruns())
		require.Zero(t, ring.Read(func(Frame) {}))
		require.Len(t, ring.to.buf, ringLeast)
	}
}

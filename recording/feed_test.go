package recording

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/media"
)

// packet is 20 ms of one A-law code, said at a place in milliseconds.
func packet(at int64, seq uint16, code byte) media.Frame {
	f := media.Frame{Arrival: deskStart + at*ms, Seq: seq, Timestamp: uint32(seq) * 160, SSRC: 1, Codec: call.CodecPCMA, Payload: make([]byte, 160)}
	for i := range f.Payload {
		f.Payload[i] = code
	}
	return f
}

// taken is both channels of so many milliseconds of a feed.
func taken(f *Feed, millis int) (left, right []int16, quiet bool) {
	b, quiet := f.Take(nil, millis*8)
	for i := 0; i < len(b); i += 4 {
		left = append(left, int16(binary.LittleEndian.Uint16(b[i:])))
		right = append(right, int16(binary.LittleEndian.Uint16(b[i+2:])))
	}
	return left, right, quiet
}

// all is n samples of a code.
func all(code byte, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = lawA.linear(code)
	}
	return out
}

func TestAFeedLaysBothSides(t *testing.T) {
	left, right, third := &queue{}, &queue{}, &queue{}
	f := NewFeed(deskStart, 60*8)
	require.True(t, f.Hear(FeedCaller, left))
	require.True(t, f.Hear(FeedSeats, right))
	left.push(packet(20, 1, 0x10))
	left.push(packet(60, 3, 0x30)) // the one before comes later
	right.push(packet(20, 7, 0x50))
	require.Zero(t, f.Ready(deskStart+60*ms))
	require.Equal(t, 40*8, f.Ready(deskStart+100*ms))
	f.Drain()
	l, r, quiet := taken(f, 40)
	require.False(t, quiet)
	require.Equal(t, append(make([]int16, 160), all(0x10, 160)...), l)
	require.Equal(t, append(make([]int16, 160), all(0x50, 160)...), r)

	left.push(packet(75, 2, 0x20))
	require.True(t, f.Hear(FeedSeats, third)) // a conference: both on the right, added up
	right.push(packet(60, 9, 0x50))
	third.push(packet(60, 1, 0x50))
	f.Drain()
	l, r, _ = taken(f, 40)
	require.Equal(t, append(all(0x20, 160), all(0x30, 160)...), l)
	require.Equal(t, make([]int16, 160), r[:160])
	require.Equal(t, 2*lawA.linear(0x50), r[160])
	require.EqualValues(t, 80*8, f.At())
	require.Zero(t, f.Late())

	left.push(packet(85, 4, 0x40))
	_, _, _ = taken(f, 100) // before it was drained
	left.push(packet(100, 5, 0x40))
	f.Drain()
	require.EqualValues(t, 2, f.Late())
}

func TestAFeedIsQuietWherePlacesSaySo(t *testing.T) {
	src := &queue{}
	f := NewFeed(deskStart, 60*8)
	f.Hear(FeedCaller, src)
	for i := range int64(5) {
		src.push(packet(20*i, uint16(i), 0x10))
	}
	f.Drain()
	f.Quiet(true, deskStart+30*ms)
	f.Quiet(false, deskStart+70*ms)
	l, _, quiet := taken(f, 100)
	require.False(t, quiet, "not all of it")
	require.Equal(t, all(0x10, 240), l[:240])
	require.Equal(t, make([]int16, 320), l[240:560])
	require.Equal(t, all(0x10, 240), l[560:])
	f.Quiet(true, deskStart+50*ms) // of what was taken before: from now on
	_, _, quiet = taken(f, 100)
	require.True(t, quiet)
}

func TestAFeedIsBounded(t *testing.T) {
	src := &queue{}
	f := NewFeed(deskStart, 0)
	f.Hear(FeedCaller, src)
	for i := range int64(400) { // 8 s that nobody takes
		src.push(packet(20*i, uint16(i), 0x10))
	}
	f.Drain()
	require.LessOrEqual(t, len(f.sides[FeedCaller].buf), feedRoom)
	for range mostVoices {
		f.Hear(FeedSeats, src)
	}
	require.False(t, f.Hear(FeedSeats, src))
}

// BenchmarkFeedCallSecond is what a second of a call costs somebody who listens along.
func BenchmarkFeedCallSecond(b *testing.B) {
	left, right := &queue{}, &queue{}
	f := NewFeed(deskStart, 60*8)
	f.Hear(FeedCaller, left)
	f.Hear(FeedSeats, right)
	frame := packet(0, 0, 0x10)
	var out []byte
	for i := range int64(b.N) {
		for n := range int64(50) {
			frame.Seq, frame.Timestamp, frame.Arrival = uint16(i*50+n), uint32((i*50+n)*160), deskStart+(i*50+n)*20*ms
			left.push(frame)
			right.push(frame)
			if n%5 == 4 {
				f.Drain()
				out, _ = f.Take(out[:0], min(800, f.Ready(frame.Arrival)))
			}
		}
	}
}

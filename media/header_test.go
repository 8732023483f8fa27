package media

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

func TestRewriteIsReadByOthers(t *testing.T) {
	var p packet
	b := encodeRTP(t, rtp.Header{PayloadType: 8, SequenceNumber: 1, Timestamp: 2, SSRC: 3, CSRC: []uint32{1}}, []byte{7, 8, 9})
	require.True(t, p.parse(b))
	got := decodeRTP(t, p.rewrite(96, true, 65535, 1<<32-1, 77))
	require.Equal(t, &rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 65535, Timestamp: 1<<32 - 1, SSRC: 77},
		Payload: []byte{7, 8, 9},
	}, got)
}

func TestWhatIsNoRTP(t *testing.T) {
	var p packet
	for _, b := range [][]byte{
		nil,
		make([]byte, 12),               // version 0, as STUN has
		bytes.Repeat([]byte{0x80}, 11), // short
		append([]byte{0x8f}, make([]byte, 20)...), // fewer bytes than contributing sources
		append([]byte{0x90}, make([]byte, 11)...), // no extension where one is announced
		append([]byte{0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff}, 0xff),
		append([]byte{0xa0}, make([]byte, 11)...), // padding of zero
		append(append([]byte{0xa0}, make([]byte, 11)...), 200),
	} {
		require.False(t, p.parse(b), "% x", b)
	}
	require.True(t, isRTCP([]byte{0x80, 200, 0, 1, 0, 0, 0, 0}))
	require.False(t, isRTCP([]byte{0x80, 0x88, 0, 1, 0, 0, 0, 0}))
	require.False(t, isRTCP([]byte{0x80, 200}))
}

// FuzzPacket feeds a bridged leg with whatever may come from a network. What
// our parser takes must be what a parser that is not ours reads, and what is
// forwarded must be proper RTP with the same payload.
func FuzzPacket(f *testing.F) {
	f.Add([]byte{0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xd5, 0xd5})
	f.Add([]byte{0x80, 101 | 0x80, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5, 0x8a, 0, 160})
	f.Add([]byte{0xb1, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 1, 2, 2})
	f.Add([]byte{0x81, 200, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, left, right := bridged(t, pcma(), pcma())
		left.arrive(left.addr, bytes.Clone(b))
		left.run(tick)
		var ours packet
		theirs := new(rtp.Packet)
		if !ours.parse(b) || theirs.Unmarshal(bytes.Clone(b)) != nil {
			return
		}
		if len(b) > scratchSize {
			require.Empty(t, right.hears())
			return
		}
		require.Equal(t, theirs.SequenceNumber, ours.seq)
		require.Equal(t, theirs.Timestamp, ours.ts)
		require.Equal(t, theirs.SSRC, ours.ssrc)
		require.Equal(t, theirs.PayloadType, ours.pt)
		require.Equal(t, theirs.Marker, ours.marker)
		require.True(t, bytes.Equal(theirs.Payload, ours.payload))
		for _, p := range right.hears() {
			require.Len(t, p.Payload, len(theirs.Payload))
			if theirs.PayloadType != ptPCMU { // which is converted
				require.True(t, bytes.Equal(theirs.Payload, p.Payload))
			}
		}
	})
}

package media

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

func bridged(t *testing.T, a, b call.MediaSpec) (*rig, *party, *party) {
	r := newRig(t)
	left, right := r.party("left", "10.0.0.1:4000", a), r.party("right", "10.0.0.2:5000", b)
	r.apply(bridgeLeg{left.stream, right.stream})
	return r, left, right
}

func TestBridgeForwardsBothWaysUntouched(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.say(1, 2, 3)
	right.say(4, 5, 6)
	r.run(tick)
	got := right.hears()
	require.Len(t, got, 1)
	require.Equal(t, []byte{1, 2, 3}, got[0].Payload)
	require.EqualValues(t, ptPCMA, got[0].PayloadType)
	require.True(t, got[0].Marker, "a talk spurt starts")
	require.NotEqual(t, left.ssrc, got[0].SSRC, "the leg's own stream")
	require.Equal(t, []byte{4, 5, 6}, left.hears()[0].Payload)
}

func TestConversionBetweenLaws(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcmu())
	all := make([]byte, codes)
	for i := range all {
		all[i] = byte(i)
	}
	left.say(all...)
	right.say(all...)
	r.run(tick)
	fromA, fromMu := right.hears()[0], left.hears()[0]
	require.EqualValues(t, ptPCMU, fromA.PayloadType)
	require.EqualValues(t, ptPCMA, fromMu.PayloadType)
	for i := range all {
		require.Equal(t, CompressMuLaw(ExpandALaw(byte(i))), fromA.Payload[i])
		require.Equal(t, CompressALaw(ExpandMuLaw(byte(i))), fromMu.Payload[i])
	}
}

func TestOddPacketLengthsGoThrough(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	for _, ms := range []int{10, 20, 30, 40, 60} {
		left.say(make([]byte, ms*8)...)
		r.run(20 * time.Millisecond)
		got := right.hears()
		require.Len(t, got, 1)
		require.Len(t, got[0].Payload, ms*8)
	}
}

func TestOtherStaticPayloadTypeIsUnderstood(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.arrive(left.addr, encodeRTP(t, rtp.Header{PayloadType: ptPCMU, SSRC: 1}, []byte{0x80}))
	r.run(tick)
	require.Equal(t, []byte{CompressALaw(ExpandMuLaw(0x80))}, right.hears()[0].Payload)
}

func TestCSRCExtensionAndPaddingStayBehind(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	h := rtp.Header{PayloadType: ptPCMA, SSRC: 1, CSRC: []uint32{7, 8}, Padding: true, PaddingSize: 4}
	require.NoError(t, h.SetExtension(1, []byte{9, 9}))
	left.arrive(left.addr, encodeRTP(t, h, []byte{1, 2}))
	r.run(tick)
	got := right.hears()[0]
	require.Empty(t, got.CSRC)
	require.False(t, got.Extension)
	require.Equal(t, []byte{1, 2}, got.Payload)
}

func TestComfortNoiseLeavesNoGap(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.say()
	r.run(tick)
	left.arrive(left.addr, encodeRTP(t, rtp.Header{PayloadType: 13, SequenceNumber: left.seq, SSRC: left.ssrc}, []byte{1}))
	left.seq++
	r.run(tick)
	left.ts += 3 * frameBytes
	left.say()
	r.run(tick)
	got := right.hears()
	require.Len(t, got, 2)
	require.Equal(t, got[0].SequenceNumber+1, got[1].SequenceNumber)
	require.Equal(t, got[0].Timestamp+4*frameBytes, got[1].Timestamp)
	require.Zero(t, left.stats.Refused, "nothing is wrong with it")
	require.Zero(t, left.in.lost(), "and nothing was lost")
}

func TestDirectionIsObeyed(t *testing.T) {
	for _, c := range []struct {
		dir       call.Direction
		out, back bool // right hears left, left hears right
	}{
		{call.SendRecv, true, true},
		{call.RecvOnly, true, false}, // left does not listen
		{call.SendOnly, false, true}, // left says it does not send
		{call.Inactive, false, false},
	} {
		spec := pcma()
		spec.Direction = c.dir
		r, left, right := bridged(t, spec, pcma())
		left.say()
		right.say()
		r.run(tick)
		require.Equal(t, c.out, len(right.hears()) == 1, c.dir)
		require.Equal(t, c.back, len(left.hears()) == 1, c.dir)
	}
}

func TestStrangersAreNeitherHeardNorFollowed(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.say(1)
	r.run(tick)
	left.arrive(netip.MustParseAddrPort("10.6.6.6:4000"), encodeRTP(t, rtp.Header{PayloadType: ptPCMA, SSRC: left.ssrc}, []byte{6}))
	left.arrive(netip.MustParseAddrPort("10.0.0.1:4002"), encodeRTP(t, rtp.Header{PayloadType: ptPCMA, SSRC: left.ssrc}, []byte{6}))
	left.ssrc = 77 // from the right place any SSRC will do
	left.say(2)
	r.run(tick)
	got := right.hears()
	require.Len(t, got, 2)
	require.Equal(t, []byte{2}, got[1].Payload)
	require.True(t, got[1].Marker)
	require.EqualValues(t, 2, left.stats.Strangers)
	require.EqualValues(t, 2, r.thread.counts.strangers)
}

func TestBehindNATSoundGoesToTheSource(t *testing.T) {
	spec := pcma()
	spec.NAT = true
	r, left, right := bridged(t, spec, pcma())
	left.addr = netip.MustParseAddrPort("198.51.100.7:31000")
	left.say()
	r.run(tick)
	right.say(9)
	r.run(tick)
	require.Equal(t, left.addr, addrPort(left.latch.target()))
	require.Len(t, left.hears(), 1)
	require.Len(t, right.hears(), 1)
}

func TestFloodedPortTakesOnlyItsShare(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	flood := encodeRTP(t, rtp.Header{PayloadType: ptPCMA}, make([]byte, frameBytes))
	for range 10_000 {
		left.arrive(netip.MustParseAddrPort("10.6.6.6:1"), flood)
	}
	right.say(1)
	r.wire.reads = 0
	r.run(tick)
	require.Len(t, left.hears(), 1, "the other port is served in the same pass")
	require.LessOrEqual(t, r.wire.reads, liveReads+2)
}

// The kernel tells of a socket once for what comes, however much it is.
func TestPacketsThatCameTogetherDoNotWaitInLine(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	passed := func() int { r.run(frameTime); return len(right.hears()) }
	for range 5 {
		left.say()
		require.Equal(t, 1, passed())
	}
	require.Zero(t, passed(), "one is late")
	left.say()
	left.say()
	require.Equal(t, 2, passed(), "and comes with the next")
	left.say()
	left.say() // one comes early
	require.Equal(t, 1, passed())
	require.Zero(t, passed())
	left.say()
	require.Equal(t, 2, passed(), "it is heard when the next is due, and nothing waits after it")
	for range 60 {
		left.say()
	}
	r.run(20 * time.Second)
	require.Len(t, right.hears(), 60, "what a flood leaves behind is seen to by the house")
	require.Empty(t, r.wire.inbox[left.ports.rtp])
}

func TestKeysAreHeardAndPassedOn(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcmu())
	left.say()
	r.run(tick)
	start := right.hears()[0]
	for i, payload := range [][]byte{{5, 10, 0, 160}, {5, 10, 1, 64}, {5, 0x8a, 1, 224}, {5, 0x8a, 1, 224}, {5, 0x8a, 1, 224}} {
		left.arrive(left.addr, encodeRTP(t, rtp.Header{
			PayloadType: 101, Marker: i == 0, SequenceNumber: left.seq, Timestamp: left.ts, SSRC: left.ssrc,
		}, payload))
		left.seq++
		r.run(20 * time.Millisecond)
	}
	require.Equal(t, []heardEvent{{"left", call.SoundDigit{Digit: '5', Duration: 60 * time.Millisecond}}}, r.told())
	got := right.hears()
	require.Len(t, got, 5)
	for i, p := range got {
		require.EqualValues(t, 96, p.PayloadType)
		require.Equal(t, i == 0, p.Marker)
		require.Equal(t, start.Timestamp+frameBytes, p.Timestamp)
		require.Equal(t, start.SequenceNumber+1+uint16(i), p.SequenceNumber)
	}
	left.ts += 5 * frameBytes
	left.say()
	r.run(tick)
	after := right.hears()[0]
	require.Equal(t, start.Timestamp+6*frameBytes, after.Timestamp)
	require.Equal(t, start.SequenceNumber+6, after.SequenceNumber)
	require.False(t, after.Marker)
}

func TestKeysAreNotSentToWhoDoesNotTakeThem(t *testing.T) {
	spec := pcma()
	spec.DTMF = 0
	r, left, right := bridged(t, pcma(), spec)
	left.say()
	left.arrive(left.addr, encodeRTP(t, rtp.Header{PayloadType: 101, SequenceNumber: left.seq, SSRC: left.ssrc}, []byte{1, 0x80, 1, 0}))
	left.seq++
	left.say()
	r.run(20 * time.Millisecond)
	got := right.hears()
	require.Len(t, got, 2)
	require.Equal(t, got[0].SequenceNumber+1, got[1].SequenceNumber)
	require.Len(t, r.told(), 1)
}

func TestTapTakesWhatTheFarEndSent(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcmu())
	ring := NewRing(4096)
	r.apply(tapLeg{left.stream, ring})
	left.say(bytes.Repeat([]byte{3}, 80)...)
	r.run(tick)
	left.arrive(left.addr, encodeRTP(t, rtp.Header{PayloadType: 101, SSRC: left.ssrc}, []byte{1, 0x80, 1, 0}))
	r.run(tick)
	right.say()
	r.run(tick)
	var frames []Frame
	ring.Read(func(f Frame) {
		f.Payload = bytes.Clone(f.Payload)
		frames = append(frames, f)
	})
	require.Equal(t, []Frame{{
		Arrival: r.now - 2*int64(tick), Seq: left.seq - 1, Timestamp: left.ts - 80, SSRC: left.ssrc,
		Codec: call.CodecPCMA, Payload: bytes.Repeat([]byte{3}, 80),
	}}, frames)
	r.apply(tapLeg{left.stream, nil})
	left.say()
	r.run(tick)
	require.Zero(t, ring.Read(func(Frame) {}))
}

// The recorder lays a held caller's sound by its arrival too.
func TestTappedLegIsReadAsItComes(t *testing.T) {
	r := newRig(t)
	a := r.party("a", "10.0.0.1:4000", pcma())
	r.apply(playLeg{a.stream, 1, []*Sound{tone(frameBytes)}, true})
	r.run(time.Second)
	a.say(1)
	ring := NewRing(4096)
	r.apply(tapLeg{a.stream, ring})
	require.Zero(t, ring.Read(func(Frame) {}), "nothing from before")
	for range 10 {
		a.say(2)
		r.run(tick)
		require.Equal(t, 1, ring.Read(func(f Frame) { require.Equal(t, r.now, f.Arrival) }))
		r.run(frameTime - tick)
	}
	b := r.party("b", "10.0.0.2:4000", pcma())
	r.apply(bridgeLeg{a.stream, b.stream})
	r.apply(tapLeg{a.stream, nil})
	require.Len(t, r.wire.watched, 2, "the bridge still needs it")
	r.apply(partLeg{b.stream})
	require.Empty(t, r.wire.watched)
	r.apply(tapLeg{a.stream, ring})
	r.apply(closeLeg{a.stream})
	r.apply(closeLeg{a.stream})
	require.Empty(t, r.wire.watched)
	require.Equal(t, map[int]int{a.ports.rtp: 1, a.ports.rtcp: 1}, r.wire.closed)
}

func TestBridgeForwardsNothingFromBefore(t *testing.T) {
	r := newRig(t)
	left, right := r.party("left", "10.0.0.1:4000", pcma()), r.party("right", "10.0.0.2:5000", pcma())
	left.say(1)
	r.apply(bridgeLeg{left.stream, right.stream})
	left.say(2)
	r.run(tick)
	got := right.hears()
	require.Len(t, got, 1)
	require.Equal(t, []byte{2}, got[0].Payload)
}

func TestForwardingAllocatesNothing(t *testing.T) { convertsWithoutAllocating(t, pcma()) }

// convertsWithoutAllocating forwards sound of a kind to a leg of another, and taps it.
func convertsWithoutAllocating(t *testing.T, from call.MediaSpec) {
	t.Helper()
	r, left, right := bridged(t, from, pcmu())
	r.apply(tapLeg{left.stream, NewRing(1 << 12)})
	b := encodeRTP(t, rtp.Header{PayloadType: from.PayloadType, SSRC: 1}, make([]byte, frameBytes))
	r.thread.from = newSockaddr(left.addr)
	r.thread.wire = nullWire{}
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		b[3]++
		require.True(t, r.thread.accept(left.stream, b, r.now, true))
	}))
	require.NotZero(t, right.stats.PacketsOut)
}

// nullWire takes everything and has nothing.
type nullWire struct{}

func (nullWire) receive(int, []byte, *sockaddr) ([]byte, bool) { return nil, false }
func (nullWire) send(int, *sockaddr, []byte) bool              { return true }
func (nullWire) watch(int, int32) error                        { return nil }
func (nullWire) unwatch(int) error                             { return nil }
func (nullWire) watchReports(int, int32) error                 { return nil }
func (nullWire) unwatchReports(int) error                      { return nil }
func (nullWire) ready([]int32) int                             { return 0 }
func (nullWire) receiveMany(int, *batch) int                   { return 0 }
func (nullWire) flush() uint64                                 { return 0 }
func (nullWire) forget(int)                                    {}

func TestDatagramTooLongIsRefused(t *testing.T) {
	r, left, right := bridged(t, pcma(), pcma())
	left.say(make([]byte, scratchSize)...)
	r.run(tick)
	require.Empty(t, right.hears())
	require.EqualValues(t, 1, left.stats.Refused)
}

func TestWhoListensAlongHearsWhatTheTapHears(t *testing.T) {
	r := newRig(t)
	p := r.party("left", "10.0.0.1:4000", pcma())
	rings := []*Ring{NewRing(1 << 12), NewRing(1 << 12), NewRing(1 << 12)}
	heard := func() (n [3]int) {
		for i, ring := range rings {
			n[i] = ring.Read(func(f Frame) { require.Equal(t, []byte{1, 2, 3}, f.Payload) })
		}
		return n
	}
	say := func() {
		p.say(1, 2, 3)
		r.run(tick)
	}
	r.apply(earLeg{p.stream, rings[0], true})
	r.apply(earLeg{p.stream, rings[0], true}) // twice is once
	r.apply(earLeg{p.stream, rings[1], true})
	say()
	require.Equal(t, [3]int{1, 1, 0}, heard())
	r.apply(tapLeg{p.stream, rings[2]})
	r.apply(earLeg{p.stream, rings[0], false})
	say()
	require.Equal(t, [3]int{0, 1, 1}, heard())
	r.apply(tapLeg{p.stream, nil})
	require.True(t, p.live, "somebody still listens")
	r.apply(earLeg{p.stream, rings[1], false})
	require.False(t, p.live)
	r.apply(closeLeg{p.stream})
	r.apply(earLeg{p.stream, rings[1], true})
	require.Empty(t, p.ears, "a leg that is closed hears nobody")
}

package media

import (
	"encoding/binary"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// What the test sends: a second and a half of the calls' sound, and meanwhile fifty times that to one port.
const (
	fairPackets = 75
	fairFlood   = 50
	fairLegs    = 4 // pairs, beside the flooded one
)

// A port that gets fifty times what a phone sends, from the phone itself, costs the other calls of its thread nothing:
// each packet of theirs is passed on, and as soon as without.
func TestAFloodedPortHurtsNobodyElse(t *testing.T) {
	for _, io := range []IO{IOEpoll, IOAuto} {
		t.Run(io.String(), func(t *testing.T) {
			e, _ := newEngine(t, Options{Threads: 1, IO: io, Ports: PortRange{21400, 21499}})
			flooded := newFairPair(t, e, "flooded")
			var pairs []*fairPair
			for i := range fairLegs {
				pairs = append(pairs, newFairPair(t, e, call.LegID('a'+rune(i))))
			}
			stop, done := make(chan struct{}), make(chan int)
			go func() { done <- flooded.flood(stop) }()
			tick := time.NewTicker(frameTime)
			for range fairPackets {
				<-tick.C
				for _, p := range pairs {
					p.say()
				}
			}
			tick.Stop()
			close(stop)
			sent := <-done
			require.Greater(t, sent, fairFlood*fairPackets/2, "a flood")
			for _, p := range pairs {
				p.heardAll()
			}
			require.NotZero(t, flooded.to.leg.Stats().PacketsOut, "nor is who is flooded cut off")
		})
	}
}

// fairPair is a bridged pair of phones: one speaks, the other one listens.
type fairPair struct {
	testing.TB
	from, to *phone
	heard    chan []time.Duration // how late each packet came, in order; −1: none came
}

func newFairPair(t *testing.T, e *Engine, name call.LegID) *fairPair {
	p := &fairPair{TB: t, from: newPhone(t, e, name+"1", pcma()), to: newPhone(t, e, name+"2", pcma()), heard: make(chan []time.Duration, 1)}
	p.from.leg.Bridge(p.to.leg)
	require.Eventually(t, func() bool { // until the bridge is there
		p.from.say(p.stamp())
		require.NoError(t, p.to.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
		_, err := p.to.Read(make([]byte, 2000))
		return err == nil
	}, 5*time.Second, time.Millisecond)
	go p.listen()
	return p
}

// stamp is a frame that tells when it was sent.
func (p *fairPair) stamp() []byte {
	b := make([]byte, frameBytes)
	binary.BigEndian.PutUint64(b, uint64(time.Now().UnixNano()))
	return b
}

func (p *fairPair) say() { p.from.say(p.stamp()) }

// listen counts what comes until enough has, or nothing does for a second.
func (p *fairPair) listen() {
	var late []time.Duration
	b := make([]byte, 2000)
	for len(late) < fairPackets {
		_ = p.to.SetReadDeadline(time.Now().Add(time.Second))
		n, err := p.to.Read(b)
		if err != nil {
			break
		}
		at := int64(binary.BigEndian.Uint64(b[rtpHeader:n]))
		late = append(late, time.Duration(time.Now().UnixNano()-at))
	}
	p.heard <- late
}

// heardAll tells that nothing was lost and nothing waited: half the packets within a tick and what a busy machine adds.
func (p *fairPair) heardAll() {
	late := <-p.heard
	require.Len(p, late, fairPackets)
	slices.Sort(late)
	p.Logf("half of the packets took %s or less, the slowest %s", late[len(late)/2], late[len(late)-1])
	require.Less(p, late[len(late)/2], 4*tick, "%v", late)
	require.Zero(p, p.from.leg.Stats().Lost)
}

// flood sends what a phone sends, fifty times as often, until told.
func (p *fairPair) flood(stop chan struct{}) (sent int) {
	h := rtp.Header{PayloadType: ptPCMA, SSRC: 5, SequenceNumber: p.from.seq}
	to := net.UDPAddrFromAddrPort(p.from.leg.Local())
	burst := time.NewTicker(frameTime / 4)
	defer burst.Stop()
	for {
		select {
		case <-stop:
			return sent
		case <-burst.C:
		}
		for range fairFlood / 4 {
			h.SequenceNumber++
			h.Timestamp += frameBytes
			b := encodeRTP(p, h, make([]byte, frameBytes))
			if _, err := p.from.WriteToUDP(b, to); err != nil {
				continue // its own socket's buffer: fewer are a flood too
			}
			sent++
		}
	}
}

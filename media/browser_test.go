package media

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// browser is a far end with the stack of a browser: ICE, DTLS, SRTP.
type browser struct {
	testing.TB
	*webrtc.PeerConnection
	track *webrtc.TrackLocalStaticRTP
	heard chan *rtp.Packet
	seq   uint16
}

func newBrowser(t testing.TB) *browser {
	var codecs webrtc.MediaEngine
	require.NoError(t, codecs.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: SampleRate}, PayloadType: ptPCMA,
	}, webrtc.RTPCodecTypeAudio))
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(&codecs), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	b := &browser{TB: t, PeerConnection: pc, heard: make(chan *rtp.Packet, 64)}
	t.Cleanup(func() { _ = pc.Close() })
	b.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA}, "a", "s")
	require.NoError(t, err)
	_, err = pc.AddTrack(b.track)
	require.NoError(t, err)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			select {
			case b.heard <- p:
			default:
			}
		}
	})
	return b
}

// local gives the browser's description once it is complete.
func (b *browser) describe(made webrtc.SessionDescription, err error) string {
	require.NoError(b, err)
	gathered := webrtc.GatheringCompletePromise(b.PeerConnection)
	require.NoError(b, b.SetLocalDescription(made))
	<-gathered
	return b.LocalDescription().SDP
}

// attribute finds an attribute in a description.
func attribute(text, name string) string {
	_, after, _ := strings.Cut(text, "a="+name+":")
	value, _, _ := strings.Cut(after, "\r\n")
	return value
}

func (b *browser) say(payload []byte) {
	b.seq++
	require.NoError(b, b.track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: ptPCMA, SequenceNumber: b.seq, Timestamp: 160 * uint32(b.seq)}, Payload: payload}))
}

// ourSDP is what the signalling would write of a leg.
func ourSDP(leg *Leg, setup string) string {
	s, at := leg.Secrets(), leg.Local()
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=ice-lite\r\n"+
		"m=audio %d UDP/TLS/RTP/SAVPF 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\na=mid:0\r\na=rtcp-mux\r\na=setup:%s\r\na=fingerprint:%s\r\n"+
		"a=ssrc:%d cname:%s\r\na=msid:hotline sound\r\n"+
		"a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=candidate:1 1 udp 2130706431 127.0.0.1 %d typ host\r\na=end-of-candidates\r\n",
		at.Port(), setup, s.Fingerprint, s.SSRC, s.CNAME, s.Ufrag, s.Password, at.Port())
}

// browserSpec is what a browser's description settles.
func browserSpec(text string, connect bool) call.MediaSpec {
	spec := pcma()
	spec.Remote, spec.Version, spec.Mux = netip.MustParseAddrPort("0.0.0.0:9"), 1, true
	spec.Protection = &call.Protection{
		Fingerprint: attribute(text, "fingerprint"), Connect: connect, Ufrag: attribute(text, "ice-ufrag"),
	}
	return spec
}

// converse waits until the two legs' far ends have heard each other.
func converse(t *testing.T, b *browser, p *phone) {
	got := make(chan *rtp.Packet, 1)
	go func() { got <- p.hear() }()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	var heard, said bool
	patience := time.After(15 * time.Second)
	for !heard || !said {
		select {
		case <-ticker.C:
			b.say([]byte{1, 2, 3})
			p.say([]byte{7, 8})
		case r := <-got:
			require.Equal(t, []byte{1, 2, 3}, r.Payload)
			said = true
		case r := <-b.heard:
			require.Equal(t, []byte{7, 8}, r.Payload)
			heard = true
		case <-patience:
			require.FailNow(t, "they do not hear each other", "browser %v, phone %v, state %v", heard, said, b.ConnectionState())
		}
	}
}

// TestBrowserAndPhoneHearEachOther: with the handshake begun by the browser, and by us.
func TestBrowserAndPhoneHearEachOther(t *testing.T) {
	for _, setup := range []string{"passive", "active"} {
		t.Run(setup, func(t *testing.T) {
			e, reg := newEngine(t, Options{})
			p := newPhone(t, e, "phone", pcma())
			leg, err := e.Open("call", "browser", make(queue, 16))
			require.NoError(t, err)
			leg.Secrets()
			leg.Bridge(p.leg)
			b := newBrowser(t)
			offer := b.describe(b.CreateOffer(nil))
			spec := browserSpec(offer, setup == "active")
			leg.Negotiate(spec)
			require.NoError(t, b.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: ourSDP(leg, setup)}))
			converse(t, b, p)

			spec.Version++ // hold and resume: the same certificate, the same keys
			spec.Direction = call.RecvOnly
			leg.Negotiate(spec)
			spec.Version++
			spec.Direction = call.SendRecv
			leg.Negotiate(spec)
			for len(b.heard) > 0 {
				<-b.heard
			}
			converse(t, b, p)
			require.Zero(t, leg.Stats().Strangers)
			n, err := testutil.GatherAndCount(reg, "hotline_rtp_dtls_handshakes_total")
			require.NoError(t, err)
			require.Equal(t, 3, n)
			require.EqualValues(t, 1, e.hands.done.Load())
		})
	}
}

// TestBrowserWithAnotherCertificate is refused: nothing is heard, and the handshake has failed.
func TestBrowserWithAnotherCertificate(t *testing.T) {
	e, _ := newEngine(t, Options{})
	leg, err := e.Open("call", "browser", make(queue, 16))
	require.NoError(t, err)
	leg.Secrets()
	b := newBrowser(t)
	offer := b.describe(b.CreateOffer(nil))
	spec := browserSpec(offer, false)
	spec.Protection.Fingerprint = newBrowserFingerprint(t)
	leg.Negotiate(spec)
	require.NoError(t, b.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: ourSDP(leg, "passive")}))
	require.Eventually(t, func() bool { return e.hands.failed.Load() > 0 }, 15*time.Second, 5*time.Millisecond)
	require.Zero(t, e.hands.done.Load())
	require.Zero(t, leg.Stats().PacketsIn)
}

func newBrowserFingerprint(t *testing.T) string {
	h, err := newHands(nil)
	require.NoError(t, err)
	h.close()
	return h.fingerprint
}

// TestHandshakesEndWithTheirLeg: a far end that begins and says no more holds nothing
// once its leg is closed, and the engine's end waits for all.
func TestHandshakesEndWithTheirLeg(t *testing.T) {
	r := newRig(t)
	h, err := newHands(r.thread.log)
	require.NoError(t, err)
	r.thread.hands = h
	var open []*party
	for i := range shakesMost + 3 {
		p := r.party(call.LegID(fmt.Sprint(i)), fmt.Sprintf("10.0.1.%d:4000", i+1), pcma())
		spec := pcma()
		spec.Remote, spec.Version = p.addr, 2
		spec.Protection = &call.Protection{Fingerprint: h.fingerprint}
		r.apply(secureLeg{p.stream, newSecrets(h.fingerprint)})
		p.negotiate(spec)
		// The beginning of a ClientHello whose rest never comes.
		hello := []byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 13, 1, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 1, 254}
		p.arrive(newAddr("10.9.9.9:1"), hello) // not the far end
		p.arrive(p.addr, hello)
		open = append(open, p)
	}
	r.run(drainMusic)
	require.EqualValues(t, 3, h.refused.Load(), "only so many at once")
	require.Len(t, h.slots, shakesMost)
	require.EqualValues(t, 1, open[0].stats.Strangers)
	busy := slices.IndexFunc(open, func(p *party) bool { return p.secure.shake != nil })
	r.apply(closeLeg{open[busy].stream})
	require.Eventually(t, func() bool { return len(h.slots) == shakesMost-1 }, 5*time.Second, time.Millisecond)
	h.close()
	require.Empty(t, h.slots)
	require.Nil(t, h.begin(open[0].stream, call.Protection{}, r.thread.mail.post))
	r.run(tick) // what they said in parting finds its legs
	for _, p := range open {
		require.Zero(t, p.stats.PacketsOut)
	}
}

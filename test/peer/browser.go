package peer

import (
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/tone"
)

// Browser is a party's sound as a browser does it: ICE, DTLS-SRTP and one audio
// stream in A-law, by a stack that is not ours. What signals is a Peer.
type Browser struct {
	t     testing.TB
	pc    *webrtc.PeerConnection
	track *webrtc.TrackLocalStaticRTP
	seq   uint16

	mu    sync.Mutex
	heard []byte // A-law, in order of arrival
}

// NewBrowser opens a browser's sound on the loopback interface.
func NewBrowser(t testing.TB) *Browser {
	t.Helper()
	pcma := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: sampleRate}
	var codecs webrtc.MediaEngine
	require.NoError(t, codecs.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: pcma, PayloadType: 8}, webrtc.RTPCodecTypeAudio))
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(&codecs), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	b := &Browser{t: t, pc: pc}
	t.Cleanup(func() { _ = pc.Close() })
	b.track, err = webrtc.NewTrackLocalStaticRTP(pcma, "sound", "browser")
	require.NoError(t, err)
	_, err = pc.AddTrack(b.track)
	require.NoError(t, err)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { b.listen(track) })
	return b
}

// sampleRate is G.711's.
const sampleRate = 8000

func (b *Browser) listen(track *webrtc.TrackRemote) {
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.heard = append(b.heard, p.Payload...)
		b.mu.Unlock()
	}
}

// Offer is a description for an INVITE, with its candidates.
func (b *Browser) Offer() string {
	b.t.Helper()
	made, err := b.pc.CreateOffer(nil)
	return b.settle(made, err)
}

// Answered takes the answer to Offer.
func (b *Browser) Answered(sdp string) {
	b.t.Helper()
	require.NoError(b.t, b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}))
}

// Answer is the answer to an offer that came.
func (b *Browser) Answer(offer string) string {
	b.t.Helper()
	require.NoError(b.t, b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
	made, err := b.pc.CreateAnswer(nil)
	return b.settle(made, err)
}

func (b *Browser) settle(made webrtc.SessionDescription, err error) string {
	b.t.Helper()
	require.NoError(b.t, err)
	gathered := webrtc.GatheringCompletePromise(b.pc)
	require.NoError(b.t, b.pc.SetLocalDescription(made))
	<-gathered
	return b.pc.LocalDescription().SDP
}

// Play sends a tone in real time until stop is closed.
func (b *Browser) Play(freq float64, stop <-chan struct{}) {
	const frame = 160
	sound := tone.Encode(tone.Sine(freq, 10, sampleRate), call.CodecPCMA)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for at := 0; ; at = (at + frame) % len(sound) {
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
		b.seq++
		_ = b.track.WriteRTP(&rtp.Packet{ // refused while the handshake goes on, as in a browser
			Header:  rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: b.seq, Timestamp: frame * uint32(b.seq)},
			Payload: sound[at : at+frame],
		})
	}
}

// Heard is how long a tone has been heard so far.
func (b *Browser) Heard(freq float64) time.Duration {
	b.mu.Lock()
	sound := append([]byte(nil), b.heard...)
	b.mu.Unlock()
	return tone.Heard(tone.Decode(sound, call.CodecPCMA), sampleRate, freq)
}

// Loud tells whether anything has been heard at all, as music is no tone.
func (b *Browser) Loud() bool {
	b.mu.Lock()
	sound := append([]byte(nil), b.heard...)
	b.mu.Unlock()
	return len(sound) > sampleRate && tone.Loudness(tone.Decode(sound, call.CodecPCMA)) > 100
}

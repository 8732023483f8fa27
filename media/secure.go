package media

import (
	"errors"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"go.uber.org/zap"

	"hotline/call"
)

const (
	// replayWindow is how far back a packet is known to have been heard before, RFC 3711 3.3.2: at least 64.
	replayWindow = 64
	// keyGrace is how long the key of before is still tried after a new one was
	// settled, for packets that were on their way.
	keyGrace = 3 * time.Second
	// sourcesMost bounds the SSRCs heard under one key: each is kept for good,
	// or its packets could be played again.
	sourcesMost = 256
	// sealedMost is the longest datagram that is sent: one that was read, with a tag, an SRTCP index and room.
	sealedMost = scratchSize + 32
)

// vault is what a leg needs to encrypt, for its life. Only its thread touches it.
type vault struct {
	ours *call.LocalSecrets
	// outs are kept over renegotiations: one made anew from the same key would
	// repeat its key stream.
	outs [call.Suites]*srtp.Context
	now  secure
}

// secure is how a leg's sound is encrypted at present.
type secure struct {
	theirs  call.Protection
	in, out *srtp.Context // nil while the keys are not agreed on
	before  *srtp.Context // of the key that in replaced, until grace
	grace   int64
	source  uint32 // SSRC heard last
	sources int
	ice     bool
	proved  bool // the far end has the keys
	shake   *shake
}

// cryptoBuffers are a thread's own: what is opened and sealed in them is used up
// before the next packet is read.
type cryptoBuffers struct {
	opened, sealed [sealedMost]byte
	rtp            rtp.Header
	rtcp           rtcp.Header
}

var errSuite = errors.New("no such suite")

// profile is the library's name of a suite.
func profile(s call.CryptoSuite) (srtp.ProtectionProfile, error) {
	switch s {
	case call.SuiteSHA80:
		return srtp.ProtectionProfileAes128CmHmacSha1_80, nil
	case call.SuiteSHA32:
		return srtp.ProtectionProfileAes128CmHmacSha1_32, nil
	case call.SuiteGCM:
		return srtp.ProtectionProfileAeadAes128Gcm, nil
	default:
		return 0, errSuite
	}
}

// newContext makes a one-way context.
func newContext(s call.CryptoSuite, key *call.MasterKey) (*srtp.Context, error) {
	p, err := profile(s)
	if err != nil {
		return nil, err
	}
	split := s.KeyBytes()
	return srtp.CreateContext(key[:split], key[split:split+s.SaltBytes()], p,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
}

// protect obeys what was settled on a leg's encryption; p is nil for plain RTP.
func (t *thread) protect(s *stream, p *call.Protection) {
	if p == nil {
		t.unprotect(s)
		return
	}
	if s.vault == nil {
		s.vault = &vault{} // a far end that was not told our keys hears nothing
	}
	v := s.vault
	fresh := s.secure == nil
	s.secure = &v.now
	if p.Suite == call.SuiteNone {
		t.agree(s, p)
		return
	}
	if !fresh && v.now.theirs == *p {
		return
	}
	was := v.now
	if err := v.take(p); err != nil {
		t.log.Error("a leg's key can't be used", zap.String("leg", string(s.id)), zap.Error(err))
	}
	if !fresh && was.theirs.Suite != call.SuiteNone {
		v.now.before, v.now.grace = was.in, t.now+int64(keyGrace)
	}
}

// unprotect goes over to plain RTP. What was encrypted with stays in the vault.
func (t *thread) unprotect(s *stream) {
	if s.secure == nil {
		return
	}
	s.secure.shake.end()
	s.vault.now, s.secure = secure{}, nil
}

// take makes the contexts of a key told by SDES.
func (v *vault) take(p *call.Protection) error {
	v.now.shake.end()
	v.now = secure{theirs: *p}
	out := &v.outs[p.Suite]
	if *out == nil && v.ours != nil {
		made, err := newContext(p.Suite, &v.ours.Keys[p.Suite])
		if err != nil {
			return err
		}
		*out = made
	}
	in, err := newContext(p.Suite, &p.Key)
	if err != nil {
		return err
	}
	v.now.in, v.now.out = in, *out
	return nil
}

// unseal opens what came for an encrypted leg: RTP or RTCP as it was before it
// was sealed. Nil is anything else, with what it asked for done and its count taken.
func (t *thread) unseal(s *stream, b []byte, now int64) []byte {
	sec := s.secure
	switch {
	case len(b) == 0:
		t.refuse(s)
	case b[0] < 4 && sec.ice: // RFC 7983: STUN
		t.answerBinding(s, b)
	case b[0] >= 20 && b[0] < 64 && sec.theirs.Suite == call.SuiteNone: // DTLS
		t.shakeHands(s, b)
	case b[0] < 128 || b[0] > 191:
		t.refuse(s)
	case s.latch.state == latchShut && !s.latch.source.same(&t.from):
		s.stats.Strangers++ // whoever it is does not cost us a decryption
		t.counts.strangers++
	default:
		if isRTCP(b) {
			return t.unsealReport(s, b)
		}
		if out := t.unlock(s, b, now); out != nil {
			return out
		}
		s.stats.Forged++
		t.counts.forged++
	}
	return nil
}

// refuse counts what is no packet of a telephone.
func (t *thread) refuse(s *stream) {
	s.stats.Refused++
	t.counts.malformed++
}

// unlock decrypts RTP; nil if it was not sealed with the far end's key, or comes again.
func (t *thread) unlock(s *stream, b []byte, now int64) []byte {
	sec, c := s.secure, &t.crypto
	if sec.in == nil || len(b) < rtpHeader {
		return nil
	}
	ssrc := ssrcOf(b)
	if ssrc != sec.source && sec.sources >= sourcesMost {
		return nil
	}
	out, err := sec.in.DecryptRTP(c.opened[:0], b, &c.rtp)
	if err != nil && sec.before != nil {
		if now > sec.grace {
			sec.before = nil
			return nil
		}
		out, err = sec.before.DecryptRTP(c.opened[:0], b, &c.rtp)
	}
	if err != nil {
		return nil
	}
	if ssrc != sec.source || sec.sources == 0 {
		sec.source = ssrc
		sec.sources++
	}
	if sec.shake != nil && !sec.proved {
		sec.proved = true
		sec.shake.end() // only who has our Finished can have sealed this
	}
	return out
}

func (t *thread) unsealReport(s *stream, b []byte) []byte {
	if s.secure.in == nil {
		return nil
	}
	out, err := s.secure.in.DecryptRTCP(t.crypto.opened[:0], b, &t.crypto.rtcp)
	if err != nil {
		s.stats.Forged++
		t.counts.forged++
		return nil
	}
	return out
}

// seal encrypts RTP for a leg; nil while there are no keys.
func (t *thread) seal(to *stream, b []byte) []byte {
	if to.secure.out == nil {
		return nil
	}
	out, err := to.secure.out.EncryptRTP(t.crypto.sealed[:0], b, &t.crypto.rtp)
	if err != nil { // 2^48 packets
		return nil
	}
	return out
}

func (t *thread) sealReport(to *stream, b []byte) []byte {
	if to.secure.out == nil {
		return nil
	}
	out, err := to.secure.out.EncryptRTCP(t.crypto.sealed[:0], b, &t.crypto.rtcp)
	if err != nil {
		return nil
	}
	return out
}

// sendReport puts a leg's RTCP on the wire: sealed, and with RTP where both sides multiplex.
func (t *thread) sendReport(s *stream, b []byte, to *sockaddr) {
	if s.secure != nil {
		if s.secure.theirs.Suite == call.SuiteNone && !s.spec.Mux {
			return // a second handshake for RTCP alone is not made
		}
		if b = t.sealReport(s, b); b == nil {
			return
		}
	}
	fd := s.ports.rtcp
	if s.spec.Mux {
		fd = s.ports.rtp
	}
	if !t.wire.send(fd, to, b) {
		t.counts.unsent++
	}
}

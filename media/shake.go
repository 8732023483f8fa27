package media

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"

	"go.uber.org/zap"

	"hotline/call"
)

// The handshake as a leg's thread sees it.

// secureLeg brings a leg what it needs to encrypt.
type secureLeg struct {
	s    *stream
	ours *call.LocalSecrets
}

// shakeSends is a datagram that a handshake wants sent.
type shakeSends struct {
	s  *stream
	sh *shake
	b  []byte
}

// shakeOver is the end of a handshake: keys, or err.
type shakeOver struct {
	s       *stream
	sh      *shake
	suite   call.CryptoSuite
	in, out call.MasterKey
	err     error
}

func (c secureLeg) apply(*thread) {
	if c.s.closed() {
		return
	}
	c.s.vault = &vault{ours: c.ours}
	if !c.s.out.begun { // else the leg has been heard of by another name
		c.s.out.ssrc, c.s.out.named = c.ours.SSRC, true
		_, _ = hex.Decode(c.s.rtcp.name[:], []byte(c.ours.CNAME)) // made of as many bytes
	}
}

// current tells whether a handshake is still its leg's: the leg may have ended or
// been negotiated anew meanwhile.
func (sh *shake) current(s *stream) bool {
	return !s.closed() && s.secure != nil && s.secure.shake == sh
}

func (c shakeSends) apply(t *thread) {
	if c.sh.current(c.s) && !t.wire.send(c.s.ports.rtp, &c.sh.to, c.b) {
		t.counts.unsent++
	}
}

func (c shakeOver) apply(t *thread) {
	if !c.sh.current(c.s) {
		return
	}
	sec := c.s.secure
	err := c.err
	if err == nil {
		sec.in, err = newContext(c.suite, &c.in)
	}
	if err == nil {
		sec.out, err = newContext(c.suite, &c.out)
	}
	if err != nil {
		c.sh.end()
		sec.in, sec.out, sec.shake = nil, nil, nil // the far end may try again
		return
	}
	c.s.out.cut()
	t.log.Debug("a leg's keys are agreed on", zap.String("leg", string(c.s.id)), zap.Stringer("suite", c.suite))
}

// agree obeys a description that tells of a handshake. The same certificate goes
// on with the keys it has (RFC 8842 section 5.4), whatever else has changed.
func (t *thread) agree(s *stream, p *call.Protection) {
	sec := s.secure
	same := sec.theirs.Suite == call.SuiteNone && sec.theirs.Fingerprint == p.Fingerprint
	if same && (sec.shake != nil || sec.in != nil) {
		sec.theirs, sec.ice = *p, p.Ufrag != ""
		return
	}
	sec.shake.end()
	*sec = secure{theirs: *p, ice: p.Ufrag != ""}
	if target := s.latch.target(); p.Connect && !sec.ice && target.valid() {
		t.beginShake(s, target)
	}
}

// shakeHands takes a datagram of DTLS. With ICE it has to come from where ICE was
// answered; without, from the far end's host, or behind NAT from the first that tries.
func (t *thread) shakeHands(s *stream, b []byte) {
	sec := s.secure
	var known bool
	switch {
	case sec.shake != nil:
		known = sec.shake.to.same(&t.from)
	case sec.ice || s.latch.state == latchShut:
		known = s.latch.source.valid() && s.latch.source.same(&t.from)
	case s.latch.nat:
		known = true
	default:
		known = s.latch.remote.valid() && s.latch.remote.sameHost(&t.from)
	}
	if !known {
		s.stats.Strangers++
		t.counts.strangers++
		return
	}
	if sec.shake == nil && sec.in == nil {
		t.beginShake(s, &t.from)
	}
	if sec.shake != nil {
		_, _ = sec.shake.in.Write(b) // what does not fit is lost, as on the way; it will come again
	}
}

func (t *thread) beginShake(s *stream, to *sockaddr) {
	sh := t.hands.begin(s, s.secure.theirs, t.mail.post)
	if sh != nil {
		sh.to = *to
		s.secure.shake = sh
	}
}

// newSecrets makes what a leg tells of itself. fingerprint is the engine's certificate's.
func newSecrets(fingerprint string) *call.LocalSecrets {
	const name, password, ssrc = 6, 18, 4 // bytes: 8 and 24 characters, RFC 8839 5.4 asks for 4 and 22
	s := &call.LocalSecrets{Fingerprint: fingerprint}
	var b [name + password + ssrc + len(reports{}.name)]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range s.Keys {
		_, _ = rand.Read(s.Keys[i][:])
	}
	s.Ufrag = base64.RawStdEncoding.EncodeToString(b[:name])
	s.Password = base64.RawStdEncoding.EncodeToString(b[name : name+password])
	s.SSRC = binary.NativeEndian.Uint32(b[name+password:])
	s.CNAME = hex.EncodeToString(b[name+password+ssrc:])
	return s
}

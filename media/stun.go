package media

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // G505: what STUN authenticates with, RFC 5389 15.4
	"encoding/binary"
	"hash/crc32"
)

// STUN, RFC 5389, as much of it as the lite form of ICE needs (RFC 8445 2.5):
// the far end asks whether its packets arrive, and from where; we answer.

const (
	stunHeader  = 20
	stunMagic   = 0x2112a442
	stunRequest = 0x0001
	stunSuccess = 0x0101

	stunUsername    = 0x0006
	stunIntegrity   = 0x0008
	stunMapped      = 0x0020 // XOR-MAPPED-ADDRESS
	stunNominate    = 0x0025 // USE-CANDIDATE, RFC 8445 7.1.2
	stunFingerprint = 0x8028
	stunFlip        = 0x5354554e // RFC 5389 15.5
)

// binding is a binding request.
type binding struct {
	username  []byte
	nominates bool
	signed    int // where MESSAGE-INTEGRITY starts
}

// parse reads a binding request; false if this is none, or not signed. It reads
// nothing beyond b whatever b holds. What follows the signature is not covered by it
// and so not looked at (RFC 5389 15.4).
func (m *binding) parse(b []byte) bool {
	if len(b) < stunHeader || binary.BigEndian.Uint16(b) != stunRequest ||
		binary.BigEndian.Uint32(b[4:]) != stunMagic || int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return false
	}
	*m = binding{}
	for at := stunHeader; at+4 <= len(b); {
		kind, size := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+2:]))
		if at+4+size > len(b) {
			return false
		}
		value := b[at+4 : at+4+size]
		switch kind {
		case stunUsername:
			m.username = value
		case stunNominate:
			m.nominates = true
		case stunIntegrity:
			m.signed = at
			return size == sha1.Size
		}
		at += 4 + (size+3)&^3
	}
	return false
}

// sign is the HMAC of a message up to a place, as if it ended right after the signature.
func sign(password string, b []byte, at int) []byte {
	h := hmac.New(sha1.New, []byte(password))
	length := binary.BigEndian.AppendUint16(nil, uint16(at+4+sha1.Size-stunHeader))
	h.Write(b[:2])
	h.Write(length)
	h.Write(b[4:at])
	return h.Sum(nil)
}

// genuine tells whether a request was made for us by who has our password.
func (m *binding) genuine(b []byte, ufrag, password string) bool {
	name, _, _ := bytes.Cut(m.username, []byte(":"))
	return password != "" && string(name) == ufrag &&
		hmac.Equal(sign(password, b, m.signed), b[m.signed+4:m.signed+4+sha1.Size])
}

// bindingSuccess answers a request: the address it came from, signed.
func bindingSuccess(request []byte, from *sockaddr, password string) []byte {
	out := binary.BigEndian.AppendUint16(make([]byte, 0, 96), stunSuccess)
	out = append(out, 0, 0)
	out = append(out, request[4:stunHeader]...)
	family, addr := byte(1), from.raw[4:8]
	if !from.isV4() {
		family, addr = 2, from.raw[8:24]
	}
	out = binary.BigEndian.AppendUint16(out, stunMapped)
	out = binary.BigEndian.AppendUint16(out, uint16(4+len(addr)))
	out = append(out, 0, family)
	out = binary.BigEndian.AppendUint16(out, from.port()^(stunMagic>>16))
	for i, x := range addr { // the magic cookie, and for IPv6 the transaction after it: both stand in the header
		out = append(out, x^request[4+i])
	}
	out = append(binary.BigEndian.AppendUint16(out, stunIntegrity), 0, sha1.Size)
	out = append(out, sign(password, out, len(out)-4)...)
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)+8-stunHeader))
	sum := crc32.ChecksumIEEE(out) ^ stunFlip
	out = append(binary.BigEndian.AppendUint16(out, stunFingerprint), 0, 4)
	return binary.BigEndian.AppendUint32(out, sum)
}

// answerBinding answers who asks with our name and password, and takes the
// source for the leg's if it is the first, or nominated (RFC 8445 7.3.1.5).
// Anybody else gets no answer and moves nothing.
func (t *thread) answerBinding(s *stream, b []byte) {
	ours := s.vault.ours
	var m binding
	if !m.parse(b) {
		t.refuse(s)
		return
	}
	if ours == nil || !m.genuine(b, ours.Ufrag, ours.Password) {
		s.stats.Forged++
		t.counts.forged++
		return
	}
	if !t.wire.send(s.ports.rtp, &t.from, bindingSuccess(b, &t.from, ours.Password)) {
		t.counts.unsent++
		return
	}
	if m.nominates || !s.latch.source.valid() {
		s.latch.pin(&t.from)
	}
	sec := s.secure
	if sec.theirs.Connect && sec.shake == nil && sec.in == nil {
		t.beginShake(s, s.latch.target())
	}
}

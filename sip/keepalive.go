package sip

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// The keep-alive of connections (RFC 5626 3.5.1): two line ends are answered by one.
const (
	ping = "\r\n\r\n"
	pong = "\r\n"
)

// blank tells keep-alives and noise: nothing but line ends, blanks and zeros (RFC 5626 3.5).
func blank(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' && c != 0 && c != ' ' {
			return false
		}
	}
	return true
}

// pinged tells that a blank message asks for an answer.
func pinged(b []byte) bool { return bytes.HasPrefix(b, []byte(ping)) }

// keepAlive gives the answer to a datagram that only keeps a NAT's binding open;
// nil for none. taken tells that it is no SIP message. STUN is what RFC 5626 3.5.2 has for UDP;
// many phones send line ends all the same.
func keepAlive(b []byte, from netip.AddrPort) (answer []byte, taken bool) {
	switch {
	case blank(b):
		if pinged(b) {
			answer = []byte(pong)
		}
		return answer, true
	case isSTUN(b):
		return bindingResponse(b, from), true
	}
	return nil, false
}

// STUN (RFC 5389 sections 6 and 15), as far as a keep-alive needs it.
const (
	stunHeader   = 20
	stunCookie   = 0x2112A442
	stunRequest  = 0x0001 // Binding request
	stunSuccess  = 0x0101 // Binding success response
	stunMapped   = 0x0020 // XOR-MAPPED-ADDRESS
	stunFinger   = 0x8028 // FINGERPRINT
	stunFingerOf = 0x5354554e
)

// isSTUN tells a STUN message: no SIP message begins with a byte below 4.
func isSTUN(b []byte) bool {
	return len(b) >= stunHeader && b[0] < 4 && binary.BigEndian.Uint32(b[4:]) == stunCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-stunHeader
}

// bindingResponse answers a Binding request with the address it came from; nil for other STUN messages.
func bindingResponse(b []byte, from netip.AddrPort) []byte {
	if binary.BigEndian.Uint16(b) != stunRequest {
		return nil
	}
	ip := from.Addr().Unmap().AsSlice()
	family := uint16(1)
	if len(ip) == 16 {
		family = 2
	}
	out := make([]byte, 0, stunHeader+4+4+len(ip)+8)
	out = binary.BigEndian.AppendUint16(out, stunSuccess)
	out = binary.BigEndian.AppendUint16(out, uint16(4+4+len(ip)+8))
	out = append(out, b[4:stunHeader]...) // cookie and transaction
	out = binary.BigEndian.AppendUint16(out, stunMapped)
	out = binary.BigEndian.AppendUint16(out, uint16(4+len(ip)))
	out = binary.BigEndian.AppendUint16(out, family)
	out = binary.BigEndian.AppendUint16(out, from.Port()^uint16(stunCookie>>16))
	for i, c := range ip { // by the cookie, and beyond it by the transaction
		out = append(out, c^b[4+i])
	}
	sum := crc32.ChecksumIEEE(out) ^ stunFingerOf
	out = binary.BigEndian.AppendUint16(out, stunFinger)
	out = binary.BigEndian.AppendUint16(out, 4)
	return binary.BigEndian.AppendUint32(out, sum)
}

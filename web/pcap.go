package web

import (
	"encoding/binary"
	"net/netip"
)

const (
	pcapType = "application/vnd.tcpdump.pcap"
	// pcapRaw is the link type of packets that begin with their IP header (LINKTYPE_RAW).
	pcapRaw   = 101
	pcapMagic = 0xa1b2c3d4 // times in microseconds, in the byte order of the file
	pcapMost  = 65535
	udpHeader = 8
	protoUDP  = 17
)

// pcapOf writes messages as a capture file. Whatever carried them, each is one UDP datagram, with the
// addresses and ports it had: that is what every tool shows as SIP.
func pcapOf(all []SIPMessage) []byte {
	b := make([]byte, 0, 24+len(all)*1024)
	b = binary.BigEndian.AppendUint32(b, pcapMagic)
	b = binary.BigEndian.AppendUint16(b, 2)
	b = binary.BigEndian.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...) // zone and accuracy
	b = binary.BigEndian.AppendUint32(b, pcapMost)
	b = binary.BigEndian.AppendUint32(b, pcapRaw)
	for i := range all {
		m := &all[i]
		packet := datagram(m.From, m.To, []byte(m.Text))
		b = binary.BigEndian.AppendUint32(b, uint32(m.Time.Unix()))
		b = binary.BigEndian.AppendUint32(b, uint32(m.Time.Nanosecond()/1000))
		b = binary.BigEndian.AppendUint32(b, uint32(len(packet)))
		b = binary.BigEndian.AppendUint32(b, uint32(len(packet)))
		b = append(b, packet...)
	}
	return b
}

// datagram makes IP and UDP headers for a payload.
func datagram(from, to netip.AddrPort, payload []byte) []byte {
	src, dst := from.Addr().Unmap(), to.Addr().Unmap()
	if src.Is4() && dst.Is4() {
		payload = payload[:min(len(payload), pcapMost-20-udpHeader)]
		return append(header4(src, dst, len(payload)), udp(src.AsSlice(), dst.AsSlice(), from.Port(), to.Port(), payload)...)
	}
	payload = payload[:min(len(payload), pcapMost-40-udpHeader)]
	s, d := sixteen(src), sixteen(dst)
	b := []byte{0x60, 0, 0, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(udpHeader+len(payload)))
	b = append(b, protoUDP, 64)
	b = append(append(b, s...), d...)
	return append(b, udp(s, d, from.Port(), to.Port(), payload)...)
}

func sixteen(a netip.Addr) []byte {
	if !a.IsValid() {
		return make([]byte, 16)
	}
	b := a.As16()
	return b[:]
}

func header4(src, dst netip.Addr, payload int) []byte {
	b := []byte{0x45, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(20+udpHeader+payload))
	b = append(b, 0, 0, 0x40, 0, 64, protoUDP, 0, 0) // no fragments
	b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
	binary.BigEndian.PutUint16(b[10:], fold(sum(0, b)))
	return b
}

// udp makes the UDP header, its checksum over the pseudo header (RFC 768, RFC 8200 8.1), and appends the payload.
func udp(src, dst []byte, from, to uint16, payload []byte) []byte {
	length := uint16(udpHeader + len(payload))
	b := make([]byte, 0, int(length))
	b = binary.BigEndian.AppendUint16(b, from)
	b = binary.BigEndian.AppendUint16(b, to)
	b = binary.BigEndian.AppendUint16(b, length)
	b = append(b, 0, 0)
	b = append(b, payload...)
	check := sum(sum(sum(uint32(protoUDP)+uint32(length), src), dst), b)
	if c := fold(check); c != 0 {
		binary.BigEndian.PutUint16(b[6:], c)
	} else {
		binary.BigEndian.PutUint16(b[6:], 0xffff)
	}
	return b
}

// sum adds up words of 16 bits (RFC 1071).
func sum(acc uint32, b []byte) uint32 {
	for ; len(b) >= 2; b = b[2:] {
		if acc += uint32(binary.BigEndian.Uint16(b)); acc > 1<<31 {
			acc = acc&0xffff + acc>>16
		}
	}
	if len(b) == 1 {
		acc += uint32(b[0]) << 8
	}
	return acc
}

func fold(acc uint32) uint16 {
	for acc > 0xffff {
		acc = acc&0xffff + acc>>16
	}
	return ^uint16(acc)
}

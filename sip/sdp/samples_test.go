package sdp_test

import "strings"

// crlf writes a description as it is on the wire.
func crlf(text string) []byte {
	return []byte(strings.ReplaceAll(strings.TrimLeft(text, "\n"), "\n", "\r\n"))
}

// Offers in the shape real devices send them; addresses from the documentation ranges.
var (
	sippOffer = crlf(`
v=0
o=user1 53655765 2353687637 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 6000 RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-11,16
`)
	baresipOffer = crlf(`
v=0
o=- 3827491254 739584712 IN IP4 192.0.2.33
s=-
c=IN IP4 192.0.2.33
t=0 0
a=tool:baresip 1.0.0
m=audio 21234 RTP/AVP 0 8 101
b=AS:125
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:21235
a=sendrecv
a=label:1
a=rtcp-rsize
a=ssrc:2937412983 cname:sip:1001@hotline.local
a=ptime:20
`)
	linphoneOffer = crlf(`
v=0
o=1001 3141 592 IN IP4 192.0.2.40
s=Talk
c=IN IP4 192.0.2.40
t=0 0
a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
a=record:off
m=audio 7078 RTP/AVP 96 97 98 0 8 101 99 100
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 speex/16000
a=fmtp:97 vbr=on
a=rtpmap:98 speex/8000
a=fmtp:98 vbr=on
a=rtpmap:101 telephone-event/48000
a=rtpmap:99 telephone-event/16000
a=rtpmap:100 telephone-event/8000
a=rtcp-fb:* trr-int 5000
m=video 9078 RTP/AVP 96
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 ccm fir
`)
	asteriskOffer = crlf(`
v=0
o=- 1618033988 1618033988 IN IP4 198.51.100.7
s=Asterisk
c=IN IP4 198.51.100.7
t=0 0
m=audio 14762 RTP/AVP 8 0 3 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:3 GSM/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:140
a=sendrecv
`)
	// A trunk gateway: no rtpmap for static types, G.729 first, T.38 beside, port and address on the stream.
	gatewayOffer = crlf(`
v=0
o=CiscoSystemsSIP-GW-UserAgent 1234 8765 IN IP4 203.0.113.9
s=SIP Call
t=0 0
m=audio 16462 RTP/AVP 18 8 0 97
c=IN IP4 203.0.113.10
a=rtpmap:97 telephone-event/8000
a=fmtp:97 0-15
a=fmtp:18 annexb=no
a=ptime:30
m=image 16464 udptl t38
c=IN IP4 203.0.113.10
a=T38FaxVersion:0
a=T38MaxBitRate:14400
`)
	// A softswitch of an operator: IPv4 and old bandwidth modifiers, upper and lower case mixed.
	softswitchOffer = crlf(`
v=0
o=HuaweiSoftX3000 12036 12036 IN IP4 10.20.30.40
s=Sip Call
c=IN IP4 10.20.30.40
b=X-RS:0
t=0 0
m=audio 30112 RTP/AVP 8 100
a=rtpmap:8 pcma/8000
a=rtpmap:100 Telephone-Event/8000
a=ptime:20
a=sqn: 0
a=cdsc: 1 image udptl t38
`)
	ipv6Offer = crlf(`
v=0
o=- 1 1 IN IP6 2001:db8::5
s=-
c=IN IP6 2001:db8::5
t=0 0
m=audio 4000 RTP/AVPF 0
a=rtcp:4011 IN IP6 2001:db8::6
a=rtcp-mux
`)
	// Optional encryption as desk phones offer it: a secure stream and a plain one.
	twoProfilesOffer = crlf(`
v=0
o=root 77 77 IN IP4 192.0.2.50
s=call
c=IN IP4 192.0.2.50
t=0 0
m=audio 50000 RTP/SAVP 8 101
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
m=audio 50002 RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
`)
	dynamicOffer = crlf(`
v=0
o=- 5 5 IN IP4 192.0.2.60
s=-
c=IN IP4 192.0.2.60
t=0 0
m=audio 6002 RTP/AVP 105 106
a=rtpmap:105 PcMa/8000/1
a=rtpmap:106 TELEPHONE-EVENT/8000
`)
)

// withLines appends lines to an offer's last stream.
func withLines(offer []byte, lines ...string) []byte {
	return append(append([]byte{}, offer...), []byte(strings.Join(lines, "\r\n")+"\r\n")...)
}

// swap replaces text in an offer.
func swap(offer []byte, from, to string) []byte {
	return []byte(strings.ReplaceAll(string(offer), from, to))
}

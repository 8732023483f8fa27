package test

// tortures are the messages in the order of docs/sip-torture.md. Those of RFC 5118 are written after its sections.
func tortures() []torture {
	return []torture{
		{name: "valid/wsinv", udp: "404", tcp: "404", why: "an INVITE that uses every freedom the grammar leaves: understood, nobody has that number"},
		{name: "valid/intmeth", udp: "405", tcp: "405", why: "a method made of odd but legal characters"},
		{name: "valid/esc01", udp: "404", tcp: "404", why: "escapes in the Request-URI"},
		{name: "valid/escnull", udp: "401", tcp: "401", why: "null characters escaped in a REGISTER"},
		{name: "valid/esc02", udp: "405", tcp: "405", why: "a method with a percent sign, which is no escape"},
		{name: "valid/lwsdisp", udp: "200", tcp: "200", why: "no blank between display name and bracket"},
		{name: "valid/longreq", udp: "404", tcp: "404", why: "long values everywhere"},
		{name: "valid/dblreq", udp: "401", tcp: "400+401", why: "bytes after the end: by UDP ignored, by TCP another request, whose description can't be read"},
		{name: "valid/semiuri", udp: "200", tcp: "200", why: "a semicolon in the user part"},
		{name: "valid/transports", udp: "200", tcp: "200", why: "Via with transports of all kinds"},
		{name: "valid/mpart01", udp: "405", tcp: "405", why: "MESSAGE is not taken"},
		{name: "valid/unreason", udp: "-", tcp: "-", why: "a response"},
		{name: "valid/noreason", udp: "-", tcp: "-", why: "a response"},
		{name: "invalid/badinv01", udp: "400", tcp: "400", why: "extra commas and semicolons"},
		{name: "invalid/clerr", udp: "400", tcp: "-", why: "Content-Length larger than the message: by TCP the rest is waited for"},
		{name: "invalid/ncl", udp: "400", tcp: "400", why: "negative Content-Length"},
		{name: "invalid/scalar02", udp: "400", tcp: "400", why: "scalars over their range"},
		{name: "invalid/scalarlg", udp: "-", tcp: "-", why: "a response"},
		{name: "invalid/quotbal", udp: "400", tcp: "400", why: "quotes that don't close"},
		{name: "invalid/ltgtruri", udp: "400", tcp: "400", why: "brackets around the Request-URI"},
		{name: "invalid/lwsruri", udp: "400", tcp: "400", why: "a blank inside the Request-URI"},
		{name: "invalid/lwsstart", udp: "400", tcp: "400", why: "more than one blank in the start line"},
		{name: "invalid/trws", udp: "400", tcp: "400", why: "blanks after the start line"},
		{name: "invalid/escruri", udp: "400", tcp: "400", why: "headers in the Request-URI"},
		{name: "invalid/baddate", udp: "404", tcp: "404", why: "a Date in another zone hurts nobody here"},
		{name: "invalid/regbadct", udp: "400", tcp: "400", why: "a Contact that lacks its brackets"},
		{name: "invalid/badaspec", udp: "400", tcp: "400", why: "blanks inside an address"},
		{name: "invalid/baddn", udp: "400", tcp: "-", why: "a display name that isn't quoted; the file ends before its header does, which by TCP is waited for"},
		{name: "invalid/badvers", udp: "505", tcp: "505", why: "SIP/7.0"},
		{name: "invalid/mismatch01", udp: "400", tcp: "400", why: "CSeq names another method"},
		{name: "invalid/mismatch02", udp: "400", tcp: "400", why: "CSeq names another method, both unknown"},
		{name: "invalid/bigcode", udp: "-", tcp: "-", why: "a response with a status over 699"},
		{name: "invalid/badbranch", udp: "400", tcp: "400", why: "a branch that is the magic cookie alone"},
		{name: "invalid/insuf", udp: "400", tcp: "400", why: "no Call-ID, From or To"},
		{name: "invalid/unkscm", udp: "416", tcp: "416", why: "a Request-URI of an unknown scheme"},
		{name: "invalid/novelsc", udp: "416", tcp: "416", why: "a Request-URI of a known scheme that isn't SIP's"},
		{name: "invalid/unksm2", udp: "400", tcp: "400", why: "REGISTER for what is no SIP address"},
		{name: "invalid/bext01", udp: "420", tcp: "420", why: "unknown extensions required"},
		{name: "invalid/invut", udp: "415", tcp: "415", why: "a body of an unknown type"},
		{name: "invalid/regaut01", udp: "401", tcp: "401", why: "credentials of an unknown scheme"},
		{name: "invalid/multi01", udp: "400", tcp: "400", why: "single fields twice"},
		{name: "invalid/mcl01", udp: "400", tcp: "400", why: "Content-Length twice"},
		{name: "invalid/bcast", udp: "-", tcp: "-", why: "a response to a broadcast address"},
		{name: "invalid/zeromf", udp: "483", tcp: "483", why: "Max-Forwards 0"},
		{name: "invalid/cparam01", udp: "401", tcp: "401", why: "a REGISTER with an unknown Contact parameter"},
		{name: "invalid/cparam02", udp: "401", tcp: "401", why: "a REGISTER with an unknown URI parameter"},
		{name: "invalid/regescrt", udp: "401", tcp: "401", why: "a REGISTER whose Contact has escaped headers"},
		{name: "invalid/sdp01", udp: "404", tcp: "404", why: "an Accept that does not list SDP"},
		{name: "invalid/inv2543", udp: "404", tcp: "400", why: "an INVITE of RFC 2543's days; without Content-Length there is no end to find by TCP"},
		{name: "invalid/test", udp: "-", tcp: "-", why: "no Via: there is nowhere to answer to"},
		{name: "4.1 a reference", udp: "401", tcp: "401", why: "an IPv6 reference in Request-URI, Via and Contact", text: `REGISTER sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG0@hlau_4100
Max-Forwards: 70
CSeq: 98176 REGISTER
Contact: "Caller" <sip:caller@[2001:db8::1]>
Content-Length: 0

`},
		{name: "4.2 no brackets", udp: "400", tcp: "400", why: "an IPv6 address without its brackets", text: `REGISTER sip:2001:db8::10 SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-112
Call-ID: SSG1@hlau_4100
Max-Forwards: 70
CSeq: 98176 REGISTER
Contact: "Caller" <sip:caller@[2001:db8::1]>
Content-Length: 0

`},
		{name: "4.3 port ambiguous", udp: "401", tcp: "401", why: "what looks as a port is part of the address", text: `REGISTER sip:[2001:db8::10:5070] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-113
Call-ID: SSG2@hlau_4100
Max-Forwards: 70
CSeq: 98176 REGISTER
Contact: "Caller" <sip:caller@[2001:db8::1]>
Content-Length: 0

`},
		{name: "4.4 port unambiguous", udp: "401", tcp: "401", why: "a port after the bracket", text: `REGISTER sip:[2001:db8::10]:5070 SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-114
Call-ID: SSG3@hlau_4100
Max-Forwards: 70
CSeq: 98176 REGISTER
Contact: "Caller" <sip:caller@[2001:db8::1]>
Content-Length: 0

`},
		{name: "4.5 received in brackets", udp: "481", tcp: "481", why: "received with delimiters, as some write it", text: `BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-115
Call-ID: SSG4@hlau_4100
Max-Forwards: 70
CSeq: 98176 BYE
Content-Length: 0

`},
		{name: "4.5 received without", udp: "200", tcp: "200", why: "received without delimiters, as the grammar has it", text: `OPTIONS sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-116
Call-ID: SSG5@hlau_4100
Max-Forwards: 70
CSeq: 98176 OPTIONS
Content-Length: 0

`},
		{name: "4.6 in SDP", udp: "404", tcp: "404", why: "addresses in SDP have no brackets", text: `INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-117
Call-ID: SSG6@hlau_4100
Max-Forwards: 70
CSeq: 98176 INVITE
Contact: "Caller" <sip:caller@[2001:db8::20]>
Content-Type: application/sdp
Content-Length: 192

v=0
o=assistant 971731711378798081 0 IN IP6 2001:db8::20
s=Live video feed for today's meeting
c=IN IP6 2001:db8::20
t=3338481189 3370017201
m=audio 6000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
`},
		{name: "4.7 both in headers", udp: "481", tcp: "481", why: "Via of either family", text: `BYE sip:user@host.example.net SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-118
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: SSG7@hlau_4100
Max-Forwards: 70
CSeq: 98176 BYE
Content-Length: 0

`},
		{name: "4.8 both in SDP", udp: "404", tcp: "404", why: "streams of either family", text: `INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-119
Call-ID: SSG8@hlau_4100
Max-Forwards: 70
CSeq: 98176 INVITE
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Content-Type: application/sdp
Content-Length: 189

v=0
o=bob 280744730 28977631 IN IP4 host.example.com
s=
t=0 0
m=audio 22334 RTP/AVP 0
c=IN IP4 192.0.2.1
m=video 6024 RTP/AVP 107
c=IN IP6 2001:db8::1
a=rtpmap:107 H263-1998/90000
`},
		{name: "4.9 mapped", udp: "404", tcp: "404", why: "IPv4 addresses mapped into IPv6", text: `INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-120
Call-ID: SSG9@hlau_4100
Max-Forwards: 70
CSeq: 98176 INVITE
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
Content-Type: application/sdp
Content-Length: 188

v=0
o=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2
s=Call me soon, please!
c=IN IP6 ::ffff:192.0.2.2
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2 0
a=rtpmap:0 PCMU/8000
`},
		{name: "4.10 three colons", udp: "200", tcp: "200", why: "the old grammar asked for one colon too many", text: `OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-121
Call-ID: SSG10@hlau_4100
Max-Forwards: 70
CSeq: 98176 OPTIONS
Content-Length: 0

`},
	}
}

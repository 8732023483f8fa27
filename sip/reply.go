package sip

import (
	"net/netip"
	"strconv"
	"strings"
)

// allowed are the methods this node takes, for Allow headers.
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, REGISTER"

// able are the header lines by which we say what we can do: methods, taking dialogs over (RFC 3891), REFER without NOTIFYs (RFC 4488).
func able() []string {
	return []string{"Allow: " + allowed, "Supported: replaces, norefersub"}
}

// sdpType is the content type of session descriptions.
const sdpType = "application/sdp"

// reply is a response to be made from a request.
type reply struct {
	status int
	reason string   // "" takes the usual words
	extra  []string // whole header lines
	ctype  string
	body   []byte
}

// echo is what every response to one request repeats of it (RFC 3261 8.2.6.2).
type echo struct {
	via          []string // the top one already with received and rport
	recordRoute  []string
	from, to     string // to as it came; toTag is added where it has none
	callID, cseq string
	toTag        string
	plain        bool // for a stranger: it does not say what answers
}

// echoOf prepares the echo of a request that came by h.
func echoOf(m *rawMessage, h hop) echo {
	e := echo{from: m.get("from"), to: m.get("to"), callID: m.get("call-id"), cseq: m.get("cseq")}
	for i := range m.fields {
		switch m.fields[i].name {
		case "via":
			e.via = append(e.via, m.fields[i].value)
		case "record-route":
			e.recordRoute = append(e.recordRoute, m.fields[i].value)
		}
	}
	if len(e.via) > 0 {
		e.via[0] = stampVia(e.via[0], h.addr)
	}
	return e
}

// stampVia writes received (RFC 3261 18.2.1) and rport (RFC 3581 section 4) into the top Via.
func stampVia(via string, source netip.AddrPort) string {
	end := endOfValue(via, ',')
	top, others := via[:end], via[end:]
	var b strings.Builder
	rport := false
	for first := true; top != ""; first = false {
		cut := endOfValue(top, ';')
		part := top[:cut]
		top = strings.TrimPrefix(top[cut:], ";")
		key, _, _ := strings.Cut(part, "=")
		switch key = strings.TrimSpace(key); {
		case first:
			b.WriteString(strings.TrimRight(part, " \t"))
			continue
		case strings.EqualFold(key, "received"):
			continue
		case strings.EqualFold(key, "rport"):
			rport = true
			continue
		}
		b.WriteByte(';')
		b.WriteString(part)
	}
	host, _ := sentBy(via)
	if a, err := netip.ParseAddr(host); rport || err != nil || a.Unmap() != source.Addr() {
		b.WriteString(";received=")
		b.WriteString(source.Addr().WithZone("").String())
	}
	if rport {
		b.WriteString(";rport=")
		b.WriteString(strconv.Itoa(int(source.Port())))
	}
	b.WriteString(others)
	return b.String()
}

// sentBy reads host and port of the first Via in a Via field; port 0 when it has none.
func sentBy(via string) (host string, port uint16) {
	via = via[:endOfValue(via, ',')]
	via = strings.TrimSpace(via[:endOfValue(via, ';')])
	i := strings.LastIndexAny(via, " \t")
	if i < 0 {
		return "", 0
	}
	by := via[i+1:]
	if colon := strings.LastIndexByte(by, ':'); colon > strings.LastIndexByte(by, ']') {
		p, err := strconv.ParseUint(by[colon+1:], 10, 16)
		if err != nil {
			return "", 0
		}
		by, port = by[:colon], uint16(p)
	}
	return strings.Trim(by, "[]"), port
}

// replyHop is where responses go: by connection, else to the source's port if
// rport asks for it (RFC 3581), else to the port of sent-by (RFC 3261 18.2.2).
func replyHop(via string, h hop) hop {
	if h.proto.Stream() {
		return h
	}
	via = via[:endOfValue(via, ',')]
	if _, ok := paramOf(via, "rport"); ok {
		return h
	}
	_, port := sentBy(via)
	if port == 0 {
		port = 5060
	}
	h.addr = netip.AddrPortFrom(h.addr.Addr(), port)
	return h
}

// write makes the response. tagged tells to add the To tag where there is none;
// route to copy Record-Route (RFC 3261 12.1.1).
func (e *echo) write(s *Server, r reply) []byte {
	b := make([]byte, 0, 512+len(r.body))
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(r.status), 10)
	b = append(b, ' ')
	if r.reason == "" {
		r.reason = reasonOf(r.status)
	}
	b = append(b, r.reason...)
	b = append(b, "\r\n"...)
	for _, v := range e.via {
		b = header(b, "Via", v)
	}
	if r.status > 100 && r.status < 300 {
		for _, v := range e.recordRoute {
			b = header(b, "Record-Route", v)
		}
	}
	b = headerIf(b, "From", e.from)
	if e.to != "" && r.status > 100 && e.toTag != "" {
		if _, ok := paramOf(e.to, "tag"); !ok {
			b = header(b, "To", e.to+";tag="+e.toTag)
		} else {
			b = header(b, "To", e.to)
		}
	} else {
		b = headerIf(b, "To", e.to)
	}
	b = headerIf(b, "Call-ID", e.callID)
	b = headerIf(b, "CSeq", e.cseq)
	if !e.plain {
		b = headerIf(b, "Server", s.opt.UserAgent)
	}
	for _, line := range r.extra {
		b = append(b, line...)
		b = append(b, "\r\n"...)
	}
	return appendBody(b, r.ctype, r.body)
}

func header(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

func headerIf(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return header(b, name, value)
}

func appendBody(b []byte, ctype string, body []byte) []byte {
	if len(body) > 0 {
		b = header(b, "Content-Type", ctype)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

package sip

import (
	"bytes"
	"strconv"
	"strings"
)

// passed is a request of somebody else's on its way through (RFC 3261 16.6): its header
// fields and body as they came, but for what a proxy has to change.
type passed struct {
	fields  []field // what stays, our answer's way back (Via) among it
	via     []string
	hops    uint64 // Max-Forwards, already counted down
	breadth int    // Max-Breadth (RFC 5393); 0 sends none
	body    []byte
	// record gives the Record-Route values of a request that leaves by h; nil: none.
	record func(h hop) []string
}

// hopsDefault is the Max-Forwards of a request that came without one (16.6 step 3).
const hopsDefault = 70

// passedOn takes a request apart for its way on.
func passedOn(r *request, realm string) *passed {
	p := &passed{via: echoOf(&r.raw, r.hop).via, hops: hopsDefault, body: r.Body()}
	if n, err := strconv.ParseUint(r.raw.get("max-forwards"), 10, 32); err == nil && n > 0 {
		p.hops = n - 1
	}
	for _, f := range r.raw.fields {
		switch f.name {
		case "via", "route", "max-forwards", "max-breadth", "content-length":
		case "p-asserted-identity", "p-preferred-identity": // a phone's word on who it is counts for nothing (RFC 3325 5)
		case "proxy-authorization":
			if !forRealm(f.value, realm) { // ours has done its duty (22.3)
				p.fields = append(p.fields, f)
			}
		default:
			p.fields = append(p.fields, f)
		}
	}
	return p
}

// forRealm tells that credentials are for a realm.
func forRealm(credentials, realm string) bool {
	return strings.Contains(strings.ToLower(credentials), `realm="`+strings.ToLower(realm)+`"`)
}

// write makes the request as it is sent by h.
func (p *passed) write(o *outgoing, s *Server, h hop) []byte {
	b := make([]byte, 0, 1024+len(p.body))
	b = append(b, o.method...)
	b = append(b, ' ')
	b = append(b, o.uri...)
	b = append(b, " SIP/2.0\r\n"...)
	b = header(b, "Via", s.viaOf(h, o.branch))
	for _, v := range p.via {
		b = header(b, "Via", v)
	}
	b = append(b, "Max-Forwards: "...)
	b = strconv.AppendUint(b, p.hops, 10)
	b = append(b, "\r\n"...)
	if p.breadth > 0 {
		b = append(b, "Max-Breadth: "...)
		b = strconv.AppendInt(b, int64(p.breadth), 10)
		b = append(b, "\r\n"...)
	}
	for _, r := range o.routes {
		b = header(b, "Route", r)
	}
	if p.record != nil {
		for _, r := range p.record(h) {
			b = header(b, "Record-Route", r)
		}
	}
	for _, f := range p.fields {
		b = header(b, properName(f.name), f.value)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(p.body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, p.body...)
}

// viaOf is the value of our Via in a request that leaves by h.
func (s *Server) viaOf(h hop, branch string) string {
	via := "SIP/2.0/" + h.proto.Via() + " " + h.local(s)
	if h.proto == TLS {
		via += ";alias" // requests for us may come back by this connection (RFC 5923)
	}
	return via + ";rport;branch=" + branch
}

// passBack makes a response for who is before us: the same without our Via (16.7 step 3), with another
// status line where the one it has must not go on (step 6).
func passBack(r *response, start string) []byte {
	if start == "" {
		start = r.raw.start
	}
	body := r.Body()
	b := make([]byte, 0, 1024+len(body))
	b = append(b, start...)
	b = append(b, "\r\n"...)
	first := true
	for _, f := range r.raw.fields {
		if f.name == "content-length" {
			continue
		}
		if f.name == "via" && first {
			first = false
			rest := f.value[endOfValue(f.value, ','):]
			if rest = strings.TrimSpace(strings.TrimPrefix(rest, ",")); rest == "" {
				continue
			}
			f.value = rest
		}
		b = header(b, properName(f.name), f.value)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// withFields adds header fields to a response that passBack has made.
func withFields(b []byte, fields []field) []byte {
	if len(fields) == 0 {
		return b
	}
	head, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	out := append(make([]byte, 0, len(b)+256), head...)
	out = append(out, "\r\n"...)
	for _, f := range fields {
		out = header(out, properName(f.name), f.value)
	}
	out = append(out, "\r\n"...)
	return append(out, body...)
}

// properName writes a header name as phones expect to see it; names have no case (7.3.1), but not
// everybody has read that.
func properName(lower string) string {
	switch lower {
	case "call-id":
		return "Call-ID"
	case "cseq":
		return "CSeq"
	case "www-authenticate":
		return "WWW-Authenticate"
	case "mime-version":
		return "MIME-Version"
	case "rack":
		return "RAck"
	case "rseq":
		return "RSeq"
	case "sip-etag":
		return "SIP-ETag"
	case "sip-if-match":
		return "SIP-If-Match"
	}
	b := []byte(lower)
	up := true
	for i, c := range b {
		if up && c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
		up = c == '-'
	}
	return string(b)
}

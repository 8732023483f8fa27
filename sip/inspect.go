package sip

import (
	"slices"
	"strconv"
	"strings"
)

// once are the header fields that may stand in a message a single time.
func once() []string {
	return []string{"from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type"}
}

// supported are the option tags this node takes part in.
func supported(tag string) bool {
	switch strings.ToLower(tag) {
	case "", "path", "timer", "100rel", "replaces", "norefersub", "outbound":
		return true
	}
	return false
}

// inspect finds what is wrong with a request that parses, and makes the reply
// to it: RFC 3261 8.2, with the cases of RFC 4475 that a parser lets through.
// nil means that it can be served.
func inspect(r *request) *reply {
	for _, check := range []func(*request) *reply{
		checkVersion, checkSingles, checkCSeq, checkVia, checkAddresses, checkScheme, checkHops, checkProxyRequire,
	} {
		if fault := check(r); fault != nil {
			return fault
		}
	}
	return nil
}

// beyond finds what a request wants of who takes it and this node does not know. It is no fault
// of a request that is passed on (16.3).
func beyond(r *request) *reply {
	if fault := checkRequire(r); fault != nil {
		return fault
	}
	return checkEncoding(r)
}

func bad(words string) *reply { return &reply{status: 400, reason: "Bad Request: " + words} }

func checkVersion(r *request) *reply {
	if !strings.EqualFold(r.SipVersion, "SIP/2.0") {
		return &reply{status: 505}
	}
	return nil
}

func checkSingles(r *request) *reply {
	for _, name := range once() {
		if r.raw.count(name) > 1 {
			return bad("more than one " + name)
		}
	}
	return nil
}

func checkCSeq(r *request) *reply {
	_, method, _ := strings.Cut(r.raw.get("cseq"), " ")
	start, _, _ := strings.Cut(r.raw.start, " ")
	if strings.TrimSpace(method) != start {
		return bad("CSeq names another method")
	}
	return nil
}

func checkVia(r *request) *reply {
	via := r.Via()
	if via.Host == "" || !strings.EqualFold(via.ProtocolName, "SIP") || via.ProtocolVersion != "2.0" {
		return bad("Via")
	}
	if branch, ok := param(via.Params, "branch"); ok && branch == "z9hG4bK" {
		return bad("empty branch")
	}
	return nil
}

func checkAddresses(r *request) *reply {
	for _, name := range []string{"from", "to", "contact"} {
		for _, v := range r.raw.fields {
			if v.name == name && !balanced(v.value) {
				return bad("quotes or brackets of " + name + " do not close")
			}
		}
	}
	// A URI with a comma, question mark or semicolon must stand in brackets (RFC 3261 20.10).
	for _, c := range r.raw.list("contact") {
		if !strings.Contains(c, "<") && strings.Contains(c, "?") {
			return bad("Contact lacks its brackets")
		}
	}
	if r.fromTag == "" && strings.HasPrefix(r.key.branch, "z9hG4bK") {
		return bad("no From tag")
	}
	return nil
}

func checkScheme(r *request) *reply {
	switch r.Recipient.Scheme {
	case "sip":
	case "sips":
		if !r.hop.proto.Secure() {
			return &reply{status: 416} // what came in the clear is not what a SIPS URI promises
		}
	case "tel":
		return nil
	default:
		return &reply{status: 416}
	}
	if len(r.Recipient.Headers) > 0 {
		return bad("headers in the Request-URI")
	}
	if r.Recipient.Host == "" || strings.ContainsAny(r.Recipient.Host, "<> ") {
		return bad("Request-URI without a host")
	}
	return nil
}

// checkHops is RFC 3261 16.3, which asks it of proxies; here it also ends loops.
func checkHops(r *request) *reply {
	v := r.raw.get("max-forwards")
	if v == "" {
		return nil
	}
	n, err := strconv.ParseUint(v, 10, 32)
	switch {
	case err != nil || n > 255:
		return bad("Max-Forwards")
	case n == 0 && r.method() != "ACK":
		return &reply{status: 483}
	}
	return nil
}

func checkRequire(r *request) *reply {
	if r.Method == "ACK" || r.Method == "CANCEL" { // 8.2.2.3
		return nil
	}
	return unsupported(r.raw.list("require"))
}

// checkProxyRequire is RFC 3261 16.3 step 5.
func checkProxyRequire(r *request) *reply {
	if r.Method == "ACK" || r.Method == "CANCEL" {
		return nil
	}
	return unsupported(r.raw.list("proxy-require"))
}

func unsupported(tags []string) *reply {
	if tags = slices.DeleteFunc(tags, supported); len(tags) > 0 {
		return &reply{status: 420, extra: []string{"Unsupported: " + strings.Join(tags, ", ")}}
	}
	return nil
}

func checkEncoding(r *request) *reply {
	if e := r.raw.get("content-encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return &reply{status: 415, extra: []string{"Accept-Encoding: identity"}}
	}
	return nil
}

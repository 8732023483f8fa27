package sip

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"hotline/call"
)

// Bounds of what is taken of Identity headers (RFC 8224).
const (
	identityMost  = 4    // headers: one of the caller's carrier, one for each diversion (RFC 8946)
	identityBytes = 4096 // of one
)

// passportOf reads the caller's attested identity: the first Identity header that says "shaken" (RFC 8588), else
// the first. Its signature is not checked: that is the carrier's business, and what
// stands in it is told, never believed.
func passportOf(m *rawMessage) *call.PASSporT {
	var p *call.PASSporT
	for _, v := range m.all("identity") {
		if len(v) > identityBytes || v == "" || !printable(v) {
			continue
		}
		one := readPASSporT(v)
		switch {
		case p == nil:
			p = one
		case len(p.More)+1 >= identityMost:
			return p
		case p.Attest == "" && one.Attest != "":
			one.More, p.More = append([]string{p.Raw}, p.More...), nil
			p = one
		default:
			p.More = append(p.More, one.Raw)
		}
	}
	return p
}

// printable keeps what could break a line out of headers that are passed on.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f }) < 0
}

// readPASSporT reads the claims of a token as far as they can be read; the compact form (RFC 8225 section 7) has none.
func readPASSporT(value string) *call.PASSporT {
	p := &call.PASSporT{Raw: value}
	token, _, _ := strings.Cut(value, ";")
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return p
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return p
	}
	var claims struct {
		Attest string `json:"attest"`
		OrigID string `json:"origid"`
		Orig   struct {
			TN  string `json:"tn"`
			URI string `json:"uri"`
		} `json:"orig"`
		Issued int64 `json:"iat"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return p
	}
	switch claims.Attest {
	case "A", "B", "C":
		p.Attest = claims.Attest
	}
	p.OrigID, p.Orig = clean(claims.OrigID), clean(claims.Orig.TN)
	if p.Orig == "" {
		p.Orig = clean(claims.Orig.URI)
	}
	if claims.Issued > 0 && claims.Issued < 1<<33 {
		p.Issued = time.Unix(claims.Issued, 0).UTC()
	}
	return p
}

// identityLines are the headers by which it goes on, unchanged and in their order.
func identityLines(p *call.PASSporT) (lines []string) {
	if p == nil {
		return nil
	}
	for _, v := range append([]string{p.Raw}, p.More...) {
		if v != "" && printable(v) {
			lines = append(lines, "Identity: "+v)
		}
	}
	return lines
}

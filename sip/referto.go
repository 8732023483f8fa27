package sip

import (
	"net/url"
	"strings"

	"hotline/call"
)

// referTo is whom a REFER wants called (RFC 3515 2.1), and in place of which dialog.
type referTo struct {
	user     string
	replaces *replaces
}

// errScheme and errMethod are a Refer-To that is well-formed and can't be served.
var (
	errScheme = call.Errorf(call.CodeInvalid, "Refer-To is no SIP or telephone number")
	errMethod = call.Errorf(call.CodeInvalid, "Refer-To asks for another method than INVITE")
)

// referToBytes is the longest Refer-To that is read.
const referToBytes = 2048

// readReferTo reads a Refer-To value: a URI with, after its question mark, the header fields that the INVITE
// is to have, escaped (RFC 3261 19.1.1). Of these only Replaces is heeded.
func readReferTo(value string) (referTo, error) {
	if len(value) > referToBytes || !balanced(value) {
		return referTo{}, call.Errorf(call.CodeInvalid, "Refer-To can't be read")
	}
	address, headers, _ := strings.Cut(uriText(value), "?")
	u, err := parseURI("<" + address + ">")
	if err != nil {
		return referTo{}, err
	}
	switch strings.ToLower(u.Scheme) {
	case "sip", "sips", "tel":
	default:
		return referTo{}, errScheme
	}
	if method, ok := param(u.UriParams, "method"); ok && !strings.EqualFold(method, "INVITE") {
		return referTo{}, errMethod
	}
	to := referTo{user: userPart(numberOf(u.User, u.Scheme, u.Raw()))}
	if to.user == "" {
		return referTo{}, call.Errorf(call.CodeInvalid, "Refer-To names nobody")
	}
	to.replaces, err = replacesIn(headers)
	return to, err
}

// replacesIn finds Replaces among the header fields of a URI.
func replacesIn(headers string) (found *replaces, err error) {
	for one := range strings.SplitSeq(headers, "&") {
		name, value, _ := strings.Cut(one, "=")
		if !strings.EqualFold(name, "Replaces") {
			continue
		}
		if found != nil {
			return nil, call.Errorf(call.CodeInvalid, "Refer-To has Replaces twice")
		}
		plain, err := url.PathUnescape(value)
		if err != nil {
			return nil, call.Errorf(call.CodeInvalid, "Refer-To's Replaces is escaped wrongly")
		}
		r, err := readReplaces(plain)
		if err != nil {
			return nil, err
		}
		found = &r
	}
	return found, nil
}

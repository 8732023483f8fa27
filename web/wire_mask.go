package web

import "strings"

// maskSIP hides the customer's data in a SIP message: numbers wherever they stand, names and users in
// addresses, and whole fields that are not known to be of the protocol only. Lengths stay as they
// were, so that Content-Length still fits.
func maskSIP(text string) string {
	head, body, found := strings.Cut(text, "\r\n\r\n")
	var b strings.Builder
	b.Grow(len(text))
	kind := fieldPlain
	for i, line := range strings.SplitAfter(head, "\n") {
		name, value, ok := strings.Cut(line, ":")
		switch {
		case i == 0:
			b.WriteString(maskParty(line))
			continue
		case line != "" && (line[0] == ' ' || line[0] == '\t'): // a field goes on
			name, value = "", line
		case ok:
			kind = kindOfField(name)
			name += ":"
		default:
			kind, name, value = fieldUnknown, "", line
		}
		b.WriteString(name)
		switch kind {
		case fieldPlain:
			b.WriteString(maskWords(value))
		case fieldAddress:
			b.WriteString(maskParty(value))
		case fieldUnknown:
			b.WriteString(starred(value))
		}
	}
	if found {
		b.WriteString("\r\n\r\n")
		b.WriteString(maskBody(body, strings.HasPrefix(body, "v=0")))
	}
	return b.String()
}

type fieldKind uint8

const (
	fieldPlain   fieldKind = iota // of the protocol: only numbers are hidden
	fieldAddress                  // names and users are hidden
	fieldUnknown                  // all of it is
)

// kindOfField is the one table of what a field may say of a customer.
func kindOfField(name string) fieldKind {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "via", "v", "route", "record-route", "call-id", "i", "cseq", "max-forwards", "content-type", "c", "content-length", "l",
		"allow", "supported", "k", "require", "proxy-require", "unsupported", "expires", "min-expires", "session-expires", "x", "min-se",
		"user-agent", "server", "accept", "accept-encoding", "accept-language", "retry-after", "reason", "rseq", "rack", "event", "o",
		"allow-events", "u", "subscription-state", "privacy", "date", "timestamp", "www-authenticate", "proxy-authenticate",
		"authorization", "proxy-authorization", "alert-info", "answer-mode", "call-info", "warning", "mime-version", "content-disposition",
		"x-hotline-call":
		return fieldPlain
	case "from", "f", "to", "t", "contact", "m", "p-asserted-identity", "p-preferred-identity", "remote-party-id", "diversion",
		"history-info", "refer-to", "r", "referred-by", "b", "reply-to", "p-called-party-id", "path":
		return fieldAddress
	}
	return fieldUnknown
}

// maskParty hides display names, and users that are no short number.
func maskParty(value string) string {
	out := []byte(value)
	quoted := false
	for i, c := range out { // display names
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
			out[i] = '*'
		}
	}
	text := string(out)
	if open := strings.IndexByte(text, '<'); open > 0 && !strings.Contains(text[:open], `"`) {
		text = starred(text[:open]) + text[open:]
	}
	for at := 0; ; {
		i := indexSIP(text[at:])
		if i < 0 {
			break
		}
		at += i
		colon := strings.IndexByte(text[at:], ':')
		if colon < 0 {
			break
		}
		start := at + colon + 1
		end := strings.IndexAny(text[start:], "@>;? \r\n")
		if end < 0 || text[start+end] != '@' {
			at = start
			continue
		}
		text = text[:start] + maskUser(text[start:start+end]) + text[start+end:]
		at = start + end
	}
	return maskWords(text)
}

// indexSIP is where a SIP or SIPS address begins, in whatever case; -1: nowhere. Lowering the text
// first would move places where it is no UTF-8.
func indexSIP(text string) int {
	for i := 0; i+3 <= len(text); i++ {
		if strings.EqualFold(text[i:i+3], "sip") {
			return i
		}
	}
	return -1
}

// maskUser shows agents, phones and short numbers, and hides the rest.
func maskUser(user string) string {
	digits := strings.Trim(user, "0123456789*#+") == ""
	switch {
	case digits && len(user) < numberDigits, user == "hotline", user == "anonymous":
		return user
	case digits:
		return maskNumber(user)
	}
	return starred(user)
}

// maskBody shows a session description's sound and nothing else.
func maskBody(body string, sdp bool) string {
	if !sdp {
		return starred(body)
	}
	var b strings.Builder
	for line := range strings.SplitAfterSeq(body, "\n") {
		switch {
		case len(line) > 2 && strings.IndexByte("vctmab", line[0]) >= 0 && line[1] == '=':
			b.WriteString(line)
		case strings.HasPrefix(line, "o="):
			user, rest, ok := strings.Cut(line[2:], " ")
			if ok {
				user, rest = starred(user), " "+rest
			}
			b.WriteString("o=" + user + rest)
		case len(line) > 2 && line[1] == '=':
			b.WriteString(line[:2] + starred(line[2:]))
		default:
			b.WriteString(starred(line))
		}
	}
	return b.String()
}

// starred puts a star for every byte but blanks and line ends.
func starred(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c != '\r' && c != '\n' && c != ' ' && c != '\t' {
			b[i] = '*'
		}
	}
	return string(b)
}

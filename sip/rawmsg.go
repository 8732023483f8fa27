package sip

import "strings"

// field is one header field as it came, unfolded, its name in full and in lower case.
type field struct{ name, value string }

// rawMessage is a message's start line and header fields as text. Responses echo
// from it verbatim, which no parser's round trip guarantees, and a message
// that does not parse can still be answered from it.
type rawMessage struct {
	start  string
	fields []field
}

// fullName maps the compact forms of RFC 3261 7.3.3 and the extensions' to full names.
func fullName(name string) string {
	if len(name) != 1 {
		return strings.ToLower(name)
	}
	switch name[0] | 0x20 {
	case 'a':
		return "accept-contact"
	case 'b':
		return "referred-by"
	case 'c':
		return "content-type"
	case 'd':
		return "request-disposition"
	case 'e':
		return "content-encoding"
	case 'f':
		return "from"
	case 'i':
		return "call-id"
	case 'j':
		return "reject-contact"
	case 'k':
		return "supported"
	case 'l':
		return "content-length"
	case 'm':
		return "contact"
	case 'o':
		return "event"
	case 'r':
		return "refer-to"
	case 's':
		return "subject"
	case 't':
		return "to"
	case 'u':
		return "allow-events"
	case 'v':
		return "via"
	case 'x':
		return "session-expires"
	case 'y':
		return "identity"
	default:
		return strings.ToLower(name)
	}
}

// lowerName is fullName without an allocation for the names every message has.
func lowerName(name string) string {
	switch name {
	case "Via":
		return "via"
	case "From":
		return "from"
	case "To":
		return "to"
	case "Call-ID":
		return "call-id"
	case "CSeq":
		return "cseq"
	case "Contact":
		return "contact"
	case "Max-Forwards":
		return "max-forwards"
	case "Content-Length":
		return "content-length"
	case "Content-Type":
		return "content-type"
	case "User-Agent":
		return "user-agent"
	case "Record-Route":
		return "record-route"
	default:
		return fullName(name)
	}
}

// readRaw splits a message's head into fields. It never fails: lines that are no
// header fields are passed over.
func readRaw(text string) rawMessage {
	var m rawMessage
	m.fields = make([]field, 0, 16)
	line, rest := nextLine(text)
	m.start = line
	for rest != "" {
		line, rest = nextLine(rest)
		if line == "" {
			break
		}
		for rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			var more string
			more, rest = nextLine(rest)
			line = strings.TrimRight(line, " \t") + " " + strings.TrimLeft(more, " \t")
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		m.fields = append(m.fields, field{lowerName(strings.TrimRight(name, " \t")), strings.Trim(value, " \t")})
	}
	return m
}

func nextLine(s string) (line, rest string) {
	i := strings.IndexByte(s, '\n')
	if i < 0 {
		return strings.TrimSuffix(s, "\r"), ""
	}
	return strings.TrimSuffix(s[:i], "\r"), s[i+1:]
}

// get is the first field of that (full, lower case) name; "" when there is none.
func (m *rawMessage) get(name string) string {
	for i := range m.fields {
		if m.fields[i].name == name {
			return m.fields[i].value
		}
	}
	return ""
}

// has tells whether there is such a field, even an empty one.
func (m *rawMessage) has(name string) bool { return m.count(name) > 0 }

// count is how many fields have that name.
func (m *rawMessage) count(name string) (n int) {
	for i := range m.fields {
		if m.fields[i].name == name {
			n++
		}
	}
	return n
}

// all gives the values of every field of a name, whole: for headers whose values have commas inside.
func (m *rawMessage) all(name string) (values []string) {
	for i := range m.fields {
		if m.fields[i].name == name {
			values = append(values, m.fields[i].value)
		}
	}
	return values
}

// list gives the comma-separated values of all fields of that name, in order.
func (m *rawMessage) list(name string) (values []string) {
	for i := range m.fields {
		if m.fields[i].name == name {
			values = appendList(values, m.fields[i].value)
		}
	}
	return values
}

// appendList splits at commas outside quotes and angle brackets.
func appendList(values []string, s string) []string {
	for s != "" {
		end := endOfValue(s, ',')
		if v := strings.TrimSpace(s[:end]); v != "" {
			values = append(values, v)
		}
		s = strings.TrimPrefix(s[end:], ",")
	}
	return values
}

// endOfValue is the index of the first sep outside quotes and angle brackets, else the length.
func endOfValue(s string, sep byte) int {
	quoted, bracket := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !bracket:
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == sep && !bracket:
			return i
		}
	}
	return len(s)
}

// balanced tells that quotes and angle brackets of a value close.
func balanced(s string) bool {
	quoted, bracket := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !bracket:
			quoted = !quoted
		case quoted:
		case c == '<':
			if bracket {
				return false
			}
			bracket = true
		case c == '>':
			if !bracket {
				return false
			}
			bracket = false
		}
	}
	return !quoted && !bracket
}

// paramOf finds a parameter of a header value after its address or token, by
// name without case; ok tells it is there, with or without a value.
func paramOf(value, name string) (v string, ok bool) {
	rest := value
	for {
		end := endOfValue(rest, ';')
		if end >= len(rest) {
			return "", false
		}
		rest = rest[end+1:]
		one := rest[:endOfValue(rest, ';')]
		key, val, _ := strings.Cut(one, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(strings.TrimSpace(val), `"`), true
		}
	}
}

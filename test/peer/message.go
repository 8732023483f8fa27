package peer

import (
	"fmt"
	"strconv"
	"strings"
)

// Message is one SIP message, read just far enough for a test to ask about it.
type Message struct {
	Start   string // the start line
	Method  string // of a request; of a response, the method in its CSeq
	Status  int    // of a response; 0 for a request
	URI     string // a request's Request-URI
	Body    string
	headers []header
	raw     string
}

type header struct{ name, value string }

// compact forms of RFC 3261 7.3.3 that our server or its peers may use.
func longName(name string) string {
	switch name {
	case "v":
		return "via"
	case "f":
		return "from"
	case "t":
		return "to"
	case "m":
		return "contact"
	case "i":
		return "call-id"
	case "l":
		return "content-length"
	case "c":
		return "content-type"
	default:
		return name
	}
}

// parseMessage reads a whole message.
func parseMessage(text string) (Message, error) {
	head, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		return Message{}, fmt.Errorf("no empty line in %q", text)
	}
	lines := strings.Split(head, "\r\n")
	m := Message{Start: lines[0], Body: body, raw: text}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return Message{}, fmt.Errorf("header %q without colon", line)
		}
		m.headers = append(m.headers, header{longName(strings.ToLower(strings.TrimSpace(name))), strings.TrimSpace(value)})
	}
	first, rest, _ := strings.Cut(m.Start, " ")
	second, _, _ := strings.Cut(rest, " ")
	if first != "SIP/2.0" {
		m.Method, m.URI = first, second
		return m, nil
	}
	status, err := strconv.Atoi(second)
	if err != nil {
		return Message{}, fmt.Errorf("status in %q: %w", m.Start, err)
	}
	_, m.Method, _ = strings.Cut(m.Header("CSeq"), " ")
	m.Status = status
	return m, nil
}

// Header gives the first header of that name, empty when there is none.
func (m Message) Header(name string) string {
	if all := m.All(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// All gives every header of that name, in order.
func (m Message) All(name string) []string {
	var out []string
	for _, h := range m.headers {
		if h.name == strings.ToLower(name) {
			out = append(out, h.value)
		}
	}
	return out
}

// Param gives a ;name=value parameter of a header, empty when there is none.
func (m Message) Param(name, param string) string {
	value := m.Header(name)
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	for part := range strings.SplitSeq(value, ";") {
		if k, v, _ := strings.Cut(strings.TrimSpace(part), "="); strings.EqualFold(k, param) {
			return v
		}
	}
	return ""
}

// CSeq gives the number in CSeq.
func (m Message) CSeq() int {
	number, _, _ := strings.Cut(m.Header("CSeq"), " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return -1
	}
	return n
}

// String is the message as it was on the wire.
func (m Message) String() string { return m.raw }

// uriOf takes the URI out of a Contact, From, To, Route or Record-Route value.
func uriOf(value string) string {
	if _, rest, ok := strings.Cut(value, "<"); ok {
		uri, _, _ := strings.Cut(rest, ">")
		return uri
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

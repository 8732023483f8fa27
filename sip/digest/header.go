package digest

import (
	"errors"
	"fmt"
	"strings"
)

// Limits on an Authorization or WWW-Authenticate header.
const (
	maxHeader = 4096
	maxParams = 32
)

// errHeader is what all mistakes in a header's form wrap.
var errHeader = errors.New("digest header malformed")

// errScheme tells that a header is of another scheme than Digest.
var errScheme = errors.New("another scheme than Digest")

// params are a header's parameters, names in lower case, values unquoted.
type params map[string]string

// parseHeader reads `Digest name="value", name=value …` (RFC 7616 3.3 and 3.4,
// the quoted-string of RFC 7230 3.2.6). Empty list members are passed over; a
// parameter that comes twice is refused, because two readers might take a
// different one.
func parseHeader(header string) (params, error) {
	if len(header) > maxHeader {
		return nil, fmt.Errorf("%w: longer than %d bytes", errHeader, maxHeader)
	}
	scheme, rest, _ := strings.Cut(strings.TrimLeft(header, " \t"), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, errScheme
	}
	out := params{}
	l := lexer{text: rest}
	for {
		l.skip(" \t\r\n,")
		if l.done() {
			return out, nil
		}
		name, value, err := l.param()
		if err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%w: %q comes twice", errHeader, name)
		}
		if len(out) == maxParams {
			return nil, fmt.Errorf("%w: more than %d parameters", errHeader, maxParams)
		}
		out[name] = value
	}
}

// lexer walks over a header's parameters.
type lexer struct {
	text string
	at   int
}

func (l *lexer) done() bool { return l.at >= len(l.text) }

// skip passes over any of the bytes in set.
func (l *lexer) skip(set string) {
	for !l.done() && strings.IndexByte(set, l.text[l.at]) >= 0 {
		l.at++
	}
}

// param reads one name=value and what separates it from the next.
func (l *lexer) param() (name, value string, err error) {
	name = strings.ToLower(l.token())
	l.skip(" \t")
	if name == "" || l.done() || l.text[l.at] != '=' {
		return "", "", fmt.Errorf("%w: name=value expected at byte %d", errHeader, l.at)
	}
	l.at++
	l.skip(" \t")
	if !l.done() && l.text[l.at] == '"' {
		value, err = l.quoted()
	} else if value = l.bare(); value == "" {
		err = fmt.Errorf("%w: %s has no value", errHeader, name)
	}
	if err != nil {
		return "", "", err
	}
	l.skip(" \t\r\n")
	if !l.done() && l.text[l.at] != ',' {
		return "", "", fmt.Errorf("%w: comma expected after %s", errHeader, name)
	}
	return name, value, nil
}

// token reads a parameter's name.
func (l *lexer) token() string {
	start := l.at
	for !l.done() && isToken(l.text[l.at]) {
		l.at++
	}
	return l.text[start:l.at]
}

// bare reads an unquoted value; some phones leave quotes off values that are no tokens.
func (l *lexer) bare() string {
	start := l.at
	for !l.done() && l.text[l.at] > ' ' && l.text[l.at] != ',' && l.text[l.at] != '"' {
		l.at++
	}
	return l.text[start:l.at]
}

// quoted reads a quoted-string and takes its backslashes away.
func (l *lexer) quoted() (string, error) {
	var b strings.Builder
	for l.at++; !l.done(); l.at++ {
		switch c := l.text[l.at]; c {
		case '"':
			l.at++
			return b.String(), nil
		case '\\':
			l.at++
			if l.done() {
				return "", fmt.Errorf("%w: quoted string ends with a backslash", errHeader)
			}
			if c = l.text[l.at]; control(c) { // escaped or not
				return "", fmt.Errorf("%w: control character in a quoted string", errHeader)
			}
			b.WriteByte(c)
		case '\r', '\n', 0:
			return "", fmt.Errorf("%w: control character in a quoted string", errHeader)
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("%w: quoted string without end", errHeader)
}

// control tells what would end a line or a text.
func control(c byte) bool { return c == '\r' || c == '\n' || c == 0 }

func isToken(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-_.!%*+`'~", c) >= 0
}

// quote writes a quoted-string.
func quote(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(append(b, '"'))
}

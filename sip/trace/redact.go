package trace

import "strings"

// Redact hides a message's secrets: credentials, keys of SRTP and ICE, digits in INFO, which may be
// a card's number or a PIN, and what is dialled after a code. Each secret byte becomes a star, so that lengths stay as they were.
func Redact(text string) string {
	head, body, found := strings.Cut(text, "\r\n\r\n")
	head = hideDialled(head)
	var b strings.Builder
	b.Grow(len(text))
	digits, secret := false, false
	for i, line := range strings.SplitAfter(head, "\n") {
		if i > 0 && line != "" && (line[0] == ' ' || line[0] == '\t') { // a field goes on
			b.WriteString(hide(line, secret))
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		secret = false
		if i == 0 || !ok {
			b.WriteString(line)
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info":
			secret = true
			scheme := len(value) - len(strings.TrimLeft(value, " \t")) // where it begins, then where it ends
			if end := strings.IndexAny(value[scheme:], " \t\r"); end >= 0 {
				scheme += end
			} else {
				scheme = len(value)
			}
			b.WriteString(name + ":" + value[:scheme] + hide(value[scheme:], true))
			continue
		case "content-type", "c":
			digits = strings.Contains(strings.ToLower(value), "dtmf")
		}
		b.WriteString(line)
	}
	if !found {
		return b.String()
	}
	b.WriteString("\r\n\r\n")
	for _, line := range strings.SplitAfter(body, "\n") {
		b.WriteString(redactLine(line, digits))
	}
	return b.String()
}

// redactLine hides what is secret in a line of a body. digits tells that the body says keys pressed.
func redactLine(line string, digits bool) string {
	lower := asciiLower(line)
	switch {
	case digits && strings.HasPrefix(strings.TrimSpace(lower), "duration"):
		return line
	case digits:
		if name, value, ok := strings.Cut(line, "="); ok {
			return name + "=" + hide(value, true)
		}
		return hide(line, true)
	case strings.HasPrefix(lower, "a=crypto:"):
		if i := strings.Index(lower, "inline:"); i >= 0 {
			return line[:i+len("inline:")] + hide(line[i+len("inline:"):], true)
		}
		return hide(line, true)
	case strings.HasPrefix(lower, "a=ice-pwd:"):
		return line[:len("a=ice-pwd:")] + hide(line[len("a=ice-pwd:"):], true)
	case strings.HasPrefix(lower, "k="):
		return line[:2] + hide(line[2:], true)
	}
	return line
}

// hide puts a star for every byte but blanks and line ends.
func hide(s string, secret bool) string {
	if !secret {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c != '\r' && c != '\n' && c != ' ' && c != '\t' {
			b[i] = '*'
		}
	}
	return string(b)
}

// asciiLower keeps every byte's place, which strings.ToLower does not where a text is no UTF-8.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

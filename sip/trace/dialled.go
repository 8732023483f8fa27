package trace

import "strings"

// codeDigits is how long a code is: *11.
const codeDigits = 3

// hideDialled hides what follows a code in the addresses of a message's head: *11*1001*1234 has a PIN in it.
func hideDialled(head string) string {
	if !strings.Contains(head, ":*") && !strings.Contains(strings.ToLower(head), ":%2a") {
		return head
	}
	b := []byte(head)
	for i := 0; i < len(b); i++ {
		if b[i] != ':' {
			continue
		}
		rest := head[i+1:]
		var skip int
		switch {
		case strings.HasPrefix(rest, "*"):
			skip = codeDigits
		case len(rest) >= 3 && strings.EqualFold(rest[:3], "%2a"):
			skip = codeDigits + 2
		default:
			continue
		}
		end := strings.IndexAny(rest, "@>; \r\n")
		if end < 0 || rest[end] != '@' {
			continue
		}
		for j := skip; j < end; j++ {
			b[i+1+j] = '*'
		}
	}
	return string(b)
}

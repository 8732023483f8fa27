package sip

import (
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// info takes an INFO: a key pressed, by application/dtmf-relay or
// application/dtmf. An empty body is a sign of life (RFC 2976); anything else is 415.
func (l *Leg) info(tx *serverTx, r *request) {
	ctype, _, _ := strings.Cut(r.raw.get("content-type"), ";")
	body := string(r.Body())
	var key call.LegDigit
	var ok bool
	switch strings.ToLower(strings.TrimSpace(ctype)) {
	case "application/dtmf-relay":
		key, ok = relayDigit(body)
	case "application/dtmf":
		key, ok = plainDigit(body)
	default:
		if body == "" {
			tx.reply(reply{status: 200})
			return
		}
		tx.reply(reply{status: 415, extra: []string{"Accept: application/dtmf-relay, application/dtmf"}})
		return
	}
	if !ok {
		tx.reply(bad400("no key in the INFO"))
		return
	}
	tx.reply(reply{status: 200})
	if l.phase == legTalking || l.phase == legAccepted {
		l.emit(key)
	}
}

// relayDigit reads "Signal=5\r\nDuration=160".
func relayDigit(body string) (d call.LegDigit, ok bool) {
	for line := range strings.Lines(body) {
		key, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "signal":
			d.Digit, ok = digit(value)
		case "duration":
			if ms, err := strconv.ParseUint(value, 10, 16); err == nil {
				d.Duration = time.Duration(ms) * time.Millisecond
			}
		}
	}
	return d, ok
}

// plainDigit reads a body that is the key itself.
func plainDigit(body string) (d call.LegDigit, ok bool) {
	d.Digit, ok = digit(strings.TrimSpace(body))
	return d, ok
}

// digit reads a key: itself, or its event number 10 and 11 for star and pound (RFC 4733 3.2).
func digit(s string) (byte, bool) {
	switch s {
	case "10":
		return '*', true
	case "11":
		return '#', true
	}
	if len(s) != 1 {
		return 0, false
	}
	c := s[0]
	if c >= 'a' && c <= 'd' {
		c -= 'a' - 'A'
	}
	return c, strings.IndexByte("0123456789*#ABCD", c) >= 0
}

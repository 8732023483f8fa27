package web

import (
	"strings"

	"hotline/call"
)

// maskNumber hides the middle of a customer's number: 138****1234. Short ones are hidden whole.
func maskNumber(n string) string {
	runes := []rune(n)
	if len(runes) < 8 {
		return strings.Repeat("*", len(runes))
	}
	return string(runes[:3]) + strings.Repeat("*", len(runes)-7) + string(runes[len(runes)-4:])
}

// maskRecord hides the customer's data in a record.
func maskRecord(r call.Record) call.Record {
	r.Caller = maskNumber(r.Caller)
	if r.Notes != "" {
		r.Notes = "***"
	}
	return r
}

// maskEvent hides the customer's data in an event.
func maskEvent(ev call.Event) call.Event {
	switch ev := ev.(type) {
	case call.Entered:
		ev.Caller.Number = maskNumber(ev.Caller.Number)
		ev.Caller.Name = ""
		return ev
	case call.DispositionSet:
		if ev.Notes != "" {
			ev.Notes = "***"
		}
		return ev
	}
	return ev
}

package app

import (
	"strings"

	"hotline/call"
	"hotline/ivr/code"
	"hotline/sip"
)

// shortCode is a number a phone dials that the node answers itself. What is dialled after the prefix is the code's own
// affair: *11 1001 1234.
type shortCode struct {
	prefix string // begins with *
	take   func(codeCall) (sip.Owner, *call.Refusal)
}

// codeCall is a phone's call to a code.
type codeCall struct {
	desk
	in   call.Incoming
	leg  *sip.Leg
	rest string // dialled after the prefix
}

// codes lists every code there is.
func codes() []shortCode {
	var all []shortCode
	for _, d := range code.Deeds() {
		all = append(all, shortCode{d.Prefix(), func(c codeCall) (sip.Owner, *call.Refusal) { return c.takeCode(d) }})
	}
	return append(all, shortCode{pickUpCode, codeCall.takePickUp},
		shortCode{code.Prompts.Prefix(), func(c codeCall) (sip.Owner, *call.Refusal) { return c.takeCode(code.Prompts) }})
}

// findCode finds the code a number begins with, the longest one.
func findCode(all []shortCode, dialled string) (found shortCode, rest string, ok bool) {
	for _, c := range all {
		if after, is := strings.CutPrefix(dialled, c.prefix); is && len(c.prefix) > len(found.prefix) {
			found, rest, ok = c, after, true
		}
	}
	return found, rest, ok
}

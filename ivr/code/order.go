// Package code is what a phone dials to tell the node something: *11 to sign in, *12 out, *13 ready, *14 busy, *15
// break, *17 to record a prompt. It is plain logic: what is dialled, pressed and answered goes in, what to say and to do comes out.
package code

import (
	"strconv"
	"strings"

	"hotline/call"
)

// Deed is what a code asks for.
type Deed uint8

// The deeds.
const (
	SignIn Deed = iota
	SignOut
	Ready
	Busy
	Break
	Prompts // records a prompt: a Studio's
)

// prefixes are the codes, by deed.
var prefixes = []string{"*11", "*12", "*13", "*14", "*15", "*17"}

// proves tells that the deed needs number and PIN.
func (d Deed) proves() bool { return d == SignIn || d == Prompts }

// Prefix is what is dialled for the deed.
func (d Deed) Prefix() string { return prefixes[d] }

// Deeds are those of a Session.
func Deeds() []Deed { return []Deed{SignIn, SignOut, Ready, Busy, Break} }

// Order is what somebody at a phone asks for.
type Order struct {
	Deed    Deed
	Agent   call.SeatID // SignIn, Prompts
	PIN     string      // SignIn, Prompts; never to be logged, kept or shown
	Proven  bool        // SignIn, Prompts: the phone is the agent's own, and has proved the password
	Reason  string      // Break: the key dialled, as the site's people have agreed on it
	Minutes int         // Busy, Break: asked for; 0: not said
	Prompt  string      // Prompts: the number of the prompt, once it is known
	Keep    bool        // Prompts: what was recorded becomes the prompt; else it is asked whether there is one
}

// The most that is read of what is dialled.
const (
	agentMost   = 16
	pinMost     = 12
	minutesMost = 720
)

// Parse reads what was dialled after a code. A sign-in without number and PIN is complete with neither: they are asked for.
// false: it can't be read.
func Parse(d Deed, rest string) (Order, bool) {
	o := Order{Deed: d}
	rest = strings.TrimSuffix(strings.TrimPrefix(rest, "*"), "#")
	var parts []string
	if rest != "" {
		parts = strings.Split(rest, "*")
	}
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" {
			return o, false
		}
	}
	switch {
	case d.proves() && len(parts) == 2:
		o.Agent, o.PIN = call.SeatID(parts[0]), parts[1]
		return o, len(parts[0]) <= agentMost && len(parts[1]) <= pinMost
	case d.proves() && len(parts) == 1: // the PIN is asked for
		o.Agent = call.SeatID(parts[0])
		return o, len(parts[0]) <= agentMost
	case d == Busy && len(parts) == 1:
		return o, o.minutes(parts[0])
	case d == Break && len(parts) == 1:
		o.Reason = parts[0]
		return o, len(o.Reason) <= 2
	case d == Break && len(parts) == 2:
		o.Reason = parts[0]
		return o, len(o.Reason) <= 2 && o.minutes(parts[1])
	}
	return o, len(parts) == 0
}

func (o *Order) minutes(text string) bool {
	n, err := strconv.Atoi(text)
	o.Minutes = n
	return err == nil && n <= minutesMost
}

// Outcome is what became of an order.
type Outcome uint8

// The outcomes, each with what is said.
const (
	Done        Outcome = iota
	Asked               // a break that waits for a supervisor's word
	WrongPIN            // or no such agent: nobody is told which
	TooMany             // wrong ones: a wait
	PhoneInUse          // by another agent
	NotSignedIn         // nobody is, at this phone
	NotNow              // refused by routing, as in a call
	NotAllowed          // the agent's roles don't let him
	NoPrompt            // the site has none of this number
	NotKept             // the recording could not become the prompt
)

var outcomes = []string{"done", "asked", "wrong_pin", "too_many_tries", "phone_in_use", "not_signed_in", "not_now", "not_allowed", "prompt_unknown", "prompt_not_saved"}

func (o Outcome) String() string {
	if int(o) < len(outcomes) {
		return outcomes[o]
	}
	return "invalid"
}

// Outcomes are the names of all of them.
func Outcomes() []string { return outcomes }

// doneWords is what a deed that is done is answered with.
var doneWords = []string{"signed_in", "signed_out", "now_ready", "now_busy", "now_break", "prompt_saved"}

// words is the prompt that tells an outcome.
func (d Deed) words(o Outcome) string {
	switch o {
	case Done:
		return doneWords[d]
	case Asked:
		return "break_asked"
	case WrongPIN, TooMany, PhoneInUse, NotSignedIn, NotNow, NotAllowed, NoPrompt, NotKept:
	}
	return o.String()
}

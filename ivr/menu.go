package ivr

import (
	"fmt"

	"hotline/call"
)

// ask begins a menu or survey: with a key typed ahead at once, else with its prompt.
func (st *step) ask(n *node) (*node, string) {
	if n.choice.into != "" { // no answer is an empty one, also where the node is come to again
		st.assign(n.choice.into, "")
	}
	if st.Ahead != "" {
		digit := st.Ahead[0]
		st.Ahead = st.Ahead[1:]
		return st.key(digit, "typed ahead")
	}
	return st.utter(StatePrompting, n.words)
}

// prompting waits for a key while the prompt sounds; at its end the time-out begins.
func (st *step) prompting(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if isKey(in.Digit) {
			st.silence()
			return st.key(in.Digit, "pressed")
		}
	case call.FlowPlayed, call.FlowFault: // a prompt that can't be played: the keys still work
		if st.isAwaited(in) {
			st.State = StateChoosing
			st.do(call.FlowTimer{Token: st.token(), After: st.at.choice.timeout})
		}
	}
	return nil, ""
}

// choosing waits for a key in the silence after the prompt.
func (st *step) choosing(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if isKey(in.Digit) {
			st.do(call.FlowTimerStop{})
			return st.key(in.Digit, "pressed")
		}
	case call.FlowTimedOut:
		if st.isAwaited(in) {
			return st.silent()
		}
	}
	return nil, ""
}

// key takes a key in a menu or survey.
func (st *step) key(digit byte, how string) (*node, string) {
	st.Awaited = 0
	n, why := st.at, fmt.Sprintf("%s %c", how, digit)
	i, ok := keyIndex(digit)
	switch {
	case !ok:
	case n.kind == kindMenu && n.choice.keys[i] != nil:
		to := n.choice.keys[i]
		if to != n { // a key that leads back here only says the prompt again
			st.do(call.FlowMenu{Node: n.name, Digits: string(rune(digit))})
		}
		return to, why
	case n.kind == kindSurvey && n.choice.answers[i] != "":
		st.do(call.FlowSurvey{Node: n.name, Name: n.choice.answers[i], Digit: digit})
		if n.choice.into != "" && !st.assign(n.choice.into, n.choice.answers[i]) {
			why += ", but there is no room for " + n.choice.into
		}
		return n.next, why
	}
	return st.wrong(digit)
}

// wrong takes a key without an edge: it uses up a try, and what was typed ahead
// after it is dropped, as the caller thought to be elsewhere.
func (st *step) wrong(digit byte) (*node, string) {
	n := st.at
	st.Ahead = ""
	if st.Tries++; st.Tries < n.choice.tries {
		return st.utter(StatePrompting, n.words, st.graph.invalid...)
	}
	if n.kind == kindMenu {
		st.do(call.FlowMenu{Node: n.name, Digits: string(rune(digit))})
	}
	return n.choice.onInvalid, fmt.Sprintf("pressed %c, which is no choice, after %s", digit, tries(st.Tries))
}

// silent takes a time-out: a menu says its prompt again until the tries are used
// up, a survey lets the caller go.
func (st *step) silent() (*node, string) {
	n := st.at
	if st.Tries++; n.kind == kindMenu && st.Tries < n.choice.tries {
		return st.utter(StatePrompting, n.words)
	}
	if n.kind == kindMenu {
		st.do(call.FlowMenu{Node: n.name})
	}
	return n.choice.onTimeout, fmt.Sprintf("no key after %s", tries(st.Tries))
}

// tries counts in words.
func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

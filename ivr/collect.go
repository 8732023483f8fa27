package ivr

import (
	"fmt"
	"time"

	"hotline/call"
)

// Collect takes several digits into a variable: an account number, a PIN.
type Collect struct {
	Prompt Words
	Into   At[string] // the variable
	Min    At[int]    // digits; default 1
	Max    At[int]    // digits, which end it by themselves; default 20
	// End is the key that ends it early: # (the default), * or none.
	End     At[string]
	Timeout At[time.Duration] // from the end of the prompt to the first digit; default 5 s
	Gap     At[time.Duration] // after a digit; what has been pressed counts then, if it is enough; default 4 s
	Tries   At[int]           // default 3
	// Secret digits are in no flow's mouth: no say and no set may use the variable.
	Secret At[bool]
	// OnTimeout and OnInvalid are as in a Menu.
	OnTimeout At[string]
	OnInvalid At[string]
}

// The defaults and limits of a collect.
const (
	collectMax  = 20
	collectMost = 32
	collectGap  = 4 * time.Second
	noEnd       = "none"
)

// collect is a checked one; time-outs, tries and bad-case edges are in the node's choice.
type collect struct {
	into     string
	min, max int
	end      byte // 0: none
	gap      time.Duration
	secret   bool
}

func (c *compiler) collect(d *draft) {
	src, n := d.src.Collect, d.node
	n.words = c.words(d, &src.Prompt)
	c.onTextFault(d)
	n.choice = &choice{
		timeout: c.duration(src.Timeout, menuTimeout, longestTimeout, "timeout"),
		tries:   c.number(src.Tries, menuTries, 1, mostTries, "tries"),
	}
	n.collect = c.gathers(d, src)
	n.next = c.next(d, false) // digits come only from somebody
	n.choice.onTimeout = c.edgeOr(d, src.OnTimeout, d.src.Next, n.next)
	d.links[len(d.links)-1].silent = true
	n.choice.onInvalid = c.edgeOr(d, src.OnInvalid, d.src.Next, n.next)
}

// gathers checks into what digits are taken, and when that is over.
func (c *compiler) gathers(d *draft, src *Collect) *collect {
	k := &collect{
		into: src.Into.Value, min: c.number(src.Min, 1, 1, collectMost, "min"), max: c.number(src.Max, collectMax, 1, collectMost, "max"),
		end: '#', gap: c.duration(src.Gap, collectGap, longestTimeout, "gap"), secret: src.Secret.Value,
	}
	switch {
	case !src.Into.IsSet():
		c.report(d.src.Name.Pos, "add into: and a variable", "%s %q does not say into what", d.node.kind, d.node.name)
	case !isWord(k.into):
		c.report(src.Into.Pos, variableRule, "variable %q can't be read as vars.NAME", k.into)
	}
	if k.min > k.max {
		c.report(src.Min.Pos, fmt.Sprintf("at most max, which is %d", k.max), "min is %d", k.min)
	}
	switch end := src.End; {
	case end.Value == noEnd:
		k.end = 0
	case end.Value == "#" || end.Value == "*":
		k.end = end.Value[0]
	case end.IsSet():
		c.report(end.Pos, `"#", "*" or none`, "%q can't end what is pressed", end.Value)
	}
	return k
}

// collect begins a collect: with what was typed ahead, else with its prompt.
func (st *step) collect(n *node) (*node, string) {
	st.Digits = ""
	if st.Ahead == "" {
		return st.utter(StateCollecting, n.words)
	}
	for st.Ahead != "" {
		digit := st.Ahead[0]
		st.Ahead = st.Ahead[1:]
		if to, why, over := st.digit(digit); over {
			return to, why
		}
	}
	st.await()
	return nil, ""
}

// collecting waits for digits while the prompt sounds, gathering in the silence after it.
func (st *step) collecting(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if !isKey(in.Digit) {
			return nil, ""
		}
		if st.State == StateCollecting {
			st.silence()
			st.State, st.Awaited = StateGathering, 0
		}
		token := st.Token
		if to, why, over := st.digit(in.Digit); over {
			if st.State == StateGathering && st.Token == token { // not of a try that has begun anew
				st.do(call.FlowTimerStop{})
			}
			return to, why
		}
		st.await()
	case call.FlowPlayed, call.FlowFault:
		if st.State == StateCollecting && st.isAwaited(in) {
			st.await()
		}
	case call.FlowTimedOut:
		if st.State == StateGathering && st.isAwaited(in) {
			return st.ranOut()
		}
	}
	return nil, ""
}

// await waits for the next digit.
func (st *step) await() {
	after := st.at.choice.timeout
	if st.Digits != "" {
		after = st.at.collect.gap
	}
	st.State = StateGathering
	st.do(call.FlowTimer{Token: st.token(), After: after})
}

// digit takes one key and reports whether the collecting is over, or begins anew.
func (st *step) digit(digit byte) (*node, string, bool) {
	k := st.at.collect
	switch {
	case k.end != 0 && digit == k.end:
		if len(st.Digits) >= k.min {
			return st.collected()
		}
		return st.misdialled(fmt.Sprintf("%d digits and %c", len(st.Digits), digit))
	case digit < '0' || digit > '9':
		return st.misdialled("a key that is no digit")
	}
	st.Digits += string(rune(digit))
	if len(st.Digits) < k.max {
		return nil, "", false
	}
	return st.collected()
}

// collected keeps the digits. The timeline says how many they were, never which.
func (st *step) collected() (*node, string, bool) {
	n, digits := st.at, st.Digits
	st.Digits = ""
	if !st.assign(n.collect.into, digits) {
		return n.choice.onInvalid, "no room for another variable", true
	}
	why := fmt.Sprintf("%d digits into %s", len(digits), n.collect.into)
	if n.listen != nil {
		to, why := st.digitsInstead(len(digits), why)
		return to, why, true
	}
	return n.next, why, true
}

// misdialled uses up a try; what was typed ahead after it is dropped.
func (st *step) misdialled(what string) (*node, string, bool) {
	n := st.at
	st.Ahead, st.Digits = "", ""
	if n.listen != nil {
		to, why := st.misdialledInstead(what)
		return to, why, true
	}
	if st.Tries++; st.Tries >= n.choice.tries {
		return n.choice.onInvalid, fmt.Sprintf("%s, after %s", what, tries(st.Tries)), true
	}
	if st.State == StateGathering {
		st.do(call.FlowTimerStop{})
	}
	to, why := st.utter(StateCollecting, n.words, st.graph.invalid...)
	return to, why, true
}

// ranOut is the silence after the prompt, or after a digit.
func (st *step) ranOut() (*node, string) {
	n := st.at
	switch {
	case len(st.Digits) >= n.collect.min:
		to, why, _ := st.collected()
		return to, why
	case st.Digits != "":
		to, why, _ := st.misdialled(fmt.Sprintf("only %d digits", len(st.Digits)))
		return to, why
	}
	if st.Tries++; st.Tries < n.choice.tries {
		return st.utter(StateCollecting, n.words)
	}
	return n.choice.onTimeout, fmt.Sprintf("no digit after %s", tries(st.Tries))
}

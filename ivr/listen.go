package ivr

import (
	"fmt"
	"strings"
	"time"

	"hotline/call"
)

// Listen has a speech service hear what the caller says, and goes on by the intent it makes of that, or by a key.
type Listen struct {
	Service    At[string] // unset: only keys count
	Prompt     Words
	Again      Words             // in its place from the second try on; default: Prompt
	Hints      []At[string]      // words the service is to expect
	Confidence At[int]           // per cent, below which it is not believed; default 50
	Timeout    At[time.Duration] // of silence after the prompt; default 6 s
	Max        At[time.Duration] // from the first word to the last; default 15 s
	Tries      At[int]           // default 2
	// BargeIn lets speech cut the prompt; a key does anyhow. Default true.
	BargeIn At[bool]
	Into    []Pick // variables, out of the service's final word
	Intents []Key  // intent → edge
	Keys    []Key
	// Digits may be keyed in instead of words: an account number. No key is one then.
	Digits   *Digits
	OnDigits At[string] // where they lead
	// The bad-case edges; OnFault is the node's. Default: its Next, else the built-in end. Without OnFault a node that has
	// keys goes on by them.
	OnTimeout At[string]
	OnNoMatch At[string]
}

// Digits are what may be keyed in instead of words, as in a Collect.
type Digits struct {
	Into At[string]
	Min  At[int]
	Max  At[int]
	End  At[string]
	Gap  At[time.Duration]
}

// The defaults and limits of a listen.
const (
	listenTimeout    = 6 * time.Second
	listenMax        = 15 * time.Second
	listenTries      = 2
	listenConfidence = 50
	longestSpeech    = time.Minute
	mostIntents      = 100
	mostHints        = 100
	longestHint      = 128
	// hearSlack is how long after the last word the app may say nothing at all: it has limits of its own.
	hearSlack = 30 * time.Second
)

// listen is a checked one; time-out, tries, keys and the edges of the bad cases are in the node's choice.
type listen struct {
	verb    call.FlowListen // without token and language; no service: only keys count
	again   *words          // nil: as the first time
	digits  *node           // where digits lead; nil: none are taken
	intents map[string]*node
	late    bool // it begins to listen when the prompt has ended
	keyed   bool // without the service it goes on by keys
}

func (c *compiler) listen(d *draft) {
	src, n := d.src.Listen, d.node
	l := &listen{intents: map[string]*node{}, keyed: (len(src.Keys) > 0 || src.Digits != nil) && !d.src.OnFault.IsSet()}
	n.listen = l
	n.choice = &choice{
		timeout: c.duration(src.Timeout, listenTimeout, longestTimeout, "timeout"),
		tries:   c.number(src.Tries, listenTries, 1, mostTries, "tries"),
	}
	n.words = c.words(d, &src.Prompt)
	if len(src.Again.Prompts) > 0 {
		l.again = c.words(d, &src.Again)
		l.again.again = true
	}
	l.late = src.BargeIn.IsSet() && !src.BargeIn.Value
	l.verb = call.FlowListen{
		Service: src.Service.Value, Flow: n.flow.name, Node: n.name, Max: c.duration(src.Max, listenMax, longestSpeech, "max"),
		Confidence: float64(c.number(src.Confidence, listenConfidence, 0, 100, "confidence")) / 100,
	}
	c.spoken(d, l)
	seen := [keyCount]bool{}
	for _, k := range src.Keys {
		if i, ok := c.key(k.Key, &seen); ok {
			n.choice.keys[i] = c.edge(d, k.Next, false, "a key")
		}
	}
	c.digitsBeside(d, l)
	c.listenEdges(d, l)
}

// spoken checks what the service is asked for, and what its answer leads to.
func (c *compiler) spoken(d *draft, l *listen) {
	src := d.src.Listen
	intents, known := c.known.Speech[src.Service.Value]
	switch {
	case src.Service.IsSet() && !known:
		c.report(src.Service.Pos, suggest("speech services", src.Service.Value, keysOf(c.known.Speech)), "speech service %q is unknown", src.Service.Value)
	case !src.Service.IsSet() && len(src.Keys) == 0 && src.Digits == nil:
		c.report(d.src.Name.Pos, `add service: or keys: {"1": node}`, "node %q hears nobody and has no keys", d.node.name)
	case src.Service.IsSet() && len(src.Intents) == 0:
		c.report(d.src.Name.Pos, "add intents: {bill: node}", "listen %q has no intents", d.node.name)
	}
	if len(src.Intents) > mostIntents {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d", mostIntents), "node %q has %d intents", d.node.name, len(src.Intents))
	}
	for _, k := range src.Intents {
		c.word(d, k.Key, "an intent")
		if len(intents) > 0 && !has(intents, k.Key.Value) {
			c.report(k.Key.Pos, suggest("intents", k.Key.Value, append([]string(nil), intents...)), "speech service %q has no intent %q", src.Service.Value, k.Key.Value)
		}
		l.verb.Intents = append(l.verb.Intents, k.Key.Value)
		l.intents[k.Key.Value] = c.edge(d, k.Next, false, "an intent")
	}
	if len(src.Hints) > mostHints {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d", mostHints), "node %q has %d hints", d.node.name, len(src.Hints))
	}
	for _, h := range src.Hints {
		if len(h.Value) > longestHint {
			c.report(h.Pos, fmt.Sprintf("at most %d bytes", longestHint), "a hint is too long")
		}
		l.verb.Hints = append(l.verb.Hints, h.Value)
	}
	if len(src.Into) > mostPicks {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d", mostPicks), "node %q takes %d values over", d.node.name, len(src.Into))
	}
	for _, p := range src.Into {
		pick := c.pick(p)
		pick.Optional = true // which slots there are depends on the intent
		l.verb.Picks = append(l.verb.Picks, pick)
	}
}

// digitsBeside checks the digits that may be keyed in instead of words.
func (c *compiler) digitsBeside(d *draft, l *listen) {
	src := d.src.Listen
	switch {
	case src.Digits == nil && src.OnDigits.IsSet():
		c.report(src.OnDigits.Pos, "add digits: {into: account, max: 8}, or remove it", "listen %q takes no digits", d.node.name)
	case src.Digits == nil:
	case !src.OnDigits.IsSet():
		c.report(d.src.Name.Pos, "add on_digits: and a node", "listen %q does not say where its digits lead", d.node.name)
	default:
		d.node.collect = c.gathers(d, &Collect{Into: src.Digits.Into, Min: src.Digits.Min, Max: src.Digits.Max, End: src.Digits.End, Gap: src.Digits.Gap})
		l.digits = c.edge(d, src.OnDigits, false, "on_digits")
		for _, k := range src.Keys {
			if k.Key.Value == string(rune(d.node.collect.end)) || len(k.Key.Value) == 1 && isDigit(k.Key.Value[0]) {
				c.report(k.Key.Pos, "a key that is no digit and does not end them, as *", "key %q belongs to the digits", k.Key.Value)
			}
		}
	}
}

func isDigit(key byte) bool { return key >= '0' && key <= '9' }

// listenEdges resolves the edges of the bad cases.
func (c *compiler) listenEdges(d *draft, l *listen) {
	src, n := d.src.Listen, d.node
	n.next = n.flow.end
	if d.src.Next.IsSet() {
		n.next, _ = c.resolve(d, d.src.Next)
	}
	n.choice.onTimeout = c.edgeOr(d, src.OnTimeout, d.src.Next, n.next)
	d.links[len(d.links)-1].silent = true
	n.choice.onInvalid = c.edgeOr(d, src.OnNoMatch, d.src.Next, n.next)
	if !l.keyed {
		n.onFault = c.badEdge(d, d.src.OnFault, n.next)
	}
}

func has(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// listen begins a listen node: with a key typed ahead at once, else with its prompt.
func (st *step) listen() (*node, string) {
	st.Listen, st.Spoken = 0, false
	if st.Ahead != "" {
		digit := st.Ahead[0]
		st.Ahead = st.Ahead[1:]
		return st.keyInstead(digit, "typed ahead")
	}
	return st.tryToHear()
}

// tryToHear says the prompt, after others, and has the service listen.
func (st *step) tryToHear(before ...string) (*node, string) {
	n := st.at
	w := n.words
	if st.Tries > 0 && n.listen.again != nil {
		w = n.listen.again
	}
	if !n.listen.late {
		st.askToHear()
	}
	return st.utter(StateListening, w, before...)
}

// askToHear has the service listen, unless it does.
func (st *step) askToHear() {
	v := st.at.listen.verb
	if v.Service == "" || st.Listen != 0 {
		return
	}
	v.Token, v.Language = st.token(), st.Vars.language()
	st.Listen, st.Spoken = v.Token, false
	st.do(v)
}

// deafen has it listen no longer.
func (st *step) deafen() {
	if st.Listen != 0 {
		st.do(call.FlowListenStop{})
	}
	st.Listen = 0
}

// hush ends what sounds, or the silence after it.
func (st *step) hush() {
	if st.State == StateListening {
		st.silence()
	} else {
		st.do(call.FlowTimerStop{})
	}
	st.Awaited = 0
}

// listening waits for words or a key, while the prompt sounds and in the silence after it.
func (st *step) listening(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if isKey(in.Digit) {
			st.hush()
			return st.keyInstead(in.Digit, "pressed")
		}
	case call.FlowPlayed:
		st.promptOver(in)
	case call.FlowFault:
		if st.hears(in.Token) {
			return st.deaf(in.Words)
		}
		st.promptOver(in) // it can't be played
	case call.FlowTimedOut:
		if st.State == StateHearing && st.isAwaited(in) {
			return st.nothingSaid()
		}
	case call.FlowSpeech:
		if st.hears(in.Token) && !st.Spoken {
			st.speech()
		}
	case call.FlowHeard:
		if st.hears(in.Token) {
			return st.heard(in)
		}
	}
	return nil, ""
}

// hears reports whether a token is that of the listening under way.
func (st *step) hears(token uint64) bool { return token != 0 && token == st.Listen }

// promptOver begins the silence after the prompt.
func (st *step) promptOver(in call.FlowInput) {
	if st.State != StateListening || !st.isAwaited(in) {
		return
	}
	if st.at.listen.late {
		st.askToHear()
	}
	st.State = StateHearing
	st.do(call.FlowTimer{Token: st.token(), After: st.at.choice.timeout})
}

// speech is the caller's first word: the prompt ends, and the time-out of silence.
func (st *step) speech() {
	st.Spoken = true
	if st.State == StateListening {
		st.silence()
	}
	st.State = StateHearing
	st.do(call.FlowTimer{Token: st.token(), After: st.at.listen.verb.Max + hearSlack})
}

// heard goes on by what the service has understood.
func (st *step) heard(in call.FlowHeard) (*node, string) {
	n := st.at
	st.Listen = 0
	st.hush()
	for _, p := range n.listen.verb.Picks {
		text, said := in.Values[p.Name]
		if !said {
			delete(st.Vars.Values, p.Name) // of an earlier try, or another call of the node
		} else if !st.takeOver(p, text) {
			return st.noMatch("no room for another variable")
		}
	}
	to := n.listen.intents[in.Intent]
	switch {
	case in.Intent == "":
		return st.noMatch("no intent was understood")
	case to == nil:
		return st.noMatch("an intent was understood that leads nowhere")
	}
	why := fmt.Sprintf("understood %s at %.0f %%", in.Intent, 100*in.Confidence)
	if !(in.Confidence >= n.listen.verb.Confidence) { // nor what is no number
		return st.noMatch(why)
	}
	if to != n {
		st.do(call.FlowMenu{Node: n.name, Intent: in.Intent})
	}
	return to, why
}

// noMatch uses up a try.
func (st *step) noMatch(why string, before ...string) (*node, string) {
	st.Ahead = ""
	if st.Tries++; st.Tries < st.at.choice.tries {
		return st.tryToHear(before...)
	}
	st.do(call.FlowMenu{Node: st.at.name})
	return st.at.choice.onInvalid, fmt.Sprintf("%s, after %s", st.withFault(why), tries(st.Tries))
}

// keyInstead takes a key in the place of words.
func (st *step) keyInstead(digit byte, how string) (*node, string) {
	n := st.at
	st.deafen()
	st.Awaited = 0
	to := n.choice.to(digit)
	if to == nil && n.listen.digits != nil && isDigit(digit) {
		return st.firstDigit(digit)
	}
	if to == nil {
		return st.noMatch(fmt.Sprintf("%s %c, which is no choice", how, digit), st.graph.invalid...)
	}
	if to != n {
		st.do(call.FlowMenu{Node: n.name, Digits: string(rune(digit))})
	}
	return to, st.withFault(fmt.Sprintf("%s %c", how, digit))
}

// firstDigit begins to take digits in the place of words, those typed ahead with it.
func (st *step) firstDigit(digit byte) (*node, string) {
	st.Digits, st.State = "", StateGathering
	to, why, over := st.digit(digit)
	for !over && st.Ahead != "" {
		digit = st.Ahead[0]
		st.Ahead = st.Ahead[1:]
		to, why, over = st.digit(digit)
	}
	if !over {
		st.await()
	}
	return to, why
}

// digitsInstead goes on by the digits that were taken. How many there were is told, never which.
func (st *step) digitsInstead(count int, why string) (*node, string) {
	st.do(call.FlowMenu{Node: st.at.name, Digits: strings.Repeat("*", count)})
	return st.at.listen.digits, st.withFault(why)
}

// misdialledInstead uses up a try by digits that are none.
func (st *step) misdialledInstead(what string) (*node, string) {
	if st.Awaited != 0 {
		st.do(call.FlowTimerStop{})
		st.Awaited = 0
	}
	st.State = StateHearing
	return st.noMatch(what, st.graph.invalid...)
}

// nothingSaid is the end of the silence after the prompt; or of that after the caller's words, in which the app should have said what became of them.
func (st *step) nothingSaid() (*node, string) {
	n := st.at
	if st.Spoken && st.Listen != 0 {
		st.deafen()
		return st.deaf(n.listen.verb.Service + " has not said what it heard")
	}
	if st.Tries++; st.Tries < n.choice.tries {
		if n.listen.late {
			st.deafen()
		}
		return st.tryToHear() // it has listened on
	}
	st.deafen()
	st.do(call.FlowMenu{Node: n.name})
	return n.choice.onTimeout, st.withFault("nothing said or pressed after " + tries(st.Tries))
}

// deaf is a service that is away, slow or lying. A node with keys goes on by them: its prompt sounds on, or again if words have cut it.
func (st *step) deaf(words string) (*node, string) {
	n := st.at
	st.Listen = 0
	if !n.listen.keyed {
		if st.Awaited != 0 {
			st.hush()
		}
		return n.onFault, words
	}
	st.Unsaid = words
	if !st.Spoken {
		return nil, ""
	}
	if st.Awaited != 0 {
		st.hush()
	}
	st.Spoken = false
	if st.Tries++; st.Tries < n.choice.tries {
		return st.tryToHear()
	}
	st.do(call.FlowMenu{Node: n.name})
	return n.choice.onTimeout, words
}

// withFault adds to a reason why only keys counted.
func (st *step) withFault(why string) string {
	if st.Unsaid == "" {
		return why
	}
	return strings.Join([]string{why, st.Unsaid}, "; ")
}

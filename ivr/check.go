package ivr

import (
	"fmt"
	"strings"
	"time"

	"hotline/call"
)

// The defaults and limits of what a node may say.
const (
	menuTimeout    = 5 * time.Second
	menuTries      = 3
	surveyTimeout  = 8 * time.Second
	surveyTries    = 2 // one wrong key is forgiven
	voicemailMax   = 120 * time.Second
	longestTimeout = time.Minute
	longestMessage = 30 * time.Minute
	mostTries      = 10
	mostPrompts    = 32
	mostCases      = 100
)

func (c *compiler) play(d *draft) {
	src := d.src.Play
	d.node.words = c.words(d, &src.Words)
	d.node.bargeIn = src.BargeIn.Value
	d.node.next = c.next(d, true)
	c.onTextFault(d)
}

func (c *compiler) menu(d *draft) {
	src, n := d.src.Menu, d.node
	n.words = c.words(d, &src.Prompt)
	c.onTextFault(d)
	n.choice = &choice{
		timeout: c.duration(src.Timeout, menuTimeout, longestTimeout, "timeout"),
		tries:   c.number(src.Tries, menuTries, 1, mostTries, "tries"),
	}
	if len(src.Keys) == 0 {
		c.report(d.src.Name.Pos, `add keys: {"1": node}`, "menu %q has no keys", n.name)
	}
	seen := [keyCount]bool{}
	for _, k := range src.Keys {
		if i, ok := c.key(k.Key, &seen); ok {
			n.choice.keys[i] = c.edge(d, k.Next, false, "a key")
		}
	}
	n.next = n.flow.end
	if d.src.Next.IsSet() {
		n.next, _ = c.resolve(d, d.src.Next)
	}
	n.choice.onTimeout = c.edgeOr(d, src.OnTimeout, d.src.Next, n.next)
	d.links[len(d.links)-1].silent = true
	n.choice.onInvalid = c.edgeOr(d, src.OnInvalid, d.src.Next, n.next)
}

func (c *compiler) branch(d *draft) {
	src, n := d.src.Branch, d.node
	if len(src.Cases) == 0 {
		c.report(d.src.Name.Pos, "add {if: 'expression', next: node}", "branch %q has no cases", n.name)
	}
	if len(src.Cases) > mostCases {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d; make two nodes of it", mostCases), "branch %q has %d cases", n.name, len(src.Cases))
	}
	for _, s := range src.Cases {
		when, wrong, right := c.exprs.compile(s.If.Value)
		if wrong != "" {
			c.report(s.If.Pos, right, "%s", wrong)
		}
		n.cases = append(n.cases, branchCase{text: s.If.Value, when: when, next: c.edge(d, s.Next, true, "a case")})
	}
	if !src.Else.IsSet() {
		c.report(d.src.Name.Pos, "add else: node", "branch %q does not say where the other callers go", n.name)
		n.next = n.flow.end
		return
	}
	n.next = c.edge(d, src.Else, true, "else")
}

func (c *compiler) queue(d *draft) {
	src, n := d.src.Queue, d.node
	n.queue = src.Queue.Value
	if !c.known.Queues[n.queue] {
		c.report(src.Queue.Pos, suggest("queues", n.queue, keysOf(c.known.Queues)), "queue %q is unknown", n.queue)
	}
	for skill, level := range src.Skills {
		if level < 1 || level > 5 {
			c.report(src.Queue.Pos, "1 to 5", "skill %q has level %d", skill, level)
		}
	}
	n.skills = src.Skills
	n.priority = c.number(src.Priority, 0, 1, 100, "priority")
	n.next = c.next(d, false) // the agents' part lies before it
	n.onFault = c.edgeOr(d, d.src.OnFault, d.src.Next, n.next)
}

func (c *compiler) survey(d *draft) {
	src, n := d.src.Survey, d.node
	n.words = c.words(d, &src.Prompt)
	c.onTextFault(d)
	if src.Into.IsSet() && !isWord(src.Into.Value) {
		c.report(src.Into.Pos, variableRule, "variable %q can't be read as vars.NAME", src.Into.Value)
	}
	n.choice = &choice{
		into:    src.Into.Value,
		timeout: c.duration(src.Timeout, surveyTimeout, longestTimeout, "timeout"),
		tries:   surveyTries,
		answers: new([keyCount]string),
	}
	if len(src.Keys) == 0 {
		c.report(d.src.Name.Pos, `add keys: {"1": satisfied}`, "survey %q has no keys", n.name)
	}
	seen := [keyCount]bool{}
	for _, k := range src.Keys {
		i, ok := c.key(k.Key, &seen)
		if !ok {
			continue
		}
		if n.choice.answers[i] = k.Next.Value; k.Next.Value == "" {
			c.report(k.Key.Pos, "give it a name, such as satisfied", "the answer of key %q has no name", k.Key.Value)
		}
	}
	n.next = c.next(d, true)
	n.choice.onTimeout, n.choice.onInvalid = n.next, n.next
}

func (c *compiler) voicemail(d *draft) {
	src, n := d.src.Voicemail, d.node
	n.mailbox = src.Mailbox.Value
	switch {
	case !src.Mailbox.IsSet(): // the queue's own, in an experience; elsewhere experiences() reports it
	case !c.known.Mailboxes[n.mailbox]:
		c.report(src.Mailbox.Pos, suggest("mailboxes", n.mailbox, keysOf(c.known.Mailboxes)), "mailbox %q is neither a queue nor an agent", n.mailbox)
	}
	if !c.known.Prompts[promptBeep] {
		c.report(d.src.Name.Pos, "add it to the prompts", "a voicemail needs the prompt %q", promptBeep)
	}
	n.max = c.duration(src.Max, voicemailMax, longestMessage, "max")
	n.next = c.next(d, true) // a line gone dead records silence up to max
	n.onFault = c.edgeOr(d, d.src.OnFault, d.src.Next, n.next)
}

func (c *compiler) hangup(d *draft) {
	d.node.cause = call.CauseFlowEnd
	if d.src == nil {
		return // the built-in end
	}
	src := d.src.Hangup
	switch {
	case src.Tone.IsSet():
		if c.prompt(d, src.Tone) {
			d.node.tone = src.Tone.Value
		}
		d.node.max = c.duration(src.For, toneTime, longestTone, "for")
	case src.For.IsSet():
		c.report(src.For.Pos, "add tone: busy, or leave it out", "for says how long a tone is heard, and there is none")
	}
	if !src.Cause.IsSet() {
		return
	}
	cause := src.Cause
	if err := d.node.cause.UnmarshalText([]byte(cause.Value)); err != nil {
		c.report(cause.Pos, suggest("causes", cause.Value, call.Causes()), "cause %q is unknown", cause.Value)
	}
}

// prompt checks one prompt of a node, and reports whether there is one.
func (c *compiler) prompt(d *draft, p At[string]) bool {
	pos := p.Pos
	if !p.IsSet() {
		pos = d.src.Name.Pos
	}
	if p.Value == "" {
		c.report(pos, "name a prompt", "%s %q has no prompt", d.node.kind, d.node.name)
		return false
	}
	if !c.known.Prompts[p.Value] {
		c.report(pos, suggest("prompts", p.Value, keysOf(c.known.Prompts))+" (a site's own are files prompts/<zh|en>/<name>.wav)", "prompt %q is unknown", p.Value)
	}
	return true
}

// key checks a key and that it stands once.
func (c *compiler) key(k At[string], seen *[keyCount]bool) (int, bool) {
	if len(k.Value) != 1 {
		c.report(k.Pos, "one of 0 to 9, * and #", "%q is no key", k.Value)
		return 0, false
	}
	i, ok := keyIndex(k.Value[0])
	switch {
	case !ok:
		c.report(k.Pos, "one of 0 to 9, * and #", "%q is no key", k.Value)
	case seen[i]:
		c.report(k.Pos, "give each key once", "key %q stands twice", k.Value)
		return i, false
	default:
		seen[i] = true
	}
	return i, ok
}

func (c *compiler) duration(d At[time.Duration], otherwise, most time.Duration, what string) time.Duration {
	if !d.IsSet() {
		return otherwise
	}
	if d.Value <= 0 || d.Value > most {
		c.report(d.Pos, fmt.Sprintf("more than 0s, at most %s", most), "%s is %s", what, d.Value)
	}
	return d.Value
}

func (c *compiler) number(n At[int], otherwise, least, most int, what string) int {
	if !n.IsSet() {
		return otherwise
	}
	if n.Value < least || n.Value > most {
		c.report(n.Pos, fmt.Sprintf("%d to %d", least, most), "%s is %d", what, n.Value)
	}
	return n.Value
}

// next resolves the edge that must be there.
func (c *compiler) next(d *draft, silent bool) *node {
	if !d.src.Next.IsSet() {
		c.report(d.src.Name.Pos, "add next: and a node, or next: hangup", "%s %q does not say what comes next", d.node.kind, d.node.name)
		return d.node.flow.end
	}
	return c.edge(d, d.src.Next, silent, "next")
}

// edgeOr resolves an edge that has a default. A fault is no caller's action either, but
// rare, and a session bears only a few; counting it here would forbid a queue to lead back to a menu.
func (c *compiler) edgeOr(d *draft, own, inherited At[string], otherwise *node) *node {
	if own.IsSet() {
		return c.edge(d, own, false, "an edge")
	}
	d.links = append(d.links, link{to: otherwise, pos: inherited.Pos})
	return otherwise
}

// edge resolves an edge and notes it for the checks of the whole graph.
func (c *compiler) edge(d *draft, to At[string], silent bool, what string) *node {
	if to.Value == "" {
		pos := to.Pos
		if !to.IsSet() {
			pos = d.src.Name.Pos
		}
		c.report(pos, "name a node, or hangup", "%s of %q leads nowhere", what, d.node.name)
		return d.node.flow.end
	}
	n, exact := c.resolve(d, to)
	d.links = append(d.links, link{to: n, silent: silent && exact, pos: to.Pos})
	return n
}

// resolve finds the node an edge names, and whether there is one. For an unknown
// one it gives the nearest name's, so that one slip of the pen is not reported as
// unreachable nodes too.
func (c *compiler) resolve(d *draft, to At[string]) (*node, bool) {
	f := d.node.flow
	if name, ok := strings.CutPrefix(to.Value, "flow:"); ok {
		return c.resolveFlow(f, At[string]{name, to.Pos})
	}
	switch to.Value {
	case endName:
		return f.end, true
	case returnName:
		return f.ret, true
	}
	if n := f.nodes[to.Value]; n != nil {
		return n, true
	}
	names := keysOf(f.nodes)
	c.report(to.Pos, suggest("nodes", to.Value, names), "there is no node %q in flow %q", to.Value, f.name)
	if n := f.nodes[nearest(to.Value, names)]; n != nil {
		return n, false
	}
	return f.end, false
}

// resolveFlow finds where another flow starts.
func (c *compiler) resolveFlow(from *flow, to At[string]) (*node, bool) {
	f := c.graph.flows[to.Value]
	if f == nil {
		c.report(to.Pos, suggest("flows", to.Value, keysOf(c.graph.flows)), "there is no flow %q", to.Value)
		return from.end, false
	}
	if f.start == nil {
		return from.end, false // reported where that flow is declared
	}
	return f.start, true
}

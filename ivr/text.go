package ivr

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"hotline/call"
)

// PlayText is a text with values among what a play node says: {EXPRESSION} in it stands for its value.
type PlayText struct {
	At       int // its place among the node's prompts, where a word without a value stands
	Text     At[string]
	Language string     // zh or en
	Voice    string     // empty: the node's for the language
	Instead  At[string] // a prompt, said where the text can't be
	Private  At[bool]   // it is kept nowhere
}

// The limits of texts with values.
const (
	textTimeout     = 2 * time.Second
	longestTextTime = 10 * time.Second
	longestSpoken   = 2000 // bytes of a text, values and all
)

// piece is one thing a play node with such texts says: a prompt, or a text.
type piece struct {
	prompt string // of a text: what is said in its place; empty: nothing is
	text   *spokenText
}

// spokenText is a checked text.
type spokenText struct {
	parts []pathPart
	verb  call.FlowText // without its text
}

// texts is what a play node with them says.
type texts struct {
	pieces  []piece
	before  int // prompts before the first text
	timeout time.Duration
	count   int
}

// spokenTypes are those of values that sound right as they are written.
var spokenTypes = []string{"string", "int", "float64"}

// texts checks a play node that has texts with values.
func (c *compiler) texts(d *draft) {
	src, n := d.src.Play, d.node
	switch {
	case len(src.Texts) > 0:
	case src.Timeout.IsSet():
		c.report(src.Timeout.Pos, "remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}", "node %q has nothing to wait for", n.name)
		return
	case d.src.OnFault.IsSet():
		c.report(d.src.OnFault.Pos, "remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}", "nothing can fail in node %q", n.name)
		return
	default:
		return
	}
	t := &texts{before: src.Texts[0].At, timeout: c.duration(src.Timeout, textTimeout, longestTextTime, "timeout"), count: len(src.Texts)}
	n.texts = t
	prompts := n.prompts
	n.prompts = nil // what is shown of the node, below
	for i, next := 0, 0; i < len(src.Prompts); i++ {
		if next < len(src.Texts) && src.Texts[next].At == i {
			t.pieces = append(t.pieces, c.text(d, &src.Texts[next]))
			n.prompts = append(n.prompts, "“"+src.Texts[next].Text.Value+"”")
			next++
			continue
		}
		if len(prompts) > 0 { // else it is reported already
			t.pieces, n.prompts, prompts = append(t.pieces, piece{prompt: prompts[0]}), append(n.prompts, prompts[0]), prompts[1:]
		}
	}
	n.onFault = n.next
	if d.src.OnFault.IsSet() {
		n.onFault = c.edge(d, d.src.OnFault, true, "an edge")
	}
}

// text checks one.
func (c *compiler) text(d *draft, src *PlayText) piece {
	p := piece{prompt: src.Instead.Value, text: &spokenText{verb: call.FlowText{Language: src.Language, Voice: src.Voice, Private: src.Private.Value}}}
	c.exprs.readWho = false
	p.text.parts = c.parts(src.Text, "text", "您的余额是 {vars.balance} 元", func(v compiled) {
		if v.gives != "" && !slices.Contains(spokenTypes, v.gives) {
			c.report(src.Text.Pos, "say it by a say node, as {date: vars.due}, or make a text of it", "a value of the text is %s, which can't be read out", typeWord(v.gives))
		}
	})
	p.text.verb.Private = p.text.verb.Private || c.exprs.readWho
	switch {
	case src.Instead.IsSet() && !c.known.Prompts[src.Instead.Value]:
		c.report(src.Instead.Pos, suggest("prompts", src.Instead.Value, keysOf(c.known.Prompts)), "prompt %q is unknown", src.Instead.Value)
	case !src.Instead.IsSet() && !d.src.OnFault.IsSet():
		c.report(src.Text.Pos, "add else: and a prompt, or on_fault: and a node", "nothing is said where the text can't be rendered in time")
	}
	return p
}

// parts takes a text apart at its braces.
func (c *compiler) parts(src At[string], what, such string, check func(compiled)) (parts []pathPart) {
	text := src.Value
	for text != "" {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			return append(parts, pathPart{text: text})
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			c.report(src.Pos, "close it with }, as "+such, "a { of the %s is not closed", what)
			return parts
		}
		if open > 0 {
			parts = append(parts, pathPart{text: text[:open]})
		}
		v := c.exprs.value(text[open+1 : open+end])
		if v.wrong != "" {
			c.report(src.Pos, v.right, "%s", v.wrong)
		} else if check != nil {
			check(v)
		}
		parts, text = append(parts, pathPart{value: v.expression}), text[open+end+1:]
	}
	return parts
}

// say is the text with its values.
func (t *spokenText) say(env *exprEnv) (string, error) {
	var out strings.Builder
	for _, p := range t.parts {
		if p.value == nil {
			out.WriteString(p.text)
			continue
		}
		v, err := p.value.value(env)
		if err != nil {
			return "", err
		}
		out.WriteString(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, textOf(v)))
	}
	text := strings.TrimSpace(out.String())
	if text == "" || len(text) > longestSpoken {
		return "", fmt.Errorf("a text of %d bytes", len(text))
	}
	return text, nil
}

// render has the texts of a play node rendered, while what stands before them sounds.
func (st *step) render(n *node) (*node, string) {
	env, wanted := st.graph.env(st.now, &st.Vars), false
	verb := call.FlowRender{}
	for _, p := range n.texts.pieces {
		if p.text == nil {
			continue
		}
		v := p.text.verb
		if text, err := p.text.say(env); err == nil {
			v.Text, wanted = text, true
		}
		verb.Texts = append(verb.Texts, v)
	}
	st.Render, st.Rendered, st.Sounding = 0, nil, false
	if !wanted {
		return st.afterTexts("a value could not be had")
	}
	verb.Token = st.token()
	st.Render = verb.Token
	st.do(verb)
	if n.texts.before == 0 {
		st.awaitTexts()
		return nil, ""
	}
	var before []string
	for _, p := range n.texts.pieces[:n.texts.before] {
		before = append(before, p.prompt)
	}
	st.Sounding = true
	st.play(StateRendering, before)
	return nil, ""
}

// awaitTexts begins the silence in which they have to come.
func (st *step) awaitTexts() {
	st.State, st.Sounding = StateRendering, false
	st.do(call.FlowTimer{Token: st.token(), After: st.at.texts.timeout})
}

// rendering waits for the texts, and for the end of what sounds before them.
func (st *step) rendering(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		return st.keyWhileRendering(in.Digit)
	case call.FlowRendered:
		if in.Token != 0 && in.Token == st.Render {
			return st.rendered(in.Prompts, "")
		}
	case call.FlowFault:
		if in.Token != 0 && in.Token == st.Render {
			return st.rendered(nil, in.Words)
		}
		return st.beforeOver(in)
	case call.FlowPlayed:
		return st.beforeOver(in)
	case call.FlowTimedOut:
		if !st.Sounding && st.isAwaited(in) {
			st.do(call.FlowRenderStop{Late: true})
			st.Render = 0
			return st.afterTexts(fmt.Sprintf("not rendered within %s", st.at.texts.timeout))
		}
	}
	return nil, ""
}

// keyWhileRendering keeps a key, or goes on by it.
func (st *step) keyWhileRendering(digit byte) (*node, string) {
	if !isKey(digit) {
		return nil, ""
	}
	st.keep(digit)
	if !st.at.bargeIn {
		return nil, ""
	}
	if st.Render != 0 {
		st.do(call.FlowRenderStop{})
	}
	if st.Sounding {
		st.do(call.FlowStop{})
	} else {
		st.do(call.FlowTimerStop{})
	}
	st.Render, st.Awaited = 0, 0
	return st.at.next, fmt.Sprintf("pressed %c", digit)
}

// rendered notes what came, and goes on if nothing sounds any more.
func (st *step) rendered(prompts []string, words string) (*node, string) {
	st.Render, st.Unsaid = 0, words
	if len(prompts) == st.at.texts.count {
		st.Rendered = slices.Clone(prompts)
	}
	if st.Sounding {
		return nil, ""
	}
	st.do(call.FlowTimerStop{})
	return st.afterTexts(words)
}

// beforeOver is the end of what stands before the texts.
func (st *step) beforeOver(in call.FlowInput) (*node, string) {
	if !st.Sounding || !st.isAwaited(in) {
		return nil, ""
	}
	st.Sounding = false
	if st.Render == 0 {
		return st.afterTexts(st.Unsaid)
	}
	st.awaitTexts()
	return nil, ""
}

// afterTexts says the texts and what stands after them; where one is missing, what is to be said in its place.
func (st *step) afterTexts(words string) (*node, string) {
	n := st.at
	if words == "" {
		words = "not rendered"
	}
	var prompts []string
	text, missing := 0, 0
	for _, p := range n.texts.pieces[n.texts.before:] {
		if p.text == nil {
			prompts = append(prompts, p.prompt)
			continue
		}
		name := ""
		if text < len(st.Rendered) {
			name = st.Rendered[text]
		}
		text++
		switch {
		case name != "":
			prompts = append(prompts, name)
		case p.prompt == "":
			st.Rendered = nil
			return n.onFault, "a text could not be said: " + words
		default:
			missing++
			prompts = append(prompts, p.prompt)
		}
	}
	st.Rendered, st.Unsaid = nil, ""
	if missing > 0 {
		st.Unsaid = "a text could not be said: " + words
	}
	st.play(StatePlaying, prompts)
	return nil, ""
}

package ivr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// Words are what a node says: prompts one after another, and texts between them.
type Words struct {
	Prompts []At[string]
	// Texts are those of Prompts that hold values and so are rendered in the call, within Timeout (default 2 s) from when the
	// caller would hear nothing.
	Texts   []Text
	Timeout At[time.Duration]
}

// Text is a text with values: {EXPRESSION} in it stands for its value.
type Text struct {
	At       int // its place among the prompts, where a word without a value stands
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

// words are checked ones.
type words struct {
	shown   []string // prompts, and texts as a picture shows them
	greets  bool     // one of them is welcome, which a holiday's greeting replaces
	pieces  []piece  // nil: shown is what is said
	texts   int      // how many of the pieces are
	timeout time.Duration
	again   bool // of a listen, from the second try on
}

// brief is what is said in a few words, values by their expressions.
func (w *words) brief() string {
	if w.pieces == nil {
		return strings.Join(w.shown, ", ")
	}
	var all []string
	shown := 0
	for i := range w.pieces {
		if v := w.pieces[i].value; v != nil {
			all = append(all, v.as+" "+v.text)
			continue
		}
		all = append(all, w.shown[shown])
		shown++
	}
	return strings.Join(all, ", ")
}

// piece is one thing a node says: a prompt, a value, or a text.
type piece struct {
	prompt string // of a text: what is said in its place; empty: nothing is
	value  *saying
	text   *spokenText
}

// spokenText is a checked text.
type spokenText struct {
	parts []pathPart
	verb  call.FlowText // without its text
	pos   Pos
}

// spokenTypes are those of values that sound right as they are written.
var spokenTypes = []string{"string", "int", "float64"}

// words checks what a node says.
func (c *compiler) words(d *draft, src *Words) *words {
	w := &words{}
	if len(src.Prompts) == 0 {
		c.prompt(d, At[string]{})
	}
	next := 0
	for i, p := range src.Prompts {
		if next < len(src.Texts) && src.Texts[next].At == i {
			c.addText(w, &src.Texts[next])
			next++
		} else if c.prompt(d, p) {
			w.addPrompt(p.Value)
		}
	}
	c.bounded(d, len(src.Prompts))
	c.textsOf(d, w, src.Timeout)
	return w
}

// bounded reports a node that says too much.
func (c *compiler) bounded(d *draft, count int) {
	if count > mostPrompts {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d; make two nodes of it", mostPrompts), "node %q says %d things", d.node.name, count)
	}
}

func (w *words) addPrompt(name string) {
	w.shown, w.pieces, w.greets = append(w.shown, name), append(w.pieces, piece{prompt: name}), w.greets || name == promptWelcome
}

// textsOf checks what goes with texts, once all the node says is known. A text that can't be said is left out where something
// is heard all the same; not in a play, which is there for what it says.
func (c *compiler) textsOf(d *draft, w *words, timeout At[time.Duration]) {
	w.timeout = c.duration(timeout, textTimeout, longestTextTime, "the time-out of texts")
	d.node.texts = d.node.texts || w.texts > 0
	var without, sure bool
	for _, p := range w.pieces {
		without = without || p.text != nil && p.prompt == ""
		sure = sure || p.text == nil || p.prompt != ""
	}
	switch out := d.src.OnFault.IsSet() && d.node.kind != kindListen || d.node.flow.announces; { // the music goes on
	case w.texts == 0 && timeout.IsSet():
		c.report(timeout.Pos, "remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}", "node %q has nothing to wait for", d.node.name)
	case out || !without || sure && d.node.kind != kindPlay:
	case d.node.kind == kindListen: // its on_fault is its service's
		c.report(w.wayless(), "add else: and a prompt", "nothing is said where the text can't be rendered in time")
	default:
		c.report(w.wayless(), "add else: and a prompt, or on_fault: and a node", "nothing is said where the text can't be rendered in time")
	}
	if w.texts == 0 && !slices.ContainsFunc(w.pieces, func(p piece) bool { return p.value != nil }) {
		w.pieces = nil
	}
}

// wayless is where the first text stands that has nothing in its place.
func (w *words) wayless() Pos {
	i := slices.IndexFunc(w.pieces, func(p piece) bool { return p.text != nil && p.prompt == "" })
	return w.pieces[i].text.pos
}

// onTextFault resolves where a node leads whose text can't be said, if anywhere: else that is left out.
func (c *compiler) onTextFault(d *draft) {
	if d.node.texts && d.src.OnFault.IsSet() {
		d.node.onFault = c.edge(d, d.src.OnFault, true, "an edge")
	}
}

// addText checks one.
func (c *compiler) addText(w *words, src *Text) {
	verb := call.FlowText{Language: src.Language, Voice: src.Voice, Private: src.Private.Value}
	p := piece{prompt: src.Instead.Value, text: &spokenText{pos: src.Text.Pos, verb: verb}}
	c.exprs.readWho = false
	p.text.parts = c.parts(src.Text, "text", "您的余额是 {vars.balance} 元", func(v compiled) {
		if v.gives != "" && !slices.Contains(spokenTypes, v.gives) {
			c.report(src.Text.Pos, "say it by a say node, as {date: vars.due}, or make a text of it",
				"a value of the text is %s, which can't be read out", typeWord(v.gives))
		}
	})
	p.text.verb.Private = p.text.verb.Private || c.exprs.readWho
	if src.Instead.IsSet() && !c.known.Prompts[src.Instead.Value] {
		c.report(src.Instead.Pos, suggest("prompts", src.Instead.Value, keysOf(c.known.Prompts)), "prompt %q is unknown", src.Instead.Value)
	}
	w.shown, w.pieces = append(w.shown, "“"+src.Text.Value+"”"), append(w.pieces, p)
	w.texts++
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

package ivr

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"hotline/call"
)

// notSaid is how the timeline tells that a text was not said, never what.
const notSaid = "a text could not be said: "

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

// utter says what a node says, after others, in a state that waits for the end of that: for its FlowPlayed. It is the one
// place where nodes begin to say something; texts with values are rendered meanwhile, behind what stands before them.
// It gives an edge where nothing is to be waited for.
func (st *step) utter(state State, w *words, before ...string) (*node, string) {
	st.State = state
	prompts := append(before[:len(before):len(before)], w.shown...)
	if w.pieces != nil {
		rest, text := st.pieces(w, before)
		if text >= 0 {
			return st.render(w, rest, text)
		}
		prompts = prompts[:0]
		for _, p := range rest {
			prompts = append(prompts, p.Prompt)
		}
		if len(prompts) == 0 {
			return st.saidNothing()
		}
	} else if w.greets {
		for i := range prompts {
			prompts[i] = st.greeting(prompts[i])
		}
	}
	st.play(prompts)
	return nil, ""
}

// greeting is the day's in the place of welcome.
func (st *step) greeting(prompt string) string {
	if prompt == promptWelcome {
		if greeting := st.graph.greeting(st.now); greeting != "" {
			return greeting
		}
	}
	return prompt
}

// play begins prompts, which are the session's own no more.
func (st *step) play(prompts []string) {
	st.do(call.FlowPlay{Token: st.token(), Prompts: prompts})
}

// saidNothing is the end of what is not there: the state goes on as after a prompt.
func (st *step) saidNothing() (*node, string) {
	if st.State == StatePlaying {
		why := cmp.Or(st.Unsaid, st.Missed)
		st.Missed = ""
		return st.at.next, why
	}
	return st.take(call.FlowPlayed{Token: st.token()})
}

// pieces are what is to be said now, and where the first text is; −1: there is none. A value that can't be said is left out.
func (st *step) pieces(w *words, before []string) (rest []call.FlowPiece, first int) {
	first = -1
	for _, p := range before {
		rest = append(rest, call.FlowPiece{Prompt: p})
	}
	var env *exprEnv
	var failed []string
	texts := 0
	for i := range w.pieces {
		p := &w.pieces[i]
		switch {
		case p.text != nil:
			if texts++; first < 0 {
				first = len(rest)
			}
			rest = append(rest, call.FlowPiece{Prompt: p.prompt, Text: texts})
		case p.value != nil:
			if env == nil {
				env = st.graph.env(st.now, &st.Vars)
			}
			parts, err := p.value.parts(env)
			if err != nil {
				failed = append(failed, fmt.Sprintf("%s %q can't be said", p.value.as, p.value.text))
				continue
			}
			for _, part := range parts {
				rest = append(rest, call.FlowPiece{Prompt: part})
			}
		default:
			rest = append(rest, call.FlowPiece{Prompt: st.greeting(p.prompt)})
		}
	}
	if len(failed) > 0 {
		st.Unsaid = strings.Join(failed, ", ")
	}
	return rest, first
}

// render has the texts rendered, while what stands before them sounds. Those of an earlier try are said again as they are.
func (st *step) render(w *words, rest []call.FlowPiece, first int) (*node, string) {
	st.Rest, st.Render, st.Sounding = rest, 0, false
	if len(st.Rendered) > 0 && st.RenderedAgain == w.again {
		return st.sayRest("")
	}
	st.Rendered, st.RenderedAgain = nil, w.again
	words := call.FlowWords{Texts: st.texts(w)}
	wanted := words.Wants()
	st.RenderTime = w.timeout
	if wanted {
		st.Render = st.token()
		st.do(call.FlowRender{Token: st.Render, Texts: words.Texts})
	} else {
		st.Missed = notSaid + "a value could not be had"
	}
	switch {
	case first == 0 && !wanted:
		return st.sayRest(st.Missed)
	case first == 0:
		st.awaitTexts()
		return nil, ""
	}
	var before []string
	for _, p := range rest[:first] {
		before = append(before, p.Prompt)
	}
	st.Rest, st.Sounding = rest[first:], true
	st.play(before)
	return nil, ""
}

// texts are those of what a node says, with their values; one whose value can't be had is empty.
func (st *step) texts(w *words) (all []call.FlowText) {
	env := st.graph.env(st.now, &st.Vars)
	for i := range w.pieces {
		text := w.pieces[i].text
		if text == nil {
			continue
		}
		v := text.verb
		if said, err := text.say(env); err == nil {
			v.Text = said
		}
		all = append(all, v)
	}
	return all
}

// awaitTexts begins the silence in which they have to come.
func (st *step) awaitTexts() {
	st.Sounding = false
	st.do(call.FlowTimer{Token: st.token(), After: st.RenderTime})
}

// uttering waits for texts, and for the end of what sounds before them. What is not about that is the state's own.
func (st *step) uttering(in call.FlowInput) (to *node, why string, mine bool) {
	switch in := in.(type) {
	case call.FlowRendered:
		if in.Token != 0 && in.Token == st.Render {
			to, why = st.rendered(in.Prompts, "")
			return to, why, true
		}
	case call.FlowFault:
		if in.Token != 0 && in.Token == st.Render {
			to, why = st.rendered(nil, notSaid+in.Words)
			return to, why, true
		}
	}
	if !st.isAwaited(in) {
		return nil, "", false
	}
	_, timedOut := in.(call.FlowTimedOut)
	switch {
	case timedOut && !st.Sounding:
		st.do(call.FlowRenderStop{Late: true})
		to, why = st.sayRest(fmt.Sprintf("%snot rendered within %s", notSaid, st.RenderTime))
	case !timedOut && st.Sounding:
		to, why = st.beforeOver()
	}
	return to, why, true
}

// rendered notes what came, and goes on if nothing sounds any more.
func (st *step) rendered(prompts []string, words string) (*node, string) {
	st.Render, st.Rendered = 0, slices.Clone(prompts)
	if st.Sounding {
		st.Missed = words
		return nil, ""
	}
	st.do(call.FlowTimerStop{})
	return st.sayRest(words)
}

// beforeOver is the end of what stands before the texts.
func (st *step) beforeOver() (*node, string) {
	if st.Render != 0 {
		st.awaitTexts()
		return nil, ""
	}
	return st.sayRest(st.Missed)
}

// sayRest says the texts and what stands after them; where one is missing, what is to be said in its place. If that is
// nothing, the node's edge for it is taken, else the text is left out.
func (st *step) sayRest(why string) (*node, string) {
	if why == "" {
		why = notSaid + "not rendered"
	}
	rest, missing := st.Rest, false
	st.Rest, st.Render, st.Sounding = nil, 0, false
	var prompts []string
	for _, p := range rest {
		name, said := p.Sound(st.Rendered)
		missing = missing || !said
		if to := st.at.onFault; name == "" && to != nil && st.at.kind != kindListen { // whose on_fault is its service's
			st.Missed = ""
			return to, why
		}
		if name != "" {
			prompts = append(prompts, name)
		}
	}
	if missing {
		st.Rendered, st.Missed = nil, why
	}
	if len(prompts) == 0 {
		return st.saidNothing()
	}
	st.play(prompts)
	return nil, ""
}

// silence ends what a node says, or the wait for its texts.
func (st *step) silence() {
	if st.Render != 0 {
		st.do(call.FlowRenderStop{})
	}
	if len(st.Rest) > 0 && !st.Sounding {
		st.do(call.FlowTimerStop{})
	} else {
		st.do(call.FlowStop{})
	}
	st.Rest, st.Render, st.Sounding = nil, 0, false
}

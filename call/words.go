package call

import "time"

// FlowWords is something to be said that the flow's room has worked out. Texts in it are rendered first, within a time; none
// is wanted where all is known.
type FlowWords struct {
	Pieces []FlowPiece
	Texts  []FlowText
	Within time.Duration
	Unsaid string // for the timeline: values that can't be said
}

// FlowPiece is a thing to be said: a prompt, or a text.
type FlowPiece struct {
	Prompt string `json:"prompt,omitempty"` // of a text: what is said in its place; empty: nothing is
	Text   int    `json:"text,omitempty"`   // which of the texts, from 1; 0: it is none
}

// Wants reports whether anything has to be rendered.
func (w FlowWords) Wants() bool {
	for _, t := range w.Texts {
		if t.Text != "" {
			return true
		}
	}
	return false
}

// Prompts are what is said, with what FlowRendered brought. missing tells that a text is not said.
func (w FlowWords) Prompts(rendered []string) (prompts []string, missing bool) {
	for _, p := range w.Pieces {
		name, said := p.Sound(rendered)
		missing = missing || !said
		if name != "" {
			prompts = append(prompts, name)
		}
	}
	return prompts, missing
}

// Sound is the prompt by which a piece is said; said tells that it is itself, and not what stands in its place.
func (p FlowPiece) Sound(rendered []string) (name string, said bool) {
	i := p.Text - 1
	switch {
	case i < 0:
		return p.Prompt, true
	case i < len(rendered) && rendered[i] != "":
		return rendered[i], true
	}
	return p.Prompt, false
}

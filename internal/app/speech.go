package app

import (
	"bytes"
	"cmp"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hotline/call"
	"hotline/config"
	"hotline/ivr"
	"hotline/ivr/prompts/voice"
	"hotline/media"
)

// speechFolder is where rendered texts are kept, under node.data.
const speechFolder = "speech"

// textsWithin is how long a site's texts may take to be rendered, all together.
const textsWithin = 5 * time.Minute

// speechOf is what renders a site's texts on a node; nil: nothing does.
func speechOf(n *config.Node) *voice.Voice {
	o, ok := voiceOptions(n)
	if !ok {
		return nil
	}
	return voice.New(o)
}

// voiceOptions are what the node file says of rendering texts; false: nothing renders any.
func voiceOptions(n *config.Node) (voice.Options, bool) {
	o := voice.Options{
		Dir: filepath.Join(n.Data, speechFolder), Timeout: n.Speech.Timeout, AtOnce: n.Speech.AtOnce, MaxBytes: n.Speech.Cache,
	}
	switch {
	case len(n.Speech.Command) > 0:
		o.Engine, o.Provider = strings.Join(n.Speech.Command, "\x00"), voice.Command{Argv: n.Speech.Command}
	case n.Speech.URL != "":
		o.Engine, o.Provider = n.Speech.URL, voice.HTTP{URL: n.Speech.URL, Headers: revealed(n.Speech.Headers), Client: voice.NewClient()}
	}
	return o, o.Provider != nil
}

// canSpeak reports texts that nothing could render.
func canSpeak(texts []config.SpokenText, s config.Speech) error {
	if len(texts) == 0 || s.On() {
		return nil
	}
	var problems config.Problems
	for _, t := range texts {
		p := t.At
		p.Wrong, p.Right = "nothing renders texts on this node", "name a command or a url under speech in the node file, or record a prompt"
		problems = append(problems, p)
	}
	return problems
}

// addTexts renders a site's texts and puts them beside its prompts, in every language: a text is in its own. What an older
// revision has is taken over. A text that can't be rendered is a mistake at its place: better now than in a call.
func (s *sounds) addTexts(texts []config.SpokenText, v *voice.Voice, o config.Speech, old *sounds) error {
	if err := canSpeak(texts, o); err != nil || len(texts) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), textsWithin)
	defer cancel()
	var mu sync.Mutex
	var working sync.WaitGroup
	var problems config.Problems
	s.texts = map[string]*media.Sound{}
	for _, t := range texts {
		if t.Values {
			continue // in the call
		}
		mu.Lock()
		_, begun := s.texts[t.Prompt]
		if !begun {
			s.texts[t.Prompt] = old.text(t.Prompt)
		}
		known := s.texts[t.Prompt] != nil
		mu.Unlock()
		if begun || known {
			continue
		}
		t.Voice = cmp.Or(t.Voice, o.Voices[t.Language], t.Language)
		working.Go(func() { // v bounds how many are at work
			sound, err := speak(ctx, v, t.Text)
			mu.Lock()
			defer mu.Unlock()
			if s.texts[t.Prompt] = sound; err != nil {
				p := t.At
				p.Wrong, p.Right = err.Error(), "speech in the node file says what renders texts"
				problems = append(problems, p)
			}
		})
	}
	working.Wait()
	if len(problems) > 0 {
		return problems
	}
	for _, language := range ivr.Languages() {
		for name, sound := range s.texts {
			s.all[language][name] = sound
		}
	}
	return nil
}

// text is a rendered text; nil: there is none.
func (s *sounds) text(name string) *media.Sound {
	if s == nil {
		return nil
	}
	return s.texts[name]
}

// speak renders one text.
func speak(ctx context.Context, v *voice.Voice, t voice.Text) (*media.Sound, error) {
	file, err := v.Sound(ctx, t)
	if err != nil {
		return nil, err
	}
	sound, err := media.ReadSound(bytes.NewReader(file), media.SpeechLevel)
	if err != nil {
		return nil, call.Errorf(call.CodeUnavailable, "what renders texts gave no sound: %w", err)
	}
	return sound, nil
}

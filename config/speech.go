package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"hotline/ivr"
	"hotline/ivr/prompts"
	"hotline/ivr/prompts/voice"
)

// readSpeech reads the node file's {command: [...]} or {url, headers}, and {voices, timeout, at_once, cache}. The
// program stands in the node file and not in the site: who may change the site must not thereby run programs.
func readSpeech(f *fields) Speech {
	b := &builder{reader: f.r}
	s := Speech{
		Timeout: f.duration("timeout", 10*time.Second, 100*time.Millisecond), AtOnce: f.integer("at_once", 2, 1, 64),
		Cache: f.size("cache", 200<<20, 1<<20), CallsAtOnce: f.integer("calls_at_once", 8, 1, 256), CallsCache: f.size("calls_cache", 100<<20, 1<<20), Voices: map[string]string{},
	}
	for _, w := range f.words("command") {
		s.Command = append(s.Command, w.Value)
	}
	if w := f.word("url"); w.Value != "" {
		s.URL = b.serviceURL(w)
		if len(s.Command) > 0 {
			f.r.wrong(w.Pos, "speech has both a command and a url", "one of them")
		}
	}
	if v := f.get("headers"); v != nil {
		s.Headers = b.headers(v)
	}
	if v := f.get("voices"); v != nil {
		r := f.r.fields(v, "voices")
		for _, language := range []string{prompts.Chinese, prompts.English} {
			if w := r.word(language); w.Value != "" {
				s.Voices[language] = b.voiceName(w)
			}
		}
		r.close()
	}
	f.close()
	return s
}

// voiceName checks a voice's name: it may become a program's argument, so that it must not look like an option.
func (b *builder) voiceName(w word) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-+.", r)
	}
	if len(w.Value) > 64 || w.Value[0] == '-' || strings.ContainsFunc(w.Value, func(r rune) bool { return !plain(r) }) {
		b.wrong(w.Pos, fmt.Sprintf("voice %q is no name of one", clip(w.Value)), "letters, digits and _ - + ., not beginning with -")
		return ""
	}
	return w.Value
}

// SpokenText is a text that a flow says. It is played as a prompt of the name Prompt.
type SpokenText struct {
	Prompt string // empty for one with values
	Values bool   // it is rendered in the call
	voice.Text
	At Problem // where it stands
}

// said reads what a node says: prompts, and texts as {text: …, language: zh, voice: …}; one of them, or a list.
func (b *builder) said(v *value, of string) (out ivr.Words) {
	for _, item := range v.entries() {
		if item.kind == kindMap {
			b.spoken(item, &out)
			continue
		}
		w := b.item(item, of)
		b.promptWords([]word{w})
		if w.Value != "" {
			out.Prompts = append(out.Prompts, w)
		}
	}
	return out
}

// asked reads what a node that asks something says, and how long its texts may take.
func (b *builder) asked(f *fields) ivr.Words {
	out := b.said(f.must("prompt"), "prompt")
	out.Timeout = f.span("text_timeout")
	return out
}

// spoken reads one text. One with values is rendered in the call, the others when the site is loaded.
func (b *builder) spoken(v *value, out *ivr.Words) {
	f := b.fields(v, "what is said")
	defer f.close()
	text, language, name := f.mustWord("text"), f.word("language"), f.word("voice")
	t := voice.Text{Text: strings.TrimSpace(text.Value), Language: prompts.Chinese}
	if language.Value != "" {
		if t.Language = language.Value; t.Language != prompts.Chinese && t.Language != prompts.English {
			b.wrong(language.Pos, fmt.Sprintf("language %q is none a text can be in", clip(t.Language)), "zh or en")
		}
	}
	if name.Value != "" {
		t.Voice = b.voiceName(name)
	}
	if t.Text == "" {
		return
	}
	if len(t.Text) > voice.MaxText {
		b.wrong(text.Pos, "the text is too long", fmt.Sprintf("at most %d bytes", voice.MaxText))
	}
	s := SpokenText{Text: t, At: Problem{File: text.Pos.File, Line: text.Pos.Line, Column: text.Pos.Column}}
	if s.Values = strings.ContainsRune(t.Text, '{'); s.Values {
		out.Texts = append(out.Texts, b.valuedText(f, text, t, len(out.Prompts)))
	} else {
		sum := sha256.Sum256([]byte(t.Language + "\x00" + t.Voice + "\x00" + t.Text))
		s.Prompt = "text:" + hex.EncodeToString(sum[:8])
		b.prompts[s.Prompt] = true
	}
	b.site.Texts = append(b.site.Texts, s)
	out.Prompts = append(out.Prompts, word{Value: s.Prompt, Pos: text.Pos})
}

// valuedText reads what a text with values has beside it.
func (b *builder) valuedText(f *fields, text word, t voice.Text, at int) ivr.Text {
	out := ivr.Text{At: at, Text: word{Value: t.Text, Pos: text.Pos}, Language: t.Language, Voice: t.Voice, Private: f.flag("private")}
	if w := f.word("else"); w.IsSet() {
		out.Instead = b.promptWord(w)
	}
	return out
}

package config

import (
	"strings"

	"hotline/ivr/prompts"
)

// mostStudio is how many prompts a site may give numbers.
const mostStudio = 1000

// readStudio reads which prompts can be recorded by phone: {number: "1", prompt: welcome, language: zh}.
func (b *builder) readStudio() {
	for i, v := range b.sections[sectionStudio] {
		f := b.fields(v, "a prompt number")
		number, name := f.mustWord("number"), f.mustWord("prompt")
		p := StudioPrompt{Number: number.Value, Name: name.Value, Language: prompts.Chinese}
		if n := number.Value; f.got["number"] != nil && (n == "" || len(n) > 8 || strings.Trim(n, "0123456789") != "") {
			b.wrong(number.Pos, "number "+shown(n)+" can't be dialled for a prompt", "1 to 8 digits, in quotes")
		}
		language := f.word("language")
		if language.Value != "" {
			p.Language = language.Value
		}
		if err := prompts.CheckName(p.Language, "x"); err != nil {
			b.wrong(language.Pos, err.Error(), "zh, en or any")
		}
		if err := prompts.CheckName(prompts.Chinese, p.Name); err != nil && f.got["prompt"] != nil {
			b.wrong(name.Pos, err.Error(), "as welcome")
		}
		if i == mostStudio {
			b.wrong(v.at, "too many prompts can be recorded by phone", "at most 1000")
		}
		b.site.Studio = append(b.site.Studio, p)
		f.close()
	}
}

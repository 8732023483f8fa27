package config

import (
	"fmt"
	"slices"
	"strings"

	"hotline/ivr"
)

// say reads [prompt, {money: vars.balance}, {number: vars.calls, measure: times}].
func (b *builder) say(f *fields) *ivr.Say {
	v := f.get("say")
	if v == nil {
		return nil
	}
	return &ivr.Say{BargeIn: f.flag("barge_in"), Timeout: f.span("timeout"), Items: b.sayItems(v)}
}

// sayItems reads what is said: prompts, texts and values.
func (b *builder) sayItems(v *value) (all []ivr.SayItem) {
	for _, e := range b.entries(v, "say") {
		switch {
		case e.kind != kindMap:
			all = append(all, ivr.SayItem{Value: b.promptWord(b.word(e, "a prompt"))})
		case slices.ContainsFunc(e.pairs, func(p pair) bool { return p.key.text == "text" }):
			all = append(all, b.sayText(e)...)
		default:
			all = append(all, b.sayItem(e))
		}
	}
	return all
}

// sayText reads a text among what a say node says: one without values is a prompt.
func (b *builder) sayText(v *value) []ivr.SayItem {
	var w ivr.Words
	b.spoken(v, &w)
	switch {
	case len(w.Texts) > 0:
		return []ivr.SayItem{{Text: &w.Texts[0]}}
	case len(w.Prompts) > 0:
		return []ivr.SayItem{{Value: w.Prompts[0]}}
	default:
		return nil // empty, which has been told
	}
}

// sayItem reads {money: vars.balance}: the way of saying, and what.
func (b *builder) sayItem(v *value) ivr.SayItem {
	f := b.fields(v, "a thing to say")
	defer f.close()
	var item ivr.SayItem
	for _, way := range ivr.SayWays() {
		w := f.word(way)
		if f.got[way] == nil {
			continue
		}
		if item.As.Value != "" {
			b.wrong(f.got[way].at, fmt.Sprintf("it is said as %s already", item.As.Value), "one way for each thing")
			continue
		}
		item.As, item.Value = word{Value: way, Pos: f.got[way].at}, w
	}
	item.Measure = f.word("measure")
	if item.As.Value == "" {
		item.As.Pos, item.As.Value = v.at, "number"
		b.wrong(v.at, "it does not say as what", "one of "+strings.Join(ivr.SayWays(), ", ")+", or text")
	}
	return item
}

// set reads {amount: '12.50', due: now}: variables and the expressions of their values.
func (b *builder) set(f *fields) *ivr.Set {
	v := f.get("set")
	if v == nil {
		return nil
	}
	if v.kind != kindMap {
		b.wrong(v.at, "set is "+kinds[v.kind], "a mapping of variables to values, as {amount: 'vars.sum'}")
		return nil
	}
	out := &ivr.Set{}
	for _, p := range v.pairs {
		out.Values = append(out.Values, ivr.SetValue{
			Name: word{Value: p.key.text, Pos: p.key.at}, Value: b.word(p.value, "a variable's value"),
		})
	}
	return out
}

// collect reads {prompt: enter_account, into: account, min: 6, max: 12}, and the bad-case edges beside it.
func (b *builder) collect(f *fields) *ivr.Collect {
	v := f.get("collect")
	if v == nil {
		return nil
	}
	c := b.fields(v, "a collect")
	defer c.close()
	return &ivr.Collect{
		Prompt: b.asked(c), Into: c.mustWord("into"), Min: c.count("min"), Max: c.count("max"), End: c.word("end"),
		Timeout: c.span("timeout"), Gap: c.span("gap"), Tries: c.count("tries"), Secret: c.flag("secret"),
		OnTimeout: f.word("on_timeout"), OnInvalid: f.word("on_invalid"),
	}
}

// split reads [{percent: 30, next: a}, {percent: 70, next: b}].
func (b *builder) split(f *fields) *ivr.Split {
	v := f.get("split")
	if v == nil {
		return nil
	}
	out := &ivr.Split{}
	for _, e := range b.entries(v, "split") {
		s := b.fields(e, "a share of a split")
		out.Shares = append(out.Shares, ivr.Share{Percent: s.count("percent"), Next: s.mustWord("next")})
		s.close()
	}
	return out
}

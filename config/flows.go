package config

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/ivr"
)

// readFlows fills ivr's structs, as written, and lets that room check them: it alone knows what a flow can do.
func (b *builder) readFlows() {
	for _, v := range b.sections[sectionFlows] {
		f := b.fields(v, "a flow")
		flow := ivr.Flow{Name: f.mustWord("name"), Start: f.word("start")}
		if flow.Name.Value == "" {
			flow.Name.Pos = v.at // where ivr puts what it finds wrong with the flow
		}
		if nodes := f.must("nodes"); nodes != nil {
			flow.Nodes = b.nodes(nodes)
		}
		f.close()
		b.site.Flows = append(b.site.Flows, flow)
	}
	if b.torn { // what flows refer to is not known whole
		return
	}
	announced, of := b.announcements()
	known := b.known()
	maps.Copy(known.Experiences, of)
	graph, problems := ivr.Compile(slices.Concat(b.site.Flows, b.voicemailFlows(), announced), known)
	told := map[ivr.Problem]bool{}
	for _, p := range problems {
		switch {
		case p.Pos.Line == 0 && len(b.problems) > 0: // about a key that is not there, which has been told with its mapping's place
		case told[p]: // what the defaults block says, for one queue more
		default:
			told[p] = true
			b.wrong(p.Pos, p.Wrong, p.Right)
		}
	}
	b.site.Graph = graph
	b.nobodyVerifies(graph)
}

// nobodyVerifies reports numbers and rules that lead into a flow from which callers go back to an agent.
func (b *builder) nobodyVerifies(graph *ivr.Graph) {
	if graph == nil {
		return
	}
	named := b.overflowFlows
	for _, v := range b.sections[sectionNumbers] {
		if w := v.scalarAt("flow"); w != nil {
			named = append(named, flowNamed{w.text, w.at})
		}
	}
	for _, n := range named {
		if graph.Verifies(n.flow) {
			b.wrong(n.at, fmt.Sprintf("flow %q verifies callers whom an agent sends there", n.flow), "another flow")
		}
	}
}

// known is what flows may refer to.
func (b *builder) known() ivr.Known {
	k := ivr.Known{Queues: map[string]bool{}, Prompts: b.prompts, Mailboxes: map[string]bool{}}
	for name := range b.declared[sectionQueues] {
		k.Queues[name], k.Mailboxes[name] = true, true
	}
	for id := range b.declared[sectionAgents] {
		k.Mailboxes[id] = true
	}
	for _, v := range b.sections[sectionCalendars] {
		if name := v.scalarAt("name"); name != nil && b.site.Calendars[name.text] != nil {
			k.Calendars = append(k.Calendars, b.site.Calendars[name.text])
		}
	}
	k.Trunks, k.Sites = b.waysOut()
	k.Experiences, k.Onward = b.experienced(), b.onward()
	k.Lists, k.Services, k.Webhooks = b.lists, map[string]bool{}, map[string]bool{}
	for name := range b.declared[sectionServices] {
		k.Services[name] = true
	}
	for name := range b.declared[sectionWebhooks] {
		k.Webhooks[name] = true
	}
	k.Speech = map[string][]string{}
	for name := range b.declared[sectionSpeech] {
		k.Speech[name] = nil
	}
	for i := range b.site.SpeechServices {
		k.Speech[b.site.SpeechServices[i].Name] = b.site.SpeechServices[i].Intents
	}
	return k
}

func (b *builder) nodes(v *value) []ivr.Node {
	if v.kind != kindMap {
		b.wrong(v.at, "nodes is "+kinds[v.kind], "a mapping of names to nodes")
		return nil
	}
	out := make([]ivr.Node, 0, len(v.pairs))
	for _, p := range v.pairs {
		out = append(out, b.node(word{Value: p.key.text, Pos: p.key.at}, p.value))
	}
	return out
}

// node reads one node: the key that says its kind, and the edges.
func (b *builder) node(name word, v *value) ivr.Node {
	f := b.fields(v, "a node")
	n := ivr.Node{Name: name, Next: f.word("next"), OnFault: f.word("on_fault")}
	n.Play = b.play(f)
	n.Menu = b.menu(f)
	n.Branch = b.branch(f)
	n.Queue = b.queueNode(f)
	n.Survey = b.survey(f)
	n.Voicemail = b.voicemail(f)
	n.Hangup = b.hangup(f)
	n.Transfer = b.transfer(f)
	n.Say = b.say(f)
	n.Set = b.set(f)
	n.Collect = b.collect(f)
	n.Split = b.split(f)
	b.moreNodes(f, &n)
	f.fit = ofKind
	f.close()
	return n
}

// ofKind has a node of one kind take for its keys those of that kind alone.
func ofKind(f *fields) {
	kinds, is := ivr.Kinds(), ""
	for _, k := range kinds {
		switch {
		case f.got[k] == nil:
		case is != "":
			return // of two, which ivr tells
		default:
			is = k
		}
	}
	if is == "" {
		return
	}
	f.what = "a node of kind " + is
	f.asked = slices.DeleteFunc(f.asked, func(key string) bool { return key != is && slices.Contains(kinds, key) })
}

func (b *builder) play(f *fields) *ivr.Play {
	v := f.get("play")
	if f.got["play"] == nil {
		return nil
	}
	out := &ivr.Play{Words: b.said(v, "play"), BargeIn: f.flag("barge_in")}
	out.Timeout = f.span("timeout")
	return out
}

// promptWords notes prompts that a load without a list of shipped ones takes as given.
func (b *builder) promptWords(words []word) {
	for _, w := range words {
		b.uses(w)
		if b.o.Prompts == nil {
			b.prompts[w.Value] = true
		}
	}
}

func (b *builder) promptWord(w word) word {
	b.promptWords([]word{w})
	return w
}

func (b *builder) menu(f *fields) *ivr.Menu {
	v := f.get("menu")
	if v == nil {
		return nil
	}
	m := b.fields(v, "a menu")
	out := &ivr.Menu{Prompt: b.asked(m), Timeout: m.span("timeout"), Tries: m.count("tries")}
	m.close()
	out.Keys = b.keys(f.get("keys"))
	out.OnTimeout, out.OnInvalid = f.word("on_timeout"), f.word("on_invalid")
	return out
}

// keys reads a mapping of keys to edges or answers.
func (b *builder) keys(v *value) []ivr.Key {
	if v == nil {
		return nil
	}
	if v.kind != kindMap {
		b.wrong(v.at, "keys is "+kinds[v.kind], `a mapping, as {"1": general}`)
		return nil
	}
	var out []ivr.Key
	for _, p := range v.pairs {
		if p.value.kind == kindEmpty {
			b.wrong(p.value.at, fmt.Sprintf("key %q leads nowhere", clip(p.key.text)), "a name")
			continue
		}
		out = append(out, ivr.Key{Key: word{Value: p.key.text, Pos: p.key.at}, Next: b.word(p.value, "a key's target")})
	}
	return out
}

func (b *builder) branch(f *fields) *ivr.Branch {
	if f.got["branch"] == nil {
		return nil
	}
	out := &ivr.Branch{}
	for _, v := range f.list("branch") {
		c := b.fields(v, "a case of a branch")
		out.Cases = append(out.Cases, ivr.Case{If: c.mustWord("if"), Next: c.mustWord("next")})
		c.close()
	}
	out.Else = f.word("else")
	return out
}

func (b *builder) queueNode(f *fields) *ivr.Queue {
	w := f.word("queue")
	if f.got["queue"] == nil {
		return nil
	}
	return &ivr.Queue{Queue: w, Skills: b.skills(f), Priority: f.count("priority")}
}

func (b *builder) survey(f *fields) *ivr.Survey {
	v := f.get("survey")
	if v == nil {
		return nil
	}
	s := b.fields(v, "a survey")
	defer s.close()
	return &ivr.Survey{Prompt: b.asked(s), Into: s.word("into"), Keys: b.keys(s.must("keys")), Timeout: s.span("timeout")}
}

func (b *builder) voicemail(f *fields) *ivr.Voicemail {
	v := f.get("voicemail")
	if v == nil {
		return nil
	}
	m := b.fields(v, "a voicemail")
	defer m.close()
	return &ivr.Voicemail{Mailbox: m.word("mailbox"), Max: m.span("max")}
}

// hangup reads {hangup: {cause: normal}}, or {hangup: normal}.
func (b *builder) hangup(f *fields) *ivr.Hangup {
	v := f.get("hangup")
	switch {
	case v == nil:
		return nil
	case v.kind == kindMap:
		h := b.fields(v, "a hangup")
		defer h.close()
		out := &ivr.Hangup{Cause: h.word("cause"), For: h.span("for")}
		if tone := h.word("tone"); tone.IsSet() {
			out.Tone = b.promptWord(tone)
		}
		return out
	default:
		return &ivr.Hangup{Cause: b.word(v, "hangup")}
	}
}

func (b *builder) transfer(f *fields) *ivr.Transfer {
	v := f.get("transfer")
	if v == nil {
		return nil
	}
	t := b.fields(v, "a transfer")
	defer t.close()
	out := &ivr.Transfer{
		Number: t.word("number"), Site: t.word("site"), Trunk: t.word("trunk"), Timeout: t.span("timeout"),
		Record: t.flag("record"), OnBusy: f.word("on_busy"), OnNoAnswer: f.word("on_no_answer"), OnFailed: f.word("on_failed"),
	}
	if music := t.word("music"); music.IsSet() {
		out.Music = b.promptWord(music)
	}
	return out
}

// span gives a length of time as ivr wants it: with its place, unset when absent.
func (f *fields) span(key string) ivr.At[time.Duration] {
	v := f.get(key)
	if v == nil {
		return ivr.At[time.Duration]{}
	}
	d, ok := f.r.duration(v, key, 0)
	if !ok {
		return ivr.At[time.Duration]{}
	}
	return ivr.At[time.Duration]{Value: d, Pos: v.at}
}

// count gives a whole number as ivr wants it.
func (f *fields) count(key string) ivr.At[int] {
	v := f.get(key)
	if v == nil {
		return ivr.At[int]{}
	}
	n, ok := f.r.number(v, key, 0, highestPriority)
	if !ok {
		return ivr.At[int]{}
	}
	return ivr.At[int]{Value: n, Pos: v.at}
}

// flag gives a truth value as ivr wants it.
func (f *fields) flag(key string) ivr.At[bool] {
	set := f.boolean(key, false)
	if v := f.got[key]; v != nil {
		return ivr.At[bool]{Value: set, Pos: v.at}
	}
	return ivr.At[bool]{}
}

package config

import (
	"fmt"
	"time"

	"hotline/ivr"
)

// The defaults of what is announced to waiting callers.
const (
	defaultFirst     = 10 * time.Second
	defaultEvery     = 30 * time.Second
	shortestEvery    = 5 * time.Second
	defaultMinChange = time.Minute
)

// announce reads what waiting callers are told, and when; what it leaves out is as the defaults block has it.
func (b *builder) announce(v *value, def *Announce) *Announce {
	if def == nil {
		def = &Announce{First: defaultFirst, Every: defaultEvery, MinChange: defaultMinChange}
	}
	f := b.fields(v, "announce")
	defer f.close()
	a := &Announce{
		Position: f.boolean("position", def.Position), Wait: f.boolean("wait", def.Wait),
		First: f.duration("first", def.First, 0), Every: f.duration("every", def.Every, shortestEvery),
		MinChange: f.duration("min_change", def.MinChange, 0), Repeat: f.boolean("repeat", def.Repeat), Say: def.Say, sayAt: def.sayAt,
	}
	a.YouAreNext = f.boolean("you_are_next", def.YouAreNext || a.Position && f.got["position"] != nil)
	within := f.span("text_timeout")
	if say := f.get("say"); say != nil {
		a.Say, a.sayAt = &ivr.Say{Items: b.sayItems(say), Timeout: within}, say.at
		if len(a.Say.Items) == 0 { // say: [] takes the defaults block's away
			a.Say = nil
		}
	} else if within.IsSet() {
		b.wrong(within.Pos, "text_timeout goes with say", "say: [{text: …}] beside it, or without it")
	}
	return a
}

// announcements are the flows that hold what queues tell their waiting callers in words of their own, checked as what else is
// heard there; and the queue of each.
func (b *builder) announcements() (flows []ivr.Flow, of map[string]string) {
	of = map[string]string{}
	for _, q := range b.site.Queues {
		if q.Announce == nil || q.Announce.Say == nil {
			continue
		}
		name := ivr.AnnouncementOf(q.Name)
		word := func(s string) ivr.At[string] { return ivr.At[string]{Value: s, Pos: q.Announce.sayAt} }
		flows = append(flows, ivr.Flow{
			Name: word(name), Start: word("say"), BuiltIn: true, Announces: true,
			Nodes: []ivr.Node{{Name: word("say"), Say: q.Announce.Say, Next: word("hangup")}},
		})
		of[name] = q.Name
	}
	return flows, of
}

// announceHints tells of announcements that say nothing, or say it before the caller could have heard the last.
func (b *builder) announceHints(q Queue) {
	a := q.Announce
	if a == nil {
		return
	}
	switch {
	case !a.Position && !a.Wait && !a.YouAreNext && a.Say == nil:
		b.site.Hints = append(b.site.Hints, fmt.Sprintf("queue %s: announce tells neither position nor wait, so nothing is announced", q.Name))
	case (a.Repeat || a.Say != nil) && a.Every < patience:
		b.site.Hints = append(b.site.Hints, fmt.Sprintf("queue %s: announce repeats the same every %s; callers bear it better from %s on", q.Name, short(a.Every), short(patience)))
	}
}

// patience is how often a caller bears to be told the same.
const patience = 20 * time.Second

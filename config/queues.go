package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/acd"
	"hotline/ivr"
)

// The defaults of a queue, and the limits of what one may say.
const (
	defaultPriority     = 5
	defaultWithin       = 30 * time.Second
	defaultPercent      = 80
	defaultOfferTimeout = 15 * time.Second
	defaultWrapUp       = 15 * time.Second
	defaultCredit       = time.Minute
	defaultMusic        = "default"
	highestPriority     = 100
	mostWaiting         = 1_000_000
	longestResume       = 30 * time.Minute
)

// strategies are the ways of choosing a seat, by value.
var strategies = names(acd.LongestIdle, acd.RoundRobin, acd.LeastCalls, acd.BestSkill, acd.TopDown, acd.Random, acd.Weighted, acd.RingAll)

// settings is a queue as it is read: what the engine obeys, and the rest. The
// defaults block is one too, and each queue begins as a copy of it.
type settings struct {
	engine acd.Queue
	rest   Queue
	rules  []rule
}

// rule is an overflow rule and where it stands.
type rule struct {
	Overflow
	kind acd.TargetKind
	name string // of the queue or flow
	// of voicemail: the queue's own mailbox is meant; where the target stands
	own    bool
	mailAt pos
	at     pos
	ok     bool // the engine can obey it
}

func builtInSettings() settings {
	return settings{
		engine: acd.Queue{
			Priority: defaultPriority, Target: defaultWithin, TargetPercent: defaultPercent,
			OfferTimeout: defaultOfferTimeout, WrapUp: defaultWrapUp, PriorityCredit: defaultCredit,
		},
		rest: Queue{
			Music: defaultMusic, SayAgentNumber: true,
			ServiceLevel: ServiceLevel{defaultWithin, defaultPercent},
		},
	}
}

func (b *builder) readQueues() {
	def := builtInSettings()
	if v := b.onceFields().get("defaults"); v != nil {
		f := b.fields(v, "the defaults of queues")
		def = b.settings(f, def)
		f.close()
	}
	b.site.Defaults = def.rest
	for _, v := range b.sections[sectionQueues] {
		b.readQueue(b.fields(v, "a queue"), def)
	}
}

func (b *builder) readQueue(f *fields, def settings) {
	name := f.name().Value
	s := b.settings(f, def)
	s.engine.Name, s.rest.Name = name, name
	s.rest.Title = f.text("title", "")
	s.engine.Title = s.rest.Title
	s.rest.Ext = b.queueExt(f.word("ext"))
	s.engine.Groups = b.refs(sectionGroups, f.words("groups"))
	s.engine.Skills = b.skills(f)
	s.engine.Widen = b.widen(f)
	if len(s.engine.Groups) == 0 && f.kind == kindMap {
		b.noGroups(f)
	}
	f.close()
	b.keepRules(&s)
	b.notesOn(s)
	s.rest.WrapUp = s.engine.WrapUp
	b.site.Rules.Queues = append(b.site.Rules.Queues, s.engine)
	b.site.Queues = append(b.site.Queues, s.rest)
}

// noGroups reports a queue that nobody could ever serve.
func (b *builder) noGroups(f *fields) {
	v := f.got["groups"]
	if v == nil {
		f.must("groups")
	} else if v.kind == kindList && len(v.list) == 0 {
		b.wrong(v.at, "groups is an empty list", "who serves the queue")
	}
}

// settings reads the keys that the defaults block and a queue share.
func (b *builder) settings(f *fields, def settings) settings {
	s := def
	if w := f.word("strategy"); w.Value != "" {
		s.engine.Strategy = nameOf(b.reader, w, "strategy", strategies, def.engine.Strategy)
	}
	s.engine.RingMost = f.integer("ring_most", def.engine.RingMost, 1, 50)
	s.engine.Priority = f.integer("priority", def.engine.Priority, 1, highestPriority)
	s.engine.OfferTimeout = f.duration("offer_timeout", def.engine.OfferTimeout, time.Second)
	s.engine.WrapUp = f.duration("wrap_up", def.engine.WrapUp, 0)
	s.engine.MaxWaiting = f.integer("max_waiting", def.engine.MaxWaiting, 0, mostWaiting)
	s.engine.PriorityCredit = f.duration("priority_credit", def.engine.PriorityCredit, 0)
	s.engine.ResumeWithin = f.duration("resume_within", def.engine.ResumeWithin, 0)
	if v := f.got["resume_within"]; v != nil && s.engine.ResumeWithin > longestResume {
		b.wrong(v.at, fmt.Sprintf("resume_within %s is long past the call", short(s.engine.ResumeWithin)), "at most "+short(longestResume))
	}
	if hours := f.word("hours"); hours.Value != "" {
		s.engine.Hours = b.site.Calendars[b.ref(sectionCalendars, hours)]
	}
	s.rest.ServiceLevel = b.serviceLevel(f.get("service_level"), def.rest.ServiceLevel)
	s.engine.Target, s.engine.TargetPercent = s.rest.ServiceLevel.Within, s.rest.ServiceLevel.Percent
	if music := f.word("music"); music.Value != "" {
		s.rest.Music = b.prompt(music)
	}
	s.rest.SayAgentNumber = f.boolean("say_agent_number", def.rest.SayAgentNumber)
	s.rest.AutoAnswer = f.boolean("auto_answer", def.rest.AutoAnswer)
	b.recordings(f, &s.rest, def.rest)
	s.rest.SuperviseTone = f.boolean("supervise_tone", def.rest.SuperviseTone)
	b.comforts(f, &s.rest)
	b.experience(f, &s.rest)
	b.callback(f, &s)
	s.engine.Sticky = s.rest.Sticky
	s.engine.TellNext = s.rest.Announce != nil && s.rest.Announce.YouAreNext
	if v := f.get("overflow"); v != nil {
		s.rules = b.rules(v)
	}
	return s
}

func (b *builder) serviceLevel(v *value, def ServiceLevel) ServiceLevel {
	if v == nil {
		return def
	}
	f := b.fields(v, "service_level")
	defer f.close()
	return ServiceLevel{
		Within:  f.duration("within", def.Within, time.Second),
		Percent: f.integer("percent", def.Percent, 1, 100),
	}
}

// comforts reads what is done for those who wait and after they were served.
func (b *builder) comforts(f *fields, q *Queue) {
	if v := f.get("announce"); v != nil {
		q.Announce = b.announce(v, q.Announce)
	}
	if v := f.get("sticky"); v != nil {
		s := b.fields(v, "sticky")
		q.Sticky = &acd.Sticky{Within: s.duration("within", 24*time.Hour, time.Second), Wait: s.duration("wait", 15*time.Second, 0)}
		s.close()
	}
	if v := f.get("ticket"); v != nil {
		t := b.fields(v, "ticket")
		q.Ticket = &Ticket{Kind: t.mustWord("kind").Value, When: oneOf(t, "when", ticketWhens, TicketAtDisposition)}
		t.close()
	}
}

// widen reads whom a queue adds after how long; the steps stand in the order they happen.
func (b *builder) widen(f *fields) []acd.Widen {
	var out []acd.Widen
	for _, v := range f.list("widen") {
		w := b.fields(v, "a widen step")
		step := acd.Widen{
			After: w.duration("after", 0, time.Second), Groups: b.refs(sectionGroups, w.words("groups")), Skills: b.skills(w),
		}
		if w.kind == kindMap {
			if w.got["after"] == nil {
				w.must("after")
			}
			if len(step.Groups) == 0 {
				b.noGroups(w)
			}
		}
		if n := len(out); n > 0 && step.After > 0 && step.After <= out[n-1].After {
			b.wrong(w.got["after"].at, fmt.Sprintf("after %s comes behind %s", short(step.After), short(out[n-1].After)), "steps in the order in which they happen")
		}
		out = append(out, step)
		w.close()
	}
	return out
}

// rules reads a list of overflow rules.
func (b *builder) rules(v *value) []rule {
	out := []rule{}
	for _, e := range b.entries(v, "overflow") {
		f := b.fields(e, "an overflow rule")
		r := rule{at: e.at}
		when := f.mustWord("when")
		if when.Value != "" {
			r.When = nameOf(b.reader, when, "when", overflowWhens, acd.WhenClosed)
		}
		r.After = f.duration("after", 0, time.Second)
		r.Ask = f.boolean("ask", false)
		b.target(f.mustWord("to"), &r)
		b.checkAfter(f, r)
		f.close()
		out = append(out, r)
	}
	return out
}

// overflowWhens are the conditions' names, by value.
var overflowWhens = names(acd.WhenClosed, acd.WhenNoSeats, acd.WhenFull, acd.WhenWaited, acd.WhenEstimatedWait)

// checkAfter: a wait, past or to come, needs a time, the other conditions have none.
func (b *builder) checkAfter(f *fields, r rule) {
	v := f.got["after"]
	switch {
	case f.kind != kindMap || f.got["when"] == nil:
	case r.When.HasAfter() && v == nil:
		b.wrong(f.at, fmt.Sprintf("a rule for %s has no after", r.When), "how long, as after: 120s")
	case !r.When.HasAfter() && v != nil:
		b.wrong(v.at, fmt.Sprintf("after goes with waited and estimated_wait, not with %s", r.When), "no after")
	}
}

// target reads where a rule leads.
func (b *builder) target(w word, r *rule) {
	r.To = w.Value
	if w.Value == "" {
		return
	}
	if name, ok := strings.CutPrefix(w.Value, "queue:"); ok {
		r.kind, r.name = acd.ToQueue, b.ref(sectionQueues, word{Value: name, Pos: w.Pos})
		r.ok = r.name != "" && !r.Ask
		if name == "" {
			b.wrong(w.Pos, "the target names no queue", "as queue:general")
		}
		return
	}
	if name, ok := strings.CutPrefix(w.Value, "flow:"); ok {
		r.kind, r.name = acd.ToFlow, b.ref(sectionFlows, word{Value: name, Pos: w.Pos})
		b.overflowFlows = append(b.overflowFlows, flowNamed{r.name, w.Pos})
		r.ok = r.name != "" && !r.Ask
		if name == "" {
			b.wrong(w.Pos, "the target names no flow", "as flow:voicemail")
		}
		return
	}
	if mailbox, own, ok := mailboxOf(w.Value); ok {
		r.kind, r.name, r.own, r.mailAt, r.ok = acd.ToFlow, voicemailFlow(mailbox), own, w.Pos, !r.Ask
		if mailbox == "" && !own {
			b.wrong(w.Pos, "the target names no mailbox", "a queue or an agent, as voicemail:general; or voicemail alone for the queue's own")
		}
		return
	}
	if number, ok := strings.CutPrefix(w.Value, "number:"); ok {
		b.numberTarget(w, r, number)
		return
	}
	if site, ok := strings.CutPrefix(w.Value, "site:"); ok {
		b.siteTarget(w, r, site)
		return
	}
	if w.Value == "callback" {
		r.kind, r.ok = acd.ToCallback, true
		return
	}
	b.wrong(w.Pos, fmt.Sprintf("target %q is unknown", clip(w.Value)), "queue:NAME, flow:NAME, voicemail, voicemail:MAILBOX, number:NNN, site:NAME or callback")
}

// numberTarget is an outside number, which some trunk has to lead to.
func (b *builder) numberTarget(w word, r *rule, number string) {
	trunks, _ := b.waysOut()
	switch {
	case b.torn:
	case !ivr.IsDialable(number):
		b.wrong(w.Pos, fmt.Sprintf("number %q can't be called", clip(number)), "as number:02162345678")
	case len(trunks) == 0:
		b.wrong(w.Pos, "calls can't go out: no trunk has a proxy", "a trunk with proxy: sip:192.0.2.1:5060")
	default:
		r.kind, r.name, r.ok = acd.ToNumber, number, !r.Ask
	}
}

// siteTarget is another site, to which a trunk has to lead that is marked as that site's.
func (b *builder) siteTarget(w word, r *rule, site string) {
	_, sites := b.waysOut()
	if !sites[site] && !b.torn {
		names := slices.Sorted(maps.Keys(sites))
		b.wrong(w.Pos, fmt.Sprintf("no trunk leads to site %q", clip(site)), "a trunk with proxy: and site: "+clip(site)+"; "+instead(site, names))
		return
	}
	r.kind, r.name, r.ok = acd.ToSite, site, !r.Ask
}

// keepRules gives the engine the rules it can obey, and the record all of them.
func (b *builder) keepRules(s *settings) {
	s.engine.Overflow, s.rest.Overflow = nil, nil
	for _, r := range s.rules {
		s.rest.Overflow = append(s.rest.Overflow, r.Overflow)
		if r.kind == acd.ToQueue && r.name != "" && r.name == s.engine.Name {
			b.wrong(r.at, fmt.Sprintf("queue %q overflows into itself", r.name), "another queue, or a flow")
		}
		if r.own {
			r.name = voicemailFlow(s.engine.Name)
		}
		if mailbox, ok := strings.CutPrefix(r.name, voicemailFlow("")); ok && r.ok && mailbox != "" {
			b.mailboxes[mailbox] = r.mailAt
		}
		if r.ok {
			s.engine.Overflow = append(s.engine.Overflow, acd.Overflow{
				When: r.When, After: r.After, To: acd.Target{Kind: r.kind, Name: r.name}, Ask: r.Ask,
			})
		}
	}
	s.engine.Overflow = append(s.engine.Overflow, s.rest.Callback.offerRules()...)
}

// notesOn says what of a queue this version does not act upon.
func (b *builder) notesOn(s settings) {
	name := s.engine.Name
	for _, r := range s.rules {
		if r.Ask && r.To != "callback" {
			b.notYet("queue %s: overflow that asks the caller first (%s) is not done, the caller goes on waiting", name, r.To)
		}
	}
	q := s.rest
	if q.Ticket != nil {
		b.notYet("queue %s: no ticket is opened", name)
	}
}

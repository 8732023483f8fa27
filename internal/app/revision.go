package app

import (
	"cmp"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/ivr"
	"hotline/ivr/say"
	"hotline/sip"
)

// revision is one accepted state of the site, looked up by name. It never
// changes; a reload makes another.
type revision struct {
	number  int
	site    *config.Site
	graph   *ivr.Graph
	flows   func() []flowOutline
	sounds  *sounds
	trunks  map[string]config.Trunk
	numbers map[dialled]call.Number
	callers map[string]call.Caller
	queues  map[string]config.Queue
	agents  map[call.SeatID]config.Agent
	codecs  map[string][]call.Codec // by phone
	srtp    map[string]call.Encryption
	phones  map[string]bool   // desk phones, by ext
	exts    map[string]string // queues by their number
	forks   map[string]config.Fork
	siprec  map[string]config.Siprec
	own     map[string]forwarding // agents and desk phones that forward, or divert
}

// dialled is a number as a trunk delivers it.
type dialled struct{ trunk, number string }

func newRevision(number int, site *config.Site, sounds *sounds) *revision {
	r := &revision{
		number: number, site: site, graph: site.Graph, sounds: sounds,
		flows:  sync.OnceValue(func() []flowOutline { return outlinesOf(site.Graph) }),
		trunks: map[string]config.Trunk{}, numbers: map[dialled]call.Number{}, callers: map[string]call.Caller{},
		queues: map[string]config.Queue{}, agents: map[call.SeatID]config.Agent{}, codecs: map[string][]call.Codec{},
		srtp: map[string]call.Encryption{}, phones: map[string]bool{},
	}
	for _, t := range site.Trunks {
		r.trunks[t.Name] = t
	}
	for _, n := range site.Numbers {
		r.numbers[dialled{n.Trunk, n.Number}] = n
	}
	if site.Try.On() {
		r.trunks[config.VisitorTrunk] = visitorTrunk(site.Try)
		r.numbers[dialled{config.VisitorTrunk, site.Try.Number.Number}] = site.Try.Number
	}
	for _, c := range site.Callers {
		r.callers[c.Number] = c
	}
	for _, q := range site.Queues {
		r.queues[q.Name] = q
	}
	for _, a := range site.Agents {
		r.agents[a.ID] = a
		r.codecs[string(a.ID)], r.srtp[string(a.ID)] = a.Codecs, a.SRTP
	}
	for _, p := range site.Phones {
		r.srtp[p.Ext], r.phones[p.Ext] = p.SRTP, true
	}
	r.own, r.exts = forwardings(site), map[string]string{}
	for _, q := range site.Queues {
		if q.Ext != "" {
			r.exts[q.Ext] = q.Name
		}
	}
	r.forks = map[string]config.Fork{}
	for _, f := range site.Forks {
		r.forks[f.Name] = f
	}
	r.siprec = map[string]config.Siprec{}
	for _, s := range site.Siprec {
		r.siprec[s.Name] = s
	}
	site.Rules.Revision = number
	sounds.prepare(site)
	return r
}

// caller is what the site knows of a number, normalised; unknown ones are
// normal callers. The site may list a local number without its area code.
func (r *revision) caller(from, area string) call.Caller {
	n := call.NormalizeNumber(from, area)
	c, ok := r.callers[n]
	if local, in := strings.CutPrefix(n, area); !ok && in {
		c = r.callers[local]
	}
	c.Number = n
	return c
}

// phoneCodecs are what a phone may speak: its agent's, else both kinds of G.711.
func (r *revision) phoneCodecs(phone string) []call.Codec {
	if c := r.codecs[phone]; len(c) > 0 {
		return c
	}
	return []call.Codec{call.CodecPCMA, call.CodecPCMU}
}

// sip is the part of the site the signalling room needs.
func (r *revision) sip() *sip.Site {
	s := &sip.Site{}
	for i := range r.site.Trunks {
		s.Trunks = append(s.Trunks, sipTrunk(&r.site.Trunks[i]))
	}
	if r.site.Try.On() {
		t := visitorTrunk(r.site.Try)
		s.Trunks = append(s.Trunks, sipTrunk(&t))
	}
	for _, a := range r.site.Agents {
		if a.Password.Reveal() != "" {
			s.Accounts = append(s.Accounts, sip.Account{User: string(a.ID), Password: a.Password.Reveal(), Codecs: a.Codecs, SRTP: a.SRTP, Devices: a.Devices, Unreliable: !a.Rel100})
		}
	}
	for _, p := range r.site.Phones {
		s.Accounts = append(s.Accounts, sip.Account{User: p.Ext, Password: p.Password.Reveal(), SRTP: p.SRTP, Devices: p.Devices, Unreliable: !p.Rel100})
	}
	return s
}

// house answers what the newest revision says about queues and seats.
type house struct{ *App }

// Queue tells what the call needs to know of a queue; a removed one has no music and is not recorded.
func (h house) Queue(name string) live.QueueFacts {
	rev := h.rev.Load()
	q, ok := rev.queues[name]
	if name == "" { // a call that is of none
		return live.QueueFacts{Music: rev.site.Defaults.Music}
	}
	if !ok {
		return live.QueueFacts{}
	}
	facts := live.QueueFacts{
		Music: q.Music, SayAgentNumber: q.SayAgentNumber, RecordOutside: q.RecordOutside && drawn(q.Record),
		WrapUp: q.WrapUp, WarnSupervised: q.SuperviseTone,
	}
	if a := q.Announce; a != nil {
		facts.Announce = live.Announce{
			Position: a.Position, Wait: a.Wait, First: a.First, Every: a.Every, MinChange: a.MinChange, Repeat: a.Repeat, Words: a.Say != nil,
		}
	}
	return facts
}

// AgentNumber is the prompts of "工号 NNNN 为您服务".
func (h house) AgentNumber(seat call.SeatID) []string { return say.AgentNumber(string(seat)) }

// Ahead is the prompts of "您前面还有 N 位".
func (h house) Ahead(language string, callers int) []string {
	return say.Ahead(spoken(language), callers)
}

// Wait is the prompts of "预计等待大约 N 分钟".
func (h house) Wait(language string, wait time.Duration) []string {
	return say.Wait(spoken(language), wait)
}

// spoken is a caller's language, the house's where none was chosen.
func spoken(language string) string { return cmp.Or(language, defaultLanguage) }

// warnNotYet tells what the site asks for that this version does not act upon.
func (r *revision) warnNotYet(log *zap.Logger) {
	for _, words := range r.site.NotYet {
		log.Warn("accepted, not acted upon in this version", zap.String("what", words))
	}
}

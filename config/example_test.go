package config

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"hotline/acd"
	"hotline/call"
	"hotline/ivr/prompts"
)

// shipped are the names of the prompts in the product.
func shipped() map[string]bool {
	names := map[string]bool{}
	for _, name := range prompts.New(nil).Names() {
		names[name] = true
	}
	return names
}

func TestTheShippedExampleIsRight(t *testing.T) {
	n, s, err := Load("", SiteOptions{Prompts: shipped()})
	require.NoError(t, err)
	require.Empty(t, n.NotYet)
	require.Empty(t, s.Hints)
	require.Equal(t, "hotline.yaml", n.File)
	require.GreaterOrEqual(t, len(s.Agents), 12)
	require.GreaterOrEqual(t, len(s.Queues), 4)
	for _, l := range n.SIP.Listen {
		require.Equal(t, "127.0.0.1", l.Host)
	}
	for _, a := range s.Agents {
		require.True(t, strings.HasPrefix(a.Password.Reveal(), "demo-"), "agent %s: a shipped password says what it is for", a.ID)
	}
	require.True(t, slices.ContainsFunc(s.Prompts, func(p PromptFile) bool {
		return p.Name == "english_welcome" && p.Language == "en" && p.Path == "prompts/en/english_welcome.wav" && len(p.Sum) == 64
	}))
	fsys, dir, err := n.SiteFS()
	require.NoError(t, err)
	sub, err := fs.Sub(fsys, dir)
	require.NoError(t, err)
	for _, p := range s.Prompts {
		_, err := fs.Stat(sub, p.Path)
		require.NoError(t, err)
	}
}

func TestTheContractsSiteHasEveryPromptItNames(t *testing.T) {
	_, _, err := Load("testdata/contract/hotline.yaml", SiteOptions{Prompts: shipped()})
	require.NoError(t, err)
}

func TestAPromptIsTheProductsOrTheSites(t *testing.T) {
	text := "flows: [{name: f, start: a, nodes: {a: {play: [ours], next: hangup}}}]\nnumbers: []"
	fsys := fstest.MapFS{"base.yaml": {Data: []byte(base)}, "x.yaml": {Data: []byte(text)}}
	_, err := LoadSite(fsys, ".", SiteOptions{Prompts: shipped()})
	require.ErrorContains(t, err, `x.yaml:1:48: prompt "ours"`)
	fsys["prompts/zh/ours.wav"] = &fstest.MapFile{}
	s, err := LoadSite(fsys, ".", SiteOptions{Prompts: shipped()})
	require.NoError(t, err)
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of nothing
	require.Equal(t, []PromptFile{{"ours", "zh", "prompts/zh/ours.wav", empty}}, s.Prompts)
	require.Equal(t, map[string][]string{"ours": {"x.yaml:1"}, "welcome": {"base.yaml:9"}}, s.PromptUses)

	// Another sound is another site, and so is one in another format.
	fsys["prompts/zh/ours.wav"] = &fstest.MapFile{Data: []byte("another")}
	another, err := LoadSite(fsys, ".", SiteOptions{Prompts: shipped()})
	require.NoError(t, err)
	require.NotEqual(t, s.Hash, another.Hash)
	require.Equal(t, []string{"prompts/zh/ours.wav"}, another.ChangedFrom(s))
	delete(fsys, "prompts/zh/ours.wav")
	fsys["prompts/en/ours.mp3"] = &fstest.MapFile{}
	another, err = LoadSite(fsys, ".", SiteOptions{Prompts: shipped()})
	require.NoError(t, err)
	require.Equal(t, []string{"prompts/en/ours.mp3", "prompts/zh/ours.wav"}, another.ChangedFrom(s))

	fsys["y.yaml"] = &fstest.MapFile{Data: []byte("queues: [{name: q, groups: [general], music: defalt}]")}
	_, err = LoadSite(fsys, ".", SiteOptions{Prompts: shipped()})
	require.ErrorContains(t, err, `y.yaml:1:46: prompt "defalt" is not there, did you mean "default"?`)
}

func TestListsMayStandInSeveralFiles(t *testing.T) {
	s, err := loadText("groups: [{name: second}]\n---\nagents: [{id: \"2\", group: second}]\n---\nagents: [{id: \"3\", group: general}]")
	require.NoError(t, err)
	require.Len(t, s.Groups, 3)
	require.Len(t, s.Agents, 3)

	fsys := fstest.MapFS{"a.yaml": {Data: []byte("zone: Asia/Shanghai")}, "b.yml": {Data: []byte("zone: Asia/Shanghai")}, "c.txt": {Data: []byte("{")}}
	_, err = LoadSite(fsys, ".", SiteOptions{Shown: "site"})
	require.EqualError(t, err, "site/b.yml:1:7: zone is there twice, the first is in site/a.yaml:1")
}

func TestQueueDefaults(t *testing.T) {
	s, err := loadText("queues: [{name: q, groups: [general]}]")
	require.NoError(t, err)
	q, rest := s.Rules.Queues[1], s.Queues[1]
	require.Equal(t, acd.LongestIdle, q.Strategy)
	require.Equal(t, 5, q.Priority)
	require.Equal(t, ServiceLevel{30e9, 80}, rest.ServiceLevel)
	require.EqualValues(t, 15e9, q.OfferTimeout)
	require.EqualValues(t, 15e9, q.WrapUp)
	require.EqualValues(t, 60e9, q.PriorityCredit)
	require.Zero(t, q.MaxWaiting)
	require.Nil(t, q.Hours)
	require.Empty(t, q.Overflow)
	require.True(t, rest.SayAgentNumber)
	require.Equal(t, RecordPolicy{Mode: RecordAlways}, rest.Record)
	require.Equal(t, "default", rest.Music)
}

func TestTheDefaultsBlockIsForAllQueuesAndTheirOwnKeysWin(t *testing.T) {
	s, err := loadText(`defaults: {wrap_up: 0s, record: 30%, say_agent_number: false, hours: always, priority_credit: 0s, resume_within: 90s, sticky: {within: 1h},
  overflow: [{when: full, to: "flow:main"}, {when: waited, after: 5m, to: callback}]}
queues: [{name: q, groups: [general], wrap_up: 20s, record: on_demand, overflow: []}, {name: r, groups: [general]}]`)
	require.NoError(t, err)
	general, q, r := s.Rules.Queues[0], s.Rules.Queues[1], s.Rules.Queues[2]
	require.Zero(t, general.WrapUp)
	require.Len(t, general.Overflow, 2)
	require.Len(t, s.Queues[0].Overflow, 2)
	require.EqualValues(t, 20e9, q.WrapUp)
	require.EqualValues(t, 90e9, general.ResumeWithin)
	require.EqualValues(t, 90e9, q.ResumeWithin)
	require.EqualValues(t, 90e9, r.ResumeWithin)
	require.Empty(t, q.Overflow, "an empty list takes the defaults' rules away")
	require.Equal(t, RecordPolicy{Mode: RecordOnDemand}, s.Queues[1].Record)
	require.Equal(t, RecordPolicy{RecordPercent, 30}, s.Queues[2].Record)
	require.Equal(t, s.Calendars["always"], r.Hours)
}

func TestWhatIsNotActedUponIsTold(t *testing.T) {
	s, err := loadText(`queues:
  - name: q
    groups: [general]
    record: on_demand
    sticky: {}
    ticket: {kind: complaint}
    overflow: [{when: waited, after: 9m, to: "flow:main", ask: true}]
agents: [{id: "7", group: general, codecs: [opus, PCMA, G729]}]`)
	require.NoError(t, err)
	require.Empty(t, s.Rules.Queues[1].Overflow)
	require.Equal(t, []call.Codec{call.CodecOpus, call.CodecPCMA}, s.Agents[1].Codecs)
	told := strings.Join(s.NotYet, "\n")
	for _, words := range []string{"ticket", "asks the caller", "G729"} {
		require.Contains(t, told, words)
	}
}

func TestAGroupsBreaksMayNeedApproval(t *testing.T) {
	s, err := loadText(`groups: [{name: strict, approve_breaks: true}]
agents: [{id: "7", group: strict}]`)
	require.NoError(t, err)
	require.False(t, s.Rules.Agents[0].ApproveBreaks)
	require.True(t, s.Rules.Agents[1].ApproveBreaks)
}

func TestVoicemailIsATargetOfItsOwn(t *testing.T) {
	s, err := LoadSite(fstest.MapFS{"base.yaml": {Data: []byte(base)}, "x.yaml": {Data: []byte(`defaults: {overflow: [{when: full, to: voicemail}]}
queues:
  - {name: p, groups: [general]}
  - {name: q, groups: [general], overflow: [{when: waited, after: 2m, to: "voicemail:1001"}]}`)}}, ".", SiteOptions{Prompts: shipped()})
	require.NoError(t, err)
	for i, want := range []acd.Target{{Kind: acd.ToFlow, Name: "voicemail:general"}, {Kind: acd.ToFlow, Name: "voicemail:p"}, {Kind: acd.ToFlow, Name: "voicemail:1001"}} {
		require.Equal(t, want, s.Rules.Queues[i].Overflow[0].To)
		require.True(t, s.Graph.Has(want.Name))
	}
	require.Equal(t, "voicemail", s.Queues[0].Overflow[0].To, "as the site says it")
	require.NotContains(t, strings.Join(s.NotYet, "\n"), "voicemail")
}

func TestSayAndSetReachTheFlow(t *testing.T) {
	s, err := loadText(`flows:
  - name: f
    start: a
    nodes:
      a: {set: {n: 1 + 1, sum: '"12.50"'}, next: b}
      b: {say: [welcome, {number: vars.n, measure: persons}, {money: vars.sum}], barge_in: true, next: hangup}`)
	require.NoError(t, err)
	nodes := s.Flows[len(s.Flows)-1].Nodes
	require.Equal(t, "sum", nodes[0].Set.Values[1].Name.Value)
	require.Equal(t, `"12.50"`, nodes[0].Set.Values[1].Value.Value)
	items := nodes[1].Say.Items
	require.Equal(t, "welcome", items[0].Value.Value)
	require.Empty(t, items[0].As.Value)
	require.Equal(t, []string{"number", "vars.n", "persons"}, []string{items[1].As.Value, items[1].Value.Value, items[1].Measure.Value})
	require.True(t, nodes[1].Say.BargeIn.Value)
}

func TestAnnouncements(t *testing.T) {
	s, err := loadText(`defaults: {announce: {wait: true, every: 45s, repeat: true}}
queues:
  - {name: d, groups: [general]}
  - {name: p, groups: [general], announce: {position: true, first: 0s, min_change: 2m, repeat: false}}
  - {name: n, groups: [general], announce: {position: true, you_are_next: false}}
  - {name: y, groups: [general], announce: {wait: false, you_are_next: true, every: 5s}}`)
	require.NoError(t, err)
	for i, want := range map[int]Announce{
		1: {Wait: true, First: 10e9, Every: 45e9, MinChange: 60e9, Repeat: true},
		2: {Wait: true, Every: 45e9, MinChange: 120e9, Position: true, YouAreNext: true},
		3: {Wait: true, First: 10e9, Every: 45e9, MinChange: 60e9, Repeat: true, Position: true},
		4: {First: 10e9, Every: 5e9, MinChange: 60e9, Repeat: true, YouAreNext: true},
	} {
		require.Equal(t, want, *s.Queues[i].Announce)
		require.Equal(t, want.YouAreNext, s.Rules.Queues[i].TellNext)
	}
	require.Contains(t, s.Hints, "queue y: announce repeats the same every 5s; callers bear it better from 20s on")
	s, err = loadText("queues: [{name: q, groups: [general], announce: {every: 30s}}]")
	require.NoError(t, err)
	require.Contains(t, s.Hints, "queue q: announce tells neither position nor wait, so nothing is announced")
}

func TestEveryStrategyReachesTheEngine(t *testing.T) {
	for want, name := range strategies {
		s, err := loadText("queues: [{name: q, groups: [general], strategy: " + name + ", ring_most: 7}]\nagents: [{id: \"7\", group: general, weight: 3}]")
		require.NoError(t, err)
		require.Equal(t, acd.Strategy(want), s.Rules.Queues[1].Strategy)
		require.Equal(t, name, s.Rules.Queues[1].Strategy.String())
		require.Equal(t, 3, s.Rules.Agents[1].Weight)
		require.Equal(t, 7, s.Rules.Queues[1].RingMost)
	}
}

func TestWhatIsHardlyMeantIsHinted(t *testing.T) {
	s, err := loadText(`queues: [{name: q, groups: [general], skills: {x: 4}}, {name: r, groups: [expert], widen: [{after: 5s, groups: [general], skills: {x: 3}}]}]
numbers: [{number: "1", trunk: gateway, flow: main}]
trunks: [{name: t, from: 10.0.0.1}]`)
	require.NoError(t, err)
	require.Equal(t, []string{
		"queue q: no agent of its groups, nor of those it widens to, has the skills it needs",
		"plan day: it has neither release nor hours, so that only a supervisor takes its steps back",
		"trunk t: no number is called on it, so every call gets 404",
	}, s.Hints)
	require.Empty(t, contractSite(t).Hints)
}

func TestTheHashIsOfWhatIsSaidNotOfHow(t *testing.T) {
	hash := func(text string) string {
		s, err := loadText(text)
		require.NoError(t, err)
		return s.Hash
	}
	one := hash("groups: [{name: x, title: y}]")
	require.Len(t, one, 64)
	require.Equal(t, one, hash("# a comment\ngroups:\n  - title: 'y'\n    name: x\n"))
	require.NotEqual(t, one, hash("groups: [{name: x, title: z}]"))
	require.NotEqual(t, one, hash("groups: [{name: x}]"))
}

func TestTheSiteOfTelephoneNumbers(t *testing.T) {
	s, err := loadText(`trunks: [{name: t, from: ["2001:db8::1", 198.51.100.0/24], area: "21", proxy: "sip:[2001:db8::1]:5060;transport=tcp"}]
numbers: [{number: "62345678", trunk: t, flow: main, answer_blocked: true}, {number: "62345678", trunk: gateway, flow: main}]
callers: [{number: "+86 21 6234 5678", class: vip, level: gold}]`)
	require.NoError(t, err)
	require.Equal(t, "02162345678", s.Numbers[0].Number, "by the trunk's area")
	require.True(t, s.Numbers[0].AnswerBlocked)
	require.Equal(t, "62345678", s.Numbers[1].Number)
	require.Equal(t, "02162345678", s.Callers[0].Number)
	require.Equal(t, "021", s.Trunks[1].Area)
	require.Equal(t, "2001:db8::1/128", s.Trunks[1].From[0].String())
	require.Equal(t, []call.Codec{call.CodecPCMA, call.CodecPCMU}, s.Trunks[1].Codecs)
}

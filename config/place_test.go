package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// marked stands in a test's document before each token that is wrong.
const marked = "‸"

// unmark takes the marks out and gives their places as file:line:column.
func unmark(file, text string) (string, []string) {
	var places []string
	for n, line := range strings.Split(text, "\n") {
		for {
			before, after, found := strings.Cut(line, marked)
			if !found {
				break
			}
			places = append(places, fmt.Sprintf("%s:%d:%d", file, n+1, len([]rune(before))+1))
			line = before + after
		}
	}
	return strings.ReplaceAll(text, marked, ""), places
}

// base is a small site in which everything a test's document refers to is declared.
const base = `
groups: [{name: general}, {name: expert}]
teams: [{name: a}]
agents: [{id: "1001", group: general, password: pw, skills: {x: 3}}]
phones: [{ext: "8001", password: pw}]
calendars: [{name: always, open: {mon-sun: ["00:00-24:00"]}}]
queues: [{name: general, groups: [general]}]
trunks: [{name: gateway, from: [192.0.2.0/24]}]
flows: [{name: main, start: say, nodes: {say: {play: [welcome], next: hangup}}}]
plans: [{name: day, queues: [general], steps: [{name: s, when: {waiting: "> 5"}, do: [stop_callbacks]}]}]
`

func loadText(text string) (*Site, error) {
	return LoadSite(fstest.MapFS{
		"site/base.yaml": {Data: []byte(base)},
		"site/x.yaml":    {Data: []byte(text)},
	}, "site", SiteOptions{Shown: "site", Getenv: func(name string) (string, bool) { return "from-" + name, name == "SET" }})
}

func TestTheBaseSiteIsRight(t *testing.T) {
	_, err := loadText("")
	require.NoError(t, err)
}

func TestSiteMistakesAreToldWhereTheyAre(t *testing.T) {
	for _, c := range []struct{ text, words string }{
		// YAML itself
		{"groups: ‸[{name: x}\n", `no YAML`},
		{"groups:\n  - {name: x, ‸name: y}", `key "name" is there twice`},
		{"groups:\n- {name: x}\n- {name: y}\n‸groups: []", `key "groups" is there twice`},
		{"groups: ‸&a [{name: x}]", "anchors, aliases"},
		{"groups: ‸!!seq [{name: x}]", "anchors, aliases"},
		{"groups: []\n# ‸\xff", "byte 0xff is no text"},
		{"a: ‸\x00", "byte 0x00 is no text"},
		// shapes
		{"‸- a", "the site is a list, a mapping"},
		{"‸grups: []", `no key "grups", did you mean "groups"?`},
		{"groups: ‸general", "groups is a text, a list"},
		{"groups: [‸general]", "a group is a text, a mapping"},
		{"‸groups:", "groups has no value"},
		{"groups: [{name: x, ‸title: ~}]", "title has no value"},
		{"groups: [‸{title: x}]", "a group has no name"},
		{"groups: [{name: ‸[x]}]", "name is a list, a single value"},
		{"groups: [{name: ‸a b}]", `name "a b" is no name`},
		{"groups: [{name: x, ‸titel: y}]", `did you mean "title"?`},
		{"groups: [{name: ‸general}]", "group \"general\" is there twice, the first is in site/base.yaml:2"},
		{"physical_seats: ‸\"40\"", "without quotes"},
		{"physical_seats: ‸-1", "from 0 to 1000000"},
		{"zone: ‸Asia/Peking", "zone \"Asia/Peking\" is unknown"},
		// seats
		{"teams: [{name: b, leader: ‸\"1002\"}]", `agent "1002" is not declared, it can be 1001 only`},
		{"phones: [{ext: ‸\"1001\", password: x}]", "phone \"1001\" has the number of an agent"},
		{"phones: [‸{ext: \"8002\"}]", "a phone has no password"},
		{"phones: [{ext: \"8002\", password: x, devices: ‸51}]", "from 1 to 50"},
		{"agents: [{id: \"1002\", group: general, pin: ‸\"12\"}]", "4 to 12 digits"},
		{"agents: [{id: \"1002\", group: general, pin: ‸12a4}]", "pin can't be dialled"},
		{"proxy: {methods: [MESSAGE, ‸INVITE]}", "calls pass by calls: true"},
		{"proxy: {methods: [MESSAGE, ‸message]}", "method MESSAGE is there twice"},
		{"proxy: {calls: ‸often}", "true or false"},
		{"proxy: {calls: true}\n‸proxy: {calls: true}", `key "proxy" is there twice`},
		{"phones: [{ext: ‸\"80 02\", password: x}]", "no SIP user"},
		{"phones: [{ext: \"8002\", password: ‸\"${UNSET}\"}]", "the environment has no UNSET"},
		{"phones: [{ext: \"8002\", password: ‸\"file:/does/not/exist\"}]", "/does/not/exist can't be read"},
		{"phones: [{ext: \"8002\", password: ‸\"${}\"}]", "${NAME} and nothing else"},
		{"phones: [{ext: \"8002\", password: ‸\"\"}]", "password is empty"},
		{"agents: [{id: \"1002\", group: ‸genral}]", `did you mean "general"?`},
		{"agents: [{id: \"1002\", group: general, team: ‸b}]", `team "b" is not declared`},
		{"agents: [‸{id: \"1002\"}]", "an agent has no group"},
		{"agents: [{id: ‸x1, group: general}]", "can't be read out"},
		{"agents: [{id: \"1002\", group: general, skills: {x: ‸6}}]", "level of skill x is 6, from 1 to 5"},
		{"agents: [{id: \"1002\", group: general, skills: {x: ‸high}}]", "is no number"},
		{"agents: [{id: \"1002\", group: general, skills: ‸[x]}]", "a mapping of skills"},
		{"agents: [{id: \"1002\", group: general, skills: {‸\"x y\": 1}}]", "no name"},
		{"agents: [{id: \"1002\", group: general, roles: [agent, ‸team_leader]}]", `did you mean "team_lead"?`},
		{"agents: [{id: \"1002\", group: general, roles: [agent, ‸agent]}]", "role agent is there twice"},
		{"agents: [{id: \"1002\", group: general, ready_on_register: ‸yes}]", "true or false"},
		{"agents: [{id: \"1002\", group: general, srtp: ‸always}]", "optional"},
		{"agents: [{id: \"1002\", group: general, codecs: [‸PCMB]}]", `did you mean "PCMA"?`},
		{"agents: [{id: \"1002\", group: general, codecs: [‸opus]}]", "opus stands alone"},
		{"agents: [{id: \"1002\", group: general, codecs: [‸G729]}]", "none of the codecs"},
		{"agents: [{id: \"1002\", group: general, codecs: ‸[]}]", "empty list"},
		{"oncall: [{name: o, agents: [\"1001\", ‸\"1009\"]}]", `agent "1009" is not declared`},
		// trunks, numbers, callers
		{"trunks: [‸{name: t}]", "a trunk has no from"},
		{"trunks: [{name: t, from: ‸[]}]", "from is an empty list"},
		{"trunks: [{name: t, from: [‸10.0.0.0/33]}]", "no address range"},
		{"trunks: [{name: t, from: [‸192.0.2.7]}]", `192.0.2.7/32 overlaps with 192.0.2.0/24 of trunk "gateway"`},
		{"trunks: [{name: t, from: 10.0.0.1, proxy: ‸10.0.0.1:5060}]", "no SIP address"},
		{"trunks: [{name: t, from: 10.0.0.1, area: ‸\"99999\"}]", "no area code"},
		{"trunks: [{name: t, from: 10.0.0.1, max_calls: ‸many}]", "is no number"},
		{"numbers: [{number: \"1\", trunk: ‸gatewy, flow: ‸mian}]", "did you mean"},
		{"numbers:\n- {number: \"1\", trunk: gateway, flow: main}\n- {number: ‸\"1\", trunk: gateway, flow: main}", "twice on trunk"},
		{"numbers: [{number: ‸\"a b\", trunk: gateway, flow: main}]", "is no number"},
		{"callers: [{number: \"13800000001\"}, {number: ‸\"+8613800000001\"}]", "is there twice"},
		{"callers: [{number: \"1\", class: ‸VIP}]", `did you mean "vip"?`},
		// calendars
		{"calendars: [‸{name: c}]", "a calendar has no open"},
		{"calendars: [{name: c, open: ‸always}]", "days with their hours"},
		{"calendars: [{name: c, open: {‸monday: \"08:00-12:00\"}}]", `day "monday" is unknown`},
		{"calendars: [{name: c, open: {mon-fri: \"08:00-12:00\", ‸wed: \"08:00-12:00\"}}]", `wed is in "mon-fri" already`},
		{"calendars: [{name: c, open: {mon: ‸\"8-12\"}}]", "no time of day"},
		{"calendars: [{name: c, open: {mon: [08:00-12:00, ‸11:00-13:00]}}]", "overlaps"},
		{"calendars: [{name: c, open: {mon: ‸08:00-24:01}}]", "no time of day"},
		{"calendars: [{name: c, open: {mon: ‸08:00-08:00}}]", "is empty"},
		{"calendars: [{name: c, open: {mon: ‸24:00-08:00}}]", "begins at 24:00"},
		{"calendars: [{name: c, open: {mon: 08:00-09:00}, holidays: [‸{from: 2027-01-03, to: 2027-01-01}]}]", "ends on"},
		{"calendars: [{name: c, open: {mon: 08:00-09:00}, holidays: [‸{from: 01-03, to: 2027-01-05}]}]", "or neither"},
		{"calendars: [{name: c, open: {mon: 08:00-09:00}, holidays: [‸{open: []}]}]", "no from and to"},
		{"calendars: [{name: c, open: {mon: 08:00-09:00}, workdays: [‸2027-02-29]}]", "is no date"},
		{"calendars: [{name: c, open: {mon: 08:00-09:00}, special: [{date: ‸5-17}]}]", "is no date"},
		{"calendars: [{name: c, open: {mon: 08:00-09:00}, special: [{date: 05-17, plan: ‸dya}]}]", `did you mean "day"?`},
		// queues
		{"queues: [‸{name: q}]", "a queue has no groups"},
		{"queues: [{name: q, groups: ‸[]}]", "groups is an empty list"},
		{"queues: [{name: q, groups: [general, ‸general]}]", "is there twice"},
		{"queues: [{name: q, groups: [general], strategy: ‸longest}]", `strategy "longest" is unknown`},
		{"queues: [{name: q, groups: [general], priority: ‸0}]", "from 1 to 100"},
		{"queues: [{name: q, groups: [general], offer_timeout: ‸15}]", "is no duration"},
		{"queues: [{name: q, groups: [general], offer_timeout: ‸-5s}]", "at least 1s"},
		{"queues: [{name: q, groups: [general], wrap_up: ‸9000h}]", "at most a year"},
		{"queues: [{name: q, groups: [general], service_level: {within: 20s, percent: ‸101}}]", "from 1 to 100"},
		{"queues: [{name: q, groups: [general], service_level: {within: 20s, ‸percents: 90}}]", `did you mean "percent"?`},
		{"queues: [{name: q, groups: [general], record: ‸sometimes}]", "always, never"},
		{"queues: [{name: q, groups: [general], record: ‸0%}]", "1% to 100%"},
		{"queues: [{name: q, groups: [general], hours: ‸alway}]", `did you mean "always"?`},
		{"queues: [{name: q, groups: [general], widen: [{after: 20s, groups: [general]}, {after: ‸10s, groups: [expert]}]}]", "comes behind 20s"},
		{"queues: [{name: q, groups: [general], widen: [{after: 20s, groups: [‸experts]}]}]", `did you mean "expert"?`},
		{"queues: [{name: q, groups: [general], widen: [‸{groups: [general]}]}]", "no after"},
		{"queues: [{name: q, groups: [general], overflow: [{when: ‸never, to: \"queue:general\"}]}]", `when "never" is unknown`},
		{"queues: [{name: q, groups: [general], overflow: [{when: full, to: ‸\"queue:genera\"}]}]", `did you mean "general"?`},
		{"queues: [{name: q, groups: [general], overflow: [{when: full, to: ‸flow:man}]}]", `did you mean "main"?`},
		{"queues: [{name: q, groups: [general], overflow: [{when: full, to: ‸voicemial}]}]", "queue:NAME, flow:NAME, voicemail, voicemail:MAILBOX, number:NNN, site:NAME or callback"},
		{`queues: [{name: q, groups: [general], overflow: [{when: full, to: ‸"voicemail:"}]}]`, "a queue or an agent"},
		{`queues: [{name: q, groups: [general], overflow: [{when: full, to: ‸"voicemail:genral"}]}]`, "general"},
		{"queues: [{name: q, groups: [general], overflow: [{when: full, to: ‸\"queue:\"}]}]", "names no queue"},
		{"queues: [{name: q, groups: [general], overflow: [‸{when: full, to: \"queue:q\"}]}]", "into itself"},
		{"queues: [{name: q, groups: [general], overflow: [‸{when: waited, to: \"queue:general\"}]}]", "no after"},
		{"queues: [{name: q, groups: [general], overflow: [{when: full, after: ‸5s, to: \"queue:general\"}]}]", "after goes with waited"},
		{"queues: [{name: q, groups: [general], announce: {every: ‸1s}}]", "at least 5s"},
		{"flows: [{name: f, start: n, nodes: {n: {say: ‸{money: '1'}, next: hangup}}}]", "a list"},
		{"flows: [{name: f, start: n, nodes: {n: {say: [‸{measure: items}], next: hangup}}}]", "one of ahead, date, digits"},
		{"flows: [{name: f, start: n, nodes: {n: {say: [{number: ‸'1', money: '1'}], next: hangup}}}]", "one way for each thing"},
		{"flows: [{name: f, start: n, nodes: {n: {say: [{money: ‸vars.x}], next: hangup}}}]", `no node sets the variable "x"`},
		{"flows: [{name: f, start: n, nodes: {n: {set: ‸[x], next: hangup}}}]", "a mapping of variables"},
		{"flows: [{name: f, start: n, nodes: {n: {collect: {prompt: welcome, into: x, ‸length: 4}, next: hangup}}}]", "one of end, gap"},
		{"flows: [{name: f, start: n, nodes: {n: {collect: {prompt: welcome, into: x, max: ‸99}, next: hangup}}}]", "1 to 32"},
		{"flows: [{name: f, start: n, nodes: {‸n: {split: [{percent: 30, next: hangup}, {percent: 60, next: hangup}]}}}]", "add up to 90"},
		{"flows: [{name: f, start: n, nodes: {n: {collect: {prompt: welcome, into: x}, next: hangup, on_timeout: ‸nowhere}}}]", "there is no node"},
		{"flows: [{name: f, start: n, nodes: {n: {set: {x: ‸caller}, next: hangup}}}]", "which a variable can't keep"},
		{"queues: [{name: q, groups: [general], resume_within: ‸2h}]", "at most 30m"},
		{"queues: [{name: q, groups: [general], announce: {‸place: true}}]", "position"},
		{"queues: [{name: q, groups: [general], announce: {min_change: ‸soon}}]", "90s"},
		{"queues: [{name: q, groups: [general], ticket: ‸{when: end}}]", "ticket has no kind"},
		{"defaults: {‸groups: [general]}", `no key "groups"`},
		// plans
		{"plans: [‸{name: p}]", "a plan has no"},
		{"plans: [{name: p, queues: [‸genera], steps: []}]", `did you mean "general"?`},
		{"plans: [{name: p, queues: [general], days: [‸holidays], steps: []}]", "holiday, special"},
		{"plans: [{name: p, queues: [general], steps: [{name: s, when: {waiting: ‸many}, do: [cancel_breaks]}]}]", "no condition"},
		{"plans: [{name: p, queues: [general], steps: [{name: s, when: {waiting: ‸\"=> 5\"}, do: [cancel_breaks]}]}]", "no condition"},
		{"plans: [{name: p, queues: [general], steps: [{name: s, when: {waiting: \"> 5\"}, do: [‸dance]}]}]", `action "dance" is unknown`},
		{"plans: [{name: p, queues: [general], steps: [{name: s, when: {waiting: \"> 5\"}, do: [{add: ‸experts}]}]}]", `did you mean "expert"?`},
		{"plans: [{name: p, queues: [general], steps: [{name: s, when: {waiting: \"> 5\"}, do: ‸[]}]}]", "empty list"},
		{"plans: [{name: p, queues: [general], steps: [], release: {when: {waiting: \"< 5\"}, order: ‸random}}]", "reverse or forward"},
		// flows: shapes are ours, the rest is ivr's
		{"flows: [{name: f, start: a, nodes: ‸[]}]", "a mapping of names to nodes"},
		{"flows: [{name: f, start: a, nodes: {a: {play: [welcome], next: hangup, ‸nxt: b}}}]", `did you mean "next"?`},
		{"flows: [{name: f, start: a, nodes: {a: {play: [welcome], next: ‸b}}}]", `"b"`},
		{"flows: [{name: f, start: a, nodes: {a: {queue: ‸genera, next: hangup}}}]", `"genera"`},
		{"flows: [{name: f, start: a, nodes: {a: {menu: {prompt: welcome, timeout: ‸5}, keys: {\"1\": a}}}}]", "is no duration"},
		{"flows: [{name: f, start: a, nodes: {a: {menu: {prompt: welcome}, keys: {‸\"x\": a}}}}]", `"x"`},
		{"flows: [{name: f, start: a, nodes: {a: {branch: [{if: ‸\"caller.colour == 1\", next: b}], else: b}, b: {play: [welcome], next: hangup}}}]", "colour"},
		// characters of three bytes count as one
		{"groups: [{name: x, title: 综合业务座席, ‸titel: 综合}]", "titel"},
		// Windows line ends
		{"groups:\r\n  - {name: x}\r\n  - {name: ‸x}\r\n", "is there twice"},
		// a colon within a list's plain text
		{"calendars: [{name: c, open: {mon: [08:00-12:00, 13:00-14:00, ‸bad:00]}}]", `span "bad:00"`},
	} {
		text, places := unmark("site/x.yaml", c.text)
		_, err := loadText(text)
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("no mistake found in %q", c.text)
			continue
		}
		for _, place := range places {
			if !strings.Contains(err.Error(), place+": ") {
				t.Errorf("%q: nothing at %s:\n%s", c.text, place, err)
			}
		}
		require.Contains(t, err.Error(), c.words, c.text)
	}
}

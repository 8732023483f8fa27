package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call/dialling"
)

func TestEveryNumberHasAClass(t *testing.T) {
	site, err := loadText("dialling: {classes: [{name: branches, match: ['^0216234\\d{4}$', '^0216235']}]}\n")
	require.NoError(t, err)
	for number, want := range map[string]string{
		"110": "emergency", "120": "emergency", "119": "emergency", "12110": "emergency",
		"16899999": "premium", "02116800000": "premium",
		"0014155550100": "international", "13900000001": "mobile", "19912345678": "mobile",
		"10086": "service", "114": "service", "95588": "service", "4001234567": "service", "8008101234": "service",
		"02162340001": "branches", "02162350001": "branches", "02162360001": "national", "075588880000": "national",
		"62345678": "local", "2345678": "local", "1": "other", "99999999999999": "other",
	} {
		require.Equal(t, want, site.Dialling.Rules.Class(number), number)
	}
}

func TestWhoMayDialWhat(t *testing.T) {
	site, err := loadText(`
groups: [{name: sales, dial: [local, mobile]}, {name: closed, dial: none}]
agents:
  - {id: "2001", group: sales}
  - {id: "2002", group: sales, dial: {to: all, hours: always, minutes: 60, at_once: 2, trunk: out, show: "02162340000"}}
phones: [{ext: "8101", password: pw, dial: international, divert: never, forward: {always: "13900000001"}}]
trunks: [{name: out, from: [198.51.100.1], proxy: "sip:198.51.100.1", dial: {minutes: 600, at_once: 5}}]
dialling: {unusual: {calls: 5, within: 1h}}
queues: [{name: sales, groups: [sales], ext: "7001"}]
`)
	require.NoError(t, err)
	require.Equal(t, dialling.Unusual{Calls: 5, Within: time.Hour}, site.Dialling.Rules.Unusual)
	var nobody *dialling.Right
	require.True(t, nobody.Allows(dialling.Emergency))
	require.False(t, nobody.Allows("local"))
	group := site.Groups[len(site.Groups)-2].Dial
	require.True(t, group.Allows("mobile"))
	require.False(t, group.Allows("international"))
	require.False(t, site.Groups[len(site.Groups)-1].Dial.Allows("local"))
	own := site.Agents[len(site.Agents)-1].Dial
	require.True(t, own.Allows("other"))
	require.Equal(t, dialling.Limits{Hours: "always", Minutes: 60, AtOnce: 2}, own.Limits)
	require.Equal(t, "out", own.Trunk)
	require.Equal(t, "02162340000", own.Show)
	phone := site.Phones[len(site.Phones)-1]
	require.True(t, phone.Dial.Allows("international"))
	require.Equal(t, DivertNever, phone.Divert)
	require.Equal(t, &Forward{Always: "13900000001", After: 20 * time.Second}, phone.Forward)
	require.Equal(t, dialling.Limits{Minutes: 600, AtOnce: 5}, site.Trunks[len(site.Trunks)-1].Dial)
	require.Equal(t, "7001", site.Queues[len(site.Queues)-1].Ext)
	rules := &site.Dialling.Rules
	require.Equal(t, group, rules.Agents["2001"], "by the group")
	require.Equal(t, own, rules.Agents["2002"])
	require.Nil(t, rules.Agents["1001"])
	require.Equal(t, phone.Dial, rules.Right(dialling.By{Phone: "8101"}))
	require.Equal(t, own, rules.Right(dialling.By{Phone: "8101", Seat: "2002"}))
}

func TestDiallingMistakesAreToldWhereTheyAre(t *testing.T) {
	for _, c := range []struct{ text, words string }{
		{"dialling: {classes: [{name: ‸all, match: '^1'}]}", "meaning of its own"},
		{"dialling: {classes: [{name: x, match: ‸'('}]}", "is no expression"},
		{"dialling: {classes: [‸{name: x}]}", "has no match"},
		{"dialling: {unusual: {calls: ‸x}}", "calls"},
		{"dialling: {‸clases: []}", `did you mean "classes"`},
		{"groups: [{name: g, dial: ‸locl}]", `did you mean "local"`},
		{"groups: [{name: g, dial: [local, ‸all]}]", "beside other classes"},
		{"groups: [{name: g, dial: [local, ‸local]}]", "there twice"},
		{`agents: [{id: "2", group: general, dial: {to: local, hours: ‸nights}}]`, "not declared"},
		{`agents: [{id: "2", group: general, dial: {trunk: ‸nowhere}}]`, "not declared"},
		{`agents: [{id: "2", group: general, dial: {show: ‸abc}}]`, "is no number"},
		{`agents: [{id: "2", group: general, dial: {minutes: ‸-1}}]`, "from 0"},
		{`agents: [{id: "2", group: general, forward: {always: ‸"2"}}]`, "forwards to itself"},
		{`agents: [{id: "2", group: general, forward: {busy: ‸nobody}}]`, "is nobody"},
		{`agents: [{id: "2", group: general, forward: {‸never: "1001"}}]`, "has no key"},
		{`agents: [{id: "2", group: general, divert: ‸maybe}]`, "one of"},
		{`queues: [{name: q, groups: [general], ext: ‸"1001"}]`, "number of something else"},
		{`queues: [{name: q, groups: [general], ext: ‸x}]`, "can't be dialled"},
		{`queues: [{name: q, groups: [general], ext: "7"}, {name: r, groups: [general], ext: ‸"7"}]`, "is that of queue q"},
		{"trunks: [{name: t, from: [192.0.9.1], dial: {at_once: ‸x}}]", "at_once"},
	} {
		text, places := unmark("site/x.yaml", c.text)
		_, err := loadText(text)
		require.Error(t, err, c.text)
		require.Contains(t, err.Error(), places[0], c.text)
		require.Contains(t, err.Error(), c.words, c.text)
	}
}

package config

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func loadLists(t *testing.T, csv string) (*Site, []string) {
	t.Helper()
	fsys := fstest.MapFS{"site.yaml": {Data: []byte(debtorsSite)}}
	if csv != "" {
		fsys["lists/debtors.csv"] = &fstest.MapFile{Data: []byte(csv)}
	}
	s, err := LoadSite(fsys, ".", SiteOptions{})
	var problems Problems
	if errors.As(err, &problems) {
		var lines []string
		for _, p := range problems {
			lines = append(lines, p.String())
		}
		return nil, lines
	}
	require.NoError(t, err)
	return s, nil
}

const debtorsSite = `lists:
  - {name: debtors, title: 欠费, area: "021"}
callers:
  - {number: "13800000001", class: vip, level: gold}
queues:
  - {name: general, groups: [general]}
groups:
  - {name: general}
flows:
  - name: main
    start: known
    nodes:
      known: {list: {name: debtors, into: {owed: amount}}, found: says, else: vip}
      says:  {say: [{money: vars.owed}], next: vip}
      vip:   {list: vip, found: q, else: hangup}
      q:     {queue: general, next: hangup}
`

func TestListsFromFiles(t *testing.T) {
	s, problems := loadLists(t, "\xef\xbb\xbfnumber,amount,due\n13900139000,12.50,2026-11-30\n\"66001234\", 7 \n")
	require.Empty(t, problems)
	other, _ := loadLists(t, "number,amount\n13900139000,13\n")
	require.NotEqual(t, s.Hash, other.Hash, "another list is another site")
	again, _ := loadLists(t, "number,amount\n13900139000,13\n")
	require.Equal(t, again.Hash, other.Hash)
}

func TestListsMistakes(t *testing.T) {
	_, problems := loadLists(t, "")
	require.Equal(t, []string{"site.yaml:2:12: the file lists/debtors.csv of list \"debtors\" can't be opened, make the file; its first line names the columns, the first of which is number"}, problems, "and nothing that is but a consequence")
	_, problems = loadLists(t, "number,amount\n13900139000,1,2\n,5\nx y,5\n139,1\n139,2\n")
	require.Equal(t, []string{
		"lists/debtors.csv:2:15: the line has 3 values, at most 2, as the first line",
		"lists/debtors.csv:3:1: what stands first is no number, a telephone number, as 13800000001",
		"lists/debtors.csv:4:1: what stands first is no number, a telephone number, as 13800000001",
		"lists/debtors.csv:6:1: the number is in the list twice, each once",
	}, problems)
	_, problems = loadLists(t, "phone,amount\n")
	require.Len(t, problems, 1)
	require.Contains(t, problems[0], "lists/debtors.csv:1:1: the first line does not name the columns")
	_, problems = loadLists(t, "\n")
	require.Equal(t, []string{"lists/debtors.csv:1:1: the file is empty, number first, then names of letters, digits and _, each once, as number,amount,due"}, problems)
	_, problems = loadLists(t, "number,amount\n139,\"1\n")
	require.Contains(t, problems[0], "the line is no CSV")
}

// loadColumns loads a site whose list says what its columns hold, and whose flow has a condition over one of them.
func loadColumns(t *testing.T, columns, into, condition, csv string) (*ivr.List, []string) {
	t.Helper()
	site := strings.NewReplacer(
		`{name: debtors, title: 欠费, area: "021"}`, `{name: debtors, columns: `+columns+`}`,
		"into: {owed: amount}", "into: {"+into+"}",
		"says:  {say: [{money: vars.owed}], next: vip}", "says:  {branch: [{if: '"+condition+"', next: vip}], else: hangup}",
	).Replace(debtorsSite)
	fsys := fstest.MapFS{"lists/debtors.csv": {Data: []byte(csv)}}
	b := newBuilder(SiteOptions{})
	b.read([]Document{{Name: "site.yaml", Text: site}})
	require.NoError(t, b.findPrompts(fsys, "."))
	b.build(fsys, ".")
	var lines []string
	if problems, bad := errors.AsType[Problems](b.err()); bad {
		for _, p := range problems {
			lines = append(lines, p.String())
		}
	}
	return b.lists["debtors"], lines
}

func TestColumnsOfListsHaveTypes(t *testing.T) {
	const columns = "{amount: number, times: whole, vip: truth, due: date, pin: {secret: true}}"
	const csv = "number,amount,times,vip,due,pin,name\n13900139000,12.50,3,是,2026/11/9,0815,王\n13900139001,,,NO,2026-11-29 14:05,,\n13900139002\n"
	list, problems := loadColumns(t, columns, "owed: amount, due: due, vip: vip", `vars.owed > 10 && vars.due < now && vars.vip`, csv)
	require.Empty(t, problems)
	require.Equal(t, map[string][]string{
		"13900139000": {"12.50", "3", "true", "2026-11-09T00:00:00+08:00", "0815", "王"},
		"13900139001": {"", "", "false", "2026-11-29T14:05:00+08:00", "", ""},
		"13900139002": nil,
	}, list.Rows)

	for condition, want := range map[string]string{
		`vars.owed == "12.50"`: `mismatched types a number and text`,
		`vars.due > 3`:         `mismatched types a moment and a whole number`,
		`vars.name > 3`:        `mismatched types text and a whole number`,
		`vars.nome == ""`:      `no node sets the variable "nome", did you mean "name"?`,
	} {
		_, problems := loadColumns(t, columns, "owed: amount, due: due, name: name", condition, csv)
		require.Len(t, problems, 1, condition)
		require.Contains(t, problems[0], "site.yaml:14:")
		require.Contains(t, problems[0], want)
	}
}

func TestMistakesInColumnsOfLists(t *testing.T) {
	_, problems := loadColumns(t, "{amount: number, times: whole, vip: truth, due: date}", "owed: amount", "vars.owed > 1",
		"number,amount,times,vip,due\n139,\"1,250.00\",3.5,maybe,2026-13-01\n138,12 元,x,true,\n")
	require.Equal(t, []string{
		"lists/debtors.csv:2:5: the value of column amount is no number, as 12.50, without unit and separators",
		"lists/debtors.csv:2:16: the value of column times is no whole number, as 12",
		"lists/debtors.csv:2:20: the value of column vip is neither true nor false, true or false, yes or no, 1 or 0, 是 or 否",
		"lists/debtors.csv:2:26: the value of column due is no date, as 2026-11-29, 2026/11/29 or 2026-11-29 14:05",
		"lists/debtors.csv:3:5: the value of column amount is no number, as 12.50, without unit and separators",
		"lists/debtors.csv:3:12: the value of column times is no whole number, as 12",
	}, problems, "each at its place, and none repeats what stands there")
	_, problems = loadColumns(t, "{amont: number, amount: money, number: text}", "owed: amount", "true", "number,amount\n139,1\n")
	require.Equal(t, []string{
		`site.yaml:2:31: the file of list "debtors" has no column "amont", did you mean "amount"?`,
		`site.yaml:2:54: type "money" is unknown, one of date, number, text, truth, whole`,
		`site.yaml:2:61: number is the telephone number that is looked up, types of the columns beside it`,
	}, problems)
	_, problems = loadColumns(t, "{amount: {secret: true}}", "owed: amount", `vars.owed == "1"`, "number,amount\n139,1\n")
	require.Empty(t, problems, "a secret can be compared")
	_, problems = loadColumns(t, "{amount: {secret: true}}", "owed: amount", "true', next: said}], else: vip}\n      said: {say: [{money: 'vars.owed'}], next: vip}\n      more: {branch: [{if: 'true", "number,amount\n139,1\n")
	require.Contains(t, problems, `site.yaml:15:28: value "vars.owed": the variable "owed" is secret, compare it in a branch; it can't be said or copied`)
}

func TestForks(t *testing.T) {
	load := func(site string) (*Site, error) {
		return LoadSite(fstest.MapFS{"site.yaml": {Data: []byte(site)}}, ".", SiteOptions{Getenv: func(string) (string, bool) { return "Bearer 1", true }})
	}
	site, err := load(`forks:
  - {name: asr, url: "wss://asr.example.com/calls", headers: {Authorization: "${TOKEN}"}, format: pcmu, packet: 40ms, numbers: true}
  - {name: mood, url: "ws://10.0.0.5:9000"}
trunks: [{name: gw, from: [192.0.2.1], fork: mood}]
groups: [{name: g}]
defaults: {fork: asr}
queues:
  - {name: a, groups: [g]}
  - {name: b, groups: [g], fork: mood}
`)
	require.NoError(t, err)
	require.Len(t, site.Forks, 2)
	e := site.Forks[0]
	require.Equal(t, "Bearer 1", e.Headers["Authorization"].Reveal())
	require.Equal(t, []any{"asr", ForkPCMU, 40 * time.Millisecond, true}, []any{e.Name, e.Format, e.Packet, e.Numbers})
	require.Equal(t, []any{ForkPCM, 100 * time.Millisecond, false}, []any{site.Forks[1].Format, site.Forks[1].Packet, site.Forks[1].Numbers})
	require.Equal(t, []string{"mood", "asr", "mood"}, []string{site.Trunks[0].Fork, site.Queues[0].Fork, site.Queues[1].Fork})

	_, err = load(`forks:
  - {name: asr, url: "https://user:pw@asr.example.com", headers: {Sec-WebSocket-Key: x}, format: mp3, packet: 25ms}
  - {name: none}
trunks: [{name: gw, from: [192.0.2.1], fork: nobody}]
`)
	require.EqualError(t, err, `site.yaml:2:22: url is no address of an engine, as wss://asr.example.com/calls, ${NAME} or file:/path; ws or wss, without user and fragment
site.yaml:2:67: a name of headers is none, letters, digits and -, as X-Api-Key; not Host or Content-Length
site.yaml:2:98: format "mp3" is unknown, one of pcm, pcma, pcmu
site.yaml:2:111: packet is 25ms, 20ms to 1s, in steps of 10ms
site.yaml:3:5: an engine of forks has no url, the key is needed
site.yaml:4:46: engine of forks "nobody" is not declared, one of asr, none`)
}

func TestServicesAndWebhooks(t *testing.T) {
	const site = `services:
  - name: crm
    url: https://crm.example.com/api/
    headers: {Authorization: "${TOKEN}", Host: x}
    timeout: 30s
  - {name: bad, url: "ftp://x"}
webhooks:
  - {name: orders, url: "https://orders.example.com/hook", secret: "short"}
`
	_, err := LoadSite(fstest.MapFS{"site.yaml": {Data: []byte(site)}}, ".", SiteOptions{Getenv: func(string) (string, bool) { return "Bearer 1", true }})
	require.EqualError(t, err, `site.yaml:4:42: a name of headers is none, letters, digits and -, as X-Api-Key; not Host or Content-Length
site.yaml:5:14: timeout is 30s, at most 20s: a caller waits
site.yaml:6:22: url is no address of a service, as https://crm.example.com/api, without user, query and fragment; what is secret goes into headers
site.yaml:8:68: secret is too short for a signature, at least 16 characters, better ${NAME} or file:/path with 32 random ones`)
}

// FuzzList reads files of lists that come from anywhere: what is taken has the types it is said to have, and mistakes are told at places.
func FuzzList(f *testing.F) {
	for _, csv := range []string{"number,amount,due\n13900139000,12.50,2026/11/29\n139,,\n", "number,due,amount\n\"139\",x,\"1,5\"\n139,1,2,3\n", "number,amount\n139,\"1\n", "\xef\xbb\xbfnumber\n", "", "number,amount,due,x\n\n1\n"} {
		f.Add(csv)
	}
	zone := time.FixedZone("", 8*3600)
	f.Fuzz(func(t *testing.T, csv string) {
		list, problems := loadColumns(t, "{}", "owed: amount", "true", csv)
		for _, p := range problems {
			require.Regexp(t, `^(site\.yaml|lists/debtors\.csv):[1-9]\d*:[1-9]\d*: `, p)
		}
		b := newBuilder(SiteOptions{})
		b.site.Zone = zone
		typed := &ivr.List{Name: "debtors"}
		b.rows(typed, "debtors.csv", []byte(csv), []columnSaid{{Column: ivr.Column{Name: "amount", Type: call.PickNumber}}, {Column: ivr.Column{Name: "due", Type: call.PickDate}}}, nil)
		if len(b.problems) > 0 {
			return
		}
		require.Len(t, typed.Rows, len(list.Rows))
		for _, row := range typed.Rows {
			for i, value := range row {
				again, fits := ivr.ReadColumn(typed.Columns[i].Type, value, time.UTC)
				require.True(t, fits && again == value, "kept as it is read: %q", value)
			}
		}
	})
}

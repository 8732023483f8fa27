package config

import (
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
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
	require.Equal(t, []string{"site.yaml:2:12: the file lists/debtors.csv of list \"debtors\" can't be opened, make the file; its first line names the columns, the first of which is number", `site.yaml:13:50: list "debtors" has no column "amount", there are no columns yet`}, problems)
	_, problems = loadLists(t, "number,amount\n13900139000,1,2\n,5\nx y,5\n139,1\n139,2\n")
	require.Equal(t, []string{
		"lists/debtors.csv:2:15: the line has 3 values, at most 2, as the first line",
		"lists/debtors.csv:3:1: what stands first is no number, a telephone number, as 13800000001",
		"lists/debtors.csv:4:1: what stands first is no number, a telephone number, as 13800000001",
		"lists/debtors.csv:6:1: the number is in the list twice, each once",
	}, problems)
	_, problems = loadLists(t, "phone,amount\n")
	require.Contains(t, problems[0], "lists/debtors.csv:1:1: the first line does not name the columns")
	_, problems = loadLists(t, "number,amount\n139,\"1\n")
	require.Contains(t, problems[0], "the line is no CSV")
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

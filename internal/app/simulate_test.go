package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"go.uber.org/zap"
	"hotline/acd/tape/deck"

	"hotline/call"
	"hotline/store"
)

// simulated runs a simulation and gives what it wrote.
func simulated(t *testing.T, o SimulateOptions) (string, error) {
	t.Helper()
	var out bytes.Buffer
	o.Stdout, o.Stderr, o.Seed = &out, &out, 1
	err := Simulate(t.Context(), o)
	return out.String(), err
}

// rate is two hours of the example's main queue.
func rate() SimulateOptions {
	return SimulateOptions{Rates: []string{"general=60/h"}, From: "2026-11-23 08:00", To: "2026-11-23 10:00", Patience: "exp:2m", NoAnswer: "5%", Ring: "3s"}
}

// siteFolder writes a little site; extra agents make it another.
func siteFolder(t *testing.T, agents string) string {
	t.Helper()
	dir := t.TempDir()
	text := "groups: [{name: g}]\nagents: [{id: \"1\", group: g}" + agents + "]\n" +
		"queues: [{name: q, groups: [g]}]\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(text), 0o600))
	return dir
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestSimulateFormats(t *testing.T) {
	o := rate()
	o.Format = "json"
	out, err := simulated(t, o)
	require.NoError(t, err)
	var got struct {
		Sites []struct {
			Calls  int
			Totals []struct{ Offered int }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, got.Sites[0].Calls, got.Sites[0].Totals[0].Offered)
	o.Format = "csv"
	out, err = simulated(t, o)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+4*2+2, "two hours in half hours, of one queue and of all, and totals")
}

func TestSimulateFilesOnASite(t *testing.T) {
	o := SimulateOptions{
		Site:     siteFolder(t, ""),
		Calls:    write(t, "calls.csv", "time,queue,talk,patience\n2026-11-23 08:00:00,q,60,never\n2026-11-23 08:00:30,q,60,20\n"),
		Forecast: write(t, "forecast.csv", "time,queue,calls\n2026-11-23 08:00,q,0\n"),
		Roster:   write(t, "roster.csv", "from,to,group,seats\n08:00,09:00,g,2\n"),
		Format:   "csv",
	}
	out, err := simulated(t, o)
	require.NoError(t, err, out)
	require.Contains(t, out, ",q,2,2,2,0,", "two seats, two answered at once")
	o.SeatsFor, o.Roster, o.Format = "50/10s", "", "table"
	out, err = simulated(t, o)
	require.NoError(t, err)
	require.Contains(t, out, "the least seats with which every queue reaches 50/10s")

	o.Roster = write(t, "roster.csv", "from,to,group,seats\n08:00,09:00,h,2\n")
	out, err = simulated(t, o)
	require.ErrorIs(t, err, ErrInput)
	require.Contains(t, out, `roster.csv:2:13: there is no group with agents "h", the site has g`)
}

func TestSimulateCompare(t *testing.T) {
	o := SimulateOptions{
		Site: siteFolder(t, ""), Compare: siteFolder(t, ", {id: \"2\", group: g}"),
		Calls: write(t, "calls.csv", "time,queue,talk,patience\n2026-11-23 08:00:00,q,60,never\n2026-11-23 08:00:30,q,60,20\n"),
	}
	out, err := simulated(t, o)
	require.NoError(t, err)
	require.Contains(t, out, "B−A")
	o.Site = ""
	o.Calls = ""
	o.Rates, o.From, o.To = []string{"general=6/h"}, "2026-11-23 08:00", "2026-11-23 10:00"
	_, err = simulated(t, o)
	require.ErrorIs(t, err, ErrInput)
	require.ErrorContains(t, err, "has no queue general")
}

func TestSimulateRecordAndReplay(t *testing.T) {
	o := rate()
	o.Record = filepath.Join(t.TempDir(), "tape")
	_, err := simulated(t, o)
	require.NoError(t, err)
	out, err := simulated(t, SimulateOptions{Replay: o.Record})
	require.NoError(t, err)
	require.Contains(t, out, "effects as recorded")

	text, err := os.ReadFile(o.Record)
	require.NoError(t, err)
	changed := bytes.Replace(text, []byte(`{"out":{"seq":9,`), []byte(`{"out":{"seq":8,`), 1)
	require.NotEqual(t, text, changed)
	bad := write(t, "bad", string(changed))
	out, err = simulated(t, SimulateOptions{Replay: bad})
	require.ErrorIs(t, err, ErrInput)
	require.Contains(t, out, ": the first difference\n  recorded: {\"seq\":8,")

	_, err = simulated(t, SimulateOptions{Replay: write(t, "none", "nonsense\n")})
	require.ErrorIs(t, err, ErrInput)
	require.ErrorContains(t, err, "line 1 is no JSON")
}

// TestSimulateStoredCalls runs what a node has stored, those of a queue it has no more left out.
func TestSimulateStoredCalls(t *testing.T) {
	dir, _ := nodeFile(t, strings.ReplaceAll(smallSite, "general", "q"))
	node := filepath.Join(dir, "hotline.yaml")
	o := SimulateOptions{Config: node, From: "2026-11-23 08:00", To: "2026-11-23 10:00"}
	_, err := simulated(t, o)
	require.ErrorIs(t, err, ErrInput, "no node has run here")

	s, err := store.Open(store.Options{Dir: filepath.Join(dir, "data"), Database: "sqlite", Node: "n"}, zap.NewNop(), prometheus.NewRegistry())
	require.NoError(t, err)
	for i, queue := range []string{"q", "q", "gone"} {
		began := time.Date(2026, 11, 23, 0, 30, i, 0, time.UTC) // 08:30 in Shanghai
		id := call.ID("01JD0000000000000000000" + string(rune('A'+i)))
		var events []call.Envelope
		for n, e := range []call.Event{
			call.Entered{Caller: call.Caller{Number: "10"}, Leg: "l"},
			call.Accepted{},
			call.Queued{Queue: queue, Entry: began},
			call.Ended{By: call.PartyCaller},
		} {
			events = append(events, call.Envelope{Node: "n", Epoch: s.Epoch(), Call: id, Seq: uint64(n + 1), At: began.Add(time.Duration(n) * 5 * time.Second), Event: e})
		}
		require.NoError(t, s.Append(events...))
	}
	require.NoError(t, s.Close())
	out, err := simulated(t, o)
	require.NoError(t, err)
	require.Contains(t, out, "note: 1 recorded calls are left out")
	require.Contains(t, out, ": 2 calls, ")
}

// pages is a store of many pages.
type pages struct{ left int }

func (p *pages) Calls(context.Context, store.CallFilter) ([]call.Record, string, error) {
	if p.left--; p.left < 0 {
		return nil, "", errors.New("asked for too much")
	}
	return make([]call.Record, 2), map[bool]string{true: "more"}[p.left > 0], nil
}

func TestAllPagesOfRecordsAreRead(t *testing.T) {
	records, err := allRecords(t.Context(), &pages{left: 3}, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Len(t, records, 6)
	_, err = allRecords(t.Context(), &pages{}, time.Time{}, time.Time{})
	require.ErrorContains(t, err, "asked for too much")
}

// A log that breaks off, as a killed node leaves it, replays as far as it goes; which line is torn is said.
func TestATornLogReplaysAsFarAsItGoes(t *testing.T) {
	record := filepath.Join(t.TempDir(), "tape")
	_, err := simulated(t, SimulateOptions{Rates: []string{"general=60/h"}, From: "2026-11-23 09:00", To: "2026-11-23 10:00", Record: record})
	require.NoError(t, err)
	whole, err := os.ReadFile(record)
	require.NoError(t, err)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(whole)
	require.NoError(t, err)
	require.NoError(t, z.Flush())

	dir := t.TempDir()
	lines := bytes.Count(whole, []byte("\n"))
	for name, c := range map[string]struct {
		text []byte
		torn int
	}{
		"1" + deck.Suffix: {whole, 0},
		"2" + deck.Suffix: {whole[:len(whole)-20], lines},
		"3" + deck.Suffix: {packed.Bytes(), lines + 1},
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, c.text, 0o600))
		out, err := simulated(t, SimulateOptions{Replay: path})
		require.NoError(t, err, out)
		require.Equal(t, c.torn > 0, strings.Contains(out, "breaks off"), out)
		if c.torn > 0 {
			require.Contains(t, out, fmt.Sprintf("%s:%d:1: note: ", path, c.torn))
		}
	}
	out, err := simulated(t, SimulateOptions{Replay: dir})
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(out, "inputs replayed"), "a folder: all of them")
	_, err = simulated(t, SimulateOptions{Replay: t.TempDir()})
	require.ErrorContains(t, err, "has no files that end in "+deck.Suffix)
	require.ErrorIs(t, err, ErrInput)
}

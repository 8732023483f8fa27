package test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
	"hotline/test/tone"
)

// saysAmounts gives a node's engine for texts, which takes a minute for some, and a site's service that knows an amount;
// flows follow it.
func saysAmounts(t *testing.T, sum string) (engine, services string) {
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"sum":"`+sum+`"}`) }))
	t.Cleanup(crm.Close)
	command := filepath.Join(t.TempDir(), "engine")
	require.NoError(t, os.WriteFile(command, []byte(`#!/bin/sh
text=$(cat)
case "$text" in *slow*) sleep 60 ;; esac
printf %s "$text" | espeak-ng --stdin --stdout -v "$1"
`), 0o700))
	return "speech: {command: [" + command + `, "{voice}"], voices: {en: en}}` + "\n",
		fmt.Sprintf("services:\n  - {name: crm, url: %q}\nflows:\n", crm.URL)
}

// leadTo has numbers from 10003 on lead to flows.
func leadTo(s map[string]string, flows ...string) {
	var numbers strings.Builder
	for i, flow := range flows {
		fmt.Fprintf(&numbers, "  - {number: %q, trunk: gateway, flow: %s}\n", fmt.Sprint(10003+i), flow)
	}
	s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", numbers.String()+"callers:\n", 1)
}

// tones makes prompts of tones, of 0.6 s.
func tones(s map[string]string, all map[string]float64) {
	for name, hz := range all {
		s["prompts/zh/"+name+".wav"] = string(tone.WAV(rate, tone.Sine(hz, 0.6, rate)))
	}
}

// TestACallerHearsWhatOnlyHisCallKnows: espeak-ng says an amount that a service has told, while a tone sounds before it. An engine
// that takes too long costs two seconds, one that can't say it nothing: another prompt is heard. The amount is nowhere afterwards.
func TestACallerHearsWhatOnlyHisCallKnows(t *testing.T) {
	t.Parallel()
	engine, services := saysAmounts(t, "3141592")
	flowOf := func(name, play string) string {
		return fmt.Sprintf(`  - name: %s
    start: ask
    nodes:
      ask: {http: {service: crm, path: /, into: {sum: sum}}, next: say}
      say: {play: [before, %s, after], next: hangup}
`, name, play)
	}
	n := harness.StartNode(t, harness.Config{
		Extra: engine,
		Site: site(func(s map[string]string) {
			leadTo(s, "well", "slow", "bad")
			s["said.yaml"] = services +
				flowOf("well", `{text: "Your balance is {vars.sum} yuan and nothing else", language: en, else: instead}`) +
				flowOf("slow", `{text: "slow {vars.sum}", language: en, else: instead}`) +
				flowOf("bad", `{text: "{vars.sum}", voice: nobody, else: instead}`)
			tones(s, map[string]float64{"before": 1400, "after": 1700, "instead": 900})
		}),
	})
	wire := harness.Listen(t)
	callers := map[string]*harness.Caller{}
	for _, to := range []string{"10003", "10004", "10005"} {
		callers[to] = harness.StartCaller(t, n, harness.Plan{To: to, From: "1390000" + to})
	}
	const tenth = rate / 10 // what order counts in
	between := func(to string) []int16 {
		callers[to].Done()
		heard := wire.Heard(callers[to].RTP)
		at := order(t, heard, 1400, 1700)
		require.IsIncreasing(t, at, "number %s", to)
		return heard[(at[0]+7)*tenth : at[1]*tenth]
	}
	text := between("10003")
	require.Greater(t, len(text), 2*rate, "the sentence takes over two seconds")
	require.Greater(t, tone.Loudness(text), 1000.0)
	require.Zero(t, tone.Heard(text, rate, 900))
	for to, all := range map[string]time.Duration{"10004": 3800 * time.Millisecond, "10005": 1800 * time.Millisecond} {
		instead := between(to)
		require.InDelta(t, 600*time.Millisecond, tone.Heard(instead, rate, 900), float64(200*time.Millisecond), "number %s", to)
		rec := newestFrom(n, "1390000"+to)
		took := rec.EndedAt.Sub(rec.StartedAt.Time)
		require.Greater(t, took, all-500*time.Millisecond, "number %s", to)
		require.Less(t, took, all+8*time.Second, "number %s: the engine takes a minute", to)
	}
	for _, result := range []string{"rendered", "slow", "failed"} {
		n.WaitMetric(1, "hotline_speech_texts_total", `result="`+result+`"`)
	}
	again := harness.StartCaller(t, n, harness.Plan{To: "10003"})
	again.Done()
	n.WaitMetric(1, "hotline_speech_texts_total", `result="kept"`)
	require.Greater(t, len(wire.Heard(again.RTP)), 3*rate)
	nowhere(t, n, "3141592")
}

// TestAMenuGreetsByWhatOnlyHisCallKnows has callers come to a menu that says an amount before its choices. One presses a key
// while he hears it, one while it is rendered: both keys count at once. One does not press any: an engine that takes too long
// costs him a second, and he hears the choices. One hangs up while it is rendered. The site is loaded meanwhile with another
// menu, which none of them hears.
func TestAMenuGreetsByWhatOnlyHisCallKnows(t *testing.T) {
	t.Parallel()
	engine, services := saysAmounts(t, "2718281")
	flows := services
	for name, text := range map[string]string{
		"well":    `{text: "Your balance is {vars.sum} yuan, which is a great deal, and more than most of our customers owe us at this time of the year", language: en}, choices], timeout: 9s`,
		"patient": `{text: "slow {vars.sum}", language: en}], text_timeout: 10s, timeout: 9s`,
		"slow":    `{text: "slow {vars.sum}", language: en}, choices], text_timeout: 1s, timeout: 1s, tries: 1`,
	} {
		flows += fmt.Sprintf(`  - name: %s
    start: ask
    nodes:
      ask: {http: {service: crm, path: /, into: {sum: sum}}, next: menu}
      menu: {menu: {prompt: [before, %s}, keys: {"7": done}, next: hangup}
      done: {play: [after], next: hangup}
`, name, text)
	}
	s := site(func(s map[string]string) {
		leadTo(s, "well", "patient", "slow")
		s["said.yaml"] = flows
		tones(s, map[string]float64{"before": 1400, "after": 1700, "choices": 900, "others": 1100})
	})
	n := harness.StartNode(t, harness.Config{Extra: engine, Site: s})
	wire := harness.Listen(t)
	press := func(after time.Duration) []harness.Piece {
		return harness.Sound(harness.Tone(after), harness.Keys("7"), harness.Tone(30*time.Second))
	}
	hears := harness.StartCaller(t, n, harness.Plan{To: "10003", From: "13900000031", Sound: press(3500 * time.Millisecond)})
	waits := harness.StartCaller(t, n, harness.Plan{To: "10004", From: "13900000032", Sound: press(3 * time.Second)})
	quiet := harness.StartCaller(t, n, harness.Plan{To: "10005", From: "13900000033"})
	leaves := harness.StartCaller(t, n, harness.Plan{To: "10004", From: "13900000034", Steps: []string{harness.Pause(2500)}, Bye: true})
	n.Eventually(func() bool { return tone.Heard(wire.Heard(quiet.RTP), rate, 1400) > 100*time.Millisecond }, "they are in the menu")
	reload(n, map[string]string{"said.yaml": strings.NewReplacer("prompt: [before, ", "prompt: [others, ", ", choices]", ", others]").Replace(flows)})
	for _, c := range []*harness.Caller{hears, waits, quiet, leaves} {
		c.Done()
	}

	heard := wire.Heard(hears.RTP)
	at := order(t, heard, 1400, 1700)
	const tenth = rate / 10 // what order counts in
	text := heard[(at[0]+7)*tenth : at[1]*tenth]
	require.Greater(t, tone.Loudness(text), 500.0, "the amount is heard")
	require.Less(t, len(text), 5*rate, "until he presses: the sentence takes over seven seconds")
	require.Zero(t, tone.Heard(heard, rate, 900), "the choices are not")
	silence := wire.Heard(waits.RTP)
	at = order(t, silence, 1400, 1700)
	require.Less(t, at[1]-at[0], 70, "the key counts at once, not when the ten seconds of the engine are over")
	for from, way := range map[string][]string{
		"13900000031": {"ask", "menu", "done", "hangup"}, "13900000032": {"ask", "menu", "done", "hangup"},
		"13900000033": {"ask", "menu", "hangup"}, "13900000034": {"ask", "menu"},
	} {
		require.Equal(t, way, path(n, newestFrom(n, from).ID), from)
	}
	require.IsIncreasing(t, order(t, wire.Heard(quiet.RTP), 1400, 900))
	require.Contains(t, strings.Join(timeline(n, "13900000033"), "\n"), "no key after 1 try, but a text could not be said: not rendered within 1s")
	for _, c := range []*harness.Caller{hears, waits, quiet} {
		require.Zero(t, tone.Heard(wire.Heard(c.RTP), rate, 1100), "nobody hears the menu of the next revision")
	}
	n.WaitMetric(1, "hotline_speech_texts_total", `result="rendered"`)
	n.WaitMetric(1, "hotline_speech_texts_total", `result="slow"`)
	n.WaitMetric(2, "hotline_speech_texts_total", `result="moved_on"`)
	nowhere(t, n, "2718281")
}

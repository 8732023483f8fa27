package test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/test/harness"
	"hotline/test/tone"
)

// tones are the two frequencies of each key, in Hz (ITU-T Q.23).
var keyHz = map[byte][2]string{
	'1': {"697", "1209"}, '2': {"697", "1336"}, '3': {"697", "1477"}, '4': {"770", "1209"}, '5': {"770", "1336"}, '6': {"770", "1477"},
	'7': {"852", "1209"}, '8': {"852", "1336"}, '9': {"852", "1477"}, '0': {"941", "1336"}, '*': {"941", "1209"}, '#': {"941", "1477"},
}

// inBand has sox make keys as tones.
func inBand(t *testing.T, keys string) harness.Piece {
	var all [][2]string
	for i := range len(keys) {
		all = append(all, keyHz[keys[i]])
	}
	return harness.Wave(keyTones(t, all...))
}

// keyedSite has a flow on 12001 that takes a key, an account, a PIN that stands on a list, and a rating.
func keyedSite() map[string]string {
	return site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", "  - {number: \"12001\", trunk: gateway, flow: keyed}\ncallers:\n", 1)
		s["lists.yaml"] = "lists: [{name: pins}]\n"
		s["lists/pins.csv"] = "number,pin\n13910000001,470815\n13910000002,628190\n13910000003,935274\n"
		s["keyed.yaml"] = `
flows:
  - name: keyed
    start: menu
    nodes:
      menu:    {menu: {prompt: main_menu, timeout: 20s}, keys: {"3": account}, next: hangup}
      account: {collect: {prompt: main_menu, into: account, min: 4, max: 4, timeout: 20s}, next: look, on_timeout: hangup}
      look:    {list: {name: pins, into: {expected: pin}}, found: pin, else: hangup}
      pin:     {collect: {prompt: main_menu, into: pin, min: 4, max: 8, timeout: 20s, secret: true}, next: right, on_timeout: hangup}
      right:   {branch: [{if: 'vars.account == "7007" && same(vars.pin, vars.expected)', next: rate}], else: hangup}
      rate:    {survey: {prompt: rate_us, keys: {"2": satisfied}, timeout: 20s}, next: hangup}
`
	})
}

// keyWays are three callers who press the same keys and their own PIN, each in his gateway's way. Keys come while prompts sound.
func keyWays(t *testing.T) (plans []harness.Plan, pins []string) {
	pins = []string{"470815", "628190", "935274"}
	keys := func(pin string) string { return "37007" + pin + "#2" }
	var infos []string
	for _, key := range keys(pins[1]) {
		infos = append(infos, harness.Pause(150), harness.Info(string(key)))
	}
	gap, rest := harness.Silence(time.Second), harness.Silence(30*time.Second)
	return []harness.Plan{
		{From: "13910000001", Sound: harness.Sound(harness.Tone(time.Second), harness.Keys(keys(pins[0])), harness.Tone(30*time.Second))},
		{From: "13910000002", Steps: append([]string{harness.Pause(1000)}, infos...)},
		{From: "13910000003", NoEvents: true, Sound: harness.Sound(gap, inBand(t, keys(pins[2])), rest)},
	}, pins
}

// TestKeysAndSecretsInEveryWay has three callers press their way through a menu, two collects and a survey: by RFC 4733, by
// INFO and by tones in the sound. All come the same way; and of the secret digits nothing is found anywhere: not in the
// record, the timeline, the trace, the live events, the node's log at its most talkative, nor in any file of its data.
func TestKeysAndSecretsInEveryWay(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: keyedSite()})
	events := eventStream(t, n)
	plans, pins := keyWays(t)
	var wait sync.WaitGroup
	for _, p := range plans {
		p.To = "12001"
		c := harness.StartCaller(t, n, p)
		wait.Go(func() { require.Zero(t, c.Wait(time.Minute), "%.2000s", c.Output()) })
	}
	wait.Wait()
	shown := map[string]string{"the log": "", "the live events": ""}
	for _, rec := range n.WaitCalls(3) {
		require.Equal(t, []string{"menu", "account", "look", "pin", "right", "rate", "hangup"}, path(n, rec.ID), rec.Caller)
		require.NotNil(t, rec.Survey, rec.Caller)
		require.Equal(t, "satisfied", *rec.Survey)
		whole, err := json.Marshal(n.Call(rec.ID))
		require.NoError(t, err)
		shown["record and timeline of "+rec.Caller] = string(whole)
		for _, what := range []string{"sip", "pcap"} {
			code, trace := n.Try(http.MethodGet, "/api/v1/calls/"+string(rec.ID)+"/"+what, nil)
			require.Equal(t, 200, code)
			require.NotEmpty(t, trace)
			shown[what+" of "+rec.Caller] = string(trace)
			require.NotRegexp(t, `Signal= ?[0-9]`, string(trace), "the keys of an INFO are stars")
		}
	}
	shown["the live events"], shown["the log"] = events(), n.Output()
	require.Contains(t, shown["the live events"], "call", "something came by")
	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(n.Dir, "data"), func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			b, err := os.ReadFile(name)
			require.NoError(t, err)
			shown[name], files = string(b), files+1
		}
		return err
	}))
	require.Greater(t, files, 2)
	for _, p := range plans {
		require.NotContains(t, n.Output(), p.From, "the log has no numbers of customers")
	}
	for where, text := range shown {
		for _, pin := range pins {
			require.NotContains(t, text, pin, where)
		}
	}
}

// eventStream listens to a node's live events until the text of what came is asked for.
func eventStream(t *testing.T, n *harness.Node) func() string {
	body := n.Stream("/api/v1/events")
	var text strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(&text, body) // until it is closed
	}()
	return func() string {
		require.NoError(t, body.Close())
		<-done
		return text.String()
	}
}

// TestBargeIn presses a key early and late in a menu's prompt, after it, and ahead of it while a notice is told whole.
func TestBargeIn(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["trunks.yaml"] = strings.Replace(s["trunks.yaml"], "callers:\n", "  - {number: \"13001\", trunk: gateway, flow: barge}\ncallers:\n", 1)
		for name, hz := range map[string]float64{"notice": 1800, "long": 1400, "said": 900} {
			seconds := map[string]float64{"notice": 1, "long": 4, "said": 1}[name]
			s["prompts/zh/"+name+".wav"] = string(tone.WAV(rate, tone.Sine(hz, seconds, rate)))
		}
		s["barge.yaml"] = `
flows:
  - name: barge
    start: notice
    nodes:
      notice: {play: [notice], next: menu}
      menu:   {menu: {prompt: long, timeout: 5s, tries: 1}, keys: {"1": said}, next: hangup}
      said:   {play: [said], next: hangup}
`
	})})
	wire := harness.Listen(t)
	rows := map[string]struct{ at, heard time.Duration }{ // of the menu's prompt
		"ahead": {300 * time.Millisecond, 0}, "early": {1600 * time.Millisecond, 600 * time.Millisecond},
		"late": {4200 * time.Millisecond, 3200 * time.Millisecond}, "after": {6 * time.Second, 4 * time.Second},
	}
	callers, i := map[string]*harness.Caller{}, 0
	for name, r := range rows {
		callers[name] = harness.StartCaller(t, n, harness.Plan{
			To: "13001", From: fmt.Sprintf("1392000000%d", i), Sound: harness.Sound(harness.Tone(r.at), harness.Keys("1"), harness.Tone(20*time.Second)),
		})
		i++
	}
	for name, r := range rows {
		callers[name].Done()
		heard := wire.Heard(callers[name].RTP)
		require.InDelta(t, time.Second, tone.Heard(heard, rate, 1800), float64(200*time.Millisecond), "%s: the notice is told whole", name)
		require.InDelta(t, r.heard, tone.Heard(heard, rate, 1400), float64(700*time.Millisecond), "%s: the prompt is cut", name)
		require.InDelta(t, time.Second, tone.Heard(heard, rate, 900), float64(200*time.Millisecond), "%s: the key counts", name)
	}
	for _, rec := range n.WaitCalls(len(rows)) {
		require.Equal(t, call.OutcomeServedInIVR, rec.Outcome)
		require.Equal(t, []string{"notice", "menu", "said", "hangup"}, path(n, rec.ID))
	}
}

package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/tone"
)

// Chromium is Debian's, without a window. Its microphone plays a tone, and it does with pages what a
// person does: buttons are found by what a screen reader calls them.
type Chromium struct {
	*Process
	t   testing.TB
	url string
}

// Tab is a page in a Chromium.
type Tab struct {
	b    *Chromium
	name string
}

var listensOn = regexp.MustCompile(`listening on (\d+)`)

// StartChromium starts one that says a tone.
func StartChromium(t testing.TB, hz float64) *Chromium {
	t.Helper()
	const speed = 48000
	sound := filepath.Join(t.TempDir(), "microphone.wav")
	require.NoError(t, os.WriteFile(sound, tone.WAV(speed, tone.Sine(hz, 5, speed)), 0o600))
	dir := filepath.Join(Root(), "web", "console")
	return &Chromium{t: t, Process: start(t, dir, "node", "e2e/driver.mjs", sound)}
}

// started waits until it has started, which takes seconds: others do so meanwhile.
func (b *Chromium) started() string {
	b.t.Helper()
	if b.url == "" {
		require.Eventually(b.t, func() bool { return listensOn.MatchString(b.Output()) || b.Ended() }, 3*patience, 20*time.Millisecond)
		m := listensOn.FindStringSubmatch(b.Output())
		require.NotNil(b.t, m, "Chromium did not start (`make build tools` installs what it needs): %s", b.Output())
		b.url = "http://127.0.0.1:" + m[1]
	}
	return b.url
}

// order has the browser do something; into takes what came of it, unless it is nil.
func (b *Chromium) order(what map[string]any, into any) {
	b.t.Helper()
	body, err := json.Marshal(what)
	require.NoError(b.t, err)
	resp, err := http.Post(b.started(), "application/json", bytes.NewReader(body))
	require.NoError(b.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, 200, resp.StatusCode, "%v: %s", what, text)
	if into != nil {
		out := struct{ Is any }{into}
		require.NoError(b.t, json.Unmarshal(text, &out), "%s", text)
	}
}

// Open opens a page of a node, by the node's own address or a relay's.
func (b *Chromium) Open(base, path string) *Tab {
	b.t.Helper()
	tab := &Tab{b, fmt.Sprintf("%s-%d", path, time.Now().UnixNano())}
	b.order(map[string]any{"do": "open", "page": tab.name, "url": base + path}, nil)
	return tab
}

// Faults are errors of the pages' scripts, breaches of their policy, and requests to anybody but the node.
func (b *Chromium) Faults() (all []string) {
	b.t.Helper()
	b.order(map[string]any{"do": "faults"}, &all)
	return all
}

// Click presses a button.
func (p *Tab) Click(name string) { p.do("click", "name", name) }

// Follow clicks a link.
func (p *Tab) Follow(name string) { p.do("click", "role", "link", "name", name) }

// FollowOut clicks a link that opens a tab of its own, and gives that one.
func (p *Tab) FollowOut(name string) *Tab {
	p.b.t.Helper()
	tab := &Tab{p.b, fmt.Sprintf("%s-%d", name, time.Now().UnixNano())}
	p.do("follow", "name", name, "to", tab.name)
	return tab
}

// Fill writes into a field.
func (p *Tab) Fill(label, text string) { p.do("fill", "label", label, "text", text) }

// Select chooses from a list.
func (p *Tab) Select(label, text string) { p.do("select", "label", label, "text", text) }

// Press presses a key of the keyboard.
func (p *Tab) Press(key string) { p.do("press", "key", key) }

// Focus puts the focus on something, for keys.
func (p *Tab) Focus(selector string) { p.do("focus", "selector", selector) }

// Wait waits until something shows.
func (p *Tab) Wait(selector string) { p.do("wait", "selector", selector) }

// Shoot takes a picture, if SHOTS names a folder for it.
func (p *Tab) Shoot(name string) {
	if dir := os.Getenv("SHOTS"); dir != "" {
		p.do("shoot", "path", filepath.Join(dir, name+".png"))
	}
}

// Reload loads the page anew, whatever it asks before it goes.
func (p *Tab) Reload() { p.do("reload") }

// Go has the tab show another page of a node, whatever the present one asks before it goes.
func (p *Tab) Go(base, path string) { p.do("go", "url", base+path) }

// Close closes the tab, without a question.
func (p *Tab) Close() { p.do("close") }

func (p *Tab) do(deed string, args ...string) {
	p.b.t.Helper()
	p.b.order(p.ordered(deed, args), nil)
}

func (p *Tab) ordered(deed string, args []string) map[string]any {
	order := map[string]any{"do": deed, "page": p.name}
	for i := 0; i < len(args); i += 2 {
		order[args[i]] = args[i+1]
	}
	return order
}

// Text is what something says.
func (p *Tab) Text(selector string) (text string) {
	p.b.t.Helper()
	p.b.order(p.ordered("text", []string{"selector", selector}), &text)
	return text
}

// Shows tells whether something is there.
func (p *Tab) Shows(selector string) bool {
	p.b.t.Helper()
	var n int
	p.b.order(p.ordered("count", []string{"selector", selector}), &n)
	return n > 0
}

// Scroll moves what is within something down by so many pixels, and gives where it is then.
func (p *Tab) Scroll(selector string, by int) (at float64) {
	p.b.t.Helper()
	order := p.ordered("scroll", []string{"selector", selector})
	order["by"] = by
	p.b.order(order, &at)
	return at
}

// Heard is what a page hears at a moment.
type Heard struct {
	Hz     float64   // the loudest
	DB     float64   // of full scale, in its bin
	Levels []float64 // of the frequencies asked for, likewise
}

// Hears is what the page hears now.
func (p *Tab) Hears() (s Heard) {
	p.b.t.Helper()
	p.b.order(p.ordered("hear", nil), &s)
	return s
}

// HearsAll tells whether the page hears all of these tones at once.
func (p *Tab) HearsAll(hz ...float64) bool {
	p.b.t.Helper()
	var s Heard
	order := p.ordered("hear", nil)
	order["asked"] = hz
	p.b.order(order, &s)
	return len(s.Levels) == len(hz) && slices.Min(s.Levels) > -60
}

// Loud tells whether anything is heard.
func (s Heard) Loud() bool { return s.DB > -60 }

// Tone tells whether it is this one, within what G.711 and a bin of the analysis blur.
func (s Heard) Tone(hz float64) bool { return s.Loud() && s.Hz > hz-15 && s.Hz < hz+15 }

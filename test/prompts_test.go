package test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
	"hotline/test/tone"
)

// soundFile is a file that sox has written: a tone of 1 kHz for a second.
func soundFile(t *testing.T, name string) []byte {
	b, err := os.ReadFile(filepath.Join(harness.Root(), "media", "soundfile", "testdata", name))
	require.NoError(t, err)
	return b
}

// TestAPromptIsChangedWhileItIsHeard has a caller hear a greeting of 44.1 kHz in stereo that an editor replaces by an MP3: he hears the old
// one to its end and then, in the next node, the new one. Who calls later hears only that; an older version is restored, and dropped.
func TestAPromptIsChangedWhileItIsHeard(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "q: {queue: general, next: hangup}",
			"q: {play: [greeting], next: more}\n      more: {play: [greeting, sign], next: hangup}", 1)
		left := tone.Sine(900, 6, 44100)
		s["prompts/zh/greeting.wav"] = string(tone.WAV(44100, left, left))
		s["prompts/any/sign.ogg"] = string(soundFile(t, "tone.ogg"))
	})})
	const prompt = "/api/v1/prompts/zh/greeting"
	wire := harness.Listen(t)
	first := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	n.Eventually(func() bool { return tone.Heard(wire.Heard(first.RTP), rate, 900) > time.Second }, "the greeting should begin")
	status, answer := n.Try(http.MethodPut, prompt, []byte("no sound at all"))
	require.Equal(t, http.StatusUnprocessableEntity, status, "%s", answer)
	status, answer = n.Try(http.MethodPut, prompt, soundFile(t, "tone.mp3"))
	require.Equal(t, http.StatusOK, status, "%s", answer)
	require.Contains(t, string(answer), `"version":2`, "the one before it, put there by hand, is the first")
	first.Done()
	heard := wire.Heard(first.RTP)
	require.InDelta(t, 6*time.Second, tone.Heard(heard, rate, 900), float64(300*time.Millisecond), "he hears to its end what he hears")
	require.InDelta(t, 2*time.Second, tone.Heard(heard, rate, 1000), float64(400*time.Millisecond), "then the new one, and the one in Vorbis")
	require.IsIncreasing(t, order(t, heard, 900, 1000))

	second := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	second.Done()
	require.Zero(t, tone.Heard(wire.Heard(second.RTP), rate, 900))
	require.InDelta(t, 3*time.Second, tone.Heard(wire.Heard(second.RTP), rate, 1000), float64(500*time.Millisecond))

	var shown struct {
		Version  int
		UsedBy   []string `json:"used_by"`
		Versions []struct{ Via, Format string }
	}
	n.Do(http.MethodPost, prompt+"/restore", map[string]any{"version": 1}, 200, nil)
	n.Do(http.MethodGet, prompt, nil, 200, &shown)
	require.Equal(t, 3, shown.Version)
	require.Len(t, shown.UsedBy, 2)
	require.Len(t, shown.Versions, 3)
	status, answer = n.Try(http.MethodGet, prompt+"/audio", nil)
	require.Equal(t, http.StatusOK, status)
	sound, err := tone.ReadWAV(answer)
	require.NoError(t, err)
	require.InDelta(t, 6*time.Second, tone.Heard(sound.Channels[0], rate, 900), float64(100*time.Millisecond))
	n.Do(http.MethodDelete, prompt, nil, http.StatusConflict, nil) // the flow names it, and it ships in no language

	status, _ = n.As("1001", "pw-1001").Try(http.MethodPut, prompt, soundFile(t, "tone.mp3"))
	require.Equal(t, http.StatusForbidden, status)
	require.NotContains(t, n.Output(), "panic")
}

// TestAPromptIsRecordedByPhone has an editor record the greeting from a desk phone: it is a version of the
// library and what callers hear. Who is no editor may not. The PIN is nowhere afterwards.
func TestAPromptIsRecordedByPhone(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(hotDesks, func(s map[string]string) {
		s["seats.yaml"] = strings.Replace(s["seats.yaml"], `pin: "`+thePIN+`"}`, `pin: "`+thePIN+`", roles: [agent, editor]}`, 1)
		s["flows.yaml"] = strings.Replace(s["flows.yaml"], "q: {queue: general, next: hangup}", "q: {play: [welcome], next: hangup}", 1)
		s["studio.yaml"] = `prompt_numbers: [{number: "1", prompt: welcome}]`
	})})
	dials(n, desk(t, n, "8001", 1000, false), "*17*1102*"+thePIN, "not_allowed")

	editor := harness.StartLinphone(t, n, "8002", "pw-8002", 700)
	editor.Do("call *17*1101*" + thePIN)
	editor.WaitOutput("connected")
	n.WaitMetric(1, "hotline_codes_total", `code="*17"`, `outcome="done"`)
	editor.Do("1")
	editor.Do("#")
	n.Eventually(func() bool { return strings.Contains(n.Output(), "a prompt is being recorded by phone") }, "the beep should be over")
	before := n.Metric("hotline_rtp_packets_total", `direction="in"`)
	n.Eventually(func() bool { return n.Metric("hotline_rtp_packets_total", `direction="in"`) > before+150 }, "three seconds should come")
	editor.Do("#")
	editor.Do("1")
	n.WaitMetric(3, "hotline_codes_total", `code="*17"`, `outcome="done"`)
	n.WaitMetric(0, "hotline_sip_legs")

	var shown struct {
		Version  int
		Seconds  float64
		Versions []struct{ Via, By string }
	}
	n.Do(http.MethodGet, "/api/v1/prompts/zh/welcome", nil, 200, &shown)
	require.Equal(t, 1, shown.Version)
	require.Greater(t, shown.Seconds, 2.0)
	require.Equal(t, []struct{ Via, By string }{{"phone", "1101"}}, shown.Versions)
	wire := harness.Listen(t)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	c.Done()
	require.Greater(t, tone.Heard(wire.Heard(c.RTP), rate, 700), 2*time.Second, "callers hear what the editor's phone sent")
	nowhere(t, n, thePIN)
}

// TestAFlowSaysATextByEspeak has espeak-ng say a text that no prompt has, between two tones; a site whose text nothing can say is refused.
func TestAFlowSaysATextByEspeak(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{
		Extra: "speech: {command: [espeak-ng, --stdin, --stdout, -v, \"{voice}\"], voices: {zh: cmn, en: en}}\n",
		Site: site(func(s map[string]string) {
			s["flows.yaml"] = strings.Replace(s["flows.yaml"], "q: {queue: general, next: hangup}",
				"q: {play: [before, {text: The office is closed today because of the storm, language: en}, after], next: hangup}", 1)
			s["prompts/zh/before.wav"] = string(tone.WAV(rate, tone.Sine(1400, 0.6, rate)))
			s["prompts/zh/after.wav"] = string(tone.WAV(rate, tone.Sine(1700, 0.6, rate)))
		}),
	})
	wire := harness.Listen(t)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001"})
	c.Done()
	heard := wire.Heard(c.RTP)
	at := order(t, heard, 1400, 1700)
	require.IsIncreasing(t, at)
	const tenth = rate / 10 // what order counts in
	between := heard[(at[0]+7)*tenth : at[1]*tenth]
	require.Greater(t, len(between), 2*rate, "a sentence of nine words takes over two seconds")
	require.Greater(t, tone.Loudness(between), 1000.0, "and is heard")

	bad := strings.Replace(site()["flows.yaml"], "q: {queue: general, next: hangup}", "q: {play: [{text: hello, voice: nobody}], next: hangup}", 1)
	reload(n, map[string]string{"flows.yaml": bad})
	n.Eventually(func() bool { return strings.Contains(n.Output(), "the text could not be rendered: espeak-ng") }, "it should be refused")
	require.Contains(t, n.Output(), "flows.yaml:")
}

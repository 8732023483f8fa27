package prompts_test

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr/prompts"
)

// texts reads the table a language is rendered from: name → text.
func texts(t *testing.T, lang, kind string) map[string]string {
	b, err := os.ReadFile("texts/" + lang + kind + ".tsv")
	require.NoError(t, err)
	names := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		require.Len(t, columns, map[string]int{"zh": 3, "en": 2}[lang], line)
		require.NotContains(t, names, columns[0], "twice")
		names[columns[0]] = columns[1]
	}
	return names
}

func TestEveryTextIsSpokenInBothLanguages(t *testing.T) {
	lib := prompts.New(nil)
	zh, en := texts(t, prompts.Chinese, ""), texts(t, prompts.English, "")
	require.ElementsMatch(t, keys(zh), keys(en))
	for name := range zh {
		require.Contains(t, lib.Names(), name)
		for lang, text := range map[string]string{prompts.Chinese: zh[name], prompts.English: en[name]} {
			s := read(t, lib, lang, name)
			seconds := float64(len(s)) / 8000
			// Speech says 3 to 6 Chinese characters, or 8 to 20 English letters, a second; a lone word is slower.
			units := float64(len([]rune(text)))
			least, most := units/20, 0.7+units/6
			if lang == prompts.Chinese {
				least, most = units/6.5, 0.7+units/2.5
			}
			require.Greater(t, seconds, max(least, 0.2), "%s/%s", lang, name)
			require.Less(t, seconds, most, "%s/%s", lang, name)
			require.InDelta(t, -17.5, rms(s), 4, "%s/%s: loudness in dBFS, pauses included", lang, name)
			require.Less(t, peak(s), 0.9, "%s/%s clips", lang, name)
			require.Less(t, rms(s[:160]), -40.0, "%s/%s begins with a click", lang, name)
			require.Less(t, rms(s[len(s)-160:]), -40.0, "%s/%s ends with a click", lang, name)
		}
	}
}

// Parts are short and follow one another closely; each language has its own.
func TestPartsAreShort(t *testing.T) {
	for _, lang := range []string{prompts.Chinese, prompts.English} {
		for name := range texts(t, lang, "_parts") {
			s := read(t, prompts.New(nil), lang, name)
			seconds := float64(len(s)) / 8000
			require.Greater(t, seconds, 0.15, "%s/%s", lang, name)
			require.Less(t, seconds, 1.2, "%s/%s", lang, name)
			require.InDelta(t, -17.5, rms(s), 5, "%s/%s: loudness in dBFS", lang, name)
			require.Less(t, peak(s), 0.9, "%s/%s clips", lang, name)
			_, err := os.Stat(lang + "/" + name + ".wav")
			require.NoError(t, err, "in its own language, not another's in its place")
		}
	}
}

func TestWhatTheExampleNamesShips(t *testing.T) {
	require.Subset(t, prompts.New(nil).Names(), []string{
		"welcome", "recording_notice", "main_menu", "rate_us", "thank_you", "closed", "all_busy", "new_year", "default",
		"beep", "invalid_key", "please_wait", "goodbye", "leave_message", "silence_call",
	})
}

func TestMusicLoops(t *testing.T) {
	s := read(t, prompts.New(nil), prompts.English, "default")
	seconds := float64(len(s)) / 8000
	require.Greater(t, seconds, 30.0)
	require.Less(t, seconds, 61.0)
	require.InDelta(t, -20, rms(s), 1)
	require.Less(t, peak(s), 0.7)
	// The step over the seam is no greater than those around it: no click.
	around := append(append([]float64{}, s[len(s)-400:]...), s[:400]...)
	most := 0.0
	for i := 1; i < len(around); i++ {
		if i != 400 {
			most = max(most, math.Abs(around[i]-around[i-1]))
		}
	}
	require.LessOrEqual(t, math.Abs(s[0]-s[len(s)-1]), most)
	// Nor does it fade in or out there.
	require.InDelta(t, rms(s), rms(s[:4000]), 8)
	require.InDelta(t, rms(s), rms(s[len(s)-4000:]), 10)
}

func TestBeep(t *testing.T) {
	s := read(t, prompts.New(nil), "zh", "beep")
	require.InDelta(t, 0.5, float64(len(s))/8000, 0.1)
	crossings := 0
	for i := 1600; i < 2400; i++ { // a tenth of a second from its middle
		if s[i-1] < 0 && s[i] >= 0 {
			crossings++
		}
	}
	require.InDelta(t, 100, crossings, 2, "1 kHz")
}

func TestShippedSizeIsBearable(t *testing.T) {
	total := int64(0)
	for _, dir := range []string{"zh", "en", "any"} {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			info, err := e.Info()
			require.NoError(t, err)
			total += info.Size()
		}
	}
	require.Less(t, total, int64(5<<20))
}

func TestSiteComesBeforeShipped(t *testing.T) {
	site := fstest.MapFS{
		"zh/welcome.wav": {Data: []byte("the site's")},
		"en/extra.wav":   {Data: []byte("english only")},
		"any/jazz.wav":   {Data: []byte("music")},
		"zh/notes.txt":   {Data: []byte("no sound")},
	}
	lib := prompts.New(site)
	require.Equal(t, "the site's", text(t, lib, "zh", "welcome"))
	require.Equal(t, "english only", text(t, lib, "zh", "extra"), "no Chinese one: the English")
	require.Equal(t, "music", text(t, lib, "zh", "jazz"))
	require.NotEqual(t, "the site's", text(t, lib, "en", "welcome"), "the shipped English one before the site's Chinese one")
	require.Equal(t, text(t, prompts.New(nil), "zh", "goodbye"), text(t, lib, "fr", "goodbye"), "a language nobody has")
	require.Subset(t, lib.Names(), []string{"welcome", "extra", "jazz", "beep", "default"})
	require.NotContains(t, lib.Names(), "notes")
	require.IsIncreasing(t, lib.Names())
}

func TestOpenRefuses(t *testing.T) {
	lib := prompts.New(fstest.MapFS{})
	_, err := lib.Open("zh", "no_such")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	for _, name := range []string{"", "../welcome", "zh/welcome", `..\welcome`} {
		_, err = lib.Open("zh", name)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err), name)
	}
}

// broken is a folder that can't be read.
type broken struct{}

var errBroken = errors.New("input/output error")

func (broken) Open(string) (fs.File, error) { return nil, errBroken }

func TestUnreadableSiteIsTold(t *testing.T) {
	_, err := prompts.New(broken{}).Open("zh", "welcome")
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, call.CodeUnavailable, call.CodeOf(err))

	_, err = prompts.New(late{}).Open("zh", "welcome")
	require.ErrorIs(t, err, errBroken)
}

// late is a folder that breaks after it was listed.
type late struct{}

func (late) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".wav") {
		return nil, errBroken
	}
	return nil, fs.ErrNotExist
}

func keys(m map[string]string) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

func text(t *testing.T, lib *prompts.Library, lang, name string) string {
	f, err := lib.Open(lang, name)
	require.NoError(t, err)
	b, err := io.ReadAll(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return string(b)
}

// read decodes a shipped sound and checks its header: 8 kHz mono A-law, format 6.
func read(t *testing.T, lib *prompts.Library, lang, name string) []float64 {
	b := []byte(text(t, lib, lang, name))
	require.Equal(t, "RIFF", string(b[:4]), "%s/%s", lang, name)
	require.Equal(t, "WAVEfmt ", string(b[8:16]))
	require.GreaterOrEqual(t, len(b), int(binary.LittleEndian.Uint32(b[4:8]))+8-1)
	format := b[20:]
	require.Equal(t, []uint16{6, 1}, []uint16{binary.LittleEndian.Uint16(format), binary.LittleEndian.Uint16(format[2:])})
	require.Equal(t, uint32(8000), binary.LittleEndian.Uint32(format[4:]))
	require.Equal(t, uint16(8), binary.LittleEndian.Uint16(format[14:]))
	at := 20 + int(binary.LittleEndian.Uint32(b[16:20]))
	for string(b[at:at+4]) != "data" {
		at += 8 + int(binary.LittleEndian.Uint32(b[at+4:]))
	}
	size := int(binary.LittleEndian.Uint32(b[at+4:]))
	var s []float64
	for _, c := range b[at+8 : at+8+size] {
		s = append(s, float64(alaw(c))/32768)
	}
	return s
}

// alaw decodes one byte of G.711 A-law to 16 bits.
func alaw(c byte) int {
	c ^= 0x55
	segment, v := int(c>>4&7), int(c&15)<<4|8
	if segment > 0 {
		v = (v | 0x100) << (segment - 1)
	}
	if c&0x80 == 0 {
		return -v
	}
	return v
}

func rms(s []float64) float64 {
	sum := 0.0
	for _, v := range s {
		sum += v * v
	}
	return 10 * math.Log10(sum/float64(len(s))+1e-12)
}

func peak(s []float64) (most float64) {
	for _, v := range s {
		most = max(most, math.Abs(v))
	}
	return most
}

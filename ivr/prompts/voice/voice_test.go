package voice

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// script writes a program for tests.
func script(t *testing.T, text string) string {
	file := filepath.Join(t.TempDir(), "engine")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o700))
	return file
}

func voiceOf(t *testing.T, p Provider) *Voice {
	return New(Options{Dir: filepath.Join(t.TempDir(), "speech"), Engine: "e", Provider: p, Timeout: 30 * time.Second, AtOnce: 2, MaxBytes: 1 << 20})
}

var greeting = Text{Text: "您好; $(touch /tmp/never) `id` \"'", Language: "zh", Voice: "cmn"}

func TestACommandGetsTheTextAndNoShell(t *testing.T) {
	t.Setenv("SECRET", "hidden")
	engine := script(t, `echo run >>"$0.log"; printf '%s|%s|%s|' "$1" "$2" "$SECRET"; cat`)
	v := voiceOf(t, Command{Argv: []string{engine, "-v{voice}", "{language}; rm"}})
	for range 2 {
		b, err := v.Sound(context.Background(), greeting)
		require.NoError(t, err)
		require.Equal(t, "-vcmn|zh; rm||"+greeting.Text, string(b))
	}
	runs, err := os.ReadFile(engine + ".log")
	require.NoError(t, err)
	require.Equal(t, "run\n", string(runs), "the second time it is there")
	other := greeting
	other.Voice = "hak"
	b, err := v.Sound(context.Background(), other)
	require.NoError(t, err)
	require.Contains(t, string(b), "-vhak")
}

func TestACommandThatDoesBadly(t *testing.T) {
	for words, text := range map[string]string{
		"no such voice":             "echo no such voice >&2; exit 3",
		"as nothing at all":         "cat >/dev/null",
		"more comes than":           "exec yes", // without an end
		"no such file or directory": "",
		"not rendered within 300ms": "sleep 60 & sleep 60", // its child holds the pipe, too
	} {
		argv := []string{script(t, text)}
		if text == "" {
			argv = []string{"/nowhere/engine"}
		}
		v := voiceOf(t, Command{Argv: argv})
		if strings.Contains(words, "within") {
			v.o.Timeout = 300 * time.Millisecond
		}
		_, err := v.Sound(context.Background(), greeting)
		require.ErrorContains(t, err, words)
		require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	}
}

func TestAService(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Header.Get("Authorization") != "Bearer hidden":
			w.WriteHeader(http.StatusForbidden)
		case strings.Contains(string(body), "elsewhere"):
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		case strings.Contains(string(body), "much"):
			_, _ = w.Write(make([]byte, MaxSound+1))
		default:
			_, _ = w.Write(body)
		}
	}))
	defer s.Close()
	v := voiceOf(t, HTTP{URL: s.URL, Headers: map[string]string{"Authorization": "Bearer hidden"}, Client: NewClient()})
	b, err := v.Sound(context.Background(), Text{Text: "hello", Language: "en", Voice: "en-gb"})
	require.NoError(t, err)
	require.JSONEq(t, `{"text":"hello","language":"en","voice":"en-gb"}`, string(b))
	_, err = v.Sound(context.Background(), Text{Text: "elsewhere"})
	require.ErrorContains(t, err, "answered 307")
	_, err = v.Sound(context.Background(), Text{Text: "much"})
	require.ErrorIs(t, err, errTooMuch)
	_, err = voiceOf(t, HTTP{URL: s.URL, Client: NewClient()}).Sound(context.Background(), greeting)
	require.ErrorContains(t, err, "answered 403")
	require.NotContains(t, err.Error(), "hidden")
}

// counting says each text as a kilobyte of it.
type counting struct{ calls int }

func (c *counting) Speak(_ context.Context, t Text) ([]byte, error) {
	c.calls++
	if t.Text == "bad" {
		return nil, errors.New("no")
	}
	return []byte(strings.Repeat(t.Text, 1000)), nil
}

func TestTheFolderIsBounded(t *testing.T) {
	p := &counting{}
	v := voiceOf(t, p)
	v.o.MaxBytes = 3500
	say := func(text string) {
		_, err := v.Sound(context.Background(), Text{Text: text})
		require.NoError(t, err)
	}
	old := time.Now().Add(-time.Hour)
	for i, text := range []string{"a", "b", "c"} {
		say(text)
		at := old.Add(time.Duration(i) * time.Minute)
		require.NoError(t, os.Chtimes(filepath.Join(v.o.Dir, v.key(Text{Text: text})), at, at))
	}
	say("a") // used: b is the one not used for longest
	say("d")
	require.Equal(t, 4, p.calls)
	say("a")
	require.Equal(t, 4, p.calls)
	say("b")
	require.Equal(t, 5, p.calls, "it had to go")

	v.slots <- struct{}{}
	v.slots <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := v.Sound(ctx, Text{Text: "e"})
	require.ErrorIs(t, err, context.Canceled, "who waits for a turn can leave")
}

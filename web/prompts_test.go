package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// shelf is a prompt library with one prompt.
type shelf struct{}

var welcome = Prompt{Name: "welcome", Language: "zh", Source: "site", Version: 2, Seconds: 1, UsedBy: []string{"flows.yaml:12"}}

func (*shelf) find(name string) error {
	if name == "none" {
		return call.Errorf(call.CodeNotFound, "there is no prompt none")
	}
	return nil
}

func (*shelf) Prompts(context.Context) []Prompt { return []Prompt{welcome} }

func (l *shelf) Prompt(_ context.Context, _, name string) (Prompt, []PromptVersion, error) {
	return welcome, []PromptVersion{{Number: 2, By: "editor", Via: "upload", Format: "mp3"}}, l.find(name)
}

func (l *shelf) PromptSound(_ context.Context, _, name string, _ int) ([]byte, error) {
	return []byte("RIFF and so on"), l.find(name)
}

func (l *shelf) PutPrompt(_ context.Context, _, name string, file []byte, _ string) (Prompt, error) {
	if string(file) == "noise" {
		return Prompt{}, call.Errorf(call.CodeInvalid, "sound can't be read")
	}
	return welcome, l.find(name)
}

func (l *shelf) RestorePrompt(_ context.Context, _, name string, version int, _ string) (Prompt, error) {
	if version > 2 {
		return Prompt{}, call.Errorf(call.CodeNotFound, "there is no version %d", version)
	}
	return welcome, l.find(name)
}

func (l *shelf) DropPrompt(_ context.Context, _, name, _ string) error {
	if name == "needed" {
		return call.Errorf(call.CodeConflict, "the site needs it")
	}
	return l.find(name)
}

func TestPromptsHaveSoundAndVersions(t *testing.T) {
	w := newWorld(t)
	rec := w.do("editor", "GET", "/api/v1/prompts/zh/welcome", "")
	require.Equal(t, 200, rec.Code)
	require.Contains(t, rec.Body.String(), `"url":"/api/v1/prompts/zh/welcome/audio?version=2"`)
	rec = w.do("editor", "GET", "/api/v1/prompts/zh/welcome/audio", "")
	require.Equal(t, "audio/wav", rec.Header().Get("Content-Type"))
	require.Equal(t, "RIFF and so on", rec.Body.String())
	require.Equal(t, http.StatusUnprocessableEntity, w.do("editor", "PUT", "/api/v1/prompts/zh/wel%20come", "x").Code)
	require.Equal(t, http.StatusOK, w.do("editor", "PUT", "/api/v1/prompts/zh/welcome", strings.Repeat("x", 1<<20)).Code, "a sound is larger than a request else may be")
	require.Equal(t, http.StatusRequestEntityTooLarge, w.do("editor", "PUT", "/api/v1/prompts/zh/welcome", strings.Repeat("x", promptBytes+1)).Code)
}

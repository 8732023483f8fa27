package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

// promptsPath is where the prompt library is, and promptBytes bounds a sound that is sent there.
const (
	promptsPath = "/prompts"
	promptBytes = 16 << 20
)

// Library is the prompts: what ships, and what the site has in its place.
type Library interface {
	Prompts(context.Context) []Prompt
	// Prompt is one with its versions, the newest first; call.CodeNotFound: it is in neither.
	Prompt(ctx context.Context, lang, name string) (Prompt, []PromptVersion, error)
	// PromptSound is it as callers hear it, or one of its versions; version 0: the one in force.
	PromptSound(ctx context.Context, lang, name string, version int) ([]byte, error)
	// PutPrompt makes a sound file the prompt. call.CodeInvalid: it can't be read; call.CodeConflict: the folder can't be written.
	PutPrompt(ctx context.Context, lang, name string, file []byte, by string) (Prompt, error)
	RestorePrompt(ctx context.Context, lang, name string, version int, by string) (Prompt, error)
	// DropPrompt takes the site's own away; call.CodeConflict: the site needs it.
	DropPrompt(ctx context.Context, lang, name, by string) error
}

// Prompt is one sound of the library.
type Prompt struct {
	Name     string   `json:"name" example:"welcome"`
	Language string   `json:"language" enum:"zh,en,any" doc:"any: a sound without words"`
	Source   string   `json:"source" enum:"shipped,site,none" doc:"none: only versions of it are left"`
	File     string   `json:"file,omitempty" doc:"in the site's folder"`
	Version  int      `json:"version" doc:"the site's version that it is; 0: it ships, or was put into the folder by hand"`
	Seconds  float64  `json:"seconds"`
	UsedBy   []string `json:"used_by" doc:"places of the site that name it; the product plays some by itself"`
	URL      string   `json:"url" doc:"its sound, as callers hear it"`
}

// PromptVersion is one sound that is, or was, the prompt.
type PromptVersion struct {
	Number  int        `json:"number"`
	At      call.Stamp `json:"at"`
	By      string     `json:"by" doc:"user; empty: it was found in the folder"`
	Via     string     `json:"via" enum:"upload,phone,folder"`
	Format  string     `json:"format" enum:"wav,mp3,ogg" doc:"as it came"`
	Seconds float64    `json:"seconds"`
	URL     string     `json:"url"`
}

// PromptDetail is one sound with its versions.
type PromptDetail struct {
	Prompt
	Versions []PromptVersion `json:"versions" doc:"the newest first; the last 20 are kept"`
}

// PromptPath names one sound of the library.
type PromptPath struct {
	Language string `path:"language" enum:"zh,en,any" example:"zh"`
	Name     string `path:"name" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" example:"welcome"`
}

func (in *PromptPath) url() string {
	return prefix + promptsPath + "/" + in.Language + "/" + in.Name + "/audio"
}

func (p Prompt) withURL() Prompt {
	p.URL = (&PromptPath{p.Language, p.Name}).url()
	return p
}

// listPrompts shows the library.
func (s *Server) listPrompts(ctx context.Context, _ *struct{}) (*list[Prompt], error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the prompts")
	}
	items := s.b.Library.Prompts(ctx)
	for i := range items {
		items[i] = items[i].withURL()
	}
	return listOf(items, ""), nil
}

type promptDetailOut struct{ Body PromptDetail }

// getPrompt shows one with its versions.
func (s *Server) getPrompt(ctx context.Context, in *PromptPath) (*promptDetailOut, error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the prompts")
	}
	p, versions, err := s.b.Library.Prompt(ctx, in.Language, in.Name)
	if err != nil {
		return nil, s.fail(err)
	}
	for i := range versions {
		versions[i].URL = fmt.Sprintf("%s?version=%d", in.url(), versions[i].Number)
	}
	if p = p.withURL(); p.Source == "none" {
		p.URL = ""
	}
	return &promptDetailOut{PromptDetail{p, append([]PromptVersion{}, versions...)}}, nil
}

type promptAudioIn struct {
	PromptPath
	Version int    `query:"version" minimum:"0" doc:"one of its versions; default: the sound in force"`
	Range   string `header:"Range" doc:"part of the sound, RFC 9110 section 14" example:"bytes=0-65535"`
}

// promptAudio sends a sound as callers hear it.
func (s *Server) promptAudio(ctx context.Context, in *promptAudioIn) (*huma.StreamResponse, error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("hear the prompts")
	}
	sound, err := s.b.Library.PromptSound(ctx, in.Language, in.Name, in.Version)
	if err != nil {
		return nil, s.fail(err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := unwrap(hc)
		s.sendWAV(w, r, in.Name, time.Time{}, bytes.NewReader(sound))
	}}, nil
}

type putPromptIn struct {
	PromptPath
	RawBody []byte `contentType:"application/octet-stream" doc:"WAV, MP3 or Ogg Vorbis, whatever the Content-Type says"`
}

type promptOut struct{ Body Prompt }

// editsPrompts is the answer to who may not.
func (s *Server) editsPrompts(ctx context.Context) error {
	if who(ctx).may(editPrompts) != everything {
		return forbidden("change the prompts")
	}
	return nil
}

// putPrompt makes a sound file the prompt.
func (s *Server) putPrompt(ctx context.Context, in *putPromptIn) (*promptOut, error) {
	if err := s.editsPrompts(ctx); err != nil {
		return nil, err
	}
	p, err := s.b.Library.PutPrompt(ctx, in.Language, in.Name, in.RawBody, who(ctx).User)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "prompt.put", in.Language+"/"+in.Name, fmt.Sprintf("version %d", p.Version))
	return &promptOut{p.withURL()}, nil
}

type restorePromptIn struct {
	PromptPath
	Body struct {
		Version int `json:"version" minimum:"1" example:"3"`
	} `nameHint:"PromptRestoreRequest"`
}

// restorePrompt makes an older version the prompt again.
func (s *Server) restorePrompt(ctx context.Context, in *restorePromptIn) (*promptOut, error) {
	if err := s.editsPrompts(ctx); err != nil {
		return nil, err
	}
	p, err := s.b.Library.RestorePrompt(ctx, in.Language, in.Name, in.Body.Version, who(ctx).User)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "prompt.restore", in.Language+"/"+in.Name, fmt.Sprintf("version %d as version %d", in.Body.Version, p.Version))
	return &promptOut{p.withURL()}, nil
}

// dropPrompt takes the site's own sound away.
func (s *Server) dropPrompt(ctx context.Context, in *PromptPath) (*struct{}, error) {
	if err := s.editsPrompts(ctx); err != nil {
		return nil, err
	}
	if err := s.b.Library.DropPrompt(ctx, in.Language, in.Name, who(ctx).User); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "prompt.drop", in.Language+"/"+in.Name, "")
	return nil, nil //nolint:nilnil // 204
}

// sendsPrompt reports whether a request's body is a sound for the library.
func sendsPrompt(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, prefix+promptsPath+"/")
}

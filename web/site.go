package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hotline/call"
)

// siteBytes bounds a whole site as it is sent.
const siteBytes = 16 << 20

// Site shows and changes the site's documents.
type Site interface {
	// Site is the revision in force. Passwords are masked, and callers' numbers and names unless numbers are to be seen.
	Site(ctx context.Context, numbers bool) (SiteDocuments, error)
	// PutSite checks the documents, writes them and loads them. The error is
	// Mistakes when they are at fault, call.CodeConflict when the site is another one by now or can't be written.
	PutSite(context.Context, SiteChange) (SiteRevision, error)
	// Revisions lists those there have been, latest first.
	Revisions(context.Context) []SiteRevision
}

// SiteDocuments are the documents of a revision.
type SiteDocuments struct {
	Revision int        `json:"revision" doc:"in force"`
	Hash     string     `json:"hash" doc:"SHA-256 over what the documents say, comments and layout apart"`
	Files    []SiteFile `json:"files"`
}

// SiteFile is one YAML document.
type SiteFile struct {
	Name string `json:"name" maxLength:"100" example:"queues.yaml"`
	Text string `json:"text" doc:"YAML; passwords are masked"`
}

// SiteChange is what somebody wants the site to be.
type SiteChange struct {
	By       string // who
	Grants   bool   // may give roles, and passwords to who has some
	Revision int    // it was made from
	Files    []SiteFile
}

// SiteRevision is a site that was in force, or is.
type SiteRevision struct {
	Number  int        `json:"number"`
	At      call.Stamp `json:"at" doc:"when it came into force"`
	By      string     `json:"by" doc:"user; start or SIGHUP: files that were changed on the disk"`
	Hash    string     `json:"hash"`
	Changed []string   `json:"changed" doc:"documents that are not as in the revision before, or are gone"`
}

// Mistake is one mistake in a document.
type Mistake struct {
	File         string
	Line, Column int
	Words        string
}

// Mistakes is the error of documents that can't be a site.
type Mistakes []Mistake

// Error is one mistake a line.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

func (m Mistake) String() string {
	if m.Line == 0 { // a sound
		return m.File + ": " + m.Words
	}
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Words)
}

// problem tells each mistake with its place.
func (ms Mistakes) problem() *Problem {
	p := problemOf(http.StatusUnprocessableEntity, call.CodeInvalid, fmt.Sprintf("the site has %d mistakes; the one in force stays", len(ms)))
	for _, m := range ms {
		p.Errors = append(p.Errors, ProblemError{Location: "body.files", Message: m.String(), File: m.File, Line: m.Line, Column: m.Column})
	}
	return p
}

type siteOut struct{ Body SiteDocuments }

// getSite shows the site's documents.
func (s *Server) getSite(ctx context.Context, _ *struct{}) (*siteOut, error) {
	id := who(ctx)
	if id.may(seeSite) != everything {
		return nil, forbidden("see the site's documents")
	}
	docs, err := s.b.Site.Site(ctx, id.may(seeNumbers) == everything)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "site.view", fmt.Sprintf("revision %d", docs.Revision), "")
	return &siteOut{docs}, nil
}

type putSiteIn struct {
	Body struct {
		Revision int        `json:"revision" doc:"the one the change was made from; 409 if another is in force by now" example:"3"`
		Hash     string     `json:"hash,omitempty" doc:"may be sent back as it came"`
		Files    []SiteFile `json:"files" doc:"all of the site's documents; a mask stands for what was there"`
	} `nameHint:"SiteRequest"`
}

type revisionOut struct{ Body SiteRevision }

// putSite makes the site another one.
func (s *Server) putSite(ctx context.Context, in *putSiteIn) (*revisionOut, error) {
	id := who(ctx)
	if id.may(changeSite) != everything {
		return nil, forbidden("change the site")
	}
	rev, err := s.b.Site.PutSite(ctx, SiteChange{By: id.User, Grants: slices.Contains(id.Roles, RoleAdmin), Revision: in.Body.Revision, Files: in.Body.Files})
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "site.put", fmt.Sprintf("revision %d", rev.Number), strings.Join(rev.Changed, " "))
	return &revisionOut{rev}, nil
}

// listRevisions shows the site's history.
func (s *Server) listRevisions(ctx context.Context, _ *struct{}) (*list[SiteRevision], error) {
	if who(ctx).may(seeSite) != everything {
		return nil, forbidden("see the site's documents")
	}
	return listOf(s.b.Site.Revisions(ctx), ""), nil
}

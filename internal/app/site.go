package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/store"
	"hotline/web"
)

// Who changed the site, when it was no user.
const (
	byStart  = "start"  // the files were others when the node started
	bySignal = "SIGHUP" // or when it was told to look
)

// revisionsKept bounds the site's history.
const revisionsKept = 200

// historyKey is where a revision's entry is kept, beside the revision in force.
func historyKey(number int) string { return fmt.Sprintf("revision/%09d", number) }

// noteRevision keeps a revision that has come into force in the site's history.
func (a *App) noteRevision(rev *revision, by string, changed []string) {
	r := web.SiteRevision{Number: rev.number, At: call.StampOf(time.Now()), By: by, Hash: rev.site.Hash, Changed: append([]string{}, changed...)}
	a.store.Put(store.KindSite, historyKey(r.Number), r)
	history := append([]web.SiteRevision{r}, *a.history.Load()...)
	for len(history) > revisionsKept {
		a.store.Delete(store.KindSite, historyKey(history[len(history)-1].Number))
		history = history[:len(history)-1]
	}
	a.history.Store(&history)
}

// recallHistory reads the site's history, latest first.
func (a *App) recallHistory() {
	history := []web.SiteRevision{}
	for key, raw := range a.store.Recovered().State[store.KindSite] {
		var r web.SiteRevision
		if !strings.HasPrefix(key, "revision/") {
			continue
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			a.log.Error("an entry of the site's history can't be read", zap.String("entry", key), zap.Error(err))
			continue
		}
		history = append(history, r)
	}
	slices.SortFunc(history, func(x, y web.SiteRevision) int { return cmp.Compare(y.Number, x.Number) })
	a.history.Store(&history)
}

// finishSite ends what a crash cut off in the middle of writing a site.
func (a *App) finishSite() {
	dir, err := a.node.SiteDir()
	if err != nil {
		return // the example within the binary
	}
	if err := config.FinishSite(dir); err != nil {
		a.log.Error("the documents of a site that was being written are not moved to their places; they are in force all the same", zap.Error(err))
	}
}

// siteChange is a change of the site on its way to the goroutine that loads sites.
type siteChange struct {
	do     func() (web.SiteRevision, error)
	answer chan siteAnswer // one fits, so that nobody waits to give it
}

type siteAnswer struct {
	rev web.SiteRevision
	err error
}

// Site is the revision in force.
func (b backends) Site(_ context.Context, numbers bool) (web.SiteDocuments, error) {
	rev := b.rev.Load()
	out := web.SiteDocuments{Revision: rev.number, Hash: rev.site.Hash, Files: []web.SiteFile{}}
	for _, d := range rev.site.Documents(numbers) {
		out.Files = append(out.Files, web.SiteFile{Name: d.Name, Text: d.Text})
	}
	return out, nil
}

// Revisions is the site's history.
func (b backends) Revisions(context.Context) []web.SiteRevision { return *b.history.Load() }

// PutSite hands a new site to the goroutine that also loads it at SIGHUP, and waits.
func (b backends) PutSite(ctx context.Context, c web.SiteChange) (web.SiteRevision, error) {
	return b.changeSite(ctx, func() (web.SiteRevision, error) { return b.putSite(c) })
}

// changeSite has the goroutine that loads sites do something to it, and waits.
func (a *App) changeSite(ctx context.Context, do func() (web.SiteRevision, error)) (web.SiteRevision, error) {
	if a.draining.Load() {
		return web.SiteRevision{}, call.Errorf(call.CodeUnavailable, "the node is stopping")
	}
	change := siteChange{do, make(chan siteAnswer, 1)}
	select {
	case a.changes <- change:
	case <-ctx.Done():
		return web.SiteRevision{}, ctx.Err()
	}
	select {
	case answer := <-change.answer:
		return answer.rev, answer.err
	case <-ctx.Done():
		return web.SiteRevision{}, call.Errorf(call.CodeUnavailable, "the site takes long to load; GET /site tells whether it is in force")
	}
}

// putSite checks a site, writes it and loads it.
func (a *App) putSite(c web.SiteChange) (web.SiteRevision, error) {
	old := a.rev.Load()
	if c.Revision != old.number {
		return web.SiteRevision{}, call.Errorf(call.CodeConflict, "revision %d is in force, the change was made from %d; GET /site and make it again", old.number, c.Revision)
	}
	docs, site, err := a.siteOf(old, c.Files)
	if err != nil {
		return web.SiteRevision{}, err
	}
	if !c.Grants {
		if err := grants(old, site); err != nil {
			return web.SiteRevision{}, err
		}
	}
	rev, err := a.revisionOf(old.number+1, site)
	if err != nil {
		return web.SiteRevision{}, mistakes(err)
	}
	if err := a.writeSite(old, docs); err != nil {
		return web.SiteRevision{}, err
	}
	if err := a.take(rev, c.By); err != nil {
		return web.SiteRevision{}, fmt.Errorf("the site is written but not loaded, SIGHUP tries again: %w", err)
	}
	return (*a.history.Load())[0], nil
}

// grants refuses a site that gives somebody a role, or somebody with one another
// password: who runs the node could make himself one who sees customers by it.
func grants(old *revision, site *config.Site) error {
	for _, agent := range site.Agents {
		was, known := old.agents[agent.ID]
		plain := len(agent.Roles) == 1 && agent.Roles[0] == config.RoleAgent
		switch {
		case plain && (!known || slices.Equal(was.Roles, agent.Roles)):
		case !known || !slices.Equal(was.Roles, agent.Roles):
			return call.Errorf(call.CodeForbidden, "only an admin may change the roles of agent %s", agent.ID)
		case was.Password.Reveal() != agent.Password.Reveal():
			return call.Errorf(call.CodeForbidden, "only an admin may change the password of agent %s, who has roles", agent.ID)
		}
	}
	return nil
}

// siteOf makes a site of what was sent, masks filled in.
func (a *App) siteOf(old *revision, files []web.SiteFile) ([]config.Document, *config.Site, error) {
	docs := make([]config.Document, 0, len(files))
	for _, f := range files {
		docs = append(docs, config.Document{Name: f.Name, Text: f.Text})
	}
	if err := config.CheckNames(docs); err != nil {
		return nil, nil, err
	}
	docs, err := old.site.Unmask(docs, a.node.Site)
	if err != nil {
		return nil, nil, mistakes(err)
	}
	fsys, dir, err := a.node.SiteFS()
	if err != nil {
		return nil, nil, err
	}
	o := checkedAgainst()
	o.Shown = a.node.Site
	site, err := config.LoadDocuments(fsys, dir, docs, o)
	return docs, site, mistakes(err)
}

// writeSite replaces the documents on the disk, unless somebody has changed them there.
func (a *App) writeSite(old *revision, docs []config.Document) error {
	dir, err := a.node.SiteDir()
	if err != nil {
		return err
	}
	if err := a.asLoaded(old); err != nil {
		return err
	}
	return config.WriteSite(dir, docs)
}

// asLoaded is call.CodeConflict if somebody has changed the documents on the disk since they were loaded.
func (a *App) asLoaded(old *revision) error {
	there, err := a.node.SiteDocuments()
	if err != nil {
		return err
	}
	if !old.site.Same(there) {
		return call.Errorf(call.CodeConflict, "%s has been changed on the disk since revision %d was loaded; load it with SIGHUP, or put it back",
			strings.Join(old.site.Changed(there), ", "), old.number)
	}
	return nil
}

// mistakes says what is wrong with a site in the API's words.
func mistakes(err error) error {
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		return err
	}
	out := make(web.Mistakes, 0, len(problems))
	for _, p := range problems {
		words := p.Wrong
		if p.Right != "" {
			words += ", " + p.Right
		}
		out = append(out, web.Mistake{File: p.File, Line: p.Line, Column: p.Column, Words: words})
	}
	return out
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/call/live"
	"hotline/config"
)

// ErrInput marks an error that is the user's: a bad node file or site. It maps to exit code 1.
var ErrInput = errors.New("the input is wrong")

// VersionInfo is what this binary was built from.
type VersionInfo struct {
	Version string
	Commit  string
	Go      string
}

// Options are what the command line says.
type Options struct {
	ConfigPath string        // node file; empty: the shipped example
	Drain      time.Duration // time calls have to end on SIGTERM; 0: no limit
	Stdout     io.Writer
	Stderr     io.Writer
	Version    VersionInfo
}

// Bounds of stopping, once nobody is to be waited for any more.
const (
	lastWords = 8 * time.Second  // for all_busy to be heard, and wrap-ups to be filed as over
	roomsDown = 15 * time.Second // for the rooms to close
)

// sorryPrompt is what callers without an agent hear when the node stops.
const sorryPrompt = "all_busy"

// Run serves until a signal or the context ends it: SIGHUP reloads the site,
// SIGTERM drains, a second one ends at once.
func Run(ctx context.Context, o Options, signals <-chan os.Signal) error {
	node, site, err := config.Load(o.ConfigPath, checkedAgainst())
	if err != nil {
		return tell(o.Stderr, err)
	}
	log := newLogger(node.Log, o.Stderr)
	defer log.Sync() //nolint:errcheck // a terminal can't be synced
	a, err := New(node, site, o.Version.Version, log)
	if err != nil {
		return tell(o.Stderr, err)
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.down())
	}
	log.Info("ready", zap.Strings("sip", a.sip.Addrs()), zap.String("http", a.web.URL()),
		zap.String("node", node.Name), zap.Int("revision", a.rev.Load().number), zap.Int("max_calls", a.maxCalls))
	if err := a.banner(o.Stdout); err != nil {
		return errors.Join(err, a.down())
	}
	a.serve(ctx, o, signals)
	return a.down()
}

// down closes the rooms within their time.
func (a *App) down() error {
	ctx, cancel := context.WithTimeout(context.Background(), roomsDown)
	defer cancel()
	return a.closeRooms(ctx)
}

// serve waits for what ends the node, and lets its calls end.
func (a *App) serve(ctx context.Context, o Options, signals <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			a.hangUpAll("")
			return
		case c := <-a.changes:
			rev, err := c.do()
			c.answer <- siteAnswer{rev, err}
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				a.drain(ctx, o.Drain, signals)
				return
			}
			if err := a.Reload(); err != nil {
				a.log.Error("reload", zap.Error(err))
			}
		}
	}
}

// drain takes no new calls and lets those there are end, for so long; 0 is no limit.
func (a *App) drain(ctx context.Context, limit time.Duration, signals <-chan os.Signal) {
	a.draining.Store(true)
	a.sip.SetDraining(true)
	a.noMoreCallbacks()
	a.log.Info("draining: no new calls; a second SIGTERM ends at once", zap.Duration("limit", limit), zap.Int("calls", len(a.calls.all())))
	var over <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		over = t.C
	}
	for {
		select {
		case <-a.calls.idle():
			return
		case c := <-a.changes:
			c.answer <- siteAnswer{err: call.Errorf(call.CodeUnavailable, "the node is stopping")}
		case <-over:
			a.log.Warn("draining took its time; the calls that are left end", zap.Int("calls", len(a.calls.all())))
			a.hangUpAll(sorryPrompt)
			return
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				a.hangUpAll("")
				return
			}
		case <-ctx.Done():
			a.hangUpAll("")
			return
		}
	}
}

// hangUpAll ends every call, the waiting ones after a last prompt if there is
// one, and waits until they are archived, but not for long.
func (a *App) hangUpAll(prompt string) {
	a.draining.Store(true)
	a.sip.SetDraining(true)
	a.noMoreCallbacks()
	for _, c := range a.calls.all() {
		c.Tell(live.Drain{Prompt: prompt})
	}
	t := time.NewTimer(lastWords)
	defer t.Stop()
	select {
	case <-a.calls.idle():
		return
	case <-t.C:
	}
	for _, c := range a.calls.all() {
		c.Tell(live.Leave{})
	}
	select {
	case <-a.calls.idle():
	case <-time.After(time.Second):
		a.log.Error("calls are left that did not end", zap.Int("calls", len(a.calls.all())))
	}
}

// noMoreCallbacks has no further callback worked: they wait for the next start.
func (a *App) noMoreCallbacks() {
	a.book.tell(acd.CallbacksPaused{Paused: true})
	for _, c := range a.calls.all() {
		c.Tell(live.BackOff{Words: "the node is stopping", Idle: true})
	}
}

// banner tells a newcomer where to point a trunk, which softphones there are and where the API is.
func (a *App) banner(out io.Writer) error {
	rev := a.rev.Load()
	var err error
	line := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(out, format+"\n", args...)
		}
	}
	line("Hotline is ready.")
	for _, addr := range a.sip.Addrs() {
		line("  SIP          %s", addr)
	}
	for _, t := range rev.site.Trunks {
		line("  trunk        %s: point it at one of these addresses; calls are taken from %s", t.Name, ranges(t.From))
	}
	for _, n := range rev.site.Numbers {
		line("  number       %s → flow %s", n.Number, n.Flow)
	}
	line("  softphones   domain %s, password as in the site folder's seats: %s", a.node.SIP.Domain, a.accounts())
	if rev.site.Try.On() {
		line("  try a call   %s/try: %s from the browser, no phone needed", a.web.URL(), rev.site.Try.Number.Number)
	}
	line("  agents       %s/phone: sign in and answer in the browser", a.web.URL())
	line("  API          %s/api/v1 (OpenAPI: /api/v1/openapi.json), metrics %s/metrics", a.web.URL(), a.web.URL())
	if a.madePassword != "" {
		line("  log in as    %s, password %s (made now, shown this once; set %s to choose it)", adminUser, a.madePassword, adminEnv)
	}
	return err
}

// ranges names the sources a trunk's calls may come from.
func ranges(from []netip.Prefix) string {
	names := make([]string, len(from))
	for i, p := range from {
		names[i] = p.String()
	}
	return strings.Join(names, ", ")
}

// accounts names the softphones, the first dozen of them.
func (a *App) accounts() string {
	const shown = 12
	s := ""
	accounts := a.rev.Load().sip().Accounts
	for i, acc := range accounts {
		if i == shown {
			return s + fmt.Sprintf(" and %d more", len(accounts)-shown)
		}
		if i > 0 {
			s += " "
		}
		s += acc.User
	}
	return s
}

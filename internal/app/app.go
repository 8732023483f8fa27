// Package app is the composition root: it alone imports every room and joins
// them. app.go makes, starts and stops a node, desk.go decides about calls at the
// door, the other files each translate between two rooms.
package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/acd/driver"
	"hotline/acd/tape/deck"
	"hotline/config"
	"hotline/ivr/prompts/voice"
	"hotline/media"
	"hotline/recording"
	"hotline/recording/fork"
	"hotline/recording/listen"
	"hotline/recording/siprec"
	"hotline/sip"
	"hotline/store"
	"hotline/web"
	"hotline/web/dip"
	"hotline/web/webhook"
)

// App is a running node: every room, joined.
type App struct {
	ids  ids
	node *config.Node
	log  *zap.Logger
	reg  *prometheus.Registry

	store    *store.Store
	media    *media.Engine
	recorder *recording.Recorder
	forks    *fork.Forks
	ears     *listen.Ears
	voice    *voice.Calls
	outside  *siprec.Sessions
	archive  *recording.Archive
	janitor  *janitor
	thrift   thrift
	holds    *holds
	acd      *driver.Driver
	keeper   *keeper
	tape     *deck.Deck // nil: none
	sip      *sip.Server
	web      *web.Server
	papers   *identities

	calls     *table
	clerk     *clerk
	metrics   *metrics
	floor     *floor
	shifts    *shifts
	dialled   *dialGuard
	hooks     *webhook.Sender
	dips      *dip.Asker
	tickets   *ticketSerial
	repeats   *repeats
	bulletins *bulletins
	flows     *flowWatch
	mail      *mailroom
	pager     *pager
	book      *book
	visits    *visits
	visiting  bool // its goroutine runs
	hub       *web.Hub
	codes     *codeDesk
	bells     *bells
	pins      *pins

	rev          atomic.Pointer[revision]
	history      atomic.Pointer[[]web.SiteRevision] // latest first
	changes      chan siteChange                    // to serve, which alone loads sites; it is waited for
	epoch        uint64
	maxCalls     int
	admin        web.Password
	madePassword string // shown once, at the start that made it
	draining     atomic.Bool
	staffing     staffing
	afterwards   sync.Mutex // of events added to calls after they happened
}

// New joins the rooms of a node; nothing is listening yet. What it has opened it closes on an error.
func New(node *config.Node, site *config.Site, version string, log *zap.Logger) (_ *App, err error) {
	a := &App{node: node, log: log, reg: prometheus.NewRegistry(), calls: newTable(), hub: web.NewHub(), codes: newCodeDesk(), bells: newBells(), pins: newPins(), changes: make(chan siteChange)}
	a.shifts = newShifts(a)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.closeRooms(context.Background()))
		}
	}()
	a.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.metrics = newMetrics(a.reg, version, func(queue string) time.Duration {
		return a.rev.Load().queues[queue].ServiceLevel.Within
	})
	if a.papers, err = openIdentities(node, log, a.reg); err != nil {
		return nil, err
	}
	if err := a.openStore(); err != nil {
		return nil, err
	}
	if err := a.openSound(); err != nil {
		return nil, err
	}
	a.recallHistory()
	a.finishSite()
	if err := a.firstRevision(site); err != nil {
		return nil, err
	}
	if err := a.openFloor(); err != nil {
		return nil, err
	}
	for _, words := range node.NotYet {
		log.Warn("accepted, not acted upon in this version", zap.String("what", words))
	}
	return a, a.openEdges(version)
}

func (a *App) openStore() (err error) {
	if _, err := os.Stat(filepath.Join(a.node.Data, restoringDir)); err == nil {
		return fmt.Errorf("%s holds a backup that was not restored to its end; empty the folder and restore it again: %w", a.node.Data, ErrInput)
	}
	a.store, err = store.Open(store.Options{Dir: a.node.Data, Database: "sqlite", Node: a.node.Name}, a.log.Named("store"), a.reg)
	if err != nil {
		return err
	}
	a.epoch = a.store.Epoch()
	if err := a.bootstrapAdmin(); err != nil {
		return err
	}
	a.clerk = newClerk(a.store.Append, a.log)
	a.dips = dip.New(a.log.Named("service"), a.reg)
	a.flows = newFlowWatch(func() *time.Location { return a.rev.Load().site.Zone })
	a.mail = newMailroom(a.store, a.log)
	a.bulletins = newBulletins(a.store, a.log)
	a.tickets = newTicketSerial(a.store, a.log)
	a.repeats = newRepeats(func() time.Duration { return a.rev.Load().site.RepeatWindow })
	a.hooks = webhook.New(webhook.Options{NewID: newULID, Vault: hookVault{a.store}}, a.log.Named("webhook"), a.reg)
	return nil
}

// openSound opens the media engine and the recorder. Every call is entitled to
// two port pairs, its caller's and a seat's, which bounds how many are taken.
func (a *App) openSound() (err error) {
	a.media, err = media.New(media.Options{
		Listen: a.node.Media.Listen, Advertise: a.node.Media.Advertise,
		Listen6: a.node.Media.Listen6, Advertise6: a.node.Media.Advertise6,
		Ports:      media.PortRange{First: a.node.Media.First, Last: a.node.Media.Last},
		RTPTimeout: a.node.Media.RTPTimeout, IO: a.node.Media.IO,
	}, a.log.Named("media"), a.reg)
	if err != nil {
		return err
	}
	pairs, _ := a.media.Capacity()
	a.maxCalls = max(pairs/2, 1)
	if a.node.MaxCalls > 0 {
		a.maxCalls = min(a.maxCalls, a.node.MaxCalls)
	}
	a.recorder, err = recording.New(recordingOptions(a.node, a.media.Now), a.log.Named("recording"), a.reg)
	if err != nil {
		return err
	}
	if a.forks, err = fork.New(fork.Options{Clock: a.media.Now}, a.log.Named("fork"), a.reg); err != nil {
		return err
	}
	if a.ears, err = listen.New(listen.Options{Clock: a.media.Now}, a.log.Named("listen"), a.reg); err != nil {
		return err
	}
	if err := a.openVoice(); err != nil {
		return err
	}
	if a.outside, err = siprec.New(recorders{a}, a.log.Named("siprec"), a.reg); err != nil {
		return err
	}
	return a.openArchive()
}

// openFloor starts routing with the site's rules and brings the seats back.
func (a *App) openFloor() error {
	a.repeats.recall(context.Background(), a.store, time.Now(), a.log)
	today, err := a.todaySoFar()
	if err != nil {
		return err
	}
	found := a.store.Recovered()
	memory := withPlaces(recalled(found.State[store.KindMemory], a.log), placesCut(found, time.Now()))
	a.floor = newFloor(a.store, a.hub, today, a.log)
	a.dialled = newDialGuard(a)
	a.hooks.Resume(a.eventsLeft(found))
	a.pager = newPager(a)
	a.floor.pager = a.pager
	var seed [8]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return fmt.Errorf("no random seed for routing: %w", err)
	}
	a.keeper = newKeeper(a.store, func(q func(time.Time, *acd.Engine)) error { return a.acd.Ask(q) }, a.log)
	options, err := a.taping()
	if err != nil {
		return err
	}
	a.book = newBook(a)
	a.visits = newVisits(a.store, a.rev.Load, a.log.Named("survey"))
	a.reg.MustRegister(visitCollector{a.visits})
	a.visits.begin, a.visits.draining, a.visits.dice = a.beginVisit, a.draining.Load, mathrand.IntN
	a.acd = driver.New(acd.New(seedOf(seed)), outlet{
		calls: a.calls, seats: a.floor, backs: a.book, nudge: a.keeper.nudge, talks: a.shifts, log: a.log.Named("acd"),
	}, a.log.Named("acd"), options...)
	go a.keeper.run()
	a.reg.MustRegister(newFloorCollector(a.acd.Snapshot))
	a.sayRecalled(memory)
	return a.acd.Send(acd.Began{
		Rules: a.rev.Load().site.Rules, Phones: a.phonesLeft(found), Seats: a.seatsLeft(found), Memory: memory,
	})
}

// taping has routing taped, if the node is to.
func (a *App) taping() (options []driver.Option, err error) {
	if a.node.Tape.Keep <= 0 {
		return nil, nil
	}
	a.tape, err = deck.New(deck.Options{
		Dir: filepath.Join(a.node.Data, "tape"), Epoch: a.epoch, Keep: a.node.Tape.Keep, Max: a.node.Tape.Max,
	}, a.log.Named("tape"), a.reg)
	if err != nil {
		return nil, err
	}
	return []driver.Option{driver.WithTape(a.tape)}, nil
}

func seedOf(b [8]byte) (seed uint64) {
	for _, x := range b {
		seed = seed<<8 | uint64(x)
	}
	return seed
}

func (a *App) openEdges(version string) (err error) {
	opts, err := sipOptions(a.node.SIP)
	if err != nil {
		return err
	}
	opts.TLS = a.papers.of("sip.tls")
	if k := a.papers.keepers["sip.tls"]; k != nil {
		opts.Roots = k.Roots
	}
	if opts.DigestKey, err = sipKey(a.node.Data); err != nil {
		return err
	}
	opts.Bearers = a.bearers // asked once it listens; web is there then
	a.sip, err = sip.New(opts, desk{a}, vault{a.store, a.hub}, a.log.Named("sip"), a.reg)
	if err != nil {
		return err
	}
	a.sip.SetSite(a.sipSite(a.rev.Load()))
	b := backends{a}
	a.web = web.New(web.Options{
		Listen: a.node.HTTP.Listen, TLS: a.papers.of("http.tls", "http/1.1"), Version: version, SIP: a.sip.WebSocket(),
		TrustedProxies: a.node.HTTP.TrustedProxies,
	}, web.Backends{
		Bulletins: b, Library: b, Flows: b, Mailboxes: b, Surveys: b,
		Calls: b, Floor: b, Control: b, Recordings: b, Trunks: b, Phones: b, Callbacks: b, Accounts: b, Health: b, Audit: b, Site: b, Visitors: b, Guard: guards{a.sip}, Wire: wire{a.sip}, Dialling: a.dialled, Hub: a.hub,
	}, a.log.Named("web"), a.reg, a.reg)
	return nil
}

// Start brings back what the last run left, listens, and ends the dialogs a crash left open.
func (a *App) Start(ctx context.Context) error {
	found := a.store.Recovered()
	if err := a.recoverCalls(found); err != nil {
		return err
	}
	a.sip.RestoreBans(a.bansLeft(found))
	a.sip.RestoreBindings(a.bindingsLeft(found)) // before the listeners open: phones that have not noticed can be rung at once
	if err := a.sip.Start(ctx); err != nil {
		return err
	}
	if err := a.web.Start(ctx); err != nil {
		return err
	}
	a.archive.Start()
	a.janitor.start()
	a.thrift.start()
	a.papers.watch()
	a.recoverDialogs(found)
	a.book.recover(found)
	a.visits.recall(found, a.recordOf)
	a.visiting = true
	go a.visits.run()
	return nil
}

// rememberedSite is the revision in force, kept over restarts.
type rememberedSite struct {
	Revision int    `json:"revision"`
	Hash     string `json:"hash"`
}

const siteKey = "revision"

// firstRevision takes the site the node starts with: the old number when it has not changed.
func (a *App) firstRevision(site *config.Site) error {
	var last rememberedSite
	if raw, ok := a.store.Recovered().State[store.KindSite][siteKey]; ok {
		if err := json.Unmarshal(raw, &last); err != nil {
			return fmt.Errorf("the stored site revision: %w", err)
		}
	}
	number := last.Revision
	if last.Hash != site.Hash {
		number++
	}
	rev, err := a.revisionOf(number, site)
	if err != nil {
		return err
	}
	a.adopt(rev)
	if number != last.Revision {
		a.noteRevision(rev, byStart, nil)
	}
	return nil
}

func (a *App) revisionOf(number int, site *config.Site) (*revision, error) {
	fsys, dir, err := a.node.SiteFS()
	if err != nil {
		return nil, err
	}
	var old *sounds
	if rev := a.rev.Load(); rev != nil {
		old = rev.sounds
	}
	s, err := loadSounds(fsys, dir, a.node.Site, site.Tones, old)
	if err != nil {
		return nil, err
	}
	if err := s.addTexts(site.Texts, speechOf(a.node), a.node.Speech, old); err != nil {
		return nil, err
	}
	return newRevision(number, site, s), nil
}

// adopt makes a revision the one in force for new calls and all queues and seats.
func (a *App) adopt(rev *revision) {
	a.rev.Store(rev)
	a.store.Put(store.KindSite, siteKey, rememberedSite{Revision: rev.number, Hash: rev.site.Hash})
	a.metrics.revision.Set(float64(rev.number))
	a.metrics.prepare(rev)
	a.dips.SetServices(servicesOf(rev.site))
	a.ears.SetServices(earsOf(rev.site))
	if err := a.hooks.SetEndpoints(hooksOf(rev.site)); err != nil {
		a.log.Error("the site's webhooks are not taken, those before stay", zap.Error(err))
	}
	rev.warnNotYet(a.log)
}

// Reload reads the site anew. A bad one is refused with all its mistakes and the
// running one stays; a good one is a new revision that no live or waiting call notices. Of the node file
// the guard and its lists are taken.
func (a *App) Reload() error {
	a.papers.reload()
	return errors.Join(a.reloadGuard(), a.reloadSite())
}

func (a *App) reloadSite() error {
	site, err := a.node.LoadSite(checkedAgainst())
	if err == nil {
		err = a.load(site)
	}
	if err != nil {
		a.metrics.reloads.WithLabelValues(reloadRefused).Inc()
		return fmt.Errorf("the site is refused, revision %d stays: %w", a.rev.Load().number, err)
	}
	return nil
}

func (a *App) load(site *config.Site) error {
	old := a.rev.Load()
	if site.Hash == old.site.Hash {
		a.rev.Store(newRevision(old.number, site, old.sounds)) // comments may be others
		a.metrics.reloads.WithLabelValues(reloadUnchanged).Inc()
		a.log.Info("the site has not changed", zap.Int("revision", old.number))
		return nil
	}
	rev, err := a.revisionOf(old.number+1, site)
	if err != nil {
		return err
	}
	return a.take(rev, bySignal)
}

// take brings a revision into force. One that says what the one in force says
// is no new one, but its documents are.
func (a *App) take(rev *revision, by string) error {
	old, site := a.rev.Load(), rev.site
	if site.Hash == old.site.Hash {
		a.rev.Store(newRevision(old.number, site, rev.sounds))
		return nil
	}
	if err := a.acd.Send(acd.RulesChanged{Rules: rev.site.Rules}); err != nil {
		return err
	}
	a.adopt(rev)
	a.noteRevision(rev, by, site.ChangedFrom(old.site))
	a.floor.retarget(rev)
	a.sip.SetSite(a.sipSite(rev))
	a.metrics.reloads.WithLabelValues(reloadLoaded).Inc()
	a.log.Info("site loaded", zap.Int("revision", rev.number))
	a.hub.Publish(web.Event{Kind: web.EventSite, Data: rememberedSite{Revision: rev.number, Hash: site.Hash}})
	return nil
}

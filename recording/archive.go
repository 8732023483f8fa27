package recording

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
)

// Ledger is what is known of recordings that have ended.
type Ledger interface {
	// Recording gives the facts; call.CodeNotFound if it has not ended, or never was.
	Recording(context.Context, call.RecordingID) (call.RecordingFacts, error)
	// Analysed keeps what was found out; it returns when that is kept.
	Analysed(context.Context, call.RecordingFacts, call.RecordingSound) error
}

// Objects keeps files where they outlive this machine: a bucket. Names are paths
// as those of the folder. An object is there whole or not at all.
type Objects interface {
	Put(ctx context.Context, name string, size int64, from io.ReadSeeker) error
	// Open reads an object; call.CodeNotFound if there is none.
	Open(ctx context.Context, name string) (r Blob, size int64, err error)
	// Remove removes an object, if it is there.
	Remove(ctx context.Context, name string) error
	// Each calls fn for every object, until it gives an error.
	Each(ctx context.Context, fn func(name string, size int64) error) error
}

// ArchiveOptions is what an archive needs.
type ArchiveOptions struct {
	Recorder *Recorder
	Ledger   Ledger
	Objects  Objects // nil: recordings stay in the folder
	// Opus has recordings kept as Opus in Ogg after they were analysed; only of use where libopus.Built.
	Opus bool
	// CPU is the share of one core that analysis and coding may take, 0.2 when zero, where the
	// recorder has none to share in.
	CPU float64
}

// Archive is what happens to recordings after their end: they are analysed, and
// taken to where they are kept. One goroutine does it, from what lies in the folder,
// so that nothing need be remembered over a crash. Its other methods may be called
// from any goroutine.
type Archive struct {
	o       ArchiveOptions
	pace    *pace
	log     *zap.Logger
	metrics *archiveMetrics
	quit    context.CancelFunc
	wg      sync.WaitGroup
	nudge   chan struct{}

	away time.Time     // until then nothing is brought to the store; the work's own
	wait time.Duration // how long it was left alone last; 0: it takes what it is brought

	mu   sync.Mutex
	todo []string // names of files; bounded by mostTodo
	full bool     // some did not fit: the folder is walked again
}

// Limits of an archive.
const (
	mostTodo   = 10_000
	walkEvery  = time.Hour        // of a folder in which recordings stay
	spoolEvery = 30 * time.Second // of one they leave
	retryFirst = time.Second
	retryMost  = time.Minute
)

// NewArchive makes an archive; Start sets it to work.
func NewArchive(o ArchiveOptions, log *zap.Logger, reg prometheus.Registerer) (*Archive, error) {
	if o.CPU <= 0 || o.CPU > 1 {
		o.CPU = 0.2
	}
	a := &Archive{o: o, pace: o.Recorder.pace, log: log, nudge: make(chan struct{}, 1), full: true}
	if a.pace == nil {
		a.pace = &pace{share: o.CPU}
	}
	var err error
	a.metrics, err = newArchiveMetrics(a, reg)
	return a, err
}

// Start begins the work, with all that earlier runs have left.
func (a *Archive) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	a.quit = cancel
	a.wg.Go(func() { a.run(ctx) })
}

// Close ends the work; what was begun is begun again by the next start.
func (a *Archive) Close() {
	if a.quit != nil {
		a.quit()
	}
	a.wg.Wait()
}

// Ended tells of a recording whose end is known to the ledger. It never blocks.
func (a *Archive) Ended(f call.RecordingFacts) {
	if f.Sound != nil {
		a.metrics.analysed.WithLabelValues("done").Inc()
	}
	if f.Path != "" && (f.Sound == nil || a.o.Objects != nil || a.o.Opus) { // else nothing is left to be done
		a.later(f.Path)
	}
}

func (a *Archive) later(names ...string) {
	a.mu.Lock()
	for _, name := range names {
		if len(a.todo) >= mostTodo {
			a.full = true
			break
		}
		a.todo = append(a.todo, name)
	}
	a.mu.Unlock()
	select {
	case a.nudge <- struct{}{}:
	default:
	}
}

func (a *Archive) run(ctx context.Context) {
	every := walkEvery
	if a.o.Objects != nil {
		every = spoolEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		a.work(ctx)
		select {
		case <-a.nudge:
		case <-ticker.C:
			a.mu.Lock()
			a.full = true
			a.mu.Unlock()
		case <-ctx.Done():
		}
	}
}

// work does what is to be done, walking the folder first if something may have been missed.
func (a *Archive) work(ctx context.Context) {
	for ctx.Err() == nil {
		a.mu.Lock()
		full := a.full
		a.full = false
		var name string
		if !full && len(a.todo) > 0 {
			name, a.todo = a.todo[0], a.todo[1:]
		}
		a.mu.Unlock()
		switch {
		case full:
			a.walk(ctx)
		case name == "":
			return
		default:
			a.settle(ctx, name)
		}
	}
}

// settle does about one file what can be done now. While the store is away, files
// stay where they are; the next walk finds them.
func (a *Archive) settle(ctx context.Context, name string) {
	err := a.one(ctx, name)
	if err == nil || ctx.Err() != nil {
		return
	}
	var away *awayError
	if !errors.As(err, &away) {
		a.log.Error("a recording could not be archived; it is tried again later", zap.String("path", name), zap.Error(err))
		return
	}
	if a.wait == 0 {
		a.log.Error("the store of recordings takes nothing; they wait in the folder", zap.String("path", name), zap.Error(err))
	}
	a.wait = min(max(2*a.wait, retryFirst), retryMost)
	a.away = time.Now().Add(a.wait)
	a.metrics.up.Set(0)
}

// awayError is an error of the store, which may come back.
type awayError struct{ error }

func (e *awayError) Unwrap() error { return e.error }

// one does all that is to be done about one file.
func (a *Archive) one(ctx context.Context, name string) error {
	id := call.RecordingID(idOf(name))
	if _, live := a.o.Recorder.live.Load(id); live {
		return nil // its end brings it here again
	}
	if _, err := a.o.Recorder.disk.stat(peaksOf(name)); err == nil && time.Now().Before(a.away) {
		return nil // nothing could be done but what can't be done
	}
	facts, err := a.o.Ledger.Recording(ctx, id)
	if call.CodeOf(err) == call.CodeNotFound {
		return nil // its end is not written yet; the next walk finds it
	}
	if err != nil {
		return err
	}
	if facts.Erased != nil { // a crash came between
		return a.Erase(ctx, facts)
	}
	if err := a.analyse(ctx, name, facts); err != nil {
		return err
	}
	if name, err = a.compress(ctx, name); err != nil {
		return err
	}
	if a.o.Objects == nil || time.Now().Before(a.away) {
		return nil
	}
	if err := a.upload(ctx, name); err != nil {
		return err
	}
	if a.wait > 0 {
		a.log.Info("the store of recordings takes them again")
	}
	a.wait = 0
	a.metrics.up.Set(1)
	return nil
}

// analyse looks a recording through, unless that was done. The ledger hears of it
// before the picture is written: where there is a picture, both were done.
func (a *Archive) analyse(ctx context.Context, name string, facts call.RecordingFacts) error {
	r := a.o.Recorder
	if isOpus(name) || a.pictured(ctx, name, facts) { // what is Opus now was analysed before
		return nil
	}
	s, err := r.Open(name)
	if call.CodeOf(err) == call.CodeNotFound {
		return nil // it is in the store already, or erased
	}
	if err != nil {
		return err
	}
	began := time.Now()
	found, err := analyse(ctx, s, &facts, a.pace.begin())
	if err := errors.Join(err, s.Close()); err != nil {
		if ctx.Err() == nil {
			a.metrics.analysed.WithLabelValues("failed").Inc()
		}
		return err
	}
	if facts.Sound != nil && facts.Sound.Digest != found.sound.Digest {
		a.metrics.analysed.WithLabelValues("failed").Inc()
		return errors.New("its sound is not what it was when it was analysed first")
	}
	if facts.Sound == nil {
		if err := a.o.Ledger.Analysed(ctx, facts, found.sound); err != nil {
			return err
		}
	}
	a.metrics.analysed.WithLabelValues("done").Inc()
	a.metrics.took.Observe(time.Since(began).Seconds())
	return writePeaks(r.disk, name, found, r.opts.Keys)
}

// pictured tells whether a recording has its picture. What is going to leave the
// folder is read, so that no torn one goes with it.
func (a *Archive) pictured(ctx context.Context, name string, facts call.RecordingFacts) bool {
	disk := a.o.Recorder.disk
	if _, err := disk.stat(peaksOf(name)); err != nil {
		return false
	}
	if a.o.Objects == nil {
		return true
	}
	_, _, err := a.picture(ctx, facts)
	return err == nil
}

// upload takes a recording and its picture to the store, and only then out of the folder.
func (a *Archive) upload(ctx context.Context, name string) error {
	for _, one := range []string{peaksOf(name), name} { // who sees the sound sees its picture
		if err := a.put(ctx, one); err != nil {
			return err
		}
	}
	r := a.o.Recorder
	a.metrics.uploads.WithLabelValues("done").Inc()
	return errors.Join(removed(r.disk.remove(name)), removed(r.disk.remove(peaksOf(name))))
}

func (a *Archive) put(ctx context.Context, name string) error {
	f, err := a.o.Recorder.disk.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // taken there before
	}
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if err := a.o.Objects.Put(ctx, name, st.Size(), f); err != nil {
		a.metrics.uploads.WithLabelValues("failed").Inc()
		return &awayError{err}
	}
	a.metrics.uploadedBytes.Add(float64(st.Size()))
	return nil
}

// removed takes a file that is not there for one that was removed.
func removed(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// walk finds the files that something is to be done about, and measures the folder.
func (a *Archive) walk(ctx context.Context) {
	var names []string
	err := a.eachFile(func(name string, _ int64) {
		if path.Ext(name) != extPlain && !isSealed(name) && !isOpus(name) || strings.HasSuffix(name, half) {
			return
		}
		if _, err := ulid.ParseStrict(idOf(name)); err != nil {
			return
		}
		if _, err := a.o.Recorder.disk.stat(peaksOf(name)); err != nil || a.o.Objects != nil || a.o.Opus && !isOpus(name) {
			names = append(names, name)
		}
	})
	if err != nil && ctx.Err() == nil {
		a.log.Error("the recordings folder can't be walked", zap.Error(err))
	}
	a.mu.Lock()
	known := map[string]bool{}
	for _, name := range a.todo {
		known[name] = true
	}
	for _, name := range names {
		if !known[name] && len(a.todo) < mostTodo {
			a.todo = append(a.todo, name)
		}
	}
	a.mu.Unlock()
	a.measure()
}

// eachFile goes through the folder.
func (a *Archive) eachFile(fn func(name string, size int64)) error {
	return fs.WalkDir(a.o.Recorder.disk.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return removed(err)
		}
		info, err := e.Info()
		if err != nil {
			return removed(err)
		}
		fn(name, info.Size())
		return nil
	})
}

// measure notes how much lies in the folder.
func (a *Archive) measure() {
	var bytes, files int64
	oldest := time.Time{}
	_ = a.eachFile(func(name string, size int64) { // told by walk
		bytes += size
		if a.o.Objects == nil || path.Ext(name) == extPeaks {
			return
		}
		id, err := ulid.ParseStrict(idOf(name))
		if _, live := a.o.Recorder.live.Load(call.RecordingID(idOf(name))); live || err != nil {
			return
		}
		files++
		if made := ulid.Time(id.Time()); oldest.IsZero() || made.Before(oldest) {
			oldest = made
		}
	})
	a.o.Recorder.spool.Store(bytes)
	a.metrics.measured(files, oldest)
}

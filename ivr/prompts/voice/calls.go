package voice

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
)

// Calls renders texts that are known only in a call: a caller waits, so that a provider which is slow, or away, is left alone.
// No text, and nothing a provider says of one, is ever logged. It is safe for concurrent use.
type Calls struct {
	voice *Voice
	read  func([]byte) (any, error)
	log   *zap.Logger
	ctx   context.Context //nolint:containedctx // of all texts
	quit  context.CancelFunc
	work  sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	breaker call.Breaker

	texts   *prometheus.CounterVec
	seconds prometheus.Histogram
	open    prometheus.Gauge
}

// CallText is a text of a call.
type CallText struct {
	Text         // an empty one is not rendered
	Private bool // it is kept nowhere
}

// What became of a text.
const (
	resultRendered = "rendered"
	resultKept     = "kept"
	resultSlow     = "slow"
	resultFailed   = "failed"
	resultRefused  = "refused" // by the breaker
	resultMovedOn  = "moved_on"
)

// The breaker's terms: so many texts in a row that were not rendered, and then a rest.
const (
	mostFailures = 5
	restFor      = 30 * time.Second
)

// errLate is why a text is given up that has not come in time.
var errLate = errors.New("the text has not come in time")

// NewCalls makes a renderer. read makes a sound of a provider's file: what it can't read is kept nowhere.
func NewCalls(o Options, read func([]byte) (any, error), log *zap.Logger, reg prometheus.Registerer) (*Calls, error) {
	c := &Calls{
		voice: New(o), read: read, log: log,
		texts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotline_speech_texts_total", Help: "Texts with values that calls wanted said, by result: rendered, kept (from the disk), slow, failed, refused (by the breaker), moved_on (nobody wanted it any more).",
		}, []string{"result"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hotline_speech_seconds", Help: "Time in which texts with values were rendered, the wait for their turn included.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2, 5, 10},
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hotline_speech_breaker_open", Help: "1 while what renders texts with values is left alone because it has failed.",
		}),
	}
	for _, r := range []string{resultRendered, resultKept, resultSlow, resultFailed, resultRefused, resultMovedOn} {
		c.texts.WithLabelValues(r)
	}
	for _, m := range []prometheus.Collector{c.texts, c.seconds, c.open} {
		if err := reg.Register(m); err != nil {
			return nil, err
		}
	}
	c.ctx, c.quit = context.WithCancel(context.Background())
	return c, nil
}

// Stop ends what is under way and waits for it.
func (c *Calls) Stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.quit()
	c.work.Wait()
}

// Go has texts rendered, all at once, without waiting: done gets a sound for each, nil where there is none, on another goroutine unless
// the node stops.
// stop tells that nobody wants them any more (late: as they have not come in time), and so does over, closed; done is called all the same.
func (c *Calls) Go(over <-chan struct{}, texts []CallText, done func([]any)) (stop func(late bool)) {
	ctx, cancel := context.WithCancelCause(c.ctx)
	begun := c.begin(func() {
		defer cancel(nil)
		done(c.all(ctx, texts))
	}, func() { // the caller may hang up
		select {
		case <-over:
			cancel(nil)
		case <-ctx.Done():
		}
	})
	if !begun {
		cancel(nil)
		done(make([]any, len(texts)))
	}
	return func(late bool) {
		if late {
			cancel(errLate)
			return
		}
		cancel(nil)
	}
}

// begin has goroutines run which Stop waits for; false: it has stopped.
func (c *Calls) begin(all ...func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return false
	}
	for _, f := range all {
		c.work.Go(f)
	}
	return true
}

// all renders texts beside one another.
func (c *Calls) all(ctx context.Context, texts []CallText) []any {
	sounds := make([]any, len(texts))
	var each sync.WaitGroup
	for i, t := range texts {
		if t.Text.Text == "" {
			continue
		}
		each.Go(func() {
			sound, result := c.one(ctx, t)
			c.texts.WithLabelValues(result).Inc()
			if sounds[i] = sound; result == resultSlow || result == resultFailed {
				c.log.Warn("a text with values was not rendered", zap.String("result", result))
			}
		})
	}
	each.Wait()
	return sounds
}

// one renders a text, or finds it on the disk.
func (c *Calls) one(ctx context.Context, t CallText) (sound any, result string) {
	if b := c.find(t); b != nil {
		if sound, err := c.read(b); err == nil {
			return sound, resultKept
		}
	}
	if !c.admit() {
		return nil, resultRefused
	}
	began := time.Now()
	b, err := c.voice.speak(ctx, t.Text)
	if err == nil {
		sound, err = c.read(b)
	}
	switch {
	case err == nil:
		result = resultRendered
		c.seconds.Observe(time.Since(began).Seconds())
		if !t.Private && c.voice.keep(t.Text, b) != nil {
			c.log.Warn("a text with values can't be kept on the disk")
		}
	case errors.Is(context.Cause(ctx), errLate) || ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		result = resultSlow
	case ctx.Err() != nil:
		result = resultMovedOn
	default:
		result = resultFailed
	}
	c.over(result)
	return sound, result
}

func (c *Calls) find(t CallText) []byte {
	if t.Private {
		return nil
	}
	return c.voice.kept(t.Text)
}

// admit asks the breaker.
func (c *Calls) admit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.breaker.Admits(time.Now()) {
		return false
	}
	c.breaker.Begin()
	return true
}

// over tells it.
func (c *Calls) over(result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.breaker.Over(time.Now(), result == resultRendered, result == resultMovedOn, mostFailures, restFor)
	c.open.Set(0)
	if c.breaker.Open() {
		c.open.Set(1)
	}
}

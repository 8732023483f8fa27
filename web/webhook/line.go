package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// How sending an event ends.
const (
	resultSent    = "sent"
	resultRefused = "refused" // by us: too many waited
	resultGivenUp = "given_up"
)

var results = []string{resultSent, resultRefused, resultGivenUp}

// line is one endpoint's messages, sent in order. Its goroutine is run.
type line struct {
	s    *Sender
	in   chan Message
	to   atomic.Pointer[Endpoint]
	ctx  context.Context
	quit context.CancelFunc
}

func newLine(s *Sender, e Endpoint) *line {
	l := &line{s: s, in: make(chan Message, queueMost)}
	l.to.Store(&e)
	l.ctx, l.quit = context.WithCancel(s.ctx)
	return l
}

// run sends one message after another until the line is closed.
func (l *line) run() {
	defer l.quit()
	for {
		select {
		case <-l.ctx.Done():
			l.leave()
			return
		case m := <-l.in:
			l.deliver(m)
			l.s.waiting.WithLabelValues(m.Endpoint).Dec()
		}
	}
}

// leave drops what waits for an endpoint that the site no longer has. When the
// node stops it stays in the vault.
func (l *line) leave() {
	for l.s.ctx.Err() == nil {
		select {
		case m := <-l.in:
			l.s.drop(m)
			l.s.waiting.WithLabelValues(m.Endpoint).Dec()
		default:
			return
		}
	}
}

// deliver tries until the message is taken, refused for good, or too old.
func (l *line) deliver(m Message) {
	log := l.s.log.With(zap.String("endpoint", m.Endpoint), zap.String("event", m.Event), zap.String("id", m.ID))
	pause := firstPause
	for try := 1; ; try++ {
		err := l.ctx.Err()
		if err == nil {
			err = l.try(m)
		}
		switch {
		case err == nil:
			log.Info("event sent", zap.Int("try", try))
			l.end(m, resultSent)
			return
		case l.ctx.Err() != nil:
			if l.s.ctx.Err() == nil { // the endpoint is gone, not the node
				l.s.drop(m)
			}
			return
		case final(err), l.s.o.Now().Sub(m.At) >= giveUpAfter:
			log.Error("event not sent, it is given up", zap.Int("try", try), zap.Error(err))
			l.end(m, resultGivenUp)
			return
		}
		log.Warn("event not sent, it is tried again", zap.Int("try", try), zap.Duration("in", pause), zap.Error(err))
		l.rest(max(pause, wanted(err)))
		pause = min(2*pause, longestPause)
	}
}

func (l *line) end(m Message, result string) {
	l.s.results.WithLabelValues(m.Endpoint, result).Inc()
	l.s.drop(m)
}

// rest waits for a pause, or until the line is closed.
func (l *line) rest(pause time.Duration) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.ctx.Done():
	}
}

// statusError is an answer that is no success.
type statusError struct {
	status int
	after  time.Duration // that it asked to wait
}

func (e statusError) Error() string {
	return fmt.Sprintf("the receiver answered %d %s", e.status, http.StatusText(e.status))
}

// final tells whether trying again is of no use: the receiver has understood
// and refused. Overload, a time-out and everything of the server's own may pass.
func final(err error) bool {
	var s statusError
	if !errors.As(err, &s) {
		return false
	}
	switch s.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return s.status < 500
}

// wanted is how long the receiver asked to wait, within our own bounds.
func wanted(err error) time.Duration {
	var s statusError
	if errors.As(err, &s) {
		return min(s.after, longestPause)
	}
	return 0
}

// try sends the message once. No error names the address.
func (l *line) try(m Message) error {
	to := l.to.Load()
	ctx, cancel := context.WithTimeout(l.ctx, sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(m.Body))
	if err != nil {
		return errors.New("the address of the webhook is no URL")
	}
	sign(req.Header, m, to.Secret, l.s.o.Now())
	resp, err := l.s.client.Do(req)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err // without the address
		}
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, answerMost)) // the status has said it all
	_ = resp.Body.Close()
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date, or none: 0
	return statusError{resp.StatusCode, time.Duration(max(seconds, 0)) * time.Second}
}

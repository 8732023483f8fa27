package dip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"hotline/call"
)

// service is one service at work.
type service struct {
	Service
	slots chan struct{} // taken by requests under way

	mu      sync.Mutex
	breaker call.Breaker
}

func (s *service) state() call.Breaker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.breaker.Handed()
}

// admit takes a slot, unless the service is left alone.
func (s *service) admit(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.breaker.Admits(now) {
		return call.Errorf(call.CodeUnavailable, "service %s has not answered %d times and is left alone for a while", s.Name, s.breaker.Failures())
	}
	select {
	case s.slots <- struct{}{}:
	default:
		return call.Errorf(call.CodeCapacity, "service %s has %d requests under way", s.Name, cap(s.slots))
	}
	s.breaker.Begin()
	return nil
}

// over gives the slot back and notes how it went; gone says that nobody waited for the end. It
// returns 1 while the service is left alone, else 0.
func (s *service) over(now time.Time, well, gone bool) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	<-s.slots
	s.breaker.Over(now, well, gone, s.Failures, s.Pause)
	if s.breaker.Open() {
		return 1
	}
	return 0
}

// What a try can end by, beside an answer.
var (
	errTime    = errors.New("no answer in time")
	errTooLong = errors.New("the answer is too long")
	errPath    = errors.New("the request's path is none of the service's")
)

// try asks once. No error holds the address, which may name a customer.
func (a *Asker) try(ctx context.Context, s *service, r Request) (Answer, error) {
	timed, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	req, err := s.request(timed, r)
	if err != nil {
		return Answer{}, err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return Answer{}, withoutAddress(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(io.LimitReader(resp.Body, s.MaxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, withoutAddress(err)
	case int64(len(body)) > s.MaxAnswer:
		return Answer{}, fmt.Errorf("%w: more than %d bytes", errTooLong, s.MaxAnswer)
	}
	return Answer{Status: resp.StatusCode, Body: body}, nil
}

func (s *service) request(ctx context.Context, r Request) (*http.Request, error) {
	base, err := url.Parse(s.URL)
	if err != nil {
		return nil, errPath
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, s.URL+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, errPath
	}
	if req.URL.Host != base.Host || req.URL.Scheme != base.Scheme || req.URL.User != nil || !strings.HasPrefix(req.URL.EscapedPath(), base.EscapedPath()) {
		return nil, errPath
	}
	if r.Body == nil {
		req.Body, req.ContentLength, req.GetBody = nil, 0, nil
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Hotline")
	for name, value := range s.Headers {
		req.Header.Set(name, value)
	}
	return req, nil
}

func withoutAddress(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errTime
	}
	if where, ok := errors.AsType[*url.Error](err); ok {
		err = where.Err
	}
	if t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && t.Timeout() {
		return errTime
	}
	return err
}

package voice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// HTTP is an engine that is a service: a POST of {"text", "language", "voice"}, answered by 200 and a sound file.
type HTTP struct {
	URL     string
	Headers map[string]string // secrets, whatever they are
	Client  *http.Client
}

// NewClient makes a client that follows no redirect: the headers are for the service alone.
func NewClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Speak asks the service.
func (h HTTP) Speak(ctx context.Context, t Text) ([]byte, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the request can't be made: %w", err)
	}
	for name, value := range h.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the service answered %d", resp.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, MaxSound+1))
	if err == nil && len(b) > MaxSound {
		err = errTooMuch
	}
	return b, err
}

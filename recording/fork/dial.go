package fork

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/coder/websocket"
)

// NewClient is an HTTP client for Dial that follows no redirect; nil: one that trusts the system's authorities.
func NewClient(from *http.Client) *http.Client {
	if from == nil {
		from = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	client := *from
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// Dial opens a WebSocket to an address of the site's, and asks for a subprotocol. No error tells the address or what the
// headers hold.
func Dial(ctx context.Context, client *http.Client, address string, with map[string]string, subprotocol string) (*websocket.Conn, error) {
	headers := http.Header{"User-Agent": {"Hotline"}}
	for name, value := range with {
		headers.Set(name, value)
	}
	conn, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{ //nolint:bodyclose // Dial has read or taken it
		HTTPClient: client, HTTPHeader: headers, Subprotocols: []string{subprotocol},
	})
	if err == nil {
		return conn, nil
	}
	var where *url.Error
	switch {
	case errors.As(err, &where):
		return nil, withoutHost(where.Err)
	case resp != nil && resp.StatusCode != http.StatusSwitchingProtocols:
		return nil, fmt.Errorf("it answered %d instead of 101", resp.StatusCode)
	case resp != nil:
		return nil, errors.New("its answer to the handshake is none of WebSocket")
	}
	return nil, errors.New("it can't be dialled: is url right?")
}

// withoutHost is why an address can't be reached, without it.
func withoutHost(err error) error {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("its name is not found")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

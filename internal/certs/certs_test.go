package certs

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/internal/certs/authority"
)

// shown connects to a server set up so and gives the serial number of the certificate it shows, or the error.
func shown(t *testing.T, server, client *tls.Config) (int64, error) {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan error, 1)
	go func() {
		s := tls.Server(near, server)
		err := s.HandshakeContext(t.Context())
		done <- err
		_ = near.Close() // the client has seen what it wanted
	}()
	c := tls.Client(far, client)
	err := c.HandshakeContext(t.Context())
	if err == nil {
		_, err = c.Read(make([]byte, 1)) // TLS 1.3 tells of a refused certificate here
	}
	_ = far.Close()
	if serverErr := <-done; serverErr != nil {
		return 0, serverErr
	}
	if certs := c.ConnectionState().PeerCertificates; len(certs) > 0 {
		return certs[0].SerialNumber.Int64(), nil
	}
	return 0, err
}

func TestARenewedCertificateIsShown(t *testing.T) {
	ca, dir := authority.New(t), t.TempDir()
	cert, key, roots := ca.Files(t, dir, "sip.example.org")
	k, err := Open(Files{Cert: cert, Key: key, ServerCA: roots})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), k.Expires(), time.Minute)
	require.True(t, k.Roots().Equal(ca.Pool()))
	server, client := k.Server(), &tls.Config{RootCAs: ca.Pool(), ServerName: "sip.example.org"}
	first, err := shown(t, server, client)
	require.NoError(t, err)

	told := make(chan error, 8)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		k.Watch(ctx, time.Millisecond, func(err error) { told <- err })
	}()
	require.NoError(t, os.WriteFile(cert, []byte("half a file"), 0o600))
	require.ErrorContains(t, <-told, "certificate "+cert)
	still, err := shown(t, server, client)
	require.NoError(t, err, "the one in force stays")
	require.Equal(t, first, still)

	ca.Files(t, dir, "sip.example.org")
	for err = <-told; err != nil; err = <-told { // seen between the two files it does not fit
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	}
	cancel()
	<-stopped
	renewed, err := shown(t, server, client)
	require.NoError(t, err)
	require.NotEqual(t, first, renewed)
}

// A certificate may be left out; one shown has to be signed by the authority. Old TLS is not spoken.
func TestWhoMayConnect(t *testing.T) {
	ours, theirs, dir := authority.New(t), authority.New(t), t.TempDir()
	cert, key, roots := ours.Files(t, dir, "sip.example.org")
	k, err := Open(Files{Cert: cert, Key: key, ClientCA: roots})
	require.NoError(t, err)
	client := func(edit func(*tls.Config)) *tls.Config {
		c := &tls.Config{RootCAs: ours.Pool(), ServerName: "sip.example.org"}
		edit(c)
		return c
	}
	_, err = shown(t, k.Server(), client(func(*tls.Config) {}))
	require.NoError(t, err)
	_, err = shown(t, k.Server(), client(func(c *tls.Config) { c.Certificates = []tls.Certificate{ours.Pair(t, "gw.example.org")} }))
	require.NoError(t, err)
	alien := theirs.Pair(t, "gw.example.org")
	_, err = shown(t, k.Server(), client(func(c *tls.Config) {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &alien, nil }
	}))
	require.Error(t, err)
	_, err = shown(t, k.Server(), client(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }))
	require.Error(t, err)
}

func TestFilesThatAreWrong(t *testing.T) {
	ca, dir := authority.New(t), t.TempDir()
	cert, key, _ := ca.Files(t, dir, "a")
	_, otherKey, _ := ca.Files(t, t.TempDir(), "b")
	for words, f := range map[string]Files{
		"none.pem":                {Cert: "none.pem", Key: key},
		"does not match":          {Cert: cert, Key: otherKey},
		"authorities: open":       {Cert: cert, Key: key, ClientCA: dir + "/none"},
		"no certificate in PEM":   {Cert: cert, Key: key, ServerCA: key},
		"with key " + cert + ": ": {Cert: cert, Key: cert},
	} {
		_, err := Open(f)
		require.ErrorContains(t, err, words)
		require.Equal(t, call.CodeInvalid, call.CodeOf(err))
	}
}

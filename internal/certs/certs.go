// Package certs keeps the certificates of a listener: read at the start, again on
// request and when the files change, so that a renewed certificate needs no
// restart. What can't be read leaves the one in force where it is.
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"sync/atomic"
	"time"

	"hotline/call"
)

// Files name what a listener's TLS is made of, in PEM.
type Files struct {
	Cert, Key string
	ClientCA  string // verifies the certificates that far ends show; empty: none is asked for
	ServerCA  string // verifies the far ends we connect to; empty: the machine's roots
}

// Keeper holds what the files said last. It is safe for concurrent use.
type Keeper struct {
	files Files
	now   atomic.Pointer[loaded]
}

type loaded struct {
	cert    tls.Certificate
	clients *x509.CertPool // nil: none is asked for
	servers *x509.CertPool // nil: the machine's
	stamps  [4]stamp
}

// stamp tells one state of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// Open reads the files. The error is call.CodeInvalid and tells which of them is wrong.
func Open(f Files) (*Keeper, error) {
	k := &Keeper{files: f}
	l, err := k.read()
	if err != nil {
		return nil, err
	}
	k.now.Store(l)
	return k, nil
}

func (k *Keeper) names() [4]string {
	return [4]string{k.files.Cert, k.files.Key, k.files.ClientCA, k.files.ServerCA}
}

// stamps looks at the files; one that can't be seen has the zero stamp.
func (k *Keeper) stamps() (out [4]stamp) {
	for i, name := range k.names() {
		if info, err := os.Stat(name); name != "" && err == nil {
			out[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return out
}

func (k *Keeper) read() (*loaded, error) {
	l := &loaded{stamps: k.stamps()} // first: a change while reading is seen next time
	cert, err := tls.LoadX509KeyPair(k.files.Cert, k.files.Key)
	if err != nil {
		return nil, call.Errorf(call.CodeInvalid, "certificate %s with key %s: %w", k.files.Cert, k.files.Key, err)
	}
	if cert.Leaf == nil {
		return nil, call.Errorf(call.CodeInvalid, "certificate %s can't be read", k.files.Cert)
	}
	l.cert = cert
	if l.clients, err = pool(k.files.ClientCA); err != nil {
		return nil, err
	}
	l.servers, err = pool(k.files.ServerCA)
	return l, err
}

// pool reads certificates of authorities; nil for no file.
func pool(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, call.Errorf(call.CodeInvalid, "authorities: %w", err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(text) {
		return nil, call.Errorf(call.CodeInvalid, "authorities: %s holds no certificate in PEM", file)
	}
	return p, nil
}

// Reload reads the files anew. What can't be read changes nothing.
func (k *Keeper) Reload() error {
	l, err := k.read()
	if err == nil {
		k.now.Store(l)
	}
	return err
}

// Watch reloads whenever the files have changed, and tells how that went; it looks
// every so often, and returns when ctx is done.
func (k *Keeper) Watch(ctx context.Context, every time.Duration, tell func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	seen := k.now.Load().stamps
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := k.stamps()
		if now == seen || now == k.now.Load().stamps {
			continue
		}
		seen = now // a mistake is told once
		tell(k.Reload())
	}
}

// Server is how a listener is to serve: TLS 1.2 and later, always with what the
// files said last. A far end may show a certificate where there is an authority for
// it; one that the authority has not signed is refused.
func (k *Keeper) Server(protocols ...string) *tls.Config {
	base := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &k.now.Load().cert, nil },
	}
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		clients := k.now.Load().clients
		if clients == nil {
			return nil, nil // base will do
		}
		c := base.Clone()
		c.ClientCAs, c.ClientAuth = clients, tls.VerifyClientCertIfGiven
		c.SessionTicketsDisabled = true // so that a session does not outlive the authority that let it in
		return c, nil
	}
	return base
}

// Roots verify the far ends we connect to; nil is the machine's.
func (k *Keeper) Roots() *x509.CertPool { return k.now.Load().servers }

// Expires is when the certificate runs out.
func (k *Keeper) Expires() time.Time { return k.now.Load().cert.Leaf.NotAfter }

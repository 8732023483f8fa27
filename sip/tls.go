package sip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"hotline/call"
)

// secure does the handshake and notes what the far end has proved to be. It closes
// the connection when it fails.
func (c *conn) secure(ctx context.Context, t *tls.Conn) (carrier, error) {
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(call.Errorf(call.CodeUnavailable, "TLS with %s: %w", c.addr, err), t.Close())
	}
	if state := t.ConnectionState(); len(state.VerifiedChains) > 0 {
		c.proved = namesOf(state.PeerCertificates[0])
	}
	return stream{t}, nil
}

// namesOf are the hosts and domains that a certificate is for (RFC 5922 7.1): the
// SIP URIs and DNS names of its subjectAltName, in lower case. Its common name says nothing.
func namesOf(cert *x509.Certificate) []string {
	var names []string
	for _, u := range cert.URIs {
		if u.Scheme == "sip" && u.User == nil && !strings.Contains(u.Opaque, "@") {
			names = append(names, strings.ToLower(u.Opaque+u.Host))
		}
	}
	for _, name := range cert.DNSNames {
		if !strings.Contains(name, "*") {
			names = append(names, strings.ToLower(name))
		}
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// clientTLS is the set-up of a connection of ours to name: its certificate is verified, and
// ours is shown to who asks for it.
func (s *Server) clientTLS(name string) *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name}
	if s.opt.Roots != nil {
		cfg.RootCAs = s.opt.Roots()
	}
	if own := s.opt.TLS; own != nil && own.GetCertificate != nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return own.GetCertificate(&tls.ClientHelloInfo{})
		}
	}
	return cfg
}

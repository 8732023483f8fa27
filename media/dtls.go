package media

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/transport/v4/packetio"
	"go.uber.org/zap"

	"hotline/call"
)

const (
	// shakesMost is how many handshakes go on at once; the far ends of others try again by themselves.
	shakesMost = 64
	// shakeTime is how long one may take, shakeLinger how long its last flight
	// may be asked for again while the far end has sent nothing that proves it came.
	shakeTime   = 20 * time.Second
	shakeLinger = time.Minute
	// shakeQueue is how many datagrams of a handshake may wait; the rest is lost, as on the way.
	shakeQueue = 16
)

// hands makes handshakes: each by a goroutine of its own, since they take tens of
// milliseconds of arithmetic and minutes of patience, but only so many at once.
// Datagrams come and go by the leg's thread, which owns its sockets.
type hands struct {
	cert        tls.Certificate
	fingerprint string
	log         *zap.Logger
	slots       chan struct{}
	life        context.Context
	end         context.CancelFunc
	running     sync.WaitGroup

	done, failed, refused atomic.Uint64
}

// newHands makes the engine's certificate. It is new at each start, as the
// descriptions that tell of it are.
func newHands(log *zap.Logger) (*hands, error) {
	cert, err := selfsign.GenerateSelfSigned()
	if err != nil {
		return nil, call.Errorf(call.CodeInternal, "media: making a certificate: %w", err)
	}
	h := &hands{cert: cert, fingerprint: fingerprintOf(cert.Certificate[0]), log: log, slots: make(chan struct{}, shakesMost)}
	h.life, h.end = context.WithCancel(context.Background())
	return h, nil
}

// fingerprintOf is a certificate's hash as SDP writes it (RFC 8122 section 5).
func fingerprintOf(der []byte) string {
	return "sha-256 " + strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(der)), " ", ":")
}

// close ends every handshake and waits for it.
func (h *hands) close() {
	h.end()
	h.running.Wait()
}

// shake is one handshake of a leg. Its fields but in belong to the leg's thread.
type shake struct {
	to     sockaddr
	in     *packetio.Buffer
	life   context.Context
	cancel context.CancelFunc
}

// begin starts a handshake; nil if as many as may be are going on, or the engine is closing.
func (h *hands) begin(s *stream, peer call.Protection, post func(command) bool) *shake {
	select {
	case h.slots <- struct{}{}:
	default:
		h.refused.Add(1)
		return nil
	}
	if h.life.Err() != nil {
		<-h.slots
		return nil
	}
	sh := &shake{in: packetio.NewBuffer()}
	sh.life, sh.cancel = context.WithCancel(h.life)
	sh.in.SetLimitCount(shakeQueue)
	h.running.Add(1)
	go h.run(s, sh, peer, post)
	return sh
}

// end is told when the handshake is not needed any more.
func (sh *shake) end() {
	if sh != nil {
		sh.cancel()
	}
}

// run makes one handshake and tells the thread of its keys.
func (h *hands) run(s *stream, sh *shake, peer call.Protection, post func(command) bool) {
	defer h.running.Done()
	way := &shakeWay{in: sh.in, send: func(b []byte) bool { return post(shakeSends{s, sh, b}) }}
	ctx, cancel := context.WithTimeout(sh.life, shakeTime)
	defer cancel()
	release := context.AfterFunc(ctx, func() { _ = way.Close() })
	defer release()
	conn, keys, err := h.handshake(ctx, way, peer)
	<-h.slots
	keys.s, keys.sh, keys.err = s, sh, err
	switch {
	case err != nil:
		h.failed.Add(1)
		h.log.Info("a DTLS handshake failed", zap.String("leg", string(s.id)), zap.Error(err))
	default:
		h.done.Add(1)
	}
	posted := post(keys)
	if err == nil && posted {
		linger := time.NewTimer(shakeLinger)
		defer linger.Stop()
		release() // the time is for the handshake only
		select {
		case <-sh.life.Done():
		case <-linger.C:
		}
	}
	_ = way.Close() // first, so that the end of the handshake is not told as the end of the call
	if conn != nil {
		_ = conn.Close()
	}
}

// handshake is RFC 5764 section 4: certificates are held against the description's hash.
func (h *hands) handshake(ctx context.Context, way net.PacketConn, peer call.Protection) (*dtls.Conn, shakeOver, error) {
	verify := func(certs [][]byte, _ [][]*x509.Certificate) error {
		if len(certs) == 0 || fingerprintOf(certs[0]) != peer.Fingerprint {
			return errors.New("the certificate is not the one of the session description")
		}
		return nil
	}
	common := []dtls.Option{
		dtls.WithCertificates(h.cert),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithVerifyPeerCertificate(verify),
		dtls.WithInsecureSkipVerify(true), // certificates are signed by themselves; verify is what counts
	}
	conn, err := h.open(way, peer, common)
	if err != nil {
		return nil, shakeOver{}, err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return conn, shakeOver{}, err
	}
	keys, err := exportKeys(conn, peer.Connect)
	return conn, keys, err
}

func (h *hands) open(way net.PacketConn, peer call.Protection, common []dtls.Option) (*dtls.Conn, error) {
	addr := net.UDPAddrFromAddrPort(netip.AddrPort{})
	if peer.Connect {
		options := make([]dtls.ClientOption, 0, len(common))
		for _, o := range common {
			options = append(options, o)
		}
		return dtls.ClientWithOptions(way, addr, options...)
	}
	options := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
	if peer.Ufrag != "" {
		options = append(options, dtls.WithInsecureSkipVerifyHello(true)) // ICE has shown that the far end is where it says
	}
	for _, o := range common {
		options = append(options, o)
	}
	return dtls.ServerWithOptions(way, addr, options...)
}

// exportKeys takes the SRTP keys out of a finished handshake, RFC 5764 4.2.
func exportKeys(conn *dtls.Conn, client bool) (k shakeOver, err error) {
	profile, _ := conn.SelectedSRTPProtectionProfile()
	switch profile {
	case dtls.SRTP_AEAD_AES_128_GCM:
		k.suite = call.SuiteGCM
	case dtls.SRTP_AES128_CM_HMAC_SHA1_80:
		k.suite = call.SuiteSHA80
	default:
		return k, errors.New("no SRTP profile was agreed on")
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return k, errors.New("the connection has no state")
	}
	key, salt := k.suite.KeyBytes(), k.suite.SaltBytes()
	b, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 2*(key+salt))
	if err != nil {
		return k, err
	}
	clients, servers := &k.in, &k.out
	if client {
		clients, servers = servers, clients
	}
	copy(clients[:], b[:key])
	copy(servers[:], b[key:2*key])
	copy(clients[key:], b[2*key:2*key+salt])
	copy(servers[key:], b[2*key+salt:])
	return k, nil
}

// shakeWay is the handshake's network: what the leg's thread reads and sends.
type shakeWay struct {
	in     *packetio.Buffer
	send   func([]byte) bool
	closed atomic.Bool
}

// ReadFrom, WriteTo, Close, LocalAddr and the deadlines are net.PacketConn's.
func (w *shakeWay) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := w.in.Read(p)
	return n, w.LocalAddr(), err
}

func (w *shakeWay) WriteTo(p []byte, _ net.Addr) (int, error) {
	if w.closed.Load() || !w.send(append([]byte(nil), p...)) {
		return 0, net.ErrClosed
	}
	return len(p), nil
}

// Close ends reading and writing: what the library says after it is heard by nobody.
func (w *shakeWay) Close() error {
	w.closed.Store(true)
	return w.in.Close()
}

func (w *shakeWay) LocalAddr() net.Addr                { return &net.UDPAddr{} }
func (w *shakeWay) SetDeadline(t time.Time) error      { return w.in.SetReadDeadline(t) }
func (w *shakeWay) SetReadDeadline(t time.Time) error  { return w.in.SetReadDeadline(t) }
func (w *shakeWay) SetWriteDeadline(_ time.Time) error { return nil } // writing never waits

package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/sip/digest"
	"hotline/sip/hep"
	"hotline/sip/locate"
	"hotline/sip/sdp"
	"hotline/sip/trace"
)

// Server is a node's signalling.
type Server struct {
	opt     Options
	handler Handler
	vault   Vault
	log     *zap.Logger
	met     *metrics
	parser  *sip.Parser
	guard   *gate
	trace   *trace.Recorder
	hep     *hep.Sender // nil: none
	phones  *phones
	trunks  *trunks

	site     atomic.Pointer[Site]
	draining atomic.Bool
	open     opened

	workers   []*worker
	udp       []*udpSocket
	listeners []*listener
	conns     conns
	lookups   chan struct{}

	life    context.Context // of the sockets' goroutines
	die     context.CancelFunc
	halt    chan struct{} // closed to stop the workers
	readers sync.WaitGroup
	running sync.WaitGroup
	started bool
	stopped sync.Once

	bindUDP func(netip.AddrPort, *zap.Logger) (*udpSocket, error) // this and resolve: tests put a network of their own here
	resolve func(context.Context, locate.Query) ([]locate.Target, error)
	routes  localRoutes

	routeKey []byte // signs the routes of what passes by us
}

// opened counts what is held, for the limits, the gauges and Stop.
type opened struct {
	transactions atomic.Int64
	relays       atomic.Int64
	strangers    atomic.Int64 // of these, begun by sources that were no peers then
	legs         atomic.Int64
	serial       atomic.Uint64 // tells sessions of one millisecond apart
}

// New makes a server that does nothing yet. It fails on options that can't work.
func New(opt Options, h Handler, v Vault, log *zap.Logger, reg prometheus.Registerer) (*Server, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	var algorithms []digest.Algorithm
	for _, name := range opt.Digest {
		var a digest.Algorithm
		if err := a.UnmarshalText([]byte(name)); err != nil {
			return nil, call.Errorf(call.CodeInvalid, "sip.digest: %w", err)
		}
		algorithms = append(algorithms, a)
	}
	dig, err := digest.New(digest.Options{Realm: opt.Domain, Algorithms: algorithms, Key: opt.DigestKey})
	if err != nil {
		return nil, call.Errorf(call.CodeInternal, "sip.digest: %w", err)
	}
	s := &Server{
		opt: opt, handler: h, vault: v, log: log, parser: sip.NewParser(),
		halt: make(chan struct{}), lookups: make(chan struct{}, lookupMost), bindUDP: bindUDP,
	}
	dns := opt.DNS
	dns.Usable = s.usable
	if s.routeKey, err = routeKey(opt.DigestKey); err != nil {
		return nil, err
	}
	names, err := locate.New(dns)
	if err != nil {
		return nil, err
	}
	s.resolve = names.Resolve
	if s.met, err = newMetrics(reg, &s.open); err != nil {
		return nil, err
	}
	s.life, s.die = context.WithCancel(context.Background())
	s.conns = newConns(opt.Limits.Connections)
	s.guard = newGate(s)
	if err := s.met.guarding(reg, s.guard.State); err != nil {
		return nil, err
	}
	for i := range opt.Workers {
		s.workers = append(s.workers, newWorker(s, i))
	}
	s.trace = trace.New(opt.Trace)
	if err := s.met.tracing(reg, s); err != nil {
		return nil, err
	}
	s.phones, s.trunks = newPhones(s, dig), newTrunks(s)
	s.site.Store(&Site{})
	return s, nil
}

// SetSite takes the trunks and accounts of a site revision. Live dialogs are untouched; phones
// that are no accounts any more lose their registration.
func (s *Server) SetSite(site *Site) {
	site.index()
	s.site.Store(site)
	var ranges []netip.Prefix
	for i := range site.Trunks {
		ranges = append(ranges, site.Trunks[i].From...)
	}
	s.guard.setRanges(ranges)
	s.trunks.setStates(site)
	s.workers[0].box.put(func(*worker) {
		s.phones.setSite(site)
		s.trunks.setSite(site)
	})
}

// SetDraining makes new INVITEs and trunks' OPTIONS be answered with 503, or no longer.
func (s *Server) SetDraining(on bool) { s.draining.Store(on) }

// Trunks gives every trunk's state, in the site's order.
func (s *Server) Trunks() []TrunkState { return s.trunks.list() }

// RestoreBindings puts back what was registered before a restart.
func (s *Server) RestoreBindings(bindings []Binding) {
	s.workers[0].box.put(func(*worker) { s.phones.apply(s.phones.reg.Restore(time.Now(), bindings)) })
}

// Addrs gives the listeners as bound: "udp://127.0.0.1:5060".
func (s *Server) Addrs() []string {
	var out []string
	for _, u := range s.udp {
		out = append(out, Listen{UDP, u.addr}.String())
	}
	for _, l := range s.listeners {
		out = append(out, Listen{l.proto, l.addr}.String())
	}
	return out
}

// refused counts something turned away.
func (s *Server) refused(reason string) { s.met.refused.WithLabelValues(reason).Inc() }

// sendFailed notes a message that could not leave; its transaction's timers do the rest.
func (s *Server) sendFailed(h hop, err error) {
	s.log.Debug("a message could not be sent", zap.Stringer("to", h.addr), zap.Error(err))
}

func (s *Server) legOpened(l *Leg) {
	s.open.legs.Add(1)
	s.trace.Begin(l.st.CallID, l.st.Call)
	if l.st.Trunk != "" {
		s.trunks.change(l.st.Trunk, func(t *TrunkState) { t.Calls++ })
	}
}

func (s *Server) legClosed(l *Leg) {
	s.open.legs.Add(-1)
	s.trace.End(l.st.CallID, l.st.Call)
	if l.st.Trunk != "" {
		s.trunks.change(l.st.Trunk, func(t *TrunkState) { t.Calls-- })
	}
}

func (s *Server) newTag() string    { return rand.Text()[:16] }
func (s *Server) newBranch() string { return sip.RFC3261BranchMagicCookie + rand.Text() }
func (s *Server) newToken() string  { return rand.Text() }
func (s *Server) newULID() string   { return ulid.Make().String() }

// tokenFor makes a Call-ID that belongs to a given worker.
func (s *Server) tokenFor(index int) string {
	for {
		if t := s.newToken(); s.shard(t) == index {
			return t
		}
	}
}

// newOrigin makes the o= line of a new session (RFC 8866 5.2).
func (s *Server) newOrigin() sdp.Origin {
	return sdp.Origin{SessionID: ulid.Now()<<16 | s.open.serial.Add(1)&0xffff, Version: 1}
}

func (s *Server) stopping() bool { return s.life.Err() != nil }

// pause waits a little; true when the server stops meanwhile.
func (s *Server) pause(d time.Duration) bool {
	select {
	case <-s.life.Done():
		return true
	case <-time.After(d):
		return false
	}
}

func (s *Server) closeQuietly(c io.Closer) {
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		s.log.Debug("close", zap.Error(err))
	}
}

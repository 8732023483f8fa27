package sip

import (
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"hotline/sip/guard"
)

// gate is the guard as this room asks it: it counts what is turned away, and
// tells the journal and the log of bans.
type gate struct {
	*guard.Guard
	srv      *Server
	scanners atomic.Pointer[[]string]
}

func newGate(s *Server) *gate {
	g := &gate{srv: s}
	g.scanners.Store(&s.opt.Scanners)
	o := s.opt.Guard
	o.Changed = g.changed
	g.Guard = guard.New(o)
	return g
}

// changed hears of a ban, and of its end by hand or by being forgotten.
func (g *gate) changed(b guard.Ban, gone bool) {
	if gone {
		g.srv.vault.DropBan(b)
		return
	}
	g.srv.met.banned.WithLabelValues(banReason(b)).Inc()
	g.srv.log.Warn("a source is banned", zap.Stringer("source", b.Source), zap.String("for", b.Reason), zap.String("by", b.By),
		zap.Time("until", b.Until), zap.Int("times", b.Times))
	g.srv.vault.SaveBan(b)
	g.srv.conns.closeFrom(b.Source)
}

// banReason is a ban's label; what people write is none.
func banReason(b guard.Ban) string {
	if b.By != "" {
		return "by_hand"
	}
	return b.Reason
}

func (g *gate) hold(a netip.Addr)             { g.Hold(a) }
func (g *gate) release(a netip.Addr)          { g.Release(a) }
func (g *gate) known(a netip.Addr) bool       { return g.Known(a) }
func (g *gate) setRanges(from []netip.Prefix) { g.SetRanges(from) }

// admit takes one message from a source, or refuses it.
func (g *gate) admit(a netip.Addr) bool { return g.spend(a, 1) }

// spend takes what costs as much as n messages.
func (g *gate) spend(a netip.Addr, n float64) bool {
	v := g.Admit(a, n)
	if v != guard.Pass {
		g.srv.refused(v.Reason())
	}
	return v == guard.Pass
}

// charge makes a source pay for a wrong password.
func (g *gate) charge(a netip.Addr) {
	g.Charge(a)
	g.srv.met.offences.WithLabelValues(guard.Password.String()).Inc()
	g.Offend(a, guard.Password)
}

// offend notes what a stranger did that honest ones don't.
func (g *gate) offend(h hop, o guard.Offence) {
	if g.known(h.addr.Addr()) {
		return
	}
	g.srv.met.offences.WithLabelValues(o.String()).Inc()
	g.Offend(h.addr.Addr(), o)
}

// KnownScanners are pieces of the User-Agent of programs that look for servers to misuse, as they
// come from those who have not even changed it.
func KnownScanners() []string {
	return []string{
		"friendly-scanner", "sipvicious", "sipcli/", "sundayddr", "vaxsipuseragent", "pplsip", "sip-scan", "sipscan", "sivus",
	}
}

// scanning tells a scanner that says so: it gets no answer at all, and a ban. A peer may call itself what it likes.
func (g *gate) scanning(r *request) bool {
	agent := strings.ToLower(r.raw.get("user-agent"))
	if agent == "" || g.known(r.hop.addr.Addr()) {
		return false
	}
	for _, name := range *g.scanners.Load() {
		if strings.Contains(agent, name) {
			g.srv.refused(guard.Scanner.String())
			g.offend(r.hop, guard.Scanner)
			return true
		}
	}
	return false
}

// guessing tells that a request shows credentials and comes from a peer's address where too many were
// wrong of late: behind a NAT one guesses and the rest of the floor has the same address. A phone that is
// registered from that very socket is listened to, so that guessing puts nobody out who is in.
func (w *worker) guessing(r *request) bool {
	if w.srv.guard.MayGuess(r.hop.addr.Addr()) || !r.raw.has("authorization") && !r.raw.has("proxy-authorization") {
		return false
	}
	for _, b := range w.srv.phones.live(r.From().Address.User) {
		if b.Source == r.hop.addr {
			return false
		}
	}
	w.srv.refused("guessing")
	return true
}

// Bans are the sources that are not listened to.
func (s *Server) Bans() []guard.Ban { return s.guard.Bans() }

// Ban bans a source by hand. Its connections are closed; calls with it go on until their timers end them.
func (s *Server) Ban(a netip.Addr, length time.Duration, reason, by string) (guard.Ban, error) {
	return s.guard.Ban(a, length, clean(reason), by)
}

// LiftBan listens to a source again; false when it was not banned.
func (s *Server) LiftBan(a netip.Addr) (guard.Ban, bool) { return s.guard.Lift(a) }

// RestoreBans takes back the bans of before a restart.
func (s *Server) RestoreBans(bans []guard.Ban) { s.guard.Restore(bans) }

// SetGuard takes other bounds, lists and scanners (nil: those known); what is counted and banned stays.
func (s *Server) SetGuard(o guard.Options, scanners []string) {
	if scanners == nil {
		scanners = KnownScanners()
	}
	s.guard.Configure(o)
	s.guard.scanners.Store(&scanners)
}

// Guarding tells what the guard holds, and its bounds.
func (s *Server) Guarding() (guard.State, guard.Options) { return s.guard.State(), s.guard.Bounds() }

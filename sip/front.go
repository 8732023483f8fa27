package sip

import (
	"cmp"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"hotline/call"
	"hotline/sip/guard"
)

// sender is who an INVITE comes from, once that is proven: a trunk by its source, or a phone by its password.
// One of the two is set.
type sender struct {
	trunk *Trunk
	phone *Account
	// visitor is who calls from a page of ours, as a call of the trunk; empty for any other.
	visitor string
}

// name is for the dialog's state: a trunk's name, or a phone's account.
func (s sender) name() (trunk, phone string) {
	if s.phone != nil {
		return "", s.phone.User
	}
	return s.trunk.Name, ""
}

// media is what the sender may speak.
func (s sender) media() call.LocalMedia {
	if s.phone != nil {
		return call.LocalMedia{Codecs: s.phone.spoken(), SRTP: s.phone.SRTP}
	}
	return call.LocalMedia{Codecs: s.trunk.Codecs, SRTP: s.trunk.SRTP}
}

// reliable tells whether what the sender is told before the answer may be reliable (RFC 3262) where it does not require that.
func (s sender) reliable() bool {
	if s.phone != nil {
		return !s.phone.Unreliable
	}
	return !s.trunk.Unreliable
}

// sender decides who an INVITE comes from (docs/people.md, "The front door for phones"): who says that it is
// a phone of ours has to prove it, wherever it comes from; else a trunk is known by its source; else
// it is nobody. false: it has been answered.
func (w *worker) sender(tx *serverTx, r *request) (sender, bool) {
	if token, ok := w.bearerOf(r); ok {
		return w.bearer(tx, r, token)
	}
	site := w.srv.site.Load()
	trunk := site.trunkOf(r.hop)
	user := r.From().Address.User
	switch {
	case w.claimsPhone(r, site, trunk):
		w.traceChallenge(r)
		if !w.authorise(tx, r, user, time.Now(), doorAsks()) {
			return sender{}, false
		}
		return sender{phone: site.account(user)}, true
	case trunk != nil:
		return sender{trunk: trunk}, true
	}
	w.srv.refused("stranger")
	w.srv.guard.offend(r.hop, guard.Stranger)
	tx.reply(reply{status: 403})
	return sender{}, false
}

// claimsPhone tells that a request's From is an address of ours. From a trunk's source it has to be named as an account
// of the site could be as well, because a carrier may write our domain for numbers of its own; anybody else is asked
// for a password whoever he says he is. So the question tells nobody which accounts there are.
func (w *worker) claimsPhone(r *request, site *Site, trunk *Trunk) bool {
	from := r.From().Address
	if from.Scheme != "sip" && from.Scheme != "sips" || from.User == "" {
		return false
	}
	if trunk != nil && (trunk.NoPhones || !site.couldBeAccount(from.User)) {
		return false
	}
	// Many phones are set up with our address, by whatever name they reach it, instead of the domain.
	return w.srv.isOurs(&from, r.hop) || trunk == nil && sameServer(&from, r.Recipient.Host, r.Recipient.Port)
}

// isOurs tells that an address is of our domain, or of what we show of ourselves to who is at the other end of h.
func (s *Server) isOurs(u *sip.Uri, h hop) bool {
	if strings.EqualFold(u.Host, s.opt.Domain) {
		return true
	}
	host, text, err := net.SplitHostPort(h.local(s))
	if err != nil {
		return false
	}
	port, err := strconv.Atoi(text)
	return err == nil && sameServer(u, host, port)
}

// sameServer tells that an address is at a host, and at its port if it names one: at another
// port of the same machine is somebody else.
func sameServer(u *sip.Uri, host string, port int) bool {
	return strings.EqualFold(strings.Trim(u.Host, "[]"), strings.Trim(host, "[]")) &&
		(u.Port == 0 || u.Port == cmp.Or(port, sip.DefaultPort("udp")))
}

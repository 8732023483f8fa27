package sip

import (
	"strings"
	"time"

	"go.uber.org/zap"

	"hotline/sip/digest"
)

// asking is who asks for a password: a registrar by 401 (RFC 3261 22.2), the door for calls
// by 407, as a proxy does (22.3).
type asking struct {
	status int
	sends  string // the header that brings the proof
	header string // of the challenge
}

func registrarAsks() asking { return asking{401, "authorization", "WWW-Authenticate: "} }

func doorAsks() asking { return asking{407, "proxy-authorization", "Proxy-Authenticate: "} }

// authorise proves the password of an account; what isn't proved is answered here. An account
// there is none of is asked, and refused, like one with a wrong password.
func (w *worker) authorise(tx *serverTx, r *request, user string, now time.Time, ask asking) bool {
	site, dig := w.srv.site.Load(), w.srv.phones.dig
	_, uri, _ := strings.Cut(r.raw.start, " ")
	uri, _, _ = strings.Cut(uri, " ")
	v := dig.Verify(now, digest.Request{Method: r.method(), URI: uri, Authorization: r.raw.all(ask.sends)},
		func(name string) (string, bool) {
			if a := site.account(name); a != nil {
				return a.Password, true
			}
			return "", false
		})
	switch v.Result {
	case digest.OK:
		if v.User == user {
			return true
		}
		w.deny(tx, r, user, "the password proves another account")
	case digest.Malformed:
		tx.reply(bad400("credentials"))
	case digest.Denied:
		w.deny(tx, r, user, v.Words)
	default:
		stale := v.Result == digest.Stale || v.Result == digest.Replayed
		var lines []string
		for _, c := range dig.Challenge(now, stale) {
			lines = append(lines, ask.header+c)
		}
		tx.reply(reply{status: ask.status, extra: lines})
	}
	return false
}

// deny refuses who has not proved what it claims.
func (w *worker) deny(tx *serverTx, r *request, user, words string) {
	w.srv.refused("password")
	w.srv.guard.charge(r.hop.addr.Addr())
	w.srv.log.Warn("a password was refused", zap.String("method", r.method()), zap.String("user", clean(user)),
		zap.Stringer("from", r.hop.addr), zap.String("why", words))
	tx.reply(reply{status: 403})
}

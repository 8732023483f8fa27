package sip

import (
	"strings"

	"go.uber.org/zap"
)

// Pass is what the bearer of a token may do at the door: speak for an account of ours, or
// call one number as a call of a trunk. Tokens are shown as Authorization: Bearer (RFC 8898 section 2),
// with REGISTER and INVITE, and over WebSockets only: they are made for the pages that the
// same listener serves, and no challenge asks for them.
type Pass struct {
	Account string // whom it speaks for; empty for a visitor
	Trunk   string // whose calls a visitor's are
	Visitor string // who the visitor is, whatever the INVITE says
	Number  string // the only number the visitor may call
}

// Bearers find what a token lets its bearer do. They are asked on a worker's goroutine and
// answer at once. calls tells that the token is shown to call: a visitor's is spent by it.
type Bearers func(token string, calls bool) (Pass, bool)

// bearerOf is the token that a browser's request shows; ok is false where there is none.
func (w *worker) bearerOf(r *request) (token string, ok bool) {
	if w.srv.opt.Bearers == nil || !r.hop.proto.Socket() {
		return "", false
	}
	for _, v := range r.raw.all("authorization") {
		if scheme, token, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(token), true
		}
	}
	return "", false
}

// bearer decides who an INVITE with a token comes from. false: it has been answered.
func (w *worker) bearer(tx *serverTx, r *request, token string) (sender, bool) {
	site := w.srv.site.Load()
	pass, ok := w.srv.opt.Bearers(token, true)
	account, trunk := site.account(pass.Account), site.trunk(pass.Trunk)
	switch {
	case !ok:
		w.denyToken(tx, r, "no such token stands")
	case account != nil && r.From().Address.User == pass.Account:
		return sender{phone: account}, true
	case pass.Account == "" && trunk != nil && calledNumber(r) == pass.Number:
		return sender{trunk: trunk, visitor: pass.Visitor}, true
	default:
		w.denyToken(tx, r, "the token is for something else")
	}
	return sender{}, false
}

// bears proves by a token that a REGISTER is its account's; what isn't proved is answered here.
func (w *worker) bears(tx *serverTx, r *request, token, user string) bool {
	pass, ok := w.srv.opt.Bearers(token, false)
	if ok && pass.Account == user && w.srv.site.Load().account(user) != nil {
		return true
	}
	w.denyToken(tx, r, "the token is not this account's")
	return false
}

// denyToken refuses a token. 403, since there is nothing a browser could be asked for: its page takes another token.
func (w *worker) denyToken(tx *serverTx, r *request, words string) {
	w.srv.refused("token")
	w.srv.guard.charge(r.hop.addr.Addr())
	w.srv.log.Info("a token was refused", zap.String("method", r.method()), zap.String("user", clean(r.From().Address.User)),
		zap.Stringer("from", r.hop.addr), zap.String("why", words))
	tx.reply(reply{status: 403})
}

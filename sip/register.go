package sip

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"hotline/call"
	"hotline/sip/registrar"
)

// register takes a REGISTER (RFC 3261 10.3): who are you, may you, and what is
// your contact. All of them come to worker 0, which owns the registrar.
func (w *worker) register(tx *serverTx, r *request) {
	p, now := w.srv.phones, time.Now()
	user := r.To().Address.User
	if scheme := r.To().Address.Scheme; scheme != "sip" && scheme != "sips" {
		tx.reply(bad400("To is no SIP address"))
		return
	}
	if token, ok := w.bearerOf(r); ok {
		if !w.bears(tx, r, token, user) {
			return
		}
	} else if !w.authorise(tx, r, user, now, registrarAsks()) {
		return
	}
	req, err := registration(r, user)
	if err != nil {
		tx.reply(bad400("REGISTER"))
		return
	}
	if a := w.srv.site.Load().account(user); a != nil {
		req.Devices = a.Devices
	}
	bindings, changes, err := p.reg.Register(now, req)
	if err != nil {
		refuseRegister(tx, err)
		return
	}
	if r.hop.proto.Stream() {
		r.hop.conn.watch(w)
	}
	p.apply(changes) // first, so that a phone which has its 200 can be rung
	lines := append(contactLines(bindings, now), w.srv.flowLines(r, bindings)...)
	for _, hop := range req.Path { // the phone learns through whom it is reached (RFC 3327 5.3)
		lines = append(lines, "Path: "+hop)
	}
	tx.reply(reply{status: 200, extra: lines})
}

// registration says a REGISTER in the registrar's words.
func registration(r *request, user string) (registrar.Request, error) {
	req := registrar.Request{
		Account: user, CallID: r.callID, CSeq: r.seq(), Expires: lifetime(r.raw.get("expires")),
		Source: r.hop.addr, Transport: r.hop.proto, UserAgent: clean(r.raw.get("user-agent")),
	}
	if r.hop.sock != nil {
		req.Local = r.hop.sock.addr
	}
	req.ViaHost, req.ViaPort = sentBy(r.raw.get("via"))
	for _, c := range r.raw.list("contact") {
		if c == "*" {
			req.Star = true
			continue
		}
		contact, err := contactOf(c, r.hop.proto.Secure())
		if err != nil {
			return req, err
		}
		req.Contacts = append(req.Contacts, contact)
	}
	var err error
	req.Path, err = pathOf(r)
	req.Outbound = wantsOutbound(&r.raw, req.Path)
	return req, err
}

// pathMost is how many proxies may stand between a phone and this node.
const pathMost = 8

// pathOf reads Path (RFC 3327): the proxies through which a phone is to be
// rung, the nearest to us first. The phone need not say that it knows Path (5.3
// leaves that to the registrar): its proxy does, or it would not have put it there.
func pathOf(r *request) ([]string, error) {
	path := r.raw.list("path")
	if len(path) > pathMost {
		return nil, call.Errorf(call.CodeInvalid, "%d proxies in Path, at most %d are taken", len(path), pathMost)
	}
	for _, hop := range path {
		if _, err := targetOfText(hop); err != nil {
			return nil, err
		}
	}
	return path, nil
}

// contactOf reads one Contact value with the parameters a registrar heeds.
func contactOf(text string, secure bool) (registrar.Contact, error) {
	u, err := parseURI(text)
	if err != nil {
		return registrar.Contact{}, err
	}
	switch {
	case u.Scheme != "sip" && u.Scheme != "sips" || u.Host == "":
		return registrar.Contact{}, call.Errorf(call.CodeInvalid, "a Contact must be a SIP URI")
	case u.Scheme == "sips" && !secure:
		return registrar.Contact{}, call.Errorf(call.CodeInvalid, "a SIPS Contact has to be registered by TLS")
	}
	c := registrar.Contact{URI: uriText(text), Host: strings.Trim(u.Host, "[]"), Q: registrar.FullQ}
	after := text
	if i := strings.IndexByte(text, '>'); i >= 0 {
		after = "<>" + text[i+1:]
	}
	if v, ok := paramOf(after, "expires"); ok {
		c.Expires = lifetime(v)
	}
	if v, ok := paramOf(after, "q"); ok {
		if q, err := strconv.ParseFloat(v, 64); err == nil && q >= 0 && q <= 1 {
			c.Q = uint16(q * registrar.FullQ)
		}
	}
	c.Instance, _ = paramOf(after, "+sip.instance")
	if v, ok := paramOf(after, "reg-id"); ok {
		id, err := strconv.ParseUint(v, 10, 31)
		if err == nil {
			c.RegID = uint32(id)
		}
	}
	return c, nil
}

// lifetime reads delta-seconds; what can't be read counts as absent, and more
// than 32 bits as the most (RFC 4475 3.1.2.5).
func lifetime(s string) registrar.Lifetime {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return registrar.Lifetime{Set: true, Seconds: 1<<32 - 1}
	case err != nil:
		return registrar.Lifetime{}
	}
	return registrar.Lifetime{Set: true, Seconds: uint32(n)}
}

func refuseRegister(tx *serverTx, err error) {
	var no *registrar.Refusal
	if !errors.As(err, &no) {
		tx.reply(reply{status: 500})
		return
	}
	r := reply{status: no.Status()}
	if no.Reason == registrar.TooBrief {
		r.extra = []string{"Min-Expires: " + strconv.Itoa(int(no.Min/time.Second))}
	}
	tx.reply(r)
}

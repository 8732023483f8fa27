package sip

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline/call"
	"hotline/sip/digest"
)

// handoverHeader names what one site tells another of a call it sends there.
const handoverHeader = "X-Hotline-Call"

// handoverTime is how an entry time is written in it.
const handoverTime = "2006-01-02T15:04:05.000Z"

// anonymous is a From that says nothing (RFC 3323 4.1.1.3).
const anonymous = `"Anonymous" <sip:anonymous@anonymous.invalid>`

// shownAs is the From of a call through a trunk.
func (s *Server) shownAs(t *Trunk, who call.Shown) string {
	if who.Number == "" || who.Private {
		return anonymous
	}
	return nameAddr(who.Name, s.trunkAddress(t, rewrite(t.Rewrite.ShownOut, who.Number)))
}

func (s *Server) trunkAddress(t *Trunk, number string) string {
	domain := t.Identity.Domain
	if domain == "" {
		domain = s.opt.Domain
	}
	return "sip:" + escapeUser(number) + "@" + domain
}

// nameAddr writes a name-addr (RFC 3261 25.1); the name may be empty.
func nameAddr(name, uri string) string {
	if name == "" {
		return "<" + uri + ">"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(name)) + `" <` + uri + ">"
}

// dialHeaders are the lines by which an INVITE through a trunk says who calls,
// where the call has been, and to another site of ours what place it had.
func (s *Server) dialHeaders(t *Trunk, d Dial) []string {
	var lines []string
	if d.Shown.Number != "" && !t.Identity.Unassert {
		lines = append(lines, "P-Asserted-Identity: <"+s.trunkAddress(t, rewrite(t.Rewrite.ShownOut, d.Shown.Number))+">")
	}
	if d.Shown.Private {
		lines = append(lines, "Privacy: id")
	}
	if d.Forwarder != "" && t.Identity.Diversion {
		lines = append(lines, "Diversion: <"+s.trunkAddress(t, d.Forwarder)+">;reason=unconditional;counter=1")
	}
	for _, v := range d.Forwarding.Diversion {
		lines = append(lines, "Diversion: "+v)
	}
	for _, v := range d.Forwarding.History {
		lines = append(lines, "History-Info: "+v)
	}
	lines = append(lines, identityLines(d.PASSporT)...)
	if d.Handover != nil && t.Site != "" {
		lines = append(lines, handoverHeader+": "+writeHandover(*d.Handover))
	}
	return lines
}

// writeHandover is the value of the handover header.
func writeHandover(h call.Handover) string {
	return fmt.Sprintf("id=%s;entry=%s;priority=%d;hops=%d", h.ID, h.Entry.UTC().Format(handoverTime), h.Priority, h.Hops)
}

// readHandover reads the handover header. What is not right in every part is an
// error, for half a place is none.
func readHandover(value string, now time.Time) (*call.Handover, error) {
	h := call.Handover{}
	for part := range strings.SplitSeq(value, ";") {
		key, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		var err error
		switch key {
		case "id":
			h.ID = call.ID(clean(v))
		case "entry":
			h.Entry, err = time.Parse(handoverTime, v)
		case "priority":
			h.Priority, err = strconv.Atoi(v)
		case "hops":
			h.Hops, err = strconv.Atoi(v)
		}
		if err != nil {
			return nil, call.Errorf(call.CodeInvalid, "%s: %s can't be read: %w", handoverHeader, key, err)
		}
	}
	switch {
	case h.ID == "" || len(h.ID) > 64:
		return nil, call.Errorf(call.CodeInvalid, "%s has no id", handoverHeader)
	case h.Entry.IsZero() || now.Sub(h.Entry) > call.MaxHandoverAge:
		return nil, call.Errorf(call.CodeInvalid, "%s: the entry time is missing or older than %s", handoverHeader, call.MaxHandoverAge)
	case h.Priority < 1 || h.Priority > 100:
		return nil, call.Errorf(call.CodeInvalid, "%s: priority %d; 1 to 100 would be right", handoverHeader, h.Priority)
	case h.Hops < 1 || h.Hops > call.MaxHops:
		return nil, call.Errorf(call.CodeInvalid, "%s: the call has passed %d sites; 1 to %d would be right", handoverHeader, h.Hops, call.MaxHops)
	}
	if h.Entry.After(now) { // the other site's clock is ahead of ours
		h.Entry = now
	}
	return &h, nil
}

// authorize makes the header line that answers a 401 or 407; "" when there is no login or no challenge.
func authorize(r *response, login Login, method, uri string) (string, error) {
	asks, answers := challengeHeaders(r.StatusCode)
	if asks == "" || login.User == "" {
		return "", nil
	}
	value, err := digest.Answer(r.raw.all(asks), digest.Login{Method: method, URI: uri, User: login.User, Password: login.Password})
	if err != nil {
		return "", err
	}
	return answers + value, nil
}

// challengeHeaders are where a challenge is and where its answer goes (RFC 3261 22.2, 22.3).
func challengeHeaders(status int) (asks, answers string) {
	switch status {
	case 401:
		return "www-authenticate", "Authorization: "
	case 407:
		return "proxy-authenticate", "Proxy-Authorization: "
	}
	return "", ""
}

package sip

import (
	"strconv"
	"strings"
	"time"

	"hotline/sip/registrar"
)

// Client-initiated connections (RFC 5626): a phone that names itself by
// +sip.instance and its way by reg-id keeps that way open itself, and is rung by nothing else.

// wantsOutbound tells that a phone supports RFC 5626, and so does the first of the proxies it came
// through. Where a proxy in between does not, the phone is reached through Path as any other is
// (docs/decisions/0440-outbound-through-old-proxies.md).
func wantsOutbound(m *rawMessage, path []string) bool {
	if !hasToken(m.list("supported"), "outbound") && !hasToken(m.list("require"), "outbound") {
		return false
	}
	if len(path) == 0 {
		return true
	}
	first, err := parseURI(path[len(path)-1])
	if err != nil {
		return false
	}
	_, ob := param(first.UriParams, "ob")
	return ob
}

// flowLines are what the 200 tells of flows: that they are used, and on a
// connection how often it has to be kept alive (RFC 5626 4.4.1, section 6).
func (s *Server) flowLines(r *request, bindings []Binding) (lines []string) {
	mine := false
	for i := range bindings {
		mine = mine || bindings[i].Outbound && bindings[i].CallID == r.callID && bindings[i].CSeq == r.seq()
	}
	if !mine {
		return nil
	}
	lines = append(lines, "Require: outbound")
	if c := r.hop.conn; c != nil {
		c.patience.Store(int64(s.opt.Timers.Flow + s.opt.Timers.Flow/2))
		lines = append(lines, "Flow-Timer: "+strconv.Itoa(int(s.opt.Timers.Flow/time.Second)))
	}
	return lines
}

// idle is how long nothing may come on a connection.
func (c *conn) idle() time.Duration {
	if d := time.Duration(c.patience.Load()); d > 0 {
		return d
	}
	return c.srv.opt.Timers.IdleTCP
}

// contactLines lists what is registered, with the seconds left and with what a phone finds its own by.
func contactLines(bindings []Binding, now time.Time) []string {
	lines := make([]string, 0, len(bindings))
	for i := range bindings {
		b := &bindings[i]
		left := int(b.Expires.Sub(now).Round(time.Second) / time.Second)
		line := "Contact: <" + b.Contact + ">;expires=" + strconv.Itoa(max(left, 0))
		if b.Q < registrar.FullQ {
			line += ";q=" + strconv.FormatFloat(float64(b.Q)/registrar.FullQ, 'f', -1, 64)
		}
		if b.Instance != "" && !strings.ContainsAny(b.Instance, "\"\\\r\n") {
			line += ";+sip.instance=\"" + b.Instance + "\""
		}
		if b.RegID > 0 {
			line += ";reg-id=" + strconv.FormatUint(uint64(b.RegID), 10)
		}
		lines = append(lines, line)
	}
	return lines
}

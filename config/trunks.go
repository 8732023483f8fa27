package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hotline/call"
	"hotline/ivr"
)

func (b *builder) readTrunks() {
	var claims []claim
	for _, v := range b.sections[sectionTrunks] {
		f := b.fields(v, "a trunk")
		t := Trunk{Name: f.name().Value, Title: f.text("title", "")}
		for _, w := range b.sources(f) {
			prefix, ok := b.prefix(w)
			if !ok {
				continue
			}
			t.From = append(t.From, prefix)
			claims = append(claims, claim{prefix, t.Name, w.Pos})
		}
		t.TLSName = strings.ToLower(f.host("tls_name"))
		t.Phones = f.boolean("phones", true)
		b.outward(f, &t)
		t.Codecs = b.codecs(f)
		t.SRTP = encryption(f)
		t.DTMF = keysBy(f)
		t.MaxCalls = f.integer("max_calls", 0, 0, 1_000_000)
		t.Area = b.area(f.word("area"))
		t.Dial = b.trunkDial(f)
		t.Fork = b.fork(f, "")
		b.site.Trunks = append(b.site.Trunks, t)
		f.close()
	}
	b.overlaps(claims)
}

// keysBy is how a trunk tells of keys pressed.
func keysBy(f *fields) call.KeysBy {
	var names []string
	for _, k := range call.KeysBys() {
		names = append(names, k.String())
	}
	return oneOf(f, "dtmf", names, call.KeysAuto)
}

// sources gives the words of a trunk's from, which it has to have.
func (b *builder) sources(f *fields) []word {
	words := f.words("from")
	v := f.got["from"]
	switch {
	case f.kind != kindMap:
	case v == nil:
		f.must("from")
	case v.kind == kindList && len(v.list) == 0:
		b.wrong(v.at, "from is an empty list", "the addresses the trunk sends from, as [192.0.2.0/24]")
	}
	return words
}

// claim is a range of sources that a trunk calls its own.
type claim struct {
	prefix netip.Prefix
	trunk  string
	at     pos
}

// overlaps reports sources of which two trunks say that they are theirs: nobody could tell whose a call is.
func (b *builder) overlaps(claims []claim) {
	for i, c := range claims {
		for _, d := range claims[:i] {
			if c.prefix.Overlaps(d.prefix) {
				b.wrong(c.at, fmt.Sprintf("%s overlaps with %s of trunk %q", c.prefix, d.prefix, d.trunk), "each source belongs to one trunk, once; the other is in "+place(d.at))
			}
		}
	}
}

// prefix reads an address range, or one address.
func (b *builder) prefix(w word) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(w.Value); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(w.Value)
	if err != nil || prefix.Addr().Is4In6() {
		b.wrong(w.Pos, fmt.Sprintf("source %q is no address range", clip(w.Value)), "as 192.0.2.0/24, 2001:db8::/32 or one address")
		return netip.Prefix{}, false
	}
	return prefix.Masked(), true
}

// proxy checks a SIP URI of a host (RFC 3261 19.1).
func (b *builder) proxy(w word) string { return b.sipAddress(w, "proxy") }

// sipAddress reads sip:host[:port] with parameters; of is what it is, for messages.
func (b *builder) sipAddress(w word, of string) string {
	if w.Value == "" {
		return ""
	}
	rest, ok := strings.CutPrefix(w.Value, "sip:")
	if !ok {
		rest, ok = strings.CutPrefix(w.Value, "sips:")
	}
	hostport, _, _ := strings.Cut(rest, ";")
	if _, after, user := strings.Cut(hostport, "@"); user {
		hostport = after
	}
	if !ok || !isHostPort(hostport) {
		b.wrong(w.Pos, fmt.Sprintf("%s %q is no SIP address", of, clip(w.Value)), "as sip:192.0.2.1:5060")
		return ""
	}
	return w.Value
}

// isHostPort takes host, host:port and [v6]:port.
func isHostPort(s string) bool {
	if bare, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(bare, "]") {
		s = net.JoinHostPort(strings.TrimSuffix(bare, "]"), "5060")
	} else if !strings.Contains(s, ":") {
		s += ":5060"
	}
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(port, 10, 16)
	return err == nil && bad == nil && n > 0 && isHost(host)
}

// area checks an area code: 010, 02x or 0[3-9]xx.
func (b *builder) area(w word) string {
	if w.Value == "" {
		return ""
	}
	bare := strings.TrimPrefix(w.Value, "0")
	ok := isDigits(bare) && (bare == "10" || (bare[0] == '2' && len(bare) == 2) || (bare[0] >= '3' && len(bare) == 3))
	if !ok {
		b.wrong(w.Pos, fmt.Sprintf("area %q is no area code", clip(w.Value)), `as "021"`)
		return ""
	}
	return "0" + bare
}

func (b *builder) readNumbers() {
	areas := map[string]string{}
	for _, t := range b.site.Trunks {
		areas[t.Name] = t.Area
	}
	seen := map[[2]string]pos{}
	for _, v := range b.sections[sectionNumbers] {
		f := b.fields(v, "a number")
		w := f.mustWord("number")
		n := call.Number{
			Trunk: b.ref(sectionTrunks, f.mustWord("trunk")), Flow: b.ref(sectionFlows, f.mustWord("flow")),
			AnswerBlocked: f.boolean("answer_blocked", false), Language: b.language(f.word("language")),
		}
		n.Number = b.calledNumber(w, areas[n.Trunk])
		key := [2]string{n.Trunk, n.Number}
		if first, twice := seen[key]; twice && n.Number != "" && n.Trunk != "" {
			b.wrong(w.Pos, fmt.Sprintf("number %q is there twice on trunk %q", clip(w.Value), n.Trunk), "the first is in "+place(first))
		} else {
			seen[key] = w.Pos
		}
		b.site.Numbers = append(b.site.Numbers, n)
		f.close()
	}
}

// language checks a language that callers can be spoken to in.
func (b *builder) language(w word) string {
	if w.Value != "" && !slices.Contains(ivr.Languages(), w.Value) {
		b.wrong(w.Pos, fmt.Sprintf("nobody speaks %q here", clip(w.Value)), "one of "+strings.Join(ivr.Languages(), ", "))
		return ""
	}
	return w.Value
}

// calledNumber normalises a called number: a telephone number, or the SIP user a trunk calls.
func (b *builder) calledNumber(w word, area string) string {
	if w.Value == "" {
		return ""
	}
	n := call.NormalizeNumber(w.Value, area)
	if len(n) > 64 || !isUnreserved(strings.ReplaceAll(n, "+", "")) {
		b.wrong(w.Pos, fmt.Sprintf("number %q is no number", clip(w.Value)), `as "10000"`)
		return ""
	}
	return n
}

// callerClasses are the classes' names, by value.
var callerClasses = []string{call.CallerNormal.String(), call.CallerVIP.String(), call.CallerBlocked.String()}

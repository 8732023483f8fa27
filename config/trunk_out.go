package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"hotline/ivr"
)

// Target is one way into a trunk.
type Target struct {
	URI      string // sip:host[:port]
	Priority int    // lower ones first; 1 when not said
	Weight   int    // chance among equal ones; 1 when not said
}

// Login is what a carrier asks of us.
type Login struct {
	User     string
	Password Secret
}

// Show is whose number a call through a trunk shows.
type Show uint8

// What a trunk may show.
const (
	ShowCaller Show = iota // the caller's: the call is his
	ShowCalled             // the number he called: it is the hotline's
	ShowNumber             // a number of its own
)

// Early is what is done with sound that comes before the answer: ring-back, announcements.
type Early uint8

// The settings.
const (
	EarlyOff  Early = iota // nothing: who waits hears our ring-back or music
	EarlyHear              // who waits hears it, and is not heard
	EarlyTalk              // who waits is heard there as well, in a call that is not answered yet
)

var earlyWays = []string{"false", "true", "talk"}

// Identity is how a trunk wants callers shown.
type Identity struct {
	Show      Show
	Number    string // of ShowNumber
	Domain    string // of From and P-Asserted-Identity; empty: the node's
	Asserted  bool   // P-Asserted-Identity is sent
	Diversion bool   // a forwarded call says who forwards it
}

// Register is a registration with a carrier.
type Register struct {
	User      string
	Domain    string // empty: the registrar's host
	Registrar string // sip: URI; empty: the trunk's first target in force
	Expires   time.Duration
}

// Rewrite is one rule that changes a number.
type Rewrite struct {
	Match *regexp.Regexp
	To    string
}

// Rewrites are a trunk's rules; the first that matches is applied.
type Rewrites struct{ CallerIn, CalledIn, NumberOut, ShownOut []Rewrite }

// mostTargets bounds a trunk's targets, mostRewrites its rules of one kind.
const (
	mostTargets  = 16
	mostRewrites = 100
)

// outward reads what a trunk needs for calls to go out by it.
func (b *builder) outward(f *fields, t *Trunk) {
	t.Targets = b.targets(f.get("proxy"))
	t.EarlyMedia = oneOf(f, "early_media", earlyWays, EarlyOff)
	t.Rel100 = f.boolean("rel100", true)
	t.MaxCPS = f.integer("max_cps", 0, 0, 10_000)
	if v := f.get("auth"); v != nil {
		a := b.fields(v, "auth")
		t.Auth = Login{User: a.mustWord("user").Value, Password: a.secret("password")}
		a.must("password")
		a.close()
	}
	t.Identity = b.identity(f.get("identity"))
	t.Rewrite = b.rewrites(f.get("rewrite"))
	t.Register = b.register(f.get("register"), t)
	if site := f.word("site"); site.Value == "" || isName(site.Value) {
		t.Site = site.Value
	} else {
		b.wrong(site.Pos, fmt.Sprintf("site %q is no name", clip(site.Value)), "letters, digits, _ - and . only, at most 64")
	}
	if len(t.Targets) == 0 {
		for _, key := range []string{"early_media", "rel100", "auth", "register"} {
			if v := f.got[key]; v != nil && (key != "register" || t.Register != nil && t.Register.Registrar == "") {
				b.wrong(v.at, key+" is for calls that go out, and the trunk has no proxy", "proxy: sip:192.0.2.1:5060, or no "+key)
			}
		}
	}
}

// targets reads one proxy, or a list of proxies, each a URI or a mapping.
func (b *builder) targets(v *value) []Target {
	if v == nil {
		return nil
	}
	items := v.entries()
	if len(items) == 0 || len(items) > mostTargets {
		b.wrong(v.at, fmt.Sprintf("proxy has %d entries", len(items)), fmt.Sprintf("from 1 to %d", mostTargets))
		return nil
	}
	var out []Target
	for _, item := range items {
		t := Target{Priority: 1, Weight: 1}
		var at word
		if item.kind == kindMap {
			f := b.fields(item, "a proxy")
			at = f.mustWord("uri")
			t.Priority, t.Weight = f.integer("priority", 1, 1, 65535), f.integer("weight", 1, 1, 65535)
			f.close()
		} else {
			at = b.item(item, "proxy")
		}
		t.URI = b.proxy(at)
		for _, o := range out {
			if o.URI == t.URI && t.URI != "" {
				b.wrong(at.Pos, fmt.Sprintf("proxy %q is there twice", clip(t.URI)), "each once")
			}
		}
		if t.URI != "" {
			out = append(out, t)
		}
	}
	return out
}

func (b *builder) identity(v *value) Identity {
	id := Identity{Asserted: true}
	if v == nil {
		return id
	}
	f := b.fields(v, "identity")
	defer f.close()
	switch show := f.word("show"); show.Value {
	case "", "caller":
	case "called":
		id.Show = ShowCalled
	default:
		id.Show, id.Number = ShowNumber, show.Value
		if !ivr.IsDialable(show.Value) {
			b.wrong(show.Pos, fmt.Sprintf("show %q is no number", clip(show.Value)), `caller, called or a number, as "02110000"`)
		}
	}
	id.Domain = b.host(f.word("domain"), "domain")
	id.Asserted = f.boolean("asserted", true)
	id.Diversion = f.boolean("diversion", false)
	return id
}

// host checks a host name or address.
func (b *builder) host(w word, of string) string {
	if w.Value == "" {
		return ""
	}
	if _, err := netip.ParseAddr(w.Value); err != nil && !isHost(w.Value) {
		b.wrong(w.Pos, fmt.Sprintf("%s %q is no host", of, clip(w.Value)), "as carrier.example")
		return ""
	}
	return w.Value
}

func (b *builder) register(v *value, t *Trunk) *Register {
	if v == nil {
		return nil
	}
	f := b.fields(v, "register")
	defer f.close()
	r := &Register{Expires: f.duration("expires", 5*time.Minute, time.Minute)}
	user := f.word("user")
	r.User = user.Value
	if r.User == "" {
		r.User = t.Auth.User
	}
	switch {
	case r.User == "":
		b.wrong(v.at, "register has no user, nor has the trunk's auth", `as user: "02110000"`)
	case user.Value != "" && !isAccount(user.Value):
		b.wrong(user.Pos, fmt.Sprintf("user %q is no SIP user", clip(user.Value)), `as "02110000"`)
	}
	r.Domain = b.host(f.word("domain"), "domain")
	r.Registrar = b.proxy(f.word("registrar"))
	return r
}

func (b *builder) rewrites(v *value) Rewrites {
	var r Rewrites
	if v == nil {
		return r
	}
	f := b.fields(v, "rewrite")
	defer f.close()
	for key, to := range map[string]*[]Rewrite{
		"caller_in": &r.CallerIn, "called_in": &r.CalledIn, "number_out": &r.NumberOut, "shown_out": &r.ShownOut,
	} {
		*to = b.rewriteRules(f, key)
	}
	return r
}

func (b *builder) rewriteRules(f *fields, key string) (rules []Rewrite) {
	list := f.list(key)
	if len(list) > mostRewrites {
		b.wrong(f.got[key].at, fmt.Sprintf("%s has %d rules", key, len(list)), fmt.Sprintf("at most %d", mostRewrites))
	}
	for _, v := range list {
		one := b.fields(v, "a rule")
		match, to := one.mustWord("match"), one.must("to")
		one.close()
		text, ok := b.scalar(to, "to")
		if match.Value == "" || !ok {
			continue
		}
		re, err := regexp.Compile(match.Value)
		if err != nil {
			b.wrong(match.Pos, fmt.Sprintf("match %q is no expression", clip(match.Value)), `as '^0(1[3-9]\d{9})$'`)
			continue
		}
		if group := missingGroup(re, text); group != "" {
			b.wrong(to.at, fmt.Sprintf("to %q speaks of group %s, which match does not have", clip(text), group), "$1 for the first group, ${1} before a digit")
		}
		rules = append(rules, Rewrite{Match: re, To: text})
	}
	return rules
}

// groups finds what a replacement refers to, as regexp.Expand reads it.
var groups = regexp.MustCompile(`\$(\w+|\{\w+\})`)

// missingGroup names the first group of a replacement that the expression lacks.
// "$10" is the tenth group, which is seldom meant.
func missingGroup(re *regexp.Regexp, to string) string {
	for _, m := range groups.FindAllStringSubmatch(strings.ReplaceAll(to, "$$", ""), -1) {
		name := strings.Trim(m[1], "{}")
		if re.SubexpIndex(name) >= 0 {
			continue
		}
		n := 0
		if _, err := fmt.Sscanf(name, "%d", &n); err != nil || n > re.NumSubexp() || fmt.Sprint(n) != name {
			return m[1]
		}
	}
	return ""
}

// waysOut gives the trunks by which public numbers can be called, and the sites that can be reached.
func (b *builder) waysOut() (trunks, sites map[string]bool) {
	trunks, sites = map[string]bool{}, map[string]bool{}
	for _, t := range b.site.Trunks {
		switch {
		case len(t.Targets) == 0:
		case t.Site != "":
			sites[t.Site] = true
		default:
			trunks[t.Name] = true
		}
	}
	return trunks, sites
}

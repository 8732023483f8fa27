package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"hotline/call"
	"hotline/call/dialling"
	"hotline/ivr"
)

// Dialling is what holds for phones of ours that call outside.
type Dialling struct {
	Rules dialling.Rules
}

// Words that stand for classes.
const (
	allClasses = "all"
	noClass    = "none"
)

// shippedClasses are the numbering plan of China's public network, the more special ones first.
var shippedClasses = []struct{ name, match string }{
	{dialling.Emergency, `^(110|119|120|122|12110|12395)$`},
	{"premium", `^(0\d{2,3})?(160|161|166|168)\d{3,}$`},
	{"international", `^00`},
	{"mobile", `^1[3-9]\d{9}$`},
	{"service", `^(1\d{2,5}|9[56]\d{3,6}|[48]00\d{7})$`},
	{"national", `^0[1-9]\d{8,11}$`},
	{"local", `^[2-8]\d{6,7}$`},
}

// The bounds of what a site may write.
const (
	mostClasses  = 50
	mostPatterns = 100
)

// readDialling reads the section; without one the shipped classes hold.
func (b *builder) readDialling() {
	d := &b.site.Dialling
	d.Rules.Unusual = dialling.Unusual{Calls: 30, Within: 10 * time.Minute}
	if v := b.onceFields().get("dialling"); v != nil {
		f := b.fields(v, "dialling")
		b.dialClasses(f)
		if u := f.get("unusual"); u != nil {
			uf := b.fields(u, "unusual")
			d.Rules.Unusual = dialling.Unusual{Calls: uf.integer("calls", 30, 0, 100_000), Within: uf.duration("within", 10*time.Minute, time.Minute)}
			uf.close()
		}
		f.close()
	}
	for _, c := range shippedClasses {
		d.Rules.Classes = append(d.Rules.Classes, dialling.Class{Name: c.name, Match: []*regexp.Regexp{regexp.MustCompile(c.match)}})
	}
}

// dialClasses reads the site's own classes, which go before the shipped ones.
func (b *builder) dialClasses(f *fields) {
	list := f.list("classes")
	if len(list) > mostClasses {
		b.wrong(f.got["classes"].at, fmt.Sprintf("there are %d classes", len(list)), fmt.Sprintf("at most %d", mostClasses))
	}
	for _, v := range list {
		one := b.fields(v, "a class")
		name := one.name()
		switch name.Value {
		case allClasses, noClass, dialling.Other:
			b.wrong(name.Pos, fmt.Sprintf("class %s has a meaning of its own", name.Value), "another name")
		}
		patterns := one.words("match")
		if len(patterns) == 0 && one.kind == kindMap {
			one.must("match")
		}
		if len(patterns) > mostPatterns {
			b.wrong(one.got["match"].at, fmt.Sprintf("match has %d expressions", len(patterns)), fmt.Sprintf("at most %d", mostPatterns))
		}
		class := dialling.Class{Name: name.Value}
		for _, p := range patterns {
			re, err := regexp.Compile(p.Value)
			if err != nil {
				b.wrong(p.Pos, fmt.Sprintf("match %q is no expression", clip(p.Value)), `as '^0216234\d{4}$'`)
				continue
			}
			class.Match = append(class.Match, re)
		}
		one.close()
		b.site.Dialling.Rules.Classes = append(b.site.Dialling.Rules.Classes, class)
	}
}

// classNames are the names a right may have.
func (b *builder) classNames() []string {
	names := []string{dialling.Other}
	for _, c := range b.site.Dialling.Rules.Classes {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// dial reads what may be dialled: names of classes, all, none, or a mapping with limits; nil when nothing is said.
func (b *builder) dial(f *fields) *dialling.Right {
	v := f.get("dial")
	if v == nil {
		return nil
	}
	d := &dialling.Right{}
	if v.kind != kindMap {
		b.dialTo(d, b.words(v, "dial"))
		return d
	}
	one := b.fields(v, "dial")
	b.dialTo(d, one.words("to"))
	d.Limits = b.dialLimits(one)
	if w := one.word("trunk"); w.Value != "" {
		d.Trunk = b.ref(sectionTrunks, w)
	}
	if show := one.word("show"); show.Value != "" {
		d.Show = show.Value
		if !ivr.IsDialable(show.Value) {
			b.wrong(show.Pos, fmt.Sprintf("show %q is no number", clip(show.Value)), `a number, as "02110000"`)
		}
	}
	one.close()
	return d
}

// dialTo reads names of classes.
func (b *builder) dialTo(d *dialling.Right, words []word) {
	names := b.classNames()
	for _, w := range words {
		switch {
		case (w.Value == allClasses || w.Value == noClass) && len(words) > 1:
			b.wrong(w.Pos, w.Value+" stands beside other classes", "it alone, or names of classes")
		case w.Value == allClasses:
			d.All = true
		case w.Value == noClass:
		case !slices.Contains(names, w.Value):
			b.wrong(w.Pos, fmt.Sprintf("class %q of numbers is unknown", clip(w.Value)), instead(w.Value, append(names, allClasses, noClass)))
		case slices.Contains(d.Classes, w.Value):
			b.wrong(w.Pos, fmt.Sprintf("class %s is there twice", w.Value), "each once")
		default:
			d.Classes = append(d.Classes, w.Value)
		}
	}
}

// dialLimits reads the bounds of calls made by phones.
func (b *builder) dialLimits(f *fields) dialling.Limits {
	var l dialling.Limits
	if w := f.word("hours"); w.Value != "" {
		l.Hours = b.ref(sectionCalendars, w)
	}
	l.Minutes = f.integer("minutes", 0, 0, 1440*1000)
	l.AtOnce = f.integer("at_once", 0, 0, 10_000)
	return l
}

// trunkDial reads what phones' calls through one trunk are bounded by.
func (b *builder) trunkDial(f *fields) (l dialling.Limits) {
	if v := f.get("dial"); v != nil {
		one := b.fields(v, "dial")
		l = b.dialLimits(one)
		one.close()
	}
	return l
}

// diallingHints tells of rights that nobody can use.
func (b *builder) diallingHints() {
	if trunks, _ := b.waysOut(); len(trunks) > 0 {
		return
	}
	may := func(d *dialling.Right) bool { return d != nil && (d.All || len(d.Classes) > 0) }
	if slices.ContainsFunc(b.site.Agents, func(a Agent) bool { return may(a.Dial) }) ||
		slices.ContainsFunc(b.site.Groups, func(g Group) bool { return may(g.Dial) }) ||
		slices.ContainsFunc(b.site.Phones, func(p Phone) bool { return may(p.Dial) }) {
		b.site.Hints = append(b.site.Hints, "somebody may dial outside, and no trunk has a proxy by which calls could go out")
	}
}

// dialRules completes the rules by who has which right.
func (b *builder) dialRules() {
	r := &b.site.Dialling.Rules
	r.Zone, r.Calendars = b.site.Zone, b.site.Calendars
	r.Agents, r.Phones, r.Trunks = map[call.SeatID]*dialling.Right{}, map[string]*dialling.Right{}, map[string]dialling.Limits{}
	ofGroup := map[string]*dialling.Right{}
	for _, g := range b.site.Groups {
		ofGroup[g.Name] = g.Dial
	}
	for _, a := range b.site.Agents {
		if r.Agents[a.ID] = a.Dial; a.Dial == nil {
			r.Agents[a.ID] = ofGroup[a.Group]
		}
	}
	for _, p := range b.site.Phones {
		r.Phones[p.Ext] = p.Dial
	}
	for _, t := range b.site.Trunks {
		r.Trunks[t.Name] = t.Dial
	}
}

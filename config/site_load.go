package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sort"
	"time"

	"hotline/call"
	"hotline/ivr"
	"hotline/ivr/prompts"
)

// LoadSite reads every *.yaml file of a folder as one site and checks it as a
// whole. The error is Problems, with every mistake, when the site is at fault.
func LoadSite(fsys fs.FS, dir string, o SiteOptions) (*Site, error) {
	docs, err := readDocuments(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("site folder: %w", err)
	}
	return LoadDocuments(fsys, dir, docs, o)
}

// LoadDocuments checks documents as if they were those of a site folder, with
// whose prompts they go. The error is Problems when they are at fault.
func LoadDocuments(fsys fs.FS, dir string, docs []Document, o SiteOptions) (*Site, error) {
	b := newBuilder(o)
	b.read(docs)
	if err := b.findPrompts(fsys, dir); err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		b.wrong(pos{File: b.shownAs("."), Line: 1, Column: 1}, "the site folder holds no *.yaml file", "see the shipped example")
	}
	b.build(fsys, dir)
	if err := b.err(); err != nil {
		return nil, err
	}
	return b.site, nil
}

// builder makes a site of the documents of its folder. Names are gathered
// before anything else is read, so that documents may refer to one another in any order.
type builder struct {
	*reader
	o        SiteOptions
	site     *Site
	sections map[section][]*value // the entries of each list, over all files
	once     map[string]*value    // zone, physical_seats, defaults, proxy, try
	declared map[section]map[string]pos
	prompts  map[string]bool // every prompt there is: shipped and the site's own
	// mailboxes are those that overflow rules lead to by themselves, and the last rule that does.
	mailboxes map[string]pos
	lists     map[string]*ivr.List
	// overflowFlows are those that overflow rules lead to.
	overflowFlows []flowNamed
	// torn: a document could not be read, so that what is not declared may stand there.
	torn bool
}

// section is a list of the site; each may stand in several files.
type section string

const (
	sectionCalendars section = "calendars"
	sectionFlows     section = "flows"
	sectionGroups    section = "groups"
	sectionTeams     section = "teams"
	sectionPhones    section = "phones"
	sectionAgents    section = "agents"
	sectionOnCall    section = "oncall"
	sectionQueues    section = "queues"
	sectionPlans     section = "plans"
	sectionTrunks    section = "trunks"
	sectionNumbers   section = "numbers"
	sectionCallers   section = "callers"
	sectionLists     section = "lists"
	sectionServices  section = "services"
	sectionWebhooks  section = "webhooks"
	sectionForks     section = "forks"
	sectionSpeech    section = "speech_services"
	sectionSiprec    section = "siprec"
	sectionStudio    section = "prompt_numbers"
	sectionSurveys   section = "surveys"
)

// named are the lists whose entries have a name of their own, the key it stands
// under, and what one entry is called.
var named = []struct {
	section section
	key     string
	one     string
}{
	{sectionCalendars, "name", "calendar"},
	{sectionFlows, "name", "flow"},
	{sectionGroups, "name", "group"},
	{sectionTeams, "name", "team"},
	{sectionPhones, "ext", "phone"},
	{sectionAgents, "id", "agent"},
	{sectionOnCall, "name", "call-in list"},
	{sectionQueues, "name", "queue"},
	{sectionPlans, "name", "plan"},
	{sectionTrunks, "name", "trunk"},
	{sectionLists, "name", "list"},
	{sectionServices, "name", "service"},
	{sectionWebhooks, "name", "webhook"},
	{sectionForks, "name", "engine of forks"},
	{sectionSpeech, "name", "speech service"},
	{sectionSiprec, "name", "recorder"},
	{sectionStudio, "number", "prompt number"},
	{sectionSurveys, "name", "survey"},
}

func newBuilder(o SiteOptions) *builder {
	return &builder{
		mailboxes: map[string]pos{},
		reader:    newReader(o.Getenv), o: o, site: &Site{PromptUses: map[string][]string{}},
		sections: map[section][]*value{}, once: map[string]*value{},
		declared: map[section]map[string]pos{}, prompts: map[string]bool{},
	}
}

// shownAs is a file's name as the user knows it.
func (b *builder) shownAs(name string) string { return path.Join(b.o.Shown, name) }

// readDocuments reads a folder's documents: its YAML files, or those that are
// about to take their place.
func readDocuments(fsys fs.FS, dir string) ([]Document, error) {
	names, err := listed(fsys, dir)
	next := names != nil
	if err == nil && !next {
		names, err = documentNames(fsys, dir)
	}
	if err != nil {
		return nil, err
	}
	docs := make([]Document, 0, len(names))
	for _, name := range names {
		content, err := readDocument(fsys, dir, name, next)
		if err != nil {
			return nil, err
		}
		docs = append(docs, Document{name, string(content)})
	}
	return docs, nil
}

// read parses documents and sorts their entries into sections.
func (b *builder) read(docs []Document) {
	var all []*value
	for _, d := range docs {
		parsed, problems := parse(b.shownAs(d.Name), []byte(d.Text))
		b.problems = append(b.problems, problems...)
		b.torn = b.torn || len(parsed) == 0 && len(problems) > 0
		all = append(all, parsed...)
		text, _ := (&tree{}).plain([]byte(d.Text))
		b.site.sources = append(b.site.sources, source{Document{d.Name, text}, b.shownAs(d.Name), parsed})
	}
	for _, doc := range all {
		b.take(doc)
	}
	b.site.secrets = b.secrets
	b.site.Hash = hashOf(all)
}

// take sorts one document's top-level keys into sections.
func (b *builder) take(doc *value) {
	f := b.fields(doc, "the site")
	for _, s := range []section{
		sectionCalendars, sectionFlows, sectionGroups, sectionTeams, sectionPhones, sectionAgents,
		sectionOnCall, sectionQueues, sectionPlans, sectionTrunks, sectionNumbers, sectionCallers,
		sectionLists, sectionServices, sectionWebhooks, sectionForks, sectionSpeech, sectionSiprec, sectionStudio, sectionSurveys,
	} {
		b.sections[s] = append(b.sections[s], f.list(string(s))...)
	}
	for _, key := range []string{"zone", "tones", "physical_seats", "repeat_window", "defaults", "proxy", "try", "dialling"} {
		v := f.get(key)
		if first := b.once[key]; v != nil && first != nil {
			b.wrong(v.at, key+" is there twice", fmt.Sprintf("the first is in %s:%d", first.at.File, first.at.Line))
		} else if v != nil {
			b.once[key] = v
		}
	}
	f.close()
}

// onceFields puts the keys that stand once in a site into one mapping to read from.
func (b *builder) onceFields() *fields {
	return &fields{r: b.reader, what: "the site", got: b.once}
}

// findPrompts lists the site's own prompts; where there are none the shipped ones speak.
func (b *builder) findPrompts(fsys fs.FS, dir string) error {
	for name := range b.o.Prompts {
		b.prompts[name] = true
	}
	if b.o.Prompts == nil {
		b.prompts["beep"] = true // a voicemail plays it without being told to
	}
	for _, language := range []string{"zh", "en", "any"} {
		folder := path.Join(dir, "prompts", language)
		entries, err := fs.ReadDir(fsys, folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("site folder: %w", err)
		}
		for _, e := range entries {
			name, ok := prompts.NameOf(e.Name())
			if !ok || e.IsDir() {
				continue
			}
			b.prompts[name] = true
			p := PromptFile{Name: name, Language: language, Path: path.Join("prompts", language, e.Name())}
			if p.Sum, err = sumOf(fsys, path.Join(dir, p.Path)); err != nil {
				return fmt.Errorf("site folder: %w", err)
			}
			b.site.Prompts = append(b.site.Prompts, p)
		}
	}
	b.site.Hash = withPrompts(b.site.Hash, b.site.Prompts)
	return nil
}

// sumOf is the SHA-256 of a file.
func sumOf(fsys fs.FS, name string) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// build reads the sections in an order in which each may look up what it builds on.
func (b *builder) build(fsys fs.FS, dir string) {
	b.declare()
	once := b.onceFields()
	b.site.Zone = b.zone(once.word("zone"), "Asia/Shanghai")
	b.site.Tones = b.tones(once.word("tones"))
	b.site.PhysicalSeats = once.integer("physical_seats", 0, 0, 1_000_000)
	b.site.RepeatWindow = once.duration("repeat_window", 24*time.Hour, time.Minute)
	if most := 7 * 24 * time.Hour; b.site.RepeatWindow > most {
		b.wrong(b.once["repeat_window"].at, "repeat_window is too long", "at most 168h")
	}
	b.readCalendars()
	b.readDialling()
	b.readGroups()
	b.readTeams()
	b.readPhones()
	b.readAgents()
	b.readProxy()
	b.readForks()
	b.readSpeechServices()
	b.readSiprec()
	b.readTrunks()
	b.readQueues()
	b.dialRules()
	b.readNumbers()
	b.readTry(once.get("try"))
	b.readCallers(fsys, dir)
	b.readPlans()
	b.readOnCall()
	b.linkPages()
	b.readLists(fsys, dir)
	b.readServices()
	b.readHooks()
	b.readStudio()
	b.readFlows()
	b.readSurveys()
	b.hints()
	sort.Strings(b.site.NotYet)
	b.site.NotYet = slices.Compact(b.site.NotYet)
}

// declare gathers the names of everything and reports those that are there twice.
func (b *builder) declare() {
	for _, n := range named {
		names := map[string]pos{}
		b.declared[n.section] = names
		for _, v := range b.sections[n.section] {
			name := v.scalarAt(n.key)
			if name == nil {
				continue // the section's reader says so
			}
			if first, twice := names[name.text]; twice {
				b.wrong(name.at, fmt.Sprintf("%s %s is there twice", n.one, shown(name.text)), "the first is in "+place(first))
				continue
			}
			names[name.text] = name.at
		}
	}
	// An agent with a password is a SIP account like a phone: one name space.
	for ext, at := range b.declared[sectionPhones] {
		if agent, clash := b.declared[sectionAgents][ext]; clash {
			b.wrong(at, fmt.Sprintf("phone %s has the number of an agent", shown(ext)), "a number of its own; the agent is in "+place(agent))
		}
	}
}

// scalarAt gives the scalar under a key of a mapping, or nil.
func (v *value) scalarAt(key string) *value {
	for _, p := range v.pairs {
		if p.key.text == key && p.value.kind == kindScalar {
			return p.value
		}
	}
	return nil
}

func place(p pos) string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// ref checks that a name is declared and gives it.
func (b *builder) ref(s section, w word) string {
	if w.Value == "" {
		return ""
	}
	if _, ok := b.declared[s][w.Value]; !ok {
		if b.torn {
			return ""
		}
		b.wrong(w.Pos, fmt.Sprintf("%s %q is not declared", oneOfSection(s), clip(w.Value)), instead(w.Value, b.names(s)))
		return ""
	}
	return w.Value
}

func (b *builder) refs(s section, words []word) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range words {
		name := b.ref(s, w)
		if name != "" && seen[name] {
			b.wrong(w.Pos, fmt.Sprintf("%s %q is there twice", oneOfSection(s), name), "each once")
		} else if name != "" {
			out = append(out, name)
		}
		seen[name] = true
	}
	return out
}

func (b *builder) names(s section) []string {
	out := make([]string, 0, len(b.declared[s]))
	for name := range b.declared[s] {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

func oneOfSection(s section) string {
	for _, n := range named {
		if n.section == s {
			return n.one
		}
	}
	return string(s)
}

// tones checks the country whose tones are heard.
func (b *builder) tones(w word) string {
	switch {
	case w.Value == "":
		return prompts.DefaultCountry
	case !slices.Contains(prompts.Countries(), w.Value):
		b.wrong(w.Pos, fmt.Sprintf("the tones of country %q are not known", clip(w.Value)), instead(w.Value, prompts.Countries()))
	}
	return w.Value
}

// prompt checks that a prompt can be played.
func (b *builder) prompt(w word) string {
	if w.Value == "" {
		return ""
	}
	b.uses(w)
	if b.o.Prompts == nil {
		b.prompts[w.Value] = true
		return w.Value
	}
	if !b.prompts[w.Value] {
		all := make([]string, 0, len(b.prompts))
		for name := range b.prompts {
			all = append(all, name)
		}
		right := fmt.Sprintf("ship prompts/zh/%s.wav with the site", clip(w.Value))
		if near := nearest(w.Value, all); near != "" {
			right = fmt.Sprintf("did you mean %q? Else %s", near, right)
		}
		b.wrong(w.Pos, fmt.Sprintf("prompt %q is not there", clip(w.Value)), right)
	}
	return w.Value
}

// uses notes where the site names a prompt.
func (b *builder) uses(w word) {
	if w.Value != "" {
		b.site.PromptUses[w.Value] = append(b.site.PromptUses[w.Value], fmt.Sprintf("%s:%d", path.Base(w.Pos.File), w.Pos.Line))
	}
}

// zone finds a time zone by its IANA name.
func (b *builder) zone(w word, def string) *time.Location {
	name := w.Value
	if name == "" {
		name = def
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		if w.Value == "" {
			return time.UTC // no zone data on this machine; said by whoever asks for one
		}
		b.wrong(w.Pos, fmt.Sprintf("zone %q is unknown", clip(name)), "an IANA name, as Asia/Shanghai")
		return time.UTC
	}
	return loc
}

func (b *builder) notYet(format string, args ...any) {
	b.site.NotYet = append(b.site.NotYet, fmt.Sprintf(format, args...))
}

// seatIDs turns agent numbers into seat ids.
func seatIDs(names []string) []call.SeatID {
	out := make([]call.SeatID, len(names))
	for i, n := range names {
		out[i] = call.SeatID(n)
	}
	return out
}

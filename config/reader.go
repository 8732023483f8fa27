package config

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"hotline/ivr"
)

// reader collects what is wrong while values are read. Its methods give the
// zero value or the default for what can't be read, so that one mistake never hides another.
type reader struct {
	problems Problems
	getenv   func(string) (string, bool)
	secrets  map[pos]bool // that stand in the documents themselves
	spare    [][]string   // lists of keys asked for, of mappings that are closed
}

func newReader(getenv func(string) (string, bool)) *reader {
	if getenv == nil {
		getenv = os.LookupEnv
	}
	return &reader{getenv: getenv, secrets: map[pos]bool{}}
}

func (r *reader) wrong(at pos, wrong, right string) {
	r.problems = append(r.problems, Problem{at.File, at.Line, at.Column, wrong, right})
}

// err is the reader's answer: nil, or every mistake in order.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return r.problems.tidy()
}

func posBefore(a, b pos) bool {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) < 0
}

// word is a text of a file and where it stands.
type word = ivr.At[string]

// fields reads the keys of one mapping. Keys nobody asked for by the time of
// close are mistakes, so the readers themselves are the list of what is allowed.
type fields struct {
	r     *reader
	what  string // "a queue"
	at    pos
	kind  kind
	got   map[string]*value
	order []pair
	asked []string
	// fit leaves of the keys asked for those that fit what the mapping is, before a mistake names them; nil: all do.
	fit func(*fields)
}

// fields opens a mapping; what names it in messages, with its article.
func (r *reader) fields(v *value, what string) *fields {
	f := &fields{r: r, what: what, at: v.at, kind: v.kind, got: make(map[string]*value, len(v.pairs))}
	if v.kind != kindMap {
		r.wrong(v.at, fmt.Sprintf("%s is %s", what, kinds[v.kind]), "a mapping of keys to values")
		return f
	}
	if n := len(r.spare); n > 0 {
		f.asked, r.spare = r.spare[n-1], r.spare[:n-1]
	}
	f.order = v.pairs
	for _, p := range v.pairs {
		f.got[p.key.text] = p.value
	}
	return f
}

// close reports the keys nobody has asked for.
func (f *fields) close() {
	for _, p := range f.order {
		key := p.key.text
		if key == "" || contains(f.asked, key) {
			continue
		}
		if f.fit != nil {
			f.fit(f)
			f.fit = nil
		}
		f.r.wrong(p.key.at, fmt.Sprintf("%s has no key %s", f.what, shown(key)), anotherKey(key, f.asked))
	}
	f.r.spare, f.asked = append(f.r.spare, f.asked[:0]), nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// get gives a key's value, or nil when it is absent or empty.
func (f *fields) get(key string) *value {
	f.asked = append(f.asked, key)
	v := f.got[key]
	if v == nil {
		return nil
	}
	if v.kind == kindEmpty {
		f.r.wrong(v.at, fmt.Sprintf("%s has no value", key), "a value, or no such key")
		return nil
	}
	return v
}

// must is get for a key that has to be there.
func (f *fields) must(key string) *value {
	v := f.get(key)
	if v == nil && f.got[key] == nil && f.kind == kindMap {
		f.r.wrong(f.at, fmt.Sprintf("%s has no %s", f.what, key), "the key is needed")
	}
	return v
}

// scalar gives a value's text; of is the key, for messages.
func (r *reader) scalar(v *value, of string) (string, bool) {
	if v == nil {
		return "", false
	}
	if v.kind != kindScalar {
		r.wrong(v.at, fmt.Sprintf("%s is %s", of, kinds[v.kind]), "a single value")
		return "", false
	}
	return v.text, true
}

// text gives an optional text, else def.
func (f *fields) text(key, def string) string {
	if s, ok := f.r.scalar(f.get(key), key); ok {
		return s
	}
	return def
}

// word gives an optional text with its place.
func (f *fields) word(key string) word { return f.r.word(f.get(key), key) }

// mustWord gives a text that has to be there, with its place.
func (f *fields) mustWord(key string) word { return f.r.word(f.must(key), key) }

func (r *reader) word(v *value, of string) word {
	s, ok := r.scalar(v, of)
	if !ok {
		return word{}
	}
	if strings.TrimSpace(s) == "" {
		r.wrong(v.at, of+" is empty", "a name")
		return word{}
	}
	return word{Value: s, Pos: v.at}
}

// name gives the mapping's name, which has to be there and may only have the characters of one.
func (f *fields) name() word {
	w := f.mustWord("name")
	if w.Value != "" && !isName(w.Value) {
		f.r.wrong(w.Pos, fmt.Sprintf("name %q is no name", clip(w.Value)), "letters, digits, _ - and . only, at most 64")
		return word{}
	}
	return w
}

// words gives a list of texts; one alone need not be in a list.
func (f *fields) words(key string) []word { return f.r.words(f.get(key), key) }

func (r *reader) words(v *value, of string) []word {
	var out []word
	for _, item := range v.entries() {
		if w := r.item(item, of); w.Value != "" {
			out = append(out, w)
		}
	}
	return out
}

// entries are those of a list; what is no list is one entry, what is not there none.
func (v *value) entries() []*value {
	switch {
	case v == nil:
		return nil
	case v.kind == kindList:
		return v.list
	default:
		return []*value{v}
	}
}

// item reads one entry of a list of texts.
func (r *reader) item(v *value, of string) word {
	if v.kind == kindEmpty {
		r.wrong(v.at, "an entry of "+of+" is empty", "a value")
		return word{}
	}
	return r.word(v, of)
}

// list gives the entries of a list of mappings.
func (f *fields) list(key string) []*value { return f.r.entries(f.get(key), key) }

func (r *reader) entries(v *value, of string) []*value {
	switch {
	case v == nil:
		return nil
	case v.kind != kindList:
		r.wrong(v.at, fmt.Sprintf("%s is %s", of, kinds[v.kind]), "a list")
		return nil
	default:
		return v.list
	}
}

// integer gives a whole number within limits, else def.
func (f *fields) integer(key string, def, low, high int) int {
	v := f.get(key)
	if v == nil {
		return def
	}
	n, ok := f.r.number(v, key, low, high)
	if !ok {
		return def
	}
	return n
}

func (r *reader) number(v *value, of string, low, high int) (int, bool) {
	s, ok := r.scalar(v, of)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	if err != nil || v.quoted {
		r.wrong(v.at, fmt.Sprintf("%s %q is no number", of, clip(s)), fmt.Sprintf("a whole number from %d to %d, without quotes", low, high))
		return 0, false
	}
	if n < low || n > high {
		r.wrong(v.at, fmt.Sprintf("%s is %d", of, n), fmt.Sprintf("from %d to %d", low, high))
		return 0, false
	}
	return n, true
}

// boolean gives a truth value, else def.
func (f *fields) boolean(key string, def bool) bool {
	v := f.get(key)
	s, ok := f.r.scalar(v, key)
	switch {
	case !ok:
		return def
	case s == "true" && !v.quoted:
		return true
	case s == "false" && !v.quoted:
		return false
	}
	f.r.wrong(v.at, fmt.Sprintf("%s is %q", key, clip(s)), "true or false")
	return def
}

// duration gives a length of time of at least low, else def.
func (f *fields) duration(key string, def, low time.Duration) time.Duration {
	v := f.get(key)
	if v == nil {
		return def
	}
	d, ok := f.r.duration(v, key, low)
	if !ok {
		return def
	}
	return d
}

// maxDuration is the longest time a site may say: a year.
const maxDuration = 366 * 24 * time.Hour

func (r *reader) duration(v *value, of string, low time.Duration) (time.Duration, bool) {
	s, ok := r.scalar(v, of)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		r.wrong(v.at, fmt.Sprintf("%s %q is no duration", of, clip(s)), "a number with its unit, as 90s, 5m or 24h")
	case d < low:
		r.wrong(v.at, fmt.Sprintf("%s is %s", of, s), fmt.Sprintf("at least %s", short(low)))
	case d > maxDuration:
		r.wrong(v.at, fmt.Sprintf("%s is %s", of, s), "at most a year")
	default:
		return d, true
	}
	return 0, false
}

// size gives a number of bytes of at least low, else def.
func (f *fields) size(key string, def, low int64) int64 {
	v := f.get(key)
	s, ok := f.r.scalar(v, key)
	if !ok {
		return def
	}
	n, ok := parseSize(s)
	switch {
	case !ok:
		f.r.wrong(v.at, fmt.Sprintf("%s %q is no size", key, clip(s)), "a whole number with its unit, as 500KiB, 10MiB or 1GiB")
	case n < low:
		f.r.wrong(v.at, fmt.Sprintf("%s is %s", key, s), fmt.Sprintf("at least %dMiB", low>>20))
	default:
		return n
	}
	return def
}

// parseSize reads 500KiB, 10MiB, 1GiB or 2TiB.
func parseSize(s string) (int64, bool) {
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if digits, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseUint(digits, 10, 20)
			return int64(n) << (10 * (i + 1)), err == nil
		}
	}
	return 0, false
}

// short writes a duration without the zeros of its String: 5m, not 5m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// oneOf gives the value of a name from a fixed list, else def.
func oneOf[E ~uint8](f *fields, key string, names []string, def E) E {
	w := f.word(key)
	if w.Value == "" {
		return def
	}
	return nameOf(f.r, w, key, names, def)
}

func nameOf[E ~uint8](r *reader, w word, of string, names []string, def E) E {
	for i, n := range names {
		if n == w.Value {
			return E(i)
		}
	}
	r.wrong(w.Pos, fmt.Sprintf("%s %q is unknown", of, clip(w.Value)), instead(w.Value, names))
	return def
}

// clip keeps a message one short line, whatever the file says.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

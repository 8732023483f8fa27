package config

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// quick reads YAML as sites are mostly written: mappings, lists, texts plain or in quotes of one line, {…} and […], comments.
// Whatever else it meets, a mistake included, it gives up, and the whole file is read by goccy/go-yaml, which is thirty times
// slower; so it need not know what is wrong, and must be sure of what is right (decision 0704). A test holds the two against each other.
type quick struct {
	file string
	s    string
	i    int // where it reads
	line int
	bol  int // where the line begins
	// column counts from a place in the line that is known.
	knownAt, knownColumn int

	within int // the indentation of the block a […] or {…} stands in
	depth  int // of those
	slab   []value
	pairs  []pair // of the mappings under way
	kept   []pair // room for those of finished ones
}

// givenUp is thrown where it does not go on.
type givenUp struct{}

// quickly reads a file's documents; ok is false where it has given up.
func quickly(file, text string) (docs []*value, ok bool) {
	defer func() {
		switch r := recover(); r.(type) {
		case nil:
		case givenUp:
			docs, ok = nil, false
		default:
			panic(r)
		}
	}()
	q := &quick{file: file, s: text, line: 1, knownColumn: 1}
	q.sure(!strings.ContainsFunc(text, unusual))
	for q.content() {
		if q.marker() {
			q.i += 3
			q.endOfLine()
			q.sure(q.content() && !q.marker()) // else it is an empty document
		} else {
			q.sure(len(docs) == 0)
		}
		q.sure(q.i == q.bol)
		docs = append(docs, q.block())
	}
	return docs, true
}

// unusual tells what counts as a space or the end of a line to some readers and not to others.
func unusual(r rune) bool {
	return r != ' ' && r != '\n' && (unicode.IsSpace(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' || unicode.IsControl(r))
}

func (q *quick) sure(ok bool) {
	if !ok {
		panic(givenUp{})
	}
}

// peek is the byte that comes so far from here; the end of the file is like that of a line.
func (q *quick) peek(far int) byte {
	if q.i+far < len(q.s) {
		return q.s[q.i+far]
	}
	return '\n'
}

func (q *quick) here() pos {
	q.knownColumn += utf8.RuneCountInString(q.s[q.knownAt:q.i])
	q.knownAt = q.i
	return pos{File: q.file, Line: q.line, Column: q.knownColumn}
}

func (q *quick) indent() int { return q.i - q.bol }

// marker reports whether a document begins here.
func (q *quick) marker() bool {
	return q.i == q.bol && strings.HasPrefix(q.s[q.i:], "---") && (q.peek(3) == ' ' || q.peek(3) == '\n')
}

// newLine goes over the end of a line.
func (q *quick) newLine() {
	q.i++
	q.line, q.bol, q.knownAt, q.knownColumn = q.line+1, q.i, q.i, 1
}

func (q *quick) spaces() {
	for q.i < len(q.s) && q.s[q.i] == ' ' {
		q.i++
	}
}

// comment goes over what is left of a line behind a #.
func (q *quick) comment() {
	if end := strings.IndexByte(q.s[q.i:], '\n'); end >= 0 {
		q.i += end
	} else {
		q.i = len(q.s)
	}
}

// content goes on to the next line with something in it, and reports whether there is one.
func (q *quick) content() bool {
	for q.i < len(q.s) {
		q.spaces()
		switch {
		case q.i == len(q.s):
			return false
		case q.s[q.i] == '#':
			q.comment()
		case q.s[q.i] == '\n':
			q.newLine()
		default:
			return true
		}
	}
	return false
}

// endOfLine wants nothing more in this line than a comment, which a space precedes.
func (q *quick) endOfLine() {
	before := q.i
	q.spaces()
	if q.peek(0) == '#' && q.i > before && q.i < len(q.s) {
		q.comment()
	}
	q.sure(q.peek(0) == '\n')
}

func (q *quick) value(k kind, at pos) *value {
	if len(q.slab) == 0 {
		q.slab = make([]value, 512)
	}
	v := &q.slab[0]
	q.slab = q.slab[1:]
	*v = value{kind: k, at: at}
	return v
}

// block reads a mapping or a list at the first place of its line, or behind a dash.
func (q *quick) block() *value {
	if q.dash() {
		return q.entries()
	}
	return q.mapping()
}

func (q *quick) dash() bool {
	return q.peek(0) == '-' && q.i < len(q.s) && (q.peek(1) == ' ' || q.peek(1) == '\n')
}

// goesOn reports whether the next line with something in it belongs to a block of this indentation; one further in does not fit.
func (q *quick) goesOn(indent int) bool {
	if !q.content() || q.marker() {
		return false
	}
	q.sure(q.indent() <= indent)
	return q.indent() == indent
}

func (q *quick) mapping() *value {
	indent, v, first := q.indent(), (*value)(nil), len(q.pairs)
	for {
		q.sure(!q.dash())
		key := q.scalar(false)
		q.sure(q.indent() < maxBlockColumn && key.kind == kindScalar && q.peek(0) == ':' && (q.peek(1) == ' ' || q.peek(1) == '\n'))
		q.i++
		if v == nil {
			v = q.value(kindMap, key.at)
		}
		q.pair(first, key, q.under(key, indent))
		if !q.goesOn(indent) {
			v.pairs = q.keep(first)
			return v
		}
	}
}

// pair adds a pair to those of a mapping, which begin at first, if its key is new.
func (q *quick) pair(first int, key, val *value) {
	for i := first; i < len(q.pairs); i++ {
		q.sure(q.pairs[i].key.text != key.text)
	}
	q.sure(len(q.pairs)-first < mostQuickPairs && key.text != "<<")
	q.pairs = append(q.pairs, pair{key, val})
}

// keep gives a finished mapping its pairs.
func (q *quick) keep(first int) []pair {
	n := len(q.pairs) - first
	if n == 0 {
		return nil
	}
	if len(q.kept) < n {
		q.kept = make([]pair, max(n, 512))
	}
	kept := q.kept[:n:n]
	q.kept = q.kept[n:]
	copy(kept, q.pairs[first:])
	q.pairs = q.pairs[:first]
	return kept
}

// mostQuickPairs bounds how long keys are looked for one by one.
const mostQuickPairs = 256

// under reads what stands behind a key's colon: in its line, or further in below it; a list may stand right below the key.
func (q *quick) under(key *value, indent int) *value {
	before := q.i
	if q.spaces(); q.peek(0) != '\n' && q.i < len(q.s) && q.s[q.i] != '#' {
		q.sure(q.i > before)
		v := q.inline(indent)
		q.endOfLine()
		if v.kind == kindEmpty {
			v.at = key.at
		}
		return v
	}
	q.i = before
	q.endOfLine()
	at := *q
	switch {
	case !q.content() || q.marker() || q.indent() < indent:
	case q.indent() > indent, q.dash():
		return q.block()
	}
	q.i, q.line, q.bol, q.knownAt, q.knownColumn = at.i, at.line, at.bol, at.knownAt, at.knownColumn
	return q.value(kindEmpty, key.at)
}

func (q *quick) entries() *value {
	indent, v := q.indent(), q.value(kindList, q.here())
	for {
		q.sure(indent < maxBlockColumn && q.dash())
		q.i++
		q.spaces()
		q.sure(q.peek(0) != '\n' && q.s[q.i] != '#' && !q.dash())
		v.list = append(v.list, q.entry(indent))
		if !q.goesOn(indent) {
			return v
		}
		if !q.dash() {
			return v // a list right below its key is over with the next key
		}
	}
}

// entry reads what stands behind a dash: a mapping whose first key stands there, else a value of one line.
func (q *quick) entry(indent int) *value {
	at := *q
	if c := q.s[q.i]; c != '{' && c != '[' {
		q.scalar(false)
		key := q.peek(0) == ':' && q.i < len(q.s)
		*q = at // nothing has been kept since but one value, which is written anew
		if key {
			return q.mapping()
		}
	}
	v := q.inline(indent)
	q.sure(v.kind != kindEmpty)
	q.endOfLine()
	return v
}

// inline reads a value that begins in this line.
func (q *quick) inline(indent int) *value {
	switch q.s[q.i] {
	case '{', '[':
		q.within = indent
		return q.flow()
	default:
		v := q.scalar(false)
		q.sure(q.peek(0) != ':' || q.i == len(q.s))
		return v
	}
}

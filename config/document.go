package config

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Document is one YAML file of a site.
type Document struct {
	Name string // within the site folder
	Text string
}

// source is a document as it was read, and what was found in it.
type source struct {
	Document
	shown string // the file as problems name it
	docs  []*value
}

// stretch is where a scalar stands in its document's text, and what stands there.
type stretch struct {
	from, to int // bytes
	text     string
}

// Documents are the site's files as they were loaded, without what must not be
// shown: passwords that stand in them are a mask, and so are, unless numbers are to be seen,
// numbers and names of callers. Unmask takes them back.
func (s *Site) Documents(numbers bool) []Document {
	out := make([]Document, 0, len(s.sources))
	entry := 0
	for i := range s.sources {
		src := &s.sources[i]
		masks := map[pos]string{}
		for at := range s.secrets {
			if at.File == src.shown {
				masks[at] = mask
			}
		}
		src.eachCaller(func(v *value) {
			entry++
			if numbers {
				return
			}
			for _, p := range v.pairs {
				if p.value.kind == kindScalar && (p.key.text == "number" || p.key.text == "name") {
					masks[p.value.at] = fmt.Sprintf("%s-%d", mask, entry)
				}
			}
		})
		out = append(out, Document{src.Name, src.masked(masks)})
	}
	return out
}

// eachCaller visits the entries of a document's callers.
func (src *source) eachCaller(visit func(*value)) {
	for _, doc := range src.docs {
		for _, p := range doc.pairs {
			if p.key.text == string(sectionCallers) {
				for _, v := range p.value.list {
					visit(v)
				}
			}
		}
	}
}

// masked is the text with scalars replaced. When they can't be found again in
// what that gives, the document is written anew from its values: without comments, but never with a secret.
func (src *source) masked(masks map[pos]string) string {
	if len(masks) == 0 {
		return src.Text
	}
	var edits []stretch
	whole := true
	for at, with := range masks {
		p, ok := src.find(at)
		p.text = strconv.Quote(with)
		whole = whole && ok
		edits = append(edits, p)
	}
	if whole {
		text := edited(src.Text, edits)
		if docs, problems := parse(src.shown, []byte(text)); len(problems) == 0 && sameBut(src.docs, docs, masks) {
			return text
		}
	}
	return rendered(src.docs, masks)
}

// edited replaces places of a text.
func edited(text string, edits []stretch) string {
	sort.Slice(edits, func(i, j int) bool { return edits[i].from > edits[j].from })
	for _, e := range edits {
		text = text[:e.from] + e.text + text[e.to:]
	}
	return text
}

// find finds the scalar that stands at a place of the document.
func (src *source) find(at pos) (stretch, bool) {
	var found *value
	for _, doc := range src.docs {
		doc.each("", func(v *value, _ string) {
			if v.at == at && v.kind == kindScalar {
				found = v
			}
		})
	}
	if found == nil {
		return stretch{}, false
	}
	return src.placeOf(found)
}

// placeOf finds a scalar of one line in the text.
func (src *source) placeOf(v *value) (stretch, bool) {
	from := offsetOf(src.Text, v.at)
	n := scalarLength(src.Text[from:], v)
	return stretch{from: from, to: from + n, text: src.Text[from : from+n]}, n > 0
}

// offsetOf is the byte at which a line and column stand.
func offsetOf(text string, at pos) int {
	offset := 0
	for line := 1; line < at.Line; line++ {
		n := strings.IndexByte(text[offset:], '\n')
		if n < 0 {
			return len(text)
		}
		offset += n + 1
	}
	column := 1
	for i := range text[offset:] {
		if column == at.Column {
			return offset + i
		}
		column++
	}
	return len(text)
}

// scalarLength is how many bytes a scalar takes, quotes included; 0: it is none of one line.
func scalarLength(text string, v *value) int {
	line, _, _ := strings.Cut(text, "\n")
	switch {
	case strings.HasPrefix(line, `"`):
		for i := 1; i < len(line); i++ {
			switch line[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
	case strings.HasPrefix(line, "'"):
		for i := 1; i < len(line); i++ {
			if line[i] != '\'' {
				continue
			}
			if i+1 == len(line) || line[i+1] != '\'' {
				return i + 1
			}
			i++
		}
	case !v.quoted && v.text != "" && strings.HasPrefix(line, v.text):
		return len(v.text)
	}
	return 0
}

// each visits every value below, with its way from the top. Entries of lists
// are named by what names them, else by their number.
func (v *value) each(path string, visit func(v *value, path string)) {
	visit(v, path)
	for i, item := range v.list {
		item.each(path+"["+entryName(item, i)+"]", visit)
	}
	for _, p := range v.pairs {
		p.value.each(path+"/"+p.key.text, visit)
	}
}

func entryName(v *value, i int) string {
	for _, key := range []string{"id", "ext", "name", "number"} {
		for _, p := range v.pairs {
			if p.key.text == key && p.value.kind == kindScalar {
				return key + "=" + p.value.text
			}
		}
	}
	return strconv.Itoa(i)
}

// sameBut reports whether documents say the same, but for the masks. Places
// move with the text, hence they are compared in order.
func sameBut(a, b []*value, masks map[pos]string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].sameBut(b[i], masks) {
			return false
		}
	}
	return true
}

func (v *value) sameBut(o *value, masks map[pos]string) bool {
	if with, ok := masks[v.at]; ok && v.kind == kindScalar {
		return o.kind == kindScalar && o.text == with
	}
	if v.kind != o.kind || v.text != o.text || len(v.pairs) != len(o.pairs) || !sameBut(v.list, o.list, masks) {
		return false
	}
	for i, p := range v.pairs {
		if p.key.text != o.pairs[i].key.text || !p.value.sameBut(o.pairs[i].value, masks) {
			return false
		}
	}
	return true
}

// rendered writes documents anew.
func rendered(docs []*value, masks map[pos]string) string {
	var b strings.Builder
	for i, doc := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		for _, p := range doc.pairs {
			b.WriteString(strconv.Quote(p.key.text) + ": ")
			p.value.render(&b, masks)
			b.WriteString("\n")
		}
	}
	return b.String()
}

// render writes a value in YAML's flow style.
func (v *value) render(b *strings.Builder, masks map[pos]string) {
	switch v.kind {
	case kindMap:
		b.WriteString("{")
		for i, p := range v.pairs {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(strconv.Quote(p.key.text) + ": ")
			p.value.render(b, masks)
		}
		b.WriteString("}")
	case kindList:
		b.WriteString("[")
		for i, item := range v.list {
			if i > 0 {
				b.WriteString(", ")
			}
			item.render(b, masks)
		}
		b.WriteString("]")
	case kindScalar:
		text := v.text
		with, hidden := masks[v.at]
		if hidden {
			text = with
		}
		if hidden || v.quoted || text == "" || strings.ContainsAny(text, "[]{},:#&*!|>'\"%@`\n\\") {
			text = strconv.Quote(text)
		}
		b.WriteString(text)
	case kindEmpty:
		b.WriteString("null")
	}
}

// Same reports whether documents are the site's, to the letter.
func (s *Site) Same(docs []Document) bool { return len(s.Changed(docs)) == 0 }

// Changed names the documents that are not as the site's, are new or are gone.
func (s *Site) Changed(docs []Document) []string {
	mine, names := map[string]string{}, []string{}
	for i := range s.sources {
		mine[s.sources[i].Name] = s.sources[i].Text
	}
	for _, d := range docs {
		text, _ := (&tree{}).plain([]byte(d.Text))
		if old, ok := mine[d.Name]; !ok || old != text {
			names = append(names, d.Name)
		}
		delete(mine, d.Name)
	}
	names = append(names, slices.Collect(maps.Keys(mine))...)
	slices.Sort(names)
	return names
}

// ChangedFrom is Changed, of the documents and prompts of another site.
func (s *Site) ChangedFrom(old *Site) []string {
	docs := make([]Document, 0, len(s.sources))
	for i := range s.sources {
		docs = append(docs, s.sources[i].Document)
	}
	return append(old.Changed(docs), s.promptsChanged(old)...)
}

// promptsChanged names the files of sounds that are not as in another site.
func (s *Site) promptsChanged(old *Site) (changed []string) {
	was := map[string]string{}
	for _, p := range old.Prompts {
		was[p.Path] = p.Sum
	}
	for _, p := range s.Prompts {
		if was[p.Path] != p.Sum {
			changed = append(changed, p.Path)
		}
		delete(was, p.Path)
	}
	return append(changed, slices.Sorted(maps.Keys(was))...)
}

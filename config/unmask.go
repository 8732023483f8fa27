package config

import (
	"path"
	"strconv"
	"strings"
)

// Unmask puts back what Documents masked: a password by the way that leads to
// it, a caller's number or name by the number in its mask. The site is the one the masks are of. A
// mask that stands for nothing is a mistake, told where it stands.
func (s *Site) Unmask(docs []Document, shown string) ([]Document, error) {
	kept := s.keptPlaces()
	var problems Problems
	out := make([]Document, 0, len(docs))
	for _, d := range docs {
		if !strings.Contains(d.Text, mask) {
			out = append(out, d)
			continue
		}
		src := newSource(d, path.Join(shown, d.Name))
		var edits []stretch
		for _, doc := range src.docs {
			doc.each("", func(v *value, way string) {
				if v.kind != kindScalar || !strings.HasPrefix(v.text, mask) {
					return
				}
				old, known := kept[wayOf(v.text, way)]
				p, found := src.placeOf(v)
				if !known || !found {
					problems = append(problems, Problem{
						v.at.File, v.at.Line, v.at.Column, "a mask stands here, and nothing it could stand for was here before", "write the value itself",
					})
					return
				}
				p.text = old
				edits = append(edits, p)
			})
		}
		out = append(out, Document{d.Name, edited(src.Text, edits)})
	}
	if len(problems) > 0 {
		return nil, problems.tidy()
	}
	return out, nil
}

// wayOf is where the value behind a mask was: where the mask is, or for a
// caller's, whose entry may have moved, by its number: callers[7]/name.
func wayOf(text, way string) string {
	number, ok := strings.CutPrefix(text, mask+"-")
	if !ok {
		return way
	}
	return string(sectionCallers) + "[" + number + "]" + way[strings.LastIndexByte(way, '/'):]
}

// keptPlaces are the texts behind all masks, as they stand in the documents, by their ways.
func (s *Site) keptPlaces() map[string]string {
	kept := map[string]string{}
	entry := 0
	for i := range s.sources {
		src := &s.sources[i]
		keep := func(way string, v *value) {
			if p, ok := src.placeOf(v); ok {
				kept[way] = p.text
			} else {
				kept[way] = strconv.Quote(v.text)
			}
		}
		for _, doc := range src.docs {
			doc.each("", func(v *value, way string) {
				if s.secrets[v.at] {
					keep(way, v)
				}
			})
		}
		src.eachCaller(func(v *value) {
			entry++
			for _, p := range v.pairs {
				if p.value.kind == kindScalar {
					keep(string(sectionCallers)+"["+strconv.Itoa(entry)+"]/"+p.key.text, p.value)
				}
			}
		})
	}
	return kept
}

// newSource parses a document; what is wrong with it is told when the site is loaded.
func newSource(d Document, shown string) *source {
	src := &source{Document: d, shown: shown}
	if text, ok := (&tree{file: shown}).plain([]byte(d.Text)); ok {
		src.Text = text
		src.docs, _ = parse(shown, []byte(text))
	}
	return src
}

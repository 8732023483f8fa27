package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"hotline/call"
	"hotline/ivr"
)

// readCallers reads who is known: each by himself, or many in a file that comes out of another system, as lists do.
func (b *builder) readCallers(fsys fs.FS, dir string) {
	seen := map[string]pos{}
	for _, v := range b.sections[sectionCallers] {
		f := b.fields(v, "a caller")
		if f.get("file") != nil {
			b.callersFile(fsys, dir, f, seen)
			continue
		}
		w := f.mustWord("number")
		c := call.Caller{Number: b.calledNumber(w, ""), Level: f.text("level", ""), Name: f.text("name", "")}
		c.Class = oneOf(f, "class", callerClasses, call.CallerNormal)
		if first, twice := seen[c.Number]; twice && c.Number != "" {
			b.wrong(w.Pos, fmt.Sprintf("caller %q is there twice", clip(w.Value)), "the first is in "+place(first))
		} else {
			seen[c.Number] = w.Pos
		}
		b.site.Callers = append(b.site.Callers, c)
		f.close()
	}
}

// callerColumns are those of a file of callers, beside the number.
var callerColumns = []string{"class", "level", "name"}

// callersFile reads {file: vip.csv, class: vip, area: "021"}: callers in a CSV file of the site folder, with the columns
// number and, in any order, class, level and name. The entry's class is that of lines without one.
func (b *builder) callersFile(fsys fs.FS, dir string, f *fields, seen map[string]pos) {
	file := f.word("file")
	class := oneOf(f, "class", callerClasses, call.CallerNormal)
	area := b.area(f.word("area"))
	f.close()
	check := func(l *ivr.List, row []string, wrong func(int, string, string)) {
		if i := 1 + slices.IndexFunc(l.Columns, func(c ivr.Column) bool { return c.Name == "class" }); i > 0 && i < len(row) {
			if word := strings.TrimSpace(row[i]); word != "" && !slices.Contains(callerClasses, word) {
				wrong(i, "the class is unknown", "one of "+strings.Join(callerClasses, ", ")) // the value may be a customer's name in the wrong column
			}
		}
		if first, twice := seen[call.NormalizeNumber(row[0], l.Area)]; twice {
			wrong(0, "the caller is there twice", "the first is in "+place(first))
		}
	}
	l := b.list(fsys, dir, file.Value, file, area, nil, check)
	for _, c := range l.list.Columns {
		if !slices.Contains(callerColumns, c.Name) {
			b.wrong(file.Pos, fmt.Sprintf("file %s has a column %s", clip(file.Value), clip(c.Name)), "number and any of "+strings.Join(callerColumns, ", ")+"; other data into a list")
		}
	}
	for _, number := range slices.Sorted(maps.Keys(l.list.Rows)) {
		seen[number] = file.Pos
		b.site.Callers = append(b.site.Callers, callerOf(l.list, number, class))
	}
	sum := sha256.Sum256(l.content) // other callers are another site
	whole := sha256.Sum256(append([]byte(b.site.Hash), sum[:]...))
	b.site.Hash = hex.EncodeToString(whole[:])
}

// callerOf makes a caller of a line.
func callerOf(l *ivr.List, number string, class call.CallerClass) call.Caller {
	c := call.Caller{Number: number, Class: class}
	for i, value := range l.Rows[number] {
		switch l.Columns[i].Name {
		case "class":
			if at := slices.Index(callerClasses, value); at >= 0 {
				c.Class = call.CallerClass(at)
			}
		case "level":
			c.Level = value
		case "name":
			c.Name = value
		}
	}
	return c
}

package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"hotline/call"
	"hotline/ivr"
)

// A caller list lies in a file of its own, lists/NAME.csv: people keep it in a spreadsheet, and
// numbers of customers are not for everybody who may see the site.

// The limits of a list.
const (
	mostLists     = 100
	mostRows      = 1_000_000
	mostColumns   = 32
	listBytes     = 64 << 20
	longestValue  = 256
	numberColumn  = "number"
	listsFolder   = "lists"
	listExtension = ".csv"
)

// The lists there are without being declared: the callers of a class.
var classLists = map[string]call.CallerClass{"vip": call.CallerVIP, "blocked": call.CallerBlocked}

func (b *builder) readLists(fsys fs.FS, dir string) {
	b.lists = map[string]*ivr.List{}
	for name, class := range classLists {
		l := &ivr.List{Name: name, Columns: []ivr.Column{{Name: "level"}, {Name: "name"}}, Rows: map[string][]string{}}
		for _, c := range b.site.Callers {
			if c.Class == class {
				l.Rows[c.Number] = []string{c.Level, c.Name}
			}
		}
		b.lists[name] = l
	}
	sum := sha256.New()
	for i, v := range b.sections[sectionLists] {
		f := b.fields(v, "a list")
		name := f.name()
		f.text("title", "")
		file := f.text("file", path.Join(listsFolder, name.Value+listExtension))
		area := b.area(f.word("area"))
		columns := b.columnTypes(f.get("columns"))
		f.close()
		if name.Value == "" {
			continue
		}
		if i == mostLists {
			b.wrong(v.at, "there are too many lists", fmt.Sprintf("at most %d", mostLists))
		}
		l := b.list(fsys, dir, file, name, area, columns, nil)
		if l.content != nil {
			_, _ = fmt.Fprintf(sum, "%d:%s%d:", len(file), file, len(l.content))
			sum.Write(l.content)
		}
		b.lists[name.Value] = l.list
	}
	if len(b.sections[sectionLists]) > 0 { // another list is another site
		sum.Write([]byte(b.site.Hash))
		b.site.Hash = hex.EncodeToString(sum.Sum(nil))
	}
}

// readList is a list and the file it was read from.
type readList struct {
	list    *ivr.List
	content []byte
}

// columnSaid is what a list says of one of its columns.
type columnSaid struct {
	ivr.Column
	at pos
}

// columnTypes reads {amount: number, due: date, pin: {secret: true}}; what is not named is text.
func (b *builder) columnTypes(v *value) (all []columnSaid) {
	for _, p := range b.pairs(v, "columns", "{amount: number, due: date}") {
		c := columnSaid{ivr.Column{Name: p.key.text}, p.key.at}
		if p.value.kind == kindMap {
			f := b.fields(p.value, "a column")
			c.Type = oneOf(f, "type", call.PickTypes(), call.PickText)
			c.Secret = f.boolean("secret", false)
			f.close()
		} else if w := b.word(p.value, "a column's type"); w.Value != "" {
			c.Type = nameOf(b.reader, w, "type", call.PickTypes(), call.PickText)
		}
		all = append(all, c)
	}
	return all
}

// declareColumns gives the columns of a list's file what the list says of them.
func (b *builder) declareColumns(l *ivr.List, said []columnSaid) {
	var names []string
	for _, c := range l.Columns {
		names = append(names, c.Name)
	}
	for _, c := range said {
		i := slices.Index(names, c.Name)
		switch {
		case i >= 0:
			l.Columns[i] = c.Column
		case c.Name == numberColumn:
			b.wrong(c.at, numberColumn+" is the telephone number that is looked up", "types of the columns beside it")
		default:
			b.wrong(c.at, fmt.Sprintf("the file of list %q has no column %q", clip(l.Name), clip(c.Name)), instead(c.Name, names))
		}
	}
}

// rowCheck looks at a line of a list before it is kept; wrong tells of a field, counted from 0.
type rowCheck func(l *ivr.List, row []string, wrong func(field int, wrong, right string))

// list reads one list's file; said is of its columns, and check may be nil.
func (b *builder) list(fsys fs.FS, dir, file string, name word, area string, said []columnSaid, check rowCheck) readList {
	out := readList{list: &ivr.List{Name: name.Value, Area: area}}
	if !fs.ValidPath(file) || fsys == nil {
		b.wrong(name.Pos, fmt.Sprintf("list %q has no file within the site folder", clip(name.Value)), "as "+path.Join(listsFolder, "debtors"+listExtension))
		return out
	}
	f, err := fsys.Open(path.Join(dir, file))
	if err != nil {
		right := "make the file; its first line names the columns, the first of which is " + numberColumn
		if !errors.Is(err, fs.ErrNotExist) {
			right = "a file that can be read"
		}
		b.wrong(name.Pos, fmt.Sprintf("the file %s of list %q can't be opened", clip(file), clip(name.Value)), right)
		return out
	}
	defer f.Close() //nolint:errcheck // read only
	content, err := io.ReadAll(io.LimitReader(f, listBytes+1))
	if err != nil || len(content) > listBytes {
		b.wrong(name.Pos, fmt.Sprintf("the file %s of list %q can't be read", clip(file), clip(name.Value)), "a file of at most 64MiB")
		return out
	}
	out.content = content
	b.rows(out.list, file, content, said, check)
	return out
}

// rows reads a list's lines. Mistakes name the line and never repeat what stands there.
func (b *builder) rows(l *ivr.List, file string, content []byte, said []columnSaid, check rowCheck) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))) // spreadsheets write a mark first
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	wrong := func(field int, wrong, right string) {
		line, column := r.FieldPos(field)
		b.wrong(pos{File: b.shownAs(file), Line: line, Column: column}, wrong, right)
	}
	zone := b.listZone()
	for n := 0; len(b.problems) < mostListProblems; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				b.wrong(pos{File: b.shownAs(file), Line: 1, Column: 1}, "the file is empty", columnRule)
			}
			return
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			b.wrong(pos{File: b.shownAs(file), Line: bad.Line, Column: max(bad.Column, 1)}, "the line is no CSV", `values with commas between, those with commas or quotes in "quotes"`)
			return
		}
		switch {
		case err != nil:
			return
		case n == 0:
			if !columns(l, row) {
				wrong(0, "the first line does not name the columns", columnRule)
				return
			}
			l.Rows = map[string][]string{}
			b.declareColumns(l, said)
		case n > mostRows:
			wrong(0, "the list is too long", fmt.Sprintf("at most %d numbers", mostRows))
			return
		default:
			if check != nil {
				check(l, row, wrong)
			}
			b.row(l, row, zone, wrong)
		}
	}
}

// columnRule is what a list's first line has to be.
const columnRule = "number first, then names of letters, digits and _, each once, as number,amount,due"

// mostListProblems is where reading a list full of mistakes is given up.
const mostListProblems = 200

// columns takes the first line.
func columns(l *ivr.List, row []string) bool {
	if len(row) == 0 || strings.TrimSpace(row[0]) != numberColumn || len(row) > mostColumns {
		return false
	}
	seen := map[string]bool{}
	for _, c := range row[1:] {
		c = strings.TrimSpace(c)
		if c == "" || seen[c] || strings.Trim(strings.ToLower(c), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
		seen[c] = true
		l.Columns = append(l.Columns, ivr.Column{Name: strings.Clone(c)})
	}
	return true
}

func (b *builder) row(l *ivr.List, row []string, zone *time.Location, wrong func(int, string, string)) {
	if len(row) > len(l.Columns)+1 {
		wrong(len(l.Columns)+1, fmt.Sprintf("the line has %d values", len(row)), fmt.Sprintf("at most %d, as the first line", len(l.Columns)+1))
		return
	}
	number := call.NormalizeNumber(row[0], l.Area)
	if len(number) > 64 || !isUnreserved(strings.ReplaceAll(number, "+", "")) {
		wrong(0, "what stands first is no number", "a telephone number, as 13800000001")
		return
	}
	if _, twice := l.Rows[number]; twice {
		wrong(0, "the number is in the list twice", "each once")
		return
	}
	var values []string
	for i, v := range row[1:] {
		c := l.Columns[i]
		if len(v) > longestValue {
			wrong(i+1, "the value is too long", fmt.Sprintf("at most %d bytes", longestValue))
		}
		kept, fits := ivr.ReadColumn(c.Type, strings.TrimSpace(v), zone)
		if !fits {
			is, right := ivr.ColumnMistake(c.Type)
			wrong(i+1, fmt.Sprintf("the value of column %s is %s", c.Name, is), right)
		}
		values = append(values, strings.Clone(kept))
	}
	l.Rows[strings.Clone(number)] = values
}

// listZone is that of days in lists: the one in which flows tell the time.
func (b *builder) listZone() *time.Location {
	for _, v := range b.sections[sectionCalendars] {
		if name := v.scalarAt("name"); name != nil && b.site.Calendars[name.text] != nil {
			return b.site.Calendars[name.text].Location()
		}
	}
	return b.site.Zone
}

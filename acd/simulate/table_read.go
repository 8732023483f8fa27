package simulate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// column is one that a file may have.
type column struct {
	name string
	also []string // other names, as exports have them
	must bool
}

// table reads a CSV file with a heading, field by field, and gathers every mistake in it.
type table struct {
	file    string
	zone    *time.Location
	csv     *csv.Reader
	lines   [][]byte // for columns in characters
	columns map[string]int
	record  []string
	row     int // line of the record
	bad     Problems
}

// byteOrderMark is what begins a file that Excel has saved as UTF-8.
const byteOrderMark = "\ufeff"

// open reads the heading. Without a readable one there is nothing more to find: false.
func open(file string, text []byte, zone *time.Location, columns, ignored []column) (*table, bool) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	t := &table{file: file, zone: zone, lines: bytes.Split(text, []byte("\n")), columns: map[string]int{}}
	t.csv = csv.NewReader(bytes.NewReader(text))
	t.csv.TrimLeadingSpace, t.csv.ReuseRecord, t.csv.Comment = true, true, '#'
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	if !t.next() {
		if len(t.bad) == 0 {
			t.bad = append(t.bad, Problem{file, 1, 1, "the file is empty", "begin with a heading: " + strings.Join(names, ",")})
		}
		return t, false
	}
	for i, name := range t.record {
		t.heading(i, strings.ToLower(strings.TrimSpace(name)), columns, ignored, names)
	}
	for _, c := range columns {
		if _, has := t.columns[c.name]; c.must && !has {
			t.wrong(0, "there is no column "+c.name, "the heading may name "+strings.Join(names, ", "))
		}
	}
	return t, len(t.bad) == 0
}

func (t *table) heading(i int, name string, columns, ignored []column, names []string) {
	fits := func(c column) bool { return c.name == name || slices.Contains(c.also, name) }
	at := slices.IndexFunc(columns, fits)
	switch {
	case at < 0 && slices.ContainsFunc(ignored, fits):
	case at < 0:
		t.wrong(i, fmt.Sprintf("column %q is unknown", name), "the heading may name "+strings.Join(names, ", "))
	case has(t.columns, columns[at].name):
		t.wrong(i, "column "+columns[at].name+" is there twice", "drop one")
	default:
		t.columns[columns[at].name] = i
	}
}

func has(m map[string]int, key string) bool {
	_, ok := m[key]
	return ok
}

// next reads a record; false at the end. A line that is no CSV is a mistake, and the next one is read.
func (t *table) next() bool {
	for len(t.bad) < maxProblems {
		record, err := t.csv.Read()
		var bad *csv.ParseError
		switch {
		case err == nil:
			t.record = record
			t.row, _ = t.csv.FieldPos(0)
			return true
		case errors.As(err, &bad):
			t.malformed(bad)
		default:
			return false // the end: text in memory has no other error
		}
	}
	return false
}

func (t *table) malformed(bad *csv.ParseError) {
	p := Problem{File: t.file, Line: bad.Line, Column: t.inCharacters(bad.Line, bad.Column)}
	switch {
	case errors.Is(bad.Err, csv.ErrFieldCount):
		p.Column = 1
		p.Wrong, p.Right = "the line has another number of fields than the heading", fmt.Sprintf("write %d, empty ones too", t.csv.FieldsPerRecord)
	case errors.Is(bad.Err, csv.ErrBareQuote):
		p.Wrong, p.Right = `a quote stands inside a field`, `put the whole field in quotes and double those in it: "a ""b"""`
	default:
		p.Wrong, p.Right = "a quoted field does not end as it should", `end it with a quote, and a comma or the end of the line after that`
	}
	t.bad = append(t.bad, p)
}

// inCharacters makes a column of one in bytes.
func (t *table) inCharacters(line, column int) int {
	if line < 1 || line > len(t.lines) || column < 1 {
		return 1
	}
	text := t.lines[line-1]
	return utf8.RuneCount(text[:min(column-1, len(text))]) + 1
}

// wrong notes a mistake at a field of the record.
func (t *table) wrong(field int, wrong, right string) {
	line, column := t.csv.FieldPos(min(field, len(t.record)-1))
	t.bad = append(t.bad, Problem{t.file, line, t.inCharacters(line, column), wrong, right})
}

// field gives the text of a column, empty where there is none.
func (t *table) field(name string) string {
	if i, there := t.columns[name]; there {
		return strings.TrimSpace(t.record[i])
	}
	return ""
}

// reject notes a mistake at a column.
func (t *table) reject(name, wrong, right string) { t.wrong(t.columns[name], wrong, right) }

// err is every mistake found, nil if none.
func (t *table) err() error {
	if len(t.bad) == 0 {
		return nil
	}
	slices.SortStableFunc(t.bad, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return t.bad
}

package ivr

import (
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// List is a caller list (名单): numbers, each with values in named columns. It never changes once it is known.
type List struct {
	Name    string
	Columns []Column            // beside the number
	Rows    map[string][]string // by normalised number; nil rows have no values. nil: the list could not be read
	Area    string              // area code of the list's local numbers
}

// Column is what a list knows of each of its numbers. Its values are kept as a variable keeps them: ReadColumn. A number that
// has none there has no value; as text it is empty.
type Column struct {
	Name   string
	Type   call.PickType
	Secret bool // its values are in no flow's mouth, as the digits of a secret collect
}

// ReadColumn gives a value as a variable of the type keeps it, and whether it is one. What is empty is left so. A truth value
// may be written as people do: yes, 1, 是; no, 0, 否. A date without a zone is in the given one.
func ReadColumn(t call.PickType, text string, zone *time.Location) (string, bool) {
	switch {
	case text == "":
		return "", true
	case t == call.PickTruth:
		return readTruth(text)
	case t == call.PickDate:
		return readMoment(text, zone)
	}
	return text, t.Fits(text)
}

func readTruth(text string) (string, bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "1", "是":
		return "true", true
	case "false", "no", "0", "否":
		return "false", true
	}
	return "", false
}

// readMoment gives a moment as a variable keeps it.
func readMoment(text string, zone *time.Location) (string, bool) {
	at, is := call.ReadMoment(text, zone)
	return at.Format(time.RFC3339), is
}

// ColumnMistake is what a value is that does not fit its column, and what would be right.
func ColumnMistake(t call.PickType) (is, right string) {
	m := [...][2]string{
		call.PickNumber: {"no number", "as 12.50, without unit and separators"},
		call.PickWhole:  {"no whole number", "as 12"},
		call.PickTruth:  {"neither true nor false", "true or false, yes or no, 1 or 0, 是 or 否"},
		call.PickDate:   {"no date", "as 2026-11-29, 2026/11/29 or 2026-11-29 14:05"},
	}[t]
	return m[0], m[1]
}

// Has reports whether a number is on the list.
func (l *List) Has(number string) bool {
	_, ok := l.row(number)
	return ok
}

// row finds a number's values, as it stands or normalised.
func (l *List) row(number string) ([]string, bool) {
	row, ok := l.Rows[number]
	if !ok {
		row, ok = l.Rows[call.NormalizeNumber(number, l.Area)]
	}
	return row, ok
}

// column finds a column; -1: there is none.
func (l *List) column(name string) int {
	return slices.IndexFunc(l.Columns, func(c Column) bool { return c.Name == name })
}

// names are those of the columns.
func (l *List) names() (all []string) {
	for _, c := range l.Columns {
		all = append(all, c.Name)
	}
	return all
}

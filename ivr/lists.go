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

// Column is what a list knows of each of its numbers. Its values are kept as a variable keeps them: Read.
type Column struct {
	Name   string
	Type   ColumnType
	Secret bool // its values are in no flow's mouth, as the digits of a secret collect
}

// ColumnType is what a column holds. A number that has no value there has none; as text it is empty.
type ColumnType uint8

// The types of columns.
const (
	ColumnText   ColumnType = iota
	ColumnNumber            // 12.50
	ColumnWhole             // 12
	ColumnTruth             // true, yes, 1, 是; false, no, 0, 否
	ColumnDate              // 2026-11-29 or 2026/11/29, with a time of day or without: then the day's first moment
)

// ColumnTypes are the names of the types, by value.
var ColumnTypes = []string{"text", "number", "whole", "truth", "date"}

// columnMistakes are what a value is that does not fit, and what would be right.
var columnMistakes = [...][2]string{
	ColumnNumber: {"no number", "as 12.50, without unit and separators"},
	ColumnWhole:  {"no whole number", "as 12"},
	ColumnTruth:  {"neither true nor false", "true or false, yes or no, 1 or 0, 是 or 否"},
	ColumnDate:   {"no date", "as 2026-11-29, 2026/11/29 or 2026-11-29 14:05"},
}

func (t ColumnType) String() string { return ColumnTypes[t] }

// Mistake is what a value that does not fit is, and what would be right.
func (t ColumnType) Mistake() (is, right string) { return columnMistakes[t][0], columnMistakes[t][1] }

// is the type of a variable that takes the column over.
func (t ColumnType) is() varType {
	return [...]varType{ColumnText: typeText, ColumnNumber: typeNumber, ColumnWhole: typeWhole, ColumnTruth: typeTruth, ColumnDate: typeMoment}[t]
}

// dateLayouts are those that people and spreadsheets write; a month and a day may have one digit.
var dateLayouts = []string{"2006-1-2", "2006/1/2", "2006-1-2 15:04", "2006/1/2 15:04", "2006-1-2 15:04:05", "2006/1/2 15:04:05", time.RFC3339}

// Read gives a value as a variable of the type keeps it, and whether it is one. What is empty is left so. A date without a
// zone is in the given one.
func (t ColumnType) Read(text string, zone *time.Location) (string, bool) {
	if text == "" {
		return "", true
	}
	switch t {
	case ColumnNumber:
		return text, call.PickNumber.Fits(text)
	case ColumnWhole:
		return text, call.PickWhole.Fits(text)
	case ColumnTruth:
		return readTruth(text)
	case ColumnDate:
		for _, layout := range dateLayouts {
			if at, err := time.ParseInLocation(layout, text, zone); err == nil {
				return at.Format(time.RFC3339), true
			}
		}
		return "", false
	default:
		return text, true
	}
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

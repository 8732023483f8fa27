package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Table is a report as it is shown and exported.
type Table struct {
	Name     string
	From, To time.Time
	Made     time.Time
	By       string   // who made it
	Notes    []string // formulas and what the figures leave out
	Columns  []string
	Rows     [][]Value
}

// Value is a cell: a text, a number, a share or a length of time. What can't be told is empty.
type Value struct {
	kind  valueKind
	text  string
	whole int
	real  float64
}

type valueKind uint8

const (
	valueNone valueKind = iota
	valueText
	valueCount
	valueShare   // 0 to 1
	valueSeconds // with two decimals
)

// Text makes a text.
func Text(s string) Value { return Value{kind: valueText, text: s} }

// Count makes a number.
func Count(n int) Value { return Value{kind: valueCount, whole: n} }

// Share makes a share of 0 to 1, empty when it is not known.
func Share(x float64, known bool) Value {
	if !known {
		return Value{}
	}
	return Value{kind: valueShare, real: x}
}

// Seconds makes a length of time, empty when it is not known.
func Seconds(d time.Duration, known bool) Value {
	if !known {
		return Value{}
	}
	return Value{kind: valueSeconds, real: d.Seconds()}
}

// plain is the value for machines.
func (v Value) plain() string {
	switch v.kind {
	case valueText:
		return v.text
	case valueCount:
		return strconv.Itoa(v.whole)
	case valueShare:
		return strconv.FormatFloat(v.real, 'f', 4, 64)
	case valueSeconds:
		return strconv.FormatFloat(v.real, 'f', 2, 64)
	case valueNone:
	}
	return ""
}

// shown is the value for people.
func (v Value) shown() string {
	switch v.kind {
	case valueShare:
		return strconv.FormatFloat(v.real*100, 'f', 1, 64) + " %"
	case valueSeconds:
		return strconv.FormatFloat(v.real, 'f', 1, 64)
	case valueNone:
		return "–"
	default:
		return v.plain()
	}
}

// MarshalJSON gives a text, a number, or null for what can't be told.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case valueText:
		return json.Marshal(v.text)
	case valueNone:
		return []byte("null"), nil
	default:
		return []byte(v.plain()), nil
	}
}

// heading says what the table is, of when, and who made it.
func (t *Table) heading() string {
	return fmt.Sprintf("%s, %s to %s; made %s by %s", t.Name, t.From.Format(time.DateTime), t.To.Format(time.DateTime), t.Made.Format(time.DateTime), t.By)
}

// Text is the table in columns, for people.
func (t *Table) Text() []byte {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = utf8.RuneCountInString(c)
		for _, row := range t.Rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].shown()))
		}
	}
	var b bytes.Buffer
	b.WriteString(t.heading() + "\n")
	for _, note := range t.Notes {
		b.WriteString(note + "\n")
	}
	b.WriteString("\n")
	line := func(cell func(i int) (string, bool)) {
		var text strings.Builder
		for i := range t.Columns {
			s, left := cell(i)
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(s))
			if left {
				text.WriteString(s + pad + "  ")
			} else {
				text.WriteString(pad + s + "  ")
			}
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	isText := func(i int) bool { return len(t.Rows) > 0 && t.Rows[0][i].kind == valueText }
	line(func(i int) (string, bool) { return t.Columns[i], isText(i) })
	for _, row := range t.Rows {
		line(func(i int) (string, bool) { return row[i].shown(), isText(i) })
	}
	return b.Bytes()
}

// CSV is the table for a spreadsheet; lines that begin with # say what it is.
func (t *Table) CSV() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# " + t.heading() + "\n")
	for _, note := range t.Notes {
		b.WriteString("# " + note + "\n")
	}
	w := csv.NewWriter(&b)
	if err := w.Write(t.Columns); err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = v.plain()
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// JSON is the table for programs: items are objects by column.
func (t *Table) JSON() ([]byte, error) {
	items := make([]map[string]Value, 0, len(t.Rows))
	for _, row := range t.Rows {
		item := map[string]Value{}
		for i, v := range row {
			item[t.Columns[i]] = v
		}
		items = append(items, item)
	}
	return json.MarshalIndent(map[string]any{
		"report": t.Name, "from": t.From, "to": t.To, "made_at": t.Made, "made_by": t.By, "notes": t.Notes, "items": items,
	}, "", " ")
}

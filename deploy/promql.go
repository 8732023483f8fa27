package deploy

import (
	"errors"
	"slices"
	"strings"
)

// metricNames finds the metrics that a PromQL expression selects. It is no
// parser: promtool says whether the expression is right; this only tells names
// of metrics from functions, labels, keywords and Grafana's variables.
func metricNames(expr string) ([]string, error) {
	s := scanner{rest: expr}
	for s.rest != "" && s.err == nil {
		s.step()
	}
	slices.Sort(s.names)
	return slices.Compact(s.names), s.err
}

type scanner struct {
	rest  string
	names []string
	err   error
}

var errUnclosed = errors.New("a string or bracket is not closed")

// Words that are followed by a list of labels.
var labelLists = []string{"by", "without", "on", "ignoring", "group_left", "group_right"}

// Words that stand between operands, and aggregations, whose parenthesis may
// come after their labels.
var otherWords = []string{
	"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan",
	"sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile",
}

func (s *scanner) step() {
	switch c := s.rest[0]; {
	case c == '"' || c == '\'' || c == '`':
		s.text(c)
	case c == '{':
		s.enclosed('}')
	case c == '[':
		s.enclosed(']')
	case c == '#':
		_, s.rest, _ = strings.Cut(s.rest, "\n")
	case c == '$' || c == '@':
		s.rest = s.rest[1:]
		s.take(inWord)
	case c >= '0' && c <= '9':
		s.take(inNumber)
	case inWord(c):
		s.word()
	default:
		s.rest = s.rest[1:]
	}
}

func inWord(c byte) bool {
	return c == '_' || c == ':' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func inNumber(c byte) bool { return inWord(c) || c == '.' }

// take cuts off what belongs together.
func (s *scanner) take(in func(byte) bool) string {
	n := 0
	for n < len(s.rest) && in(s.rest[n]) {
		n++
	}
	word := s.rest[:n]
	s.rest = s.rest[n:]
	return word
}

// text passes over a string; only the back quote's has no escapes.
func (s *scanner) text(quote byte) {
	for i := 1; i < len(s.rest); i++ {
		switch {
		case s.rest[i] == '\\' && quote != '`':
			i++
		case s.rest[i] == quote:
			s.rest = s.rest[i+1:]
			return
		}
	}
	s.fail()
}

// enclosed passes over a bracket with its strings.
func (s *scanner) enclosed(end byte) {
	s.rest = s.rest[1:]
	for s.rest != "" && s.err == nil {
		switch c := s.rest[0]; c {
		case end:
			s.rest = s.rest[1:]
			return
		case '"', '\'', '`':
			s.text(c)
		default:
			s.rest = s.rest[1:]
		}
	}
	s.fail()
}

func (s *scanner) fail() { s.rest, s.err = "", errUnclosed }

// word takes a name and decides by what follows it.
func (s *scanner) word() {
	word := s.take(inWord)
	s.rest = strings.TrimLeft(s.rest, " \t\n")
	call := strings.HasPrefix(s.rest, "(")
	switch lower := strings.ToLower(word); {
	case slices.Contains(labelLists, lower):
		if call {
			s.enclosed(')')
		}
	case slices.Contains(otherWords, lower) || call:
	default:
		s.names = append(s.names, word)
	}
}

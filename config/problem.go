package config

import (
	"fmt"
	"sort"
	"strings"
)

// Problem is one mistake in a node file or a site, at the token that is wrong.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`   // from 1; 0: the file as a whole, which is no text
	Column int    `json:"column"` // from 1, in characters
	Wrong  string `json:"wrong"`  // what is wrong
	Right  string `json:"right"`  // what would be right
}

// String is the line that check prints: file:line:column: what is wrong, what would be right.
func (p Problem) String() string {
	words := p.Wrong
	if p.Right != "" {
		words += ", " + p.Right
	}
	if p.Line == 0 {
		return p.File + ": " + words
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, words)
}

// Problems is every mistake found in one load, sorted by place. It is the error
// of LoadNode and LoadSite when the input, not the machine, is at fault.
type Problems []Problem

// Error is one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// tidy sorts by place and drops repeats, so that the same input gives the same words.
func (ps Problems) tidy() Problems {
	sort.SliceStable(ps, func(i, j int) bool { return ps[i].before(ps[j]) })
	out := ps[:0]
	for i, p := range ps {
		if i == 0 || p != ps[i-1] {
			out = append(out, p)
		}
	}
	return out
}

func (p Problem) before(q Problem) bool {
	switch {
	case p.File != q.File:
		return p.File < q.File
	case p.Line != q.Line:
		return p.Line < q.Line
	case p.Column != q.Column:
		return p.Column < q.Column
	case p.Wrong != q.Wrong:
		return p.Wrong < q.Wrong
	default:
		return p.Right < q.Right
	}
}

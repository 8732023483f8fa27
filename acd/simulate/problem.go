package simulate

import (
	"fmt"
	"strings"
)

// Problem is one mistake in a file, at the field that is wrong.
type Problem struct {
	File         string
	Line, Column int    // from 1, the column in characters
	Wrong, Right string // what is wrong, what would be right
}

// String is file:line:column: what is wrong, what would be right.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s, %s", p.File, p.Line, p.Column, p.Wrong, p.Right)
}

// Problems is every mistake in a file, in the order of the lines: the error of the readers.
type Problems []Problem

// Error is one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds the list: a file that is wrong throughout is wrong in the same way.
const maxProblems = 1000

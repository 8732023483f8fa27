package ivr

import (
	"fmt"
	"slices"
	"strings"
)

// maxNamed is how many known names a problem lists.
const maxNamed = 8

// suggest says what would be right where a name is unknown: the nearest one, else the known ones.
func suggest(what, name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return fmt.Sprintf("there are no %s yet", what)
	}
	slices.Sort(known)
	more := ""
	if len(known) > maxNamed {
		known, more = known[:maxNamed], ", …"
	}
	return fmt.Sprintf("the %s are %s%s", what, strings.Join(known, ", "), more)
}

// nearest finds the known name that is a slip or two away: one in a word of three
// to five letters, two in a longer one.
func nearest(name string, known []string) string {
	best, distance := "", min(len(name)/3, 2)+1
	for _, k := range known {
		if d := slips(name, k); d < distance || d == distance && best != "" && k < best {
			best, distance = k, d
		}
	}
	return best
}

// slips is how many letters must be put in, left out, changed or swapped with
// their neighbour to make b of a (the optimal string alignment distance).
func slips(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1)
			switch {
			case a[i-1] == b[j-1]:
				row[j] = min(row[j], last[j-1])
			case i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1]:
				row[j] = min(row[j], before[j-2]+1, last[j-1]+1)
			default:
				row[j] = min(row[j], last[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

func keysOf[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

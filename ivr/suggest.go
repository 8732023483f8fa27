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

// nearest finds the known name that is at most two typing mistakes away, and not most of the word.
func nearest(name string, known []string) string {
	best, distance := "", min(3, len(name))
	for _, k := range known {
		if d := typos(name, k, distance); d < distance || d == distance && best != "" && k < best {
			best, distance = k, d
		}
	}
	return best
}

// typos is the Levenshtein distance of two words, or limit if it is not below that.
func typos(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}

func keysOf[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	return names
}

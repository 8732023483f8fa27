package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// isName reports whether a text may name something of the site: letters of any
// script, digits, underscore, dash and dot, at most 64. Names stand in URLs, metrics and file names.
func isName(s string) bool {
	n := 0
	for _, c := range s {
		n++
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_-.", c) {
			return false
		}
	}
	return n > 0 && n <= 64 && s[0] != '.' && s[0] != '-'
}

// instead tells what would be right where word is none of allowed: the nearest, or all of a few.
func instead(word string, allowed []string) string {
	if near := nearest(word, allowed); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(allowed) == 0 {
		return "there are none"
	}
	if len(allowed) > 12 {
		return fmt.Sprintf("one of the %d that are declared", len(allowed))
	}
	if len(allowed) == 1 {
		return "it can be " + allowed[0] + " only"
	}
	sorted := slices.Clone(allowed)
	slices.Sort(sorted)
	return "one of " + strings.Join(sorted, ", ")
}

// nearest is the allowed word that a slip of the finger away is the likeliest, or "".
func nearest(word string, allowed []string) string {
	best, bestAt := "", len([]rune(word))/3+1
	sorted := slices.Clone(allowed)
	slices.Sort(sorted)
	for _, a := range sorted {
		if d := distance(strings.ToLower(word), strings.ToLower(a), bestAt); d < bestAt || (d == bestAt && best == "") {
			best, bestAt = a, d
		}
	}
	return best
}

// distance counts the insertions, deletions and replacements between two words
// (Levenshtein), or gives limit+1 when there are more than limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > limit || len(y)-len(x) > limit {
		return limit + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(y)], limit+1)
}

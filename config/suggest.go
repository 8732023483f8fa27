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

// anotherKey tells what would be right where a mapping has no such key: the nearest, else all that it has.
func anotherKey(key string, asked []string) string {
	if near := nearest(key, asked); near != "" || len(asked) == 0 {
		return instead(key, asked)
	}
	keys := slices.Compact(slices.Sorted(slices.Values(asked)))
	if len(keys) == 1 {
		return instead(key, keys)
	}
	return "one of " + strings.Join(keys, ", ")
}

// mostCompared bounds the work of one suggestion; beyond it a list is too long to search for every mistake.
const mostCompared = 5000

// nearest is the allowed word that a slip of the finger away is the likeliest,
// or "". Numbers have no neighbours: 1002 is not a slip for 1001.
func nearest(word string, allowed []string) string {
	if isDigits(word) || len(allowed) > mostCompared {
		return ""
	}
	best, bestAt := "", slips(len([]rune(word)))+1
	sorted := slices.Clone(allowed)
	slices.Sort(sorted)
	for _, a := range sorted {
		if d := distance(strings.ToLower(word), strings.ToLower(a)); d < bestAt {
			best, bestAt = a, d
		}
	}
	return best
}

// slips is how many slips a word of that length may have and still be meant.
func slips(length int) int {
	switch {
	case length < 3:
		return 0
	case length < 6:
		return 1
	default:
		return length / 3
	}
}

// distance counts the slips between two words: a letter too many, missing,
// wrong, or two neighbours swapped (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, row := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		last := row
		row = make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			cost := last[j]
			if x[i] != y[j] {
				cost++
			}
			row[j+1] = min(cost, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before = last
	}
	return row[len(y)]
}

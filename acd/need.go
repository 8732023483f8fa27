package acd

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// thresholds is the levels of each skill that anybody asks for. Two seats that
// pass the same ones are alike, whatever else they can do.
type thresholds map[string][]int

// add notes a need and reports whether it was new.
func (t thresholds) add(need map[string]int) bool {
	fresh := false
	for skill, level := range need {
		if i, found := slices.BinarySearch(t[skill], level); !found {
			t[skill] = slices.Insert(t[skill], i, level)
			fresh = true
		}
	}
	return fresh
}

func (t thresholds) clone() thresholds {
	c := make(thresholds, len(t))
	for skill, levels := range t {
		c[skill] = slices.Clone(levels)
	}
	return c
}

// class names what a seat of a group with these skills passes; names are the skills in a fixed order.
func (t thresholds) class(names []string, group string, skills map[string]int) string {
	var b strings.Builder
	b.WriteString(group)
	for _, skill := range names {
		passed, _ := slices.BinarySearch(t[skill], skills[skill]+1)
		b.WriteByte(0)
		b.WriteByte(byte(passed >> 8))
		b.WriteByte(byte(passed))
	}
	return b.String()
}

// alternative is one pool of seats that may take a call: the queue's own, or a widen step's.
type alternative struct {
	groups []string
	need   map[string]int
	tier   int
}

// alternatives lists the pools of a call with these extra needs; those after
// the first belong to the widen steps, in their order. A widen step without
// groups means the queue's own, with other skills.
func (q *queue) alternatives(extra map[string]int) []alternative {
	alts := make([]alternative, 0, 1+len(q.Widen))
	alts = append(alts, alternative{groups: q.Groups, need: together(q.Skills, extra), tier: tierHome})
	for _, w := range q.Widen {
		groups := w.Groups
		if len(groups) == 0 {
			groups = q.Groups
		}
		alts = append(alts, alternative{groups: groups, need: together(w.Skills, extra), tier: tierWidened})
	}
	return alts
}

// together is both needs at once: of a skill in both, the higher level.
func together(a, b map[string]int) map[string]int {
	if len(b) == 0 {
		return a
	}
	sum := maps.Clone(b)
	for skill, level := range a {
		sum[skill] = max(sum[skill], level)
	}
	return sum
}

// passes is skills AND with levels.
func passes(has, need map[string]int) bool {
	for skill, level := range need {
		if has[skill] < level {
			return false
		}
	}
	return true
}

// needName is a key for extra needs that does not depend on map order.
func needName(need map[string]int) string {
	if len(need) == 0 {
		return ""
	}
	var b strings.Builder
	for _, skill := range slices.Sorted(maps.Keys(need)) {
		b.WriteString(skill)
		b.WriteByte(0)
		b.WriteString(strconv.Itoa(need[skill]))
		b.WriteByte(0)
	}
	return b.String()
}

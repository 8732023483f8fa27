package acd

import (
	"cmp"
	"maps"
	"slices"
)

// best_skill goes by the mean level in the skills asked for. So that all seats
// of a supply have the same, supplies are told apart by every level somebody has
// of these skills, and not only by those a queue asks for.

// gradeScale makes whole numbers of means: of up to six skills exactly.
const gradeScale = 60

// grade is a mean level, in sixtieths; 0 when nothing is asked for.
func grade(has, need map[string]int) int {
	if len(need) == 0 {
		return 0
	}
	sum := 0
	for skill := range need {
		sum += has[skill]
	}
	return sum * gradeScale / len(need)
}

// askFor notes the levels by which seats must be told apart for a queue's
// calls with these extra needs, and reports whether one of them was new.
func (e *Engine) askFor(q *queue, extra map[string]int) bool {
	x := &e.index
	fresh := false
	for _, a := range q.alternatives(extra) {
		fresh = x.asked.add(a.need) || fresh
		if q.Strategy != BestSkill {
			continue
		}
		for skill := range a.need {
			for _, level := range x.levels[skill] {
				fresh = x.asked.add(map[string]int{skill: level}) || fresh
			}
		}
	}
	return fresh
}

// allLevels is every level that somebody has of each skill.
func (e *Engine) allLevels() thresholds {
	all := thresholds{}
	for _, s := range e.roster {
		all.add(s.agent.Skills)
	}
	return all
}

// keepAsked takes over the levels seats were told apart by when a snapshot was
// taken: lots are drawn supply by supply.
func (t thresholds) keepAsked(old thresholds) {
	for _, skill := range slices.Sorted(maps.Keys(old)) {
		for _, level := range old[skill] {
			t.add(map[string]int{skill: level})
		}
	}
}

// sortLinks puts the nearest first, and of these the most skilled.
func sortLinks(links []link) {
	slices.SortStableFunc(links, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(b.grade, a.grade))
	})
}

package config

import (
	"fmt"
	"slices"

	"hotline/acd"
)

// hints tells what is right but hardly meant.
func (b *builder) hints() {
	for _, q := range b.site.Rules.Queues {
		if !b.servable(q) {
			b.site.Hints = append(b.site.Hints, fmt.Sprintf("queue %s: no agent of its groups, nor of those it widens to, has the skills it needs", q.Name))
		}
	}
	for i := range b.site.Rules.Plans {
		b.planHints(&b.site.Rules.Plans[i])
	}
	for _, q := range b.site.Queues {
		b.announceHints(q)
	}
	b.callbackHints()
	called := map[string]bool{}
	for _, n := range b.site.Numbers {
		called[n.Trunk] = true
	}
	b.diallingHints()
	for _, t := range b.site.Trunks {
		if !called[t.Name] && len(t.Targets) == 0 {
			b.site.Hints = append(b.site.Hints, fmt.Sprintf("trunk %s: no number is called on it, so every call gets 404", t.Name))
		}
	}
}

// servable reports whether anybody could ever take a call of the queue by its own rules.
func (b *builder) servable(q acd.Queue) bool {
	pools := append([]acd.Widen{{Groups: q.Groups, Skills: q.Skills}}, q.Widen...)
	return slices.ContainsFunc(b.site.Rules.Agents, func(a acd.Agent) bool {
		return slices.ContainsFunc(pools, func(p acd.Widen) bool {
			return slices.Contains(p.Groups, a.Group) && skilled(a.Skills, p.Skills)
		})
	})
}

// skilled reports whether every skill needed is had at its level.
func skilled(have, need map[string]int) bool {
	for skill, level := range need {
		if have[skill] < level {
			return false
		}
	}
	return true
}

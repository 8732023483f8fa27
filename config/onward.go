package config

import (
	"hotline/acd"
	"hotline/ivr"
)

// onward are, for each queue, the flows that its callers can come to with the variables they bring: what is heard
// there, and where rules, the queue's and plans', give them up into, also by way of other queues.
func (b *builder) onward() map[string][]string {
	flows, queues := map[string][]string{}, map[string][]string{}
	leads := func(from string, to acd.Target) {
		switch to.Kind {
		case acd.ToFlow:
			flows[from] = append(flows[from], to.Name)
		case acd.ToQueue:
			queues[from] = append(queues[from], to.Name)
		default: // leaves the site's flows
		}
	}
	for _, q := range b.site.Queues {
		if q.Experience != "" {
			flows[q.Name] = append(flows[q.Name], q.Experience)
		}
		if q.Announce != nil && q.Announce.Say != nil {
			flows[q.Name] = append(flows[q.Name], ivr.AnnouncementOf(q.Name))
		}
	}
	for _, q := range b.site.Rules.Queues {
		for _, rule := range q.Overflow {
			leads(q.Name, rule.To)
		}
	}
	for _, p := range b.site.Rules.Plans {
		for _, s := range p.Steps {
			for _, a := range s.Do {
				for _, q := range p.Queues {
					if a.Do == acd.Divert {
						leads(q, a.To)
					}
				}
			}
		}
	}
	out := make(map[string][]string, len(b.site.Queues))
	for _, q := range b.site.Queues {
		out[q.Name] = through(q.Name, queues, flows)
	}
	return out
}

// through gathers what can be come to from a queue, itself and those it leads to.
func through(from string, queues, flows map[string][]string) (all []string) {
	seen := map[string]bool{from: true}
	for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
		all = append(all, flows[todo[0]]...)
		for _, next := range queues[todo[0]] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return all
}

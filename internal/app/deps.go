package app

import (
	"hotline/call"
	"hotline/call/live"
)

// deps are the rooms a call works with, whoever begins it: the number it is about as it was dialled (called) and as the site
// has it, by its trunk, and who calls or is called. Leg, flow and line are each call's own.
func (m *callMedia) deps(called, number, trunk string, caller call.Caller) live.Deps {
	a := m.app
	return live.Deps{
		Media: m, Player: m, Bridge: m, Recorder: m, Forks: m, Ears: m, Voice: m, Phones: m, Lines: m, People: people{a}, Exchange: m,
		Router:    router{call: m.id, node: a.node.Name, acd: a.acd, log: a.log, lastSeat: memory{a}.lastSeat},
		Callbacks: callDesk{a, m.id, called, trunk},
		Errands:   errands{app: a, call: m.id, called: called, number: number, caller: caller, actor: func() *live.Actor { return m.actor }},
		House:     house{a}, Journal: newCallJournal(a), IDs: a.ids, Log: a.log, OfferDelay: a.metrics.offerDelay,
		LineFree: func() { a.calls.lineFree("") },
	}
}

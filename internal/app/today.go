package app

import (
	"context"
	"fmt"
	"time"

	"hotline/call"
	"hotline/report"
)

// todaySoFar counts today's calls, and the ways of their callers through flows, again after a restart, from their stored events.
func (a *App) todaySoFar() (*report.Today, error) {
	rev := a.rev.Load()
	zone := rev.site.Zone
	today := report.NewToday(zone, call.DefaultShortAbandon)
	setTargets(today, rev)
	y, m, d := time.Now().In(zone).Date()
	err := a.store.Replay(context.Background(), time.Date(y, m, d, 0, 0, 0, 0, zone), func(e call.Envelope) error {
		today.Apply(e)
		a.flows.recount(e)
		return nil
	})
	a.flows.recounted()
	if err != nil {
		return nil, fmt.Errorf("counting today's calls again: %w", err)
	}
	return today, nil
}

func setTargets(today *report.Today, rev *revision) {
	for _, q := range rev.site.Queues {
		today.SetTarget(q.Name, q.ServiceLevel.Within)
	}
}

package app

import (
	"errors"
	"fmt"
	"time"

	"hotline/acd/simulate"
	"hotline/config"
)

// run plays what has been prepared and writes what came of it.
func (s *simulation) run() error {
	scenario, err := s.scenario(s.name, s.site)
	if err != nil {
		return err
	}
	switch {
	case s.o.SeatsFor != "":
		return s.seatsFor(scenario)
	case s.o.Compare != "":
		return s.compare(scenario)
	}
	result, err := s.recorded(scenario)
	if err != nil {
		return err
	}
	return s.write(result.Table(s.o.ByQueue), result)
}

// scenario is the run on a site: the calls are the same on every one.
func (s *simulation) scenario(name string, site *config.Site) (simulate.Scenario, error) {
	sc := simulate.Scenario{
		Name: name, Rules: site.Rules, Zone: site.Zone, Calls: s.calls, From: s.from, To: s.to,
		Interval: s.o.Interval, Return: s.o.Return, Announcement: s.o.Announcement, Seed: s.o.Seed,
	}
	sc.Rules.Revision = 1
	var err error
	if sc.Ring, err = distOr(s.o.Ring, simulate.Dist{}); err != nil {
		return sc, wrong(fmt.Errorf("--ring: %w", err))
	}
	if sc.Ring.Kind == simulate.DistNever || sc.Ring.Kind == simulate.DistData {
		return sc, wrong(fmt.Errorf("--ring: %s is no time a phone rings for; write a length or a distribution", s.o.Ring))
	}
	if s.o.NoAnswer != "" {
		if sc.NoAnswer, err = simulate.ParseShare(s.o.NoAnswer); err != nil {
			return sc, wrong(fmt.Errorf("--no-answer: %w", err))
		}
	}
	if s.o.Roster == "" {
		return sc, nil
	}
	return s.rostered(sc)
}

// rostered reads who sits there when.
func (s *simulation) rostered(sc simulate.Scenario) (simulate.Scenario, error) {
	text, err := readFile(s.o.Roster)
	if err != nil {
		return sc, err
	}
	first, last := s.from, s.to
	if n := len(s.calls); n > 0 {
		if first.IsZero() {
			first = s.calls[0].At
		}
		if last.IsZero() {
			last = s.calls[n-1].At.Add(time.Hour)
		}
	}
	plan, err := simulate.ReadRoster(s.o.Roster, text, sc.Rules, sc.Zone, first, last)
	if err != nil {
		return sc, err
	}
	rules, shifts, err := simulate.Seat(sc.Rules, plan.Shifts, plan.Needs)
	sc.Rules, sc.Roster = rules, shifts
	return sc, err
}

// compare runs the same calls on a second site.
func (s *simulation) compare(first simulate.Scenario) error {
	site, err := loadSiteFolder(s.o.Compare)
	if err != nil {
		return err
	}
	for _, queue := range simulate.Missing(s.calls, site.Rules) {
		return wrong(fmt.Errorf("--compare: %s has no queue %s, which the calls ask for", s.o.Compare, queue))
	}
	second, err := s.scenario(s.o.Compare, site)
	if err != nil {
		return err
	}
	a, err := simulate.Run(first)
	if err != nil {
		return err
	}
	b, err := simulate.Run(second)
	if err != nil {
		return err
	}
	return s.write(simulate.CompareTable(a, b), a, b)
}

// write gives the results in the format asked for.
func (s *simulation) write(table string, results ...*simulate.Result) error {
	var text []byte
	var err error
	switch s.o.Format {
	case "json":
		text, err = simulate.JSON(results...)
		text = append(text, '\n')
	case "csv":
		text, err = simulate.CSV(results...)
	default:
		text = []byte(table)
	}
	if err == nil {
		_, err = s.o.Stdout.Write(text)
	}
	return err
}

// recorded runs a scenario, writing it down if that was asked for.
func (s *simulation) recorded(sc simulate.Scenario) (*simulate.Result, error) {
	if s.o.Record == "" {
		return simulate.Run(sc)
	}
	tape, err := createTape(s.o.Record, sc.Seed)
	if err != nil {
		return nil, err
	}
	sc.Watch = tape.step
	result, err := simulate.Run(sc)
	return result, errors.Join(err, tape.Close())
}

// seatsFor searches the least seats that reach a service level.
func (s *simulation) seatsFor(sc simulate.Scenario) error {
	target, err := simulate.ParseTarget(s.o.SeatsFor)
	if err != nil {
		return wrong(fmt.Errorf("--seats-for: %w", err))
	}
	found, err := simulate.SeatsFor(sc, target, s.o.EachInterval)
	if err != nil {
		return err
	}
	return s.write(found.Table(s.o.ByQueue), found.Result)
}

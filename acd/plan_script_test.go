package acd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// The part of golden scripts that is about plans.

// plan: plan day queues=general,vip hours=08:00-20:00 max_added=9 release=waiting<5/1m.
func (s *script) plan(name string, w []string) error {
	p := Plan{Name: name}
	for _, o := range w {
		key, value, _ := strings.Cut(o, "=")
		var err error
		switch key {
		case "queues":
			p.Queues = strings.Split(value, ",")
		case "hours":
			p.Hours, err = planHours(value)
		case "holiday":
			p.Days, err = holidays(value)
		case "max_added":
			p.MaxAdded, err = strconv.Atoi(value)
		case "independent":
			p.Independent = true
		case "release":
			p.Release = &PlanRelease{}
			p.Release.When, err = planWhen(value)
		default:
			err = fmt.Errorf("a plan has no %q", key)
		}
		if err != nil {
			return err
		}
	}
	s.rules.Plans = slices.Clone(s.rules.Plans)
	if i := slices.IndexFunc(s.rules.Plans, func(o Plan) bool { return o.Name == name }); i >= 0 {
		s.rules.Plans[i] = p
		return nil
	}
	s.rules.Plans = append(s.rules.Plans, p)
	return nil
}

func planHours(value string) (*call.Calendar, error) {
	from, to, _ := strings.Cut(value, "-")
	minute := func(text string) int {
		t, err := time.Parse("15:04", text)
		if text == "24:00" || err != nil {
			return 24 * 60
		}
		return t.Hour()*60 + t.Minute()
	}
	c := call.Calendar{Name: "plan", Zone: "UTC", Open: map[time.Weekday]call.Spans{}}
	for d := time.Sunday; d <= time.Saturday; d++ {
		c.Open[d] = call.Spans{{From: minute(from), To: minute(to)}}
	}
	return call.NewCalendar(c)
}

// holidays: a day of November 2026.
func holidays(value string) (PlanDays, error) {
	day, err := strconv.Atoi(value)
	if err != nil {
		return PlanDays{}, err
	}
	d := call.Date{Year: 2026, Month: time.November, Day: day}
	c, err := call.NewCalendar(call.Calendar{Name: "days", Zone: "UTC", Holidays: []call.Holiday{{From: d, To: d}}})
	return PlanDays{Holiday: true, Special: true, Calendars: []*call.Calendar{c}}, err
}

// planWhen: waiting>5/5m, ready<1&wait>=90s/5m, estimate>60s, level15m<80%/1m or time11:00-13:00.
func planWhen(text string) (PlanWhen, error) {
	tests, length, _ := strings.Cut(text, "/")
	w := PlanWhen{}
	var err error
	if length != "" {
		if w.For, err = time.ParseDuration(length); err != nil {
			return w, err
		}
	}
	for _, one := range strings.Split(tests, "&") {
		if hours, isTime := strings.CutPrefix(one, "time"); isTime {
			if w.Time, err = planHours(hours); err != nil {
				return w, err
			}
			continue
		}
		t := PlanTest{}
		at := strings.IndexAny(one, "<>=")
		if at < 0 {
			return w, fmt.Errorf("%q compares nothing", one)
		}
		figure, value := one[:at], one[at:]
		if window, isLevel := strings.CutPrefix(figure, "level"); isLevel {
			figure = "level"
			if t.Window, err = time.ParseDuration(window); err != nil {
				return w, err
			}
		}
		number := strings.TrimLeft(value, "<>=")
		if err = t.Compare.UnmarshalText([]byte(value[:len(value)-len(number)])); err != nil {
			return w, err
		}
		switch figure {
		case "waiting", "ready":
			if figure == "ready" {
				t.Figure = SeatsReady
			}
			t.Number, err = strconv.Atoi(number)
		case "wait", "estimate":
			t.Figure = LongestWait
			if figure == "estimate" {
				t.Figure = EstimatedWait
			}
			t.Length, err = time.ParseDuration(number)
		case "level":
			t.Figure = ServiceLevel
			t.Number, err = strconv.Atoi(strings.TrimSuffix(number, "%"))
		default:
			err = fmt.Errorf("%q is no figure", figure)
		}
		if err != nil {
			return w, err
		}
		w.All = append(w.All, t)
	}
	return w, nil
}

// step: step day outbound waiting>5/5m add:outbound:3.
func (s *script) step(plan, name string, w []string) error {
	i := slices.IndexFunc(s.rules.Plans, func(o Plan) bool { return o.Name == plan })
	when, err := planWhen(w[0])
	if err != nil {
		return err
	}
	st := PlanStep{Name: name, When: when}
	for _, o := range w[1:] {
		p := strings.Split(o, ":")
		a := PlanAction{}
		if err := a.Do.UnmarshalText([]byte(p[0])); err != nil {
			return err
		}
		switch a.Do {
		case Add:
			a.Group = p[1]
			for _, more := range p[2:] {
				if n, found := strings.CutPrefix(more, "keep"); found {
					a.Keep, err = strconv.Atoi(n)
				} else {
					a.Seats, err = strconv.Atoi(more)
					a.Counted = true
				}
			}
		case StopCallbacks, CancelBreaks:
		case Announce:
			a.Prompt = p[1]
		case Divert: // overflow:60s:queue:general
			if a.After, err = time.ParseDuration(p[1]); err == nil {
				a.To.Name = p[3]
				err = a.To.Kind.UnmarshalText([]byte(p[2]))
			}
		case Raise: // priority:+2, priority:=9
			number, exact := strings.CutPrefix(p[1], "=")
			a.Exact = exact
			a.Points, err = strconv.Atoi(number)
		case Page:
			a.Page = p[1]
			for _, id := range strings.Split(p[2], ",") {
				a.OnCall = append(a.OnCall, call.SeatID(id))
			}
		}
		if err != nil {
			return err
		}
		st.Do = append(st.Do, a)
	}
	s.rules.Plans = slices.Clone(s.rules.Plans)
	s.rules.Plans[i].Steps = append(slices.Clone(s.rules.Plans[i].Steps), st)
	return nil
}

// force: force day/qa on by 9001.
func (s *script) force(w []string) (Input, error) {
	plan, step, _ := strings.Cut(w[0], "/")
	in := PlanForce{Plan: plan, Step: step, By: w[3]}
	return in, in.Hold.UnmarshalText([]byte(w[1]))
}

// many: calls A1-A6 enter general, calls A1-A3 leave.
func (s *script) many(now time.Time, w []string) error {
	first, last, _ := strings.Cut(w[0], "-")
	name := strings.TrimRight(first, "0123456789")
	from, err := strconv.Atoi(first[len(name):])
	if err != nil {
		return err
	}
	to, err := strconv.Atoi(last[len(name):])
	for n := from; n <= to && err == nil; n++ {
		var in Input
		in, err = s.happens(append([]string{"call", name + strconv.Itoa(n), strings.TrimSuffix(w[1], "s") + "s"}, w[2:]...))
		if err == nil {
			s.tell(s.worthTelling(s.engine.Step(now, in)))
		}
	}
	return err
}

// worthTelling leaves out what is not about plans, where the script says so.
func (s *script) worthTelling(effects []Effect) []Effect {
	if !s.plans {
		return effects
	}
	var out []Effect
	for _, ef := range effects {
		if planSentence(ef) != "" {
			out = append(out, ef)
		}
		if o, ok := ef.(Offer); ok {
			s.offers = append(s.offers, o.Offer)
		}
	}
	return out
}

func planSentence(ef Effect) string {
	switch ef := ef.(type) {
	case PlanStepOn:
		short := ""
		if ef.Short > 0 {
			short = fmt.Sprintf(", %d short", ef.Short)
		}
		return fmt.Sprintf("PLAN %s step %d %s is in force, with seats %v%s: %s", ef.Plan, ef.Number, ef.Step, ef.Seats, short, ef.Reason)
	case PlanStepOff:
		return fmt.Sprintf("PLAN %s step %d %s is taken back, with seats %v: %s", ef.Plan, ef.Number, ef.Step, ef.Seats, ef.Reason)
	case SeatLent:
		return fmt.Sprintf("%s is lent to %s: %s", ef.Seat, strings.Join(ef.Queues, " "), ef.Reason)
	case SeatReturned:
		return fmt.Sprintf("%s is let go%s: %s", ef.Seat, bracket(string(ef.Call)), ef.Reason)
	case PlanPage:
		return fmt.Sprintf("PAGE %s, call in %v, also off shift %v, %s: %s", ef.List, ef.Call, ef.OffShift, staffed(ef.Staffing), ef.Reason)
	case PlayUrgent:
		return fmt.Sprintf("%s hears %s in %s: %s", ef.Call, ef.Prompt, ef.Queue, ef.Reason)
	}
	return ""
}

func (s *script) showPlans() {
	clock := func(t time.Time) string { return t.Format("15:04:05") }
	for _, p := range s.engine.View().Plans {
		fmt.Fprintf(&s.out, "    | plan %s: open %v, waiting %d, ready %d", p.Name, p.Open, p.Figures.Waiting, p.Figures.SeatsReady)
		if !p.ReleaseDue.IsZero() {
			fmt.Fprintf(&s.out, ", next release at %s", clock(p.ReleaseDue))
		}
		s.out.WriteString("\n")
		for _, st := range p.Steps {
			fmt.Fprintf(&s.out, "    |   %s (%s: %s): active %v, hold %s%s", st.Name, st.When, strings.Join(st.Do, ", "), st.Active, st.Hold, bracket(st.By))
			if !st.Due.IsZero() {
				fmt.Fprintf(&s.out, ", due at %s", clock(st.Due))
			}
			if len(st.Seats) > 0 {
				fmt.Fprintf(&s.out, ", lends %v", st.Seats)
			}
			s.out.WriteString("\n")
		}
	}
}

// staffed says what a page says of the load.
func staffed(s Staffing) string {
	words := fmt.Sprintf("%d calls in %s, %s each, patience %s, %d at work", s.Arrived, span(s.Over), span(s.Handle), span(s.Patience), s.AtWork)
	if needed, ok := s.Needed(); ok {
		short, _ := s.Short()
		return words + fmt.Sprintf(", %d needed for %d %% in %s, %d short", needed, s.Percent, span(s.Within), short)
	}
	return words + ", needed unknown"
}

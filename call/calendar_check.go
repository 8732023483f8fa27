package call

import (
	"time"
)

// resolve checks the calendar and looks its zone up.
func (c *Calendar) resolve() error {
	// "" and "Local" are zones to the time package, but another one on each machine.
	if c.Zone == "" || c.Zone == "Local" {
		return Errorf(CodeInvalid, "calendar %q: zone %q is not a place; name one, such as Asia/Shanghai", c.Name, c.Zone)
	}
	loc, err := time.LoadLocation(c.Zone)
	if err != nil {
		return Errorf(CodeInvalid, "calendar %q: zone %q is unknown; name one such as Asia/Shanghai: %w", c.Name, c.Zone, err)
	}
	if err := c.check(); err != nil {
		return Errorf(CodeInvalid, "calendar %q: %w", c.Name, err)
	}
	c.loc = loc
	return nil
}

// check finds the first mistake in the calendar's days and spans.
func (c *Calendar) check() error {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if err := c.Open[day].Check(); err != nil {
			return err
		}
	}
	for day := range c.Open {
		if day < time.Sunday || day > time.Saturday {
			return Errorf(CodeInvalid, "%d is no weekday; they are 0 (Sunday) to 6", int(day))
		}
	}
	for _, h := range c.Holidays {
		if err := h.Check(); err != nil {
			return err
		}
	}
	for _, d := range c.Workdays {
		if err := d.Check(); err != nil {
			return err
		}
	}
	for _, s := range c.Special {
		if err := s.Date.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Check reports a span that lies outside the day.
func (s Spans) Check() error {
	for _, v := range s {
		if v.From < 0 || v.From >= minutesADay || v.To < 0 || v.To > minutesADay {
			return Errorf(CodeInvalid, "a span of minutes %d to %d is not within a day; 0 is 00:00, %d is 24:00 and only an end", v.From, v.To, minutesADay)
		}
	}
	return nil
}

// Check reports dates that are none, and a range that ends before it begins.
func (h Holiday) Check() error {
	if err := h.From.Check(); err != nil {
		return err
	}
	if err := h.To.Check(); err != nil {
		return err
	}
	if (h.From.Year == 0) != (h.To.Year == 0) {
		return Errorf(CodeInvalid, "a holiday's from and to must both have a year, or neither")
	}
	if h.From.Year != 0 && h.From.order() > h.To.order() {
		return Errorf(CodeInvalid, "a holiday ends on %s before it begins on %s", h.To, h.From)
	}
	return h.Open.Check()
}

// Check reports a date that no calendar has; without a year, 02-29 is one.
func (d Date) Check() error {
	year := d.Year
	if year == 0 {
		year = 2000 // a leap year
	}
	t := time.Date(year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	if year < 1 || year > 9999 || t.Month() != d.Month || t.Day() != d.Day {
		return Errorf(CodeInvalid, "%s is no date", d)
	}
	return nil
}

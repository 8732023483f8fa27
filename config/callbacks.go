package config

import (
	"fmt"
	"time"

	"hotline/acd"
	"hotline/call"
)

// The defaults of callbacks. Without a callback block nothing is offered by itself,
// but overflow to callback may lead there, and POST /callbacks may ask for one.
const (
	defaultBackTries  = 3
	defaultBackGap    = 10 * time.Minute
	defaultBackRing   = 45 * time.Second
	defaultOfferAfter = time.Minute
	mostBackTries     = 10
	mostPeakSeats     = 10_000
)

// quietNone says that customers may be called at any hour.
const quietNone = "none"

// defaultQuiet is when nobody is called back who has not been asked: 21:00 to 08:00, in the site's zone.
func defaultQuiet() call.Spans { return call.Spans{{From: 21 * 60, To: 8 * 60}} }

// LostCalls is who works a queue's lost calls (呼损回拨).
type LostCalls uint8

// The ways.
const (
	LostCallsList LostCalls = iota // agents take them off the list
	LostCallsAuto                  // they are dealt to seats when nobody waits
)

var lostCallsWays = []string{"list", "auto"}

func (l LostCalls) String() string { return enumName(lostCallsWays, l) }

// MarshalText gives the way's name.
func (l LostCalls) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// callback reads what a queue says of callbacks and lost calls.
func (b *builder) callback(f *fields, s *settings) {
	s.rest.LostCalls = oneOf(f, "lost_calls", lostCallsWays, s.rest.LostCalls)
	base := s.engine.Callbacks
	if base.Tries == 0 {
		base = acd.CallbackRules{Tries: defaultBackTries, Gap: defaultBackGap, Quiet: b.quietHours(defaultQuiet())}
	}
	s.engine.Callbacks = base
	v := f.get("callback")
	if v == nil {
		return
	}
	c := b.fields(v, "callback")
	was := Callback{OfferAfter: defaultOfferAfter, Ring: defaultBackRing}
	if s.rest.Callback != nil {
		was = *s.rest.Callback
	} else if c.got["offer_wait"] != nil {
		was.OfferAfter = 0 // by the expected wait alone
	}
	s.rest.Callback = &Callback{
		OfferAfter: c.duration("offer_after", was.OfferAfter, 0), OfferWait: c.duration("offer_wait", was.OfferWait, 0),
		Ring: c.duration("ring", was.Ring, 5*time.Second),
	}
	s.engine.Callbacks = acd.CallbackRules{
		Tries: c.integer("tries", base.Tries, 1, mostBackTries), Gap: c.duration("gap", base.Gap, time.Second),
		PeakSeats: c.integer("peak_seats", base.PeakSeats, 0, mostPeakSeats), Quiet: b.quiet(c.get("quiet"), base.Quiet),
	}
	c.close()
}

// quiet reads the hours in which nobody is called; nil: there are none.
func (b *builder) quiet(v *value, def *call.Calendar) *call.Calendar {
	switch {
	case v == nil:
		return def
	case v.kind == kindScalar && v.text == quietNone:
		return nil
	}
	return b.quietHours(b.spans(v, "quiet"))
}

func (b *builder) quietHours(spans call.Spans) *call.Calendar {
	c := call.Calendar{Name: "quiet hours", Zone: b.site.Zone.String(), Open: map[time.Weekday]call.Spans{}}
	for d := time.Sunday; d <= time.Saturday; d++ {
		c.Open[d] = spans
	}
	made, err := call.NewCalendar(c)
	if err != nil { // spans have been checked, the zone has been found
		return nil
	}
	return made
}

// offerRules are the overflow rules that the callback block stands for: the caller is asked, and waits meanwhile.
func (c *Callback) offerRules() (out []acd.Overflow) {
	if c == nil {
		return nil
	}
	to := acd.Target{Kind: acd.ToCallback}
	if c.OfferWait > 0 {
		out = append(out, acd.Overflow{When: acd.WhenEstimatedWait, After: c.OfferWait, To: to, Ask: true})
	}
	if c.OfferAfter > 0 {
		out = append(out, acd.Overflow{When: acd.WhenWaited, After: c.OfferAfter, To: to, Ask: true})
	}
	return out
}

// callbackHints tells of callbacks that nobody could make.
func (b *builder) callbackHints() {
	if trunks, _ := b.waysOut(); len(trunks) > 0 {
		return
	}
	for i, q := range b.site.Queues {
		asked := q.Callback != nil || q.LostCalls == LostCallsAuto
		for _, o := range b.site.Rules.Queues[i].Overflow {
			asked = asked || o.To.Kind == acd.ToCallback
		}
		if asked {
			b.site.Hints = append(b.site.Hints, fmt.Sprintf("queue %s: callbacks are offered, and no trunk has a proxy by which anybody could be called", q.Name))
		}
	}
}

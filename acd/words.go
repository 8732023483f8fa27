package acd

import (
	"strconv"
	"time"
)

// whyOffered says in plain words why this seat gets this call: the seat's turn, then the call's.
func (e *Engine) whyOffered(c *caller, s *seat) string {
	b := make([]byte, 0, 192)
	b = append(b, "agent "...)
	b = append(b, s.agent.ID...)
	b = append(b, " ("...)
	b = append(b, s.agent.Group...)
	b = append(b, ')')
	if c.known != nil && c.back != nil {
		b = append(b, " has taken it"...)
	} else if c.known != nil {
		b = append(b, " took the caller's last call, "...)
		b = appendSpan(b, e.sinceLast(c))
		b = append(b, " ago"...)
	} else {
		b = e.appendTurn(b, c, s, c.chosenFrom(s))
	}
	b = append(b, "; first in turn: waiting "...)
	b = appendSpan(b, e.waitedFor(c))
	b = append(b, ", "...)
	b = append(b, c.q.Name...)
	b = append(b, " priority "...)
	b = strconv.AppendInt(b, int64(c.urgency()), 10)
	return string(b)
}

// chosenFrom names the seats among which a strategy chose.
func (c *caller) chosenFrom(s *seat) string {
	switch tier := c.in.linkOf(s.class).tier; {
	case tier == tierLent:
		return "of those lent to the queue"
	case tier == tierHome && c.in.hasLent():
		return "of the queue's own seats"
	case c.level == 0:
		return "of those who may take it"
	case tier == tierHome:
		return "of the queue's own seats"
	default:
		return "of those who may take it since the search was widened"
	}
}

// hasLent tells whether seats lent by a plan may take the pool's calls.
func (d *demand) hasLent() bool {
	n := len(d.supplies)
	return n > 0 && d.supplies[n-1].tier == tierLent
}

// linkOf is how the seats of a supply come to take the pool's calls.
func (d *demand) linkOf(p *supply) link {
	for _, l := range d.supplies {
		if l.supply == p {
			return l
		}
	}
	return link{supply: p}
}

// span is a duration for people: 8 s, 1 min 5 s, 2 h 3 min.
func span(d time.Duration) string { return string(appendSpan(nil, d)) }

func appendSpan(b []byte, d time.Duration) []byte {
	s := int64(d / time.Second)
	switch {
	case s < 60:
		return append(strconv.AppendInt(b, s, 10), " s"...)
	case s < 3600:
		b = append(strconv.AppendInt(b, s/60, 10), " min"...)
		if s%60 == 0 {
			return b
		}
		b = append(b, ' ')
		return append(strconv.AppendInt(b, s%60, 10), " s"...)
	}
	b = append(strconv.AppendInt(b, s/3600, 10), " h"...)
	if s/60%60 == 0 {
		return b
	}
	b = append(b, ' ')
	return append(strconv.AppendInt(b, s/60%60, 10), " min"...)
}

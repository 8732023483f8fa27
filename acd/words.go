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
	b = append(b, ") has been ready for "...)
	b = appendSpan(b, time.Duration(e.now-s.idle))
	switch {
	case c.level == 0:
		b = append(b, ", the longest of those who may take it"...)
	case c.in.tierOf(s.class) == tierHome:
		b = append(b, ", the longest of the queue's own seats"...)
	default:
		b = append(b, ", the longest of those who may take it since the search was widened"...)
	}
	b = append(b, "; first in turn: waiting "...)
	b = appendSpan(b, e.waitedFor(c))
	b = append(b, ", "...)
	b = append(b, c.q.Name...)
	b = append(b, " priority "...)
	b = strconv.AppendInt(b, int64(c.priority), 10)
	return string(b)
}

func (d *demand) tierOf(p *supply) int {
	for _, l := range d.supplies {
		if l.supply == p {
			return l.tier
		}
	}
	return tierHome
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

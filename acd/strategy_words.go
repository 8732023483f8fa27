package acd

import (
	"strconv"
	"time"
)

// appendTurn says why it is this seat's turn, by the queue's strategy. "of whom"
// names those it was chosen from.
func (e *Engine) appendTurn(b []byte, c *caller, s *seat, ofWhom string) []byte {
	switch c.q.Strategy {
	case RoundRobin:
		if s.turn == 0 {
			return append(append(b, " has not been rung yet; its turn comes first "...), ofWhom...)
		}
		return append(append(b, " was last rung longest ago "...), ofWhom...)
	case LeastCalls:
		b = append(b, " has picked up "...)
		b = strconv.AppendUint(b, s.calls, 10)
		return append(append(b, " calls since signing in, the fewest "...), ofWhom...)
	case BestSkill:
		b = append(b, " has level "...)
		b = appendGrade(b, c.in.linkOf(s.class).grade)
		b = append(b, " in what the call asks for, the highest "...)
		b = append(append(b, ofWhom...), ", ready for "...)
		return appendSpan(b, time.Duration(e.now-s.idle))
	case TopDown:
		return append(append(b, " stands highest in the site's list "...), ofWhom...)
	case Random:
		return append(append(b, " was drawn by lot "...), ofWhom...)
	case Weighted:
		b = append(b, " was drawn by lot, with weight "...)
		b = strconv.AppendInt(b, int64(s.lots(Weighted)), 10)
		return append(append(append(b, ',', ' '), "out "...), ofWhom...)
	case RingAll:
		b = append(b, " is one of up to "...)
		b = strconv.AppendInt(b, int64(c.q.ringMost()), 10)
		return append(append(b, " rung at once "...), ofWhom...)
	case LongestIdle:
	}
	b = append(b, " has been ready for "...)
	b = appendSpan(b, time.Duration(e.now-s.idle))
	return append(append(b, ", the longest "...), ofWhom...)
}

// appendGrade writes a mean level as 4 or 3.5.
func appendGrade(b []byte, grade int) []byte {
	return strconv.AppendFloat(b, float64(grade)/gradeScale, 'g', 3, 64)
}

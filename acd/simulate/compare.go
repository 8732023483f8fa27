package simulate

import (
	"fmt"
	"strconv"
	"strings"
)

// CompareTable is two runs side by side, on the same callers: each queue's
// figures under the first site, under the second, and the difference.
func CompareTable(a, b *Result) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d calls, %s to %s\nA: %s\nB: %s\n\n", a.Calls, stamp(a.From.In(a.Zone)), stamp(a.To.In(a.Zone)), a.Site, b.Site)
	g := grid{heads: []string{
		"queue", "", "offered", "answered", "left", "short", "overflow", "open", "SL-1", "SL-2", "SL-3", "SL-4", "ASA", "longest", "seats", "occupancy",
	}}
	other := map[string]Line{}
	for _, l := range b.Totals() {
		other[l.Queue] = l
	}
	for _, l := range a.Totals() {
		x, both := other[l.Queue]
		delete(other, l.Queue)
		g.add(l.compared(l.Queue, "A")...)
		if both {
			g.add(x.compared("", "B")...)
			g.add(difference(&l, &x)...)
		}
	}
	for _, l := range b.Totals() {
		if _, only := other[l.Queue]; only {
			g.add(l.compared(l.Queue, "B")...)
		}
	}
	out.WriteString(g.String())
	writeComparedIntervals(&out, a, b)
	return out.String()
}

func (l *Line) compared(queue, site string) []string {
	return []string{
		queue, site, strconv.Itoa(l.Offered), strconv.Itoa(l.Answered), strconv.Itoa(l.Abandoned), strconv.Itoa(l.ShortAbandons),
		strconv.Itoa(l.Overflowed), strconv.Itoa(l.LeftOver), percent(l.SL1), percent(l.SL2), percent(l.SL3), percent(l.SL4),
		seconds(l.ASA), seconds(&l.Longest), fmt.Sprintf("%.1f", l.Seats), percent(l.Occupancy),
	}
}

// difference is B − A.
func difference(a, b *Line) []string {
	row := []string{"", "B−A"}
	for _, n := range []int{
		b.Offered - a.Offered, b.Answered - a.Answered, b.Abandoned - a.Abandoned, b.ShortAbandons - a.ShortAbandons,
		b.Overflowed - a.Overflowed, b.LeftOver - a.LeftOver,
	} {
		row = append(row, fmt.Sprintf("%+d", n))
	}
	points := func(x, y *float64) { row = append(row, signed(x, y, 100, "%+.1f")) }
	points(a.SL1, b.SL1)
	points(a.SL2, b.SL2)
	points(a.SL3, b.SL3)
	points(a.SL4, b.SL4)
	row = append(row, signed(a.ASA, b.ASA, 1, "%+.1f s"), signed(&a.Longest, &b.Longest, 1, "%+.0f s"), signed(&a.Seats, &b.Seats, 1, "%+.1f"))
	points(a.Occupancy, b.Occupancy)
	return row
}

func signed(a, b *float64, scale float64, format string) string {
	if a == nil || b == nil {
		return "–"
	}
	return fmt.Sprintf(format, (*b-*a)*scale)
}

// writeComparedIntervals shows what differs most, interval by interval, over all queues.
func writeComparedIntervals(out *strings.Builder, a, b *Result) {
	g := grid{heads: []string{"interval", "offered", "SL-4 A", "SL-4 B", "ASA A", "ASA B", "left A", "left B", "seats A", "seats B"}}
	of := b.intervals(AllQueues, &b.All)
	for i, l := range a.intervals(AllQueues, &a.All) {
		if i >= len(of) {
			break
		}
		x := of[i]
		g.add(l.From.Format("2006-01-02 15:04"), strconv.Itoa(l.Offered), percent(l.SL4), percent(x.SL4), seconds(l.ASA), seconds(x.ASA),
			strconv.Itoa(l.Abandoned), strconv.Itoa(x.Abandoned), fmt.Sprintf("%.1f", l.Seats), fmt.Sprintf("%.1f", x.Seats))
	}
	out.WriteString("\n" + g.String())
}

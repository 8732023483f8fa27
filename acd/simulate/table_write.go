package simulate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hotline/acd"
)

// grid is a table of text: the first column to the left and figures to the
// right, or all to the left where it is words.
type grid struct {
	heads []string
	words bool
	rows  [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) String() string {
	rows := append([][]string{g.heads}, g.rows...)
	widths := make([]int, len(g.heads))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 || g.words {
				cell += pad
			} else {
				cell = pad + cell
			}
			line += cell + "  "
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// lineHeads are the columns of a Line in tables.
func lineHeads(first string) []string {
	return []string{
		first, "offered", "answered", "left", "ringing", "short", "overflow", "open",
		"SL-1", "SL-2", "SL-3", "SL-4", "ASA", "longest", "seats", "occupancy",
	}
}

func (l *Line) cells(first string) []string {
	return []string{
		first, strconv.Itoa(l.Offered), strconv.Itoa(l.Answered), strconv.Itoa(l.Abandoned), strconv.Itoa(l.LeftRinging),
		strconv.Itoa(l.ShortAbandons), strconv.Itoa(l.Overflowed), strconv.Itoa(l.LeftOver),
		percent(l.SL1), percent(l.SL2), percent(l.SL3), percent(l.SL4),
		seconds(l.ASA), seconds(&l.Longest), fmt.Sprintf("%.1f", l.Seats), percent(l.Occupancy),
	}
}

func percent(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", *v*100)
}

func seconds(v *float64) string {
	switch {
	case v == nil:
		return "–"
	case *v < 100:
		return fmt.Sprintf("%.1f s", *v)
	}
	d := time.Duration(*v * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(d.Seconds())%60)
}

// Table is the run for people to read. byQueue adds every queue's intervals.
func (r *Result) Table(byQueue bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d calls, %s to %s\n\n", r.Site, r.Calls, stamp(r.From.In(r.Zone)), stamp(r.To.In(r.Zone)))
	g := grid{heads: lineHeads("queue")}
	for _, l := range r.Totals() {
		g.add(l.cells(l.Queue)...)
	}
	b.WriteString(g.String())
	b.WriteString("left: gave up after the short-abandon time, of these ringing: a phone rang for them; open: nobody came until the run ended\n")
	b.WriteString("SL-1 (a+b)/(A+B), SL-2 a/A, SL-3 a/(A+B), SL-4 a/(A+B−b); a, b within the queue's target; short abandons in none\n")
	r.writeIntervals(&b, AllQueues, &r.All)
	if byQueue {
		for i := range r.Queues {
			r.writeIntervals(&b, r.Queues[i].Name, &r.Queues[i].Series)
		}
	}
	r.writeFlows(&b)
	r.writeGroups(&b)
	r.writeNotes(&b)
	return b.String()
}

func (r *Result) writeIntervals(b *strings.Builder, name string, s *Series) {
	g := grid{heads: lineHeads(name)}
	day := ""
	for _, l := range r.intervals(name, s) {
		when := l.From.Format("15:04")
		if d := l.From.Format(time.DateOnly); d != day && len(s.Intervals) > 1 {
			when, day = d+" "+when, d
		} else {
			when = strings.Repeat(" ", len(day)+1) + when
		}
		g.add(l.cells(when)...)
	}
	b.WriteString("\n" + g.String())
}

func (r *Result) writeFlows(b *strings.Builder) {
	g := grid{heads: []string{"queue", "overflow", "calls"}}
	for _, f := range r.flows() {
		g.add(f.queue, f.rule, strconv.Itoa(f.times))
	}
	if len(g.rows) > 0 {
		b.WriteString("\n" + g.String())
	}
}

func (r *Result) writeGroups(b *strings.Builder) {
	g := grid{heads: []string{"group", "agents", "seats", "on break", "occupancy"}}
	whole := float64(r.To.Sub(r.From))
	for _, x := range r.Groups {
		g.add(x.Name, strconv.Itoa(x.Agents), fmt.Sprintf("%.1f", float64(x.Seats.SignedIn)/whole),
			fmt.Sprintf("%.1f", float64(x.Seats.Break)/whole), percent(maybe(x.Seats.Occupancy())))
	}
	b.WriteString("\n" + g.String())
	if r.Unanswered > 0 {
		fmt.Fprintf(b, "%d offers rang in vain\n", r.Unanswered)
	}
}

// shownNotes is how many a table lists; json has all.
const shownNotes = 200

// writeNotes lists what the engine decided beside calls and seats. Single
// seats that a plan lends are counted only: its steps say how many.
func (r *Result) writeNotes(b *strings.Builder) {
	g := grid{heads: []string{"when", "what", ""}, words: true}
	lent, returned, more := 0, 0, r.NotesLeftOut
	for _, n := range r.Notes {
		switch {
		case n.Kind == (acd.SeatLent{}).Kind():
			lent++
		case n.Kind == (acd.SeatReturned{}).Kind():
			returned++
		case len(g.rows) == shownNotes:
			more++
		default:
			g.add(stamp(n.At.In(r.Zone)), n.Kind, n.Words())
		}
	}
	if len(g.rows) > 0 {
		b.WriteString("\n" + g.String())
	}
	if more > 0 {
		fmt.Fprintf(b, "and %d more\n", more)
	}
	if r.Urgent > 0 {
		fmt.Fprintf(b, "urgent prompts heard by callers: %d\n", r.Urgent)
	}
	if lent+returned > 0 {
		fmt.Fprintf(b, "seats lent by plans: %d, taken back: %d\n", lent, returned)
	}
}

func stamp(t time.Time) string { return t.Format(time.DateTime) }

// shortfall is what a page says of the seats that are missing.
func (n Note) shortfall() string {
	var page acd.PlanPage
	if n.Kind != page.Kind() || json.Unmarshal(n.Data, &page) != nil {
		return ""
	}
	needed, known := page.Staffing.Needed()
	if !known {
		return "; seats needed: unknown yet"
	}
	short, _ := page.Staffing.Short()
	return fmt.Sprintf("; %d seats needed, %d at work, %d short", needed, page.Staffing.AtWork, short)
}

// Words are what the note says: whom it is about and the engine's reason, or,
// where it gives none, every field in the order of their names.
func (n Note) Words() string {
	var about struct{ Plan, Step, Seat, Call, List, Reason, Words string }
	var fields map[string]any
	if json.Unmarshal(n.Data, &fields) != nil {
		return string(n.Data)
	}
	if json.Unmarshal(n.Data, &about) == nil && about.Reason+about.Words != "" {
		subjects := slices.DeleteFunc([]string{about.Plan, about.Step, about.Seat, about.Call, about.List}, func(s string) bool { return s == "" })
		return strings.TrimPrefix(strings.Join(subjects, "/")+": "+about.Reason+about.Words+n.shortfall(), ": ")
	}
	words := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		words = append(words, fmt.Sprintf("%s=%v", name, fields[name]))
	}
	return strings.Join(words, " ")
}

package simulate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// exported is a run in JSON.
type exported struct {
	Site         string        `json:"site"`
	From         time.Time     `json:"from"`
	To           time.Time     `json:"to"`
	Interval     float64       `json:"interval_seconds"`
	Calls        int           `json:"calls"`
	Unanswered   int           `json:"offers_unanswered"`
	Urgent       int           `json:"urgent_prompts"`
	Totals       []Line        `json:"totals"`
	Intervals    []Line        `json:"intervals"`
	Groups       []groupExport `json:"groups"`
	Seats        []GroupSeats  `json:"seats_for,omitempty"`
	Plans        []Note        `json:"plans"`
	PlansLeftOut int           `json:"plans_left_out,omitempty"`
}

type groupExport struct {
	Group     string   `json:"group"`
	Agents    int      `json:"agents"`
	SignedIn  float64  `json:"signed_in_seconds"`
	Busy      float64  `json:"busy_seconds"`
	Break     float64  `json:"break_seconds"`
	Occupancy *float64 `json:"occupancy"`
}

// JSON is one run, or several side by side.
func JSON(runs ...*Result) ([]byte, error) {
	out := struct {
		Sites []exported `json:"sites"`
	}{}
	for _, r := range runs {
		out.Sites = append(out.Sites, r.export())
	}
	return json.MarshalIndent(out, "", "  ")
}

func (r *Result) export() exported {
	e := exported{
		Site: r.Site, From: r.From.In(r.Zone), To: r.To.In(r.Zone), Interval: r.Interval.Seconds(), Calls: r.Calls,
		Unanswered: r.Unanswered, Urgent: r.Urgent, Totals: r.Totals(), Intervals: r.ByInterval(),
		Groups: []groupExport{}, Seats: r.Seats, Plans: []Note{}, PlansLeftOut: r.NotesLeftOut,
	}
	e.Plans = append(e.Plans, r.Notes...)
	for _, g := range r.Groups {
		e.Groups = append(e.Groups, groupExport{
			Group: g.Name, Agents: g.Agents, SignedIn: g.Seats.SignedIn.Seconds(), Busy: g.Seats.Busy.Seconds(),
			Break: g.Seats.Break.Seconds(), Occupancy: maybe(g.Seats.Occupancy()),
		})
	}
	return e
}

// CSV has a line for each interval and queue, then the totals (interval "total"), of
// one run or of several. Plans' steps and groups are in JSON and in the table.
func CSV(runs ...*Result) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{
		"site", "interval", "from", "to", "queue", "offered", "answered", "answered_within", "abandoned", "abandoned_within",
		"abandoned_ringing", "short_abandons", "overflowed", "left_over", "sl1", "sl2", "sl3", "sl4",
		"asa_seconds", "longest_wait_seconds", "abandon_rate", "seats", "occupancy",
	}}
	for _, r := range runs {
		for _, l := range r.ByInterval() {
			rows = append(rows, l.fields(r.Site, l.From.Format("15:04")))
		}
		for _, l := range r.Totals() {
			rows = append(rows, l.fields(r.Site, "total"))
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	return b.Bytes(), nil
}

func (l *Line) fields(site, interval string) []string {
	fields := []string{site, interval, l.From.Format(time.RFC3339), l.To.Format(time.RFC3339), l.Queue}
	for _, n := range []int{
		l.Offered, l.Answered, l.AnsweredWithin, l.Abandoned, l.AbandonedWithin, l.LeftRinging,
		l.ShortAbandons, l.Overflowed, l.LeftOver,
	} {
		fields = append(fields, strconv.Itoa(n))
	}
	for _, v := range []*float64{l.SL1, l.SL2, l.SL3, l.SL4, l.ASA, &l.Longest, l.AbandonRate, &l.Seats, l.Occupancy} {
		fields = append(fields, decimal(v))
	}
	return fields
}

func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', 4, 64)
}

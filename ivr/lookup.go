package ivr

import (
	"fmt"
	"strings"
	"time"

	"hotline/call"
)

// Language has the caller hear everything from here on in a language.
type Language struct{ To At[string] } // zh or en

// CalendarNode goes on by what a calendar says of the moment.
type CalendarNode struct {
	Calendar At[string]
	Open     At[string]
	Closed   At[string]
	// Holiday is taken on a holiday, whatever its hours. Default: Open or Closed, as its hours say.
	Holiday At[string]
}

// ListNode looks a number up in a caller list.
type ListNode struct {
	List   At[string]
	Number At[string]   // an expression; default caller.number
	Into   []ListColumn // variables that take the entry's columns over
	Found  At[string]
	Else   At[string]
}

// ListColumn is a variable and the column of a list it takes over.
type ListColumn struct{ Name, Column At[string] }

// lookup is a checked calendar or list node; its edges are the node's cases and next.
type lookup struct {
	calendar *call.Calendar
	open     *node
	closed   *node
	holiday  *node // nil: as the hours say

	list    *List
	number  *expression // nil: the caller's
	into    []string    // variables
	columns []int       // of the list, for each
	found   *node
	none    *node
}

// Languages are those a caller can be spoken to in.
func Languages() []string { return []string{"zh", "en"} }

func (c *compiler) language(d *draft) {
	src, n := d.src.Language, d.node
	n.language = src.To.Value
	if !isLanguage(n.language) {
		c.report(src.To.Pos, "one of "+strings.Join(Languages(), ", "), "nobody speaks %q here", n.language)
	}
	n.next = c.next(d, true)
}

func isLanguage(name string) bool {
	for _, l := range Languages() {
		if l == name {
			return true
		}
	}
	return false
}

func (c *compiler) calendar(d *draft) {
	src, n := d.src.Calendar, d.node
	look := &lookup{}
	n.look = look
	if look.calendar = c.graph.calendar(src.Calendar.Value); look.calendar == nil {
		var names []string
		for _, k := range c.known.Calendars {
			names = append(names, k.Name)
		}
		c.report(src.Calendar.Pos, suggest("calendars", src.Calendar.Value, names), "calendar %q is unknown", src.Calendar.Value)
	}
	look.open = c.wayOf(d, src.Open, "open")
	look.closed = c.wayOf(d, src.Closed, "closed")
	if src.Holiday.IsSet() {
		look.holiday = c.edge(d, src.Holiday, true, "holiday")
	}
}

// wayOf resolves an edge that a look-up must have.
func (c *compiler) wayOf(d *draft, to At[string], key string) *node {
	if !to.IsSet() {
		c.report(d.src.Name.Pos, "add "+key+": and a node", "%s %q does not say where to go: %s", d.node.kind, d.node.name, key)
		return d.node.flow.end
	}
	return c.edge(d, to, true, key)
}

func (c *compiler) list(d *draft) {
	src, n := d.src.List, d.node
	look := &lookup{list: c.known.Lists[src.List.Value]}
	n.look = look
	if look.list == nil {
		c.report(src.List.Pos, suggest("lists", src.List.Value, keysOf(c.known.Lists)), "list %q is unknown", src.List.Value)
	}
	if src.Number.IsSet() {
		v := c.exprs.value(src.Number.Value)
		look.number = v.expression
		switch {
		case v.wrong != "":
			c.report(src.Number.Pos, v.right, "%s", v.wrong)
		case v.gives != "" && v.gives != "string" && v.gives != "int":
			c.report(src.Number.Pos, "give it text, as vars.account", "value %q is %s, no number to look up", src.Number.Value, typeWord(v.gives))
		}
	}
	for _, p := range src.Into {
		c.column(look, p)
	}
	look.found = c.wayOf(d, src.Found, "found")
	look.none = c.wayOf(d, src.Else, "else")
}

// column finds the column that a variable takes over.
func (c *compiler) column(look *lookup, p ListColumn) {
	if !isWord(p.Name.Value) {
		c.report(p.Name.Pos, variableRule, "variable %q can't be read as vars.NAME", p.Name.Value)
	}
	if look.list == nil {
		return
	}
	if at := look.list.column(p.Column.Value); at >= 0 {
		look.into, look.columns = append(look.into, p.Name.Value), append(look.columns, at)
	} else if look.list.Rows != nil { // else it could not be read, which is told
		c.report(p.Column.Pos, suggest("columns", p.Column.Value, look.list.names()), "list %q has no column %q", look.list.Name, p.Column.Value)
	}
}

// speak changes the caller's language.
func (st *step) speak(n *node) (*node, string) {
	st.Vars.Language = n.language
	st.do(call.FlowLanguage{Language: n.language})
	return n.next, "speaks " + n.language
}

// byCalendar goes on by the calendar.
func (st *step) byCalendar(n *node) (*node, string) {
	look, now := n.look, st.now.In(n.look.calendar.Location())
	if _, holiday := look.calendar.HolidayAt(now); holiday && look.holiday != nil {
		return look.holiday, "a holiday of " + look.calendar.Name
	}
	if look.calendar.IsOpen(now) {
		return look.open, fmt.Sprintf("%s is open at %s", look.calendar.Name, now.Format("Mon "+time.DateTime))
	}
	return look.closed, fmt.Sprintf("%s is closed at %s", look.calendar.Name, now.Format("Mon "+time.DateTime))
}

// byList goes on by whether a number is on the list.
func (st *step) byList(n *node) (*node, string) {
	look, number := n.look, st.Vars.Caller.Number
	if look.number != nil {
		v, err := look.number.value(st.graph.env(st.now, &st.Vars))
		if err != nil {
			return look.none, "the number to look up could not be had"
		}
		number = textOf(v)
	}
	row, ok := look.list.row(number)
	if !ok {
		return look.none, "not on list " + look.list.Name
	}
	why := "on list " + look.list.Name
	for i, name := range look.into {
		text, at := "", look.columns[i]
		if at < len(row) {
			text = row[at]
		}
		if text == "" && look.list.Columns[at].Type != call.PickText { // a number is never silently 0
			delete(st.Vars.Values, name)
			continue
		}
		if !st.assign(name, text) {
			why += ", but there is no room for " + name
		}
	}
	return look.found, why
}

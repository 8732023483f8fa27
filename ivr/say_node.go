package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
	"hotline/ivr/say"
)

// saying is one thing a say node says.
type saying struct {
	as      string
	value   *expression
	text    string // the expression, for the timeline
	measure say.Measure
	counted bool
}

// measureNames are what a number may count, by their name in the site.
var measureNames = map[string]say.Measure{"persons": say.Persons, "items": say.Items, "times": say.Times}

// sayable are the ways of saying a value, and what its expression may give beside text.
var sayable = map[string][]string{
	"number":   {"string", "int", "float64"},
	"digits":   {"string", "int"},
	"money":    {"string", "int", "float64"},
	"date":     {"string", "time.Time"},
	"time":     {"string", "time.Time"},
	"duration": {"string", "time.Duration", "int"},
	"ahead":    {"int"}, // of a waiting caller: how many are before him
	"wait":     {"int", "time.Duration"},
}

// SayWays are the ways of saying a value: the keys of a SayItem.
func SayWays() []string { return slices.Sorted(maps.Keys(sayable)) }

// keepable are the types a variable can keep.
var keepable = typeGo[typeText:]

func (c *compiler) say(d *draft) {
	src, n := d.src.Say, d.node
	if len(src.Items) == 0 {
		c.report(d.src.Name.Pos, "give it prompts and values, as [balance_is, {money: vars.balance}]", "node %q says nothing", n.name)
	}
	c.bounded(d, len(src.Items))
	n.words = &words{}
	for _, item := range src.Items {
		switch {
		case item.Text != nil:
			c.addText(n.words, item.Text)
		case item.As.Value != "":
			n.words.pieces = append(n.words.pieces, piece{value: c.saying(item)})
		case c.prompt(d, item.Value):
			n.words.addPrompt(item.Value.Value)
		}
	}
	c.textsOf(d, n.words, src.Timeout)
	n.bargeIn = src.BargeIn.Value
	n.next = c.next(d, true)
	c.onTextFault(d)
}

// saying checks one value and how it is said.
func (c *compiler) saying(item SayItem) *saying {
	s := &saying{as: item.As.Value, text: item.Value.Value}
	types, known := sayable[s.as]
	if !known {
		c.report(item.As.Pos, suggest("ways", s.as, keysOf(sayable)), "nothing can be said as %q", s.as)
	}
	v := c.exprs.value(s.text)
	s.value = v.expression
	switch {
	case v.wrong != "":
		c.report(item.Value.Pos, v.right, "%s", v.wrong)
	case known && v.gives != "" && !slices.Contains(types, v.gives):
		c.report(item.Value.Pos, "give it "+typesOr(types), "value %q is %s, which can't be said as %s", s.text, typeWord(v.gives), s.as)
	}
	if item.Measure.IsSet() {
		s.measure, s.counted = measureNames[item.Measure.Value]
		switch {
		case !s.counted:
			c.report(item.Measure.Pos, "persons, items or times", "nothing is counted in %q", item.Measure.Value)
		case s.as != "number":
			c.report(item.Measure.Pos, "remove it; a number has one", "a %s has no measure", s.as)
		}
	}
	return s
}

// parts are the prompts that say one thing now.
func (s *saying) parts(env *exprEnv) ([]string, error) {
	language := env.Language
	v, err := s.value.value(env)
	if err != nil {
		return nil, err
	}
	switch s.as {
	case "number":
		n, err := wholeOf(v)
		if err == nil && s.counted {
			return say.Count(language, n, s.measure), nil
		}
		return say.Number(language, n), err
	case "digits":
		digits := say.Digits(textOf(v))
		if len(digits) == 0 || len(digits) > say.MostParts {
			return nil, fmt.Errorf("%d digits", len(digits))
		}
		return digits, nil
	case "money":
		amount, err := fenOf(textOf(v))
		return say.Money(language, amount), err
	case "date", "time":
		return momentParts(language, s.as, v, env.Now.Location())
	case "ahead", "wait":
		return placeParts(language, s.as, v)
	default:
		d, err := lengthOf(v)
		return say.Length(language, d), err
	}
}

// placeParts says where a waiting caller stands, or how long he has still to expect. A negative figure is not known.
func placeParts(language, as string, v any) ([]string, error) {
	n, isCount := v.(int)
	if d, ok := v.(time.Duration); ok {
		n, isCount = int(d/time.Second), true
	}
	switch {
	case !isCount || n < 0 || n > int(longestSaid/time.Second):
		return nil, fmt.Errorf("%s is not known", as)
	case as == "ahead":
		return say.Ahead(language, n), nil
	}
	return say.Wait(language, time.Duration(n)*time.Second), nil
}

// momentParts says a day or a time of day in the site's zone.
func momentParts(language, as string, v any, zone *time.Location) ([]string, error) {
	t, isTime := v.(time.Time)
	if !isTime {
		var err error
		layouts := map[string][]string{
			"date": {time.DateOnly, time.RFC3339}, "time": {"15:04", time.TimeOnly, time.RFC3339},
		}[as]
		for _, layout := range layouts {
			if t, err = time.ParseInLocation(layout, textOf(v), zone); err == nil {
				break
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no %s", textOf(v), as)
		}
	}
	if as == "date" {
		return say.Date(language, t.In(zone)), nil
	}
	return say.Clock(language, t.In(zone)), nil
}

// wholeOf reads a whole number; a fraction is rounded down.
func wholeOf(v any) (int64, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case float64:
		if v != v || v > 1<<62 || v < -1<<62 {
			return 0, fmt.Errorf("%v is no number that can be said", v)
		}
		return int64(v), nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(textOf(v)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", textOf(v))
	}
	return n, nil
}

// fenOf reads an amount of yuan with at most two decimals, exactly; more are refused, not rounded.
func fenOf(text string) (int64, error) {
	text = strings.TrimSpace(text)
	whole, part, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	for len(part) < 2 {
		part += "0"
	}
	n, err := strconv.ParseUint(whole+part[:2], 10, 63)
	if err != nil || strings.Trim(part[2:], "0") != "" || whole == "" || whole[0] == '+' {
		return 0, fmt.Errorf("%q is no amount of yuan", text)
	}
	if strings.HasPrefix(text, "-") {
		return -int64(n), nil
	}
	return int64(n), nil
}

// lengthOf reads a length of time: of its own kind, 90s as text, or a number of seconds.
func lengthOf(v any) (time.Duration, error) {
	if d, ok := v.(time.Duration); ok {
		return d, nil
	}
	if d, err := time.ParseDuration(textOf(v)); err == nil {
		return d, nil
	}
	n, err := wholeOf(v)
	if err != nil || n > int64(longestSaid/time.Second) || n < 0 {
		return 0, fmt.Errorf("%q is no length of time", textOf(v))
	}
	return time.Duration(n) * time.Second, nil
}

// longestSaid is the longest time said from a number of seconds.
const longestSaid = 100 * 365 * 24 * time.Hour

// textOf is a value as a variable keeps it.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.Format(time.RFC3339)
	case time.Duration:
		return v.String()
	}
	return ""
}

// setting is one variable a set node sets.
type setting struct {
	name  string
	value *expression
	text  string
}

// The bounds of what a session keeps.
const (
	mostSet     = 32  // variables a node sets
	mostValues  = 200 // variables a session has
	longestText = 256 // bytes of a value
)

func (c *compiler) set(d *draft) {
	n := d.node
	if len(d.src.Set.Values) == 0 {
		c.report(d.src.Name.Pos, `name one, as {amount: "12"}`, "node %q sets nothing", n.name)
	}
	n.sets = c.settings(d, d.src.Set.Values)
	n.next = c.next(d, true)
}

// settings checks variables and what they are given.
func (c *compiler) settings(d *draft, values []SetValue) (all []setting) {
	if len(values) > mostSet {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d; make two nodes of it", mostSet), "node %q sets %d variables", d.node.name, len(values))
	}
	for _, s := range values {
		if !isWord(s.Name.Value) {
			c.report(s.Name.Pos, variableRule, "variable %q can't be read as vars.NAME", s.Name.Value)
		}
		v := c.exprs.value(s.Value.Value)
		switch {
		case v.wrong != "":
			c.report(s.Value.Pos, v.right, "%s", v.wrong)
		case v.gives == "" && !v.loose:
			c.report(s.Value.Pos, "make it one, by string(…), int(…) or float(…)", "value %q is now of one type, now of another", s.Value.Value)
		case v.gives != "" && !slices.Contains(keepable, v.gives):
			c.report(s.Value.Pos, "give it "+typesOr(keepable), "value %q is %s, which a variable can't keep", s.Value.Value, typeWord(v.gives))
		}
		all = append(all, setting{s.Name.Value, v.expression, s.Value.Value})
	}
	return all
}

// variableRule is what a variable's name may be.
const variableRule = "use letters, digits and _, as due_date"

// isWord reports whether a name can follow a dot.
func isWord(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// set gives the variables their values. One whose value can't be had stays what it was.
func (st *step) set(n *node) (*node, string) {
	var failed []string
	for _, s := range n.sets {
		v, err := s.value.value(st.graph.env(st.now, &st.Vars))
		if err != nil || !st.assign(s.name, textOf(v)) {
			failed = append(failed, fmt.Sprintf("%s = %q could not be set", s.name, s.text))
		}
	}
	if len(failed) > 0 {
		return n.next, strings.Join(failed, ", ")
	}
	return n.next, "set"
}

// takeOver gives a variable a value that a service has told. A moment without a zone is in that of the site's flows.
func (st *step) takeOver(p call.FlowPick, text string) bool {
	if p.Type == call.PickDate {
		moment, is := readMoment(text, st.graph.local(st.now).Location())
		if !is {
			return false
		}
		text = moment
	}
	return st.assign(p.Name, text)
}

// assign gives a variable a value, if there is room for it.
func (st *step) assign(name, text string) bool {
	if _, has := st.Vars.Values[name]; len(text) > longestText || !has && len(st.Vars.Values) >= mostValues {
		return false
	}
	if st.Vars.Values == nil {
		st.Vars.Values = map[string]string{}
	}
	st.Vars.Values[name] = text
	return true
}

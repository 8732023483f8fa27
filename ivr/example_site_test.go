package ivr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

// w writes a value without a place.
func w[T comparable](v T) ivr.At[T] { return ivr.At[T]{Value: v} }

// keys writes a menu's or survey's keys as pairs of key and edge.
func keys(pairs ...string) (ks []ivr.Key) {
	for i := 0; i < len(pairs); i += 2 {
		ks = append(ks, ivr.Key{Key: w(pairs[i]), Next: w(pairs[i+1])})
	}
	return ks
}

func play(name, next string, prompts ...string) ivr.Node {
	p := &ivr.Play{}
	for _, s := range prompts {
		p.Prompts = append(p.Prompts, w(s))
	}
	return ivr.Node{Name: w(name), Play: p, Next: w(next)}
}

func queue(name, queue, next string) ivr.Node {
	return ivr.Node{Name: w(name), Queue: &ivr.Queue{Queue: w(queue)}, Next: w(next)}
}

func branch(name, otherwise string, pairs ...string) ivr.Node {
	b := &ivr.Branch{Else: w(otherwise)}
	for i := 0; i < len(pairs); i += 2 {
		b.Cases = append(b.Cases, ivr.Case{If: w(pairs[i]), Next: w(pairs[i+1])})
	}
	return ivr.Node{Name: w(name), Branch: b}
}

func menu(name string, tries int, ks []ivr.Key) ivr.Node {
	return ivr.Node{Name: w(name), Menu: &ivr.Menu{Prompt: w("main_menu"), Tries: w(tries), Keys: ks}}
}

func voicemail(name, next string) ivr.Node {
	return ivr.Node{Name: w(name), Voicemail: &ivr.Voicemail{Mailbox: w("general"), Max: w(2 * time.Minute)}, Next: w(next)}
}

func flow(name, start string, nodes ...ivr.Node) ivr.Flow {
	return ivr.Flow{Name: w(name), Start: w(start), Nodes: nodes}
}

// exampleFlows are the flows of the shipped example, and one that uses what it does not.
func exampleFlows() []ivr.Flow {
	top := menu("menu", 3, keys("1", "general", "2", "value_added", "3", "complaint", "0", "general", "*", "menu"))
	top.Menu.Timeout, top.Menu.OnTimeout, top.Menu.OnInvalid = w(5*time.Second), w("general"), w("general")
	rate := ivr.Node{Name: w("rate"), Next: w("bye"), Survey: &ivr.Survey{
		Prompt: w("rate_us"), Timeout: w(8 * time.Second),
		Keys: keys("1", "very_satisfied", "2", "satisfied", "3", "so_so", "4", "dissatisfied"),
	}}
	return []ivr.Flow{
		flow("main", "welcome",
			play("welcome", "by_class", "welcome", "recording_notice"),
			branch("by_class", "menu", `caller.class == "vip"`, "vip"),
			top,
			queue("general", "general", "rate"), queue("value_added", "value_added", "rate"),
			queue("complaint", "complaint", "rate"), queue("vip", "vip", "rate"),
			rate,
			play("bye", "hangup", "thank_you")),
		flow("closed", "say", play("say", "leave", "closed"), voicemail("leave", "hangup")),
		flow("voicemail", "leave", voicemail("leave", "hangup")),
		flow("busy", "say", play("say", "hangup", "all_busy")),
		nightFlow(),
		billFlow(),
		accountFlow(),
	}
}

func collect(name, next, into string, change func(*ivr.Collect)) ivr.Node {
	c := &ivr.Collect{Prompt: w("main_menu"), Into: w(into)}
	if change != nil {
		change(c)
	}
	return ivr.Node{Name: w(name), Collect: c, Next: w(next)}
}

// accountFlow asks for an account and its PIN.
func accountFlow() ivr.Flow {
	return flow("account", "hello", play("hello", "account", "welcome"),
		collect("account", "pin", "account", func(c *ivr.Collect) {
			c.Min, c.Max, c.Tries, c.OnTimeout, c.OnInvalid = w(3), w(6), w(2), w("silent"), w("wrong")
		}),
		collect("pin", "which", "pin", func(c *ivr.Collect) {
			c.Min, c.Max, c.End, c.Gap, c.Secret = w(4), w(4), w("none"), w(2*time.Second), w(true)
		}),
		branch("which", "wrong", `vars.account == "123456" && vars.pin == "0007"`, "right"),
		sayNode("right", "hangup", "digits", "vars.account"),
		play("wrong", "hangup", "all_busy"), play("silent", "hangup", "thank_you"))
}

// set and sayNode write nodes that set and say, as pairs.
func set(name, next string, pairs ...string) ivr.Node {
	s := &ivr.Set{}
	for i := 0; i < len(pairs); i += 2 {
		s.Values = append(s.Values, ivr.SetValue{Name: w(pairs[i]), Value: w(pairs[i+1])})
	}
	return ivr.Node{Name: w(name), Set: s, Next: w(next)}
}

func sayNode(name, next string, pairs ...string) ivr.Node {
	s := &ivr.Say{}
	for i := 0; i < len(pairs); i += 2 {
		as, measure, _ := strings.Cut(pairs[i], "/")
		s.Items = append(s.Items, ivr.SayItem{As: w(as), Value: w(pairs[i+1]), Measure: w(measure)})
	}
	return ivr.Node{Name: w(name), Say: s, Next: w(next)}
}

// billFlow tells a caller what he owes, and what of it can't be said.
func billFlow() ivr.Flow {
	bad := sayNode("bad", "nothing", "", "thank_you", "money", `vars.level`, "number", `vars.level`, "date", `vars.level`, "time", `"25:00"`, "duration", "vars.level", "digits", "vars.level")
	bad.Say.BargeIn = w(true)
	return flow("bill", "look",
		set("look", "owes", "amount", `"128.50"`, "calls", "1 + 1", "due", `date("2026-11-29")`, "vip", `caller.class == "vip"`, "level", "caller.level"),
		sayNode("owes", "which", "", "thank_you", "money", "vars.amount", "number/times", "vars.calls", "number", "-3", "date", "vars.due",
			"time", "now", "duration", `duration("90m")`, "duration", "75", "digits", "caller.number"),
		branch("which", "again", `vars.vip == "true" && float(vars.amount) > 100`, "bad"),
		set("again", "bad", "amount", "float(vars.level)", "calls", `vars.calls + "0"`),
		bad,
		sayNode("nothing", "hangup", "money", "vars.level"))
}

// nightFlow has a skippable announcement, a menu without bad-case edges, a queue with
// skills and a bad-case edge, an edge to another flow and a hang-up with a cause.
func nightFlow() ivr.Flow {
	hello := play("hello", "open", "welcome")
	hello.Play.BargeIn = w(true)
	urgent := queue("urgent", "complaint", "hangup")
	urgent.Queue.Skills, urgent.Queue.Priority, urgent.OnFault = map[string]int{"complaint": 2}, w(9), w("flow:voicemail")
	return flow("night", "hello", hello,
		branch("open", "choose", `open("service")`, "flow:main", `int(caller.level) > 3`, "urgent"),
		menu("choose", 1, keys("1", "urgent", "9", "end")),
		urgent,
		ivr.Node{Name: w("end"), Hangup: &ivr.Hangup{Cause: w("normal")}})
}

func known(t require.TestingT) ivr.Known {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	span := call.Spans{{From: 8 * 60, To: 20 * 60}}
	c, err := call.NewCalendar(call.Calendar{
		Name: "service", Zone: "Asia/Shanghai",
		Open: map[time.Weekday]call.Spans{time.Monday: span, time.Tuesday: span, time.Wednesday: span, time.Thursday: span, time.Friday: span},
		Holidays: []call.Holiday{
			{From: call.Date{Year: 2027, Month: 1, Day: 1}, To: call.Date{Year: 2027, Month: 1, Day: 3}, Greeting: "new_year"},
		},
	})
	require.NoError(t, err)
	return ivr.Known{
		Queues:    set("general", "value_added", "complaint", "vip"),
		Prompts:   set("welcome", "recording_notice", "main_menu", "rate_us", "thank_you", "closed", "all_busy", "new_year", "invalid_key", "beep"),
		Mailboxes: set("general", "1001"),
		Calendars: []*call.Calendar{c},
	}
}

func exampleGraph(t require.TestingT) *ivr.Graph {
	g, problems := ivr.Compile(exampleFlows(), known(t))
	require.Empty(t, problems)
	return g
}

func TestCompileExample(t *testing.T) {
	g := exampleGraph(t)
	require.Equal(t, []string{"account", "bill", "busy", "closed", "main", "night", "voicemail"}, g.Flows())
	require.True(t, g.Has("main"))
	require.False(t, g.Has("day"))
	require.True(t, g.HasMenu("main"))
	require.True(t, g.HasMenu("night"))
	require.False(t, g.HasMenu("closed"))
	require.False(t, g.HasMenu("day"))
}

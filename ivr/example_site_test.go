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

// says writes what a node says.
func says(prompts ...string) (all ivr.Words) {
	for _, s := range prompts {
		all.Prompts = append(all.Prompts, w(s))
	}
	return all
}

func play(name, next string, prompts ...string) ivr.Node {
	return ivr.Node{Name: w(name), Play: &ivr.Play{Words: says(prompts...)}, Next: w(next)}
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
	return ivr.Node{Name: w(name), Menu: &ivr.Menu{Prompt: says("main_menu"), Tries: w(tries), Keys: ks}}
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
		Prompt: says("rate_us"), Timeout: w(8 * time.Second),
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
		partFlow(), lookFlow(), askFlow(), waitingFlow(), hearFlow(), sayOrPressFlow(), owesFlow(), greetsFlow(),
	}
}

// partFlow asks who calls, as a part of other flows.
func partFlow() ivr.Flow {
	again := branch("enough", "ask", `vars.asked >= vars.most`, "no")
	return flow("identify", "begin",
		set("begin", "ask", "asked", "0", "who", `""`),
		collect("ask", "check", "id", func(c *ivr.Collect) {
			c.Min, c.Max, c.Tries, c.OnTimeout, c.OnInvalid = w(3), w(3), w(1), w("no"), w("no")
		}),
		set("check", "right", "asked", "vars.asked + 1"),
		branch("right", "enough", `vars.id == "123"`, "yes"),
		again,
		set("yes", "return", "who", "vars.id"),
		play("no", "return", "all_busy"))
}

// lookFlow goes by calendars and lists, in a language of the caller's.
func lookFlow() ivr.Flow {
	part := ivr.Node{Name: w("part"), SubFlow: &ivr.SubFlow{
		Flow: w("identify"), With: []ivr.SetValue{{Name: w("most"), Value: w("2")}}, Results: []ivr.Result{{Name: w("customer"), Of: w("who")}},
	}, Next: w("known")}
	return flow("look", "urgent",
		ivr.Node{Name: w("urgent"), Urgent: true, Next: w("hours")},
		ivr.Node{Name: w("hours"), Calendar: &ivr.CalendarNode{Calendar: w("service"), Open: w("list"), Closed: w("flow:closed"), Holiday: w("english")}},
		ivr.Node{Name: w("english"), Language: &ivr.Language{To: w("en")}, Next: w("list")},
		ivr.Node{Name: w("list"), List: &ivr.ListNode{List: w("debtors"), Into: []ivr.ListColumn{{Name: w("owed"), Column: w("amount")}, {Name: w("level"), Column: w("due")}}, Found: w("owes"), Else: w("again")}},
		sayNode("owes", "again", "money", "vars.owed"),
		branch("again", "part", `caller.calls >= 2 && listed("vip")`, "vip"),
		queue("vip", "vip", "hangup"),
		part,
		branch("known", "other", `vars.customer == "123"`, "general"),
		queue("general", "general", "hangup"),
		ivr.Node{Name: w("other"), List: &ivr.ListNode{List: w("vip"), Number: w("vars.customer"), Found: w("vip"), Else: w("bye")}},
		play("bye", "hangup", "thank_you"))
}

// askFlow asks a service, opens a ticket, tells a webhook and has the caller called back.
func askFlow() ivr.Flow {
	send := func(pairs ...string) (all []ivr.SetValue) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, ivr.SetValue{Name: w(pairs[i]), Value: w(pairs[i+1])})
		}
		return all
	}
	return flow("ask", "crm",
		ivr.Node{Name: w("crm"), HTTP: &ivr.HTTP{
			Service: w("crm"), Path: w("/customers/{caller.number}/bills"), Query: send("year", "now.Year()"), OnStatus: keys("404", "pin"),
			Into:  []ivr.Pick{{Name: w("balance"), Path: w("account.balance"), Type: w("number")}, {Name: w("tier"), Path: w("tier"), Default: w("none")}},
			Music: w("thank_you"),
		}, Next: w("owes"), OnFault: w("busy")},
		sayNode("owes", "pin", "money", "vars.balance"),
		collect("pin", "verify", "pin", func(c *ivr.Collect) { c.Min, c.Max, c.Secret = w(4), w(4), w(true) }),
		ivr.Node{Name: w("verify"), HTTP: &ivr.HTTP{Service: w("crm"), Path: w("/verify"), Send: send("pin", "vars.pin", "vip", `caller.class == "vip"`, "sum", "1.5")}, Next: w("tell")},
		ivr.Node{Name: w("tell"), Webhook: &ivr.WebhookNode{To: w("orders"), Event: w("order_placed"), Send: send("tier", "vars.tier", "bad", "int(vars.tier)")}, Next: w("ticket")},
		ivr.Node{Name: w("ticket"), Ticket: &ivr.Ticket{Kind: w("complaint"), Fields: send("about", `"bill"`), Number: w("ticket"), To: w("orders")}, Next: w("say"), OnFault: w("busy")},
		sayNode("say", "back", "digits", "vars.ticket"),
		ivr.Node{Name: w("back"), Callback: &ivr.CallbackNode{Queue: w("general"), Priority: w(7)}, Next: w("hangup"), OnFault: w("busy")},
		play("busy", "hangup", "all_busy"))
}

// hearFlow has a service hear the caller, and does without keys.
func hearFlow() ivr.Flow {
	return flow("hear", "ask",
		ivr.Node{Name: w("ask"), Listen: &ivr.Listen{
			Service: w("asr"), Prompt: says("welcome"), Again: says("main_menu"), Hints: []ivr.At[string]{w("宽带")}, Confidence: w(60), Max: w(10 * time.Second),
			Intents: keys("bill", "bill", "repair", "fix", "again", "ask"), OnTimeout: w("quiet"), OnNoMatch: w("agent"),
			Into: []ivr.Pick{{Name: w("said"), Path: w("text")}, {Name: w("line"), Path: w("slots.line"), Type: w("whole")}},
		}, OnFault: w("away")},
		queue("bill", "value_added", "hangup"), queue("fix", "complaint", "hangup"),
		sayNode("agent", "hangup", "digits", "vars.line"), play("quiet", "hangup", "thank_you"), play("away", "hangup", "all_busy"))
}

// owesFlow says texts with values.
func owesFlow() ivr.Flow {
	text := func(place int, text, otherwise string) ivr.Text {
		return ivr.Text{At: place, Text: w(text), Language: "zh", Instead: w(otherwise)}
	}
	owes := play("owes", "short", "welcome", "", "thank_you", "")
	owes.Play.Texts = []ivr.Text{text(1, "您的余额是 {vars.sum} 元", "all_busy"), text(3, "{caller.number} 再见", "closed")}
	short := play("short", "hangup", "", "closed")
	short.Play.Texts, short.Play.Timeout, short.Play.BargeIn = []ivr.Text{text(0, "{vars.sum}", "")}, w(time.Second), w(true)
	short.OnFault = w("busy")
	return flow("owes", "set", set("set", "owes", "sum", `caller.level == "gold" ? "12\n.5" : caller.level`), owes, short, play("busy", "hangup", "all_busy"))
}

// greetsFlow says texts with values in every node that asks something.
func greetsFlow() ivr.Flow {
	words := func(prompts ...string) (all ivr.Words) { // "{…}" and "{…}/else" are texts
		for i, p := range prompts {
			text, otherwise, _ := strings.Cut(p, "/")
			if strings.Contains(text, "{") {
				all.Texts, text = append(all.Texts, ivr.Text{At: i, Text: w(text), Language: "zh", Instead: w(otherwise)}), ""
			}
			all.Prompts = append(all.Prompts, w(text))
		}
		return all
	}
	greet := menu("greet", 2, keys("1", "account", "2", "rate", "3", "ask", "*", "greet"))
	greet.Menu.Prompt, greet.Menu.OnTimeout = words("{caller.name}您好", "main_menu"), w("ask")
	greet.Menu.Prompt.Timeout = w(time.Second)
	account := collect("account", "tell", "n", func(c *ivr.Collect) {
		c.Prompt, c.Min, c.Max, c.Tries, c.OnInvalid = words("welcome", "{called}/closed"), w(2), w(3), w(2), w("ask")
	})
	tell := sayNode("tell", "rate", "digits", "vars.n")
	called, level := words("{called}").Texts[0], words("{caller.level}").Texts[0]
	tell.Say.Items, tell.Say.Timeout = append([]ivr.SayItem{{Text: &called}}, append(tell.Say.Items, ivr.SayItem{Text: &level})...), w(3*time.Second)
	rate := ivr.Node{Name: w("rate"), Survey: &ivr.Survey{Prompt: words("{called}"), Keys: keys("1", "good")}, Next: w("ask"), OnFault: w("busy")}
	ask := ivr.Node{Name: w("ask"), Listen: &ivr.Listen{
		Service: w("asr"), Prompt: words("welcome", "{called}", "main_menu"), Again: words("{caller.level}/closed"), Tries: w(3), Intents: keys("bill", "busy"), Keys: keys("0", "busy"),
	}, Next: w("busy"), OnFault: w("hangup")}
	return flow("greets", "greet", greet, account, tell, rate, ask, play("busy", "hangup", "all_busy"))
}

// sayOrPressFlow is a menu whose keys go on where its service is away, and which is not heard over its prompt.
func sayOrPressFlow() ivr.Flow {
	return flow("say_or_press", "ask",
		ivr.Node{Name: w("ask"), Listen: &ivr.Listen{
			Digits: &ivr.Digits{Into: w("account"), Min: w(3), Max: w(4), Gap: w(2 * time.Second)}, OnDigits: w("account"),
			Service: w("asr"), Prompt: says("main_menu"), BargeIn: at(false, 1, 1), Tries: w(3), Intents: keys("bill", "bill"), Keys: keys("*", "ask"),
		}, Next: w("bye")},
		sayNode("account", "bill", "digits", "vars.account"),
		queue("bill", "value_added", "hangup"), play("bye", "hangup", "thank_you"))
}

func collect(name, next, into string, change func(*ivr.Collect)) ivr.Node {
	c := &ivr.Collect{Prompt: says("main_menu"), Into: w(into)}
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
		branch("which", "again", `vars.vip && float(vars.amount) > 100`, "bad"),
		set("again", "bad", "sum", "float(vars.level)", "calls", "vars.calls + 20"),
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
		Speech:    map[string][]string{"asr": {"bill", "repair", "again"}}, Services: set("crm"), Webhooks: set("orders"), Experiences: map[string]string{"waiting": "general"},
		Lists: map[string]*ivr.List{
			"vip":     {Name: "vip", Rows: map[string][]string{"13800000001": nil, "456": nil}},
			"debtors": {Name: "debtors", Columns: []ivr.Column{{Name: "amount"}, {Name: "due"}}, Rows: map[string][]string{"13800000001": {"12.50"}}},
		},
	}
}

func exampleGraph(t require.TestingT) *ivr.Graph {
	g, problems := ivr.Compile(exampleFlows(), known(t))
	require.Empty(t, problems)
	return g
}

func TestCompileExample(t *testing.T) {
	g := exampleGraph(t)
	require.Equal(t, []string{"account", "ask", "bill", "busy", "closed", "greets", "hear", "identify", "look", "main", "night", "owes", "say_or_press", "voicemail", "waiting"}, g.Flows())
	require.True(t, g.Has("main"))
	require.False(t, g.Has("day"))
	require.True(t, g.HasMenu("main"))
	require.True(t, g.HasMenu("night"))
	require.False(t, g.HasMenu("closed"))
	require.False(t, g.HasMenu("day"))
}

package ivr

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// Rehearsal is a test of a flow, as written: what the caller does and services answer, and what
// the flow is to do about it.
type Rehearsal struct {
	Name     At[string]
	Flow     At[string]
	Moment   time.Time // zero: now, whenever that is
	Caller   call.Caller
	Calls    int
	Called   string
	Language string
	Urgent   []string
	Answers  []StubAnswer // of services, in the order they are used; the last of a service goes on answering
	Do       []At[string] // what happens, in order
	Mute     bool         // nothing renders texts with values
	Place    *Place       // the flow is what a waiting caller hears; nil: one that answers a number

	Path []At[string] // the nodes come to, as node or flow/node; none: not looked at
	Says []At[string] // the prompts that begin, in order; none: not looked at
	Ends At[string]   // where it stands at last: "queue general", "hangup flow_end", "menu", …; empty: not looked at
}

// Place is where a waiting caller stands in a rehearsal.
type Place struct {
	Queue At[string]
	Ahead int
	Wait  time.Duration // what he has to expect; 0: nobody knows
}

// StubAnswer is what a service answers in a rehearsal.
type StubAnswer struct {
	Service At[string]
	Speech  bool   // it is a speech service, and Body its final word
	Path    string // with query; empty: any
	Status  int    // 0: Fault
	Body    []byte // JSON
	Fault   string
}

// The bounds of a rehearsal.
const (
	mostDeeds     = 500
	mostRehearsed = 2000 // inputs
)

// rehearsal is one at work.
type rehearsal struct {
	*Rehearsal
	graph   *Graph
	session *Session
	now     time.Time
	path    []string
	says    []string
	used    map[string]int // answers of a service
	wrong   []Problem
	inputs  int

	play, timer uint64 // tokens
	listen      call.FlowListen
	after       time.Duration // of the timer
	end         string        // where it stands
	pending     []call.FlowInput
}

// Rehearse plays a test and gives what is not as it expects.
func (g *Graph) Rehearse(t *Rehearsal, now time.Time) []Problem {
	if !t.Moment.IsZero() {
		now = t.Moment
	}
	r := &rehearsal{Rehearsal: t, graph: g, now: now, used: map[string]int{}}
	if !g.Has(t.Flow.Value) {
		return []Problem{{t.Flow.Pos, fmt.Sprintf("there is no flow %q", t.Flow.Value), suggest("flows", t.Flow.Value, g.Flows())}}
	}
	if len(t.Path)+len(t.Says) == 0 && !t.Ends.IsSet() {
		return []Problem{{t.Name.Pos, fmt.Sprintf("test %q expects nothing", t.Name.Value), "add path:, says: or ends:"}}
	}
	v := Vars{Flow: t.Flow.Value, Caller: t.Caller, Called: t.Called, Calls: t.Calls, Language: t.Language}
	r.session = NewSession(g, v)
	if g.Verifies(v.Flow) {
		r.session = NewVerification(g, v, 0)
	}
	if t.Place != nil {
		r.session = NewExperience(g, v, Waiting{Queue: t.Place.Queue.Value, Since: now}, 0)
		place := *t.Place
		t.Place = &place // a deed changes it
	}
	r.step(call.FlowStarted{Urgent: t.Urgent})
	for _, deed := range t.Do {
		if len(r.wrong) > 0 {
			return r.wrong
		}
		r.do(deed)
	}
	r.settle()
	r.compare()
	return r.wrong
}

func (r *rehearsal) report(pos Pos, right, wrong string, args ...any) {
	r.wrong = append(r.wrong, Problem{pos, fmt.Sprintf("test %q: ", r.Name.Value) + fmt.Sprintf(wrong, args...), right})
}

// step gives the session an input, and then what its verbs bring about.
func (r *rehearsal) step(in call.FlowInput) {
	r.pending = append(r.pending, in)
	for len(r.pending) > 0 {
		next := r.pending[0]
		r.pending = r.pending[1:]
		if r.inputs++; r.inputs > mostRehearsed {
			r.report(r.Name.Pos, "a shorter one", "it does not come to an end")
			return
		}
		for _, v := range r.session.Step(r.now, next) {
			r.verb(v)
		}
	}
}

// verb does what the flow wants.
func (r *rehearsal) verb(v call.FlowVerb) {
	switch v := v.(type) {
	case call.FlowEnter:
		at := v.Node
		if v.Flow != r.Flow.Value {
			at = v.Flow + "/" + v.Node
		}
		r.path, r.end = append(r.path, at), v.Kind
	case call.FlowPlay:
		r.play = v.Token
		r.says = append(r.says, v.Prompts...)
	case call.FlowStop:
		r.play = 0
	case call.FlowTimer:
		r.timer, r.after = v.Token, v.After
	case call.FlowTimerStop:
		r.timer = 0
	case call.FlowListen:
		r.listen = v
	case call.FlowRender:
		r.pending = append(r.pending, r.render(v))
	case call.FlowListenStop:
		r.listen = call.FlowListen{}
	case call.FlowEnqueue:
		r.end = "queue " + v.Queue
	case call.FlowDial:
		r.end = strings.TrimSpace("transfer " + v.Number + " " + v.Site)
	case call.FlowRecord:
		r.end = "voicemail " + v.Mailbox
	case call.FlowHangup:
		r.end = "hangup " + v.Cause.String()
	case call.FlowVerified:
		r.end = "verified " + v.Result.String()
	default:
		r.errand(v)
	}
}

// errand answers for the world outside.
func (r *rehearsal) errand(v call.FlowVerb) {
	switch v := v.(type) {
	case call.FlowAsk:
		r.pending = append(r.pending, r.answer(v))
	case call.FlowTicket:
		r.pending = append(r.pending, call.FlowAnswered{Token: v.Token, Values: map[string]string{call.AnswerNumber: r.now.Format("2006-01") + "-0001"}})
	case call.FlowCallBack:
		r.pending = append(r.pending, call.FlowAnswered{Token: v.Token})
	case call.FlowPlace:
		told := call.FlowPlaced{Token: v.Token, Ahead: r.Place.Ahead}
		if r.Place.Wait > 0 {
			told.Wait = &r.Place.Wait
		}
		r.pending = append(r.pending, told)
	case call.FlowLeave:
		r.pending = append(r.pending, call.FlowLeft{Token: v.Token})
	}
}

// render is every text as it is.
func (r *rehearsal) render(v call.FlowRender) call.FlowInput {
	if r.Mute {
		return call.FlowFault{Token: v.Token, Words: "nothing renders texts"}
	}
	in := call.FlowRendered{Token: v.Token}
	for _, t := range v.Texts {
		in.Prompts = append(in.Prompts, t.Text)
	}
	return in
}

// answer is a service's stub.
func (r *rehearsal) answer(v call.FlowAsk) call.FlowInput {
	var fitting []*StubAnswer
	for i := range r.Answers {
		if a := &r.Answers[i]; a.Service.Value == v.Service && !a.Speech && (a.Path == "" || a.Path == v.Path) {
			fitting = append(fitting, a)
		}
	}
	if len(fitting) == 0 {
		r.report(r.Name.Pos, fmt.Sprintf("answers: [{service: %s, status: 200, body: {…}}]", v.Service), "the flow asks %s for %s, and nothing answers", v.Service, v.Path)
		return call.FlowFault{Token: v.Token, Words: "nothing answers"}
	}
	key := v.Service + " " + fitting[0].Path
	a := fitting[min(r.used[key], len(fitting)-1)]
	r.used[key]++
	switch {
	case a.Status == 0:
		return call.FlowFault{Token: v.Token, Words: a.Fault}
	case a.Status < 200 || a.Status > 299:
		return call.FlowAnswered{Token: v.Token, Status: a.Status}
	}
	values, err := PickFrom(a.Body, v.Picks)
	if err != nil {
		return call.FlowFault{Token: v.Token, Words: err.Error()}
	}
	return call.FlowAnswered{Token: v.Token, Status: a.Status, Values: values}
}

// settle lets what sounds end, until the flow waits for somebody.
func (r *rehearsal) settle() {
	for r.play != 0 && r.session.State != StateEnded && r.inputs < mostRehearsed {
		token := r.play
		r.play = 0
		r.step(call.FlowPlayed{Token: token})
	}
}

// deeds are what can happen, for who mistypes one.
const deeds = `press 12#, ahead 1, speak bill 90, silence, served, overflow FLOW, message 10s, fault WORDS, transfer answered, later 5m, place 1 2m, answered`

// do lets one thing happen.
func (r *rehearsal) do(deed At[string]) {
	word, rest, _ := strings.Cut(strings.TrimSpace(deed.Value), " ")
	switch word {
	case "press": // while a menu's prompt sounds, or after it; what has to be told is told first
		for r.play != 0 && r.session.State == StatePlaying {
			token := r.play
			r.play = 0
			r.step(call.FlowPlayed{Token: token})
		}
		r.press(deed, rest)
	case "ahead": // whatever sounds
		r.press(deed, rest)
	case "speak":
		r.speak(deed, rest)
	case "silence":
		r.settle()
		if r.timer == 0 {
			r.report(deed.Pos, "silence after a menu, a survey or a collect", "nobody waits for a key (%s)", r.end)
			return
		}
		token := r.timer
		r.timer = 0
		if r.session.State == StatePausing {
			r.now = r.now.Add(r.after)
		}
		r.step(call.FlowTimedOut{Token: token})
	case "place", "answered":
		r.settle()
		r.waiting(deed, word, rest)
	default:
		r.settle()
		r.happen(deed, word, rest)
	}
}

// waiting is what happens to who waits in a queue.
func (r *rehearsal) waiting(deed At[string], word, rest string) {
	if r.Place == nil || !r.session.waits() {
		r.report(deed.Pos, "place: {queue: general, ahead: 3} in the test", "nobody waits in a queue (%s)", r.end)
		return
	}
	if word == "answered" {
		r.session.State, r.play, r.timer, r.listen, r.end = StateEnded, 0, 0, call.FlowListen{}, "answered"
		return
	}
	ahead, wait, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(ahead)
	d, derr := time.Duration(0), error(nil)
	if wait != "" {
		d, derr = time.ParseDuration(wait)
	}
	if err != nil || derr != nil || n < 0 || d < 0 {
		r.report(deed.Pos, "place 1 2m", "%q is no place", rest)
		return
	}
	r.Place.Ahead, r.Place.Wait = n, d
}

func (r *rehearsal) press(deed At[string], keys string) {
	if keys == "" {
		r.report(deed.Pos, "press 12#", "no key is named")
	}
	for i := range len(keys) {
		if !isKey(keys[i]) {
			r.report(deed.Pos, "0 to 9, * and #", "%q is no key", keys[i:i+1])
			return
		}
		r.step(call.FlowDigit{Digit: keys[i]})
	}
}

// happen is what others than the caller do.
func (r *rehearsal) happen(deed At[string], word, rest string) {
	var in call.FlowInput
	unheard := false // a listen with keys only goes on by them
	switch word {
	case "served":
		in = call.FlowServed{}
	case "overflow":
		in = call.FlowOverflowed{Flow: rest}
	case "fault":
		in = call.FlowFault{Token: cmp.Or(r.listen.Token, r.session.Awaited), Words: rest}
		unheard, r.listen = r.listen.Token != 0, call.FlowListen{}
	case "message":
		d, err := time.ParseDuration(rest)
		if err != nil {
			r.report(deed.Pos, "message 10s", "%q is no length", rest)
			return
		}
		in = call.FlowRecorded{Token: r.session.Awaited, Length: d}
	case "transfer":
		var result call.DialResult
		if result.UnmarshalText([]byte(rest)) != nil {
			r.report(deed.Pos, "transfer answered, busy, no_answer or failed", "a transfer does not end %q", rest)
			return
		}
		in = call.FlowDialled{Token: r.session.Awaited, Result: result, Words: rest}
	case "later":
		d, err := time.ParseDuration(rest)
		if err != nil {
			r.report(deed.Pos, "later 5m", "%q is no length", rest)
			return
		}
		r.now = r.now.Add(d)
		return
	default:
		r.report(deed.Pos, deeds, "%q does not happen in a test", deed.Value)
		return
	}
	before := r.inputs
	path := len(r.path)
	r.step(in)
	if r.inputs == before+1 && len(r.path) == path && !unheard && r.session.State != StateEnded {
		r.report(deed.Pos, "something that fits", "%q is nothing to the flow where it stands (%s)", deed.Value, r.end)
	}
}

// compare tells what is not as expected, and what came instead, to be copied.
func (r *rehearsal) compare() {
	if len(r.Path) > 0 {
		r.differ("path", r.Path, r.path)
	}
	if len(r.Says) > 0 {
		r.differ("says", r.Says, r.says)
	}
	if r.Ends.IsSet() && r.Ends.Value != r.end {
		r.report(r.Ends.Pos, "ends: "+r.end, "it ends %q", r.end)
	}
}

func (r *rehearsal) differ(key string, want []At[string], got []string) {
	for i, w := range want {
		if i >= len(got) || got[i] != w.Value {
			instead := "nothing"
			if i < len(got) {
				instead = strconv.Quote(got[i])
			}
			r.report(w.Pos, key+": ["+strings.Join(got, ", ")+"]", "number %d of %s is %s, not %q", i+1, key, instead, w.Value)
			return
		}
	}
	if len(got) > len(want) {
		r.report(want[len(want)-1].Pos, key+": ["+strings.Join(got, ", ")+"]", "%s goes on with %s", key, strings.Join(slices.Clone(got[len(want):]), ", "))
	}
}

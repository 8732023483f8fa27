package ivr

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// HTTP asks a service of the site for data (data dip), and goes on with the answer in variables.
type HTTP struct {
	Service At[string]
	Method  At[string] // GET (the default), POST or PUT
	// Path is added to the service's address; {EXPRESSION} in it stands for its value, escaped.
	Path  At[string]
	Query []SetValue // name → expression
	Send  []SetValue // the JSON object that is sent: name → expression; a secret may be sent
	Into  []Pick
	Music At[string] // a prompt, looped until the answer; default: silence
	// OnStatus are edges of answers by their status, as "404"; others than 2xx without one take OnFault.
	OnStatus []Key
}

// Pick takes a value of the answer over into a variable.
type Pick struct {
	Name    At[string]
	Path    At[string] // names and places in the JSON answer, as account.lines.0.balance
	Type    At[string] // text (the default), number, whole or truth: an answer of another type is a fault
	Default At[string] // where the answer has nothing there; unset: that is a fault
	Secret  At[bool]
}

// WebhookNode sends an event to a webhook of the site and does not wait.
type WebhookNode struct {
	To    At[string]
	Event At[string]
	Send  []SetValue
}

// Ticket opens a ticket (工单): event and webhooks carry its kind and fields.
type Ticket struct {
	Kind   At[string]
	Fields []SetValue
	Number At[string] // a variable that takes its number; unset: none
	To     At[string] // a webhook that is told; unset: none, the call's event tells it
}

// CallbackNode has the caller called back in a queue's turn.
type CallbackNode struct {
	Queue    At[string]
	Number   At[string] // an expression; default caller.number
	Skills   map[string]int
	Priority At[int]
}

// The limits of what is asked and told outside.
const (
	askLongest  = 2 * time.Minute // until the app has said something, its own retries included
	mostSent    = 64
	longestPath = 2048
	mostPicks   = 64
	longestWord = 64
)

// ask is a checked http, webhook, ticket or callback.
type ask struct {
	name     string // of the service, webhook, ticket's kind or queue
	method   string
	path     []pathPart
	query    []setting
	send     []setting
	picks    []call.FlowPick
	music    string
	statuses map[int]*node
	event    string
	number   string      // ticket: the variable
	to       string      // ticket: a webhook
	phone    *expression // callback: nil is the caller's
	here     bool        // callback: in the queue he waits in, with his place
}

// pathPart is a piece of a path: text, or the value of an expression.
type pathPart struct {
	text  string
	value *expression
}

func (c *compiler) http(d *draft) {
	src, n := d.src.HTTP, d.node
	a := &ask{name: src.Service.Value, method: "GET"}
	n.ask = a
	if !c.known.Services[a.name] {
		c.report(orName(src.Service, d), suggest("services", a.name, keysOf(c.known.Services)), "service %q is unknown", a.name)
	}
	switch m := src.Method; {
	case m.IsSet() && m.Value != "GET" && m.Value != "POST" && m.Value != "PUT":
		c.report(m.Pos, "GET, POST or PUT", "method %q can't be used", m.Value)
	case m.IsSet():
		a.method = m.Value
	case len(src.Send) > 0:
		a.method = "POST"
	}
	if a.method == "GET" && len(src.Send) > 0 {
		c.report(src.Method.Pos, "POST or PUT, or query: instead", "a GET sends nothing")
	}
	if text := src.Path.Value; text != "" && text[0] != '/' {
		c.report(src.Path.Pos, "begin it with /, as /customers/{caller.number}", "path %q is none", text)
	}
	a.path = c.path(src.Path)
	a.query, a.send = c.sent(d, src.Query, false), c.sent(d, src.Send, true)
	if len(src.Into) > mostPicks {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d", mostPicks), "node %q takes %d values over", n.name, len(src.Into))
	}
	for _, p := range src.Into {
		a.picks = append(a.picks, c.pick(p))
	}
	if src.Music.IsSet() {
		a.music = c.music(src.Music)
	}
	a.statuses = map[int]*node{}
	for _, k := range src.OnStatus {
		status, err := strconv.Atoi(k.Key.Value)
		if err != nil || status < 100 || status > 599 {
			c.report(k.Key.Pos, `a status of HTTP, as "404"`, "%q is no status", k.Key.Value)
			continue
		}
		a.statuses[status] = c.edge(d, k.Next, true, "a status")
	}
	n.next = c.next(d, true)
	n.onFault = c.badEdge(d, d.src.OnFault, n.next)
}

// orName is where a mistake is told: at the word, else at the node.
func orName(w At[string], d *draft) Pos {
	if w.IsSet() {
		return w.Pos
	}
	return d.src.Name.Pos
}

// path takes a path apart at its braces.
func (c *compiler) path(src At[string]) []pathPart {
	if len(src.Value) > longestPath {
		c.report(src.Pos, fmt.Sprintf("at most %d bytes", longestPath), "the path is too long")
	}
	return c.parts(src, "path", "/customers/{caller.number}", nil)
}

// sent checks what is told outside. Only a body may hold secrets: addresses are logged by everybody they pass.
func (c *compiler) sent(d *draft, values []SetValue, secret bool) (all []setting) {
	if len(values) > mostSent {
		c.report(d.src.Name.Pos, fmt.Sprintf("at most %d", mostSent), "node %q sends %d values", d.node.name, len(values))
	}
	for _, s := range values {
		v := c.exprs.value(s.Value.Value)
		if secret {
			v = c.exprs.sent(s.Value.Value)
		}
		if v.wrong != "" {
			c.report(s.Value.Pos, v.right, "%s", v.wrong)
		}
		if s.Name.Value == "" || len(s.Name.Value) > longestWord {
			c.report(s.Name.Pos, fmt.Sprintf("1 to %d bytes", longestWord), "%q is no name to send a value by", s.Name.Value)
		}
		all = append(all, setting{s.Name.Value, v.expression, s.Value.Value})
	}
	return all
}

// pick checks one value that is taken over.
func (c *compiler) pick(p Pick) call.FlowPick {
	out := call.FlowPick{Name: p.Name.Value, Path: p.Path.Value}
	if !isWord(out.Name) {
		c.report(p.Name.Pos, variableRule, "variable %q can't be read as vars.NAME", out.Name)
	}
	if p.Type.IsSet() {
		if err := out.Type.UnmarshalText([]byte(p.Type.Value)); err != nil {
			c.report(p.Type.Pos, "text, number, whole, truth or date", "type %q is unknown", p.Type.Value)
		}
	}
	if p.Default.IsSet() {
		out.Default = &p.Default.Value
		if !out.Type.Fits(p.Default.Value) {
			c.report(p.Default.Pos, "a default of the type "+out.Type.String(), "%q is no %s", p.Default.Value, out.Type)
		}
	}
	return out
}

func (c *compiler) webhook(d *draft) {
	src, n := d.src.Webhook, d.node
	n.ask = &ask{name: src.To.Value, event: src.Event.Value, send: c.sent(d, src.Send, false)}
	if !c.known.Webhooks[src.To.Value] {
		c.report(orName(src.To, d), suggest("webhooks", src.To.Value, keysOf(c.known.Webhooks)), "webhook %q is unknown", src.To.Value)
	}
	c.word(d, src.Event, "event")
	n.next = c.next(d, true)
}

// word checks a name that goes out as it is.
func (c *compiler) word(d *draft, w At[string], key string) {
	if w.Value == "" || len(w.Value) > longestWord || strings.ContainsAny(w.Value, " \t\r\n") {
		c.report(orName(w, d), "a word without spaces, as order_placed", "%s of %q is %q", key, d.node.name, w.Value)
	}
}

func (c *compiler) ticket(d *draft) {
	src, n := d.src.Ticket, d.node
	n.ask = &ask{name: src.Kind.Value, send: c.sent(d, src.Fields, false), number: src.Number.Value, to: src.To.Value}
	if src.To.IsSet() && !c.known.Webhooks[src.To.Value] {
		c.report(src.To.Pos, suggest("webhooks", src.To.Value, keysOf(c.known.Webhooks)), "webhook %q is unknown", src.To.Value)
	}
	c.word(d, src.Kind, "kind")
	if src.Number.IsSet() && !isWord(src.Number.Value) {
		c.report(src.Number.Pos, variableRule, "variable %q can't be read as vars.NAME", src.Number.Value)
	}
	n.next = c.next(d, true)
	n.onFault = c.badEdge(d, d.src.OnFault, n.next)
}

func (c *compiler) callback(d *draft) {
	src, n := d.src.Callback, d.node
	a := &ask{name: src.Queue.Value}
	n.ask, n.skills = a, src.Skills
	if a.here = a.name == Here && !c.known.Queues[Here]; a.here && (len(src.Skills) > 0 || src.Priority.IsSet()) {
		c.report(src.Queue.Pos, "leave skills and priority out", "a callback of who waits here has those he waits with")
	}
	if !a.here && !c.known.Queues[a.name] {
		c.report(orName(src.Queue, d), suggest("queues", a.name, keysOf(c.known.Queues)), "queue %q is unknown", a.name)
	}
	for skill, level := range src.Skills {
		if level < 1 || level > 5 {
			c.report(src.Queue.Pos, "1 to 5", "skill %q has level %d", skill, level)
		}
	}
	n.priority = c.number(src.Priority, 0, 1, 100, "priority")
	if src.Number.IsSet() {
		v := c.exprs.value(src.Number.Value)
		if a.phone = v.expression; v.wrong != "" {
			c.report(src.Number.Pos, v.right, "%s", v.wrong)
		}
	}
	n.next = c.next(d, true)
	n.onFault = c.badEdge(d, d.src.OnFault, n.next)
}

// asks begins an http, webhook, ticket or callback node.
func (st *step) asks(n *node) (*node, string) {
	env := st.graph.env(st.now, &st.Vars)
	switch n.kind {
	case kindWebhook:
		data, failed := worked(n.ask.send, env)
		st.do(call.FlowNotify{To: n.ask.name, Event: n.ask.event, Data: data})
		return n.next, "told " + n.ask.name + failed
	case kindTicket:
		data, failed := worked(n.ask.send, env)
		st.Unsaid = failed
		st.State = StateAsking
		st.do(call.FlowTicket{Token: st.token(), Kind: n.ask.name, Fields: data, To: n.ask.to})
		return nil, ""
	case kindCallback:
		return st.askBack(n, env)
	default:
		return st.askService(n, env)
	}
}

func (st *step) askBack(n *node, env *exprEnv) (*node, string) {
	number := st.Vars.Caller.Number
	if n.ask.phone != nil {
		v, err := n.ask.phone.value(env)
		if number = textOf(v); err != nil || !IsDialable(number) {
			return st.failed("the number to call back is none")
		}
	}
	st.State = StateAsking
	queue := n.ask.name
	if n.ask.here {
		queue = ""
	}
	st.do(call.FlowCallBack{Token: st.token(), Queue: queue, Skills: n.skills, Priority: n.priority, Number: number})
	return nil, ""
}

func (st *step) askService(n *node, env *exprEnv) (*node, string) {
	path, err := pathOf(n.ask, env)
	if err != nil {
		return st.failed("the address could not be made: " + err.Error())
	}
	v := call.FlowAsk{Service: n.ask.name, Method: n.ask.method, Path: path, Picks: n.ask.picks, Music: n.ask.music}
	if n.ask.method != "GET" {
		data, failed := worked(n.ask.send, env)
		if failed != "" {
			return st.failed("what is to be sent could not be had" + failed)
		}
		if v.Body, err = json.Marshal(data); err != nil {
			return st.failed("what is to be sent does not encode")
		}
	}
	st.State = StateAsking
	v.Token = st.token()
	st.do(v)
	st.do(call.FlowTimer{Token: v.Token, After: askLongest})
	return nil, ""
}

// worked gives what values come to; those that can't be had are left out and named.
func worked(settings []setting, env *exprEnv) (data map[string]any, failed string) {
	data = make(map[string]any, len(settings))
	for _, s := range settings {
		v, err := s.value.value(env)
		if err != nil {
			failed += fmt.Sprintf(", %s could not be had", s.name)
			continue
		}
		switch v := v.(type) {
		case string, int, bool:
			data[s.name] = v
		case float64:
			if v != v || v > 1e300 || v < -1e300 {
				failed += fmt.Sprintf(", %s is no number", s.name)
				continue
			}
			data[s.name] = v
		default:
			data[s.name] = textOf(v)
		}
	}
	return data, failed
}

// pathOf writes a path and its query.
func pathOf(a *ask, env *exprEnv) (string, error) {
	var path strings.Builder
	for _, p := range a.path {
		if p.value == nil {
			path.WriteString(p.text)
			continue
		}
		v, err := p.value.value(env)
		if err != nil {
			return "", err
		}
		text := url.PathEscape(textOf(v))
		if strings.Trim(text, ".") == "" {
			return "", fmt.Errorf("a part of it is %q", text) // it would lead elsewhere
		}
		path.WriteString(text)
	}
	query := url.Values{}
	for _, s := range a.query {
		v, err := s.value.value(env)
		if err != nil {
			return "", err
		}
		query.Set(s.name, textOf(v))
	}
	if len(query) > 0 {
		path.WriteString("?" + query.Encode())
	}
	if path.Len() > 2*longestPath {
		return "", fmt.Errorf("it has %d bytes", path.Len())
	}
	return path.String(), nil
}

// asking waits for the answer to what was asked. Keys pressed meanwhile are kept.
func (st *step) asking(in call.FlowInput) (*node, string) {
	switch in := in.(type) {
	case call.FlowDigit:
		if isKey(in.Digit) {
			st.keep(in.Digit)
		}
	case call.FlowAnswered:
		if st.isAwaited(in) {
			return st.answered(in)
		}
	case call.FlowFault:
		if st.isAwaited(in) {
			st.unask()
			return st.failed(in.Words)
		}
	case call.FlowTimedOut:
		if st.isAwaited(in) {
			st.unask()
			return st.failed(fmt.Sprintf("%s has not answered in %s", st.at.ask.name, askLongest))
		}
	}
	return nil, ""
}

// unask ends what goes on while a service is asked.
func (st *step) unask() {
	if st.at.kind != kindHTTP {
		return
	}
	st.do(call.FlowTimerStop{})
	if st.at.ask.music != "" {
		st.do(call.FlowStop{})
	}
}

// answered takes the answer over.
func (st *step) answered(in call.FlowAnswered) (*node, string) {
	n := st.at
	st.unask()
	switch n.kind {
	case kindHTTP:
		why := fmt.Sprintf("%s answered %d", n.ask.name, in.Status)
		if to := n.ask.statuses[in.Status]; to != nil && (in.Status < 200 || in.Status > 299) {
			return to, why
		}
		if in.Status < 200 || in.Status > 299 {
			return st.failed(why)
		}
		for _, p := range n.ask.picks {
			if text, ok := in.Values[p.Name]; !ok || !st.takeOver(p, text) {
				return st.failed(fmt.Sprintf("%s, but %s can't be kept", why, p.Name))
			}
		}
		if to := n.ask.statuses[in.Status]; to != nil {
			return to, why
		}
		return n.next, why
	case kindTicket:
		if n.ask.number != "" && !st.assign(n.ask.number, in.Values[call.AnswerNumber]) {
			return st.failed("no room for the ticket's number")
		}
		return n.next, "ticket " + in.Values[call.AnswerNumber] + st.Unsaid
	default:
		if st.waits() { // his place has become the callback's
			st.Vars.Queue.Left, st.Entered = true, 0
		}
		return n.next, "will be called back"
	}
}

// failed takes the bad-case edge. Unlike a queue's it is a silent one, so that no way round by it passes the checker.
func (st *step) failed(words string) (*node, string) { return st.at.onFault, words }

// badEdge resolves a bad-case edge that can be taken without the caller doing anything.
func (c *compiler) badEdge(d *draft, own At[string], otherwise *node) *node {
	if own.IsSet() {
		return c.edge(d, own, true, "an edge")
	}
	d.links = append(d.links, link{to: otherwise, silent: d.src.Next.IsSet(), pos: d.src.Next.Pos})
	return otherwise
}

// Package ivr is what a caller hears and presses before, between and after
// agents: flows as plain data, a checker that finds every mistake in them, and
// a pure interpreter over the checked graph.
//
// The way through the package: config fills Flow structs from the site's YAML,
// Compile checks them into a Graph, and each call steps a Session over it:
// call.FlowInput in, call.FlowVerb out. There is no I/O, no goroutine and no
// clock in here; the time comes with every step.
package ivr

import "time"

// Pos is a place in the site's files, counted from 1. The zero Pos is no place.
type Pos struct {
	File   string
	Line   int
	Column int
}

// At is a value and where the site says it.
type At[T comparable] struct {
	Value T
	Pos   Pos
}

// IsSet reports whether the site says anything here: a value, or a place where an empty one stands.
func (a At[T]) IsSet() bool {
	var none At[T]
	return a != none
}

// Flow is one flow of the site, as written.
type Flow struct {
	Name  At[string]
	Start At[string] // node
	Nodes []Node     // in the order of the file
	// BuiltIn is a flow the house brings: its name may hold a colon, so that no site's flow has it.
	BuiltIn bool
	// Announces is one of those that no caller comes to: AnnouncementOf.
	Announces bool
}

// Node is one node of a flow, as written: a name, exactly one of the kinds, and
// the edge that most kinds share.
//
// An edge is the name of a node of the same flow, "hangup" for the built-in end, "flow:NAME" to
// go on at the start of another flow, or "return" to end a flow that another one runs.
type Node struct {
	Name At[string]

	Play      *Play      // key play: a list of prompts
	Menu      *Menu      // keys menu, keys, on_timeout, on_invalid
	Branch    *Branch    // keys branch, else
	Queue     *Queue     // keys queue, skills, priority
	Survey    *Survey    // key survey
	Voicemail *Voicemail // key voicemail
	Hangup    *Hangup    // key hangup
	Transfer  *Transfer  // keys transfer, on_busy, on_no_answer, on_failed
	Say       *Say       // key say
	Set       *Set       // key set
	Collect   *Collect   // keys collect, on_timeout, on_invalid
	Split     *Split     // key split

	SubFlow  *SubFlow      // keys flow, with, results
	Language *Language     // key language
	Calendar *CalendarNode // keys calendar, open, closed, holiday
	List     *ListNode     // keys list, number, into, found, else
	HTTP     *HTTP         // keys http, on_status
	Webhook  *WebhookNode  // key webhook
	Ticket   *Ticket       // key ticket
	Callback *CallbackNode // key callback
	Urgent   bool          // key announce_urgent
	Wait     *Wait         // keys wait, keys
	Verify   *Verify       // key verify
	Listen   *Listen       // keys listen, intents, keys, on_timeout, on_no_match

	// Next is where the flow goes on. A play, say, set, collect, queue, survey, voicemail and transfer must have
	// one, and most others; for a menu and a listen it is the default of its bad-case edges; what goes on by several edges and a hangup have none.
	Next At[string]
	// OnFault is taken when a queue, voicemail, http, ticket, callback or listen could not be had; default: Next. Of what says
	// texts with values, but a listen: when one could not be said and has no prompt in its place; default: it is left out.
	OnFault At[string]
}

// Play says prompts, and texts, one after another.
type Play struct {
	Words
	// BargeIn lets a key cut the prompts short. Default false: what a caller has to be
	// told (a recording notice) is told, and keys pressed meanwhile wait for the next menu.
	BargeIn At[bool]
}

// Say says values between prompts, joined from recorded parts (package say).
type Say struct {
	Items []SayItem
	// BargeIn lets a key cut it short, as in a Play.
	BargeIn At[bool]
	// Timeout is that of its texts, as in Words.
	Timeout At[time.Duration]
}

// SayItem is one thing to be said.
type SayItem struct {
	Text    *Text      // a text; nil: none, but
	As      At[string] // number, digits, money, date, time or duration; empty: Value is a prompt
	Value   At[string] // an expression of expr-lang, or a prompt's name
	Measure At[string] // of a number: what is counted, persons, items or times; empty: nothing is
}

// Set gives variables values, in order: a later one sees those before it.
type Set struct{ Values []SetValue }

// SetValue is one variable, read as vars.NAME. Its value is kept as text.
type SetValue struct {
	Name  At[string]
	Value At[string] // an expression of expr-lang that gives a text, a number or a truth value
}

// Menu plays a prompt and takes one key, during it or within Timeout after it.
type Menu struct {
	Prompt  Words
	Timeout At[time.Duration] // from the end of the prompt; default 5 s
	Tries   At[int]           // how often the prompt is played before OnTimeout or OnInvalid; default 3
	Keys    []Key
	// OnTimeout and OnInvalid are taken when the last try ended without a key, or with
	// one that has no edge. Default: the node's Next, else the built-in end.
	OnTimeout At[string]
	OnInvalid At[string]
}

// Key is one key of a menu, or of a survey.
type Key struct {
	Key  At[string] // one of 0–9, *, #
	Next At[string] // a menu: the edge; a survey: the answer's name
}

// Branch goes on by the first case that holds.
type Branch struct {
	Cases []Case
	Else  At[string]
}

// Case is one case of a branch.
type Case struct {
	// If is an expression of expr-lang that gives a truth value. It may use caller.class,
	// caller.level, caller.number, caller.name, called, trunk, now, open("calendar") and holiday("calendar").
	If   At[string]
	Next At[string]
}

// Queue puts the call into a queue; the node ends when the agents' part has ended.
type Queue struct {
	Queue    At[string]
	Skills   map[string]int // needed beside the queue's own, level 1–5; nil for none
	Priority At[int]        // 0: the queue's own
}

// Survey asks for a rating. Without an answer the flow goes on at Next as well.
type Survey struct {
	Prompt  Words
	Into    At[string]        // a variable that takes the answer's name, or the empty text; unset: none
	Keys    []Key             // key → answer's name
	Timeout At[time.Duration] // from the end of the prompt; default 8 s
}

// Voicemail takes a message after a beep, ended by #, Max or hang-up.
type Voicemail struct {
	Mailbox At[string]        // a queue or an agent
	Max     At[time.Duration] // default 120 s
}

// Hangup ends the call. As an edge, the name "hangup" does the same.
type Hangup struct {
	// Cause for the record, by its name in package call; default "flow_end".
	Cause At[string]
	// Tone is a prompt that is heard before, over and over for For (default 5 s): busy, congestion; default: none.
	Tone At[string]
	For  At[time.Duration]
}

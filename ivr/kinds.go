package ivr

import "strings"

// kind is what a node does.
type kind uint8

const (
	kindNone kind = iota
	kindPlay
	kindMenu
	kindBranch
	kindQueue
	kindSurvey
	kindVoicemail
	kindHangup
	kindTransfer
	kindSay
	kindSet
	kindCollect
	kindSplit
	kindSubFlow
	kindLanguage
	kindCalendar
	kindList
	kindHTTP
	kindWebhook
	kindTicket
	kindCallback
	kindUrgent
	kindWait
	kindVerify
	kindListen
	kindReturn // the edge "return"; no node of a site
)

var kinds = []string{
	"none", "play", "menu", "branch", "queue", "survey", "voicemail", "hangup", "transfer", "say", "set", "collect", "split",
	"flow", "language", "calendar", "list", "http", "webhook", "ticket", "callback", "announce_urgent", "wait", "verify", "listen", "return",
}

func (k kind) String() string { return kinds[k] }

// Kinds are what a node can be, by the key that a site writes.
func Kinds() []string { return kinds[1:kindReturn] }

// nodeKind is what the checker has to know of a kind.
type nodeKind struct {
	is    func(*Node) bool        // what was written is one
	check func(*compiler, *draft) // checks it and resolves its edges
	fails bool                    // has on_fault, also without texts
	forks bool                    // goes on by other edges than next
}

// nodeKinds are all that a site's node can be. A new kind is a value above and its name, a line here with a check that
// stands where what it does stands, and that in perform; variables it sets in names.node, edges of its own in eachEdge,
// edges and, for pictures, brief. The tests name what has been forgotten.
var nodeKinds = [...]nodeKind{
	kindPlay:      {is: func(n *Node) bool { return n.Play != nil }, check: (*compiler).play},
	kindMenu:      {is: func(n *Node) bool { return n.Menu != nil }, check: (*compiler).menu},
	kindBranch:    {is: func(n *Node) bool { return n.Branch != nil }, check: (*compiler).branch, forks: true},
	kindQueue:     {is: func(n *Node) bool { return n.Queue != nil }, check: (*compiler).queue, fails: true},
	kindSurvey:    {is: func(n *Node) bool { return n.Survey != nil }, check: (*compiler).survey},
	kindVoicemail: {is: func(n *Node) bool { return n.Voicemail != nil }, check: (*compiler).voicemail, fails: true},
	kindHangup:    {is: func(n *Node) bool { return n.Hangup != nil }, check: (*compiler).hangup, forks: true},
	kindTransfer:  {is: func(n *Node) bool { return n.Transfer != nil }, check: (*compiler).transfer},
	kindSay:       {is: func(n *Node) bool { return n.Say != nil }, check: (*compiler).say},
	kindSet:       {is: func(n *Node) bool { return n.Set != nil }, check: (*compiler).set},
	kindCollect:   {is: func(n *Node) bool { return n.Collect != nil }, check: (*compiler).collect},
	kindSplit:     {is: func(n *Node) bool { return n.Split != nil }, check: (*compiler).split, forks: true},
	kindSubFlow:   {is: func(n *Node) bool { return n.SubFlow != nil }, check: (*compiler).subflow},
	kindLanguage:  {is: func(n *Node) bool { return n.Language != nil }, check: (*compiler).language},
	kindCalendar:  {is: func(n *Node) bool { return n.Calendar != nil }, check: (*compiler).calendar, forks: true},
	kindList:      {is: func(n *Node) bool { return n.List != nil }, check: (*compiler).list, forks: true},
	kindHTTP:      {is: func(n *Node) bool { return n.HTTP != nil }, check: (*compiler).http, fails: true},
	kindWebhook:   {is: func(n *Node) bool { return n.Webhook != nil }, check: (*compiler).webhook},
	kindTicket:    {is: func(n *Node) bool { return n.Ticket != nil }, check: (*compiler).ticket, fails: true},
	kindCallback:  {is: func(n *Node) bool { return n.Callback != nil }, check: (*compiler).callback, fails: true},
	kindUrgent:    {is: func(n *Node) bool { return n.Urgent }, check: (*compiler).urgent},
	kindWait:      {is: func(n *Node) bool { return n.Wait != nil }, check: (*compiler).wait},
	kindVerify:    {is: func(n *Node) bool { return n.Verify != nil }, check: (*compiler).verify, forks: true},
	kindListen:    {is: func(n *Node) bool { return n.Listen != nil }, check: (*compiler).listen, fails: true},
	kindReturn:    {},
}

// kindOf finds the one kind a node has.
func (c *compiler) kindOf(src *Node) kind {
	found := kindNone
	for k, of := range nodeKinds {
		switch k := kind(k); {
		case of.is == nil || !of.is(src):
		case found != kindNone:
			c.report(src.Name.Pos, "make two nodes of it", "node %q is both a %s and a %s", src.Name.Value, found, k)
		default:
			found = k
		}
	}
	if found == kindNone {
		c.report(src.Name.Pos, "give it one of "+strings.Join(Kinds(), ", "), "node %q does nothing", src.Name.Value)
	}
	return found
}

// node checks one node and resolves its edges.
func (c *compiler) node(d *draft) {
	c.exprs.readQueue, c.exprs.readPlace = false, false
	k := &nodeKinds[d.node.kind]
	if k.check != nil { // else it is of none, which has been reported, or the built-in return
		k.check(c, d)
	}
	if d.src != nil {
		d.readsQueue(c.exprs)
		c.surplus(d, k)
	}
}

// surplus reports edges that a node can't have.
func (c *compiler) surplus(d *draft, k *nodeKind) {
	switch {
	case !d.src.OnFault.IsSet() || k.fails || d.node.texts:
	case d.node.words != nil:
		c.report(d.src.OnFault.Pos, "remove it; it is for texts with values, as {text: 'you owe {vars.sum}'}", "nothing can fail in node %q", d.node.name)
	default:
		c.report(d.src.OnFault.Pos, "remove it; a queue, a voicemail, an http, a ticket, a callback and a listen have one", "a %s has no on_fault", d.node.kind)
	}
	if d.src.Next.IsSet() && k.forks {
		c.report(d.src.Next.Pos, "remove it", "a %s has no next", d.node.kind)
	}
}

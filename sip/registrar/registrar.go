// Package registrar knows at which contacts a phone can be rung: the bindings
// of RFC 3261 section 10, with the outbound rules a contact centre needs. It
// is plain data and logic: no clock, no socket, no goroutine; whoever owns a
// Registrar calls it with the time and acts on the Changes it gives back.
package registrar

import (
	"cmp"
	"container/heap"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Options set a Registrar up; zero values take the defaults named.
type Options struct {
	Min     time.Duration // shortest registration taken: 60 s
	Max     time.Duration // longer ones are cut to it: 1 h
	Default time.Duration // where the phone asks for none: 1 h, at most Max
	Devices int           // bindings of one account: 10
}

// Registrar holds the bindings of all accounts. It is not safe for concurrent
// use: it belongs to one owner, as the queues do.
type Registrar struct {
	opts     Options
	accounts map[string]map[string]*entry
	due      queue
	flows    map[flow]map[*entry]struct{} // those rung over a connection
}

// flow names a connection by where it comes from.
type flow struct {
	transport Transport
	source    netip.AddrPort
}

// New makes an empty registrar.
func New(opts Options) *Registrar {
	opts.Min = cmp.Or(opts.Min, time.Minute)
	opts.Max = max(cmp.Or(opts.Max, time.Hour), opts.Min)
	opts.Default = min(max(cmp.Or(opts.Default, time.Hour), opts.Min), opts.Max)
	opts.Devices = cmp.Or(opts.Devices, 10)
	return &Registrar{opts: opts, accounts: map[string]map[string]*entry{}, flows: map[flow]map[*entry]struct{}{}}
}

// Size is the number of bindings held.
func (r *Registrar) Size() int { return len(r.due) }

// Register applies a REGISTER whole or not at all (RFC 3261 10.3). It gives
// the account's bindings in force, for the Contact headers of the 200, and
// what changed: first, what had run out by now, of whatever account. The error
// is a *Refusal; then nothing has changed.
func (r *Registrar) Register(now time.Time, req Request) ([]Binding, []Change, error) {
	plan, refusal := r.plan(now, &req)
	if refusal != nil {
		return nil, nil, refusal
	}
	expired := r.Expire(now)
	was := len(r.accounts[req.Account])
	var changes []Change
	for _, step := range plan {
		changes = append(changes, r.apply(step)...)
	}
	r.mark(changes, was)
	return r.Live(req.Account, now), append(expired, changes...), nil
}

// mark sets the account's edge: Up on the first change that brought a binding,
// Down on the last one, when the account came or went by the whole of it.
func (r *Registrar) mark(changes []Change, was int) {
	if len(changes) == 0 {
		return
	}
	last := &changes[len(changes)-1]
	is := len(r.accounts[last.Binding.Account])
	if was > 0 && is == 0 {
		last.Down = true
	}
	if was == 0 && is > 0 {
		first := slices.IndexFunc(changes, func(c Change) bool { return c.Kind == Added })
		changes[first].Up = true
	}
}

// Live gives an account's bindings in force, the one to prefer first: by q,
// then the latest heard of.
func (r *Registrar) Live(account string, now time.Time) []Binding {
	var out []Binding
	for _, e := range r.accounts[account] {
		if e.Expires.After(now) {
			out = append(out, e.Binding)
		}
	}
	slices.SortFunc(out, func(a, b Binding) int {
		return cmp.Or(cmp.Compare(b.Q, a.Q), b.Refreshed.Compare(a.Refreshed), cmp.Compare(a.Key(), b.Key()))
	})
	return out
}

// Expire removes what has run out by now, the earliest first.
func (r *Registrar) Expire(now time.Time) []Change {
	var changes []Change
	for len(r.due) > 0 && !r.due[0].Expires.After(now) {
		changes = append(changes, r.drop(r.due[0], Expired))
	}
	return changes
}

// NextExpiry is when Expire has work next; false when nothing is registered.
func (r *Registrar) NextExpiry() (time.Time, bool) {
	if len(r.due) == 0 {
		return time.Time{}, false
	}
	return r.due[0].Expires, true
}

// Restore puts back bindings the journal held when the node stopped. What has
// run out since is left out, and so is what only a connection could reach: the
// connections are gone. The Changes tell which were put back (Added) and which
// are to be forgotten (Expired, Dropped).
func (r *Registrar) Restore(now time.Time, bindings []Binding) []Change {
	var changes []Change
	for _, b := range bindings {
		switch {
		case !b.Expires.After(now):
			changes = append(changes, Change{Kind: Expired, Binding: b})
		case !b.Survives(now):
			changes = append(changes, Change{Kind: Dropped, Binding: b})
		default:
			if b.Transport.Stream() {
				b.AtSource = false
			}
			was := len(r.accounts[b.Account])
			put := r.apply(step{key: b.Key(), binding: b})
			put[len(put)-1].Up = was == 0
			changes = append(changes, put...)
		}
	}
	return changes
}

// DropConnection tells that the stream from source closed. A binding whose
// Contact names no host goes with it; the others are rung at their Contact
// from now on (Refreshed), over a new connection.
func (r *Registrar) DropConnection(source netip.AddrPort, tr Transport) []Change {
	hit := slices.SortedFunc(maps.Keys(r.flows[flow{tr, source}]), func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.key, b.key))
	})
	var changes []Change
	for _, e := range hit {
		if e.hangsOnFlow() {
			changes = append(changes, r.drop(e, Dropped))
			continue
		}
		r.unlink(e)
		e.AtSource = false
		changes = append(changes, Change{Kind: Refreshed, Binding: e.Binding})
	}
	return changes
}

// Drop takes one binding away, because somebody who may says so; false when there is none.
func (r *Registrar) Drop(account, key string) (Change, bool) {
	e := r.accounts[account][key]
	if e == nil {
		return Change{}, false
	}
	return r.drop(e, Removed), true
}

// Forget removes an account with all its bindings, because it left the site.
func (r *Registrar) Forget(account string) []Change {
	var changes []Change
	for _, k := range slices.Sorted(maps.Keys(r.accounts[account])) {
		changes = append(changes, r.drop(r.accounts[account][k], Removed))
	}
	return changes
}

// drop takes one binding out and tells whether it was the account's last.
func (r *Registrar) drop(e *entry, kind ChangeKind) Change {
	heap.Remove(&r.due, e.at)
	r.unlink(e)
	of := r.accounts[e.Account]
	delete(of, e.key)
	if len(of) == 0 {
		delete(r.accounts, e.Account)
	}
	return Change{Kind: kind, Binding: e.Binding, Down: len(of) == 0}
}

// link notes that a binding hangs on a connection, if it does.
func (r *Registrar) link(e *entry) {
	if !e.AtSource || !e.Transport.Stream() {
		return
	}
	f := flow{e.Transport, e.Source}
	if r.flows[f] == nil {
		r.flows[f] = map[*entry]struct{}{}
	}
	r.flows[f][e] = struct{}{}
}

// unlink undoes link; it is to be called before the binding changes.
func (r *Registrar) unlink(e *entry) {
	f := flow{e.Transport, e.Source}
	delete(r.flows[f], e)
	if len(r.flows[f]) == 0 {
		delete(r.flows, f)
	}
}

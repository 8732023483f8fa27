package acd

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
)

// script runs a golden script: lines a floor manager can read, each a time and
// what happens at it. What the engine makes of it stands below, indented.
//
//	queue NAME key=value …        defines or redefines a queue
//	agent NUMBER GROUP key=value … defines or redefines an agent
//	plan NAME key=value …         defines or redefines a plan, without steps
//	step PLAN NAME CONDITION ACTION … adds a step to it
//	desks N                       there are
//	remove queue|agent|plan NAME
//	tell plans|all                from here on only what plans do, or all
//	HH:MM:SS site                 the definitions so far become the rules
//	HH:MM:SS EVENT                see happens
//	HH:MM:SS restart [HH:MM:SS]   the engine ended (then), another engine goes on with the definitions so far
//	# words                       are for the reader
type script struct {
	day    time.Time
	engine *Engine
	rules  Rules
	offers []call.OfferID // by number from 1
	plans  bool           // only what plans do is told
	out    strings.Builder
}

func runScript(text string) (string, error) {
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	s := &script{day: day, engine: New(1)}
	for n, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(l, "    ") {
			continue // an earlier run's output
		}
		s.out.WriteString(l + "\n")
		if err := s.line(l); err != nil {
			return "", fmt.Errorf("line %d: %q: %w", n+1, l, err)
		}
	}
	return s.out.String(), nil
}

func (s *script) line(l string) error {
	w := strings.Fields(l)
	switch {
	case len(w) == 0 || w[0] == "#":
		return nil
	case w[0] == "queue":
		return s.queue(w[1], w[2:])
	case w[0] == "agent":
		return s.agent(w[1], w[2], w[3:])
	case w[0] == "remove" && w[1] == "queue":
		s.rules.Queues = slices.DeleteFunc(slices.Clone(s.rules.Queues), func(q Queue) bool { return q.Name == w[2] })
		return nil
	case w[0] == "plan":
		return s.plan(w[1], w[2:])
	case w[0] == "step":
		return s.step(w[1], w[2], w[3:])
	case w[0] == "desks":
		n, err := strconv.Atoi(w[1])
		s.rules.PhysicalSeats = n
		return err
	case w[0] == "tell":
		s.plans = w[1] == "plans"
		return nil
	case w[0] == "remove" && w[1] == "plan":
		s.rules.Plans = slices.DeleteFunc(slices.Clone(s.rules.Plans), func(p Plan) bool { return p.Name == w[2] })
		return nil
	case w[0] == "remove" && w[1] == "agent":
		s.rules.Agents = slices.DeleteFunc(slices.Clone(s.rules.Agents), func(a Agent) bool { return string(a.ID) == w[2] })
		return nil
	}
	now, err := s.clock(w[0])
	if err != nil {
		return err
	}
	if w[1] == "restart" {
		return s.restart(now, w[2:])
	}
	late := s.runTo(now)
	switch {
	case w[1] == "calls":
		return s.many(now, w[2:])
	case w[1] == "show" && w[2] == "plans":
		s.showPlans()
		return nil
	case w[1] == "why":
		s.why(now, append(w[2:], ""))
		return nil
	case w[1] == "show":
		s.show(w[2], now)
		return nil
	}
	in, err := s.happens(w[1:])
	if err != nil {
		return err
	}
	effects := s.engine.Step(now, in)
	effects = s.worthTelling(effects)
	if late && len(effects) > 0 {
		fmt.Fprintf(&s.out, "    ~ %s then\n", w[0])
	}
	s.tell(effects)
	return nil
}

// clock reads a time of the script's day; 24:00:00 and later are the days after it.
func (s *script) clock(text string) (time.Time, error) {
	hours, rest, _ := strings.Cut(text, ":")
	h, err := strconv.Atoi(hours)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse("04:05", rest)
	return s.day.Add(time.Duration(h)*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second), err
}

// runTo lets the deadlines up to now take effect, each at its time, and reports whether there were any.
func (s *script) runTo(now time.Time) (any bool) {
	for ; ; any = true {
		at, ok := s.engine.Deadline()
		if !ok || !at.Before(now) {
			return any
		}
		effects := s.worthTelling(s.engine.Step(at, Tick{}))
		if len(effects) > 0 || !s.plans {
			fmt.Fprintf(&s.out, "    ~ %s by the clock\n", at.Format("15:04:05"))
		}
		s.tell(effects)
	}
}

// happens reads an event.
func (s *script) happens(w []string) (Input, error) {
	text := strings.Join(w, " ")
	rest := func(i int) string { return strings.Join(w[min(i, len(w)):], " ") }
	switch {
	case text == "site":
		s.rules.Revision++
		r := s.rules
		r.Queues, r.Agents = slices.Clone(r.Queues), slices.Clone(r.Agents)
		return RulesChanged{r}, nil
	case w[0] == "force":
		return s.force(w[1:])
	case text == "wait":
		return Tick{}, nil
	case w[0] == "phone" && w[2] == "up":
		return PhoneUp{w[1]}, nil
	case w[0] == "phone" && w[2] == "down":
		return PhoneDown{w[1], rest(3)}, nil
	case w[0] == "offer":
		return s.offerNews(w[1], w[2], rest(3))
	case w[0] == "call" && w[2] == "enters":
		return s.enters(w[1], w[3], w[4:])
	case w[0] == "call" && w[2] == "asks":
		return PlaceAsked{call.ID(w[1])}, nil
	case w[0] == "call" && w[2] == "chooses":
		return QueueLeft{call.ID(w[1]), w[3], w[4]}, nil
	case w[0] == "call" && w[2] == "leaves":
		return CallLeft{call.ID(w[1])}, nil
	case w[0] == "call" && w[2] == "filed":
		return DispositionSet{call.ID(w[1])}, nil
	case w[0] == "call":
		return s.inTalk(call.ID(w[1]), call.SeatID(w[3]), w[2])
	case w[0] == "agent" && (w[2] == "approved" || w[2] == "refused"):
		return BreakDecided{Seat: call.SeatID(w[1]), Approve: w[2] == "approved", By: w[3], Reason: rest(4)}, nil
	case w[0] == "agent" && w[2] == "wrap_up":
		n, err := strconv.Atoi(w[3])
		return WrapUpSet{Seat: call.SeatID(w[1]), Minutes: n, By: w[4]}, err
	case w[0] == "callback":
		return s.callback(call.CallbackID(w[1]), w[2], w[3])
	case w[0] == "agent":
		return s.asks(call.SeatID(w[1]), w[2], w[3:])
	}
	return nil, fmt.Errorf("nothing I know happens here")
}

func (s *script) offerNews(number, news, words string) (Input, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(s.offers) {
		return nil, fmt.Errorf("there is no offer %q", number)
	}
	switch news {
	case "answered":
		return OfferAnswered{s.offers[n-1]}, nil
	case "declined":
		return OfferRefused{s.offers[n-1]}, nil
	case "unreachable":
		return OfferUnreachable{s.offers[n-1], words}, nil
	}
	return nil, fmt.Errorf("an offer can't be %q", news)
}

// inTalk: call A connected 1001, held 1001, resumed 1001, parted 1001 (the seat's leg ended), talks_on_without 1001 (it has gone over to another call); engages and
// releases 1001 of a call that routing did not give it.
func (s *script) inTalk(c call.ID, a call.SeatID, news string) (Input, error) {
	switch news {
	case "connected":
		return CallConnected{c, a}, nil
	case "held":
		return SeatHeld{c, a}, nil
	case "resumed":
		return SeatResumed{c, a}, nil
	case "parted":
		return SeatLegEnded{Call: c, Seat: a}, nil
	case "talks_on_without":
		return SeatLegEnded{Call: c, Seat: a, On: true}, nil
	case "engages":
		return SeatEngaged{Call: c, Seat: a, Node: "n1"}, nil
	case "picked_up_by":
		return PickUp{Call: c, Seat: a}, nil
	case "picked_up_anyway_by":
		return PickUp{Call: c, Seat: a, Any: true}, nil
	case "picked_up_at_the_phone_of":
		return PickUp{Call: c, Seat: a, Any: true, There: true}, nil
	case "releases":
		return SeatReleased{Call: c, Seat: a}, nil
	case "releases_to_wrap_up":
		return SeatReleased{Call: c, Seat: a, WrapUp: 20 * time.Second}, nil
	}
	return nil, fmt.Errorf("a call can't be %q", news)
}

// asks: agent 1001 ready [at PHONE] [for REASON [MINUTES]].
func (s *script) asks(a call.SeatID, state string, w []string) (Input, error) {
	in := SeatStateSet{Seat: a}
	if err := in.State.UnmarshalText([]byte(state)); err != nil {
		return nil, err
	}
	for len(w) > 0 {
		switch w[0] {
		case "forced":
			in.Forced, w = true, w[1:]
		case "at":
			in.Phone, w = w[1], w[2:]
		case "for":
			in.Reason, w = w[1], w[2:]
		case "minutes":
			n, err := strconv.Atoi(w[1])
			if err != nil {
				return nil, err
			}
			in.Minutes, w = n, w[2:]
		default:
			return nil, fmt.Errorf("%q?", w[0])
		}
	}
	return in, nil
}

// enters: call A enters QUEUE [needs=…] [priority=N] [entry=HH:MM:SS] [back] [joined=HH:MM:SS] [failed=KIND:NAME …].
func (s *script) enters(c, queue string, w []string) (Input, error) {
	in := CallQueued{Call: call.ID(c), Queue: queue, Node: "n1"}
	for _, o := range w {
		key, value, _ := strings.Cut(o, "=")
		var err error
		switch key {
		case "needs":
			in.Skills, err = skills(value)
		case "from":
			in.Caller.Number = value
		case "priority":
			in.Priority, err = strconv.Atoi(value)
		case "entry":
			in.Entry, err = s.clock(value)
		case "back":
			in.Return = true
		case "number":
			in.Caller.Number = value
		case "joined":
			in.Joined, err = s.clock(value)
		case "failed": // number:139
			kind, name, _ := strings.Cut(value, ":")
			to := Target{Name: name}
			err = to.Kind.UnmarshalText([]byte(kind))
			in.Failed = append(in.Failed, to)
		case "last": // agent@HH:MM:SS
			seat, clock, _ := strings.Cut(value, "@")
			in.Sticky.Seat = call.SeatID(seat)
			in.Sticky.At, err = s.clock(clock)
		default:
			err = fmt.Errorf("%q?", key)
		}
		if err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (s *script) queue(name string, w []string) error {
	q := Queue{Name: name, Priority: 5, Target: 30 * time.Second, OfferTimeout: 15 * time.Second, WrapUp: 15 * time.Second, Groups: []string{name}}
	for _, o := range w {
		if err := queueOption(&q, o); err != nil {
			return err
		}
	}
	s.rules.Queues = slices.Clone(s.rules.Queues)
	if i := slices.IndexFunc(s.rules.Queues, func(o Queue) bool { return o.Name == name }); i >= 0 {
		s.rules.Queues[i] = q
		return nil
	}
	s.rules.Queues = append(s.rules.Queues, q)
	return nil
}

func queueOption(q *Queue, o string) (err error) {
	key, value, _ := strings.Cut(o, "=")
	switch key {
	case "strategy":
		err = q.Strategy.UnmarshalText([]byte(value))
	case "peak":
		q.Callbacks.PeakSeats, err = strconv.Atoi(value)
	case "ask_callback":
		q.Overflow = append(q.Overflow, Overflow{When: WhenWaited, To: Target{Kind: ToCallback}, Ask: true})
		q.Overflow[len(q.Overflow)-1].After, err = time.ParseDuration(value)
	case "ring_most":
		q.RingMost, err = strconv.Atoi(value)
	case "groups":
		q.Groups = strings.Split(value, ",")
	case "skills":
		q.Skills, err = skills(value)
	case "priority":
		q.Priority, err = strconv.Atoi(value)
	case "percent":
		q.TargetPercent, err = strconv.Atoi(value)
	case "target":
		q.Target, err = time.ParseDuration(value)
	case "offer":
		q.OfferTimeout, err = time.ParseDuration(value)
	case "wrap_up":
		q.WrapUp, err = time.ParseDuration(value)
	case "max":
		q.MaxWaiting, err = strconv.Atoi(value)
	case "hours":
		q.Hours, err = hours(value)
	case "sticky": // within/wait
		within, wait, _ := strings.Cut(value, "/")
		q.Sticky = &Sticky{}
		if q.Sticky.Within, err = time.ParseDuration(within); err == nil {
			q.Sticky.Wait, err = time.ParseDuration(wait)
		}
	case "widen": // after/groups/skills
		p := strings.Split(value, "/")
		w := Widen{Groups: strings.Split(p[1], ",")}
		if w.Skills, err = skills(p[2]); err == nil {
			w.After, err = time.ParseDuration(p[0])
		}
		q.Widen = append(q.Widen, w)
	case "resume":
		q.ResumeWithin, err = time.ParseDuration(value)
	case "tell_next":
		q.TellNext = true
	case "closed", "no_seats", "full", "waited", "estimated_wait":
		err = overflowOption(q, key, value)
	default:
		err = fmt.Errorf("a queue has no %q", key)
	}
	return err
}

// overflowOption: full=flow:busy, waited=120s>queue:general.
func overflowOption(q *Queue, when, value string) error {
	var o Overflow
	if err := o.When.UnmarshalText([]byte(when)); err != nil {
		return err
	}
	if after, to, found := strings.Cut(value, ">"); found {
		d, err := time.ParseDuration(after)
		if err != nil {
			return err
		}
		o.After, value = d, to
	}
	kind, name, _ := strings.Cut(value, ":")
	o.To.Name = name
	q.Overflow = append(q.Overflow, o)
	return q.Overflow[len(q.Overflow)-1].To.Kind.UnmarshalText([]byte(kind))
}

func hours(value string) (*call.Calendar, error) {
	from, to, _ := strings.Cut(value, "-")
	var h [2]int
	for i, text := range []string{from, to} {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		h[i] = n * 60
	}
	c := call.Calendar{Name: "service", Zone: "UTC", Open: map[time.Weekday]call.Spans{}}
	for d := time.Sunday; d <= time.Saturday; d++ {
		c.Open[d] = call.Spans{{From: h[0], To: h[1]}}
	}
	return call.NewCalendar(c)
}

func (s *script) agent(number, group string, w []string) error {
	a := Agent{ID: call.SeatID(number), Group: group}
	for _, o := range w {
		key, value, _ := strings.Cut(o, "=")
		var err error
		switch key {
		case "skills":
			a.Skills, err = skills(value)
		case "weight":
			a.Weight, err = strconv.Atoi(value)
		case "approve_breaks":
			a.ApproveBreaks = true
		case "team":
			a.Team = value
		case "ready_on_register":
			a.ReadyOnRegister = true
		default:
			err = fmt.Errorf("an agent has no %q", key)
		}
		if err != nil {
			return err
		}
	}
	s.rules.Agents = slices.Clone(s.rules.Agents)
	if i := slices.IndexFunc(s.rules.Agents, func(o Agent) bool { return o.ID == a.ID }); i >= 0 {
		s.rules.Agents[i] = a
		return nil
	}
	s.rules.Agents = append(s.rules.Agents, a)
	return nil
}

// skills: general:1,vip:3.
func skills(text string) (map[string]int, error) {
	m := map[string]int{}
	for _, one := range strings.Split(text, ",") {
		if one == "" {
			continue
		}
		name, level, _ := strings.Cut(one, ":")
		n, err := strconv.Atoi(level)
		if err != nil {
			return nil, err
		}
		m[name] = n
	}
	return m, nil
}

// why QUEUE [CALL] asks for an explanation.
func (s *script) why(now time.Time, w []string) {
	why, err := s.engine.Why(now, w[0], call.ID(w[1]))
	if err != nil {
		fmt.Fprintf(&s.out, "    | %v\n", err)
		return
	}
	for _, c := range why.Calls {
		fmt.Fprintf(&s.out, "    | %d. %s: %s\n", c.Place, c.Call, c.Words)
	}
	for _, a := range why.Seats {
		fmt.Fprintf(&s.out, "    | agent %s %s\n", a.Seat, a.Words)
	}
}

func (s *script) show(what string, now time.Time) {
	v := s.engine.View()
	if what == "seats" {
		for _, a := range v.Seats {
			fmt.Fprintf(&s.out, "    | %s %s", a.Agent, a.State)
			for _, more := range []string{a.Reason, a.Phone, string(a.Call)} {
				if more != "" {
					s.out.WriteString(" " + more)
				}
			}
			if a.Next != nil {
				fmt.Fprintf(&s.out, ", then %s", a.Next.State)
			}
			fmt.Fprintf(&s.out, "; serves %s\n", strings.Join(append(slices.Concat(a.Queues, a.Reserve), a.Lent...), " "))
		}
		return
	}
	for _, q := range v.Queues {
		fmt.Fprintf(&s.out, "    | %s: longest wait %s; seats", q.Name, span(q.LongestWait(now)))
		for _, st := range slices.Sorted(maps.Keys(q.Seats)) {
			fmt.Fprintf(&s.out, " %s %d", st, q.Seats[st])
		}
		if q.EstimatedWait != nil {
			fmt.Fprintf(&s.out, "; who comes now waits %s", span(*q.EstimatedWait))
		}
		s.out.WriteString("; in order:")
		for _, w := range q.Waiting {
			fmt.Fprintf(&s.out, " %s", w.Call)
			if len(w.Offered) > 0 {
				fmt.Fprintf(&s.out, "(rings %s)", strings.Trim(fmt.Sprint(w.Offered), "[]"))
			}
		}
		s.out.WriteString("\n")
	}
}

func (s *script) tell(effects []Effect) {
	for _, ef := range effects {
		s.out.WriteString("    " + s.sentence(ef) + "\n")
	}
}

// sentence says an effect in words.
func (s *script) sentence(ef Effect) string {
	clock := func(t time.Time) string { return t.Format("15:04:05") }
	switch ef := ef.(type) {
	case Queued:
		lift := ""
		if ef.Lift != 0 {
			lift = fmt.Sprintf(" %+d by plans", ef.Lift)
		}
		return fmt.Sprintf("%s waits in %s, place %d, priority %d%s, entry %s: %s", ef.Call, ef.Queue, ef.Position, ef.Priority, lift, clock(ef.Entry), ef.Reason)
	case Offer:
		s.offers = append(s.offers, ef.Offer)
		return fmt.Sprintf("offer %d: %s rings at %s (phone %s) until %s: %s", len(s.offers), ef.Call, ef.Seat, ef.Phone, clock(ef.Deadline), ef.Reason)
	case OfferOver:
		return fmt.Sprintf("offer %d over, %s: %s", s.number(ef.Offer), ef.Result, ef.Reason)
	case Connect:
		return fmt.Sprintf("offer %d accepted: %s and %s are brought together: %s", s.number(ef.Offer), ef.Call, ef.Seat, ef.Reason)
	case ReleaseLeg:
		return fmt.Sprintf("offer %d stands no more: hang up %s's phone in %s: %s", s.number(ef.Offer), ef.Seat, ef.Call, ef.Reason)
	case Overflowed:
		return fmt.Sprintf("%s leaves %s by rule %s to %s %s: %s", ef.Call, ef.Queue, ef.Rule, ef.To.Kind, ef.To.Name, ef.Reason)
	case WrapUp:
		return fmt.Sprintf("%s wraps up %s until %s: %s", ef.Seat, ef.Call, clock(ef.Deadline), ef.Reason)
	case WrapUpOver:
		return fmt.Sprintf("%s has wrapped up %s: %s", ef.Seat, ef.Call, ef.Reason)
	case SeatChanged:
		return fmt.Sprintf("%s: %s -> %s%s: %s", ef.Seat, ef.From, ef.To, bracket(ef.Reason), ef.Why)
	case WrapUpMoved:
		return fmt.Sprintf("%s wraps up %s until %s: %s", ef.Seat, ef.Call, clock(ef.Deadline), ef.Reason)
	case BreakAsked:
		return fmt.Sprintf("%s asks for a break%s of %d min, %s: %s", ef.Seat, bracket(ef.Reason), ef.Minutes, ef.Verdict, ef.Why)
	case PlaceTold:
		return fmt.Sprintf("%s is told: %d before it in %s, %s to wait", ef.Call, ef.Ahead, ef.Queue, wait(ef.Wait))
	case CallNext:
		return fmt.Sprintf("%s is told that it is next: %s", ef.Call, ef.Reason)
	case Forgotten:
		return fmt.Sprintf("%s is forgotten", ef.Call)
	case Rejected:
		return fmt.Sprintf("refused (%s): %s", ef.Code, ef.Words)
	}
	switch ef := ef.(type) {
	case CallbackOffered:
		return fmt.Sprintf("%s is asked whether to be called back: %s", ef.Call, ef.Reason)
	case CallbackMoved:
		return fmt.Sprintf("callback %s (%s) %s, %d tries, entry %s: %s", ef.ID, ef.Caller.Number, ef.State, ef.Tries, clock(ef.Entry), ef.Reason)
	}
	return planSentence(ef)
}

// wait says an estimate, or that there is none.
func wait(d *time.Duration) string {
	if d == nil {
		return "nobody knows how long"
	}
	return span(*d)
}

// callback B of A (a waiting caller becomes one), callback B dialled busy, callback B dropped WORD.
func (s *script) callback(id call.CallbackID, news, word string) (Input, error) {
	switch news {
	case "of":
		return CallbackQueued{ID: id, From: call.ID(word), Node: "n1"}, nil
	case "dropped":
		return CallbackDropped{ID: id, Words: word}, nil
	case "dialled":
		in := CallbackDialled{}
		if c := s.engine.backs[id]; c != nil {
			in.Call = c.id
		}
		return in, in.Result.UnmarshalText([]byte(word))
	}
	return nil, fmt.Errorf("a callback can't be %q", news)
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func (s *script) number(id call.OfferID) int { return slices.Index(s.offers, id) + 1 }

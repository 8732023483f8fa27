package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/call"
)

// comfort is what a waiting caller hears: the queue's experience or its music and, in between,
// notices (call.Notice), one at a time, the first kind first. Of each kind at most
// one waits to be said, the newest, and at most one is due at a later time, so it is
// bounded whatever happens. It lives in StageWaiting only: leaving the stage, for
// whatever reason, ends it at once (Actor.enter), and whoever comes next plays over it.
type comfort struct {
	queue string
	rules Announce
	exp   *experience // nil: music

	due   [call.NoticeCount]time.Time // when each kind comes up next; zero: not by itself
	timer *time.Timer                 // until the earliest of due

	ready  [call.NoticeCount]*notice // to be said
	saying uint64                    // the play of the notice that sounds; 0: music
	urgent *notice                   // the one that sounds, if it is urgent

	ahead int  // callers ahead, as last told; −1: not told yet
	next  bool // that he is next has been told
	wait  *time.Duration

	words rendering // what the queue says besides, while texts in it are rendered
}

// notice is something to be said.
type notice struct {
	prompts []string
	why     string
}

func (c *comfort) timerC() <-chan time.Time {
	return fires(c.timer)
}

// endComfort ends all of it.
func (a *Actor) endComfort() {
	a.leaveWords(false)
	a.comfort.stop()
}

// stop ends what is due and forgets what is to be said.
func (c *comfort) stop() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.exp.hold()
	*c = comfort{}
}

// beginComfort is for a caller who comes to a queue: its music, and the first notices in their time.
func (a *Actor) beginComfort(queue string) {
	c := &a.comfort
	unheard := c.unheard()
	a.unlisten(false) // for the flow of the queue before
	a.endComfort()
	c.queue, c.rules, c.ahead = queue, a.deps.House.Queue(queue).Announce, -1
	a.music(queue)
	if c.rules.Position || c.rules.Wait || c.rules.Words {
		a.remind(call.NoticePlace, c.rules.First)
	}
	if unheard != nil { // another queue does not spare him what is urgent
		a.tell(call.NoticeUrgent, unheard.prompts, unheard.why)
	}
}

// unheard is what is urgent and has not been said to its end.
func (c *comfort) unheard() *notice {
	switch {
	case c.urgent == nil:
		return c.ready[call.NoticeUrgent]
	case c.ready[call.NoticeUrgent] == nil:
		return c.urgent
	}
	return c.urgent.and(*c.ready[call.NoticeUrgent])
}

// and is two notices as one.
func (n notice) and(o notice) *notice {
	return &notice{prompts: slices.Concat(n.prompts, o.prompts), why: n.why + "; " + o.why}
}

// pressing has the caller hear what an emergency plan says, before any other
// notice. Of kind urgent all are said: one that waits is not replaced.
func (a *Actor) pressing(m Urgent) {
	n := &notice{prompts: []string{m.Prompt}, why: m.Reason}
	if waits := a.comfort.ready[call.NoticeUrgent]; waits != nil {
		n = waits.and(*n)
	}
	a.tell(call.NoticeUrgent, n.prompts, n.why)
}

// remind has a kind of notice come up after a while (comfortDue).
func (a *Actor) remind(n call.Notice, after time.Duration) {
	a.comfort.due[n] = time.Now().Add(after)
	a.comfort.rearm()
}

// rearm sets the timer to the earliest that is due.
func (c *comfort) rearm() {
	var first time.Time
	for _, t := range c.due {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	switch {
	case first.IsZero():
		c.timer = nil
	case c.timer == nil:
		c.timer = time.NewTimer(time.Until(first))
	default:
		c.timer.Reset(time.Until(first))
	}
}

// comfortDue is the timer: some kind of notice has come up.
func (a *Actor) comfortDue() {
	now := time.Now()
	for n, at := range a.comfort.due {
		if at.IsZero() || at.After(now) {
			continue
		}
		a.comfort.due[n] = time.Time{}
		a.comesUp(call.Notice(n))
	}
	a.comfort.rearm()
}

// comesUp is a kind of notice whose time has come.
func (a *Actor) comesUp(n call.Notice) {
	switch n {
	case call.NoticePlace: // where he stands now is for routing to say
		a.comfort.due[n] = time.Now().Add(a.comfort.rules.Every)
		a.deps.Router.Place()
	case call.NoticeUrgent, call.NoticeNext: // routing tells when
	case call.NoticeWords:
		a.wordsLate()
	case call.NoticeCallback:
		a.backDue()
	}
}

// tell has a notice said: at once, or after the one that sounds.
func (a *Actor) tell(n call.Notice, prompts []string, why string) {
	if len(prompts) == 0 {
		return
	}
	a.comfort.ready[n] = &notice{prompts: prompts, why: why}
	if a.comfort.saying == 0 {
		a.sayNext()
	}
}

// sayNext says what is to be said first, or goes back to the music.
func (a *Actor) sayNext() {
	c := &a.comfort
	c.urgent = nil
	for n, ready := range c.ready {
		if ready == nil {
			continue
		}
		c.ready[n] = nil
		if call.Notice(n) == call.NoticeUrgent {
			c.urgent = ready
		}
		a.emit(call.Told{Queue: c.queue, Notice: call.Notice(n), Prompts: strings.Join(ready.prompts, " "), Why: ready.why})
		a.flush()
		c.exp.hold()
		c.saying = a.deps.Player.Play(a.caller.id, ready.prompts, false)
		return
	}
	c.saying = 0
	a.hearsAgain()
}

// comfortSound waits for the end of what is being said.
func (a *Actor) comfortSound(m SoundNews) {
	ev, ok := m.Event.(call.SoundPlayed)
	switch c := &a.comfort; {
	case !ok || m.Leg != a.caller.id || ev.Cut:
	case c.saying != 0 && ev.Play == c.saying:
		a.sayNext()
	case c.saying == 0 && c.exp != nil && c.exp.play != 0 && ev.Play == c.exp.play:
		a.heardOut()
	}
}

// next tells the caller that he is next.
func (a *Actor) next(m Next) {
	if m.Queue != a.comfort.queue || a.comfort.next {
		return
	}
	a.comfort.next, a.comfort.ahead = true, 0
	a.tell(call.NoticeNext, a.deps.House.Ahead(a.language, 0), m.Reason)
}

// where tells the caller what of his place and his wait is worth telling: all
// that the queue tells, or with Announce.Repeat unset what he does not know yet.
func (a *Actor) where(m Where) {
	c := &a.comfort
	if m.Queue != c.queue {
		return
	}
	if c.exp != nil {
		a.stands(m)
		return
	}
	var prompts []string
	why := fmt.Sprintf("%d ahead", m.Ahead)
	if c.worthPlace(m.Ahead) {
		prompts = a.deps.House.Ahead(a.language, m.Ahead)
		c.ahead, c.next = m.Ahead, c.next || m.Ahead == 0
	}
	if m.Wait != nil {
		why += fmt.Sprintf(", an estimated wait of %s", m.Wait.Round(time.Second))
		if c.worthWait(*m.Wait) {
			prompts = append(prompts, a.deps.House.Wait(a.language, *m.Wait)...)
			c.wait = m.Wait
		}
	}
	a.tell(call.NoticePlace, prompts, why)
	a.workOut(m)
}

// worthPlace: a place is told once and then when it is a better one; that he is next, once at all.
func (c *comfort) worthPlace(ahead int) bool {
	switch {
	case !c.rules.Position || ahead == 0 && c.next:
		return false
	case c.rules.Repeat || c.ahead < 0:
		return true
	}
	return ahead < c.ahead
}

// worthWait: a wait is told once and then when what is told of it has changed enough.
func (c *comfort) worthWait(wait time.Duration) bool {
	switch {
	case !c.rules.Wait:
		return false
	case c.rules.Repeat || c.wait == nil:
		return true
	}
	before, overBefore := call.ExpectedWait(*c.wait)
	now, over := call.ExpectedWait(wait)
	return over != overBefore || now != before && (now-before).Abs() >= c.rules.MinChange
}

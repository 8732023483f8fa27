package live

import (
	"strings"
	"time"

	"hotline/call"
)

// rendering is what a queue says besides place and wait, from when it is known until it can be said: the music goes on
// meanwhile. NoticeWords is due when that takes too long. It is a part of comfort, and ends with it.
type rendering struct {
	token uint64 // of the FlowRender under way; 0: none is
	words call.FlowWords
}

// workOut says what the queue says besides, to a caller who stands there.
func (a *Actor) workOut(m Where) {
	if !a.comfort.rules.Words || a.deps.Flow == nil {
		return
	}
	a.leaveWords(true) // of the turn before
	words := a.deps.Flow.Announce(time.Now(), m.Queue, a.wait.entry, m.Ahead, m.Wait)
	if !words.Wants() {
		a.sayWords(words, nil, "")
		return
	}
	a.sessions++ // whatever else is rendered for the call has other tokens
	a.comfort.words = rendering{token: a.sessions * tokenRoom, words: words}
	a.remind(call.NoticeWords, words.Within)
	a.errand(call.FlowRender{Token: a.comfort.words.token, Texts: words.Texts}, nil)
}

// worded takes texts that have been rendered, or the word that they can't be, and reports whether they were the queue's.
func (a *Actor) worded(in call.FlowInput) bool {
	w := a.comfort.words
	var token uint64
	var rendered []string
	missed := "not rendered"
	switch in := in.(type) {
	case call.FlowRendered:
		token, rendered = in.Token, in.Prompts
	case call.FlowFault:
		token, missed = in.Token, in.Words
	default:
		return false
	}
	if w.token == 0 || token != w.token {
		return false
	}
	a.dropWords()
	a.sayWords(w.words, rendered, missed)
	return true
}

// wordsLate is the end of the time that texts have: the rest is said without them.
func (a *Actor) wordsLate() {
	if w := a.comfort.words; w.token != 0 {
		a.leaveWords(true)
		a.sayWords(w.words, nil, "not rendered within "+w.words.Within.String())
	}
}

// leaveWords ends the rendering, if there is one; late: it has taken too long.
func (a *Actor) leaveWords(late bool) {
	if a.comfort.words.token != 0 {
		a.errand(call.FlowRenderStop{Late: late}, nil)
		a.dropWords()
	}
}

func (a *Actor) dropWords() {
	a.comfort.words, a.comfort.due[call.NoticeWords] = rendering{}, time.Time{}
	a.comfort.rearm()
}

// sayWords has them said. The timeline tells that a text is missing, never what.
func (a *Actor) sayWords(words call.FlowWords, rendered []string, missed string) {
	prompts, missing := words.Prompts(rendered)
	why := words.Unsaid
	if missing {
		why = strings.TrimPrefix(why+", a text could not be said: "+missed, ", ")
	}
	a.tell(call.NoticeWords, prompts, why)
}

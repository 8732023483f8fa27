package config

import (
	"fmt"
	"time"

	"hotline/call"
)

// Survey is a call-back survey (回访): customers are rung some time after a call and asked by a flow.
type Survey struct {
	Name   string
	Flow   string
	Queues []string      // whose answered calls are followed up; none: only by the API
	Share  int           // percent of them
	After  time.Duration // from the end of the call
	Within time.Duration // from then on
	Tries  int
	Gap    time.Duration // between two tries
	Ring   time.Duration
	AtOnce int
	Quiet  *call.Calendar // nobody is rung; nil: never quiet
	Again  time.Duration  // a number is not planned again so soon
	Shown  string         // a number of the site; empty: the one the customer had called
}

// The defaults and limits of a survey.
const (
	mostSurveys      = 32
	surveyAfter      = time.Hour
	surveyWithin     = 24 * time.Hour
	surveyWithinMost = 14 * 24 * time.Hour
	surveyGap        = 30 * time.Minute
	surveyRing       = 30 * time.Second
	surveyAgain      = 30 * 24 * time.Hour
	surveyAgainMost  = 366 * 24 * time.Hour
)

func (b *builder) readSurveys() {
	for i, v := range b.sections[sectionSurveys] {
		if v.kind != kindMap {
			b.wrong(v.at, "a survey is "+kinds[v.kind], "{name: visit, flow: visit, queues: [general]}")
			continue
		}
		f := b.fields(v, "a survey")
		flow := f.mustWord("flow")
		s := Survey{
			Name: f.name().Value, Flow: b.ref(sectionFlows, flow), Queues: b.refs(sectionQueues, f.words("queues")), Share: f.integer("share", 100, 1, 100),
			After: f.duration("after", surveyAfter, 0), Within: f.duration("within", surveyWithin, time.Minute), Tries: f.integer("tries", 2, 1, mostBackTries),
			Gap: f.duration("gap", surveyGap, time.Second), Ring: f.duration("ring", surveyRing, 5*time.Second), AtOnce: f.integer("at_once", 2, 1, 1000),
			Quiet: b.quiet(f.get("quiet"), b.quietHours(defaultQuiet())), Again: f.duration("again", surveyAgain, 0),
		}
		b.notLonger(f, "after", s.After, surveyWithinMost)
		b.notLonger(f, "within", s.Within, surveyWithinMost)
		b.notLonger(f, "again", s.Again, surveyAgainMost)
		b.surveyFlow(flow, s)
		s.Shown = b.surveyShown(f.word("shown"))
		if i == mostSurveys {
			b.wrong(v.at, "there are too many surveys", fmt.Sprintf("at most %d", mostSurveys))
		}
		f.close()
		b.site.Surveys = append(b.site.Surveys, s)
	}
	if trunks, _ := b.waysOut(); len(b.site.Surveys) > 0 && len(trunks) == 0 {
		b.site.Hints = append(b.site.Hints, "surveys: no trunk has a proxy by which anybody could be rung")
	}
}

func (b *builder) notLonger(f *fields, key string, is, most time.Duration) {
	if is > most {
		b.wrong(f.got[key].at, key+" is "+short(is), "at most "+short(most))
	}
}

// surveyFlow checks that the flow asks, and hands the customer on to nobody: no seat expects him.
func (b *builder) surveyFlow(w word, s Survey) {
	if g := b.site.Graph; s.Flow != "" && g != nil {
		if at := g.HandsOn(s.Flow); at != "" {
			b.wrong(w.Pos, fmt.Sprintf("flow %q hands customers on, at %s", s.Flow, at), "a flow without queue, transfer and callback")
		}
		if g.Verifies(s.Flow) {
			b.wrong(w.Pos, fmt.Sprintf("flow %q verifies callers whom an agent sends there", s.Flow), "another flow")
		}
	}
	if b.experienced()[s.Flow] != "" {
		b.wrong(w.Pos, fmt.Sprintf("flow %q is what waiting callers hear", s.Flow), "another flow")
	}
}

// surveyShown is the number the customer sees, one of the site.
func (b *builder) surveyShown(w word) string {
	if !w.IsSet() {
		return ""
	}
	var known []string
	for _, n := range b.site.Numbers {
		if n.Number == w.Value {
			return w.Value
		}
		known = append(known, n.Number)
	}
	b.wrong(w.Pos, fmt.Sprintf("number %q is none of the site's", clip(w.Value)), instead(w.Value, known))
	return ""
}

package report

import (
	"maps"
	"slices"
	"strconv"

	"hotline/call"
)

// InCall is the row of ratings given within calls.
const InCall = "in_call"

// Surveys adds up what customers have answered, from the calls' records: by survey (满意度, 回访).
type Surveys map[string]*SurveyFigures

// SurveyFigures are those of one survey.
type SurveyFigures struct {
	Dialled  int
	Reached  int
	Visited  int // calls in which a question was answered
	OptedOut int
	rung     map[string]bool // customers
	visited  map[string]bool
	// Answers are counted by question and answer.
	Answers map[string]map[string]int
}

// Add takes the record of a call.
func (s Surveys) Add(r *call.Record) {
	name := r.SurveyCall
	if name == "" {
		name = InCall
		if len(r.SurveyAnswers) == 0 {
			return
		}
	}
	f := s[name]
	if f == nil {
		f = &SurveyFigures{rung: map[string]bool{}, visited: map[string]bool{}, Answers: map[string]map[string]int{}}
		s[name] = f
	}
	f.Dialled++
	f.rung[r.Caller] = true
	if r.Outcome != call.OutcomeUnreached {
		f.Reached++
	}
	said := false
	for _, a := range r.SurveyAnswers {
		f.answer(a)
		switch a.Answer {
		case call.AnswerOptOut:
			f.OptedOut++
		case call.AnswerLater: // not asked yet
		default:
			said = true
		}
	}
	if said {
		f.Visited++
		f.visited[r.Caller] = true
	}
}

func (f *SurveyFigures) answer(a call.SurveyAnswer) {
	if f.Answers[a.Question] == nil {
		f.Answers[a.Question] = map[string]int{}
	}
	f.Answers[a.Question][a.Answer]++
}

// VisitRate is 回访率: customers who answered a question / customers who were rung; false when nobody was.
func (f *SurveyFigures) VisitRate() (float64, bool) {
	if len(f.rung) == 0 {
		return 0, false
	}
	return float64(len(f.visited)) / float64(len(f.rung)), true
}

// Mean is the mean of a question's answers, if all of them are numbers.
func (f *SurveyFigures) Mean(question string) (float64, bool) {
	sum, n := 0.0, 0
	for answer, count := range f.Answers[question] {
		mark, err := strconv.ParseFloat(answer, 64)
		if err != nil {
			return 0, false
		}
		sum, n = sum+mark*float64(count), n+count
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

// Table is the report `surveys`.
func (s Surveys) Table() Table {
	t := Table{
		Name: "surveys", Columns: []string{"survey", "question", "answer", "count", "share"},
		Notes: []string{
			"calls that began in the span. dialled: calls made, or calls with a rating for in_call; visited: calls in which a question was answered, its share = customers who answered one / customers rung (回访率).",
			"An answer's share is of those given to the question; the row mean is the mean of answers that are numbers, as its share.",
		},
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		f := s[name]
		row := func(question, answer string, count int, share float64, known bool) {
			t.Rows = append(t.Rows, []Value{Text(name), Text(question), Text(answer), Count(count), Share(share, known)})
		}
		row("", "dialled", f.Dialled, 0, false)
		row("", "reached", f.Reached, float64(f.Reached)/float64(f.Dialled), true)
		rate, known := f.VisitRate()
		row("", "visited", f.Visited, rate, known)
		row("", "opted_out", f.OptedOut, float64(f.OptedOut)/float64(f.Dialled), true)
		for _, question := range slices.Sorted(maps.Keys(f.Answers)) {
			answers, all := f.Answers[question], 0
			for _, n := range answers {
				all += n
			}
			for _, answer := range slices.Sorted(maps.Keys(answers)) {
				row(question, answer, answers[answer], float64(answers[answer])/float64(all), true)
			}
			if mean, ok := f.Mean(question); ok {
				row(question, "mean", all, mean, true)
			}
		}
	}
	return t
}

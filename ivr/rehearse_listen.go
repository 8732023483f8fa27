package ivr

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hotline/call"
)

// speak has the caller say something to whoever listens: an intent and how sure the service is of it, in per cent, or what
// the test's next answer of the service says.
func (r *rehearsal) speak(deed At[string], rest string) {
	for r.play != 0 && r.listen.Token == 0 && r.session.State != StateEnded && r.inputs < mostRehearsed { // what is told before
		token := r.play
		r.play = 0
		r.step(call.FlowPlayed{Token: token})
	}
	v := r.listen
	if v.Token == 0 {
		r.report(deed.Pos, "speak where a listen node has a service hear the caller", "nobody listens (%s)", r.end)
		return
	}
	in := r.spoken(deed, v, rest)
	if len(r.wrong) > 0 {
		return
	}
	r.listen = call.FlowListen{}
	r.step(call.FlowSpeech{Token: v.Token})
	r.step(in)
}

// spoken is what the service makes of it.
func (r *rehearsal) spoken(deed At[string], v call.FlowListen, rest string) call.FlowInput {
	if rest == "" {
		return r.spokenAnswer(deed, v)
	}
	intent, sure, given := strings.Cut(rest, " ")
	confidence := 100
	if given {
		n, err := strconv.Atoi(sure)
		if err != nil || n < 0 || n > 100 {
			r.report(deed.Pos, "speak bill 90", "%q is no percentage", sure)
			return nil
		}
		confidence = n
	}
	body, err := json.Marshal(map[string]any{"text": intent, "intent": intent, "confidence": float64(confidence) / 100})
	if err != nil {
		r.report(deed.Pos, "plain words", "%s", err)
	}
	return FinalFrom(v, body)
}

// spokenAnswer is the test's next answer of the service.
func (r *rehearsal) spokenAnswer(deed At[string], v call.FlowListen) call.FlowInput {
	var fitting []*StubAnswer
	for i := range r.Answers {
		if a := &r.Answers[i]; a.Speech && a.Service.Value == v.Service {
			fitting = append(fitting, a)
		}
	}
	if len(fitting) == 0 {
		r.report(deed.Pos, fmt.Sprintf("speak INTENT, or answers: [{speech: %s, body: {intent: %s, confidence: 0.9}}]", v.Service, slices.Concat(v.Intents, []string{"bill"})[0]), "nothing says what %s understands", v.Service)
		return nil
	}
	key := "speech " + v.Service
	a := fitting[min(r.used[key], len(fitting)-1)]
	r.used[key]++
	if a.Fault != "" {
		return call.FlowFault{Token: v.Token, Words: a.Fault}
	}
	return FinalFrom(v, a.Body)
}

// final is a speech service's last word, as far as every flow knows it.
type final struct {
	Intent     string   `json:"intent"`
	Confidence *float64 `json:"confidence"`
}

// FinalFrom is a speech service's last word, JSON, in the words of the flow that listens: FlowHeard, or FlowFault where it is
// none, or a value is not of the type the flow wants. No text of it is in that.
func FinalFrom(v call.FlowListen, body []byte) call.FlowInput {
	var f final
	if err := json.Unmarshal(body, &f); err != nil {
		return call.FlowFault{Token: v.Token, Words: v.Service + ": its final is none"}
	}
	heard := call.FlowHeard{Token: v.Token, Intent: f.Intent, Confidence: 1}
	if f.Confidence != nil {
		heard.Confidence = *f.Confidence
	}
	if !(heard.Confidence >= 0 && heard.Confidence <= 1) || len(f.Intent) > longestWord || strings.ContainsAny(f.Intent, " \t\r\n") {
		return call.FlowFault{Token: v.Token, Words: v.Service + ": its final is none"}
	}
	values, err := PickFrom(body, v.Picks)
	if err != nil {
		return call.FlowFault{Token: v.Token, Words: fmt.Sprintf("%s: %s", v.Service, err)}
	}
	heard.Values = values
	return heard
}

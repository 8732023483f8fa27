package web

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/call"
	"hotline/internal/golden"
)

// eventsOfAllKinds has one event of every kind the codec knows, each text filled
// with words, so that a new kind is in every test here by itself.
func eventsOfAllKinds(t testing.TB, words string) (all []call.Event) {
	for _, kind := range call.Kinds() {
		var e call.Envelope
		require.NoError(t, json.Unmarshal([]byte(`{"call":"C","seq":1,"at":"2026-11-02T12:00:00Z","kind":"`+kind+`","data":{}}`), &e))
		v := reflect.New(reflect.TypeOf(e.Event)).Elem()
		fill(v, words)
		ev, ok := v.Interface().(call.Event)
		require.True(t, ok)
		all = append(all, ev)
	}
	return all
}

// fill sets every field to something that shows.
func fill(v reflect.Value, words string) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 11, 2, 20, 0, 0, 123_456_789, time.FixedZone("CST", 8*3600))))
	case v.Type() == reflect.TypeFor[time.Duration]():
		v.SetInt(int64(1500 * time.Millisecond))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), words)
		}
	case v.Type() == reflect.TypeFor[string]():
		v.SetString(words)
	case v.Kind() == reflect.String: // an id
		v.SetString("ID")
	case v.Kind() == reflect.Slice:
		one := reflect.New(v.Type().Elem()).Elem()
		fill(one, words)
		v.Set(reflect.Append(v, one))
	case v.Kind() == reflect.Int:
		v.SetInt(3)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	}
}

// openFields may hold the number's digits: they are not the customer's.
var openFields = regexp.MustCompile(`"(called|sip_call_id)":"[^"]*"`)

func TestNoKindOfEventLeaksTheNumber(t *testing.T) {
	for _, ev := range eventsOfAllKinds(t, "of "+number) {
		for _, words := range []string{"of " + number, number} {
			v := reflect.New(reflect.TypeOf(ev)).Elem()
			fill(v, words)
			whole, ok := v.Interface().(call.Event)
			require.True(t, ok)
			before, err := json.Marshal(whole)
			require.NoError(t, err)
			step := stepOf(call.Envelope{At: noon, Event: whole}, true)
			text, err := json.Marshal(step)
			require.NoError(t, err)
			shown := openFields.ReplaceAllString(string(text), "")
			if whole.Kind() == "entered" { // its sentence says the number that was called
				shown = strings.Replace(shown, "called "+words, "", 1)
			}
			require.NotContains(t, shown, number, "%s: %s", ev.Kind(), shown)
			after, err := json.Marshal(whole)
			require.NoError(t, err)
			require.Equal(t, string(before), string(after), "the event itself is as it was")
		}
	}
}

func TestMaskEvent(t *testing.T) {
	require.Equal(t, call.Entered{Caller: call.Caller{Number: "138****8000"}, Called: "4008210000", SIPCallID: "1234567890@gw"},
		maskEvent(call.Entered{Caller: call.Caller{Number: number, Name: "王五"}, Called: "4008210000", SIPCallID: "1234567890@gw"}))
	require.Equal(t, call.DispositionSet{Seat: "1001", Code: "bill", Notes: "***"}, maskEvent(call.DispositionSet{Seat: "1001", Code: "bill", Notes: "owes money"}))
	require.Equal(t, call.DispositionSet{Code: "bill"}, maskEvent(call.DispositionSet{Code: "bill"}))
	require.Equal(t, call.MenuEnded{Node: "menu", Digits: "1"}, maskEvent(call.MenuEnded{Node: "menu", Digits: "1"}))
	require.Equal(t, call.MenuEnded{Node: "pin", Digits: "****"}, maskEvent(call.MenuEnded{Node: "pin", Digits: "4711"}))
	require.Equal(t, call.SurveyAnswered{Node: "survey", Name: "satisfied", Digit: "1"}, maskEvent(call.SurveyAnswered{Node: "survey", Name: "satisfied", Digit: "1"}))
	require.Equal(t, call.Queued{Queue: "vip", Reason: "138****8000 is gold, waits 90 s at 8001"}, maskEvent(call.Queued{Queue: "vip", Reason: number + " is gold, waits 90 s at 8001"}))
	require.Equal(t, oddEvent("x"), maskEvent(oddEvent("x")))
	require.Empty(t, stepOf(call.Envelope{Event: oddEvent("x")}, false).Data)
}

// oddEvent is no struct, as none of the domain's is.
type oddEvent string

func (oddEvent) Kind() string { return "odd" }

func TestMaskNumber(t *testing.T) {
	for n, want := range map[string]string{
		"": "", "10086": "*****", "6234567": "*******", "62345678": "****5678", "623456789": "6****6789",
		number: "138****8000", "02162345678": "021****5678", "anonymous": "a****mous", "+8613800138000": "+86*******8000",
	} {
		require.Equal(t, want, maskNumber(n))
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.StringMatching(`\+?[0-9]{0,18}`).Draw(t, "number")
		m := maskNumber(n)
		require.Len(t, m, len(n))
		hidden := strings.Count(m, "*")
		require.GreaterOrEqual(t, hidden, min(4, len(n)))
		require.LessOrEqual(t, len(n)-hidden, 7)
	})
}

func TestMaskWordsLeavesNoNumber(t *testing.T) {
	long := regexp.MustCompile(`[0-9]{7,}`)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`([a-z ,客户]{0,3}[0-9]{0,14}){0,4}`).Draw(t, "words")
		m := maskWords(words)
		require.False(t, long.MatchString(m), "%q → %q", words, m)
		require.Len(t, m, len(words))
		require.Equal(t, long.MatchString(words), m != words, "%q → %q", words, m)
	})
}

// The API's rule for times and lengths holds in the data of every event.
func TestEventDataFollowsTheAPI(t *testing.T) {
	stamp := regexp.MustCompile(`"[0-9]{4}-[0-9]{2}-[0-9]{2}T[^"]*"`)
	for _, ev := range eventsOfAllKinds(t, "words") {
		step := stepOf(call.Envelope{Seq: 4, At: noon, Event: ev}, false)
		require.Equal(t, ev.Kind(), step.Kind)
		require.Equal(t, uint64(4), step.Seq)
		text, err := json.Marshal(step.Data)
		require.NoError(t, err)
		for _, at := range stamp.FindAllString(string(text), -1) {
			require.Equal(t, `"2026-11-02T12:00:00.123Z"`, at, ev.Kind())
		}
		require.NotContains(t, string(text), "1500000000", "%s: a length in nanoseconds", ev.Kind())
	}
	data := stepOf(call.Envelope{At: noon, Event: call.VoicemailLeft{Mailbox: "m", Recording: "R", Length: 2500 * time.Millisecond}}, false).Data
	require.Equal(t, map[string]any{"mailbox": "m", "recording": call.RecordingID("R"), "length_seconds": 2.5}, data)
	empty := stepOf(call.Envelope{At: noon, Event: call.SeatLeft{Seat: "1"}}, false).Data
	require.NotContains(t, empty, "reason", "what is empty is left out as in the journal")
}

// Every kind has a sentence of its own: a new kind fails here until it has one.
func TestEveryKindHasASentence(t *testing.T) {
	var all strings.Builder
	for _, ev := range eventsOfAllKinds(t, "words") {
		text := Sentence(ev)
		require.NotEqual(t, ev.Kind(), text, "%s has no sentence", ev.Kind())
		require.NotContains(t, text, "%!", ev.Kind())
		all.WriteString(ev.Kind() + ": " + text + "\n")
	}
	for _, ev := range []call.Event{
		call.Entered{Trunk: "gw", Caller: call.Caller{Number: "138"}, Called: "10000"},
		call.MenuEnded{Node: "menu"},
		call.MenuEnded{Node: "menu", Digits: "1"},
		call.LeftQueue{Queue: "general", Rule: "caller_left", Reason: "hung up"},
		call.Ended{By: call.PartyCaller},
		call.RecordingBegan{Recording: "R"},
		call.RecordingEnded{Facts: call.RecordingFacts{Length: 3 * time.Second}},
		call.NodeEntered{Flow: "main", Node: "menu", Type: "menu"},
	} {
		all.WriteString(ev.Kind() + ": " + Sentence(ev) + "\n")
	}
	golden.Check(t, "testdata/sentences.golden", all.String())
	for _, f := range []func(call.Event) string{edgeSentence, flowSentence, queueSentence, seatSentence, recordingSentence, callbackSentence} {
		require.Equal(t, "odd", f(oddEvent("x")))
	}
}

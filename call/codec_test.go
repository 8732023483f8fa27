package call

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 123_000_000, time.UTC)

// samples has one event of every kind, with its fields set.
func samples() []Event {
	facts := RecordingFacts{
		ID: "R1", Call: "C1", Started: noon, Length: 3 * time.Second, Bytes: 48_000, Format: "wav/pcma",
		Path: "2026/03/02/R1.wav", Left: TrackFacts{Packets: 150, Corrections: []TrackCorrection{{At: time.Second, Samples: -120}}},
		Complete: true, Queue: "general", Marks: []RecordingMark{{Kind: MarkPaused, At: time.Second, Length: time.Second}},
	}
	return []Event{
		Entered{
			Trunk: "gw", Caller: Caller{Number: "13800138000", Class: CallerVIP, Level: "gold", Name: "王\"五\""}, Called: "10086",
			Flow: "main", Revision: 3, Leg: "L1", SIPCallID: "a@b",
			Handover: &Handover{ID: "C0", Entry: noon, Priority: 7, Hops: 1},
		},
		Refused{Cause: CauseBlocked, Words: "blocked"},
		Accepted{},
		FlowBegan{Flow: "main", HasMenu: true},
		NodeEntered{Flow: "main", Node: "menu", Type: "menu", Why: "start"},
		MenuEnded{Node: "menu", Digits: "1"},
		Queued{Queue: "general", Entry: noon, Priority: 5, Skills: map[string]int{"zh": 1}, Position: 2, Resumed: "C0", Reason: "menu"},
		LeftQueue{Queue: "general", Rule: "waited", To: "flow:message", Reason: "waited 60 s"},
		Offered{Offer: "O1", Seat: "1001", Phone: "1001", Group: "general", Queue: "general", Leg: "L2", Deadline: noon, Reason: "idle"},
		Ringing{Offer: "O1", Seat: "1001"},
		OfferEnded{Offer: "O1", Seat: "1001", Queue: "general", Result: OfferNoAnswer, Status: 408, Reason: "15 s"},
		Connected{Seat: "1001", Leg: "L2"},
		Held{By: PartyAgent, Seat: "1001"},
		Resumed{By: PartyCaller, Seat: "1001"},
		SeatLeft{Seat: "1001", Leg: "L2", By: PartyAgent, Cause: CauseNormal, Reason: "hung up"},
		Dialled{Leg: "L3", Number: "13911112222", Site: "province", Queue: "general", Reason: "waited 60 s"},
		DialEnded{Leg: "L3", Number: "13911112222", Trunk: "gw", Result: DialBusy, Status: 486, Reason: "busy"},
		OutsideLeft{Leg: "L3", Number: "13911112222", By: PartySystem, Cause: CauseNormal, Reason: "hung up"},
		RecordingBegan{Recording: "R1", Mailbox: "general", Queue: "general", Reason: "asked by 1001"},
		RecordingSkipped{Seat: "1001", Queue: "general", Reason: "by lot"},
		ForkBegan{Engine: "asr", Reason: "trunk gw says so"},
		ForkEnded{Engine: "asr", Reason: "the call is over"},
		SiprecTaken{Recorder: "law", Session: "01J"},
		SiprecLost{Recorder: "law", Words: "the recorder answered 503"},
		RecordingPaused{Recording: "R1", By: PartyAgent, Reason: "*1"},
		RecordingResumed{Recording: "R1", By: PartySystem, Reason: "the flow goes on"},
		RecordingAnalysed{Recording: "R1", Sound: RecordingSound{Left: 0.5, Silence: 0.5, Levels: [2]*Level{{Talk: -20, Peak: -3}, nil}, Digest: "00"}},
		RecordingErased{Recording: "R1", By: "system", Reason: "180 days are over"},
		RecordingEnded{Recording: "R1", Facts: facts, Failed: "disk"},
		VoicemailLeft{Mailbox: "general", Recording: "R1", Length: 3 * time.Second},
		SurveyAnswered{Node: "survey", Name: "satisfied", Digit: "1"},
		LanguageChosen{Language: "en"},
		WebhookTold{To: "orders", Event: "placed"},
		TicketOpened{Ticket: "2026-11-0042", Type: "complaint", Fields: map[string]string{"about": "bill"}},
		Told{Queue: "general", Notice: NoticePlace, Prompts: "position_before number_2 position_after", Why: "2 ahead"},
		WrapUpBegan{Seat: "1001", Deadline: noon},
		WrapUpEnded{Seat: "1001", Reason: "deadline"},
		DispositionSet{Seat: "1001", Code: "bill", Notes: "账单 \n <查询>"},
		CallbackOffered{Queue: "general", Reason: "waited 60 s"},
		CallbackTaken{Callback: "B1", Number: "13800138000", Queue: "general", Entry: noon},
		CustomerDialled{Leg: "L3", Number: "13800138000", Shown: "10086", Trunk: "gw"},
		CustomerRinging{},
		CustomerAnswered{Result: DialBusy, Status: 486, Trunk: "gw", Words: "Busy Here"},
		SeatCalled{Leg: "L4", Seat: "1002", Phone: "8002", By: "1001", Aside: true, Reason: "asked"},
		SeatCallEnded{Leg: "L4", Seat: "1002", Phone: "8002", Queue: "general", Result: OfferDeclined, Status: 486, Aside: true, Reason: "busy"},
		Transferred{By: "1001", Mode: TransferComplete, To: "1002", Leg: "L4", Reason: "done"},
		TransferFailed{To: "1002", Reason: "busy"},
		Consulted{By: "1001", Leg: "L4", With: "1002"},
		Conferenced{By: "1001", Leg: "L4", With: "1002"},
		AsideLeft{Leg: "L4", Cause: CauseNormal, Reason: "hung up"},
		SurveySent{Seat: "1001"},
		HelpAsked{Seat: "1001", Reason: "angry"},
		VerifyBegan{Seat: "1001", Flow: "check_pin"},
		VerifyEnded{Seat: "1001", Flow: "check_pin", Result: VerifyYes, Reason: "check_pin/check"},
		SupervisorJoined{Seat: "9001", Phone: "9001", Leg: "L5", Mode: Whisper, Of: "1001"},
		SupervisorChanged{Seat: "9001", Leg: "L5", Mode: Barge},
		SupervisorLeft{Seat: "9001", Leg: "L5", Reason: "hung up"},
		SeatMoved{Seat: "1001", Phone: "8002", Leg: "L6", Old: "L2"},
		SoundMeasured{Leg: "L5", Party: SoundSupervisor, Seat: "9001", Phone: "9001", Number: "13911112222", SoundQuality: SoundQuality{
			Codec: CodecG722, RoundTripSeconds: 0.07, Received: SoundWay{Packets: 100, Lost: 1, JitterSeconds: 0.001, MOS: 4.2}, Sent: SoundWay{Packets: 99},
		}},
		Ended{By: PartyCaller, Cause: CauseNormal, Words: "BYE", Interrupted: true},
	}
}

func wrap(seq int, e Event) Envelope {
	return Envelope{Site: "站点", Node: "hotline-1", Epoch: 7, Call: "C1", Seq: uint64(seq), At: noon, Event: e}
}

func TestEveryKindComesBackAsItWas(t *testing.T) {
	seen := map[string]bool{}
	out := Entered{Direction: Outbound, Phone: "8001", Seat: "1001", Called: "13800138000", Leg: "L1", SIPCallID: "a@c"}
	for i, event := range append(samples(), out) {
		in := wrap(i+1, event)
		text, err := json.Marshal(in)
		require.NoError(t, err)
		var out Envelope
		require.NoError(t, json.Unmarshal(text, &out), "%s", text)
		require.Equal(t, in, out)
		seen[event.Kind()] = true
	}
	for _, kind := range Kinds() {
		require.True(t, seen[kind], "no sample of %s", kind)
	}
	require.Len(t, seen, len(Kinds()))
}

// A type with a Kind method in event.go that nobody can read back is a call lost at the next start.
func TestEveryKindHasADecoder(t *testing.T) {
	var decls []ast.Decl
	for _, name := range []string{"event.go", "people_event.go", "quality.go", "recording.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		decls = append(decls, file.Decls...)
	}
	declared := 0
	for _, decl := range decls {
		fn, method := decl.(*ast.FuncDecl)
		if !method || fn.Name.Name != "Kind" {
			continue
		}
		declared++
		name := fn.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit).Value
		require.Contains(t, Kinds(), name[1:len(name)-1])
	}
	require.Equal(t, len(Kinds()), declared)
}

// AppendJSON writes its head by hand; it must be what encoding/json would write.
func TestHeadIsAsEncodingJSONWritesIt(t *testing.T) {
	for i, event := range samples() {
		e := wrap(i+1, event)
		data, err := json.Marshal(event)
		require.NoError(t, err)
		want, err := json.Marshal(envelopeJSON{
			Site: e.Site, Node: e.Node, Epoch: e.Epoch, Call: e.Call, Seq: e.Seq, At: e.At,
			Kind: event.Kind(), Data: data,
		})
		require.NoError(t, err)
		have, err := e.AppendJSON(nil)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(have))
	}
}

func TestTimesAreMillisecondsInUTC(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	e := Envelope{Node: "n", Call: "C", Seq: 1, At: time.Date(2026, 3, 2, 8, 0, 0, 1_999_999, shanghai), Event: Accepted{}}
	text, err := e.AppendJSON(nil)
	require.NoError(t, err)
	require.Equal(t, `{"node":"n","epoch":0,"call":"C","seq":1,"at":"2026-03-02T00:00:00.001Z","kind":"accepted","data":{}}`, string(text))
}

func TestAppendJSONKeepsWhatWasThere(t *testing.T) {
	dst := []byte("before ")
	out, err := wrap(1, Accepted{}).AppendJSON(dst)
	require.NoError(t, err)
	require.Equal(t, "before {", string(out[:8]))
	for name, bad := range map[string]Envelope{
		"no event":      {Seq: 1, At: noon},
		"year":          {Seq: 1, At: noon.AddDate(9000, 0, 0), Event: Accepted{}},
		"no such cause": {Seq: 1, At: noon, Event: Ended{Cause: 200}},
	} {
		out, err := bad.AppendJSON(dst)
		require.Error(t, err, name)
		require.Equal(t, "before ", string(out), name)
	}
}

func TestUnknownKindIsNamed(t *testing.T) {
	var e Envelope
	err := json.Unmarshal([]byte(`{"call":"C9","kind":"teleported","data":{}}`), &e)
	require.ErrorContains(t, err, `"teleported"`)
	require.ErrorContains(t, err, "C9")
	require.Error(t, json.Unmarshal([]byte(`{"kind":"ended","data":{"cause":"ennui"}}`), &e))
	require.Error(t, json.Unmarshal([]byte(`{"kind":7}`), &e))
	require.NoError(t, json.Unmarshal([]byte(`{"kind":"accepted","from_the_future":1,"data":{"also":2}}`), &e))
}

func FuzzEnvelope(f *testing.F) {
	for i, event := range samples() {
		text, err := wrap(i+1, event).MarshalJSON()
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"kind":"accepted"}`))
	f.Add([]byte(`{"kind":"ended","data":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var first Envelope
		if json.Unmarshal(text, &first) != nil {
			return
		}
		again, err := first.MarshalJSON()
		if err != nil {
			return // a year RFC 3339 can't say
		}
		var second Envelope
		require.NoError(t, json.Unmarshal(again, &second))
		first.At = StampOf(first.At).Time
		second.At = StampOf(second.At).Time
		require.Equal(t, reflect.TypeOf(first.Event), reflect.TypeOf(second.Event))
		third, err := second.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(again), string(third))
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	events := samples()
	var buf []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buf, _ = wrap(i, events[i%len(events)]).AppendJSON(buf[:0])
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	text, err := wrap(1, samples()[8]).MarshalJSON()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		var e Envelope
		if json.Unmarshal(text, &e) != nil {
			b.Fatal()
		}
	}
}

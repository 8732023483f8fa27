package ivr_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/ivr"
)

func waitNode(name, next string, after time.Duration, pairs ...string) ivr.Node {
	return ivr.Node{Name: w(name), Next: w(next), Wait: &ivr.Wait{For: w(after), Keys: keys(pairs...)}}
}

// waitingFlow is what callers of queue general hear.
func waitingFlow() ivr.Flow {
	offer := menu("offer", 1, keys("1", "back", "9", "quiet"))
	offer.Next = w("music")
	box := voicemail("leave", "saved")
	box.Voicemail.Mailbox = ivr.At[string]{}
	away := ivr.Node{Name: w("away"), Next: w("hangup"), Queue: &ivr.Queue{Queue: w("vip")}}
	return flow("waiting", "music",
		waitNode("music", "told", 15*time.Second, "1", "back", "2", "leave", "3", "away", "4", "secret", "5", "hear"),
		sayNode("told", "long", "ahead", "queue.ahead", "wait", "queue.estimated_wait_seconds"),
		branch("long", "music", `queue.waited_seconds > 40 && vars.level == "2"`, "offer"),
		offer,
		collect("secret", "music", "pin", func(c *ivr.Collect) {
			c.Secret, c.Prompt.Prompts = w(true), words("main_menu", "")
			c.Prompt.Texts = []ivr.Text{{At: 1, Text: w("{queue.name}"), Language: "zh"}}
		}),
		ivr.Node{Name: w("hear"), Listen: &ivr.Listen{
			Service: w("asr"), Prompt: says("main_menu"), Tries: w(1), Intents: keys("bill", "back", "repair", "leave"), Keys: keys("1", "back"),
		}, Next: w("music")},
		ivr.Node{Name: w("back"), Callback: &ivr.CallbackNode{Queue: w("here")}, Next: w("called"), OnFault: w("music")},
		play("called", "hangup", "thank_you"),
		box, play("saved", "hangup", "thank_you"), away,
		play("quiet", "return", "all_busy"))
}

func TestWhatCanNotBeHeardWhileWaiting(t *testing.T) {
	one := func(change func(*ivr.Node)) []ivr.Flow {
		n := ivr.Node{Next: at("n", 8, 8)}
		change(&n)
		return []ivr.Flow{with(n)}
	}
	wait := func(n *ivr.Node) { n.Wait = &ivr.Wait{For: at(20*time.Second, 4, 4)} }
	for name, tt := range map[string]struct {
		waits bool // f is what callers of vip hear
		flows []ivr.Flow
		want  []string
	}{
		"round and round":    {true, one(wait), nil},
		"a pause goes round": {false, one(wait), []string{`flows.yaml:8:8: n → n goes round without the caller doing anything, lead one of these edges to a menu, a queue or hangup`}},
		"how long":           {true, one(func(n *ivr.Node) { n.Wait = &ivr.Wait{} }), []string{`flows.yaml:3:5: node "n" does not say how long to wait, add for:, as wait: 30s`}},
		"too long":           {true, one(func(n *ivr.Node) { n.Wait = &ivr.Wait{For: at(time.Hour, 4, 4)} }), []string{`flows.yaml:4:4: wait is 1h0m0s, 1s to 10m0s`}},
		"without a wait":     {true, one(func(n *ivr.Node) { n.Play = play("", "", "welcome").Play }), []string{`flows.yaml:8:8: n → n goes round without the caller doing anything, lead one of these edges to a menu, a queue or hangup`}},
		"a rating": {true, one(func(n *ivr.Node) {
			n.Survey, n.Next = &ivr.Survey{Prompt: says("rate_us"), Keys: keys("1", "good")}, end()
		}), []string{`flows.yaml:3:5: a survey can't be asked of who waits, leave it to the flow that comes after the agent, or before the queue`}},
		"what is urgent":       {true, one(func(n *ivr.Node) { n.Urgent, n.Next = true, end() }), []string{`flows.yaml:3:5: a announce_urgent can't be asked of who waits, leave it to the flow that comes after the agent, or before the queue`}},
		"a callback here":      {false, one(func(n *ivr.Node) { n.Callback, n.Next = &ivr.CallbackNode{Queue: at("here", 4, 4)}, end() }), []string{`flows.yaml:4:4: node "n" wants a callback where nobody waits, name a queue; here stands for the one he waits in, in its experience`}},
		"a box of its own":     {false, one(func(n *ivr.Node) { n.Voicemail, n.Next = &ivr.Voicemail{}, end() }), []string{`flows.yaml:3:5: voicemail "n" has no mailbox, add mailbox: and a queue or an agent number`}},
		"where nobody waits":   {false, one(func(n *ivr.Node) { n.Say, n.Next = sayNode("", "", "ahead", "queue.ahead").Say, end() }), []string{`flows.yaml:3:5: node "n" reads queue, where nobody waits in one, in a flow that a queue names as its experience`}},
		"no such figure":       {true, one(func(n *ivr.Node) { n.Say, n.Next = sayNode("", "", "ahead", "queue.before").Say, end() }), []string{`:0:0: value "queue.before": queue has no "before" (its character 7), use queue.name, queue.ahead, queue.position, queue.estimated_wait_seconds, queue.waited_seconds`}},
		"led to from without":  {true, []ivr.Flow{with(ivr.Node{Next: end(), Wait: &ivr.Wait{For: at(20*time.Second, 4, 4)}}), flow("g", "p", ivr.Node{Name: w("p"), Play: play("", "", "welcome").Play, Next: at("flow:f", 7, 7)})}, []string{`flows.yaml:7:7: flow "f" is what waiting callers of queue "vip" hear, lead elsewhere, or give that part a flow of its own`}},
		"waits after the wait": {true, []ivr.Flow{flow("f", "v", voicemail("v", "m"), ivr.Node{Name: at("m", 5, 5), Next: end(), Wait: &ivr.Wait{For: w(9 * time.Second)}})}, []string{`flows.yaml:5:5: node "m" waits in a queue that the caller has left, lead to queue: NAME, or to hangup`}},
	} {
		t.Run(name, func(t *testing.T) {
			k := known(t)
			if tt.waits {
				k.Experiences["f"] = "vip"
			}
			_, problems := ivr.Compile(append(exampleFlows(), tt.flows...), k)
			var lines []string
			for _, p := range problems {
				lines = append(lines, p.String())
			}
			require.Equal(t, tt.want, lines)
		})
	}
}

// waitsIn begins what a caller of general hears.
func waitsIn(t *testing.T, now time.Time) *ivr.Session {
	s := ivr.NewExperience(exampleGraph(t), ivr.Vars{Flow: "waiting"}, ivr.Waiting{Queue: "general", Since: now}, 0)
	s.Step(now, call.FlowStarted{})
	return s
}

func TestALongWaitEndsInMusic(t *testing.T) {
	now := noon
	s := waitsIn(t, now)
	var last []call.FlowVerb
	for s.State != ivr.StateEnded {
		require.LessOrEqual(t, s.Entered, 5001)
		switch s.State {
		case ivr.StatePlacing:
			last = s.Step(now, call.FlowPlaced{Token: s.Awaited, Ahead: 3})
		case ivr.StatePausing, ivr.StateChoosing:
			last = s.Step(now, call.FlowTimedOut{Token: s.Awaited})
		default:
			last = s.Step(now, call.FlowPlayed{Token: s.Awaited})
		}
	}
	require.Equal(t, call.FlowMusic{}, last[len(last)-1], "nobody is let go while he waits")
	require.False(t, s.Left())
	require.Nil(t, s.Step(now, call.FlowDigit{Digit: '1'}))
}

func TestAnExperienceOfNoGraphIsMusic(t *testing.T) {
	s := ivr.NewExperience(exampleGraph(t), ivr.Vars{Flow: "gone"}, ivr.Waiting{Queue: "general"}, 0)
	require.Equal(t, []call.FlowVerb{call.FlowMusic{}}, s.Step(noon, call.FlowStarted{}))
}

func TestAnExperienceHasVariablesOfItsOwn(t *testing.T) {
	values := map[string]string{"level": "2"}
	s := ivr.NewExperience(exampleGraph(t), ivr.Vars{Flow: "waiting", Values: values}, ivr.Waiting{Queue: "general"}, 0)
	s.Step(noon, call.FlowStarted{})
	s.Step(noon, call.FlowDigit{Digit: '4'})
	s.Step(noon, call.FlowDigit{Digit: '7'})
	s.Step(noon, call.FlowDigit{Digit: '#'})
	require.Equal(t, map[string]string{"level": "2", "pin": "7"}, s.Vars.Values)
	require.Equal(t, map[string]string{"level": "2"}, values)
}

func TestRehearsingAnExperience(t *testing.T) {
	at := func(do ...string) func(*ivr.Rehearsal) {
		return func(r *ivr.Rehearsal) {
			r.Flow, r.Place, r.Do = w("waiting"), &ivr.Place{Queue: w("general"), Ahead: 2, Wait: 3 * time.Minute}, words(do...)
		}
	}
	for name, change := range map[string]func(*ivr.Rehearsal){
		"he moves up": func(r *ivr.Rehearsal) {
			at("silence", "place 0", "silence", "silence")(r)
			r.Says = words("position_before", "number_2_measure", "position_after", "wait_before", "about", "number_3", "wait_after", "you_are_next", "you_are_next")
			r.Path = words("music", "told", "long", "music", "told", "long", "music", "told", "long", "music")
		},
		"he leaves a message": func(r *ivr.Rehearsal) {
			at("press 2", "message 8s")(r)
			r.Path, r.Ends = words("music", "leave", "saved", "hangup"), w("hangup flow_end")
		},
		"he says what he wants": func(r *ivr.Rehearsal) {
			at("press 5", "speak repair 90", "message 8s")(r)
			r.Path, r.Ends = words("music", "hear", "leave", "saved", "hangup"), w("hangup flow_end")
		},
		"a seat takes him": func(r *ivr.Rehearsal) { at("silence", "answered")(r); r.Ends = w("answered") },
		"he is called back": func(r *ivr.Rehearsal) {
			at("press 1")(r)
			r.Path = words("music", "back", "called", "hangup")
		},
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, rehearsed(t, change)) })
	}
	require.Equal(t, []string{`flows.yaml:10:1: test "t": "soon" is no place, place 1 2m`}, rehearsed(t, func(r *ivr.Rehearsal) { at("place soon")(r); r.Ends = w("wait") }))
	require.Equal(t, []string{`flows.yaml:10:1: test "t": nobody waits in a queue (menu), place: {queue: general, ahead: 3} in the test`}, rehearsed(t, func(r *ivr.Rehearsal) { r.Do, r.Ends = words("answered"), w("menu") }))
}

package live

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// beginsWith has the flow do these verbs at its start.
func beginsWith(verbs ...call.FlowVerb) func(*stageSet) {
	return func(s *stageSet) { s.verbs["FlowStarted"] = verbs }
}

func TestFlowAsksAService(t *testing.T) {
	setup := func(s *stageSet) {
		beginsWith(call.FlowAsk{Token: 7, Service: "crm", Method: "GET", Path: "/x", Music: "default"})(s)
		s.verbs["FlowAnswered"] = []call.FlowVerb{call.FlowStop{}, call.FlowLanguage{Language: "en"}, call.FlowNotify{To: "orders", Event: "placed"}}
	}
	perform(t, setup, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		require.Equal(t, []string{"play caller [default] loop=true", "ask crm GET /x"}, s.did[len(s.did)-2:])
		mark := len(s.did)
		s.says(FlowNews{Input: call.FlowAnswered{Token: 7, Status: 200}})
		require.Equal(t, []string{"stop caller", "speak caller en", "* language_chosen", "* webhook_told", "notify orders placed"}, s.since(mark))
		s.leg("caller", call.LegEnded{ByPeer: true})
		s.says(FlowNews{Input: call.FlowAnswered{Token: 8}}) // it comes too late
	})
	perform(t, setup, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.leg("caller", call.LegEnded{ByPeer: true}) // he hangs up while the service thinks
		s.says(FlowNews{Input: call.FlowAnswered{Token: 7, Status: 200}})
		require.NotContains(t, s.did, "speak caller en")
	})
}

func TestFlowOpensATicket(t *testing.T) {
	setup := func(s *stageSet) {
		beginsWith(call.FlowTicket{Token: 7, Kind: "complaint", Fields: map[string]any{"sum": 12.5}})(s)
		s.verbs["FlowAnswered"] = []call.FlowVerb{call.FlowPlay{Token: 8, Prompts: []string{"thank_you"}}}
		s.verbs["FlowFault"] = []call.FlowVerb{call.FlowPlay{Token: 8, Prompts: []string{"system_fault"}}}
	}
	perform(t, setup, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		require.Contains(t, s.did, "play caller [thank_you] loop=false")
		require.Contains(t, s.kinds(), "ticket_opened")
		for _, e := range s.journal {
			if opened, ok := e.Event.(call.TicketOpened); ok {
				require.Equal(t, call.TicketOpened{Ticket: "2026-11-0001", Type: "complaint", Fields: map[string]string{"sum": "12.5"}}, opened)
			}
		}
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, func(s *stageSet) { setup(s); s.fail.ticket = errors.New("no journal") }, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		require.Contains(t, s.did, "play caller [system_fault] loop=false")
		require.NotContains(t, s.kinds(), "ticket_opened")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestFlowWantsACallback(t *testing.T) {
	setup := func(s *stageSet) {
		beginsWith(call.FlowCallBack{Token: 7, Queue: "general", Number: "13900139000"})(s)
		s.verbs["FlowAnswered"] = []call.FlowVerb{call.FlowPlay{Token: 8, Prompts: []string{"callback_confirmed"}}}
	}
	perform(t, setup, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		require.Contains(t, s.did, "take back waits=false general 13900139000")
		s.says(BackTaken{ID: "another"})
		require.NotContains(t, s.kinds(), "callback_taken")
		s.says(BackTaken{ID: "back"})
		require.Contains(t, s.kinds(), "callback_taken")
		require.Contains(t, s.did, "play caller [callback_confirmed] loop=false")
		s.says(BackTaken{ID: "back"}, BackRefused{}) // said twice is once
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
	perform(t, setup, func(s *stageSet) {
		s.leg("caller", call.LegAnswered{})
		s.says(BackRefused{Words: "there is one for this number already"})
		require.Contains(t, s.did, "end caller flow_end", "the bad-case edge")
	})
}

func TestUrgentAnnouncementsAreHeardOnce(t *testing.T) {
	perform(t, func(s *stageSet) { s.urgent = map[string][]string{"": {"outage"}, "general": {"outage", "flood"}} }, func(s *stageSet) {
		s.queued()
		require.Contains(t, s.did, "play caller [flood] loop=false", "of the queue; of the number he has heard it before the menu")
		require.NotContains(t, s.did, "play caller [outage] loop=false")
		mark := len(s.did)
		s.says(Pressing{Queues: []string{"other"}, Prompt: "storm"}, Pressing{Queues: []string{"*"}, Prompt: "flood"}, Pressing{Queues: []string{"general"}, Prompt: "outage"})
		require.Empty(t, s.since(mark), "not his queue, and heard already")
		s.says(Pressing{Queues: []string{"general"}, Prompt: "storm"})
		s.sound("caller", call.SoundPlayed{Play: s.play})
		require.Contains(t, s.since(mark), "play caller [storm] loop=false")
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

func TestANumbersLanguage(t *testing.T) {
	perform(t, nil, func(s *stageSet) {
		s.a.brief.Language = "en"
		s.a.speak("en")
		require.Equal(t, "speak caller en", s.did[len(s.did)-1])
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

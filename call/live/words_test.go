package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// besides brings a call to a queue that says something besides place and wait, every 30 s from the tenth on.
func besides(t *testing.T, words call.FlowWords, act func(s *stageSet, place func(ahead int))) {
	t.Helper()
	perform(t, func(s *stageSet) {
		s.words, s.facts.Announce = words, Announce{Position: true, First: 10 * time.Second, Every: 30 * time.Second, Words: true}
	}, func(s *stageSet) {
		s.queued()
		s.pass(10 * time.Second)
		act(s, func(ahead int) { s.stands(ahead, -1) })
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// owed is a text between prompts, with another in its place.
func owed(otherwise string) call.FlowWords {
	return call.FlowWords{
		Pieces: []call.FlowPiece{{Prompt: "thanks"}, {Prompt: otherwise, Text: 1}, {Prompt: "music_soon"}},
		Texts:  []call.FlowText{{Text: "three before you", Language: "en"}}, Within: 2 * time.Second,
	}
}

func TestAQueueSaysPromptsBesides(t *testing.T) {
	besides(t, call.FlowWords{Pieces: []call.FlowPiece{{Prompt: "thanks"}, {Prompt: "number_3"}}}, func(s *stageSet, place func(int)) {
		mark := len(s.did)
		place(3)
		s.said()
		s.said()
		require.Equal(t, []string{
			told, "play caller [3 ahead] loop=false", "words of general, 3 ahead", told, "play caller [thanks number_3] loop=false", music,
		}, s.since(mark))
		ev := s.journal[len(s.journal)-1].Event.(call.Told)
		require.Equal(t, call.Told{Queue: "general", Notice: call.NoticeWords, Prompts: "thanks number_3"}, ev)
		mark = len(s.did)
		s.pass(30 * time.Second)
		place(3)
		require.Contains(t, s.since(mark), "play caller [thanks number_3] loop=false", "each time, though the place is no news")
		require.NotContains(t, s.since(mark), "play caller [3 ahead] loop=false")
	})
}

func TestTextsAreRenderedBehindTheMusic(t *testing.T) {
	besides(t, owed(""), func(s *stageSet, place func(int)) {
		mark := len(s.did)
		place(0)
		require.Equal(t, []string{told, "play caller [0 ahead] loop=false", "words of general, 0 ahead", "render [{three before you en  false}]"}, s.since(mark))
		s.said()
		token := s.rendering
		mark = len(s.did)
		s.says(FlowNews{Input: call.FlowRendered{Token: token + 1, Prompts: []string{"said:0"}}})
		require.Empty(t, s.since(mark), "another's")
		s.says(FlowNews{Input: call.FlowRendered{Token: token, Prompts: []string{"said:1"}}, Sound: "sounds"})
		require.Equal(t, []string{"rendered sounds", told, "play caller [thanks said:1 music_soon] loop=false"}, s.since(mark))
		require.Empty(t, s.journal[len(s.journal)-1].Event.(call.Told).Why)
		mark = len(s.did)
		s.pass(5 * time.Second)
		require.Empty(t, s.since(mark), "nothing is late that has come")
	})
}

func TestTextsThatDoNotCome(t *testing.T) {
	for _, tt := range []struct {
		otherwise, plays, why string
		come                  func(s *stageSet, token uint64)
	}{
		{"", "play caller [thanks music_soon] loop=false", "not rendered within 2s", func(s *stageSet, _ uint64) { s.pass(2 * time.Second) }},
		{"else", "play caller [thanks else music_soon] loop=false", "not rendered within 2s", func(s *stageSet, _ uint64) { s.pass(2 * time.Second) }},
		{"", "play caller [thanks music_soon] loop=false", "the engine is away", func(s *stageSet, token uint64) {
			s.says(FlowNews{Input: call.FlowFault{Token: token, Words: "the engine is away"}})
		}},
		{"else", "play caller [thanks else music_soon] loop=false", "not rendered", func(s *stageSet, token uint64) {
			s.says(FlowNews{Input: call.FlowRendered{Token: token, Prompts: []string{""}}})
		}},
	} {
		besides(t, owed(tt.otherwise), func(s *stageSet, place func(int)) {
			place(3)
			s.said()
			tt.come(s, s.rendering)
			require.Contains(t, s.did, tt.plays)
			require.Equal(t, "a text could not be said: "+tt.why, s.journal[len(s.journal)-1].Event.(call.Told).Why)
			mark := len(s.did)
			s.says(FlowNews{Input: call.FlowRendered{Token: s.rendering, Prompts: []string{"said:1"}}})
			require.Empty(t, s.since(mark), "what comes too late is nobody's")
		})
	}
	besides(t, call.FlowWords{Pieces: []call.FlowPiece{{Text: 1}}, Texts: owed("").Texts, Within: time.Second}, func(s *stageSet, place func(int)) {
		place(3)
		s.said()
		mark := len(s.did)
		s.pass(time.Second)
		require.Equal(t, []string{"unrender late=true"}, s.since(mark), "nothing is left to say, and the music goes on")
	})
}

// TestASeatAnswersWhileTextsAreRendered ends them with the wait.
func TestASeatAnswersWhileTextsAreRendered(t *testing.T) {
	besides(t, owed(""), func(s *stageSet, place func(int)) {
		place(3)
		token := s.rendering
		mark := len(s.did)
		s.says(Overflowed{From: "general", Rule: "waited", Flow: "voicemail"})
		require.Contains(t, s.since(mark), "unrender late=false")
		mark = len(s.did)
		s.says(FlowNews{Input: call.FlowRendered{Token: token, Prompts: []string{"said:1"}}})
		require.NotContains(t, s.since(mark), told)
		s.pass(10 * time.Second)
		require.NotContains(t, s.since(mark), told)
	})
}

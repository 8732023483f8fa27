package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// announcing brings a call to a queue that tells place and wait.
func announcing(t *testing.T, rules Announce, act func(*stageSet)) {
	t.Helper()
	perform(t, func(s *stageSet) { s.facts.Announce = rules }, func(s *stageSet) {
		s.queued()
		act(s)
		s.leg("caller", call.LegEnded{ByPeer: true})
	})
}

// stands answers where the call stands; wait in minutes, −1: nobody knows.
func (s *stageSet) stands(ahead, minutes int) {
	w := Where{Queue: "general", Ahead: ahead}
	if minutes >= 0 {
		w.Wait = new(time.Duration(minutes) * time.Minute)
	}
	s.says(w)
}

// said ends what is being said.
func (s *stageSet) said() { s.sound("caller", call.SoundPlayed{Play: s.play}) }

const (
	music = "play caller [default] loop=true"
	told  = "* told"
)

func TestPlaceAndWaitAreToldBetweenTheMusic(t *testing.T) {
	announcing(t, Announce{Position: true, Wait: true, First: 10 * time.Second, Every: 30 * time.Second}, func(s *stageSet) {
		mark := len(s.did)
		s.pass(10*time.Second - time.Millisecond)
		require.Empty(t, s.since(mark))
		s.pass(time.Millisecond)
		s.stands(3, 4)
		s.said()
		require.Equal(t, []string{"place?", told, "play caller [3 ahead wait 4m0s] loop=false", music}, s.since(mark))
		ev := s.journal[len(s.journal)-1].Event.(call.Told)
		require.Equal(t, call.Told{Queue: "general", Notice: call.NoticePlace, Prompts: "3 ahead wait 4m0s", Why: "3 ahead, an estimated wait of 4m0s"}, ev)
		s.pass(30 * time.Second)
		require.Equal(t, 2, count(s.did, "place?"))
	})
}

func TestOnlyWhatIsNewIsTold(t *testing.T) {
	announcing(t, Announce{Position: true, Wait: true, First: time.Second, Every: 30 * time.Second, MinChange: 2 * time.Minute}, func(s *stageSet) {
		tell := func(ahead, minutes int, want ...string) {
			t.Helper()
			mark := len(s.did)
			s.stands(ahead, minutes)
			if len(want) > 0 {
				s.said()
			}
			require.Equal(t, want, append([]string(nil), s.since(mark)...))
		}
		tell(3, 5, told, "play caller [3 ahead wait 5m0s] loop=false", music)
		tell(3, 5)
		tell(4, 6) // somebody more important came: nobody is told of a worse place
		tell(2, 4, told, "play caller [2 ahead] loop=false", music)
		tell(2, 3, told, "play caller [wait 3m0s] loop=false", music)
		tell(2, -1) // nobody knows how long
		tell(0, -1, told, "play caller [0 ahead] loop=false", music)
		tell(0, 3)
		s.says(Next{Queue: "general"}) // he has heard that
		tell(1, 3)
		tell(1, 40, told, "play caller [wait 40m0s] loop=false", music)
		tell(1, 50)
	})
}

func TestAQueueMayTellEachTime(t *testing.T) {
	announcing(t, Announce{Position: true, Repeat: true, First: time.Second, Every: 30 * time.Second}, func(s *stageSet) {
		for range 2 {
			s.stands(3, 4)
			s.said()
		}
		s.stands(0, 1)
		s.said()
		s.stands(0, 1)
		require.Equal(t, 2, count(s.did, "play caller [3 ahead] loop=false"))
		require.Equal(t, 1, count(s.did, "play caller [0 ahead] loop=false"), "that he is next is told once")
	})
}

func TestNoticesFollowOneAnother(t *testing.T) {
	announcing(t, Announce{Position: true, Wait: true, First: time.Second, Every: 30 * time.Second}, func(s *stageSet) {
		s.stands(1, 4)
		mark := len(s.did)
		s.stands(0, 3) // while the first is being said
		s.says(Next{Queue: "general", Reason: "r"})
		require.Empty(t, s.since(mark), "nothing cuts what is being said")
		s.sound("caller", call.SoundPlayed{Play: s.play - 1})
		s.sound("caller", call.SoundPlayed{Play: s.play, Cut: true})
		require.Empty(t, s.since(mark), "and only its own end ends it")
		s.said()
		s.said()
		require.Equal(t, []string{told, "play caller [0 ahead wait 3m0s] loop=false", music}, s.since(mark))
	})
}

func TestWhoIsNextHearsItFirst(t *testing.T) {
	announcing(t, Announce{}, func(s *stageSet) {
		mark := len(s.did)
		s.pass(time.Hour)
		require.Empty(t, s.since(mark), "a queue that announces nothing asks for nothing")
		s.says(Next{Queue: "other"}, Next{Queue: "general", Reason: "nobody is before it"})
		s.says(Next{Queue: "general"})
		s.said()
		require.Equal(t, []string{told, "play caller [0 ahead] loop=false", music}, s.since(mark))
	})
}

// lost 1: the seat answers while something is being said. lost 2: the answer to
// Place comes when the call has left the queue. lost 3: it comes from the queue before.
func TestASeatThatAnswersEndsWhatIsBeingSaid(t *testing.T) {
	rules := Announce{Position: true, First: time.Second, Every: 5 * time.Second}
	announcing(t, rules, func(s *stageSet) {
		s.stands(2, 0)
		s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{})
		s.stands(1, 0) // to be said next
		mark := len(s.did)
		s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
		require.Contains(t, s.since(mark), "play caller [number 1001] loop=false", "in the same step")
		s.stands(0, 0)
		s.pass(time.Minute)
		s.sound("caller", call.SoundPlayed{Play: s.play - 2})
		require.NotContains(t, s.did, "play caller [1 ahead] loop=false")
		require.NotContains(t, s.did, "play caller [0 ahead] loop=false")
		s.leg("seat1", call.LegEnded{ByPeer: true}) // lost in the announcement: back, and told anew
		s.pass(time.Second)
		s.stands(0, 0)
		require.Contains(t, s.did, "play caller [0 ahead] loop=false")
	})
	announcing(t, rules, func(s *stageSet) {
		s.stands(2, 0)
		s.says(Overflowed{From: "general", Rule: "waited", Queue: "vip"})
		s.says(Placed{Queue: "vip", Position: 5})
		mark := len(s.did)
		s.stands(1, 0)
		require.Empty(t, s.since(mark))
		s.says(Where{Queue: "vip", Ahead: 4})
		require.Contains(t, s.since(mark), "play caller [4 ahead] loop=false", "a new queue is told anew")
	})
}

func TestWhatIsUrgentIsSaidFirstAndWhole(t *testing.T) {
	announcing(t, Announce{Position: true, First: time.Second, Every: time.Minute}, func(s *stageSet) {
		mark := len(s.did)
		s.stands(3, -1)
		s.says(Next{Queue: "general", Reason: "r"})
		s.says(Urgent{Prompt: "fault", Reason: "plan fault"}, Urgent{Prompt: "news", Reason: "plan news"})
		s.said()
		ev := s.journal[len(s.journal)-1].Event.(call.Told)
		require.Equal(t, call.Told{Queue: "general", Notice: call.NoticeUrgent, Prompts: "fault news", Why: "plan fault; plan news"}, ev)
		s.said()
		s.said()
		require.Equal(t, []string{
			told, "play caller [3 ahead] loop=false", told, "play caller [fault news] loop=false",
			told, "play caller [0 ahead] loop=false", music,
		}, s.since(mark))
	})
}

func TestAnotherQueueDoesNotSpareWhatIsUrgent(t *testing.T) {
	announcing(t, Announce{}, func(s *stageSet) {
		s.says(Urgent{Prompt: "fault", Reason: "f"}, Urgent{Prompt: "news", Reason: "n"})
		mark := len(s.did)
		s.says(Overflowed{From: "general", Rule: "waited", Queue: "vip"}, Placed{Queue: "vip"})
		require.Contains(t, s.since(mark), "play caller [fault news] loop=false", "what was cut off begins again")
		s.said()
		mark = len(s.did)
		s.says(Overflowed{From: "vip", Rule: "waited", Queue: "late"}, Placed{Queue: "late"})
		require.NotContains(t, s.since(mark), "play caller [fault news] loop=false", "what was heard does not")
	})
}

func TestASeatThatAnswersEndsWhatIsUrgent(t *testing.T) {
	announcing(t, Announce{}, func(s *stageSet) {
		s.says(Urgent{Prompt: "fault", Reason: "f"}, Urgent{Prompt: "news", Reason: "n"})
		s.says(Ring{Offer: "O1", Seat: "1001", Phone: "1001", Queue: "general"})
		s.leg("seat1", call.LegAnswered{})
		mark := len(s.did)
		s.says(Connect{Offer: "O1", Seat: "1001", Queue: "general"})
		s.said()
		require.NotContains(t, s.since(mark), "play caller [news] loop=false")
		require.NotContains(t, s.since(mark), told)
	})
}

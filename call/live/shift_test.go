package live

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
)

// shiftSet is the world around one shift: supervisor 9001 follows agent 1001 by the line "seat1".
type shiftSet struct {
	*stageSet
	sh   *Shift
	in   []call.ID
	over []string
}

func follow(t *testing.T, act func(*shiftSet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &shiftSet{stageSet: &stageSet{t: t}}
		s.sh = NewShift(ShiftBrief{ID: "w1", Seat: "9001", Phone: "8001", Of: "1001"}, ShiftDeps{
			Media: s, Bridge: s, Phones: s, Router: s, Exchange: s, IDs: s, Log: zap.NewNop(),
			In: func(id call.ID) { s.in = append(s.in, id) }, Over: func(words string) { s.over = append(s.over, words) },
		})
		require.NoError(t, s.sh.Begin())
		go s.sh.Run()
		act(s)
		synctest.Wait()
		select {
		case <-s.sh.Done():
		default:
			require.Fail(t, "the shift is not over", "did %v", s.did)
		}
		require.Len(t, s.over, 1)
		require.Equal(t, 1, countOf(s.did, "ring 9001 at 8001"), "one INVITE in all")
		require.Equal(t, 1, countOf(s.did, "release 9001 0s"))
	})
}

func (s *shiftSet) says(ms ...Message) {
	for _, m := range ms {
		s.sh.Tell(m)
	}
	synctest.Wait()
}

func (s *shiftSet) leg(ev call.LegEvent) { s.says(LegNews{"seat1", ev}) }

// answers has the supervisor pick up.
func (s *shiftSet) answers() { s.leg(call.LegAnswered{Media: pcma}) }

// lentTo is the line as a call was given it last.
func (s *shiftSet) lentTo(id call.ID) *Gift {
	s.t.Helper()
	for i := len(s.told) - 1; i >= 0; i-- {
		if m, ok := s.told[i].(Lent); ok && m.Gift != nil {
			require.Contains(s.t, s.did, "tell "+string(id)+" live.Lent")
			return m.Gift
		}
	}
	require.Fail(s.t, "nobody was lent the line")
	return nil
}

// refused is how many calls were told that they do not get the line.
func (s *shiftSet) refused() (n int) {
	for _, m := range s.told {
		if l, ok := m.(Lent); ok && l.Gift == nil {
			n++
		}
	}
	return n
}

func TestALineGoesFromCallToCall(t *testing.T) {
	follow(t, func(s *shiftSet) {
		s.answers()
		require.Equal(t, []string{"engage 9001", "ring 9001 at 8001", "negotiated seat1 PCMA sendrecv", "arrange [seat1<[]]"}, s.did, "he hears silence")
		for _, id := range []call.ID{"c1", "c2"} {
			s.says(Borrow{By: id})
			g := s.lentTo(id)
			require.Equal(t, Gift{From: "w1", ID: "seat1", Leg: g.Leg, Seat: "9001", Phone: "8001", sound: call.LegID("sound of seat1")}, *g)
			s.says(Returned{Gift: g})
			require.Equal(t, []string{"land seat1 sound of seat1 rings=true", "arrange [seat1<[]]"}, s.since(len(s.did)-2))
		}
		s.answers() // as Adopt tells again what is agreed
		require.Equal(t, []call.ID{"", "c1", "", "c2", ""}, s.in)
		s.leg(call.LegEnded{ByPeer: true})
		require.Equal(t, []string{"hung up"}, s.over)
		require.Contains(t, s.did, "close seat1")
	})
}

func TestTheNextCallComesBeforeTheLineIsBack(t *testing.T) {
	follow(t, func(s *shiftSet) {
		s.answers()
		s.says(Borrow{By: "c1"})
		s.says(Borrow{By: "c2"})
		require.Contains(t, s.did, "tell c1 live.Unsupervise", "asked back, in case the call holds on to it")
		g := s.lentTo("c1")
		mark := len(s.did)
		s.says(Returned{Gift: g})
		require.Equal(t, []string{"tell c2 live.Lent"}, s.since(mark), "straight on")
		s.says(Borrow{By: "c3"}, Borrow{By: "c4"})
		require.Equal(t, 1, s.refused(), "the newest has it")
		s.says(Returned{Words: "hung up"})
		require.Equal(t, 2, s.refused(), "nobody waits for a line that is no more")
		require.NotContains(t, s.did, "close seat1", "the call has closed it")
	})
}

func TestACallIsGoneBeforeTheLineIsThere(t *testing.T) {
	follow(t, func(s *shiftSet) {
		s.answers()
		s.says(Borrow{By: "gone"})
		require.Equal(t, []string{"lift seat1", "tell gone live.Lent", "land seat1 sound of seat1 rings=true", "arrange [seat1<[]]"}, s.since(len(s.did)-4))
		s.leg(call.LegEnded{ByPeer: true})
	})
}

// The agent's call comes while the phone rings still.
func TestACallWaitsForThePickUp(t *testing.T) {
	follow(t, func(s *shiftSet) {
		s.says(Borrow{By: "c1"})
		require.NotContains(t, s.did, "lift seat1")
		s.answers()
		s.says(Returned{Gift: s.lentTo("c1")})
		s.leg(call.LegEnded{ByPeer: true})
	})
	for name, ends := range map[string]func(*shiftSet){
		"declined":  func(s *shiftSet) { s.leg(call.LegFailed{Status: 486, Words: "busy here"}) },
		"gone":      func(s *shiftSet) { s.leg(call.LegEnded{}) },
		"no answer": func(s *shiftSet) { time.Sleep(seatRings); synctest.Wait(); s.leg(call.LegFailed{Status: 487}) },
		"DELETE":    func(s *shiftSet) { s.says(ShiftEnd{Words: "asked"}); s.leg(call.LegFailed{Status: 487}) },
	} {
		t.Run(name, func(t *testing.T) {
			follow(t, func(s *shiftSet) {
				s.says(Borrow{By: "c1"})
				ends(s)
				require.Equal(t, 1, s.refused())
				require.Contains(t, s.did, "close seat1")
			})
		})
	}
}

func TestAShiftIsEnded(t *testing.T) {
	follow(t, func(s *shiftSet) { // between calls
		s.answers()
		s.says(ShiftEnd{Words: "agent 1001 has signed out"}, ShiftEnd{Words: "twice"}, Borrow{By: "c1"})
		require.Contains(t, s.did, "end seat1 normal")
		require.Equal(t, 1, s.refused())
		s.leg(call.LegEnded{})
		require.Equal(t, []string{"agent 1001 has signed out"}, s.over)
	})
	follow(t, func(s *shiftSet) { // in a call
		s.answers()
		s.says(Borrow{By: "c1"})
		s.says(Borrow{By: "c2"}, ShiftEnd{Words: "asked"})
		require.Equal(t, 1, s.refused())
		require.NotContains(t, s.did, "end seat1 normal", "the line is another's")
		s.says(Returned{Gift: s.lentTo("c1")})
		require.Equal(t, []string{"land seat1 sound of seat1 rings=true", "end seat1 normal"}, s.since(len(s.did)-2))
		s.leg(call.LegEnded{})
	})
	follow(t, func(s *shiftSet) { // a phone that is gone, and a call that does not answer
		s.answers()
		s.says(ShiftEnd{Words: "asked"})
		time.Sleep(shiftGoodbye)
	})
	follow(t, func(s *shiftSet) {
		s.answers()
		s.says(Borrow{By: "c1"})
		g := s.lentTo("c1")
		s.says(ShiftEnd{Words: "asked"})
		time.Sleep(shiftGoodbye)
		synctest.Wait()
		require.False(t, s.sh.Tell(Returned{Gift: g}), "whoever has the line hangs up")
	})
	for _, away := range []bool{false, true} {
		follow(t, func(s *shiftSet) { // the node has no more time
			s.answers()
			if away {
				s.says(Borrow{By: "c1"})
			}
			s.says(Leave{})
			require.Equal(t, !away, indexOf(s.did, "end seat1 shutdown") < len(s.did))
		})
	}
}

func TestWhatComesAfterTheShift(t *testing.T) {
	follow(t, func(s *shiftSet) {
		s.answers()
		s.leg(call.LegRefer{Event: 3, To: "1002"})
		require.Contains(t, s.did, "referred seat1 3 486 this phone talks to nobody it could hand on")
		s.leg(call.LegChanged{Media: *pcma})
		s.leg(call.LegEnded{ByPeer: true})
		require.False(t, s.sh.Tell(Borrow{By: "c1"}))
		g := &Gift{ID: "seat1", Leg: fakeLeg{s.stageSet, "seat1"}, sound: "it"}
		for _, m := range []Message{Borrow{By: "c1"}, Returned{Gift: g}} { // put in by somebody who found it there
			s.sh.mail <- m
			s.sh.ifOver()
		}
		require.Equal(t, 1, s.refused())
		require.Subset(t, s.did, []string{"end seat1 normal", "drop it"})
	})
}

func TestAPhoneThatCannotBeRungForAShift(t *testing.T) {
	s := &stageSet{t: t}
	s.fail.ring = errDown
	sh := NewShift(ShiftBrief{ID: "w1", Seat: "9001"}, ShiftDeps{Phones: s, Router: s, IDs: s})
	require.ErrorIs(t, sh.Begin(), errDown)
	require.Equal(t, []string{"engage 9001", "release 9001 0s"}, s.did)
	require.False(t, sh.Tell(Borrow{By: "c1"}))
}

// A page that is reloaded, or another phone of his, goes on with the line between the calls; in a call the call sees to it.
func TestAnotherLegTakesTheLinesPlace(t *testing.T) {
	here := func(s *shiftSet, phone string, leg call.LegID) TakenOver {
		return TakenOver{Phone: phone, Old: "seat1", Here: &Arrival{Incoming: call.Incoming{Leg: leg, Offer: pcma}, Leg: fakeLeg{s.stageSet, leg}}}
	}
	follow(t, func(s *shiftSet) {
		s.says(here(s, "8001", "early"))
		s.answers()
		s.says(here(s, "1002", "other"))
		require.Subset(t, s.did, []string{"end early busy", "end other forbidden"})
		s.fail.take = errDown
		s.says(here(s, "8001", "full"))
		s.fail.take = nil
		require.Contains(t, s.did, "end full no_ports")
		s.says(here(s, "8001", "two"))
		require.Subset(t, s.did, []string{"lease two at 8001", "accept two", "arrange [two<[]]", "end seat1 transferred", "close seat1"})
		s.leg(call.LegEnded{}) // the old one's
		s.says(LegNews{"two", call.LegAnswered{Media: pcma}}, here(s, "8001", "late"))
		require.Contains(t, s.did, "end late no_such_call")
		s.says(Borrow{By: "c1"})
		g := s.lentTo("c1")
		require.Equal(t, call.LegID("two"), g.ID)
		s.says(Returned{Gift: &Gift{ID: "three", Leg: fakeLeg{s.stageSet, "three"}, Phone: "8002", sound: "it"}}) // it was moved in the call
		s.says(Borrow{By: "c2"})
		require.Equal(t, Gift{From: "w1", ID: "three", Leg: s.lentTo("c2").Leg, Seat: "9001", Phone: "8002", sound: call.LegID("sound of three")}, *s.lentTo("c2"))
		s.says(Returned{Gift: s.lentTo("c2")}, LegNews{"three", call.LegEnded{ByPeer: true}}, here(s, "8001", "gone"))
		s.sh.mail <- here(s, "8001", "after")
		s.sh.ifOver()
		require.Contains(t, s.did, "end after no_such_call")
	})
}

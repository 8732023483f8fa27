package code_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/ivr/code"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		deed code.Deed
		rest string
		want code.Order
		bad  bool
	}{
		{code.SignIn, "", code.Order{}, false},
		{code.SignIn, "*1001*1234", code.Order{Agent: "1001", PIN: "1234"}, false},
		{code.SignIn, "1001*1234#", code.Order{Agent: "1001", PIN: "1234"}, false},
		{code.SignIn, "*1001", code.Order{Agent: "1001"}, false},
		{code.SignIn, "*1001*", code.Order{}, true},
		{code.SignIn, "*1001*1234*5", code.Order{}, true},
		{code.SignIn, "*1001*12a4", code.Order{}, true},
		{code.SignIn, "*12345678901234567*1234", code.Order{}, true},
		{code.SignIn, "*1001*1234567890123", code.Order{}, true},
		{code.SignOut, "", code.Order{}, false},
		{code.SignOut, "*1", code.Order{}, true},
		{code.Ready, "#", code.Order{}, false},
		{code.Busy, "", code.Order{}, false},
		{code.Busy, "*15", code.Order{Minutes: 15}, false},
		{code.Busy, "*721", code.Order{}, true},
		{code.Break, "*2", code.Order{Reason: "2"}, false},
		{code.Break, "2*20", code.Order{Reason: "2", Minutes: 20}, false},
		{code.Break, "*222*20", code.Order{}, true},
	} {
		got, ok := code.Parse(c.deed, c.rest)
		require.Equal(t, !c.bad, ok, "%s%s", c.deed.Prefix(), c.rest)
		if ok {
			c.want.Deed = c.deed
			require.Equal(t, c.want, got, "%s%s", c.deed.Prefix(), c.rest)
		}
	}
}

// said is what a list of verbs says and does, in short.
func short(verbs []code.Verb) (out []string) {
	for _, v := range verbs {
		switch v := v.(type) {
		case code.Say:
			out = append(out, v.Prompts...)
		case code.Do:
			out = append(out, fmt.Sprintf("do %s %s/%s", v.Deed.Prefix(), v.Agent, v.PIN))
		case code.HangUp:
			out = append(out, "hang up")
		case code.Wait:
			if v.After > 0 {
				out = append(out, v.After.String())
			}
		case code.Hush:
		}
	}
	return out
}

func keys(s *code.Session, text string) (last []string) {
	for i := range len(text) {
		last = short(s.Step(code.Key{Key: text[i]}))
	}
	return last
}

// A phone that dials *11 alone is asked for both, may err, and is told.
func TestSignInByPrompts(t *testing.T) {
	s := code.NewSession(code.Order{Deed: code.SignIn})
	require.Equal(t, []string{"enter_agent_number"}, short(s.Step(code.Began{})))
	require.Equal(t, []string{"10s"}, short(s.Step(code.Said{})))
	require.Equal(t, []string{"enter_agent_number"}, keys(s, "99*"), "a star begins anew")
	require.Equal(t, []string{"enter_pin"}, keys(s, "1001#"))
	require.Equal(t, []string{"4s"}, keys(s, "12"))
	require.Equal(t, []string{"do *11 1001/12"}, short(s.Step(code.TimedOut{})), "who presses nothing more has ended")
	require.Empty(t, keys(s, "77"), "not listened to meanwhile")
	require.Equal(t, []string{"wrong_pin", "enter_agent_number"}, short(s.Step(code.Over{Outcome: code.WrongPIN})))
	keys(s, "1001#")
	require.Equal(t, []string{"do *11 1001/1234"}, keys(s, "1234#"))
	require.Equal(t, []string{"signed_in"}, short(s.Step(code.Over{Outcome: code.Done})))
	require.Equal(t, []string{"hang up"}, short(s.Step(code.Said{})))
	require.Empty(t, s.Step(code.Said{}))
}

func TestThreeWrongPINsAreEnough(t *testing.T) {
	s := code.NewSession(code.Order{Deed: code.SignIn, Agent: "1001", PIN: "1"})
	require.Equal(t, []string{"do *11 1001/1"}, short(s.Step(code.Began{})))
	for range 2 {
		require.Len(t, short(s.Step(code.Over{Outcome: code.WrongPIN})), 2)
		keys(s, "1001#1#")
	}
	require.Equal(t, []string{"wrong_pin"}, short(s.Step(code.Over{Outcome: code.WrongPIN})))
	require.Equal(t, []string{"hang up"}, short(s.Step(code.Said{})))
}

func TestNothingPressed(t *testing.T) {
	s := code.NewSession(code.Order{Deed: code.SignIn, Agent: "1001"})
	require.Equal(t, []string{"enter_pin"}, short(s.Step(code.Began{})))
	s.Step(code.Said{})
	require.Equal(t, []string{"enter_pin"}, short(s.Step(code.TimedOut{})))
	s.Step(code.Said{})
	require.Equal(t, []string{"no_input"}, short(s.Step(code.TimedOut{})))
}

func TestEveryOutcomeIsSaid(t *testing.T) {
	want := map[code.Outcome]string{
		code.Asked: "break_asked", code.TooMany: "too_many_tries", code.PhoneInUse: "phone_in_use",
		code.NotSignedIn: "not_signed_in", code.NotNow: "not_now", code.WrongPIN: "wrong_pin",
	}
	for _, d := range code.Deeds()[1:] {
		for o, words := range want {
			s := code.NewSession(code.Order{Deed: d})
			require.Equal(t, []string{"do " + d.Prefix() + " /"}, short(s.Step(code.Began{})))
			if o != code.WrongPIN {
				require.Equal(t, []string{words}, short(s.Step(code.Over{Outcome: o})))
			}
		}
	}
	s := code.NewSession(code.Order{Deed: code.SignIn, Agent: "1001", Proven: true})
	require.Equal(t, []string{"do *11 1001/"}, short(s.Step(code.Began{})), "the own phone is asked for no PIN")
}

// Whatever is pressed, in whatever order things end: the session ends, and never holds more than it may.
func TestItAlwaysEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := code.NewSession(code.Order{Deed: rapid.SampledFrom(code.Deeds()).Draw(t, "deed")})
		s.Step(code.Began{})
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			in := rapid.SampledFrom([]code.Input{
				code.Key{Key: '1'},
				code.Key{Key: '#'},
				code.Key{Key: '*'},
				code.Key{Key: 'A'},
				code.Said{},
				code.TimedOut{},
				code.Began{},
				code.Over{Outcome: code.WrongPIN},
				code.Over{Outcome: code.Done},
			}).Draw(t, "input")
			for _, v := range s.Step(in) {
				switch v := v.(type) {
				case code.Do:
					require.LessOrEqual(t, len(v.Agent), 16)
					require.LessOrEqual(t, len(v.PIN), 12)
				case code.Wait:
					require.LessOrEqual(t, v.After, 10*time.Second)
				}
			}
		}
		for range 20 { // nobody does anything any more
			for _, in := range []code.Input{code.Over{Outcome: code.NotNow}, code.Said{}, code.TimedOut{}} {
				for _, v := range s.Step(in) {
					if _, over := v.(code.HangUp); over {
						return
					}
				}
			}
		}
		require.Empty(t, s.Step(code.Said{}), "it has ended before")
		require.Empty(t, s.Step(code.TimedOut{}))
	})
}

package code_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hotline/ivr/code"
)

// deeds is short, with what a studio does besides.
func deeds(verbs []code.Verb) (out []string) {
	for _, v := range verbs {
		switch v := v.(type) {
		case code.Record:
			out = append(out, "record")
		case code.RecordStop:
			out = append(out, "stop")
		case code.Replay:
			out = append(out, "replay")
		case code.Do:
			switch {
			case v.Keep:
				out = append(out, "keep "+v.Prompt)
			case v.Prompt != "":
				out = append(out, "find "+v.Prompt)
			default:
				out = append(out, "prove "+string(v.Agent)+"/"+v.PIN)
			}
		default:
			out = append(out, short([]code.Verb{v})...)
		}
	}
	return out
}

// press gives what the last key did.
func press(s *code.Studio, keys string) (last []string) {
	for i := range len(keys) {
		last = deeds(s.Step(code.Key{Key: keys[i]}))
	}
	return last
}

func said(s *code.Studio) []string { return deeds(s.Step(code.Said{})) }

func over(s *code.Studio, o code.Outcome) []string { return deeds(s.Step(code.Over{Outcome: o})) }

func TestAPromptIsRecordedHeardAndKept(t *testing.T) {
	s := code.NewStudio(code.Order{Deed: code.Prompts, Agent: "1001", PIN: "1234"})
	require.Equal(t, []string{"prove 1001/1234"}, deeds(s.Step(code.Began{})))
	require.Equal(t, []string{"prompt_number"}, over(s, code.Done))
	require.Equal(t, []string{"10s"}, said(s))
	require.Equal(t, []string{"prompt_number"}, press(s, "9*"), "a star begins anew")
	require.Equal(t, []string{"find 99"}, press(s, "99#"))
	require.Equal(t, []string{"prompt_unknown", "prompt_number"}, over(s, code.NoPrompt))
	require.Equal(t, []string{"find 1"}, press(s, "1#"))
	require.Empty(t, press(s, "5"), "not listened to meanwhile")
	require.Equal(t, []string{"prompt_record", "beep"}, over(s, code.Done))
	require.Empty(t, press(s, "#"), "nothing is recorded yet")
	require.Equal(t, []string{"record", "3m0s"}, said(s))
	require.Empty(t, press(s, "12"))
	require.Equal(t, []string{"stop", "replay"}, press(s, "#"))
	require.Equal(t, []string{"prompt_choice"}, said(s))
	require.Equal(t, []string{"10s"}, said(s))
	require.Equal(t, []string{"replay"}, press(s, "3"))
	require.Equal(t, []string{"prompt_record", "beep"}, press(s, "2"))
	require.Equal(t, []string{"record", "3m0s"}, said(s))
	require.Equal(t, []string{"stop", "replay"}, deeds(s.Step(code.TimedOut{})), "as long as it may be")
	require.Equal(t, []string{"keep 1"}, press(s, "1"), "before it was heard to its end")
	require.Equal(t, []string{"prompt_saved"}, over(s, code.Done))
	require.Equal(t, []string{"hang up"}, said(s))
	require.Empty(t, said(s))
}

func TestWhoMayNotRecordsNothing(t *testing.T) {
	s := code.NewStudio(code.Order{Deed: code.Prompts})
	require.Equal(t, []string{"enter_agent_number"}, deeds(s.Step(code.Began{})))
	press(s, "1001#")
	require.Equal(t, []string{"prove 1001/1234"}, press(s, "1234#"))
	require.Equal(t, []string{"wrong_pin", "enter_agent_number"}, over(s, code.WrongPIN))
	press(s, "1001#1234#")
	require.Equal(t, []string{"not_allowed"}, over(s, code.NotAllowed))
	require.Equal(t, []string{"hang up"}, said(s))

	own := code.NewStudio(code.Order{Deed: code.Prompts, Agent: "1001", Proven: true})
	require.Equal(t, []string{"prove 1001/"}, deeds(own.Step(code.Began{})), "the own phone is asked for no PIN")
}

func TestWhatIsNotKeptIsTold(t *testing.T) {
	s := code.NewStudio(code.Order{Deed: code.Prompts, Agent: "1", Proven: true})
	s.Step(code.Began{})
	over(s, code.Done)
	press(s, "1#")
	over(s, code.Done)
	said(s)
	press(s, "#1")
	require.Equal(t, []string{"prompt_not_saved"}, over(s, code.NotKept))
}

// Whatever is pressed, in whatever order things end: nothing is kept without key 1, and who does nothing is hung up on.
func TestAStudioAlwaysEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := code.NewStudio(code.Order{Deed: code.Prompts, Agent: "1", Proven: rapid.Bool().Draw(t, "proven")})
		s.Step(code.Began{})
		recorded := false
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			in := rapid.SampledFrom([]code.Input{
				code.Key{Key: '1'},
				code.Key{Key: '2'},
				code.Key{Key: '#'},
				code.Key{Key: '*'},
				code.Said{},
				code.TimedOut{},
				code.Began{},
				code.Over{Outcome: code.Done},
				code.Over{Outcome: code.NoPrompt},
			}).Draw(t, "input")
			for _, v := range s.Step(in) {
				switch v := v.(type) {
				case code.Record:
					recorded = true
				case code.Do:
					require.True(t, !v.Keep || recorded && in == code.Input(code.Key{Key: '1'}))
					require.LessOrEqual(t, len(v.Prompt), 8)
				}
			}
		}
		for range 20 { // nobody does anything any more
			for _, in := range []code.Input{code.Over{Outcome: code.NotKept}, code.Said{}, code.TimedOut{}} {
				for _, v := range s.Step(in) {
					if _, ends := v.(code.HangUp); ends {
						return
					}
				}
			}
		}
		require.Empty(t, s.Step(code.Said{}), "it has ended before")
		require.Empty(t, s.Step(code.TimedOut{}))
	})
}

package code

import "time"

// The verbs and inputs of a Studio beside those of every code.
type (
	// Record begins to take what is heard, after a beep; the sound that was taken before is forgotten.
	Record struct{}
	// RecordStop ends it.
	RecordStop struct{}
	// Replay says what was taken; Said follows.
	Replay struct{}
)

func (Record) verb()     {}
func (RecordStop) verb() {}
func (Replay) verb()     {}

// recordMost is how long a prompt recorded by phone may be.
const recordMost = 3 * time.Minute

// numberMost is how many digits the number of a prompt may have.
const numberMost = 8

// Studio is a phone's call to *17: who may, records a prompt, hears it, keeps it or records it again. Nothing is
// kept unless key 1 was pressed.
type Studio struct {
	who   *Session // proves who it is
	stage studioStage
	keys  []byte
	tries int
	again bool // nothing was pressed once already
	order Order
}

type studioStage uint8

const (
	proving   studioStage = iota
	numbering             // which prompt
	finding               // whether there is one
	beeping               // what to do is being said
	taking                // the sound
	replaying
	choosing // keep, again or once more
	keeping
	saying // the last words
	left
)

// NewStudio begins with what was dialled.
func NewStudio(o Order) *Studio { return &Studio{who: NewSession(o), order: o} }

// Step gives the session an input.
func (s *Studio) Step(in Input) []Verb {
	if s.stage == proving {
		return s.prove(in)
	}
	switch in := in.(type) {
	case Key:
		return s.key(in.Key)
	case Said:
		return s.said()
	case TimedOut:
		return s.timedOut()
	case Over:
		return s.over(in.Outcome)
	case Began: // was before
	}
	return nil
}

// prove lets the session in front ask who it is.
func (s *Studio) prove(in Input) []Verb {
	if o, is := in.(Over); is && o.Outcome == Done && s.who.stage == doing {
		s.order.Agent, s.order.PIN = s.who.order.Agent, ""
		s.who.order.PIN = ""
		return s.ask(numbering, "prompt_number")
	}
	return s.who.Step(in)
}

// ask says what is wanted; the time for it begins when that has been said.
func (s *Studio) ask(next studioStage, prompts ...string) []Verb {
	s.stage, s.keys = next, nil
	return []Verb{Wait{}, Say{prompts}}
}

func (s *Studio) said() []Verb {
	switch s.stage {
	case numbering, choosing:
		if len(s.keys) == 0 {
			return []Verb{Wait{firstKey}}
		}
	case beeping:
		s.stage = taking
		return []Verb{Record{}, Wait{recordMost}}
	case replaying:
		s.again = false
		return s.ask(choosing, "prompt_choice")
	case saying:
		s.stage = left
		return []Verb{HangUp{}}
	case proving, finding, taking, keeping, left:
	}
	return nil
}

func (s *Studio) key(k byte) []Verb {
	switch s.stage {
	case numbering:
		return s.digit(k)
	case taking:
		if k == '#' {
			return s.taken()
		}
	case replaying, choosing: // who knows the keys need not hear them
		return s.choose(k)
	case proving, finding, beeping, keeping, saying, left:
	}
	return nil
}

// digit takes a key of the prompt's number: # ends it, * begins anew.
func (s *Studio) digit(k byte) []Verb {
	switch {
	case k == '*':
		return s.ask(numbering, "prompt_number")
	case k == '#':
		return s.numbered()
	case k < '0' || k > '9':
		return nil
	}
	if s.keys = append(s.keys, k); len(s.keys) == numberMost {
		return s.numbered()
	}
	return []Verb{Hush{}, Wait{nextKey}}
}

func (s *Studio) numbered() []Verb {
	if len(s.keys) == 0 {
		return s.ask(numbering, "prompt_number")
	}
	s.order.Prompt, s.order.Keep, s.stage = string(s.keys), false, finding
	return []Verb{Wait{}, Hush{}, Do{s.order}}
}

func (s *Studio) record() []Verb { return s.ask(beeping, "prompt_record", "beep") }

func (s *Studio) taken() []Verb {
	s.stage = replaying
	return []Verb{Wait{}, RecordStop{}, Replay{}}
}

// choose takes a key once the sound was heard: 1 keeps it, 2 records again, 3 says it again.
func (s *Studio) choose(k byte) []Verb {
	switch k {
	case '1':
		s.stage, s.order.Keep = keeping, true
		return []Verb{Wait{}, Hush{}, Do{s.order}}
	case '2':
		return s.record()
	case '3':
		s.stage = replaying
		return []Verb{Wait{}, Replay{}}
	}
	return nil
}

func (s *Studio) timedOut() []Verb {
	switch s.stage {
	case taking:
		return s.taken()
	case numbering:
		if len(s.keys) > 0 {
			return s.numbered()
		}
		if !s.again {
			s.again = true
			return s.ask(numbering, "prompt_number")
		}
		return s.ask(saying, "no_input")
	case choosing:
		if !s.again {
			s.again = true
			return s.ask(choosing, "prompt_choice")
		}
		return s.ask(saying, "no_input")
	case proving, finding, beeping, replaying, keeping, saying, left:
	}
	return nil
}

// over tells what became of the last order: whether there is such a prompt, or whether it was kept.
func (s *Studio) over(o Outcome) []Verb {
	switch {
	case s.stage == finding && o == Done:
		return s.record()
	case s.stage == finding:
		if s.tries++; s.tries >= triesMost {
			return s.ask(saying, "prompt_unknown")
		}
		return s.ask(numbering, "prompt_unknown", "prompt_number")
	case s.stage == keeping && o == Done:
		return s.ask(saying, "prompt_saved")
	case s.stage == keeping:
		return s.ask(saying, "prompt_not_saved")
	}
	return nil
}

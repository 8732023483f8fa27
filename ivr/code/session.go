package code

import (
	"time"

	"hotline/call"
)

// Input is something that happened in a phone's call to a code.
type Input interface{ input() }

// Began tells that both can hear.
type Began struct{}

// Key is a key pressed.
type Key struct{ Key byte }

// Said tells that the prompts of the last Say have ended by themselves.
type Said struct{}

// TimedOut tells that the time of the last Wait is over.
type TimedOut struct{}

// Over is what became of the last Do.
type Over struct{ Outcome }

func (Began) input()    {}
func (Key) input()      {}
func (Said) input()     {}
func (TimedOut) input() {}
func (Over) input()     {}

// Verb is something to do.
type Verb interface{ verb() }

// Say says prompts, instead of what is being said.
type Say struct{ Prompts []string }

// Hush stops what is being said.
type Hush struct{}

// Wait asks for a TimedOut, instead of the last Wait's; after no time at all for none.
type Wait struct{ After time.Duration }

// Do is an order to carry out; Over follows.
type Do struct{ Order }

// HangUp ends the call.
type HangUp struct{}

func (Say) verb()    {}
func (Hush) verb()   {}
func (Wait) verb()   {}
func (Do) verb()     {}
func (HangUp) verb() {}

// stage is how far a session has come.
type stage uint8

const (
	beginning stage = iota
	wantsAgent
	wantsPIN
	doing
	telling // the last words
	ended
)

// How long a key is waited for: the first after the prompt, the next after one.
const (
	firstKey = 10 * time.Second
	nextKey  = 4 * time.Second
)

// triesMost is how often number and PIN may be entered in one call.
const triesMost = 3

// Session is one phone's call to a code.
type Session struct {
	order Order
	stage stage
	keys  []byte
	tries int
	again bool // nothing was pressed once already
}

// NewSession begins with what was dialled.
func NewSession(o Order) *Session { return &Session{order: o} }

// Step gives the session an input.
func (s *Session) Step(in Input) []Verb {
	switch in := in.(type) {
	case Began:
		if s.stage == beginning {
			return s.next()
		}
	case Key:
		return s.key(in.Key)
	case Said:
		return s.said()
	case TimedOut:
		return s.timedOut()
	case Over:
		return s.over(in.Outcome)
	}
	return nil
}

// next asks for what is lacking, or does what is asked for.
func (s *Session) next() []Verb {
	s.keys, s.again = nil, false
	switch o := &s.order; {
	case !o.Deed.proves() || o.Proven || o.Agent != "" && o.PIN != "":
		s.stage = doing
		return []Verb{Wait{}, Do{s.order}}
	case o.Agent == "":
		s.stage = wantsAgent
		return s.ask()
	default:
		s.stage = wantsPIN
		return s.ask()
	}
}

// ask says what is wanted; the time for it begins when that has been said.
func (s *Session) ask() []Verb {
	if s.stage == wantsAgent {
		return []Verb{Wait{}, Say{[]string{"enter_agent_number"}}}
	}
	return []Verb{Wait{}, Say{[]string{"enter_pin"}}}
}

func (s *Session) said() []Verb {
	switch s.stage {
	case wantsAgent, wantsPIN:
		if len(s.keys) == 0 {
			return []Verb{Wait{firstKey}}
		}
	case telling:
		s.stage = ended
		return []Verb{HangUp{}}
	case beginning, doing, ended:
	}
	return nil
}

// key takes a key: a digit, # to end, * to begin anew.
func (s *Session) key(k byte) []Verb {
	if s.stage != wantsAgent && s.stage != wantsPIN {
		return nil
	}
	most := agentMost
	if s.stage == wantsPIN {
		most = pinMost
	}
	switch {
	case k == '*':
		s.keys = nil
		return s.ask()
	case k == '#':
		return s.entered()
	case k < '0' || k > '9':
		return nil
	}
	if s.keys = append(s.keys, k); len(s.keys) >= most {
		return s.entered()
	}
	return []Verb{Hush{}, Wait{nextKey}}
}

// entered takes what has been pressed.
func (s *Session) entered() []Verb {
	if len(s.keys) == 0 {
		return s.ask()
	}
	if s.stage == wantsAgent {
		s.order.Agent = call.SeatID(s.keys)
	} else {
		s.order.PIN = string(s.keys)
	}
	return s.next()
}

func (s *Session) timedOut() []Verb {
	switch {
	case s.stage != wantsAgent && s.stage != wantsPIN:
		return nil
	case len(s.keys) > 0:
		return s.entered()
	case s.again:
		return s.tell("no_input")
	}
	s.again = true
	return s.ask()
}

// over tells what became of the order, and asks anew after a wrong PIN.
func (s *Session) over(o Outcome) []Verb {
	if s.stage != doing {
		return nil
	}
	s.order.PIN = ""
	words := s.order.Deed.words(o)
	if s.tries++; o != WrongPIN || s.tries >= triesMost {
		return s.tell(words)
	}
	s.order.Agent, s.keys, s.again, s.stage = "", nil, false, wantsAgent
	return []Verb{Wait{}, Say{[]string{words, "enter_agent_number"}}}
}

// tell says the last words.
func (s *Session) tell(prompt string) []Verb {
	s.stage = telling
	return []Verb{Wait{}, Say{[]string{prompt}}}
}

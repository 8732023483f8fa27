package live

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
)

// stage is the world around one call: it notes what the call does, as lines,
// and lets a test say what happens to it.
type stageSet struct {
	t         *testing.T
	a         *Actor
	did       []string
	journal   []call.Envelope
	verbs     map[string][]call.FlowVerb // by input kind
	flow      string
	heard     func(in call.FlowInput, base uint64) []call.FlowVerb // what waiting callers hear; nil: music
	inputs    []call.FlowInput                                     // of that flow
	facts     QueueFacts
	words     call.FlowWords // that the queue says besides
	rendering uint64         // token of the last FlowRender
	rule      RecordingRule
	play      uint64
	ids       int
	gate      chan struct{} // when set, the journal waits for it
	down      atomic.Bool   // the journal
	fail      struct{ ring, record, open, dial, ticket, fork, take error }
	urgent    map[string][]string // by queue
	dialled   []Outcall
	rung      []Invite
	entries   []Entry
	fork      string    // the trunk's
	voices    []Speaker // the caller's, and those on the right
	recorders []string  // outside
	try       *Try
	phone     *PhoneCall
	visit     *Visit
	pair      string    // who are joined
	told      []Message // to other calls
	people    map[string]call.Destination
	mates     map[call.SeatID]call.SeatID
	// measured: the end of each sound is told; the test does it.
	measured bool
}

type fakeLeg struct {
	s  *stageSet
	id call.LegID
}

func (l fakeLeg) ID() call.LegID                         { return l.id }
func (l fakeLeg) Accept(call.LocalMedia)                 { l.s.note("accept %s", l.id) }
func (l fakeLeg) End(c call.Cause)                       { l.s.note("end %s %s", l.id, c) }
func (l fakeLeg) Progress(status int, _ call.LocalMedia) { l.s.note("progress %s %d", l.id, status) }

func (l fakeLeg) Referred(event uint32, status int, words string) {
	l.s.note("referred %s %d %d %s", l.id, event, status, words)
}

func (s *stageSet) note(format string, args ...any) {
	s.did = append(s.did, fmt.Sprintf(format, args...))
}

func (s *stageSet) Open(id call.LegID) (call.LocalMedia, error) {
	s.note("open %s", id)
	return call.LocalMedia{}, s.fail.open
}

func (s *stageSet) Negotiated(id call.LegID, spec call.MediaSpec) {
	s.note("negotiated %s %s %s", id, spec.Codec, spec.Direction)
}

func (s *stageSet) Close(id call.LegID) bool {
	s.note("close %s", id)
	return s.measured
}

func (s *stageSet) Play(id call.LegID, prompts []string, loop bool) uint64 {
	s.play++
	s.note("play %s %v loop=%v", id, prompts, loop)
	return s.play
}
func (s *stageSet) Stop(id call.LegID) { s.note("stop %s", id) }

// Arrange notes a pair that hear each other as joined, and parted; anything else in full.
func (s *stageSet) Arrange(hears []Hearing) {
	was := s.pair
	s.pair = ""
	var words []string
	for _, h := range hears {
		words = append(words, fmt.Sprintf("%s<%v", h.Leg, h.From))
	}
	if len(hears) == 2 && len(hears[0].From) == 1 && len(hears[1].From) == 1 && hears[0].From[0] == hears[1].Leg && hears[1].From[0] == hears[0].Leg {
		s.pair = fmt.Sprintf("%s %s", hears[0].Leg, hears[1].Leg)
	}
	switch {
	case s.pair != "":
		s.note("join %s", s.pair)
	case len(hears) == 0 && was != "":
		s.note("part %s", was)
	default:
		s.note("arrange %v", words)
	}
}

func (s *stageSet) Engage(seat call.SeatID) { s.note("engage %s", seat) }
func (s *stageSet) Release(seat call.SeatID, wrapUp time.Duration) {
	s.note("release %s %s", seat, wrapUp)
}

func (s *stageSet) PickUp(seat call.SeatID, anyCall, there bool) {
	s.note("pick up %s any=%v there=%v", seat, anyCall, there)
}

func (s *stageSet) Together(a, b call.SeatID) bool { return s.mates[a] == b || s.mates[b] == a }

func (s *stageSet) Lease(leg call.LegID, phone string) (call.LocalMedia, error) {
	s.note("lease %s at %s", leg, phone)
	return call.LocalMedia{}, s.fail.take
}

func (s *stageSet) Hand(seat call.SeatID, to call.ID) { s.note("hand %s to %s", seat, to) }

// Tell notes what another call is told; one named "gone" is not there.
func (s *stageSet) Tell(id call.ID, m Message) bool {
	s.told = append(s.told, m)
	s.note("tell %s %T", id, m)
	return id != "gone"
}

func (s *stageSet) Lift(leg call.LegID, done func(any)) {
	s.note("lift %s", leg)
	done("sound of " + leg)
}

func (s *stageSet) Land(id call.LegID, _ Leg, sound any, rings bool) {
	s.note("land %s %v rings=%v", id, sound, rings)
}
func (s *stageSet) Drop(sound any) { s.note("drop %v", sound) }

func (s *stageSet) Find(dialled string) (call.Destination, error) {
	to, ok := s.people[dialled]
	if !ok {
		return to, call.Errorf(call.CodeNotFound, "there is nobody at %s", dialled)
	}
	to.Dialled = dialled
	return to, nil
}
func (s *stageSet) End(r call.RecordingID) { s.note("recorded %s", r) }

func (s *stageSet) Begin(r call.RecordingID, mailbox string, caller, seat call.LegID) error {
	s.note("record %s %q %s|%s", r, mailbox, caller, seat)
	return s.fail.record
}

func (s *stageSet) Pause(r call.RecordingID, paused bool)        { s.note("pause %s %v", r, paused) }
func (s *stageSet) Right(r call.RecordingID, legs ...call.LegID) { s.note("right %s %v", r, legs) }
func (s *stageSet) Recorded(string, call.SeatID) RecordingRule   { return s.rule }

func (s *stageSet) Fork(engine, queue string, quiet bool) error {
	s.note("fork %s %q quiet=%v", engine, queue, quiet)
	return s.fail.fork
}

func (s *stageSet) Unfork(engine string, over bool) { s.note("unfork %s over=%v", engine, over) }

func (s *stageSet) Listen(leg call.LegID, v call.FlowListen) { s.note("listen %s %s", leg, v.Service) }
func (s *stageSet) Unlisten(over bool)                       { s.note("unlisten over=%v", over) }

func (s *stageSet) Render(v call.FlowRender) {
	s.rendering = v.Token
	s.note("render %v", v.Texts)
}
func (s *stageSet) Unrender(late bool) { s.note("unrender late=%v", late) }
func (s *stageSet) Rendered(sound any) { s.note("rendered %v", sound) }
func (s *stageSet) Quiet(on bool)      { s.note("quiet %v", on) }

func (s *stageSet) Voices(caller Speaker, seats []Speaker) {
	var legs []call.LegID
	for _, v := range seats {
		legs = append(legs, v.Leg)
	}
	s.voices = append([]Speaker{caller}, seats...)
	s.note("voices %s|%v", caller.Leg, legs)
}

func (s *stageSet) Recorders(string) []string { return s.recorders }

func (s *stageSet) Ring(i Invite) (Leg, error) {
	s.rung = append(s.rung, i)
	if s.fail.ring != nil {
		return nil, s.fail.ring
	}
	s.note("ring %s at %s", i.Seat, i.Phone)
	return fakeLeg{s, i.Leg}, nil
}

func (s *stageSet) Dial(o Outcall) (Leg, string, error) {
	if s.fail.dial != nil {
		return nil, "", s.fail.dial
	}
	s.dialled = append(s.dialled, o)
	s.note("dial %s %s by %s", o.Number, o.Site, o.Trunk)
	return fakeLeg{s, o.Leg}, "carrier", nil
}

func (s *stageSet) Enqueue(e Entry) {
	s.entries = append(s.entries, e)
	s.note("enqueue %s again=%v", e.Queue, !e.Entry.IsZero())
}

func (s *stageSet) Offer(o call.OfferID, n OfferNews, words string) {
	s.note("offer %s news %d %s", o, n, words)
}
func (s *stageSet) Seat(id call.SeatID, n SeatNews) { s.note("seat %s news %d", id, n) }
func (s *stageSet) Place()                          { s.note("place?") }
func (s *stageSet) LeaveQueue(queue, to string)     { s.note("leave %s to %s", queue, to) }

// Waiting gives what the test has its waiting callers hear.
func (s *stageSet) Waiting(queue string, _ time.Time, token uint64) Flow {
	if s.heard == nil {
		return nil
	}
	s.note("experience of %s from %d", queue, token>>32)
	return &heardFlow{stageSet: s, base: token}
}

// Announce gives what the test has its queue say besides.
func (s *stageSet) Announce(_ time.Time, queue string, _ time.Time, ahead int, _ *time.Duration) call.FlowWords {
	s.note("words of %s, %d ahead", queue, ahead)
	return s.words
}

// Verify gives what the test has verify its callers.
func (s *stageSet) Verify(flow string, token uint64) (Flow, error) {
	if s.heard == nil {
		return nil, call.Errorf(call.CodeConflict, "the site has no flow that verifies callers")
	}
	s.note("verify by %q from %d", flow, token>>32)
	return &heardFlow{stageSet: s, base: token}, nil
}

// heardFlow is such a flow: its verbs by input, as the call's own. Their tokens are small numbers over the base.
type heardFlow struct {
	*stageSet
	base uint64
}

func (f *heardFlow) Step(_ time.Time, in call.FlowInput) []call.FlowVerb {
	f.inputs = append(f.inputs, in)
	return f.heard(in, f.base)
}

func (f *heardFlow) Current() (string, bool)       { return "waiting", false }
func (s *stageSet) Ahead(_ string, n int) []string { return []string{fmt.Sprintf("%d ahead", n)} }

func (s *stageSet) Wait(_ string, d time.Duration) []string { return []string{"wait " + d.String()} }
func (s *stageSet) Speak(id call.LegID, language string)    { s.note("speak %s %s", id, language) }
func (s *stageSet) Urgent(queue string) []string            { return s.urgent[queue] }
func (s *stageSet) Ask(v call.FlowAsk)                      { s.note("ask %s %s %s", v.Service, v.Method, v.Path) }

func (s *stageSet) Notify(v call.FlowNotify) { s.note("notify %s %s", v.To, v.Event) }

func (s *stageSet) Ticket(v call.FlowTicket) (string, error) {
	s.note("ticket %s %v", v.Kind, v.Fields)
	return "2026-11-0001", s.fail.ticket
}
func (s *stageSet) Left(n LeftNews) { s.note("left %d", n) }

func (s *stageSet) Step(_ time.Time, in call.FlowInput) []call.FlowVerb {
	kind := fmt.Sprintf("%T", in)[len("call."):]
	switch in := in.(type) {
	case call.FlowOverflowed:
		s.flow = in.Flow
	case call.FlowDigit:
		kind += string(in.Digit)
	}
	return s.verbs[kind]
}
func (s *stageSet) Current() (string, bool)             { return s.flow, true }
func (s *stageSet) Queue(string) QueueFacts             { return s.facts }
func (s *stageSet) AgentNumber(id call.SeatID) []string { return []string{"number", string(id)} }

func (s *stageSet) Append(es ...call.Envelope) error {
	if s.gate != nil {
		<-s.gate
	}
	if s.down.Load() {
		return errDown
	}
	s.journal = append(s.journal, es...)
	for _, e := range es {
		s.note("* %s", e.Event.Kind())
	}
	return nil
}

func (s *stageSet) Leg() call.LegID {
	s.ids++
	return call.LegID(fmt.Sprintf("seat%d", s.ids))
}

func (s *stageSet) Callback() call.CallbackID { return "back" }

func (s *stageSet) Take(w Wish) {
	s.note("take %s waits=%v %s %s", w.ID, w.Waits, w.Queue, w.Caller.Number)
}

func (s *stageSet) Dialled(r call.DialResult, words string) { s.note("dialled %s %s", r, words) }

func (s *stageSet) Recording() call.RecordingID {
	s.ids++
	return call.RecordingID(fmt.Sprintf("rec%d", s.ids))
}

var errDown = errors.New("down")

// play runs a test in virtual time around one call.
func perform(t *testing.T, setup func(*stageSet), act func(*stageSet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stageSet{
			t: t, flow: "main",
			facts: QueueFacts{Music: "default", SayAgentNumber: true},
			rule:  RecordingRule{Record: true, Asked: true},
			verbs: map[string][]call.FlowVerb{
				"FlowStarted": {call.FlowPlay{Token: 1, Prompts: []string{"welcome"}}},
				"FlowPlayed":  {call.FlowEnqueue{Token: 2, Queue: "general"}},
				"FlowServed":  {call.FlowHangup{Cause: call.CauseFlowEnd}},
				"FlowFault":   {call.FlowHangup{Cause: call.CauseFlowEnd}},
			},
		}
		if setup != nil {
			setup(s)
		}
		leg := Leg(fakeLeg{s, "caller"})
		if s.visit != nil || s.try != nil || s.phone != nil && s.phone.Click {
			leg = nil // there is nobody yet
		}
		s.a = New(Brief{
			Node: "n1", Epoch: 1, Flow: "main", Fork: s.fork, Called: "10000",
			Try: s.try, Phone: s.phone, Visit: s.visit, Caller: call.Caller{Number: "13800138000"},
			Incoming: call.Incoming{ID: "c1", Leg: "caller", Trunk: "gw", Received: time.Now(), Offer: &call.MediaSpec{Codec: call.CodecPCMA}},
		}, Deps{
			Leg: leg, Media: s, Player: s, Bridge: s, Recorder: s, Forks: s, Ears: s, Voice: s, Phones: s, Lines: s, Callbacks: s,
			Router: s, Flow: s, Errands: s, House: s, People: s, Exchange: s, Journal: s, IDs: s, Log: zap.NewNop(), LineFree: func() { s.note("line free") },
		})
		go s.a.Run()
		synctest.Wait()
		act(s)
		s.archived()
	})
}

// says posts a message and lets the call settle.
func (s *stageSet) says(ms ...Message) {
	for _, m := range ms {
		s.a.Post(m)
	}
	synctest.Wait()
}

// pass lets virtual time go by.
func (s *stageSet) pass(d time.Duration) {
	s.says(SoundNews{}) // so that what the test did happened before what the timer does
	time.Sleep(d)
	synctest.Wait()
}

func (s *stageSet) leg(id call.LegID, ev call.LegEvent)     { s.says(LegNews{id, ev}) }
func (s *stageSet) sound(id call.LegID, ev call.SoundEvent) { s.says(SoundNews{id, ev}) }

// queued brings the call into its queue.
func (s *stageSet) queued() {
	s.leg("caller", call.LegAnswered{})
	s.sound("caller", call.SoundPlayed{Play: s.play})
	s.says(Placed{Queue: "general", Entry: time.Now(), Position: 1, Reason: "pressed 1"})
}

// talking brings the call to a seat.
func (s *stageSet) talking() {
	s.queued()
	s.says(Ring{Offer: "o1", Seat: "1001", Phone: "1001", Queue: "general"})
	s.leg("seat1", call.LegRinging{})
	s.leg("seat1", call.LegAnswered{Media: &call.MediaSpec{Codec: call.CodecPCMA}})
	s.says(Connect{Offer: "o1", Seat: "1001", Queue: "general"})
	s.sound("caller", call.SoundPlayed{Play: s.play - 1})
	s.sound("seat1", call.SoundPlayed{Play: s.play})
}

// archived demands that the call's goroutine ends once everybody has let go.
func (s *stageSet) archived() {
	s.t.Helper()
	for id := range s.a.records.open {
		s.says(RecordingDone{Recording: id})
	}
	s.says(Forgotten{})
	select {
	case <-s.a.Done():
	default:
		require.Fail(s.t, "the call is not archived", "stage %s, did %v", s.a.stage, s.did)
	}
}

// since gives what the call did after a mark.
func (s *stageSet) since(mark int) []string { return s.did[mark:] }

// kinds are the events' names in order; their numbers must have no gap.
func (s *stageSet) kinds() (all []string) {
	for i, e := range s.journal {
		require.Equal(s.t, uint64(i+1), e.Seq)
		all = append(all, e.Event.Kind())
	}
	return all
}

package live

import (
	"time"

	"go.uber.org/zap"

	"hotline/call"
)

// shortestMessage is what a voicemail must last to count as a message left.
const shortestMessage = time.Second

// recordState is the recording in progress and those being closed.
type recordState struct {
	now     call.RecordingID // empty: none
	mailbox string           // of a voicemail
	began   time.Time
	rule    RecordingRule
	right   []call.LegID // whom its right side holds
	// Whoever wants silence holds the recording; it goes on when nobody does.
	byHand, byFlow, byVerify bool
	keys                     keyCode
	open                     map[call.RecordingID]tapeKept
	max                      *time.Timer
}

// tapeKept is by whose rules a recording being closed is kept.
type tapeKept struct{ mailbox, queue string }

func (r *recordState) maxC() <-chan time.Time {
	return fires(r.max)
}

func (r *recordState) stopMax() {
	disarm(&r.max)
}

// beginRecording records caller and seat from the pick-up, as the site says, and
// gives the prompts that tell the caller so. A recording that goes on takes the seat in.
func (a *Actor) beginRecording(s *seat) []string {
	a.verifyPassed()
	rule := a.deps.House.Recorded(s.queue, s.id)
	a.records.rule = rule
	a.forkBySite(rule.Fork, s.queue, "queue "+s.queue+" says so", forkConversation)
	a.forkRecorders(s)
	switch {
	case a.records.now != "":
		a.recordRight(append(a.records.right, s.legID)...)
	case rule.Record:
		if a.record("", s.queue, "", s.legID) == nil {
			return rule.Announce
		}
	default:
		a.emit(call.RecordingSkipped{Seat: s.id, Queue: s.queue, Reason: rule.Words})
	}
	return nil
}

// recordSeat is beginRecording for a seat that routing did not give: a call that a phone began is recorded as it said.
func (a *Actor) recordSeat(s *seat) []string {
	p := a.brief.Phone
	if p == nil || s.queue != "" || a.records.now != "" {
		return a.beginRecording(s)
	}
	a.records.rule = RecordingRule{Record: p.Record, Asked: true}
	a.forkRecorders(s)
	if p.Record {
		_ = a.record("", "", "", s.legID)
	}
	return nil
}

// recordRight says whom the recording's right side holds from now on: after a
// transfer another leg, in a conference several. It goes on through all of it.
func (a *Actor) recordRight(legs ...call.LegID) {
	if a.records.now == "" {
		return
	}
	a.records.right = legs
	a.deps.Recorder.Right(a.records.now, legs...)
}

// beginVoicemail records the caller alone.
func (a *Actor) beginVoicemail(v call.FlowRecord) {
	a.flow.recording = v.Token
	a.verifyPassed()
	a.records.rule = RecordingRule{}
	if err := a.record(v.Mailbox, "", "", ""); err != nil {
		a.step(call.FlowFault{Token: v.Token, Words: err.Error()})
		return
	}
	a.records.max = time.NewTimer(v.Max)
}

// record opens a recording. When that fails the call goes on and the record says why it has none.
func (a *Actor) record(mailbox, queue, asked string, seat call.LegID) error {
	id := a.deps.IDs.Recording()
	a.emit(call.RecordingBegan{Recording: id, Mailbox: mailbox, Queue: queue, Reason: asked})
	a.flush()
	if err := a.deps.Recorder.Begin(id, mailbox, a.caller.id, seat); err != nil {
		a.deps.Log.Error("a recording could not be opened", zap.String("call", string(a.ID())), zap.Error(err))
		a.emit(call.RecordingEnded{Recording: id, Failed: err.Error()})
		return err
	}
	if a.records.open == nil {
		a.records.open = map[call.RecordingID]tapeKept{}
	}
	a.records.open[id] = tapeKept{mailbox, queue}
	a.records.now, a.records.mailbox, a.records.began = id, mailbox, time.Now()
	a.records.right, a.records.byHand = []call.LegID{seat}, false
	a.forkQuiet()
	if a.records.byFlow || a.records.byVerify {
		a.deps.Recorder.Pause(id, true)
	}
	return nil
}

// recordAsked pauses the recording, lets it go on, or begins one on demand.
func (a *Actor) recordAsked(m Record) {
	r := &a.records
	switch {
	case a.stage >= StageClosing:
		m.Reply <- call.Errorf(call.CodeConflict, "the call is over")
	case r.now == "" && len(a.forks.on) > 0 && (m.Paused || r.byHand):
		a.recordHand(m.Paused, m.Party, m.Reason) // engines hear what a recording would hold
		m.Reply <- nil
	case r.now == "" && m.Paused:
		m.Reply <- call.Errorf(call.CodeConflict, "nothing is being recorded")
	case r.now == "":
		m.Reply <- a.recordOnDemand(m)
	default:
		a.recordHand(m.Paused, m.Party, m.Reason)
		m.Reply <- nil
	}
}

// recordOnDemand begins a recording because somebody has asked for it.
func (a *Actor) recordOnDemand(m Record) error {
	s := a.current()
	switch {
	case s == nil:
		return call.Errorf(call.CodeConflict, "the caller is with nobody whose part could be recorded")
	case !a.records.rule.Asked:
		return call.Errorf(call.CodeConflict, "the site has this conversation not recorded, not even when asked")
	}
	if err := a.record("", s.queue, m.Reason, s.legID); err != nil {
		return err
	}
	if tell := a.records.rule.Announce; len(tell) > 0 {
		a.deps.Player.Play(a.caller.id, tell, false)
	}
	return nil
}

// recordHand is a person's wish for silence.
func (a *Actor) recordHand(paused bool, by call.Party, why string) {
	before := a.records.paused()
	a.records.byHand = paused
	a.recordPause(before, by, why)
}

// recordFlow is a flow's: what is keyed in meanwhile is secret.
func (a *Actor) recordFlow(secret bool) {
	before := a.records.paused()
	a.records.byFlow = secret
	why := "the flow goes on"
	if secret {
		why = "the flow asks for something secret"
	}
	a.recordPause(before, call.PartySystem, why)
}

func (r *recordState) paused() bool { return r.byHand || r.byFlow || r.byVerify }

// recordPause carries out what the wishes amount to.
func (a *Actor) recordPause(before bool, by call.Party, why string) {
	a.forkQuiet()
	if a.records.paused() {
		a.withhold()
	}
	id, paused := a.records.now, a.records.paused()
	if id == "" || paused == before {
		return
	}
	if paused {
		a.deps.Recorder.Pause(id, true) // at once: the journal may take a while
		a.emit(call.RecordingPaused{Recording: id, By: by, Reason: why})
		return
	}
	a.emit(call.RecordingResumed{Recording: id, By: by, Reason: why})
	a.flush()
	a.deps.Recorder.Pause(id, false)
}

// recordKey watches the connected seat's keys for the site's code, which pauses
// the recording and lets it go on, or begins one where that takes asking.
func (a *Actor) recordKey(s *seat, key byte) {
	if !a.records.keys.pressed(key, a.records.rule.Key, time.Now()) {
		return
	}
	words := "the agent pressed " + a.records.rule.Key
	if a.records.now != "" {
		a.recordHand(!a.records.byHand, call.PartyAgent, words)
		return
	}
	if err := a.recordOnDemand(Record{Party: call.PartyAgent, Reason: words}); err != nil {
		a.deps.Log.Info("a recording asked for by key was not begun", zap.String("call", string(a.ID())), zap.String("seat", string(s.id)), zap.Error(err))
	}
}

// keyCode recognises a code among keys.
type keyCode struct {
	last []byte
	at   time.Time
}

// keyGap is how much time there may be between two keys of a code.
const keyGap = 3 * time.Second

// pressed takes a key and reports whether it completes the code.
func (k *keyCode) pressed(key byte, code string, now time.Time) bool {
	if code == "" {
		return false
	}
	if now.Sub(k.at) > keyGap {
		k.last = k.last[:0]
	}
	k.at = now
	k.last = append(k.last, key)
	if over := len(k.last) - len(code); over > 0 {
		k.last = k.last[over:]
	}
	if string(k.last) != code {
		return false
	}
	k.last = k.last[:0]
	return true
}

// recordFull ends a voicemail that has reached its length.
func (a *Actor) recordFull() { a.endRecording() }

func (a *Actor) endRecording() {
	a.records.stopMax()
	a.forkOver()
	if a.records.now == "" {
		return
	}
	id, length := a.records.now, time.Since(a.records.began)
	a.records.now, a.records.right, a.records.byHand = "", nil, false
	a.forkQuiet()
	if a.records.mailbox != "" && length >= shortestMessage {
		a.emit(call.VoicemailLeft{Mailbox: a.records.mailbox, Recording: id, Length: length})
	}
	a.flush()
	a.deps.Recorder.End(id)
}

// recordingDone files a closed recording and, for a message, tells the flow.
func (a *Actor) recordingDone(m RecordingDone) {
	kept, ok := a.records.open[m.Recording]
	if !ok {
		return
	}
	delete(a.records.open, m.Recording)
	m.Facts.Queue, m.Facts.Mailbox = kept.queue, kept.mailbox
	ended := call.RecordingEnded{Recording: m.Recording, Facts: m.Facts}
	if m.Err != nil {
		ended.Failed = m.Err.Error()
	}
	a.emit(ended)
	if kept.mailbox != "" && a.stage == StageFlow {
		a.step(call.FlowRecorded{Token: a.flow.recording, Length: m.Facts.Length})
	}
}

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
	open    map[call.RecordingID]string
	max     *time.Timer
}

func (r *recordState) maxC() <-chan time.Time {
	if r.max == nil {
		return nil
	}
	return r.max.C
}

func (r *recordState) stopMax() {
	if r.max != nil {
		r.max.Stop()
		r.max = nil
	}
}

// beginRecording records caller and seat from the pick-up.
func (a *Actor) beginRecording(s *seat) { _ = a.record("", s.legID) }

// recordOutside records caller and outside party from the answer.
func (a *Actor) recordOutside(leg call.LegID) { _ = a.record("", leg) }

// beginVoicemail records the caller alone.
func (a *Actor) beginVoicemail(v call.FlowRecord) {
	a.flow.recording = v.Token
	if err := a.record(v.Mailbox, ""); err != nil {
		a.step(call.FlowFault{Token: v.Token, Words: err.Error()})
		return
	}
	a.records.max = time.NewTimer(v.Max)
}

// record opens a recording. When that fails the call goes on and the record says why it has none.
func (a *Actor) record(mailbox string, seat call.LegID) error {
	id := a.deps.IDs.Recording()
	a.emit(call.RecordingBegan{Recording: id, Mailbox: mailbox})
	a.flush()
	if err := a.deps.Recorder.Begin(id, mailbox, a.caller.id, seat); err != nil {
		a.deps.Log.Error("a recording could not be opened", zap.String("call", string(a.ID())), zap.Error(err))
		a.emit(call.RecordingEnded{Recording: id, Failed: err.Error()})
		return err
	}
	if a.records.open == nil {
		a.records.open = map[call.RecordingID]string{}
	}
	a.records.open[id] = mailbox
	a.records.now, a.records.mailbox, a.records.began = id, mailbox, time.Now()
	return nil
}

// recordFull ends a voicemail that has reached its length.
func (a *Actor) recordFull() { a.endRecording() }

func (a *Actor) endRecording() {
	a.records.stopMax()
	if a.records.now == "" {
		return
	}
	id, length := a.records.now, time.Since(a.records.began)
	a.records.now = ""
	if a.records.mailbox != "" && length >= shortestMessage {
		a.emit(call.VoicemailLeft{Mailbox: a.records.mailbox, Recording: id, Length: length})
	}
	a.flush()
	a.deps.Recorder.End(id)
}

// recordingDone files a closed recording and, for a message, tells the flow.
func (a *Actor) recordingDone(m RecordingDone) {
	mailbox, ok := a.records.open[m.Recording]
	if !ok {
		return
	}
	delete(a.records.open, m.Recording)
	ended := call.RecordingEnded{Recording: m.Recording, Facts: m.Facts}
	if m.Err != nil {
		ended.Failed = m.Err.Error()
	}
	a.emit(ended)
	if mailbox != "" && a.stage == StageFlow {
		a.step(call.FlowRecorded{Token: a.flow.recording, Length: m.Facts.Length})
	}
}

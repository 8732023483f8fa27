package live

import "fmt"

// Stage is where the caller is. It changes in Actor.enter only.
//
//	arriving → flow ⇄ waiting → announcing → talking → flow (survey) → archive → done
//	            flow, waiting ⇄ dialling → outside → flow, archive
//	a try:            waiting → calling → announcing …
//
// From any stage the caller's leaving leads to archive.
type Stage uint8

// The stages.
const (
	StageArriving   Stage = iota // the 200 is out, not yet acknowledged
	StageFlow                    // in a flow: prompts, menus, voicemail, survey
	StageWaiting                 // in a queue; phones may be ringing
	StageDialling                // an outside number is being called for him: by a queue's rule, or by a flow
	StageCalling                 // a try: a seat has picked up, the customer is called
	StageAnnouncing              // a seat has picked up, the agent number is announced
	StageTalking                 // bridged, perhaps held
	StageOutside                 // bridged to an outside party
	StageClosing                 // the node stops: a last prompt, then BYE
	StageArchive                 // the caller is gone: recordings, routing and wrap-up finish
	StageDone
)

var stages = []string{"arriving", "flow", "waiting", "dialling", "calling", "announcing", "talking", "outside", "closing", "archive", "done"}

func (s Stage) String() string {
	if int(s) < len(stages) {
		return stages[s]
	}
	return fmt.Sprintf("invalid(%d)", uint8(s))
}

package live

import "fmt"

// Stage is where the caller is. It changes in Actor.enter only.
//
//	arriving → flow ⇄ waiting → announcing → talking → flow (survey) → archive → done
//	            flow, waiting ⇄ dialling → outside → flow, archive
//	a try:            waiting → calling → announcing …
//	a visit:          calling → flow …
//	a phone's call:   (first →) calling → talking, or (first →) dialling → talking, or arriving → waiting …
//
// From any stage the caller's leaving leads to archive.
type Stage uint8

// The stages.
const (
	StageArriving   Stage = iota // the 200 is out, not yet acknowledged
	StageFlow                    // in a flow: prompts, menus, voicemail, survey
	StageWaiting                 // in a queue; phones may be ringing
	StageDialling                // somebody is being called for him: by a queue's rule, by a flow, or as a seat hands him on
	StageCalling                 // a try, or a phone's call: the seat is there, the customer is called; a visit: he alone
	StageFirst                   // click to dial: the phone of who clicked rings
	StageAnnouncing              // a seat has picked up, the agent number is announced
	StageTalking                 // bridged, perhaps held
	StageOutside                 // bridged to an outside party
	StageClosing                 // the node stops: a last prompt, then BYE
	StageArchive                 // the caller is gone: recordings, routing and wrap-up finish
	StageDone
)

var stages = []string{"arriving", "flow", "waiting", "dialling", "calling", "first", "announcing", "talking", "outside", "closing", "archive", "done"}

func (s Stage) String() string {
	if int(s) < len(stages) {
		return stages[s]
	}
	return fmt.Sprintf("invalid(%d)", uint8(s))
}

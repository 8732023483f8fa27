package live

import "fmt"

// Stage is where the caller is. It changes in Actor.enter only.
//
//	arriving → flow ⇄ waiting → announcing → talking → flow (survey) → archive → done
//
// From any stage the caller's leaving leads to archive.
type Stage uint8

// The stages.
const (
	StageArriving   Stage = iota // the 200 is out, not yet acknowledged
	StageFlow                    // in a flow: prompts, menus, voicemail, survey
	StageWaiting                 // in a queue; phones may be ringing
	StageAnnouncing              // a seat has picked up, the agent number is announced
	StageTalking                 // bridged, perhaps held
	StageClosing                 // the node stops: a last prompt, then BYE
	StageArchive                 // the caller is gone: recordings, routing and wrap-up finish
	StageDone
)

var stages = []string{"arriving", "flow", "waiting", "announcing", "talking", "closing", "archive", "done"}

func (s Stage) String() string {
	if int(s) < len(stages) {
		return stages[s]
	}
	return fmt.Sprintf("invalid(%d)", uint8(s))
}

package app

import (
	"slices"
	"sync"
	"time"

	"hotline/acd"
	"hotline/call"
	"hotline/web"
)

// staffingFresh is how long a picture of the staffing is shown: Erlang's formulas
// for hundreds of queues take a while, and the load changes slowly.
const staffingFresh = 5 * time.Second

// staffing is the last picture. The mutex guards it, and lets one request at a time work it out.
type staffing struct {
	mu   sync.Mutex
	at   time.Time
	rows []web.Staffing
}

// Staffing is the present load and the seats it needs, at most five seconds old.
func (b backends) Staffing() []web.Staffing {
	s := &b.staffing
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil || time.Since(s.at) > staffingFresh {
		s.at, s.rows = time.Now(), staffingRows(b.acd.Snapshot())
	}
	return slices.Clone(s.rows)
}

func staffingRows(v *acd.View) []web.Staffing {
	off := map[string][]call.SeatID{}
	for i := range v.Seats {
		if s := &v.Seats[i]; s.State == call.SeatOffline && !s.Removed {
			for _, queue := range s.Queues {
				off[queue] = append(off[queue], s.Agent)
			}
		}
	}
	rows := make([]web.Staffing, 0, len(v.Queues)+len(v.Plans))
	for i := range v.Queues {
		q := &v.Queues[i]
		rows = append(rows, web.NewStaffing("queue", q.Name, q.Staffing, off[q.Name]))
	}
	for i := range v.Plans {
		p := &v.Plans[i]
		rows = append(rows, web.NewStaffing("plan", p.Name, p.Staffing, p.OffShift))
	}
	return rows
}

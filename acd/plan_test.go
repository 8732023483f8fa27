package acd

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPlansComeBackAsTheyWere: rules with plans stand in every log.
func TestPlansComeBackAsTheyWere(t *testing.T) {
	hours, err := planHours("20:00-08:00")
	require.NoError(t, err)
	r := Rules{PhysicalSeats: 40, Plans: []Plan{{
		Name: "day", Queues: []string{"q"}, Hours: hours, Days: PlanDays{Weekdays: []time.Weekday{time.Monday}},
		Release: &PlanRelease{When: PlanWhen{All: []PlanTest{{LongestWait, Below, 0, time.Minute}}}},
		Steps: []PlanStep{{
			Name: "qa", When: PlanWhen{For: time.Minute, All: []PlanTest{{Waiting, Above, 5, 0}}},
			Do: []PlanAction{{Do: Add, Group: "g", Seats: 3, Counted: true}, {Do: CancelBreaks}},
		}},
	}}}
	data, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(data), `{"figure":"waiting","compare":"\u003e","number":5}`)
	var got Rules
	require.NoError(t, json.Unmarshal(data, &got))
	require.Equal(t, r, got)
}

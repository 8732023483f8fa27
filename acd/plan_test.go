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
		Release: &PlanRelease{When: PlanWhen{All: []PlanTest{{Figure: LongestWait, Compare: Below, Length: time.Minute}}}},
		Steps: []PlanStep{{
			Name: "qa", When: PlanWhen{For: time.Minute, All: []PlanTest{{Figure: Waiting, Compare: Above, Number: 5}}},
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

// TestOverlappingConditionsDoNotSpin: a plan that always comes and always goes
// moves once a second, also at the first instant there is.
func TestOverlappingConditionsDoNotSpin(t *testing.T) {
	always := PlanWhen{All: []PlanTest{{Figure: Waiting, Compare: AtLeast}}}
	r := Rules{Queues: []Queue{{Name: "q"}}, Plans: []Plan{{
		Name: "p", Queues: []string{"q"}, Release: &PlanRelease{When: always},
		Steps: []PlanStep{{Name: "s", When: always, Do: []PlanAction{{Do: StopCallbacks}}}},
	}}}
	e := New(1)
	now := time.Unix(0, 0)
	require.Len(t, e.Step(now, RulesChanged{r}), 1)
	require.True(t, e.View().Queues[0].CallbacksStopped)
	for n := range 10 {
		at, ok := e.Deadline()
		require.True(t, ok)
		require.WithinDuration(t, now.Add(time.Second), at, time.Microsecond)
		now = at
		require.Len(t, e.Step(now, Tick{}), 1, "move %d", n)
	}
}

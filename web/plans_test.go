package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/acd"
)

func TestForcedStepsAreAudited(t *testing.T) {
	w := newWorld(t)
	path := "/api/v1/plans/day/steps/qa"
	require.Equal(t, http.StatusOK, w.do("supervisor", http.MethodPost, path, `{"active":true,"reason":"storm"}`).Code)
	w.do("supervisor", http.MethodPost, path, `{"active":false}`)
	w.do("supervisor", http.MethodPost, path, `{"auto":true}`)
	w.do("supervisor", http.MethodPost, path, `{"auto":true,"active":true}`)
	require.Equal(t, []acd.PlanForce{
		{Plan: "day", Step: "qa", Hold: acd.HoldOn, By: "supervisor", Reason: "storm"},
		{Plan: "day", Step: "qa", Hold: acd.HoldOff, By: "supervisor"},
		{Plan: "day", Step: "qa", Hold: acd.Auto, By: "supervisor"},
	}, w.rooms.forced)
	var details []string
	for _, e := range w.audited("plan.force") {
		require.Equal(t, "day/qa", e.Object)
		details = append(details, e.Detail)
	}
	require.Equal(t, []string{"on storm", "off", "auto"}, details)
}

package app

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/web/dip"
)

func TestAServicesAnswerInTheFlowsWords(t *testing.T) {
	v := call.FlowAsk{Token: 7, Service: "crm", Picks: []call.FlowPick{{Name: "owed", Path: "sum", Type: call.PickNumber}}}
	require.Equal(t, call.FlowAnswered{Token: 7, Status: 200, Values: map[string]string{"owed": "12.50"}}, answered(v, dip.Answer{Status: 200, Body: []byte(`{"sum":12.50}`)}, nil))
	require.Equal(t, call.FlowAnswered{Token: 7, Status: 404}, answered(v, dip.Answer{Status: 404, Body: []byte(`{"sum":12.50}`)}, nil))
	require.Equal(t, call.FlowFault{Token: 7, Words: "crm: the answer is no JSON"}, answered(v, dip.Answer{Status: 200, Body: []byte(`<html>13800138000`)}, nil))
	require.Equal(t, call.FlowFault{Token: 7, Words: "crm: no answer in time"}, answered(v, dip.Answer{}, errors.New("no answer in time")))
	require.Equal(t, call.FlowFault{Token: 7, Words: "crm: busy"}, answered(v, dip.Answer{}, call.Errorf(call.CodeCapacity, "busy")))
}

func TestRepeatsCountWithinTheWindow(t *testing.T) {
	r := newRepeats(func() time.Duration { return time.Hour })
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	require.Zero(t, r.came(now, "138"))
	require.Equal(t, 1, r.came(now.Add(time.Minute), "138"))
	require.Zero(t, r.came(now.Add(time.Minute), "139"))
	require.Zero(t, r.came(now, "anonymous"))
	require.Zero(t, r.came(now, "anonymous"), "many callers share it")
	require.Equal(t, 1, r.came(now.Add(time.Hour+30*time.Second), "138"), "the first is too long ago")
	require.Zero(t, r.came(now.Add(3*time.Hour), "138"))
	require.Len(t, r.count, 1, "nothing is kept of who has not called")
	for i := range 5000 {
		r.came(now.Add(4*time.Hour+time.Duration(i)*time.Second), "137")
	}
	require.LessOrEqual(t, len(r.calls), 2*3600+1025)
	require.Equal(t, repeatEach, r.came(now.Add(4*time.Hour+5000*time.Second), "137"))
}

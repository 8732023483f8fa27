package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLimitsOfDiallingAreLiftedBySomebody(t *testing.T) {
	w := newWorld(t)
	rec := w.do("supervisor", http.MethodGet, "/api/v1/dialling", "")
	require.Contains(t, rec.Body.String(), `"stopped":"agent 1001 has had its 60 minutes of today"`)
	require.Equal(t, http.StatusNoContent, w.do("supervisor", http.MethodDelete, "/api/v1/dialling/agent/1001", "").Code)
	require.Equal(t, http.StatusNotFound, w.do("supervisor", http.MethodDelete, "/api/v1/dialling/phone/1001", "").Code)
	require.Equal(t, http.StatusUnprocessableEntity, w.do("supervisor", http.MethodDelete, "/api/v1/dialling/queue/1001", "").Code)
	require.Equal(t, []AuditEntry{{At: noon, User: "supervisor", From: source, Action: "dialling.lift", Object: "agent 1001"}}, w.audited("dialling.lift"))
	for role, want := range map[Role]bool{RoleSupervisor: true, RoleOperator: true, RoleAgent: false, RoleTeamLead: false, RoleQA: false} {
		st := &stream{id: Identity{Roles: []Role{role}}}
		sees, _ := st.sees(&Event{Kind: EventDialling})
		require.Equal(t, want, sees, role)
	}
}

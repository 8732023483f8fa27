package web

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where a phone is, is the business of who runs the network; that it works is everybody's.
func TestPhonesAddressesAreMaskedByRole(t *testing.T) {
	w := newWorld(t)
	see := func(user string) PhoneContact {
		var out struct{ Items []Phone }
		rec := w.get(user, "/api/v1/phones")
		require.Equal(t, 200, rec.Code)
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &out))
		return out.Items[0].Contacts[0]
	}
	for _, user := range []string{"operator", "admin"} {
		c := see(user)
		require.Equal(t, "192.0.2.31:5060", c.Address)
		require.Equal(t, "sip:8001@192.0.2.31:5060", c.Contact)
	}
	for _, user := range []string{"1001", "supervisor", "qa"} {
		c := see(user)
		require.Equal(t, "192.0.*.*", c.Address)
		require.Equal(t, "sip:8001@***", c.Contact)
		require.Equal(t, []string{"***"}, c.Path)
		require.Equal(t, "udp to 192.0.*.*: refused; *** too", c.Words)
	}
}

func TestADroppedContactIsInTheAuditLog(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 204, w.do("operator", "DELETE", "/api/v1/phones/8001/contacts/c1", "").Code)
	last := w.rooms.audit[len(w.rooms.audit)-1]
	require.Equal(t, []string{"phone.drop", "8001", "c1"}, []string{last.Action, last.Object, last.Detail})
}

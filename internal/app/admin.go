package app

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"hotline/store"
	"hotline/web"
)

// adminEnv is where the bootstrap administrator's password may come from.
const adminEnv = "HOTLINE_ADMIN_PASSWORD"

// kindAdmin is where its hash is kept when it was made here.
const kindAdmin, adminKey = store.Kind("admin"), "password"

// bootstrapAdmin finds the administrator's password: from the environment, or
// made at the first start, when it is noted for the banner and only its hash kept.
func (a *App) bootstrapAdmin() error {
	if given := os.Getenv(adminEnv); given != "" {
		a.admin = web.PasswordOf(given)
		return nil
	}
	if raw, ok := a.store.Recovered().State[kindAdmin][adminKey]; ok {
		return json.Unmarshal(raw, &a.admin)
	}
	var b [12]byte
	if _, err := rand.Read(b[:]); err != nil {
		return fmt.Errorf("no random password for %s: %w", adminUser, err)
	}
	a.madePassword = hex.EncodeToString(b[:])
	a.admin = web.PasswordOf(a.madePassword)
	a.store.Put(kindAdmin, adminKey, a.admin)
	return nil
}

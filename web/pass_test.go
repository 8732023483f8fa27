package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

type aPass struct{ User, Domain, Number, Token string }

func (w *world) phonePass(user string) aPass {
	w.t.Helper()
	rec := w.do(user, http.MethodPost, "/api/v1/session/phone", "")
	require.Equal(w.t, 200, rec.Code, "%s", rec.Body)
	return decode[aPass](w.t, rec)
}

// An agent's page registers by a token that stands as long as its session, and no longer.
func TestAPhonesTokenLastsAsLongAsItsSession(t *testing.T) {
	for why, end := range map[string]func(w *world){
		"idle":             func(w *world) { w.clock.pass(sessionIdle) },
		"logged out":       func(w *world) { w.do("1001", http.MethodDelete, "/api/v1/session", "") },
		"left the site":    func(w *world) { delete(w.rooms.users, "1001") },
		"another password": func(w *world) { w.rooms.words["1001"] = "new" },
		"a newer one":      func(w *world) { w.phonePass("1001") },
	} {
		t.Run(why, func(t *testing.T) {
			w := newWorld(t)
			p := w.phonePass("1001")
			require.Equal(t, aPass{User: "1001", Domain: "hotline.local", Token: p.Token}, p)
			for range 3 { // REGISTER comes again and again, and keeps the session alive
				w.clock.pass(sessionIdle - 1)
				for _, calls := range []bool{false, true} {
					pass, ok := w.server.PhonePass(p.Token, calls)
					require.True(t, ok)
					require.Equal(t, Pass{Account: "1001"}, pass)
				}
			}
			end(w)
			_, ok := w.server.PhonePass(p.Token, false)
			require.False(t, ok)
		})
	}
	w := newWorld(t)
	_, ok := w.server.PhonePass(w.token("1001"), false)
	require.False(t, ok, "the session's own token opens the API, not the SIP door")
	refused(t, w.get("", "/api/v1/seats"), 401, "unauthorized", "log in")
	refused(t, w.do("admin", http.MethodPost, "/api/v1/session/phone", ""), 409, "conflict", "no agent")
	w.do("1001", http.MethodDelete, "/api/v1/session", "")
	require.Empty(t, w.server.sessions.phones)
}

// A visitor's token opens one call, to one number, soon.
func TestAVisitorsTokenOpensOneCall(t *testing.T) {
	w := newWorld(t)
	ask := func() aPass {
		rec := w.do("", http.MethodPost, "/api/v1/try", "")
		require.Equal(t, 200, rec.Code, "%s", rec.Body)
		return decode[aPass](t, rec)
	}
	refused(t, w.do("", http.MethodPost, "/api/v1/try", ""), 404, "not_found", "try:")
	w.rooms.visitors = "10000"
	p := ask()
	require.Equal(t, "10000", p.Number)
	require.Regexp(t, `^web-\d{6}$`, p.User)
	_, ok := w.server.PhonePass(p.Token, false)
	require.False(t, ok, "visitors do not register")
	pass, ok := w.server.PhonePass(p.Token, true)
	require.True(t, ok)
	require.Equal(t, Pass{Visitor: p.User, Number: "10000"}, pass)
	_, ok = w.server.PhonePass(p.Token, true)
	require.False(t, ok, "once")
	p = ask()
	w.clock.pass(visitLife)
	_, ok = w.server.PhonePass(p.Token, true)
	require.False(t, ok, "in time")
	for range visitsOfPlace {
		ask()
	}
	rec := w.do("", http.MethodPost, "/api/v1/try", "")
	refused(t, rec, 429, "capacity", "too many")
	require.NotEmpty(t, rec.Header().Get("Retry-After"))
}

// However many ask, from however many places, only so many passes stand.
func TestVisitorsPassesAreBounded(t *testing.T) {
	w := newWorld(t)
	v := w.server.visits
	all := v.rate.slot(limit{key: "visits"}, w.clock.now())
	for round := range 4 {
		for i := range visitsOfAll {
			place := itoa(round*1000 + i)
			if v.rate.slot(limit{key: "visit\x00" + neighbourhood(place)}, w.clock.now()) == all {
				place += "?" // by the seed's chance it is counted with all of them
			}
			_, _, wait, err := v.admit("10000", place)
			require.Zero(t, wait)
			if len(v.stand) == visitsMost && err != nil {
				return
			}
			require.NoError(t, err)
		}
		_, _, wait, _ := v.admit("10000", "elsewhere")
		require.Positive(t, wait)
		w.clock.pass(visitLife) // the span of the rate, and all that stood are over
	}
	require.LessOrEqual(t, len(v.stand), visitsMost)
}

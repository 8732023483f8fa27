package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func (w *world) seesFloor() bool {
	return w.get("1001", "/api/v1/seats").Code == http.StatusOK
}

func TestSessionEnds(t *testing.T) {
	for why, end := range map[string]func(w *world){
		"idle":               func(w *world) { w.clock.pass(sessionIdle) },
		"logged out":         func(w *world) { w.do("1001", http.MethodDelete, "/api/v1/session", "") },
		"left the site":      func(w *world) { delete(w.rooms.users, "1001") },
		"another password":   func(w *world) { w.rooms.words["1001"] = "new" },
		"token of no one":    func(w *world) { w.tokens["1001"] = "x" },
		"pushed out by more": func(w *world) { pushOut(w) },
	} {
		t.Run(why, func(t *testing.T) {
			w := newWorld(t)
			require.True(t, w.seesFloor())
			end(w)
			refused(t, w.get("1001", "/api/v1/seats"), 401, "unauthorized", "log in")
			require.False(t, w.seesFloor())
		})
	}
}

func pushOut(w *world) {
	for range sessionsOfUser {
		require.Equal(w.t, 200, w.logIn("1001", "pw-1001").Code)
	}
	require.Len(w.t, w.server.sessions.byUser["1001"], sessionsOfUser)
}

func TestSessionMovesOnWithEveryRequestUpToItsLife(t *testing.T) {
	w := newWorld(t)
	began := w.clock.now()
	w.token("1001")
	for w.clock.now().Sub(began)+sessionIdle-time.Minute < sessionLife {
		w.clock.pass(sessionIdle - time.Minute)
		require.True(t, w.seesFloor())
	}
	w.clock.pass(began.Add(sessionLife).Sub(w.clock.now()))
	require.False(t, w.seesFloor())
}

// A role that a reload took away is gone with the next request.
func TestRolesAreLookedUpAnew(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 200, w.get("operator", "/api/v1/trunks").Code)
	w.rooms.user(Identity{User: "operator", Roles: []Role{RoleEditor}})
	refused(t, w.get("operator", "/api/v1/trunks"), 403, "forbidden", "see the trunks")
}

func TestLogInTellsWhoOneIs(t *testing.T) {
	w := newWorld(t)
	rec := w.logIn("lead", "pw-lead")
	require.Equal(t, 200, rec.Code)
	out := decode[map[string]any](t, rec)
	require.Equal(t, "1900", out["agent"])
	require.Equal(t, "a", out["team"])
	require.Equal(t, []any{"agent", "team_lead"}, out["roles"])
	require.Equal(t, "2026-11-03T00:00:00.000Z", out["until"])
	require.Equal(t, "no-store", rec.Header().Get("Cache-Control"))
	for _, user := range []string{"lead", "nobody"} {
		require.JSONEq(t, w.logIn("x", "y").Body.String(), w.logIn(user, "wrong").Body.String(), "the words tell no user from none")
	}
	require.Equal(t, 401, w.logIn("nobody", "").Code)
	r := w.request("", http.MethodGet, "/api/v1/seats", "")
	r.Header.Set("Authorization", "bearer "+w.token("1001"))
	require.Equal(t, 200, w.send(r).Code, "RFC 9110: schemes have no case")
	r.Header.Set("Authorization", "Basic "+w.token("1001"))
	require.Equal(t, 401, w.send(r).Code)
}

func TestSessionsAreBounded(t *testing.T) {
	c := &clock{at: noon}
	s := newSessions(c.now)
	for i := range sessionsMost {
		_, _, err := s.open(itoa(i), Password{})
		require.NoError(t, err)
	}
	_, _, err := s.open("one more", Password{})
	require.ErrorContains(t, err, "too many sessions")
	_, _, err = s.open("7", Password{})
	require.Error(t, err)
	c.pass(sessionIdle)
	_, _, err = s.open("one more", Password{})
	require.NoError(t, err, "those that are over make room")
	require.Len(t, s.byHash, 1)
	require.Len(t, s.byUser, 1)
}

func TestTicketOpensOneStreamOnce(t *testing.T) {
	w := newWorld(t)
	ticket := func() string {
		rec := w.do("1001", http.MethodPost, "/api/v1/events/ticket", "")
		require.Equal(t, 200, rec.Code)
		return decode[struct{ Ticket string }](t, rec).Ticket
	}
	listen := func(ticket string) int {
		return w.do("", http.MethodHead, "/api/v1/events?ticket="+ticket, "").Code
	}
	first := ticket()
	require.Equal(t, 200, listen(first))
	require.Equal(t, 401, listen(first), "once")
	second, third := ticket(), ticket()
	require.Equal(t, 401, listen(second), "a newer one replaces it")
	require.Equal(t, 200, listen(third))
	late := ticket()
	w.clock.pass(ticketLife)
	require.Equal(t, 401, listen(late), "for half a minute")
	gone := ticket()
	require.Equal(t, 401, w.do("", http.MethodGet, "/api/v1/seats?ticket="+gone, "").Code, "for streams only")
	w.do("1001", http.MethodDelete, "/api/v1/session", "")
	require.Equal(t, 401, listen(gone), "it ends with its session")
	require.Empty(t, w.server.sessions.tickets)
	_, _, ok := w.server.sessions.ticket(tokenHash{})
	require.False(t, ok)
}

// The three tables of sessions never disagree, whatever is done in whatever order.
func TestSessionTablesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{at: noon}
		s := newSessions(c.now)
		var tokens, tickets []string
		user := rapid.SampledFrom([]string{"a", "b"})
		pick := func(from []string) string {
			if len(from) == 0 {
				return "none"
			}
			return rapid.SampledFrom(from).Draw(t, "which")
		}
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) {
				token, _, err := s.open(user.Draw(t, "user"), Password{})
				require.NoError(t, err)
				tokens = append(tokens, token)
			},
			"ticket": func(*rapid.T) {
				if in, ok := s.find(pick(tokens)); ok {
					ticket, _, made := s.ticket(in.hash)
					require.True(t, made)
					tickets = append(tickets, ticket)
				}
			},
			"redeem": func(*rapid.T) {
				one := pick(tickets)
				s.redeem(one)
				_, again := s.redeem(one)
				require.False(t, again)
			},
			"close": func(*rapid.T) {
				if in, ok := s.find(pick(tokens)); ok {
					s.close(in.hash)
				}
			},
			"pass":  func(t *rapid.T) { c.pass(time.Duration(rapid.IntRange(1, 13).Draw(t, "hours")) * time.Hour) },
			"sweep": func(*rapid.T) { s.sweep(c.now()) },
			"": func(t *rapid.T) {
				listed := 0
				for user, own := range s.byUser {
					require.NotEmpty(t, own)
					require.LessOrEqual(t, len(own), sessionsOfUser)
					listed += len(own)
					for _, one := range own {
						require.Equal(t, user, one.user)
						require.Same(t, one, s.byHash[one.hash])
					}
				}
				require.Len(t, s.byHash, listed)
				for th, one := range s.tickets {
					require.Equal(t, th, one.ticket)
					require.Same(t, one, s.byHash[one.hash])
				}
			},
		})
	})
}

func TestWrongPasswordsMakeOneWait(t *testing.T) {
	w := newWorld(t)
	for range mostOfPair {
		require.Equal(t, 401, w.logIn("1001", "wrong").Code)
	}
	rec := w.logIn("1001", "pw-1001")
	refused(t, rec, 429, "capacity", "try again in 60 s")
	require.Equal(t, "60", rec.Header().Get("Retry-After"))
	require.Equal(t, 200, w.logIn("1002", "pw-1002").Code, "others may")
	elsewhere := w.request("", http.MethodPost, "/api/v1/session", `{"user":"1001","password":"pw-1001"}`)
	elsewhere.RemoteAddr = "198.51.100.1:1"
	require.Equal(t, 200, w.send(elsewhere).Code, "who attacks 1001 does not lock 1001 out elsewhere")
	w.clock.pass(attemptSpan - time.Millisecond)
	require.Equal(t, "1", w.logIn("1001", "pw-1001").Header().Get("Retry-After"))
	w.clock.pass(time.Millisecond)
	require.Equal(t, 200, w.logIn("1001", "pw-1001").Code)
}

func TestRightPasswordsCountNothing(t *testing.T) {
	w := newWorld(t)
	for range mostOfSource + 1 { // a floor behind one address comes on shift
		require.Equal(t, 200, w.logIn("1001", "pw-1001").Code)
	}
}

// attemptsApart counts attempts in a table where none of the keys shares a slot with another.
func attemptsApart(all ...[]limit) *attempts {
	for {
		a, taken := newAttempts((&clock{at: noon}).now), map[*attemptSlot]string{}
		apart := true
		for _, l := range slices.Concat(all...) {
			s := a.slot(l, noon)
			apart = apart && (taken[s] == "" || taken[s] == l.key)
			taken[s] = l.key
		}
		if apart {
			return a
		}
	}
}

func TestSourceAndUserHaveLimitsOfTheirOwn(t *testing.T) {
	keys := [][]limit{loginLimits("another", "203.0.113.1"), loginLimits("admin", "198.51.100.9")}
	for i := range mostOfSource {
		keys = append(keys, loginLimits("user"+itoa(i), "203.0.113.1"))
	}
	for i := range mostOfUser {
		keys = append(keys, loginLimits("admin", fmt.Sprintf("203.0.113.%d", i)))
	}
	a := attemptsApart(keys...)
	for i := range mostOfSource {
		require.Zero(t, a.begin(loginLimits("user"+itoa(i), "203.0.113.1")))
	}
	require.NotZero(t, a.begin(loginLimits("another", "203.0.113.1")))
	a = attemptsApart(keys...)
	for i := range mostOfUser {
		require.Zero(t, a.begin(loginLimits("admin", fmt.Sprintf("203.0.113.%d", i))))
	}
	require.NotZero(t, a.begin(loginLimits("admin", "198.51.100.9")))
	a.forgive([]limit{{"never counted", 1}})
}

// A thousand at once get no more tries than a thousand in a row.
func TestAttemptsAreCountedBeforeTheyAreJudged(t *testing.T) {
	a := newAttempts((&clock{at: noon}).now)
	var let atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if a.begin(loginLimits("admin", source)) == 0 {
				let.Add(1)
			}
		})
	}
	all.Wait()
	require.Equal(t, int64(mostOfPair), let.Load())
}

func TestNeighbourhoods(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:1":               "192.0.2.7",
		"[::ffff:192.0.2.7]:1":      "192.0.2.7",
		"[2001:db8:1:2:3::4]:1":     "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::1]:99": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":          "fe80::/64",
		"a pipe":                    "a pipe",
	} {
		require.Equal(t, want, neighbourhood(sourceOf(remote)), remote)
	}
	require.Empty(t, visitOf(context.Background()).source)
}

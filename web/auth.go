package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"hotline/call"
)

// visit is who makes a request, by which session, and from where.
type visit struct {
	id      Identity
	session tokenHash
	source  string
}

type visitKey struct{}

func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}

// who is the identity of a request that identify has let through.
func who(ctx context.Context) Identity { return visitOf(ctx).id }

// access is how an operation lets callers in.
type access uint8

const (
	byToken  access = iota
	openDoor        // needs no log-in
	byTicket        // a token, or a ticket in the query
)

// identify lets a request through with the identity of its token or ticket.
func (s *Server) identify(ctx huma.Context, next func(huma.Context)) {
	v := visit{source: sourceOf(ctx.RemoteAddr())}
	way := s.access[ctx.Operation().OperationID]
	if way == openDoor {
		next(huma.WithValue(ctx, visitKey{}, v))
		return
	}
	in, live := s.present(ctx, way)
	if !live {
		s.deny(ctx, "log in by POST /api/v1/session and send the token as Authorization: Bearer")
		return
	}
	v.session = in.hash
	var ok bool
	if v.id, ok = s.identity(in); !ok {
		s.deny(ctx, "this session has ended; log in again")
		return
	}
	next(huma.WithValue(ctx, visitKey{}, v))
}

// present finds the session of what a request shows.
func (s *Server) present(ctx huma.Context, way access) (login, bool) {
	// RFC 9110 section 11.1: the scheme's name has no case.
	if scheme, token, ok := strings.Cut(ctx.Header("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return s.sessions.find(token)
	}
	if way == byTicket {
		return s.sessions.redeem(ctx.Query("ticket"))
	}
	return login{}, false
}

// identity looks a session's user up. It is done anew with every request: who
// was taken out of the site, lost a role by a reload, or has another password
// now, is out at once.
func (s *Server) identity(in login) (Identity, bool) {
	id, password, known := s.b.Accounts.Account(in.user)
	if !known || password != in.password {
		s.sessions.close(in.hash)
		return Identity{}, false
	}
	return id, true
}

func (s *Server) deny(ctx huma.Context, words string) {
	_, w := unwrap(ctx)
	w.Header().Set("WWW-Authenticate", `Bearer realm="hotline"`) // RFC 6750 section 3
	s.writeProblem(w, problem(call.Errorf(call.CodeUnauthorized, "%s", words)))
}

// bounded gives a handler workTimeout. Streams run on the request's own context.
func bounded(ctx huma.Context, next func(huma.Context)) {
	limited, cancel := context.WithTimeout(ctx.Context(), workTimeout)
	defer cancel()
	next(huma.WithContext(ctx, limited))
}

type sessionIn struct {
	Body struct {
		User     string `json:"user" minLength:"1" maxLength:"64" doc:"agent number, or admin" example:"1001"`
		Password string `json:"password" maxLength:"256" example:"demo-1001"`
	} `nameHint:"SessionRequest"`
}

type sessionOut struct {
	Body struct {
		Token string     `json:"token" doc:"for Authorization: Bearer"`
		Until call.Stamp `json:"until" doc:"moves on with every request"`
		User  string     `json:"user"`
		Agent string     `json:"agent" doc:"the agent number; empty for who is none"`
		Team  string     `json:"team"`
		Leads []string   `json:"leads" doc:"teams a team_lead acts on"`
		Roles []string   `json:"roles"`
	} `nameHint:"Session"`
}

// logIn checks a password. A user who does not exist costs the same time and gets the same words.
func (s *Server) logIn(ctx context.Context, in *sessionIn) (*sessionOut, error) {
	user, v := in.Body.User, visitOf(ctx)
	limits := loginLimits(user, v.source)
	if wait := s.attempts.begin(limits); wait > 0 {
		return nil, later(wait, "too many wrong passwords")
	}
	id, password, known := s.b.Accounts.Account(user)
	if right := password.is(in.Body.Password); !right || !known {
		s.log.Info("log-in refused", zap.String("user", user), zap.String("source", v.source))
		return nil, problem(call.Errorf(call.CodeUnauthorized, "user or password is wrong"))
	}
	s.attempts.forgive(limits)
	token, until, err := s.sessions.open(user, password)
	if err != nil {
		return nil, s.fail(err)
	}
	v.id = id
	s.audit(context.WithValue(ctx, visitKey{}, v), "session.open", user, "")
	out := &sessionOut{}
	out.Body.Token, out.Body.Until, out.Body.User = token, call.StampOf(until), user
	out.Body.Agent, out.Body.Team, out.Body.Roles = string(id.Agent), id.Team, []string{}
	out.Body.Leads = append([]string{}, id.Leads...)
	for _, r := range id.Roles {
		out.Body.Roles = append(out.Body.Roles, r.String())
	}
	return out, nil
}

// later is 429 with the time to wait (RFC 6585 section 4).
func later(wait time.Duration, words string) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	p := problem(call.Errorf(call.CodeCapacity, "%s; try again in %d s", words, seconds))
	return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {strconv.Itoa(seconds)}})
}

// logOut ends the session it came with; its live streams end at their next heartbeat.
func (s *Server) logOut(ctx context.Context, _ *struct{}) (*struct{}, error) {
	v := visitOf(ctx)
	s.sessions.close(v.session)
	s.audit(ctx, "session.close", v.id.User, "")
	return nil, nil //nolint:nilnil // 204 has no body
}

type ticketOut struct {
	Body struct {
		Ticket string     `json:"ticket" doc:"for GET /api/v1/events?ticket="`
		Until  call.Stamp `json:"until"`
	} `nameHint:"Ticket"`
}

// makeTicket makes what a browser's EventSource opens a stream with.
func (s *Server) makeTicket(ctx context.Context, _ *struct{}) (*ticketOut, error) {
	ticket, until, ok := s.sessions.ticket(visitOf(ctx).session)
	if !ok {
		return nil, problem(call.Errorf(call.CodeUnauthorized, "this session has ended; log in again"))
	}
	out := &ticketOut{}
	out.Body.Ticket, out.Body.Until = ticket, call.StampOf(until)
	return out, nil
}

// unwrap gives the plain HTTP request and response of an operation that streams.
func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(ctx) }

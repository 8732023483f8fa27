package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"hotline/call"
)

type identityKey struct{}

// who is the identity of a request that identify has let through.
func who(ctx context.Context) Identity {
	id, _ := ctx.Value(identityKey{}).(Identity)
	return id
}

// open marks an operation that needs no log-in.
const openOperation = "open"

// identify lets a request through with the identity of its token.
func (s *Server) identify(ctx huma.Context, next func(huma.Context)) {
	if ctx.Operation().Metadata[openOperation] == true {
		next(ctx)
		return
	}
	token, ok := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
	user, live := s.sessions.user(token)
	if !ok || !live {
		s.deny(ctx, call.Errorf(call.CodeUnauthorized, "log in by POST /api/v1/session and send the token as Authorization: Bearer"))
		return
	}
	// Looked up anew with every request: who was taken out of the site, or lost a
	// role by a reload, is out at once.
	id, _, known := s.b.Accounts.Account(user)
	if !known {
		s.sessions.close(token)
		s.deny(ctx, call.Errorf(call.CodeUnauthorized, "this user may not log in any more"))
		return
	}
	next(huma.WithValue(ctx, identityKey{}, id))
}

func (s *Server) deny(ctx huma.Context, err error) {
	p := problem(err)
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="hotline"`)
	}
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	if err := s.api.Marshal(ctx.BodyWriter(), "application/json", p); err != nil {
		s.log.Debug("a refusal could not be sent", zap.Error(err))
	}
}

// count counts requests by operation and status.
func (s *Server) count(ctx huma.Context, next func(huma.Context)) {
	next(ctx)
	s.requests.WithLabelValues(ctx.Operation().OperationID, strconv.Itoa(ctx.Status())).Inc()
}

type sessionIn struct {
	Body struct {
		User     string `json:"user" maxLength:"64" doc:"agent number, or admin"`
		Password string `json:"password" maxLength:"256"`
	}
	source string
}

// Resolve notes where the request came from.
func (in *sessionIn) Resolve(ctx huma.Context) []error {
	host, _, err := net.SplitHostPort(ctx.RemoteAddr())
	if err != nil {
		host = ctx.RemoteAddr()
	}
	in.source = host
	return nil
}

type sessionOut struct {
	Body struct {
		Token string     `json:"token"`
		Until call.Stamp `json:"until" doc:"moves on with every request"`
		User  string     `json:"user"`
		Roles []string   `json:"roles"`
	}
}

// logIn checks a password. A user who does not exist costs the same time and gets the same words.
func (s *Server) logIn(ctx context.Context, in *sessionIn) (*sessionOut, error) {
	userKey, sourceKey := "user "+in.Body.User, "source "+in.source
	if wait := s.sessions.mayTry(userKey, sourceKey); wait > 0 {
		err := problem(call.Errorf(call.CodeCapacity, "too many wrong passwords; try again in %s", wait.Round(1e9)))
		return nil, huma.ErrorWithHeaders(err, http.Header{"Retry-After": {strconv.Itoa(int(wait.Seconds()) + 1)}})
	}
	id, password, known := s.b.Accounts.Account(in.Body.User)
	if right := password.is(in.Body.Password); !right || !known {
		s.sessions.failed(userKey, sourceKey)
		s.log.Info("log-in refused", zap.String("user", in.Body.User), zap.String("source", in.source))
		return nil, problem(call.Errorf(call.CodeUnauthorized, "user or password is wrong"))
	}
	token, until, err := s.sessions.open(in.Body.User)
	if err != nil {
		return nil, problem(err)
	}
	s.audit(context.WithValue(ctx, identityKey{}, id), "session.open", in.Body.User, in.source)
	out := &sessionOut{}
	out.Body.Token, out.Body.Until, out.Body.User = token, call.StampOf(until), in.Body.User
	for _, r := range id.Roles {
		out.Body.Roles = append(out.Body.Roles, r.String())
	}
	return out, nil
}

type logOutIn struct {
	Authorization string `header:"Authorization" hidden:"true"`
}

// logOut ends the session of the token it came with.
func (s *Server) logOut(_ context.Context, in *logOutIn) (*struct{}, error) {
	s.sessions.close(strings.TrimPrefix(in.Authorization, "Bearer "))
	return nil, nil //nolint:nilnil // 204 has no body
}

// forbidden is the answer to who may not.
func forbidden(what string) *Problem {
	return problem(call.Errorf(call.CodeForbidden, "your roles do not let you %s", what))
}

// fail turns a backend's error into a problem; what is a fault of ours goes to the log.
func (s *Server) fail(err error) error {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	if call.CodeOf(err) == call.CodeInternal {
		s.log.Error("a request failed", zap.Error(err))
	}
	return problem(err)
}

// unwrap gives the plain HTTP request and response of an operation that streams.
func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(ctx) }

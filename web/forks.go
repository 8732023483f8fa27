package web

import "context"

type forkIn struct {
	ID     string `path:"id" maxLength:"64"`
	Engine string `path:"engine" maxLength:"64" example:"asr"`
}

// forkCall has an engine outside hear a call while it goes on.
func (s *Server) forkCall(ctx context.Context, in *forkIn) (*struct{}, error) {
	return s.fork(ctx, in, true, "call.fork")
}

// unforkCall ends that.
func (s *Server) unforkCall(ctx context.Context, in *forkIn) (*struct{}, error) {
	return s.fork(ctx, in, false, "call.unfork")
}

func (s *Server) fork(ctx context.Context, in *forkIn, on bool, action string) (*struct{}, error) {
	r, _, err := s.callFor(ctx, in.ID, forkCalls, "say which engines hear this call")
	if err != nil {
		return nil, err
	}
	if err := s.b.Control.Fork(ctx, r.ID, in.Engine, on, "asked by "+who(ctx).User); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, action, in.ID, in.Engine)
	return nil, nil //nolint:nilnil // 204 has no body
}

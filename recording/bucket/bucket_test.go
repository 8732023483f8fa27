package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"hotline/call"
)

// store is a fake S3 that counts, and can be away or break off in the middle of a body.
type store struct {
	*httptest.Server
	gets, puts atomic.Int32
	away       atomic.Bool
	cut        atomic.Int64 // bytes of an upload after which the line is cut; 0 never
}

func newStore(t *testing.T) (*store, *Bucket) {
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("calls"))
	inner := gofakes3.New(backend).Server()
	s := &store{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		switch r.Method {
		case http.MethodGet:
			s.gets.Add(1)
		case http.MethodPut, http.MethodPost:
			s.puts.Add(1)
			if n := s.cut.Load(); n > 0 {
				_, _ = io.CopyN(io.Discard, r.Body, n)
				panic(http.ErrAbortHandler)
			}
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	b, err := New(Options{
		Endpoint: strings.TrimPrefix(s.URL, "http://"), Plain: true, Region: "us-east-1", Bucket: "calls", Prefix: "node-1/rec",
		AccessKey: "id", SecretKey: "secret",
	})
	require.NoError(t, err)
	return s, b
}

func someBytes(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestObjectsComeBackFromAnyPlace(t *testing.T) {
	s, b := newStore(t)
	ctx := context.Background()
	for _, n := range []int{1, pieceSize - 1, pieceSize, 3*pieceSize + 17} {
		want := someBytes(n)
		require.NoError(t, b.Put(ctx, "2026/11/23/R.hlr", int64(n), bytes.NewReader(want)))
		o, size, err := b.Open(ctx, "2026/11/23/R.hlr")
		require.NoError(t, err)
		require.EqualValues(t, n, size)
		before := s.gets.Load()
		got, err := io.ReadAll(io.NewSectionReader(o, 0, size))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got))
		require.EqualValues(t, (n+pieceSize-1)/pieceSize, s.gets.Load()-before, "a piece a request, whatever is read of it")
		part := make([]byte, 100)
		for _, at := range []int{0, n / 2, n - 1} {
			k, err := o.ReadAt(part, int64(at))
			require.True(t, err == nil || errors.Is(err, io.EOF))
			require.Equal(t, want[at:at+k], part[:k])
		}
		_, err = o.ReadAt(part, int64(n))
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, o.Close())
	}
	var names []string
	require.NoError(t, b.Each(ctx, func(name string, size int64) error {
		names = append(names, name)
		require.EqualValues(t, 3*pieceSize+17, size)
		return nil
	}))
	require.Equal(t, []string{"2026/11/23/R.hlr"}, names)
	stop := errors.New("enough")
	require.ErrorIs(t, b.Each(ctx, func(string, int64) error { return stop }), stop)
	require.NoError(t, b.Remove(ctx, "2026/11/23/R.hlr"))
	require.NoError(t, b.Remove(ctx, "2026/11/23/R.hlr"), "twice is once")
	_, _, err := b.Open(ctx, "2026/11/23/R.hlr")
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
}

func TestAStoreThatIsAway(t *testing.T) {
	s, b := newStore(t)
	ctx := context.Background()
	require.NoError(t, b.Put(ctx, "R", 3, strings.NewReader("one")))
	s.away.Store(true)
	err := b.Put(ctx, "R", 3, strings.NewReader("two"))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
	_, _, err = b.Open(ctx, "R")
	require.Error(t, err)
	require.NotEqual(t, call.CodeNotFound, call.CodeOf(err), "away is not gone")
	require.Error(t, b.Remove(ctx, "R"))
	s.away.Store(false)
	o, _, err := b.Open(ctx, "R")
	require.NoError(t, err)
	got := make([]byte, 3)
	_, err = o.ReadAt(got, 0)
	require.NoError(t, err)
	require.Equal(t, "one", string(got), "what was refused has changed nothing")
}

// TestALineCutInTheMiddleLeavesNothing: an object is there whole or not at all.
func TestALineCutInTheMiddleLeavesNothing(t *testing.T) {
	s, b := newStore(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	want := someBytes(1 << 20)
	s.cut.Store(100_000)
	require.Error(t, b.Put(ctx, "R", int64(len(want)), bytes.NewReader(want)))
	s.cut.Store(0)
	_, _, err := b.Open(ctx, "R")
	require.Equal(t, call.CodeNotFound, call.CodeOf(err))
	require.NoError(t, b.Put(ctx, "R", int64(len(want)), bytes.NewReader(want)))
	o, size, err := b.Open(ctx, "R")
	require.NoError(t, err)
	got, err := io.ReadAll(io.NewSectionReader(o, 0, size))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
}

func TestABucketThatIsNotThere(t *testing.T) {
	s, _ := newStore(t)
	b, err := New(Options{Endpoint: strings.TrimPrefix(s.URL, "http://"), Plain: true, Region: "us-east-1", Bucket: "none", AccessKey: "id", SecretKey: "secret"})
	require.NoError(t, err)
	require.Error(t, b.Put(context.Background(), "R", 3, strings.NewReader("one")))
	_, err = New(Options{Bucket: "b"})
	require.Equal(t, call.CodeInvalid, call.CodeOf(err))
}

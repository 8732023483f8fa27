package voice

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// engine says a text as itself, or does as it says.
type engine struct{ calls atomic.Int32 }

func (e *engine) Speak(ctx context.Context, t Text) ([]byte, error) {
	e.calls.Add(1)
	switch {
	case strings.HasPrefix(t.Text, "slow"):
		<-ctx.Done()
		return nil, ctx.Err()
	case strings.HasPrefix(t.Text, "bad"):
		return nil, errors.New("can't say " + t.Text)
	}
	return []byte(t.Text), nil
}

// room is a renderer and what it logs.
type room struct {
	*Calls
	engine *engine
	logs   *observer.ObservedLogs
}

func open(t *testing.T) *room {
	core, logs := observer.New(zapcore.DebugLevel)
	r := &room{engine: &engine{}, logs: logs}
	read := func(b []byte) (any, error) {
		if string(b) == "noise" {
			return nil, errors.New("no sound")
		}
		return string(b), nil
	}
	var err error
	r.Calls, err = NewCalls(Options{Dir: filepath.Join(t.TempDir(), "calls"), Engine: "e", Provider: r.engine, Timeout: 10 * time.Second, AtOnce: 2, MaxBytes: 1 << 20},
		read, zap.New(core), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, line := range logs.All() {
			require.NotContains(t, line.Message, "13800138000")
			for _, f := range line.Context {
				require.NotContains(t, f.String, "13800138000")
			}
		}
	})
	return r
}

// say has texts rendered and gives their sounds.
func (r *room) say(texts ...string) []any {
	var all []CallText
	for _, t := range texts {
		text, private := strings.CutPrefix(t, "private ")
		all = append(all, CallText{Text: Text{Text: text}, Private: private})
	}
	got := make(chan []any, 1)
	r.Go(nil, all, func(sounds []any) { got <- sounds })
	return <-got
}

func (r *room) counted(result string) float64 {
	return testutil.ToFloat64(r.texts.WithLabelValues(result))
}

func TestTextsOfCallsAreKeptByHash(t *testing.T) {
	r := open(t)
	defer r.Stop()
	require.Equal(t, []any{"you owe 12", nil, "bye 13800138000"}, r.say("you owe 12", "", "private bye 13800138000"))
	require.Equal(t, []any{"you owe 12", "bye 13800138000"}, r.say("you owe 12", "private bye 13800138000"))
	require.EqualValues(t, 3, r.engine.calls.Load(), "what is private is rendered each time")
	require.Equal(t, []float64{3, 1}, []float64{r.counted(resultRendered), r.counted(resultKept)})
	files, err := os.ReadDir(r.voice.o.Dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.Regexp(t, `^[0-9a-f]{64}\.sound$`, files[0].Name())
	require.Equal(t, []any{nil, nil}, r.say("noise", "bad 13800138000"))
	require.Equal(t, 2.0, r.counted(resultFailed))
	files, err = os.ReadDir(r.voice.o.Dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "what is no sound is not kept")
}

func TestAnEngineThatFailsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t)
		defer r.Stop()
		require.Equal(t, []any{"good"}, r.say("good"))
		for range mostFailures {
			require.Equal(t, []any{nil}, r.say("bad"))
		}
		require.Equal(t, 1.0, testutil.ToFloat64(r.open))
		before := r.engine.calls.Load()
		require.Equal(t, []any{nil, "good"}, r.say("other", "good"), "what is kept can be said")
		require.Equal(t, before, r.engine.calls.Load())
		require.Equal(t, 1.0, r.counted(resultRefused))
		time.Sleep(restFor)
		require.Equal(t, []any{"other"}, r.say("other"))
		require.Zero(t, testutil.ToFloat64(r.open))
	})
}

func TestTextsThatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t)
		done := make(chan []any, 3)
		slow := []CallText{{Text: Text{Text: "slow"}}}
		stop := r.Go(nil, slow, func(s []any) { done <- s })
		synctest.Wait()
		stop(true)
		require.Equal(t, []any{nil}, <-done)
		require.Equal(t, 1.0, r.counted(resultSlow), "the flow has waited as long as it could")
		stop = r.Go(nil, slow, func(s []any) { done <- s })
		synctest.Wait()
		stop(false)
		<-done
		require.Equal(t, 1.0, r.counted(resultMovedOn))
		over := make(chan struct{})
		r.Go(over, slow, func(s []any) { done <- s })
		synctest.Wait()
		close(over) // the caller hangs up
		<-done
		require.Equal(t, 2.0, r.counted(resultMovedOn))
		require.Equal(t, []any{nil, nil, nil}, r.say("slow 1", "slow 2", "slow 3"), "the third has no turn within the engine's time")
		require.Equal(t, 4.0, r.counted(resultSlow))
		r.Go(nil, slow, func(s []any) { done <- s })
		synctest.Wait()
		r.Stop()
		<-done
		r.Go(nil, slow, func(s []any) { done <- s })
		require.Equal(t, []any{nil}, <-done, "the node has stopped")
	})
}

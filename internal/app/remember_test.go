package app

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/acd"
	"hotline/call"
	"hotline/config"
	"hotline/store"
)

// pieces is where a keeper puts its pieces: what it holds, and what was written since the last look.
type pieces struct {
	mu     sync.Mutex
	kept   map[string]string
	writes []string
}

func (p *pieces) put(key string, value json.RawMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept[key] = string(value)
	p.writes = append(p.writes, key)
}

func (p *pieces) drop(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.kept, key)
	p.writes = append(p.writes, "-"+key)
}

func (p *pieces) written() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.writes
	p.writes = nil
	return w
}

// keptPieces is a keeper over an engine.
func keptPieces(e *acd.Engine) (*keeper, *pieces) {
	p := &pieces{kept: map[string]string{}}
	return &keeper{
		ask: func(q func(time.Time, *acd.Engine)) error { q(time.Now(), e); return nil },
		put: p.put, drop: p.drop,
		log: zap.NewNop(), last: map[string]string{}, soon: make(chan struct{}, 1), now: make(chan chan struct{}),
		stopc: make(chan struct{}), done: make(chan struct{}),
	}, p
}

// twoSeats is an engine with two agents signed in and a plan.
func twoSeats() *acd.Engine {
	e := acd.New(1)
	e.Step(time.Now(), acd.Began{
		Rules: acd.Rules{
			Queues: []acd.Queue{{Name: "q", Groups: []string{"g"}, OfferTimeout: time.Minute}},
			Agents: []acd.Agent{{ID: "1", Group: "g"}, {ID: "2", Group: "g"}},
			Plans: []acd.Plan{{Name: "p", Queues: []string{"q"}, Steps: []acd.PlanStep{{
				Name: "s", When: acd.PlanWhen{All: []acd.PlanTest{{Figure: acd.Waiting, Compare: acd.Above, Number: 9}}},
			}}}},
		},
		Phones: []string{"1", "2"},
		Seats:  []acd.SeatStateSet{{Seat: "1", State: call.SeatReady}, {Seat: "2", State: call.SeatReady}},
	})
	return e
}

func TestOnlyWhatHasChangedIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := twoSeats()
		k, p := keptPieces(e)
		go k.run()
		k.keepNow()
		require.Equal(t, []string{"plan/p", "seat/1", "seat/2", "head"}, p.written())
		time.Sleep(65 * time.Second)
		synctest.Wait()
		require.Empty(t, p.written(), "nothing has changed")

		e.Step(time.Now(), acd.PlanForce{Plan: "p", Step: "s", Hold: acd.HoldOn, By: "9001"})
		k.nudge()
		k.nudge()
		synctest.Wait()
		require.Equal(t, []string{"plan/p", "head"}, p.written(), "soon, and once")
		e.Step(time.Now(), acd.PlanForce{Plan: "p", Step: "s", Hold: acd.HoldOff, By: "9001"})
		k.nudge()
		synctest.Wait()
		require.Empty(t, p.written(), "not more often than once a second")
		time.Sleep(keepGap)
		synctest.Wait()
		require.Len(t, p.written(), 2)

		e.Step(time.Now(), acd.SeatStateSet{Seat: "2", State: call.SeatOffline})
		k.stop()
		require.NotContains(t, p.kept, "seat/2", "who has signed out is forgotten, also at the last moment")
		k.keepNow() // returns at once when nobody keeps any more

		found := map[string]json.RawMessage{"seat/x": json.RawMessage(`{"since":"soon"}`), "nonsense": json.RawMessage(`1`)}
		for key, text := range p.kept {
			found[key] = json.RawMessage(text)
		}
		m := recalled(found, zap.NewNop())
		require.Len(t, m.Seats, 1, "a piece that can't be read is left out")
		require.Equal(t, "9001", m.Plans[0].Steps[0].By)
		require.False(t, m.At.IsZero())
		require.Nil(t, recalled(nil, zap.NewNop()), "the first start")
	})
}

// A supervisor's hand and an agent's turn outlive the node.
func TestANodeRemembersWhatRoutingHasLearnt(t *testing.T) {
	t.Setenv(adminEnv, "")
	dir, _ := nodeFile(t, planned())
	open := func() *App {
		node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
		require.NoError(t, err)
		a, err := New(node, site, "t", zap.NewNop())
		require.NoError(t, err)
		return a
	}
	a := open()
	require.NoError(t, backends{a}.ForceStep(context.Background(), acd.PlanForce{Plan: "day", Step: "all", Hold: acd.HoldOn, By: "9001", Reason: "storm"}))
	require.NoError(t, a.closeRooms(context.Background()))

	a = open()
	defer func() { require.NoError(t, a.closeRooms(context.Background())) }()
	step := backends{a}.Plans()[0].Steps[0]
	require.True(t, step.Active)
	require.Equal(t, "on", step.Hold)
	require.Equal(t, "9001", step.By)
	require.Contains(t, step.Why, "storm")
	require.NoError(t, a.store.Flush(context.Background()))
	entries, _, err := a.store.AuditLog(context.Background(), store.LogFilter{})
	require.NoError(t, err)
	on := 0
	for _, e := range entries {
		if e.Action == "plan.on" {
			on++
		}
	}
	require.Equal(t, 1, on, "it came into force once")
}

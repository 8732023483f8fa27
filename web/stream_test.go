package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

// wire is the far end of a stream: it keeps what was sent, or refuses it.
type wire struct {
	mu     sync.Mutex
	header http.Header
	status int
	text   strings.Builder
	broken bool
	dead   time.Time // the last write deadline
	block  chan struct{}
}

func (w *wire) Header() http.Header { return w.header }

func (w *wire) WriteHeader(status int) { w.status = status }

func (w *wire) Write(b []byte) (int, error) {
	if w.block != nil {
		<-w.block
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return 0, net.ErrClosed
	}
	return w.text.Write(b)
}

func (w *wire) Flush() {}

func (w *wire) SetWriteDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = t
	return nil
}

// take gives what came since the last take.
func (w *wire) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.text.String()
	w.text.Reset()
	return text
}

// listener is a stream being served within a synctest bubble.
type listener struct {
	*wire
	leave context.CancelFunc
	done  chan struct{}
}

func (w *world) listen(user, query string, far *wire) *listener {
	far.header = http.Header{}
	ctx, cancel := context.WithCancel(context.Background())
	r := w.request(user, http.MethodGet, "/api/v1/events"+query, "").WithContext(ctx)
	l := &listener{wire: far, leave: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		w.server.http.Handler.ServeHTTP(far, r)
	}()
	synctest.Wait()
	return l
}

func (l *listener) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// inBubble runs with the world on the bubble's clock.
func inBubble(t *testing.T, f func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.clock.at = time.Now()
		f(t, w)
	})
}

// after lets both clocks pass.
func (w *world) after(d time.Duration) {
	w.clock.pass(d)
	<-time.After(d) // on the bubble's clock
	synctest.Wait()
}

func (w *world) publish(id call.ID, seats ...call.SeatID) {
	for _, e := range w.rooms.calls[id] {
		w.server.b.Hub.Publish(Event{Kind: EventCall, Envelope: &e, Seats: seats})
	}
	synctest.Wait()
}

func TestStreamShowsWhatOneMaySee(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		sees := map[string]string{}
		all := map[string]*listener{}
		for _, user := range []string{"1001", "1002", "lead", "supervisor", "operator", "editor"} {
			all[user] = w.listen(user, "", &wire{})
			require.Equal(t, "retry: 3000\n: listening\n\n", all[user].take())
		}
		w.publish("mine", "1001")
		w.publish("lost")
		w.server.b.Hub.Publish(Event{Kind: EventTrunk, Data: Trunk{Name: "gw"}})
		w.server.b.Hub.Publish(Event{Kind: EventSeat, Data: Seat{Agent: "1002"}})
		synctest.Wait()
		for user, l := range all {
			text := l.take()
			sees[user] = fmt.Sprintf("%d call, %d trunk, %d seat", strings.Count(text, "event: call"), strings.Count(text, "event: trunk"), strings.Count(text, "event: seat"))
			if user == "operator" {
				require.NotContains(t, text, number)
				require.Contains(t, text, "138****8000")
			}
			l.leave()
		}
		require.Equal(t, map[string]string{
			"1001": "11 call, 0 trunk, 1 seat", "1002": "0 call, 0 trunk, 1 seat", "lead": "11 call, 0 trunk, 1 seat",
			"supervisor": "15 call, 1 trunk, 1 seat", "operator": "15 call, 1 trunk, 1 seat", "editor": "0 call, 0 trunk, 1 seat",
		}, sees)
		synctest.Wait()
		require.False(t, w.server.b.Hub.Listening())
		require.Len(t, w.audited("events.open"), 6)
	})
}

func TestStreamOfSomeKinds(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("admin", "?kinds=seat,site", &wire{})
		l.take()
		w.publish("mine", "1001")
		w.server.b.Hub.Publish(Event{Kind: EventSite, Data: map[string]int{"revision": 2}})
		synctest.Wait()
		require.Equal(t, "event: site\ndata: {\"revision\":2}\n\n", l.take())
		l.leave()
		synctest.Wait()
	})
}

func TestCallEventOnTheWire(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("1001", "", &wire{})
		l.take()
		e := w.rooms.calls["mine"][3]
		w.server.b.Hub.Publish(Event{Kind: EventCall, Envelope: &e, Seats: []call.SeatID{"1001"}})
		synctest.Wait()
		name, data, ok := strings.Cut(l.take(), "\n")
		require.True(t, ok)
		require.Equal(t, "event: call", name)
		require.JSONEq(t, `{"call":"mine","seq":4,"at":"2026-11-02T12:00:03.000Z","kind":"offered","text":"offered to 1001 at phone 1001: idle",
			"data":{"offer":"Omine","seat":"1001","phone":"1001","group":"","queue":"general","leg":"L2","deadline":"2026-11-02T12:00:15.000Z","reason":"idle"}}`,
			strings.TrimPrefix(data, "data: "))
		l.leave()
		synctest.Wait()
	})
}

func TestStreamBeatsAndKeepsItsSession(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("1001", "", &wire{})
		l.take()
		for range int(sessionIdle/heartbeat) + 2 {
			w.after(heartbeat)
			require.Equal(t, ": still here\n\n", l.take())
		}
		require.Equal(t, time.Now().Add(streamTimeout), l.dead, "each write has its deadline")
		l.leave()
		synctest.Wait()
		require.True(t, l.ended())
		require.True(t, w.seesFloor())
	})
}

func TestStreamEndsWithTheRightToIt(t *testing.T) {
	for why, end := range map[string]func(w *world){
		"logged out":       func(w *world) { w.do("1001", http.MethodDelete, "/api/v1/session", "") },
		"left the site":    func(w *world) { delete(w.rooms.users, "1001") },
		"another password": func(w *world) { w.rooms.words["1001"] = "new" },
		"no role":          func(w *world) { w.rooms.user(Identity{User: "1001"}) },
	} {
		t.Run(why, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				l := w.listen("1001", "", &wire{})
				l.take()
				end(w)
				w.after(heartbeat)
				require.Contains(t, l.take(), "event: end\ndata: {\"code\":\"unauthorized\"")
				require.True(t, l.ended())
				require.False(t, w.server.b.Hub.Listening())
			})
		})
	}
}

// A team that changed is the new one from the next heartbeat.
func TestStreamLearnsOfNewTeams(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("lead", "", &wire{})
		w.publish("theirs", "1002")
		require.NotContains(t, l.take(), "event: call")
		w.rooms.seats[1].Team = "a"
		w.after(heartbeat)
		w.publish("theirs", "1002")
		require.Contains(t, l.take(), "event: call")
		l.leave()
		synctest.Wait()
	})
}

func TestStreamEndsWithTheNode(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("1001", "", &wire{})
		require.NoError(t, w.server.Stop(t.Context()))
		require.NoError(t, w.server.Stop(t.Context()), "twice is as once")
		synctest.Wait()
		require.True(t, l.ended())
		require.Contains(t, l.take(), "the node stops")
	})
}

func TestStreamOfABrokenWireEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("1001", "", &wire{})
		l.mu.Lock()
		l.broken = true
		l.mu.Unlock()
		w.after(heartbeat)
		require.True(t, l.ended())
	})
}

// Who does not read is cut off: Publish waits for nobody.
func TestSlowListenerIsCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		slow := &wire{block: make(chan struct{})}
		l := w.listen("admin", "", slow)
		quick := w.listen("admin", "", &wire{})
		for i := range 2*hubBuffer + 10 {
			w.server.b.Hub.Publish(Event{Kind: EventSite, Data: i})
			if i%100 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		require.Equal(t, 1, w.server.b.Hub.count())
		close(slow.block)
		synctest.Wait()
		require.True(t, l.ended())
		require.Contains(t, l.take(), "event: end\ndata: {\"code\":\"capacity\"")
		require.Equal(t, 2*hubBuffer+10, strings.Count(quick.take(), "event: site"))
		quick.leave()
		synctest.Wait()
		require.Equal(t, uint64(1), w.server.b.Hub.cut.Load())
	})
}

func TestEventThatDoesNotEncodeEndsTheStream(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("admin", "", &wire{})
		w.server.b.Hub.Publish(Event{Kind: EventSite, Data: func() {}})
		synctest.Wait()
		require.True(t, l.ended())
	})
}

func TestStreamsAreBounded(t *testing.T) {
	w := newWorld(t)
	h := w.server.b.Hub
	for range streamsOfUser {
		_, err := h.subscribe("1001")
		require.NoError(t, err)
	}
	rec := w.get("1001", "/api/v1/events")
	refused(t, rec, 429, "capacity", "8 live streams")
	require.Equal(t, "60", rec.Header().Get("Retry-After"))
	var last *subscriber
	for i := range streamsMost - streamsOfUser {
		sub, err := h.subscribe(itoa(i))
		require.NoError(t, err)
		last = sub
	}
	refused(t, w.get("1002", "/api/v1/events"), 429, "capacity", "on this node")
	h.unsubscribe(last)
	h.unsubscribe(last)
	require.Equal(t, streamsMost-1, h.count())
	require.Len(t, h.users, streamsMost-streamsOfUser)
	require.Equal(t, "invalid(9)", EventKind(9).String())
}

// Queues and trunks are told as they change, once a second, and only while somebody listens.
func TestQueuesAndTrunksAreWatched(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		done := make(chan struct{})
		go func() { defer close(done); w.server.watch() }()
		w.after(3 * watchEvery)
		l := w.listen("admin", "?kinds=queue,trunk", &wire{})
		w.after(watchEvery)
		text := l.take()
		require.Contains(t, text, `event: queue`+"\n"+`data: {"name":"general"`)
		require.Contains(t, text, `event: trunk`+"\n"+`data: {"name":"gw"`)
		w.after(5 * watchEvery)
		require.Empty(t, l.take(), "nothing changed")
		w.rooms.mu.Lock()
		w.rooms.queues = []Queue{{Name: "general", Waiting: 3}, {Name: "new"}}
		w.rooms.mu.Unlock()
		w.after(watchEvery)
		require.Equal(t, 2, strings.Count(l.take(), "event: queue"))
		l.leave()
		w.after(watchEvery)
		require.NoError(t, w.server.Stop(t.Context()))
		<-done
		w.server.changed(map[string][]byte{}, EventQueue, "odd", func() {})
	})
}

// Over a real connection: what is published arrives at once, through the server's own deadlines.
func TestStreamOverAConnection(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.server.Start(t.Context()))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL()+"/api/v1/events?kinds=call", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+w.token("admin"))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	require.Equal(t, "no", resp.Header.Get("X-Accel-Buffering"))
	lines := bufio.NewScanner(resp.Body)
	next := func(prefix string) string {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return text
			}
		}
		return "the stream ended"
	}
	require.Equal(t, " listening", next(":"))
	e := w.rooms.calls["mine"][0]
	w.server.b.Hub.Publish(Event{Kind: EventCall, Envelope: &e})
	require.Equal(t, "call", next("event: "))
	var got callEvent
	require.NoError(t, json.Unmarshal([]byte(next("data: ")), &got))
	require.Equal(t, "entered", got.Kind)
	stopped := make(chan error, 1)
	go func() { stopped <- w.server.Stop(context.Background()) }()
	require.Equal(t, "end", next("event: "))
	require.Contains(t, next("data: "), "unavailable")
	require.Equal(t, "the stream ended", next("event: "))
	require.NoError(t, <-stopped)
}

// A desk hears of its own seat and calls, and of the queues; not of a whole floor's seats.
func TestStreamOfOneAgent(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		l := w.listen("supervisor", "?agent=1001", &wire{})
		l.take()
		for _, seat := range []call.SeatID{"1001", "1002"} {
			w.server.b.Hub.Publish(Event{Kind: EventSeat, Seats: []call.SeatID{seat}, Data: Seat{Agent: seat}})
		}
		w.server.b.Hub.Publish(Event{Kind: EventQueue, Data: Queue{Name: "general"}})
		w.publish("theirs", "1002")
		w.publish("mine", "1001", "1002")
		text := l.take()
		require.Equal(t, 1, strings.Count(text, "event: seat"))
		require.Equal(t, 1, strings.Count(text, "event: queue"))
		require.NotContains(t, text, `"theirs"`)
		require.Equal(t, 11, strings.Count(text, "event: call"))
		l.leave()
		synctest.Wait()
	})
}

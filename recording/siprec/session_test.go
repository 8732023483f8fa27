package siprec

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"hotline/call"
)

// desk is a node's signalling and sound, and what a session asks of them.
type desk struct {
	t        *testing.T
	sessions *Sessions

	mu      sync.Mutex // a timer and the test's sleep know nothing of each other
	did     []string
	told    []string
	targets []string            // the first of each round
	news    func(call.LegEvent) // of the newest dialog
	ports   error               // why there are none
}

func (d *desk) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.did = append(d.did, fmt.Sprintf(format, args...))
}

func (d *desk) Record(o Order, news func(call.LegEvent)) Dialog {
	d.mu.Lock()
	d.news = news
	d.targets = append(d.targets, o.Recorder.Targets[0])
	d.mu.Unlock()
	d.note("invite quiet=%v", o.Quiet)
	return fakeDialog{d}
}

type fakeDialog struct{ d *desk }

func (f fakeDialog) Describe(_ []byte, quiet bool) {
	f.d.note("describe quiet=%v", quiet)
}
func (f fakeDialog) End() { f.d.note("end") }

func (d *desk) Locals() [2]call.LocalMedia      { return [2]call.LocalMedia{} }
func (d *desk) Negotiated([2]call.MediaSpec)    { d.note("negotiated") }
func (d *desk) Close(done func(_, lost uint64)) { d.note("close"); done(500, 3) }

// perform runs a session in virtual time; act begins with nobody in it.
func perform(t *testing.T, act func(d *desk, s *Session)) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{t: t}
		var err error
		d.sessions, err = New(d, zaptest.NewLogger(t), prometheus.NewPedanticRegistry())
		require.NoError(t, err)
		s, err := d.sessions.Start(Spec{
			ID: "S1", Recorder: Recorder{Name: "law", Targets: []string{"sip:one", "sip:two"}},
			About: About{Call: "C1", Trunk: "gw", Queue: "general", Domain: "hotline.local"},
			Open:  func() (Sound, error) { return d, d.full() }, NewLeg: func() call.LegID { return "R" },
			Told: d.hear,
		})
		require.NoError(t, err)
		act(d, s)
		synctest.Wait()
		d.sessions.Close(context.Background())
		require.Empty(t, d.sessions.all)
		require.Zero(t, d.gauge(stateRecording))
		require.Zero(t, d.gauge(stateWaiting))
	})
}

func (d *desk) gauge(state string) float64 {
	return testutil.ToFloat64(d.sessions.metrics.sessions.WithLabelValues("law", state))
}

// since gives what was asked since the last look.
func (d *desk) since() []string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.did
	d.did = nil
	return all
}

func (d *desk) hears(ev call.LegEvent) {
	d.mu.Lock()
	news := d.news
	d.mu.Unlock()
	news(ev)
	synctest.Wait()
}

// full is why there are no ports.
func (d *desk) full() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ports
}

func (d *desk) hear(taken bool, words string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, strings.TrimSpace(fmt.Sprint(taken, " ", words)))
}

var (
	customer = Party{Leg: "c", User: "13800138000"}
	amy, bob = Party{Leg: "a", User: "1001"}, Party{Leg: "b", User: "1002"}
)

func TestASessionFromPickUpToItsEnd(t *testing.T) {
	perform(t, func(d *desk, s *Session) {
		s.Cast(customer, nil)
		require.Equal(t, []string{"invite quiet=false"}, d.since())
		s.Cast(customer, []Party{amy}) // before the answer
		s.Cast(customer, []Party{amy})
		require.Empty(t, d.since())
		d.hears(call.LegRinging{})
		d.hears(call.LegRecorded{})
		require.Equal(t, []string{"negotiated", "describe quiet=false"}, d.since())
		require.EqualValues(t, 1, d.gauge(stateRecording))
		s.Quiet(true)
		require.Equal(t, []string{"describe quiet=true"}, d.since())
		s.Quiet(true)
		require.Empty(t, d.since())
		s.Quiet(false)
		s.Cast(customer, []Party{bob}) // a transfer
		time.Sleep(time.Second)
		require.NotEmpty(t, d.since())
		s.Stop()
		require.Equal(t, []string{"end", "close"}, d.since())
		d.hears(call.LegEnded{})
		require.Equal(t, []string{"true"}, d.told)
		m := d.sessions.metrics
		require.EqualValues(t, 500, testutil.ToFloat64(m.packets.WithLabelValues("law")))
		require.EqualValues(t, 3, testutil.ToFloat64(m.lost.WithLabelValues("law")))
		require.Zero(t, testutil.ToFloat64(m.missed.WithLabelValues("law")))
	})
}

func TestARecorderThatIsAwayIsTriedOn(t *testing.T) {
	perform(t, func(d *desk, s *Session) {
		s.Cast(customer, []Party{amy})
		require.Len(t, d.since(), 1)
		var waited []time.Duration
		for range 7 {
			d.hears(call.LegFailed{Words: "the recorder answered 503"})
			began := time.Now()
			for d.since() == nil {
				time.Sleep(100 * time.Millisecond)
			}
			waited = append(waited, time.Since(began).Round(time.Second))
		}
		require.Equal(t, []time.Duration{2, 4, 8, 16, 32, 60, 60}, divided(waited))
		require.Equal(t, []string{"false the recorder answered 503"}, d.told, "once, not each time")
		require.Equal(t, []string{"sip:one", "sip:two", "sip:one"}, d.targets[:3], "each round begins with another target")
		d.hears(call.LegRecorded{})
		time.Sleep(time.Minute)
		d.hears(call.LegEnded{ByPeer: true}) // it restarts
		time.Sleep(2100 * time.Millisecond)
		require.Contains(t, d.since(), "invite quiet=false", "the pauses begin anew")
		time.Sleep(21 * time.Second) // it rings, and nobody answers
		require.Equal(t, []string{"end"}, d.since())
		require.Equal(t, []string{"false the recorder answered 503", "true", "false the recorder has hung up"}, d.told)
		require.EqualValues(t, 9, testutil.ToFloat64(d.sessions.metrics.failures.WithLabelValues("law")))
		d.hears(call.LegRecorded{}) // its 200 crosses our CANCEL: not this session's any more
		require.Empty(t, d.since())
		s.Stop()
		require.Equal(t, []string{"close"}, d.since())
		require.InDelta(t, 182+20, testutil.ToFloat64(d.sessions.metrics.missed.WithLabelValues("law")), 6)
	})
}

// divided are durations in seconds.
func divided(all []time.Duration) []time.Duration {
	for i := range all {
		all[i] /= time.Second
	}
	return all
}

func TestASessionWithoutPorts(t *testing.T) {
	perform(t, func(d *desk, s *Session) {
		d.ports = errors.New("no port pair is free")
		s.Cast(customer, nil)
		require.Empty(t, d.since())
		require.Equal(t, []string{"false no port pair is free"}, d.told)
		d.mu.Lock()
		d.ports = nil
		d.mu.Unlock()
		time.Sleep(3 * time.Second)
		require.Equal(t, []string{"invite quiet=false"}, d.since())
		s.Stop() // while it rings
		require.Equal(t, []string{"end", "close"}, d.since())
		time.Sleep(farewell + time.Second) // no answer to CANCEL
	})
}

func TestANodeThatStopsDoesNotWaitForARecorder(t *testing.T) {
	perform(t, func(d *desk, s *Session) {
		s.Cast(customer, nil)
		d.since()
		d.hears(call.LegRecorded{})
		began := time.Now()
		d.sessions.Close(context.Background())
		require.Equal(t, goodbye, time.Since(began))
		_, err := d.sessions.Start(s.spec)
		require.Equal(t, call.CodeUnavailable, call.CodeOf(err))
	})
}

// The document names who speaks, when, on which stream, by ids that stay.
func TestMetadata(t *testing.T) {
	var c cast
	at := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	require.True(t, c.set(customer, nil, at))
	require.False(t, c.set(customer, nil, at))
	require.True(t, c.set(customer, []Party{amy}, at.Add(time.Second)))
	require.True(t, c.set(customer, nil, at.Add(time.Minute)), "on hold")
	require.True(t, c.set(customer, []Party{bob, {Leg: "x"}}, at.Add(2*time.Minute)))
	about := About{Call: "C<1>", Trunk: "gw", Queue: "general", Domain: "hotline.local"}
	text := c.metadata("S1", about, at)
	var d document
	require.NoError(t, xml.Unmarshal(text, &d), string(text))
	require.Equal(t, "complete", d.Mode)
	require.Equal(t, []string{"C<1>", "gw", "general"}, []string{d.Session.About.ID, d.Session.About.Trunk, d.Session.About.Queue})
	var names []string
	for i, p := range d.Participants {
		names = append(names, p.Name.AOR)
		require.Equal(t, p.ID, d.Present[i].Participant)
		require.Len(t, p.ID, 24)
	}
	require.Equal(t, []string{"sip:13800138000@hotline.local", "sip:1001@hotline.local", "sip:1002@hotline.local", "sip:anonymous@anonymous.invalid"}, names)
	require.Equal(t, "2026-05-01T09:01:00.000Z", d.Present[1].To)
	require.Empty(t, d.Present[2].To)
	require.Equal(t, []string{"1", "2"}, []string{d.Streams[0].Label, d.Streams[1].Label})
	require.Len(t, d.Speaking, 3, "who has gone speaks on no stream")
	require.Equal(t, []string{d.Streams[0].ID}, d.Speaking[0].Send)
	require.Equal(t, []string{d.Streams[1].ID}, d.Speaking[1].Send)
	again := c.metadata("S1", about, at)
	require.Equal(t, string(text), string(again))
	for i := range 200 {
		c.set(customer, []Party{{Leg: call.LegID(fmt.Sprint(i))}}, at)
	}
	require.Len(t, c.parts, mostParts)
	require.True(t, c.parts[0].caller)
}

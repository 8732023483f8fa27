package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/media"
	"hotline/recording"
	"hotline/store"
	"hotline/web"
)

// archiveApp is a node that keeps the recordings of general for 30 days; it does not listen.
func archiveApp(t *testing.T, dir string) *App {
	t.Helper()
	node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
	require.NoError(t, err)
	a, err := New(node, site, "t", zap.NewNop())
	require.NoError(t, err)
	a.archive.Start()
	return a
}

func archiveSite(t *testing.T) string {
	t.Helper()
	t.Setenv(adminEnv, "")
	site := strings.Replace(smallSite, "{name: general, groups: [general],", "{name: general, keep_recordings: 30d, groups: [general],", 1)
	dir, _ := nodeFile(t, site)
	return dir
}

// answeredCall is a call of two minutes in general, recorded if it is to be.
func answeredCall(t *testing.T, a *App, recorded bool) (call.ID, call.RecordingFacts) {
	t.Helper()
	id, start := call.ID(newULID()), time.Now().Add(-2*time.Second)
	events := []call.Event{
		call.Entered{Trunk: "gw", Caller: call.Caller{Number: "138"}, Called: "10000", Flow: "main", Leg: "L"},
		call.Queued{Queue: "general", Entry: start, Position: 1},
		call.Offered{Offer: "O", Seat: "1001", Queue: "general", Leg: "S"},
		call.OfferEnded{Offer: "O", Seat: "1001", Queue: "general", Result: call.OfferAnswered},
		call.Connected{Seat: "1001", Leg: "S"},
	}
	var facts call.RecordingFacts
	if recorded {
		rec := call.RecordingID(ulid.Make().String())
		r, err := a.recorder.Start(recording.Spec{
			ID: rec, Call: id, Started: time.Now(), StartedMono: a.media.Now(), Left: media.NewRing(1 << 10),
		})
		require.NoError(t, err)
		time.Sleep(1100 * time.Millisecond)
		done := make(chan call.RecordingFacts, 1)
		r.Stop(func(f call.RecordingFacts, err error) {
			require.NoError(t, err)
			done <- f
		})
		facts = <-done
		facts.Queue = "general"
		events = append(events, call.RecordingBegan{Recording: rec, Queue: "general"}, call.RecordingEnded{Recording: rec, Facts: facts})
	}
	events = append(events, call.SeatLeft{Seat: "1001", Leg: "S", By: call.PartyAgent}, call.Ended{By: call.PartyCaller})
	for i, ev := range events {
		at := start
		if i >= 3 {
			at = start.Add(time.Duration(i) * 100 * time.Millisecond)
		}
		require.NoError(t, a.store.Append(call.Envelope{Node: "n", Epoch: a.epoch, Call: id, Seq: uint64(i + 1), At: at, Event: ev}))
	}
	if recorded {
		a.archive.Ended(facts)
	}
	return id, facts
}

func TestRecordingsAreErasedWhenTheirTimeIsOver(t *testing.T) {
	dir, ctx := archiveSite(t), context.Background()
	a := archiveApp(t, dir)
	idErased, gone := answeredCall(t, a, true)
	_, held := answeredCall(t, a, true)
	for _, f := range []call.RecordingFacts{gone, held} {
		require.Eventually(t, func() bool {
			got, err := a.store.Recording(ctx, f.ID)
			return err == nil && got.Sound != nil
		}, 5*time.Second, 20*time.Millisecond, "analysed")
	}
	b := backends{a}
	require.NoError(t, b.HoldRecording(ctx, held.ID, &web.Hold{By: "admin", Reason: "case 7"}))
	require.Equal(t, call.CodeConflict, call.CodeOf(b.Erase(ctx, held, "admin", "wish")))
	require.NoError(t, a.store.Flush(ctx))
	a.janitor.eraseOld(ctx, time.Now().Add(29*24*time.Hour))
	require.NoError(t, a.archive.Has(ctx, gone), "its time is not over")
	a.janitor.eraseOld(ctx, time.Now().Add(31*24*time.Hour))
	require.Equal(t, call.CodeNotFound, call.CodeOf(a.archive.Has(ctx, gone)))
	require.NoError(t, a.archive.Has(ctx, held))
	_, err := a.archive.Peaks(ctx, gone)
	require.Equal(t, call.CodeNotFound, call.CodeOf(err), "what was derived is gone as well")
	facts, err := a.store.Recording(ctx, gone.ID)
	require.NoError(t, err)
	require.NotNil(t, facts.Erased)
	require.Nil(t, facts.Sound)
	rec, events, err := a.store.Call(ctx, idErased)
	require.NoError(t, err)
	require.False(t, rec.Recordings[0].ErasedAt.IsZero())
	require.Equal(t, "recording_erased", events[len(events)-1].Event.Kind())
	require.NoError(t, a.store.Flush(ctx))
	log, _, err := a.store.AuditLog(ctx, store.LogFilter{Actor: "system"})
	require.NoError(t, err)
	require.Len(t, log, 1)
	require.Equal(t, "recording.erased", log[0].Action)
	require.Equal(t, string(gone.ID), log[0].Object)
	require.Contains(t, log[0].Detail, "queue general keeps recordings for 30 days")
	require.NoError(t, a.closeRooms(ctx))

	a = archiveApp(t, dir) // the hold is kept over a restart
	defer func() { require.NoError(t, a.closeRooms(ctx)) }()
	b = backends{a}
	require.Equal(t, "case 7", b.Held(held.ID).Reason)
	a.janitor.eraseOld(ctx, time.Now().Add(31*24*time.Hour))
	require.NoError(t, a.archive.Has(ctx, held))
	require.NoError(t, b.HoldRecording(ctx, held.ID, nil))
	a.janitor.eraseOld(ctx, time.Now().Add(31*24*time.Hour))
	require.Equal(t, call.CodeNotFound, call.CodeOf(a.archive.Has(ctx, held)))
}

func TestTheNightlyCheckNamesWhatIsMissing(t *testing.T) {
	dir, ctx := archiveSite(t), context.Background()
	a := archiveApp(t, dir)
	defer func() { require.NoError(t, a.closeRooms(ctx)) }()
	_, whole := answeredCall(t, a, true)
	none, _ := answeredCall(t, a, false)
	lost, file := answeredCall(t, a, true)
	require.NoError(t, os.Remove(filepath.Join(dir, "data", "recordings", file.Path)))
	found, err := a.janitor.check(ctx, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	require.NoError(t, err)
	words := map[call.ID]string{}
	for _, m := range found {
		words[m.Call] = m.Words
	}
	require.Equal(t, map[call.ID]string{none: "there is no recording", lost: "the file of recording " + string(file.ID) + " is nowhere"}, words)
	require.Equal(t, 2.0, testutil.ToFloat64(a.metrics.missing))
	require.NoError(t, a.archive.Has(ctx, whole))
	day := a.janitor.yesterday(time.Date(2026, 11, 24, 2, 0, 0, 0, a.rev.Load().site.Zone))
	require.Equal(t, 22, day.Day(), "before three the day before is not settled")
}

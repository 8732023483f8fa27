package test

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"hotline/call"
	"hotline/recording/seal"
	"hotline/test/harness"
	"hotline/test/tone"
	"hotline/web"
)

// aBucket is an S3-compatible store of another make, which can be away.
type aBucket struct {
	*httptest.Server
	backend *s3mem.Backend
	away    atomic.Bool
}

func openBucket(t *testing.T) *aBucket {
	b := &aBucket{backend: s3mem.New()}
	require.NoError(t, b.backend.CreateBucket("calls"))
	inner := gofakes3.New(b.backend).Server()
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *aBucket) objects(t *testing.T) (names []string) {
	list, err := b.backend.ListBucket("calls", nil, gofakes3.ListBucketPage{})
	require.NoError(t, err)
	for _, o := range list.Contents {
		names = append(names, o.Key)
	}
	return names
}

// filesUnder are all files of the recordings folder.
func filesUnder(t *testing.T, n *harness.Node) (names []string) {
	err := filepath.WalkDir(n.DataPath("recordings"), func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			names = append(names, name)
		}
		return nil
	})
	require.NoError(t, err)
	return names
}

// TestARecordingsLife: recorded encrypted, paused by the agent's supervisor, killed in
// another call, analysed, brought to a bucket that was away, played from there in
// ranges, verified, held against erasing, erased, and its tombstone kept.
func TestARecordingsLife(t *testing.T) {
	t.Parallel()
	bucket := openBucket(t)
	bucket.away.Store(true)
	keys := filepath.Join(t.TempDir(), "recording.keys")
	require.NoError(t, os.WriteFile(keys, []byte(seal.NewKey("2026-11")+"\n"), 0o600))
	n := harness.StartNode(t, harness.Config{Site: site(), Storage: fmt.Sprintf(
		"{recordings: s3://calls/n1, s3: {endpoint: %q, region: us-east-1, access_key: id, secret_key: hidden-secret}, recording_keys: %q, analysis_cpu: 50%%}",
		bucket.URL, "file:"+keys)})
	wire := harness.Listen(t)
	phone := agent(t, n, "1001", 1000, true)
	c := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13911111111", Hz: 440})
	n.WaitSeat("1001", "talking")
	id := n.AllCalls()[0].ID
	pause := func(on bool) {
		n.Do(http.MethodPost, "/api/v1/calls/"+string(id)+"/recording", map[string]bool{"paused": on}, http.StatusNoContent, nil)
	}
	talk(n, wire, c, 2*time.Second)
	began := time.Now()
	pause(true)
	talk(n, wire, c, 2*time.Second)
	paused := time.Since(began)
	pause(false)
	talk(n, wire, c, time.Second)
	phone.Do("hangup")
	c.Done()
	rec := n.WaitCalls(1)[0]
	require.Len(t, rec.Recordings, 1)
	path := "/api/v1/recordings/" + string(rec.Recordings[0].ID)

	facts := analysed(n, path)
	require.Len(t, facts.Marks, 1)
	require.Equal(t, call.MarkPaused, facts.Marks[0].Kind)
	require.InDelta(t, paused.Seconds(), facts.Marks[0].Seconds, 0.5)
	require.Greater(t, facts.Sound.Overtalk, 0.4, "both sound their tones")
	require.NotNil(t, facts.Sound.LeftLevel)
	require.Contains(t, n.Call(rec.ID).Kinds(), "recording_paused")
	require.Contains(t, n.Call(rec.ID).Kinds(), "recording_resumed")
	n.WaitMetric(0, "hotline_recording_store_up")
	for _, name := range filesUnder(t, n) {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NotContains(t, string(b), "RIFF", name)
	}
	heardWithAPause(t, n, rec.Recordings[0].ID, facts.Marks[0])

	// Another call, in which the node is killed.
	second := harness.StartCaller(t, n, harness.Plan{To: "10001", From: "13922222222", Hz: 440})
	n.WaitSeat("1001", "talking")
	talk(n, wire, second, 2*time.Second)
	n.Kill()
	bucket.away.Store(false)
	n.Start()
	require.NoError(t, second.Finished())
	n.Eventually(func() bool { return len(bucket.objects(t)) == 4 && len(filesUnder(t, n)) == 0 }, "both recordings and their pictures are in the bucket alone")
	n.WaitMetric(1, "hotline_recording_store_up")
	heardWithAPause(t, n, rec.Recordings[0].ID, facts.Marks[0])
	for _, r := range n.WaitCalls(2) {
		w, err := tone.ReadWAV(n.Audio(r.Recordings[0].ID))
		require.NoError(t, err)
		require.Greater(t, tone.Heard(w.Channels[0], rate, 440), 1500*time.Millisecond)
		var told struct{ Intact bool }
		n.Do(http.MethodPost, "/api/v1/recordings/"+string(r.Recordings[0].ID)+"/verify", nil, http.StatusOK, &told)
		require.True(t, told.Intact)
	}
	var picture web.Peaks
	n.Do(http.MethodGet, path+"/peaks?points=50", nil, http.StatusOK, &picture)
	require.LessOrEqual(t, len(picture.Left), 50)
	require.Greater(t, picture.Left[len(picture.Left)/5], 10)

	n.Do(http.MethodPut, path+"/hold", map[string]string{"reason": "case 7"}, http.StatusNoContent, nil)
	n.Do(http.MethodDelete, path+"?reason=wish", nil, http.StatusConflict, nil)
	n.Do(http.MethodDelete, path+"/hold", nil, http.StatusNoContent, nil)
	n.Do(http.MethodDelete, path+"?reason=wish", nil, http.StatusNoContent, nil)
	status, _ := n.Try(http.MethodGet, path+"/audio", nil)
	require.Equal(t, http.StatusNotFound, status)
	require.Len(t, bucket.objects(t), 2)
	require.Contains(t, n.Call(rec.ID).Kinds(), "recording_erased")
	var missing struct{ Items []web.MissingRecording }
	span := fmt.Sprintf("?from=%s&to=%s", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	n.Do(http.MethodGet, "/api/v1/recordings/missing"+span, nil, http.StatusOK, &missing)
	require.Empty(t, missing.Items, "what was erased is not missing")
	log := n.Output()
	require.NotContains(t, log, "hidden-secret")
	line, err := os.ReadFile(keys)
	require.NoError(t, err)
	require.NotContains(t, log, strings.Fields(string(line))[1])
}

// analysed waits until a recording was looked through; before it is closed there is none.
func analysed(n *harness.Node, path string) (facts web.Recording) {
	n.Eventually(func() bool {
		if status, _ := n.Try(http.MethodGet, path, nil); status == http.StatusNotFound {
			return false
		}
		n.Do(http.MethodGet, path, nil, http.StatusOK, &facts)
		return facts.Sound != nil
	}, "%s is analysed", path)
	return facts
}

// heardWithAPause plays a recording: both tones before and after the pause, silence in it.
func heardWithAPause(t *testing.T, n *harness.Node, id call.RecordingID, pause web.Mark) {
	w, err := tone.ReadWAV(n.Audio(id))
	require.NoError(t, err)
	from, to := int(pause.AtSeconds*rate), int((pause.AtSeconds+pause.Seconds)*rate)
	for side, hz := range []float64{440, 1000} {
		all := w.Channels[side]
		require.Zero(t, tone.Heard(all[from:to], rate, hz), "side %d is silent in the pause", side)
		require.Greater(t, tone.Heard(all[:from], rate, hz), 500*time.Millisecond)
		require.Greater(t, tone.Heard(all[to:], rate, hz), 500*time.Millisecond)
	}
}

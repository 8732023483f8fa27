package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

func TestRecordingFacts(t *testing.T) {
	w := newWorld(t)
	rec := w.get("qa", "/api/v1/recordings/R1")
	require.Equal(t, 200, rec.Code)
	require.JSONEq(t, `{"id":"R1","call":"mine","started":"2026-11-02T12:00:00.000Z","seconds":2.5,"bytes":40000,"format":"wav/pcma",
		"complete":true,"marks":[],"sound":null,"url":"/api/v1/recordings/R1/audio",
		"left":{"packets":125,"lost":0,"late":0,"overrun":0,"anchors":0,"corrections":[{"at_seconds":1,"samples":-120}],"losses":[{"at_seconds":2,"length_seconds":0.04,"packets":2}]},
		"right":{"packets":0,"lost":0,"late":0,"overrun":0,"anchors":0,"corrections":[],"losses":[]}}`, rec.Body.String())
	require.NotContains(t, rec.Body.String(), ".wav", "where the file lies is nobody's business")
}

func TestAudioInRanges(t *testing.T) {
	w := newWorld(t)
	whole := string(w.rooms.sound)
	for _, tt := range []struct {
		method, ranges string
		status         int
		body, content  string
	}{
		{"GET", "", 200, whole, ""},
		{"HEAD", "", 200, "", ""},
		{"GET", "bytes=0-3", 206, "RIFF", "bytes 0-3/1024"},
		{"GET", "bytes=-4", 206, "data", "bytes 1020-1023/1024"},
		{"GET", "bytes=1020-", 206, "data", "bytes 1020-1023/1024"},
		{"GET", "bytes=1000-5000", 206, whole[1000:], "bytes 1000-1023/1024"},
		{"HEAD", "bytes=0-3", 206, "", "bytes 0-3/1024"},
		{"GET", "seconds=1", 416, "", ""},
		{"GET", "bytes=2000-", 416, "", "bytes */1024"},
	} {
		r := w.request("qa", tt.method, "/api/v1/recordings/R1/audio", "")
		if tt.ranges != "" {
			r.Header.Set("Range", tt.ranges)
		}
		rec := w.send(r)
		require.Equal(t, tt.status, rec.Code, "%s %s", tt.method, tt.ranges)
		require.Equal(t, tt.content, rec.Header().Get("Content-Range"), tt.ranges)
		if tt.status == http.StatusRequestedRangeNotSatisfiable {
			refused(t, rec, 416, "invalid", "no such range")
			continue
		}
		require.Equal(t, "audio/wav", rec.Header().Get("Content-Type"))
		require.Equal(t, "bytes", rec.Header().Get("Accept-Ranges"))
		require.Equal(t, `inline; filename="R1.wav"`, rec.Header().Get("Content-Disposition"))
		if tt.method == http.MethodGet {
			require.Equal(t, tt.body, rec.Body.String(), tt.ranges)
		}
	}
	require.Equal(t, 9, w.rooms.closed, "every reader is closed")
	require.Len(t, w.audited("recording.play"), 9)
}

// TestARecordingThatBecameOpus is sent as that, and who had begun on the WAV gets all of it.
func TestARecordingThatBecameOpus(t *testing.T) {
	w := newWorld(t)
	was := w.get("qa", "/api/v1/recordings/R1/audio").Header().Get("ETag")
	require.NotEmpty(t, was)
	w.rooms.sound = []byte("OggS and more")
	for _, tt := range []struct {
		tag, body string
		status    int
	}{{was, "OggS and more", 200}, {`"R1-opus"`, "OggS", 206}} {
		r := w.request("qa", "GET", "/api/v1/recordings/R1/audio", "")
		r.Header.Set("Range", "bytes=0-3")
		r.Header.Set("If-Range", tt.tag)
		rec := w.send(r)
		require.Equal(t, tt.status, rec.Code)
		require.Equal(t, tt.body, rec.Body.String())
		require.Equal(t, "audio/ogg", rec.Header().Get("Content-Type"))
		require.Equal(t, `inline; filename="R1.ogg"`, rec.Header().Get("Content-Disposition"))
	}
}

func TestSoundThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.rooms.sound = nil
	rec := w.get("qa", "/api/v1/recordings/R1/audio")
	refused(t, rec, 404, "not_found", "not here any more")
	require.NotContains(t, rec.Body.String(), "secret")
	require.Empty(t, w.audited("recording.play"))
}

// A recording whose call is not found is not heard by who hears the own team's only.
func TestRecordingWithoutItsCall(t *testing.T) {
	w := newWorld(t)
	w.rooms.facts["R9"] = call.RecordingFacts{ID: "R9", Call: "none"}
	refused(t, w.get("lead", "/api/v1/recordings/R9/audio"), 404, "not_found", "no call")
	require.Equal(t, 200, w.get("qa", "/api/v1/recordings/R9/audio").Code)
}

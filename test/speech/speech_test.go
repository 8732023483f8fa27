package speech

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"hotline/test/tone"
)

// pcm is sound as a node sends it.
func pcm(samples ...[]int16) (out []byte) {
	for _, piece := range samples {
		for _, x := range piece {
			out = binary.LittleEndian.AppendUint16(out, uint16(x))
		}
	}
	return out
}

func TestAnEarHearsATone(t *testing.T) {
	e := &ear{decode: decoder("pcm_s16le")}
	silence := make([]int16, tone.Rate/2)
	_, events := e.hear(pcm(silence, tone.Sine(600, 0.03, tone.Rate), silence))
	require.Empty(t, events, "a click is no speech")
	n, events := e.hear(pcm(tone.Sine(600, 0.6, tone.Rate), silence, silence))
	require.Equal(t, int(1.6*tone.Rate), n)
	require.Equal(t, []string{"speech_started", "partial", "speech_ended"}, events)
	hz, sure := e.tone()
	require.InDelta(t, 600, hz, 10)
	require.Greater(t, sure, 0.8)
}

func TestAServiceAnswers(t *testing.T) {
	s := &Service{Secret: "key", Intents: map[int]string{600: "bill"}}
	server := httptest.NewServer(s)
	defer server.Close()
	dial := func(key string) (*websocket.Conn, error) {
		conn, _, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http"), &websocket.DialOptions{
			HTTPHeader: http.Header{"Authorization": {"Bearer " + key}}, Subprotocols: []string{Subprotocol},
		})
		return conn, err
	}
	_, err := dial("another")
	require.Error(t, err)
	for encoding, want := range map[string]string{"pcm_s16le": "final", "mp3": "error"} {
		conn, err := dial("key")
		require.NoError(t, err)
		say := func(kind websocket.MessageType, b []byte) {
			require.NoError(t, conn.Write(context.Background(), kind, b))
		}
		say(websocket.MessageText, []byte(`{"event":"start","format":{"encoding":"`+encoding+`"}}`))
		if want == "final" {
			say(websocket.MessageBinary, pcm(tone.Sine(600, 0.2, tone.Rate)))
			say(websocket.MessageText, []byte(`{"event":"end","reason":"max"}`))
		}
		var last word
		for last.Event != want {
			_, b, err := conn.Read(context.Background())
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(b, &last))
		}
		require.Equal(t, map[string]string{"final": "bill", "error": ""}[want], last.Intent)
		require.NoError(t, conn.CloseNow())
	}
}

package app

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/call/live"
	"hotline/config"
	"hotline/recording"
	"hotline/recording/bucket"
	"hotline/recording/seal"
	"hotline/store"
	"hotline/web"
)

// recordingOptions is where recordings are made and how, by the node file.
func recordingOptions(node *config.Node, clock func() int64) recording.Options {
	return recording.Options{
		Dir: filepath.Join(node.Data, "recordings"), Clock: clock,
		Keys: recordingKeys(node), AnalysisCPU: node.Storage.AnalysisCPU, MostBytes: node.Storage.RecordingsMax,
	}
}

// recordingKeys keeps a nil key file from becoming keys that are not nil.
func recordingKeys(node *config.Node) seal.Keys {
	if k := node.Storage.RecordingKeys; k != nil {
		return k
	}
	return nil
}

// recordingStore is the bucket recordings are kept in; nil: they stay in their folder.
func recordingStore(node *config.Node) (recording.Objects, error) {
	if node.Storage.Recordings != config.RecordingS3 {
		return nil, nil //nolint:nilnil // there is none, which is no fault
	}
	s := node.Storage.S3
	return bucket.New(bucket.Options{
		Endpoint: s.Endpoint, Plain: s.Plain, Region: s.Region, Bucket: s.Bucket, Prefix: s.Prefix,
		AccessKey: s.AccessKey, SecretKey: s.SecretKey.Reveal(),
	})
}

// openArchive prepares what happens to recordings after their end.
func (a *App) openArchive() error {
	objects, err := recordingStore(a.node)
	if err != nil {
		return err
	}
	a.archive, err = recording.NewArchive(recording.ArchiveOptions{
		Recorder: a.recorder, Ledger: ledger{a}, Objects: objects, CPU: a.node.Storage.AnalysisCPU, Opus: a.node.Storage.Opus,
	}, a.log.Named("archive"), a.reg)
	if err != nil {
		return err
	}
	a.holds = recallHolds(a.store.Recovered().State[store.KindHold], a.log)
	a.janitor = &janitor{app: a}
	return nil
}

// ledger is the store, to the archive.
type ledger struct{ app *App }

// Recording gives the facts of a recording that has ended.
func (l ledger) Recording(ctx context.Context, id call.RecordingID) (call.RecordingFacts, error) {
	return l.app.store.Recording(ctx, id)
}

// Analysed keeps what was found out.
func (l ledger) Analysed(ctx context.Context, f call.RecordingFacts, s call.RecordingSound) error {
	return l.app.late(ctx, f.Call, call.RecordingAnalysed{Recording: f.ID, Sound: s})
}

// late adds an event to a call: by its actor while there is one, else behind its
// last event. One at a time, or two would take the same number.
func (a *App) late(ctx context.Context, id call.ID, ev call.Event) error {
	a.afterwards.Lock()
	defer a.afterwards.Unlock()
	if gone, err := a.answerOf(ctx, id, func(r live.Reply) live.Message { return live.Late{Event: ev, Reply: r} }); !gone {
		return err
	}
	_, events, err := a.store.Call(ctx, id)
	if err != nil {
		return err
	}
	last := events[len(events)-1]
	return a.store.Append(call.Envelope{
		Site: last.Site, Node: a.node.Name, Epoch: a.epoch, Call: id, Seq: last.Seq + 1, At: time.Now(), Event: ev,
	})
}

// holds are the recordings that may not be erased, whatever their age (legal hold).
type holds struct {
	mu   sync.Mutex
	held map[call.RecordingID]web.Hold
}

// mostHolds bounds them: each is kept in memory and in every snapshot.
const mostHolds = 100_000

func recallHolds(left map[string]json.RawMessage, log *zap.Logger) *holds {
	h := &holds{held: map[call.RecordingID]web.Hold{}}
	for id, raw := range left {
		var one web.Hold
		if err := json.Unmarshal(raw, &one); err != nil { // better held without a reason than erased
			log.Error("a stored legal hold can't be read; the recording is held", zap.String("recording", id), zap.Error(err))
		}
		h.held[call.RecordingID(id)] = one
	}
	return h
}

func (h *holds) of(id call.RecordingID) *web.Hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one, ok := h.held[id]; ok {
		return &one
	}
	return nil
}

func (h *holds) set(id call.RecordingID, one *web.Hold) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one == nil {
		delete(h.held, id)
		return nil
	}
	if len(h.held) >= mostHolds {
		return call.Errorf(call.CodeCapacity, "%d recordings are held already", mostHolds)
	}
	h.held[id] = *one
	return nil
}

// HoldRecording keeps a recording from being erased, or with nil lets it go again.
func (b backends) HoldRecording(_ context.Context, id call.RecordingID, one *web.Hold) error {
	b.janitor.mu.Lock() // so that it is not being erased this moment
	defer b.janitor.mu.Unlock()
	if err := b.holds.set(id, one); err != nil {
		return err
	}
	if one == nil {
		b.store.Delete(store.KindHold, string(id))
		return nil
	}
	b.store.Put(store.KindHold, string(id), one)
	return nil
}

// Held tells of a recording's hold; nil: none.
func (b backends) Held(id call.RecordingID) *web.Hold { return b.holds.of(id) }

// Peaks is a recording's wave picture.
func (b backends) Peaks(ctx context.Context, f call.RecordingFacts, points int) (web.Peaks, error) {
	p, err := b.archive.Peaks(ctx, f)
	if err != nil {
		return web.Peaks{}, err
	}
	p = p.Fewer(points)
	return web.Peaks{StepSeconds: p.Step.Seconds(), Left: numbers(p.Left), Right: numbers(p.Right)}, nil
}

func numbers(b []byte) []int {
	out := make([]int, len(b))
	for i, v := range b {
		out[i] = int(v)
	}
	return out
}

// Verify tells the places of a recording that are not as they were written.
func (b backends) Verify(ctx context.Context, f call.RecordingFacts) ([]web.Damage, error) {
	found, err := b.archive.Verify(ctx, f)
	out := []web.Damage{}
	for _, d := range found {
		out = append(out, web.Damage{Chunk: d.Chunk, Offset: d.Offset, Bytes: d.Bytes, Words: d.Error()})
	}
	if len(found) > 0 {
		b.metrics.damaged.Add(1)
		b.log.Error("a recording is damaged", zap.String("recording", string(f.ID)), zap.String("first", found[0].Error()))
	}
	return out, err
}

// Erase destroys a recording, unless it is held.
func (b backends) Erase(ctx context.Context, f call.RecordingFacts, by, reason string) error {
	return b.janitor.erase(ctx, f, by, reason)
}

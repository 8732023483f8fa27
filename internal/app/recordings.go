package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"hotline/call"
	"hotline/config"
	"hotline/recording"
	"hotline/recording/seal"
	"hotline/store"
)

// RecordingsOptions are what `hotline recordings` says. Words are as typed.
type RecordingsOptions struct {
	ConfigPath string
	ID         string // one recording; empty: all of the span
	From, To   string
	Stdout     io.Writer
}

// NewRecordingKey makes a line of a key file.
func NewRecordingKey(name string) (string, error) {
	line := seal.NewKey(name)
	if _, err := seal.ParseKeys(line); err != nil {
		return "", wrong(err)
	}
	return line, nil
}

// openRecordings is an archive over a node's recordings that does nothing by itself.
func openRecordings(o RecordingsOptions) (*recording.Archive, *config.Node, *config.Site, func() error, error) {
	node, site, err := config.Load(o.ConfigPath, checkedAgainst())
	if err != nil {
		return nil, nil, nil, nil, tell(o.Stdout, err)
	}
	reg := prometheus.NewRegistry()
	r, err := recording.New(recordingOptions(node, func() int64 { return time.Now().UnixNano() }), zap.NewNop(), reg)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	done := func() error { return r.Close(context.Background()) }
	objects, err := recordingStore(node)
	if err != nil {
		return nil, nil, nil, nil, errors.Join(err, done())
	}
	a, err := recording.NewArchive(recording.ArchiveOptions{Recorder: r, Objects: objects}, zap.NewNop(), reg)
	if err != nil {
		return nil, nil, nil, nil, errors.Join(err, done())
	}
	return a, node, site, done, nil
}

// Rekey has the keys of all recordings wrapped by the first key, whether the node runs or not.
func Rekey(ctx context.Context, o RecordingsOptions) (err error) {
	a, node, _, done, err := openRecordings(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if node.Storage.RecordingKeys == nil {
		return wrong(errors.New("the node file has no storage.recording_keys"))
	}
	files := 0
	err = a.Rekey(ctx, func(string) { files++ })
	_, told := fmt.Fprintf(o.Stdout, "%d files wrapped by key %s\n", files, node.Storage.RecordingKeys.Current())
	return errors.Join(err, told)
}

// VerifyRecordings reads recordings whole and names what is not as it was written.
func VerifyRecordings(ctx context.Context, o RecordingsOptions) (err error) {
	a, node, site, done, err := openRecordings(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	r, err := store.OpenReader(node.Data)
	if err != nil {
		return wrong(err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	span := ReportOptions{From: o.From, To: o.To, Interval: time.Hour}
	from, to, err := span.span(time.Now(), site.Zone)
	if err != nil {
		return wrong(err)
	}
	if o.ID != "" {
		from, to = time.UnixMilli(0), time.Now()
	}
	v := verification{a: a, out: o.Stdout}
	err = r.Recordings(ctx, from, to, call.RecordingID(o.ID), func(f call.RecordingFacts) error { return v.one(ctx, f) })
	if err != nil {
		return err
	}
	if o.ID != "" && v.read == 0 {
		return wrong(fmt.Errorf("there is no recording %q", o.ID))
	}
	if _, err := fmt.Fprintf(o.Stdout, "%d recordings read, %d not as they were written\n", v.read, v.bad); err != nil {
		return err
	}
	if v.bad > 0 {
		return wrong(fmt.Errorf("%d recordings are damaged or missing", v.bad))
	}
	return nil
}

// verification counts.
type verification struct {
	a         *recording.Archive
	out       io.Writer
	read, bad int
}

func (v *verification) one(ctx context.Context, f call.RecordingFacts) error {
	if f.Erased != nil || f.Path == "" {
		return nil
	}
	v.read++
	found, err := v.a.Verify(ctx, f)
	if err != nil && ctx.Err() != nil {
		return err
	}
	if err == nil && len(found) == 0 {
		return nil
	}
	v.bad++
	if err != nil {
		_, err = fmt.Fprintf(v.out, "%s: %v\n", f.ID, err)
	}
	for _, d := range found {
		_, more := fmt.Fprintf(v.out, "%s: %v\n", f.ID, d)
		err = errors.Join(err, more)
	}
	return err
}

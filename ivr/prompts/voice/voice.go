// Package voice turns texts into sound files (text-to-speech) by a provider that the node file names: a command,
// as espeak-ng, or an HTTP service. What was rendered is kept on the disk by engine, text, voice and language.
package voice

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"hotline/call"
)

// MaxSound bounds the file a provider may give, MaxText a text, in bytes.
const (
	MaxSound = 16 << 20
	MaxText  = 2000
)

// Text is what is to be said.
type Text struct {
	Text     string `json:"text"`
	Language string `json:"language"` // zh or en
	Voice    string `json:"voice"`    // as the engine names it
}

// Provider renders a text as a sound file of any kind that media/soundfile reads. It keeps to the context's time.
type Provider interface {
	Speak(context.Context, Text) ([]byte, error)
}

// Options are what a Voice needs.
type Options struct {
	Dir      string // of what was rendered; made if it is not there
	Engine   string // names the provider in the keys: another one renders anew
	Provider Provider
	Timeout  time.Duration // of one text
	AtOnce   int           // texts that are rendered at a time
	MaxBytes int64         // of Dir; what was not used for longest goes first
}

// Voice renders texts and keeps what it has rendered. It may be used by many goroutines.
type Voice struct {
	o     Options
	slots chan struct{}
	tidy  sync.Mutex // one looks for what has to go
}

// New makes a Voice.
func New(o Options) *Voice { return &Voice{o: o, slots: make(chan struct{}, max(o.AtOnce, 1))} }

// Sound is a text as a sound file, rendered at most once. call.CodeUnavailable: the provider could not, with why.
func (v *Voice) Sound(ctx context.Context, t Text) ([]byte, error) {
	if b := v.kept(t); b != nil {
		return b, nil
	}
	b, err := v.speak(ctx, t)
	if err != nil {
		return nil, err
	}
	return b, v.keep(t, b)
}

// kept is what was rendered before; nil: it is not there.
func (v *Voice) kept(t Text) []byte {
	file := filepath.Join(v.o.Dir, v.key(t))
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(file, now, now) // it is used: only the order in which files go depends on it
	return b
}

// speak has the provider render a text, in its turn.
func (v *Voice) speak(ctx context.Context, t Text) ([]byte, error) {
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-ctx.Done():
		return nil, call.Errorf(call.CodeUnavailable, "the text was not rendered in time: %w", ctx.Err())
	}
	within, cancel := context.WithTimeout(ctx, v.o.Timeout)
	defer cancel()
	b, err := v.o.Provider.Speak(within, t)
	switch {
	case within.Err() != nil && err != nil:
		return nil, call.Errorf(call.CodeUnavailable, "the text was not rendered within %v: %w", v.o.Timeout, err)
	case err != nil:
		return nil, call.Errorf(call.CodeUnavailable, "the text could not be rendered: %w", err)
	case len(b) == 0:
		return nil, call.Errorf(call.CodeUnavailable, "the text was rendered as nothing at all")
	}
	return b, nil
}

// key names what was rendered: the same engine, text, voice and language.
func (v *Voice) key(t Text) string {
	h := sha256.New()
	e := json.NewEncoder(h)
	_ = errors.Join(e.Encode(v.o.Engine), e.Encode(t)) // of texts: can't fail
	return hex.EncodeToString(h.Sum(nil)) + ".sound"
}

// keep writes a file as a whole, and makes room.
func (v *Voice) keep(t Text, b []byte) error {
	file := filepath.Join(v.o.Dir, v.key(t))
	if err := os.MkdirAll(v.o.Dir, 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(v.o.Dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return v.makeRoom()
}

// makeRoom removes what was not used for longest until the folder is as small as it has to be.
func (v *Voice) makeRoom() error {
	v.tidy.Lock()
	defer v.tidy.Unlock()
	entries, err := os.ReadDir(v.o.Dir)
	if err != nil {
		return err
	}
	var infos []fs.FileInfo
	total := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // another one has just removed it
		}
		infos, total = append(infos, info), total+info.Size()
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	for _, info := range infos[:max(len(infos)-1, 0)] { // the newest stays
		if total <= v.o.MaxBytes {
			break
		}
		if err := os.Remove(filepath.Join(v.o.Dir, info.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("old sounds of texts can't be removed: %w", err)
		}
		total -= info.Size()
	}
	return nil
}

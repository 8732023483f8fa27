package deck

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kept is a file that is done.
type kept struct {
	name  string
	bytes int64
	ended time.Time // last written to
}

// room erases what is older than it may be, then the oldest until all fit into
// what they may have and the disk keeps its reserve. The error says why nothing may be written.
func (d *Deck) room(now time.Time) error {
	files, err := d.files()
	if err != nil {
		return err
	}
	limit := d.o.Max - d.fileMost()
	total := int64(0)
	if d.reel != nil {
		total, limit = d.reel.disk.n, d.o.Max
	}
	for _, f := range files {
		total += f.bytes
	}
	for _, f := range files { // the oldest first
		free, err := freeBytes(d.o.Dir)
		if err != nil {
			return err
		}
		if now.Sub(f.ended) < d.o.Keep && total <= limit && free >= d.o.Reserve {
			break
		}
		if err := os.Remove(f.name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		total -= f.bytes
	}
	free, err := freeBytes(d.o.Dir)
	if err == nil && free < d.o.Reserve {
		err = fmt.Errorf("the disk of %s has %d MiB free; %d MiB are left to the journal", d.o.Dir, free>>20, d.o.Reserve>>20)
	}
	return err
}

// files lists the files that are done, the oldest first.
func (d *Deck) files() ([]kept, error) {
	entries, err := os.ReadDir(d.o.Dir) // by name, hence by time
	if err != nil {
		return nil, err
	}
	var files []kept
	for _, e := range entries {
		name := filepath.Join(d.o.Dir, e.Name())
		if !strings.HasSuffix(name, Suffix) || d.reel != nil && name == d.reel.name {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone meanwhile
		}
		files = append(files, kept{name, info.Size(), info.ModTime()})
	}
	return files, nil
}

// freeBytes is what the disk of a folder has left for this process.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("the disk of %s: %w", dir, err)
	}
	return int64(float64(s.Bavail) * float64(s.Bsize)), nil
}

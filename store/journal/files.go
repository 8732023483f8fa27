package journal

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Files is what the journal asks of a file system. Tests let it fail.
type Files interface {
	// Create makes a new file for appending; one that exists is an error.
	Create(path string) (File, error)
	Open(path string) (ReadFile, error)
	// List gives the names and sizes in a folder, making it if it is not there.
	List(dir string) (map[string]int64, error)
	Truncate(path string, size int64) error
	Remove(path string) error
	// SyncDir makes creations and removals in a folder durable.
	SyncDir(dir string) error
}

// File is a segment being written.
type File interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// ReadFile is a segment being read.
type ReadFile interface {
	io.ReadSeekCloser
}

// Disk is the operating system's files.
type Disk struct{}

// Create makes a new file, readable by its owner alone: it holds customers' numbers.
func (Disk) Create(path string) (File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
}

// Open opens a file for reading.
func (Disk) Open(path string) (ReadFile, error) { return os.Open(path) }

// List gives names and sizes of a folder's files.
func (Disk) List(dir string) (map[string]int64, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := make(map[string]int64, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		files[e.Name()] = info.Size()
	}
	return files, nil
}

// Truncate cuts a file.
func (Disk) Truncate(path string, size int64) error { return os.Truncate(path, size) }

// Remove deletes a file.
func (Disk) Remove(path string) error { return os.Remove(path) }

// SyncDir syncs a folder.
func (Disk) SyncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package recording

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"sync"
	"time"
)

var errCrash = errors.New("the machine is gone")

// memFolder is a folder in memory that can fail, or die, at any operation.
type memFolder struct {
	mu      sync.Mutex
	files   map[string]*memFile
	ops     int
	crashAt int                                // the operation at which everything ends; 0 never
	partial float64                            // the share of its bytes that the crashing write still makes
	fail    func(op, name string, n int) error // nil never
}

type memFile struct {
	dir  *memFolder
	name string
	data []byte
}

func newMemFolder() *memFolder { return &memFolder{files: map[string]*memFile{}} }

// step counts an operation and tells whether it may happen.
func (m *memFolder) step(op, name string, n int) error {
	if m.crashAt > 0 && m.ops >= m.crashAt {
		return errCrash
	}
	m.ops++
	if m.ops == m.crashAt {
		return errCrash
	}
	if m.fail != nil {
		return m.fail(op, name, n)
	}
	return nil
}

// after is what a restart finds.
func (m *memFolder) after() *memFolder {
	next := newMemFolder()
	for name, f := range m.files {
		next.files[name] = &memFile{dir: next, name: name, data: append([]byte(nil), f.data...)}
	}
	return next
}

func (m *memFolder) create(name string) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.step("create", name, 0); err != nil {
		return nil, err
	}
	if m.files[name] != nil {
		return nil, fs.ErrExist
	}
	f := &memFile{dir: m, name: name}
	m.files[name] = f
	return f, nil
}

func (m *memFolder) open(name string) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] == nil {
		return nil, fs.ErrNotExist
	}
	return m.files[name], nil
}

func (m *memFolder) rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.step("rename", from, 0); err != nil {
		return err
	}
	m.files[to] = m.files[from]
	m.files[to].name = to
	delete(m.files, from)
	return nil
}

func (m *memFolder) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] == nil {
		return fs.ErrNotExist
	}
	if err := m.step("remove", name, 0); err != nil {
		return err
	}
	delete(m.files, name)
	return nil
}

func (m *memFolder) taken(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[name] != nil
}

func (m *memFolder) holds(name string, f file) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] != f.(*memFile) {
		return fs.ErrNotExist
	}
	return nil
}

func (m *memFolder) names() []string {
	var all []string
	for name := range maps.Keys(m.files) {
		all = append(all, name)
	}
	return all
}

func (f *memFile) ReadAt(b []byte, at int64) (int, error) {
	if at >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.data[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(b []byte, at int64) (int, error) {
	f.dir.mu.Lock()
	defer f.dir.mu.Unlock()
	alive := f.dir.crashAt == 0 || f.dir.ops < f.dir.crashAt
	if err := f.dir.step("write", f.name, len(b)); err != nil {
		n := 0
		// A header is far less than a page and is written whole or not at all.
		if alive && errors.Is(err, errCrash) && at > 0 {
			n = int(f.dir.partial * float64(len(b)))
		}
		f.put(b[:n], at)
		return n, err
	}
	f.put(b, at)
	return len(b), nil
}

func (f *memFile) put(b []byte, at int64) {
	if end := int(at) + len(b); end > len(f.data) {
		f.data = append(f.data, make([]byte, end-len(f.data))...)
	}
	copy(f.data[at:], b)
}

func (f *memFile) Truncate(n int64) error {
	f.data = f.data[:n]
	return nil
}
func (f *memFile) Close() error               { return nil }
func (f *memFile) Sync() error                { return nil }
func (f *memFile) Stat() (os.FileInfo, error) { return memInfo{f}, nil }

type memInfo struct{ f *memFile }

func (i memInfo) Name() string       { return i.f.name }
func (i memInfo) Size() int64        { return int64(len(i.f.data)) }
func (i memInfo) Mode() fs.FileMode  { return 0o600 }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return false }
func (i memInfo) Sys() any           { return i.f }

package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"
)

// disk is the recordings folder on a disk.
type disk struct {
	root *os.Root
	near *nearby
}

// nearby is the folder in which files were made last, held open: a day's
// recordings lie in one, and looking it up anew from the root takes longer than
// making a file in it. It is a shortcut to make files by, never a way to find them.
type nearby struct {
	mu   sync.Mutex
	name string
	root *os.Root // nil: none; closed by the garbage collector, since others may be in it
}

// openDisk opens the folder, which it makes if need be.
func openDisk(dir string) (disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return disk{}, fmt.Errorf("recordings folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return disk{}, fmt.Errorf("recordings folder: %w", err)
	}
	return disk{root, &nearby{}}, nil
}

// in gives a file's folder and its name there.
func (d disk) in(name string) (*os.Root, string) {
	dir, base := path.Split(name)
	d.near.mu.Lock()
	defer d.near.mu.Unlock()
	if d.near.root == nil || d.near.name != dir {
		r, err := d.root.OpenRoot(path.Clean(dir))
		if err != nil {
			return d.root, name // it tells what is wrong
		}
		d.near.name, d.near.root = dir, r
	}
	return d.near.root, base
}

// forget has the folder looked up again: it may have been moved or removed.
func (d disk) forget() {
	d.near.mu.Lock()
	defer d.near.mu.Unlock()
	d.near.root = nil
}

func (d disk) create(name string) (file, error) {
	const flags, mode = os.O_RDWR | os.O_CREATE | os.O_EXCL, 0o600
	dir, base := d.in(name)
	f, err := dir.OpenFile(base, flags, mode)
	if errors.Is(err, fs.ErrNotExist) { // the first of a day, or the folder was removed
		d.forget()
		if err = d.root.MkdirAll(path.Dir(name), 0o700); err == nil {
			f, err = d.root.OpenFile(name, flags, mode)
		}
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d disk) open(name string) (file, error) {
	f, err := d.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// rename gives a file that was just made its name, in the same folder.
func (d disk) rename(from, to string) error {
	dir, base := d.in(to)
	if dir != d.root {
		if err := dir.Rename(path.Base(from), base); err == nil {
			return nil
		}
		d.forget()
	}
	return d.root.Rename(from, to)
}

func (d disk) remove(name string) error              { return d.root.Remove(name) }
func (d disk) stat(name string) (os.FileInfo, error) { return d.root.Lstat(name) }

// taken tells whether a name in the folder that files are made in is taken.
func (d disk) taken(name string) bool {
	dir, base := d.in(name)
	_, err := dir.Lstat(base)
	return err == nil
}

// holds tells why a name no longer leads to a file, if so: a recording whose
// file was deleted or replaced can be written to its end, into nothing.
func (d disk) holds(name string, f file) error {
	named, err := d.stat(name)
	if err != nil {
		d.forget()
		return err
	}
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(named, ours) {
		d.forget()
		return fmt.Errorf("%s was replaced by another file", path.Base(name))
	}
	return nil
}

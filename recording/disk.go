package recording

import (
	"fmt"
	"os"
	"path"
)

// disk is the recordings folder on a disk.
type disk struct{ root *os.Root }

// openDisk opens the folder, which it makes if need be.
func openDisk(dir string) (disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return disk{}, fmt.Errorf("recordings folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return disk{}, fmt.Errorf("recordings folder: %w", err)
	}
	return disk{root}, nil
}

func (d disk) create(name string) (file, error) {
	if err := d.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
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

func (d disk) rename(from, to string) error          { return d.root.Rename(from, to) }
func (d disk) remove(name string) error              { return d.root.Remove(name) }
func (d disk) stat(name string) (os.FileInfo, error) { return d.root.Lstat(name) }

// holds tells why a name no longer leads to a file, if so: a recording whose
// file was deleted or replaced can be written to its end, into nothing.
func (d disk) holds(name string, f file) error {
	named, err := d.stat(name)
	if err != nil {
		return err
	}
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(named, ours) {
		return fmt.Errorf("%s was replaced by another file", path.Base(name))
	}
	return nil
}

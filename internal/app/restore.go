package app

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hotline/config"
)

// RestoreOptions are what `hotline restore` says.
type RestoreOptions struct {
	ConfigPath string // node file; if it is not there it comes from the backup
	File       string
	Stdout     io.Writer
}

// restoringDir is where a backup is laid out within the data folder; as long as
// it is there the folder is not whole, and no node starts on it.
const restoringDir = ".restoring"

// maxNodeFile bounds a node file in a backup.
const maxNodeFile = 8 << 20

// Restore puts a backup into an empty data folder; the site and the node file
// as well, where there are none. Nothing is in its place before all of it has been checked.
func Restore(o RestoreOptions) (err error) {
	text, err := nodeFileOf(o)
	if err != nil {
		return wrong(err)
	}
	node, err := config.ReadNode(o.ConfigPath, text)
	if err != nil {
		return tell(o.Stdout, err)
	}
	if err := emptyFolder(node.Data); err != nil {
		return wrong(err)
	}
	staged := filepath.Join(node.Data, restoringDir)
	if err := os.MkdirAll(staged, 0o700); err != nil {
		return err
	}
	m, err := layOut(o.File, staged)
	if err != nil {
		return errors.Join(wrong(fmt.Errorf("%s: %w", o.File, err)), os.RemoveAll(staged))
	}
	notes, err := settle(o, node, staged, text)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(staged); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Stdout, "%s of %s, made %s by %s, is in %s\n%s", o.File, m.Node, m.Made.Format("2006-01-02 15:04:05"), m.By, node.Data, notes)
	return err
}

// nodeFileOf is the node file where it lies, else the backup's.
func nodeFileOf(o RestoreOptions) ([]byte, error) {
	text, err := os.ReadFile(o.ConfigPath)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	f, err := os.Open(o.File)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.File, err)
	}
	in := tar.NewReader(unpacked)
	first, err := in.Next()
	if err != nil || first.Name != backupNode {
		return nil, fmt.Errorf("%s is not there, and %s brings none", o.ConfigPath, o.File)
	}
	return io.ReadAll(io.LimitReader(in, maxNodeFile))
}

// emptyFolder refuses a folder that has something in it.
func emptyFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty (%s is in it): a backup is restored into an empty data folder only", dir, entries[0].Name())
	}
	return err
}

// layOut writes a backup's files into a folder and checks each against the manifest.
func layOut(name, dir string) (*manifest, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for in := tar.NewReader(unpacked); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it has no manifest: it is not whole")
		}
		if err != nil {
			return nil, err
		}
		if h.Name == backupManifest {
			return checked(in, sums)
		}
		if !fs.ValidPath(h.Name) || h.Typeflag != tar.TypeReg {
			return nil, fmt.Errorf("%q is no file of a backup", h.Name)
		}
		if sums[h.Name], err = writeOut(in, filepath.Join(dir, filepath.FromSlash(h.Name)), h.Size); err != nil {
			return nil, err
		}
	}
}

// writeOut writes one file and gives its checksum.
func writeOut(in io.Reader, name string, size int64) (string, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return "", err
	}
	out, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.CopyN(io.MultiWriter(out, sum), in, size)
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, out.Sync(), out.Close())
}

// checked compares what has been written with the manifest.
func checked(in io.Reader, sums map[string]string) (*manifest, error) {
	var m manifest
	if err := json.NewDecoder(in).Decode(&m); err != nil {
		return nil, fmt.Errorf("its manifest can't be read: %w", err)
	}
	if m.Version != backupVersion {
		return nil, fmt.Errorf("it has version %d; this program reads %d", m.Version, backupVersion)
	}
	for name, sum := range m.Files {
		switch {
		case sums[name] == "":
			return nil, fmt.Errorf("%s is missing", name)
		case sums[name] != sum:
			return nil, fmt.Errorf("%s is damaged: its checksum is another", name)
		}
	}
	if len(m.Files) != len(sums) {
		return nil, errors.New("there is more in it than its manifest says")
	}
	return &m, nil
}

// settle moves what was laid out to its places, and notes what it left alone.
func settle(o RestoreOptions, node *config.Node, staged string, text []byte) (notes string, err error) {
	var b strings.Builder
	site := filepath.Join(staged, backupSite)
	switch _, err := os.Stat(site); {
	case err != nil:
		b.WriteString("note: the backup has no site: its node served the example within the binary\n")
	case emptyFolder(node.Site) != nil:
		fmt.Fprintf(&b, "note: %s has a site, which stays; the backup's is left out\n", node.Site)
	default:
		if err := errors.Join(os.MkdirAll(node.Site, 0o750), moveAll(site, node.Site)); err != nil {
			return "", err
		}
	}
	if old, err := os.ReadFile(o.ConfigPath); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(o.ConfigPath, text, 0o600); err != nil {
			return "", err
		}
	} else if saved, err := os.ReadFile(filepath.Join(staged, backupNode)); err == nil && !bytes.Equal(old, saved) {
		fmt.Fprintf(&b, "note: %s stays as it is; the backup's differs\n", o.ConfigPath)
	}
	return b.String(), moveAll(filepath.Join(staged, backupData), node.Data)
}

// moveAll moves what is in a folder into another, by renaming where that goes.
func moveAll(from, to string) error {
	return filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o750)
		}
		return moveFile(name, filepath.Join(to, rel))
	})
}

// moveFile renames, or copies where the folders lie on other disks.
func moveFile(from, to string) (err error) {
	if err := os.Rename(from, to); err == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	_, err = writeOut(in, to, info.Size())
	return err
}

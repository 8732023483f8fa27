package app

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"hotline/call"
	"hotline/config"
	"hotline/store"
)

// BackupOptions are what `hotline backup` says.
type BackupOptions struct {
	ConfigPath string // node file
	File       string // to be written; must not be there
	Recordings bool   // with the sound
	Version    string
	Stdout     io.Writer
}

// A backup is a gzipped tar: the node file, the site, the data, and at the end a
// manifest with the checksum of each, without which it is not whole.
const (
	backupVersion  = 1
	backupNode     = "hotline.yaml"
	backupSite     = "site"
	backupData     = "data"
	backupManifest = "MANIFEST.json"
)

// manifest is what a backup says of itself.
type manifest struct {
	Version    int               `json:"version"`
	Made       time.Time         `json:"made"`
	By         string            `json:"by"` // the program's version
	Node       string            `json:"node"`
	Recordings bool              `json:"recordings"`
	Files      map[string]string `json:"files"` // SHA-256 by name
}

// Backup writes everything a node holds into a file, whether it runs or not.
func Backup(ctx context.Context, o BackupOptions) (err error) {
	node, err := config.LoadNode(o.ConfigPath)
	if o.ConfigPath == "" {
		node, _, err = config.Load("", checkedAgainst())
	}
	if err != nil {
		return tell(o.Stdout, err)
	}
	if _, err := os.Lstat(o.File); err == nil {
		return wrong(fmt.Errorf("%s is there already; name a file that is not", o.File))
	}
	staged := o.File + ".parts"
	if err := os.Mkdir(staged, 0o700); err != nil {
		return wrong(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staged)) }()
	if err := store.Copy(ctx, node.Data, staged); err != nil {
		if call.CodeOf(err) == call.CodeNotFound {
			return wrong(err)
		}
		return err
	}
	part := filepath.Join(staged, "backup")
	w, err := createBackup(part, manifest{Version: backupVersion, Made: time.Now().UTC(), By: o.Version, Node: node.Name, Recordings: o.Recordings})
	if err != nil {
		return err
	}
	if err := errors.Join(w.node(ctx, o, node, staged), w.close()); err != nil {
		return err
	}
	if err := os.Link(part, o.File); err != nil { // never over a file that is there
		return err
	}
	info, err := os.Stat(o.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Stdout, "%s: node %s, %d files, %d MiB\n", o.File, node.Name, len(w.m.Files), info.Size()>>20)
	return err
}

// backup is one being written.
type backup struct {
	file *os.File
	pack *gzip.Writer
	tar  *tar.Writer
	m    manifest
}

func createBackup(name string, m manifest) (*backup, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	m.Files = map[string]string{}
	w := &backup{file: f, m: m}
	if w.pack, err = gzip.NewWriterLevel(f, gzip.BestSpeed); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w.tar = tar.NewWriter(w.pack)
	return w, nil
}

// node adds all there is: the node file first, which says where the rest belongs.
func (w *backup) node(ctx context.Context, o BackupOptions, node *config.Node, staged string) error {
	if o.ConfigPath != "" {
		if err := w.add(o.ConfigPath, backupNode); err != nil {
			return err
		}
		if err := w.tree(ctx, node.Site, backupSite); err != nil {
			return err
		}
	}
	if err := w.tree(ctx, filepath.Join(staged, "journal"), path.Join(backupData, "journal")); err != nil {
		return err
	}
	if err := w.add(filepath.Join(staged, "hotline.db"), path.Join(backupData, "hotline.db")); err != nil || !o.Recordings {
		return err
	}
	err := w.tree(ctx, filepath.Join(node.Data, "recordings"), path.Join(backupData, "recordings"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // none yet
	}
	return err
}

// tree adds a folder's files.
func (w *backup) tree(ctx context.Context, dir, as string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if !e.Type().IsRegular() {
			return nil
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		err = w.add(name, path.Join(as, filepath.ToSlash(rel)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // erased meanwhile, its time was over
		}
		return err
	})
}

// add adds a file, as long as it is now: one that is being written has more later.
func (w *backup) add(name, as string) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.tar.WriteHeader(&tar.Header{Name: as, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime(), Format: tar.FormatPAX}); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w.tar, sum), f, info.Size()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.m.Files[as] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// close writes the manifest and lets the disk have it all.
func (w *backup) close() error {
	text, err := json.MarshalIndent(w.m, "", " ")
	if err == nil {
		err = w.tar.WriteHeader(&tar.Header{Name: backupManifest, Mode: 0o600, Size: int64(len(text)), ModTime: w.m.Made})
	}
	if err == nil {
		_, err = w.tar.Write(text)
	}
	return errors.Join(err, w.tar.Close(), w.pack.Close(), w.file.Sync(), w.file.Close())
}

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"hotline/call"
)

// Several files can't be replaced in one go, and a crash in between must not
// leave half of a new site. So the new documents are written beside the old ones, into a folder that
// becomes valid by one rename; whoever reads the site from then on reads them. Then they are moved
// to their places, which a start does again if it was not finished.
const (
	stagedDir  = ".staged"    // being written; worth nothing
	nextDir    = ".next"      // valid: its list names the site's documents, those not in it have been moved
	listName   = ".documents" // in nextDir
	fileMode   = 0o640        // of new documents; those there keep their own
	dirMode    = 0o750        //
	maxNames   = 1000         // documents of a site
	maxNameLen = 100          //
	badName    = "a file name as queues.yaml: letters, digits, _ - and ., ending in .yaml or .yml"
)

// files is the disk, or a test's that breaks off.
type files interface {
	Mkdir(name string) error
	Write(name, text string, mode fs.FileMode) error // synced
	Rename(from, to string) error
	Remove(name string) error
	Sync(dir string) error
}

// WriteSite makes the documents the site of a folder: all of them, or, whatever
// happens, none. Other YAML files of the folder are removed, prompts stay. call.CodeConflict: the folder can't be written.
func WriteSite(dir string, docs []Document) error { return writeSite(disk{}, dir, docs) }

// RefusedWrite says of an error of the disk that the folder can't be written by this node, where that is it: call.CodeConflict.
func RefusedWrite(err error) error {
	if err == nil {
		return nil
	}
	return refusedWrite(err)
}

func writeSite(d files, dir string, docs []Document) error {
	if err := finishSite(d, dir); err != nil {
		return refusedWrite(err)
	}
	staged := filepath.Join(dir, stagedDir)
	if err := stage(d, dir, staged, docs); err != nil {
		return refusedWrite(err)
	}
	if err := d.Rename(staged, filepath.Join(dir, nextDir)); err != nil {
		return refusedWrite(err)
	}
	if err := d.Sync(dir); err != nil { // from here on the site is the new one
		return err
	}
	return finishSite(d, dir)
}

// stage writes the documents and the list of them.
func stage(d files, dir, staged string, docs []Document) error {
	if err := clearDir(d, staged); err != nil {
		return err
	}
	if err := d.Mkdir(staged); err != nil {
		return err
	}
	names := make([]string, 0, len(docs))
	for _, doc := range docs {
		mode := fs.FileMode(fileMode)
		if info, err := os.Stat(filepath.Join(dir, doc.Name)); err == nil {
			mode = info.Mode().Perm()
		}
		if err := d.Write(filepath.Join(staged, doc.Name), doc.Text, mode); err != nil {
			return err
		}
		names = append(names, doc.Name)
	}
	if err := d.Write(filepath.Join(staged, listName), strings.Join(names, "\n")+"\n", fileMode); err != nil {
		return err
	}
	return d.Sync(staged)
}

// FinishSite moves documents to their places that an earlier WriteSite had no
// time to. Reading a site needs no such thing; it is done before a site is written, and at a start.
func FinishSite(dir string) error { return finishSite(disk{}, dir) }

func finishSite(d files, dir string) error {
	next := filepath.Join(dir, nextDir)
	names, err := listed(os.DirFS(dir), ".")
	if err != nil {
		return err
	}
	if names == nil {
		return clearDir(d, next)
	}
	old, err := documentNames(os.DirFS(dir), ".")
	if err != nil {
		return err
	}
	for _, name := range old {
		if !slices.Contains(names, name) {
			if err := d.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		err := d.Rename(filepath.Join(next, name), filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // moved already
			return err
		}
	}
	if err := d.Sync(dir); err != nil {
		return err
	}
	return clearDir(d, next)
}

// clearDir removes a folder of documents, the list first: without it the folder is worth nothing.
func clearDir(d files, dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries { // by name: that of the list begins with a dot
		if err := d.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return d.Remove(dir)
}

// listed are the documents of a site that has been written and not moved to its
// place in full; nil: there is none.
func listed(fsys fs.FS, dir string) ([]string, error) {
	text, err := fs.ReadFile(fsys, path.Join(dir, nextDir, listName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := strings.Fields(string(text))
	for _, name := range names {
		if !documentName(name) {
			return nil, fmt.Errorf("%s names %q, which is no document", path.Join(nextDir, listName), name)
		}
	}
	return append([]string{}, names...), nil
}

// documentNames lists the YAML files in place.
func documentNames(fsys fs.FS, dir string) (names []string, err error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() && !strings.HasPrefix(name, ".") && (path.Ext(name) == ".yaml" || path.Ext(name) == ".yml") {
			names = append(names, name)
		}
	}
	return names, nil
}

// readDocument reads a document where it is.
func readDocument(fsys fs.FS, dir, name string, next bool) ([]byte, error) {
	if next {
		content, err := fs.ReadFile(fsys, path.Join(dir, nextDir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return content, err
		}
	}
	return fs.ReadFile(fsys, path.Join(dir, name))
}

// documentName tells whether a name is one that WriteSite takes.
func documentName(name string) bool {
	if name == "" || len(name) > maxNameLen || name[0] == '.' || path.Ext(name) != ".yaml" && path.Ext(name) != ".yml" {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.'
	})
}

// CheckNames says what is wrong with the documents' names.
func CheckNames(docs []Document) error {
	seen := map[string]bool{}
	for _, d := range docs {
		switch {
		case !documentName(d.Name):
			return call.Errorf(call.CodeInvalid, "%q can't be a document of the site; give %s", clip(d.Name), badName)
		case seen[d.Name]:
			return call.Errorf(call.CodeInvalid, "%s is there twice", d.Name)
		}
		seen[d.Name] = true
	}
	if len(docs) == 0 || len(docs) > maxNames {
		return call.Errorf(call.CodeInvalid, "a site has 1 to %d documents", maxNames)
	}
	return nil
}

// refusedWrite tells a folder that may not be written from a disk that fails.
func refusedWrite(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return call.Errorf(call.CodeConflict, "the site folder can't be written by this node; change the files where they come from and send SIGHUP (%w)", err)
	}
	return fmt.Errorf("writing the site: %w", err)
}

// disk is the real one.
type disk struct{}

func (disk) Mkdir(name string) error      { return os.Mkdir(name, dirMode) }
func (disk) Rename(from, to string) error { return os.Rename(from, to) }
func (disk) Remove(name string) error     { return os.Remove(name) }

func (disk) Write(name, text string, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

func (disk) Sync(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

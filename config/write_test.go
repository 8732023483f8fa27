package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/call"
)

var errKilled = errors.New("killed")

// breaking is a disk that is gone after so many doings, one of them half done.
type breaking struct {
	disk
	left int
}

func (b *breaking) gone() bool {
	b.left--
	return b.left < 0
}

func (b *breaking) Mkdir(name string) error {
	if b.gone() {
		return errKilled
	}
	return b.disk.Mkdir(name)
}

func (b *breaking) Write(name, text string, mode fs.FileMode) error {
	if b.gone() {
		return errors.Join(errKilled, os.WriteFile(name, []byte(text[:len(text)/2]), mode))
	}
	return b.disk.Write(name, text, mode)
}

func (b *breaking) Rename(from, to string) error {
	if b.gone() {
		return errKilled
	}
	return b.disk.Rename(from, to)
}

func (b *breaking) Remove(name string) error {
	if b.gone() {
		return errKilled
	}
	return b.disk.Remove(name)
}

func (b *breaking) Sync(dir string) error {
	if b.gone() {
		return errKilled
	}
	return b.disk.Sync(dir)
}

func writeAll(t *testing.T, dir string, docs []Document) {
	t.Helper()
	for _, d := range docs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, d.Name), []byte(d.Text), 0o600))
	}
}

// A node killed at any moment of writing a site leaves the old one or the new
// one to whoever reads it, and the next start, or the next writing, tidies up.
func TestASiteIsWrittenWholeOrNotAtAll(t *testing.T) {
	old := []Document{{"a.yaml", "old a"}, {"b.yaml", "old b"}, {"gone.yml", "old"}}
	next := []Document{{"a.yaml", "new a"}, {"b.yaml", "new b"}, {"c.yaml", "new c"}}
	other := []Document{{"z.yaml", "other"}}
	for _, tidy := range []string{"start", "write", "killed again"} {
		news := 0
		for n := 0; ; n++ {
			dir := t.TempDir()
			writeAll(t, dir, old)
			require.NoError(t, os.Mkdir(filepath.Join(dir, "prompts"), 0o755))
			b := &breaking{left: n}
			err := writeSite(b, dir, next)
			got, rerr := readDocuments(os.DirFS(dir), ".")
			require.NoError(t, rerr)
			if err != nil {
				require.ErrorIs(t, err, errKilled)
				require.Contains(t, [][]Document{old, next}, got, "after %d doings", n)
			} else {
				require.Equal(t, next, got)
			}
			if got[0].Text == "new a" {
				news++
			}
			want := got
			switch tidy {
			case "write":
				require.NoError(t, WriteSite(dir, other))
				want = other
			case "killed again":
				_ = finishSite(&breaking{left: n % 5}, dir) // it may or may not get through
				require.NoError(t, FinishSite(dir))
			default:
				require.NoError(t, FinishSite(dir))
			}
			got, rerr = readDocuments(os.DirFS(dir), ".")
			require.NoError(t, rerr)
			require.Equal(t, want, got)
			entries, rerr := os.ReadDir(dir)
			require.NoError(t, rerr)
			for _, e := range entries {
				require.NotEqual(t, nextDir, e.Name())
			}
			require.DirExists(t, filepath.Join(dir, "prompts"))
			if err == nil {
				require.Greater(t, news, 5, "it was the new one for many of the moments")
				require.Greater(t, n, 12)
				break
			}
		}
	}
}

func TestDocumentsKeepTheirModes(t *testing.T) {
	dir := t.TempDir()
	writeAll(t, dir, []Document{{"a.yaml", "old"}})
	require.NoError(t, WriteSite(dir, []Document{{"a.yaml", "new"}, {"b.yaml", "new"}}))
	for name, mode := range map[string]fs.FileMode{"a.yaml": 0o600, "b.yaml": 0o640} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
}

func TestAFolderThatMayNotBeWrittenIsToldFromADiskThatFails(t *testing.T) {
	for _, err := range []error{&fs.PathError{Op: "mkdir", Err: syscall.EROFS}, &fs.PathError{Op: "mkdir", Err: syscall.EACCES}} {
		require.Equal(t, call.CodeConflict, call.CodeOf(refusedWrite(err)))
	}
	require.Equal(t, call.CodeInternal, call.CodeOf(refusedWrite(syscall.EIO)))
	require.Error(t, WriteSite(filepath.Join(t.TempDir(), "none"), []Document{{"a.yaml", "x"}}))
	n, err := LoadNodeFS(Example(), exampleNode)
	require.NoError(t, err)
	_, err = n.SiteDir()
	require.Equal(t, call.CodeConflict, call.CodeOf(err))
}

func TestNamesThatAreNoDocuments(t *testing.T) {
	for _, name := range []string{"", ".x.yaml", "a/b.yaml", "../a.yaml", "a.txt", "ä.yaml", "a b.yaml", "a.yaml\n"} {
		require.Equal(t, call.CodeInvalid, call.CodeOf(CheckNames([]Document{{Name: name}})), name)
	}
	require.Error(t, CheckNames(nil))
	require.ErrorContains(t, CheckNames([]Document{{Name: "a.yaml"}, {Name: "a.yaml"}}), "twice")
	require.NoError(t, CheckNames([]Document{{Name: "a.yaml"}, {Name: "b-1_2.yml"}}))
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, nextDir), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, nextDir, listName), []byte("../../etc/x.yaml\n"), 0o600))
	_, err := readDocuments(os.DirFS(dir), ".")
	require.ErrorContains(t, err, "is no document")
}

package app

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"hotline/config"
)

// aNodesData is a node file with a site and the data of a node that has run.
func aNodesData(t *testing.T) (dir string) {
	t.Helper()
	t.Setenv(adminEnv, "")
	dir, _ = nodeFile(t, smallSite)
	node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
	require.NoError(t, err)
	a, err := New(node, site, "t", zap.NewNop())
	require.NoError(t, err)
	require.NoError(t, a.closeRooms(context.Background()))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data", "recordings", "x"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "recordings", "x", "1.wav"), []byte("RIFF"), 0o600))
	return dir
}

func TestABackupComesBackOnlyWhole(t *testing.T) {
	dir := aNodesData(t)
	file := filepath.Join(t.TempDir(), "b.tar.gz")
	b := BackupOptions{ConfigPath: filepath.Join(dir, "hotline.yaml"), File: file, Recordings: true, Version: "v1", Stdout: &bytes.Buffer{}}
	require.NoError(t, Backup(context.Background(), b))
	require.ErrorIs(t, Backup(context.Background(), b), ErrInput, "never over another")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside it")

	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	for name, text := range map[string][]byte{
		"cut off": whole[:len(whole)-100], "cut in half": whole[:len(whole)/2], "nothing": {}, "no backup": []byte("hello"),
		"damaged": append(append(append([]byte{}, whole[:len(whole)/2]...), whole[len(whole)/2]^1), whole[len(whole)/2+1:]...),
	} {
		at := t.TempDir()
		bad := filepath.Join(at, "bad")
		require.NoError(t, os.WriteFile(bad, text, 0o600))
		err := Restore(RestoreOptions{ConfigPath: filepath.Join(at, "hotline.yaml"), File: bad, Stdout: &bytes.Buffer{}})
		require.ErrorIs(t, err, ErrInput, name)
		left, _ := os.ReadDir(filepath.Join(at, "data"))
		require.Empty(t, left, "%s: nothing is in its place", name)
	}

	at := t.TempDir()
	o := RestoreOptions{ConfigPath: filepath.Join(at, "hotline.yaml"), File: file, Stdout: &bytes.Buffer{}}
	require.NoError(t, Restore(o))
	for _, name := range []string{"hotline.yaml", "site/site.yaml", "data/recordings/x/1.wav"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(at, name))
		require.NoError(t, err)
		require.Equal(t, want, got, name)
	}
	err = Restore(o)
	require.ErrorIs(t, err, ErrInput)
	require.ErrorContains(t, err, "is not empty")

	require.NoError(t, os.RemoveAll(filepath.Join(at, "data")))
	require.NoError(t, os.WriteFile(filepath.Join(at, "site", "site.yaml"), []byte("# mine\n"), 0o600))
	out := &bytes.Buffer{}
	o.Stdout = out
	require.NoError(t, Restore(o))
	require.Contains(t, out.String(), "has a site, which stays")
	mine, err := os.ReadFile(filepath.Join(at, "site", "site.yaml"))
	require.NoError(t, err)
	require.Equal(t, "# mine\n", string(mine))
}

// A folder in which a restore was cut off starts no node.
func TestAHalfRestoredFolderStartsNoNode(t *testing.T) {
	dir := aNodesData(t)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "data", restoringDir), 0o700))
	node, site, err := config.Load(filepath.Join(dir, "hotline.yaml"), checkedAgainst())
	require.NoError(t, err)
	_, err = New(node, site, "t", zap.NewNop())
	require.ErrorContains(t, err, "not restored to its end")
}

func TestNoDataNoBackup(t *testing.T) {
	dir, _ := nodeFile(t, smallSite)
	file := filepath.Join(t.TempDir(), "b")
	err := Backup(context.Background(), BackupOptions{ConfigPath: filepath.Join(dir, "hotline.yaml"), File: file, Stdout: &bytes.Buffer{}})
	require.ErrorIs(t, err, ErrInput)
	require.ErrorContains(t, err, "holds no node's data")
	require.NoFileExists(t, file)
	require.NoDirExists(t, file+".parts")
}

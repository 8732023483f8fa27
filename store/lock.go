package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"hotline/call"
)

// lockFolder takes the folder for this process. The lock goes with the process, however that ends.
func lockFolder(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		err = call.Errorf(call.CodeConflict, "the data folder %s is in use by another hotline: stop that one, or give this node a node.data of its own", dir)
	default:
		err = fmt.Errorf("data folder lock: %w", err)
	}
	return nil, errors.Join(err, file.Close())
}

package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Header is the first frame of a segment.
type Header struct {
	Version int       `json:"version"`
	Journal string    `json:"journal"` // identity: a position means nothing in another journal
	Segment uint64    `json:"segment"`
	Epoch   uint64    `json:"epoch"` // how often the journal has been opened
	Node    string    `json:"node"`
	Began   time.Time `json:"began"`
}

const (
	version   = 1
	extension = ".journal"
)

// Position is a place between two frames.
type Position struct {
	Journal string
	Segment uint64
	Offset  int64
}

// Before reports whether p comes earlier than q in the same journal.
func (p Position) Before(q Position) bool {
	return p.Segment < q.Segment || (p.Segment == q.Segment && p.Offset < q.Offset)
}

// Segment is a segment file found.
type Segment struct {
	Number uint64
	Path   string
	Bytes  int64
}

// Path gives the name of a segment's file. Names sort as numbers do.
func Path(dir string, segment uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%012d%s", segment, extension))
}

// List finds the segments of a folder, oldest first.
func List(files Files, dir string) ([]Segment, error) {
	names, err := files.List(dir)
	if err != nil {
		return nil, fmt.Errorf("journal folder: %w", err)
	}
	var found []Segment
	for name, size := range names {
		digits, is := strings.CutSuffix(name, extension)
		number, err := strconv.ParseUint(digits, 10, 64)
		if !is || err != nil {
			continue // not ours
		}
		found = append(found, Segment{Number: number, Path: filepath.Join(dir, name), Bytes: size})
	}
	slices.SortFunc(found, func(a, b Segment) int {
		if a.Number < b.Number {
			return -1
		}
		return 1
	})
	return found, nil
}

// Visitor is told the frames of a segment.
type Visitor func(kind byte, payload []byte, end Position) error

// Found is what reading a segment has shown.
type Found struct {
	Header Header
	// Whole is set when the header and its snapshot are complete, so that an owner can start from it.
	Whole bool
	// End is the offset after the last whole frame.
	End int64
	// Torn is set when something that is not a whole frame follows.
	Torn bool
}

// Read visits the owner's frames of one segment from an offset on, up to limit
// (or the end, if negative). A torn tail ends it without an error.
func Read(files Files, segment Segment, offset, limit int64, visit Visitor) (found Found, err error) {
	in, err := files.Open(segment.Path)
	if err != nil {
		return found, fmt.Errorf("journal segment: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if _, err := in.Seek(offset, 0); err != nil {
		return found, fmt.Errorf("journal segment: %w", err)
	}
	scan := NewScanner(in, offset, limit)
	for {
		kind, payload, ok := scan.Next()
		if !ok {
			break
		}
		switch kind {
		case typeHeader:
			if err := json.Unmarshal(payload, &found.Header); err != nil || found.Header.Version != version {
				return found, fmt.Errorf("journal segment %s: header %q is not of version %d", segment.Path, payload, version)
			}
		case typeSnapshot:
			found.Whole = found.Header.Version == version
		default:
			if err := visit(kind, payload, Position{Journal: found.Header.Journal, Segment: segment.Number, Offset: scan.Offset()}); err != nil {
				return found, err
			}
		}
	}
	found.End = scan.Offset()
	if found.Torn = errors.Is(scan.Err(), ErrTorn); !found.Torn && scan.Err() != nil {
		return found, fmt.Errorf("journal segment %s: %w", segment.Path, scan.Err())
	}
	return found, nil
}

package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	acdtape "hotline/acd/tape"
	"hotline/acd/tape/deck"
)

// maxLogLine bounds a line of a recorded log: a whole site's rules are one line,
// and so is how an engine stood.
const maxLogLine = 1 << 30

// replay runs a recorded log through the engine again, or every one of a
// folder, and tells the first difference. That is the input's fault: exit code 1.
func replay(o SimulateOptions) error {
	names, err := tapesOf(o.Replay)
	if err != nil {
		return wrong(err)
	}
	for _, name := range names {
		if err := replayFile(o, name); err != nil {
			return err
		}
	}
	return nil
}

// tapesOf lists the tapes of a node's folder, oldest first; a file is itself.
func tapesOf(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, err
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), deck.Suffix) {
			names = append(names, filepath.Join(name, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no files that end in %s; name a tape, or the folder a node writes them to", name, deck.Suffix)
	}
	return names, nil
}

func replayFile(o SimulateOptions, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return wrong(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	in, err := unpacked(f)
	if err != nil {
		return wrong(fmt.Errorf("%s: %w", name, err))
	}
	r := acdtape.NewReplay(o.Seed)
	torn, err := eachLine(in, r.Line)
	if err != nil {
		return wrong(fmt.Errorf("%s: %w", name, err))
	}
	return tellReplay(o, name, r, torn)
}

// unpacked reads a log, compressed or not.
func unpacked(f io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(f, 1<<20)
	if magic, err := in.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(in)
	}
	return in, nil // what is empty or short is no tape, and is told as such
}

// eachLine gives every whole line. torn is the number of the line in which the
// log breaks off, as a killed node leaves it, or one that still writes; 0: it does not.
func eachLine(in io.Reader, take func([]byte) error) (torn int, err error) {
	n, whole := 0, true
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 1<<20), maxLogLine)
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if atEOF && len(data) > 0 && bytes.IndexByte(data, '\n') < 0 {
			whole = json.Valid(data)
		}
		return bufio.ScanLines(data, atEOF)
	})
	for lines.Scan() {
		n++
		if !whole {
			return n, nil
		}
		if err := take(lines.Bytes()); err != nil {
			return 0, err
		}
	}
	if errors.Is(lines.Err(), io.ErrUnexpectedEOF) {
		return n + 1, nil
	}
	return 0, lines.Err()
}

// tellReplay says whether the log and the engine agree.
func tellReplay(o SimulateOptions, name string, r *acdtape.Replay, torn int) error {
	same := r.First == nil
	if torn == 0 {
		same = r.End() // of a step that is cut off, effects may be missing
	}
	against := "effects as recorded"
	if !r.Strict() {
		against = "effects, the same from a second engine (the log holds inputs only)"
	}
	_, err := fmt.Fprintf(o.Stdout, "%s: %d inputs replayed, %d %s\n", name, r.Inputs, r.Effects, against)
	if err == nil && torn > 0 {
		_, err = fmt.Fprintf(o.Stdout, "%s:%d:1: note: the log breaks off here: the node was killed, or is writing it still\n", name, torn)
	}
	if err != nil || same {
		return err
	}
	d := r.First
	if _, err := fmt.Fprintf(o.Stdout, "%s:%d:1: the first difference\n  recorded: %s\n  now:      %s\n",
		name, d.Line, orNothing(d.Tape), orNothing(d.Now)); err != nil {
		return err
	}
	return toldError{fmt.Errorf("the replay differs from the log: %w", ErrInput)}
}

func orNothing(text string) string {
	if text == "" {
		return "nothing more of this input"
	}
	return text
}

package voice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Command is an engine that is a program: the text comes on its standard input, it writes the sound to its standard
// output. No shell is between: in its arguments {language} and {voice} stand for the text's, and nothing else is replaced.
type Command struct {
	Argv []string
}

// goneWithin is how long a program that was killed may hold its pipes open.
const goneWithin = time.Second

// Speak runs the program. It sees of the environment PATH and a UTF-8 locale alone: no secret of the node's.
func (c Command) Speak(ctx context.Context, t Text) ([]byte, error) {
	replace := strings.NewReplacer("{language}", t.Language, "{voice}", t.Voice)
	args := make([]string, 0, len(c.Argv))
	for _, a := range c.Argv {
		args = append(args, replace.Replace(a))
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // who runs the node names it, in the node file
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // what it has started, too
	cmd.WaitDelay = goneWithin
	out, words := &bounded{most: MaxSound}, &bounded{most: 2 << 10, quiet: true}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(t.Text), out, words
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", args[0], errors.Join(err, out.err), strings.TrimSpace(words.b.String()))
	}
	return out.b.Bytes(), nil
}

// bounded takes so many bytes; more are an error, or dropped if it is quiet.
type bounded struct {
	b     bytes.Buffer // not embedded: its ReadFrom would pass by the bound
	most  int
	quiet bool
	err   error
}

var errTooMuch = errors.New("more comes than a sound may have")

// Write takes a piece.
func (b *bounded) Write(p []byte) (int, error) {
	if room := b.most - b.b.Len(); len(p) > room {
		if !b.quiet {
			b.err = errTooMuch
			return 0, errTooMuch
		}
		b.b.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return b.b.Write(p)
}

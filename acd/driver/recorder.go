package driver

import (
	"encoding/json"
	"io"
	"time"

	"hotline/acd"
)

// recorder writes inputs as JSON lines, numbered from 1.
type recorder struct {
	out   *json.Encoder
	site  string
	epoch uint64
	seq   uint64
}

func newRecorder(w io.Writer, site string, epoch uint64) *recorder {
	return &recorder{out: json.NewEncoder(w), site: site, epoch: epoch}
}

func (r *recorder) write(at time.Time, in acd.Input) error {
	r.seq++
	return r.out.Encode(acd.InputEnvelope{Site: r.site, Epoch: r.epoch, Seq: r.seq, At: at, Input: in})
}

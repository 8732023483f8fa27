package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

// A nonce is base64url of time (ms, 8 bytes), serial number (8), HMAC (16).
const (
	stampSize = 16
	macSize   = 16
)

// stamp is what a nonce of ours tells.
type stamp struct {
	made   time.Time
	serial uint64
}

// seal makes the nonce of a stamp.
func (s *Server) seal(st stamp) string {
	b := make([]byte, stampSize, stampSize+macSize)
	binary.BigEndian.PutUint64(b, uint64(st.made.UnixMilli()))
	binary.BigEndian.PutUint64(b[8:], st.serial)
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac("nonce", b)...))
}

// open reads a nonce back; false when it is none of ours.
func (s *Server) open(nonce string) (stamp, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != stampSize+macSize || !hmac.Equal(b[stampSize:], s.mac("nonce", b[:stampSize])) {
		return stamp{}, false
	}
	return stamp{
		made:   time.UnixMilli(int64(binary.BigEndian.Uint64(b))),
		serial: binary.BigEndian.Uint64(b[8:]),
	}, true
}

// mac signs for one purpose.
func (s *Server) mac(purpose string, data []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(data)
	return h.Sum(nil)[:macSize]
}

// window remembers which of the last 64 nonce counts were used.
type window struct {
	top  uint32
	seen uint64 // bit i is top-i
}

// use marks a count; false when it was used or lies before the window.
func (w *window) use(nc uint32) bool {
	if nc > w.top {
		shift := nc - w.top
		if shift < 64 {
			w.seen <<= shift
		} else {
			w.seen = 0
		}
		w.top, w.seen = nc, w.seen|1
		return true
	}
	back := w.top - nc
	if back >= 64 || w.seen&(1<<back) != 0 {
		return false
	}
	w.seen |= 1 << back
	return true
}

// ledger is the replay table: the nonces by which somebody has proved a
// password, in two generations. A generation is let go once it is older than a
// nonce's life or, with the bound reached, early; then every nonce as old as
// those in it counts as stale, so that nothing forgotten can be replayed.
type ledger struct {
	mu       sync.Mutex
	life     time.Duration
	most     int // of one generation
	now, old map[uint64]*window
	turned   time.Time
	highest  uint64 // serial in now
	before   uint64 // highest serial in old
	floor    uint64 // serials up to this one are forgotten
}

// use marks a nonce count as used: OK, Replayed, or Stale if it can't be known any more.
func (l *ledger) use(at time.Time, serial uint64, nc uint32) Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at.Sub(l.turned) >= l.life {
		l.turn(at)
	}
	w := l.now[serial]
	if w == nil {
		w = l.old[serial]
	}
	if w == nil {
		if serial <= l.floor {
			return Stale
		}
		if len(l.now) >= l.most {
			l.turn(at)
		}
		w = &window{}
		l.now[serial] = w
		l.highest = max(l.highest, serial)
	}
	if !w.use(nc) {
		return Replayed
	}
	return OK
}

// turn lets the older generation go.
func (l *ledger) turn(at time.Time) {
	l.floor = max(l.floor, l.before)
	l.old, l.before = l.now, l.highest
	l.now, l.highest = map[uint64]*window{}, 0
	l.turned = at
}

package app

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"hotline/call"
	"hotline/store"
)

// ticketKey is where the last ticket number is kept.
const ticketKey = "serial"

// ticketSerial gives ticket numbers: year–month–serial, the serial restarts each month. A number is
// in the journal before anybody hears of it. Calls' goroutines come here, hence the mutex.
type ticketSerial struct {
	store *store.Store

	mu    sync.Mutex
	month string // as 2026-11
	last  int
}

// lastTicket is what is kept.
type lastTicket struct {
	Month string `json:"month"`
	Last  int    `json:"last"`
}

func newTicketSerial(st *store.Store, log *zap.Logger) *ticketSerial {
	s := &ticketSerial{store: st}
	var kept lastTicket
	if raw, ok := st.Recovered().State[store.KindTicket][ticketKey]; ok {
		if err := json.Unmarshal(raw, &kept); err != nil {
			log.Error("the last ticket number can't be read, the serial begins anew", zap.Error(err))
		}
	}
	s.month, s.last = kept.Month, kept.Last
	return s
}

// next gives the next number. CodeUnavailable: the journal can't be written, so that the number could be given twice.
func (s *ticketSerial) next(now time.Time) (string, error) {
	if err := s.store.Writable(); err != nil {
		return "", call.Errorf(call.CodeUnavailable, "no ticket can be opened: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if month := now.Format("2006-01"); month > s.month { // a clock set back makes no number twice
		s.month, s.last = month, 0
	}
	s.last++
	s.store.Put(store.KindTicket, ticketKey, lastTicket{s.month, s.last})
	return fmt.Sprintf("%s-%04d", s.month, s.last), nil
}

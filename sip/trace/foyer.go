package trace

// Bounds of what is kept before it is known that there is a call: a phone is asked for its password first.
const (
	foyerMost     = 256     // Call-IDs of peers, and as many of strangers, so that no flood of theirs pushes phones out
	foyerMessages = 12      // of one
	foyerBytes    = 8 << 10 // of one
)

// foyer keeps messages of Call-IDs that may become calls.
type foyer struct {
	waiting map[string]*dialog
	order   []string // the oldest first
}

// Expect has the messages of a Call-ID kept that may become a call; peer tells whether it comes from one. It gives
// them to the call at Begin, else they go when others need the room.
func (r *Recorder) Expect(m Message, peer bool) {
	if r.opt.Max < 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dialogs[m.CallID] != nil || r.foyerOf(m.CallID) != nil {
		return // it has been noted as it came
	}
	f := &r.foyers[0]
	if peer {
		f = &r.foyers[1]
	}
	if f.waiting == nil {
		f.waiting = map[string]*dialog{}
	}
	for len(f.order) > 0 && len(f.order) >= foyerMost {
		delete(f.waiting, f.order[0])
		f.order = f.order[1:]
	}
	f.waiting[m.CallID] = &dialog{}
	f.order = append(f.order, m.CallID)
	r.wait(m)
}

func (r *Recorder) foyerOf(callID string) *dialog {
	for i := range r.foyers {
		if d := r.foyers[i].waiting[callID]; d != nil {
			return d
		}
	}
	return nil
}

// wait notes a message of a Call-ID that waits.
func (r *Recorder) wait(m Message) {
	d := r.foyerOf(m.CallID)
	if d == nil {
		return
	}
	if len(d.got) >= foyerMessages || d.bytes+size(m) > foyerBytes {
		d.lost++
		return
	}
	r.seq++
	m.seq = r.seq
	d.got = append(d.got, m)
	d.bytes += size(m)
}

// enter gives the dialog of a Call-ID that becomes a call what was said before; told is false when nothing was.
func (r *Recorder) enter(callID string, d *dialog) (told bool) {
	was := r.foyerOf(callID)
	if was == nil {
		return false
	}
	d.got, d.lost = was.got, was.lost
	r.grow(d, was.bytes)
	for i := range r.foyers {
		f := &r.foyers[i]
		if _, ok := f.waiting[callID]; ok {
			delete(f.waiting, callID)
			for at, id := range f.order {
				if id == callID {
					f.order = append(f.order[:at:at], f.order[at+1:]...)
					break
				}
			}
		}
	}
	return true
}

package call

// recordedOutside follows what session recording servers have of the call.
func (f *Folder) recordedOutside(event Event) {
	switch v := event.(type) {
	case SiprecTaken:
		r := f.recorder(v.Recorder)
		if r.Session = v.Session; r.TakenAt.IsZero() {
			r.TakenAt = f.now
		}
	case SiprecLost:
		r := f.recorder(v.Recorder)
		r.Failures, r.Failed = r.Failures+1, v.Words
	case ForkEnded:
		for i := range f.rec.Recorders {
			if r := &f.rec.Recorders[i]; r.Name == v.Engine && r.EndedAt.IsZero() {
				r.EndedAt = f.now
			}
		}
	}
}

// recorder is the entry of a recorder's present session; a new one after the end of another.
func (f *Folder) recorder(name string) *RecordRecorder {
	for i := range f.rec.Recorders {
		if r := &f.rec.Recorders[i]; r.Name == name && r.EndedAt.IsZero() {
			return r
		}
	}
	f.rec.Recorders = append(f.rec.Recorders, RecordRecorder{Name: name})
	return &f.rec.Recorders[len(f.rec.Recorders)-1]
}

package call

// begin ends the stage the caller was in and begins another. A flow whose first
// node is a stretch of its own was no stretch itself.
func (f *Folder) begin(s Segment) {
	last := len(f.rec.Segments) - 1
	if f.stage != none && f.stage == last && f.rec.Segments[last].Kind == SegmentIVR && f.rec.Segments[last].Start == f.now {
		f.rec.Segments = f.rec.Segments[:last]
		f.stage = none
	}
	f.finishStage()
	f.stage = f.open(s)
}

func (f *Folder) finishStage() {
	if f.stage != none {
		f.finish(f.stage)
		f.stage = none
	}
}

func (f *Folder) finishSeat(seat SeatID) {
	part := f.seats[seat]
	if part == nil {
		return
	}
	if part.hold != none {
		f.finish(part.hold)
	}
	f.finish(part.segment)
	delete(f.seats, seat)
}

func (f *Folder) open(s Segment) int {
	s.Start = f.now
	f.rec.Segments = append(f.rec.Segments, s)
	return len(f.rec.Segments) - 1
}

func (f *Folder) finish(i int) { f.rec.Segments[i].End = f.now }

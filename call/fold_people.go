package call

// The part of the fold that is about calls between people: seats rung without
// routing's doing, transfers, consultations, conferences and supervisors.

// aside is whom a seat asks, from the answer on; and a supervisor.
type aside struct {
	seat    SeatID // of ours; else number and trunk
	queue   string
	number  string
	trunk   string
	segment int // the open consult, conference or supervise segment, or none
}

// applyPeople takes the events of calls between people; false for any other.
func (f *Folder) applyPeople(event Event) bool {
	switch v := event.(type) {
	case SeatCalled:
		if !v.Aside {
			f.calls[v.Leg] = f.open(Segment{Kind: SegmentRing, Seat: v.Seat, Phone: v.phone()})
		}
	case SeatCallEnded:
		f.seatCallEnded(v)
	case Consulted:
		f.together(v.Leg, Segment{Kind: SegmentConsult, Seat: v.By, Number: v.With})
	case Conferenced:
		f.together(v.Leg, Segment{Kind: SegmentConference, Seat: v.By, Number: v.With})
	case Transferred:
		f.transferred(v)
	case AsideLeft:
		f.asideLeft(v.Leg)
	case SupervisorJoined:
		f.asides[v.Leg] = &aside{seat: v.Seat, segment: f.open(Segment{Kind: SegmentSupervise, Seat: v.Seat, Mode: &v.Mode})}
	case SupervisorChanged:
		if s := f.asides[v.Leg]; s != nil && s.segment != none {
			f.rec.Segments[s.segment].Mode = &v.Mode
		}
	case SupervisorLeft:
		f.asideLeft(v.Leg)
	case SeatMoved:
		if s := f.asides[v.Old]; s != nil {
			delete(f.asides, v.Old)
			f.asides[v.Leg] = s
		}
	default:
		return false
	}
	return true
}

// phone names the phone where no agent does.
func (v SeatCalled) phone() string {
	if v.Seat != "" {
		return ""
	}
	return v.Phone
}

// seatCallEnded ends the ringing. With an answer the seat's part begins, unless it is only asked something.
func (f *Folder) seatCallEnded(v SeatCallEnded) {
	if i, rings := f.calls[v.Leg]; rings {
		delete(f.calls, v.Leg)
		f.finish(i)
		f.rec.Segments[i].Result = &v.Result
	}
	switch {
	case v.Result != OfferAnswered:
	case v.Aside:
		f.asides[v.Leg] = &aside{seat: v.Seat, queue: v.Queue, segment: none}
	default:
		f.pickedUp(v.Seat, v.Queue)
	}
}

// together begins a stretch of a seat with whom it has asked; a conference follows its consultation.
func (f *Folder) together(leg LegID, s Segment) {
	a := f.asides[leg]
	if a == nil {
		a = &aside{segment: none}
		f.asides[leg] = a
	}
	if a.segment != none {
		f.finish(a.segment)
	}
	a.segment = f.open(s)
}

// transferred gives the caller to whom was asked, who is there; any other transfer is in the timeline only.
func (f *Folder) transferred(v Transferred) {
	a := f.asides[v.Leg]
	if v.Leg == "" || a == nil {
		return
	}
	f.asideLeft(v.Leg)
	if a.number != "" {
		f.begin(Segment{Kind: SegmentOutside, Number: a.number, Trunk: a.trunk})
		return
	}
	f.pickedUp(a.seat, a.queue)
}

func (f *Folder) asideLeft(leg LegID) {
	a := f.asides[leg]
	if a == nil {
		return
	}
	delete(f.asides, leg)
	if a.segment != none {
		f.finish(a.segment)
	}
}

// endPeople closes what of it is open when the caller's part is over.
func (f *Folder) endPeople() {
	for leg, i := range f.calls {
		f.finish(i)
		delete(f.calls, leg)
	}
	for leg := range f.asides {
		f.asideLeft(leg)
	}
}

package web

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"hotline/call"
)

// Mailboxes works the messages that callers leave.
type Mailboxes interface {
	// Mailboxes lists all, with and without messages.
	Mailboxes(context.Context) []Mailbox
	// Mailbox is one; call.CodeNotFound if there is none.
	Mailbox(ctx context.Context, name string) (Mailbox, error)
	// Messages lists a mailbox's messages, newest first.
	Messages(ctx context.Context, mailbox string) []Message
	// Message is one; call.CodeNotFound if the mailbox has none of this id. So for those below.
	Message(ctx context.Context, mailbox string, id call.RecordingID) (Message, error)
	// Heard marks it heard by somebody, or new again by nobody.
	Heard(ctx context.Context, mailbox string, id call.RecordingID, by string) (Message, error)
	DropMessage(ctx context.Context, mailbox string, id call.RecordingID) error
	// CallBackMessage makes a callback of it in a queue's turn.
	CallBackMessage(ctx context.Context, mailbox string, id call.RecordingID, queue, by string) (Callback, error)
}

// Mailbox is where messages for a queue or an agent are.
type Mailbox struct {
	Name     string      `json:"name" doc:"the queue's, or the agent number"`
	Kind     string      `json:"kind" enum:"queue,agent,gone" doc:"gone: no queue or agent any more, but there are messages"`
	Title    string      `json:"title,omitempty"`
	New      int         `json:"new" doc:"messages nobody has heard"`
	Messages int         `json:"messages"`
	Agent    call.SeatID `json:"-"`
	Team     string      `json:"-"`
}

// Message is one message; its id is its recording's.
type Message struct {
	ID          call.RecordingID `json:"id"`
	Call        call.ID          `json:"call"`
	Number      string           `json:"number"`
	CallerClass call.CallerClass `json:"caller_class"`
	Called      string           `json:"called"`
	At          call.Stamp       `json:"at"`
	Seconds     float64          `json:"seconds"`
	Heard       bool             `json:"heard"`
	HeardBy     string           `json:"heard_by,omitempty"`
	HeardAt     call.Stamp       `json:"heard_at" doc:"null while it is new"`
	Callback    call.CallbackID  `json:"callback,omitempty" doc:"made of it"`
	URL         string           `json:"url" doc:"its sound; hearing it marks the message heard"`
}

// opens tells whether somebody may open a mailbox: an agent the own and those of the queues whose calls
// the own seat takes, a team lead those of the team besides, a supervisor all.
func (s *Server) opens(id Identity, box Mailbox) bool {
	switch id.may(workCallbacks) {
	case everything:
		return true
	case nobody:
		return false
	case self, team:
	}
	if box.Agent != "" {
		return id.overSeat(workCallbacks, box.Agent, box.Team)
	}
	if id.Agent == "" || box.Kind != "queue" {
		return false
	}
	return slices.ContainsFunc(s.b.Floor.Seats(), func(seat Seat) bool {
		return seat.Agent == id.Agent && slices.Contains(seat.Queues, box.Name)
	})
}

// box finds a mailbox for who asks.
func (s *Server) box(ctx context.Context, name string) (Mailbox, error) {
	if who(ctx).may(workCallbacks) == nobody {
		return Mailbox{}, forbidden("open mailboxes")
	}
	box, err := s.b.Mailboxes.Mailbox(ctx, name)
	if err != nil {
		return box, s.fail(err)
	}
	if !s.opens(who(ctx), box) {
		return box, forbidden("open this mailbox")
	}
	return box, nil
}

func (s *Server) listMailboxes(ctx context.Context, _ *struct{}) (*list[Mailbox], error) {
	id := who(ctx)
	if id.may(workCallbacks) == nobody {
		return nil, forbidden("open mailboxes")
	}
	items := slices.DeleteFunc(s.b.Mailboxes.Mailboxes(ctx), func(box Mailbox) bool { return !s.opens(id, box) })
	return listOf(items, ""), nil
}

type mailboxIn struct {
	Name string `path:"name" maxLength:"64" example:"general"`
}

// messageURL is where a message's sound is.
func messageURL(box string, id call.RecordingID) string {
	return prefix + "/mailboxes/" + box + "/messages/" + string(id) + "/audio"
}

func (s *Server) listMessages(ctx context.Context, in *mailboxIn) (*list[Message], error) {
	if _, err := s.box(ctx, in.Name); err != nil {
		return nil, err
	}
	items := s.b.Mailboxes.Messages(ctx, in.Name)
	for i := range items {
		items[i].URL = messageURL(in.Name, items[i].ID)
	}
	s.audit(ctx, "mailbox.list", in.Name, "")
	return listOf(items, ""), nil
}

type messageIn struct {
	Name string `path:"name" maxLength:"64" example:"general"`
	ID   string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
}

type heardIn struct {
	Name string `path:"name" maxLength:"64" example:"general"`
	ID   string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
	Body struct {
		Heard bool `json:"heard" doc:"false: it is new again"`
	} `nameHint:"HeardRequest"`
}

type messageOut struct{ Body Message }

func (s *Server) markMessage(ctx context.Context, in *heardIn) (*messageOut, error) {
	if _, err := s.box(ctx, in.Name); err != nil {
		return nil, err
	}
	by := who(ctx).User
	if !in.Body.Heard {
		by = ""
	}
	m, err := s.b.Mailboxes.Heard(ctx, in.Name, call.RecordingID(in.ID), by)
	if err != nil {
		return nil, s.fail(err)
	}
	m.URL = messageURL(in.Name, m.ID)
	return &messageOut{m}, nil
}

func (s *Server) dropMessage(ctx context.Context, in *messageIn) (*struct{}, error) {
	if _, err := s.box(ctx, in.Name); err != nil {
		return nil, err
	}
	if err := s.b.Mailboxes.DropMessage(ctx, in.Name, call.RecordingID(in.ID)); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "message.drop", in.ID, in.Name)
	return nil, nil //nolint:nilnil // 204
}

type callBackMessageIn struct {
	Name string `path:"name" maxLength:"64" example:"general"`
	ID   string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
	Body struct {
		Queue string `json:"queue,omitempty" maxLength:"64" doc:"in whose turn; default: the mailbox's own queue" example:"general"`
	} `nameHint:"MessageCallbackRequest"`
}

// callBackMessage makes a callback task of a message.
func (s *Server) callBackMessage(ctx context.Context, in *callBackMessageIn) (*callbackOut, error) {
	box, err := s.box(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	queue := in.Body.Queue
	if queue == "" && box.Kind == "queue" {
		queue = box.Name
	}
	if queue == "" {
		return nil, problem(call.Errorf(call.CodeInvalid, "name the queue in whose turn the caller is called back"))
	}
	c, err := s.b.Mailboxes.CallBackMessage(ctx, in.Name, call.RecordingID(in.ID), queue, who(ctx).User)
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "message.callback", in.ID, in.Name+" "+string(c.ID))
	return &callbackOut{c}, nil
}

type messageAudioIn struct {
	Name  string `path:"name" maxLength:"64" example:"general"`
	ID    string `path:"id" maxLength:"64" example:"01KA6ZB7Q2M8D0V5C1S9J4F6GA"`
	Range string `header:"Range" doc:"part of the sound, RFC 9110 section 14" example:"bytes=0-65535"`
}

// messageAudio sends a message's sound and marks it heard.
func (s *Server) messageAudio(ctx context.Context, in *messageAudioIn) (*huma.StreamResponse, error) {
	if _, err := s.box(ctx, in.Name); err != nil {
		return nil, err
	}
	if _, err := s.b.Mailboxes.Message(ctx, in.Name, call.RecordingID(in.ID)); err != nil {
		return nil, s.fail(err)
	}
	f, err := s.b.Recordings.Recording(ctx, call.RecordingID(in.ID))
	if err != nil {
		return nil, s.fail(err)
	}
	out, err := s.sound(ctx, f)
	if err != nil {
		return nil, err
	}
	if _, err := s.b.Mailboxes.Heard(ctx, in.Name, call.RecordingID(in.ID), who(ctx).User); err != nil {
		return nil, s.fail(err)
	}
	return out, nil
}

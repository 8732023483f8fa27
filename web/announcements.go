package web

import (
	"context"
	"time"

	"hotline/call"
)

// Bulletins works the urgent announcements that callers hear (信息采编).
type Bulletins interface {
	// Announcements lists those that are on.
	Announcements(context.Context) []Announcement
	// Announce switches one on, or changes it; call.CodeNotFound names what it refers to and is not there.
	Announce(context.Context, Announcement) (Announcement, error)
	// Unannounce switches one off; call.CodeNotFound if it is not on.
	Unannounce(ctx context.Context, name string) error
}

// Announcement is an urgent announcement: said to callers of its numbers before the flow's first
// menu, and to those who wait in its queues, until it is switched off or its time is over.
type Announcement struct {
	Name    string     `json:"name"`
	Prompt  string     `json:"prompt" doc:"of the prompt library"`
	Numbers []string   `json:"numbers" doc:"called numbers; * is all of them"`
	Queues  []string   `json:"queues" doc:"queues whose waiting callers hear it; * is all of them"`
	Until   call.Stamp `json:"until" doc:"when it goes off by itself; null: not at all"`
	By      string     `json:"by"`
	At      call.Stamp `json:"at" doc:"when it was switched on"`
}

func (s *Server) listAnnouncements(ctx context.Context, _ *struct{}) (*list[Announcement], error) {
	if who(ctx).may(seeFloor) == nobody {
		return nil, forbidden("see the announcements")
	}
	return listOf(s.b.Bulletins.Announcements(ctx), ""), nil
}

type announceIn struct {
	Name string `path:"name" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9_.-]+$" example:"outage"`
	Body struct {
		Prompt  string    `json:"prompt" minLength:"1" maxLength:"64" example:"many_calls"`
		Numbers []string  `json:"numbers,omitempty" maxItems:"200" doc:"called numbers; * is all of them" example:"[\"10000\"]"`
		Queues  []string  `json:"queues,omitempty" maxItems:"200" doc:"queues; * is all of them" example:"[\"general\"]"`
		Until   time.Time `json:"until,omitempty" doc:"when it goes off by itself"`
	} `nameHint:"AnnouncementRequest"`
}

type announcementOut struct{ Body Announcement }

// announce switches an urgent announcement on.
func (s *Server) announce(ctx context.Context, in *announceIn) (*announcementOut, error) {
	id := who(ctx)
	if id.may(announceUrgently) != everything {
		return nil, forbidden("switch an announcement on")
	}
	if len(in.Body.Numbers)+len(in.Body.Queues) == 0 {
		return nil, problem(call.Errorf(call.CodeInvalid, "name the numbers or the queues whose callers are to hear it; * is all of them"))
	}
	if !in.Body.Until.IsZero() && !in.Body.Until.After(s.now()) {
		return nil, problem(call.Errorf(call.CodeInvalid, "until is over already"))
	}
	one, err := s.b.Bulletins.Announce(ctx, Announcement{
		Name: in.Name, Prompt: in.Body.Prompt, Numbers: append([]string{}, in.Body.Numbers...), Queues: append([]string{}, in.Body.Queues...),
		Until: call.StampOf(in.Body.Until), By: id.User,
	})
	if err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "announcement.on", in.Name, in.Body.Prompt)
	return &announcementOut{one}, nil
}

type announcementIn struct {
	Name string `path:"name" maxLength:"64"`
}

// unannounce switches it off.
func (s *Server) unannounce(ctx context.Context, in *announcementIn) (*struct{}, error) {
	if who(ctx).may(announceUrgently) != everything {
		return nil, forbidden("switch an announcement off")
	}
	if err := s.b.Bulletins.Unannounce(ctx, in.Name); err != nil {
		return nil, s.fail(err)
	}
	s.audit(ctx, "announcement.off", in.Name, "")
	return nil, nil //nolint:nilnil // 204
}

package config

import (
	"maps"
	"slices"
	"strings"

	"hotline/ivr"
)

// An overflow target `voicemail` needs no flow of the site's own: it leads to one
// that ships, named as below, which no flow of a site can be: leave_message, the beep and
// the message, message_saved, hang-up.

// voicemailFlow is the name of the flow that takes messages for a mailbox.
func voicemailFlow(mailbox string) string { return voicemailTarget + ":" + mailbox }

// voicemailTarget is the target, alone or with a mailbox: voicemail, voicemail:1001.
const voicemailTarget = "voicemail"

// mailboxOf reads such a target. own tells that it names no mailbox: the queue's own is meant.
func mailboxOf(target string) (mailbox string, own, ok bool) {
	if target == voicemailTarget {
		return "", true, true
	}
	mailbox, ok = strings.CutPrefix(target, voicemailTarget+":")
	return mailbox, false, ok
}

// voicemailFlows are the flows that the site's overflow rules need, by name. A mailbox that is not there is told at the rule.
func (b *builder) voicemailFlows() (flows []ivr.Flow) {
	for _, mailbox := range slices.Sorted(maps.Keys(b.mailboxes)) {
		at := b.mailboxes[mailbox]
		word := func(s string) ivr.At[string] { return ivr.At[string]{Value: s, Pos: at} }
		flows = append(flows, ivr.Flow{
			Name: word(voicemailFlow(mailbox)), Start: word("ask"), BuiltIn: true,
			Nodes: []ivr.Node{
				{Name: word("ask"), Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{word("leave_message")}}}, Next: word("message")},
				{Name: word("message"), Voicemail: &ivr.Voicemail{Mailbox: word(mailbox)}, Next: word("saved")},
				{Name: word("saved"), Play: &ivr.Play{Words: ivr.Words{Prompts: []ivr.At[string]{word("message_saved")}}}, Next: word("hangup")},
			},
		})
	}
	return flows
}

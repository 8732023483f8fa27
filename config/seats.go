package config

import (
	"fmt"
	"strings"

	"hotline/acd"
	"hotline/call"
)

func (b *builder) readGroups() {
	for _, v := range b.sections[sectionGroups] {
		f := b.fields(v, "a group")
		b.site.Groups = append(b.site.Groups, Group{
			Name: f.name().Value, Title: f.text("title", ""), ApproveBreaks: f.boolean("approve_breaks", false), Dial: b.dial(f),
		})
		f.close()
	}
}

func (b *builder) readTeams() {
	for _, v := range b.sections[sectionTeams] {
		f := b.fields(v, "a team")
		t := Team{Name: f.name().Value, Title: f.text("title", "")}
		t.Leader = call.SeatID(b.ref(sectionAgents, f.word("leader")))
		b.site.Teams = append(b.site.Teams, t)
		f.close()
	}
}

func (b *builder) readPhones() {
	for _, v := range b.sections[sectionPhones] {
		f := b.fields(v, "a phone")
		p := Phone{Title: f.text("title", ""), SRTP: encryption(f), Devices: f.devices(), Rel100: f.boolean("rel100", true)}
		ext := f.mustWord("ext")
		if ext.Value != "" && !isAccount(ext.Value) {
			b.wrong(ext.Pos, fmt.Sprintf("ext %q is no SIP user", clip(ext.Value)), "letters, digits and - _ . ! ~ * only, at most 64")
		}
		p.Ext = ext.Value
		p.Dial, p.Forward, p.Divert = b.dial(f), b.forward(f, p.Ext), oneOf(f, "divert", diverts, DivertInternal)
		p.Password = f.secret("password")
		if f.kind == kindMap && f.got["password"] == nil {
			f.must("password")
		}
		b.site.Phones = append(b.site.Phones, p)
		f.close()
	}
}

// isAccount reports whether a text may stand as a SIP user unescaped (RFC 3261 25.1, unreserved).
func isAccount(s string) bool {
	return len(s) <= 64 && isUnreserved(s)
}

func isUnreserved(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_.!~*") == ""
}

// isDigits reports whether a text is a number that can be read out digit by digit.
func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (b *builder) readAgents() {
	approve := map[string]bool{}
	for _, g := range b.site.Groups {
		approve[g.Name] = g.ApproveBreaks
	}
	for _, v := range b.sections[sectionAgents] {
		f := b.fields(v, "an agent")
		a := b.agent(f)
		b.site.Agents = append(b.site.Agents, a)
		b.site.Rules.Agents = append(b.site.Rules.Agents, acd.Agent{
			ID: a.ID, Group: a.Group, Team: a.Team, Skills: a.Skills, Weight: a.Weight,
			ApproveBreaks: approve[a.Group], ReadyOnRegister: a.ReadyOnRegister,
		})
		f.close()
	}
}

func (b *builder) agent(f *fields) Agent {
	id := f.mustWord("id")
	if id.Value != "" && (!isDigits(id.Value) || len(id.Value) > 16) {
		b.wrong(id.Pos, fmt.Sprintf("agent number %q can't be read out", clip(id.Value)), "digits only, at most 16")
	}
	var record *RecordPolicy
	if w := f.word("record"); w.Value != "" {
		record = new(b.recordPolicy(w, RecordPolicy{}))
	}
	return Agent{
		Record:          record,
		ID:              call.SeatID(id.Value),
		Name:            f.text("name", ""),
		Team:            b.ref(sectionTeams, f.word("team")),
		Group:           b.ref(sectionGroups, f.mustWord("group")),
		Password:        f.secret("password"),
		PIN:             f.pin(),
		Devices:         f.devices(),
		Skills:          b.skills(f),
		Weight:          f.integer("weight", 1, 1, 1000),
		Roles:           b.roles(f),
		ReadyOnRegister: f.boolean("ready_on_register", false),
		AutoAnswer:      f.boolean("auto_answer", false),
		Codecs:          b.codecs(f),
		SRTP:            encryption(f),
		Rel100:          f.boolean("rel100", true),
		Dial:            b.dial(f),
		Forward:         b.forward(f, id.Value),
		Divert:          oneOf(f, "divert", diverts, DivertInternal),
	}
}

// roles gives what the agent may do; an agent's own work where nothing is said.
func (b *builder) roles(f *fields) []Role {
	var out []Role
	seen := map[string]bool{}
	for _, w := range f.words("roles") {
		if seen[w.Value] {
			b.wrong(w.Pos, fmt.Sprintf("role %s is there twice", clip(w.Value)), "each once")
		}
		seen[w.Value] = true
		out = append(out, nameOf(b.reader, w, "role", roles, RoleAgent))
	}
	if out == nil {
		out = []Role{RoleAgent}
	}
	return out
}

// The levels of a skill.
const (
	lowestSkill  = 1
	highestSkill = 5
)

// skills gives a mapping of skills to levels.
func (b *builder) skills(f *fields) map[string]int {
	v := f.get("skills")
	if v == nil {
		return nil
	}
	if v.kind != kindMap {
		b.wrong(v.at, "skills is "+kinds[v.kind], "a mapping of skills to levels, as {general: 3}")
		return nil
	}
	out := make(map[string]int, len(v.pairs))
	for _, p := range v.pairs {
		if !isName(p.key.text) {
			b.wrong(p.key.at, "a skill's name is no name", "letters, digits, _ - and . only")
			continue
		}
		if p.value.kind == kindEmpty {
			b.wrong(p.value.at, fmt.Sprintf("skill %s has no level", p.key.text), "a level from 1 to 5")
			continue
		}
		if level, ok := b.number(p.value, "level of skill "+p.key.text, lowestSkill, highestSkill); ok {
			out[p.key.text] = level
		}
	}
	return out
}

// encryptions are the policies' names, by value.
var encryptions = []string{call.EncryptOff.String(), call.EncryptOptional.String(), call.EncryptRequired.String()}

// encryption gives whether sound is encrypted; where nothing is said, if the far end can.
func encryption(f *fields) call.Encryption {
	return oneOf(f, "srtp", encryptions, call.EncryptOptional)
}

// laterCodecs are known to the product but not spoken by this version.
var laterCodecs = []string{"G729"}

// codecs gives the codecs allowed, in order of preference; G.711 where nothing is said.
func (b *builder) codecs(f *fields) []call.Codec {
	def := []call.Codec{call.CodecPCMA, call.CodecPCMU}
	words := f.words("codecs")
	var out []call.Codec
	seen := map[string]bool{}
	for _, w := range words {
		var c call.Codec
		err := c.UnmarshalText([]byte(w.Value))
		switch {
		case seen[w.Value]:
			b.wrong(w.Pos, fmt.Sprintf("codec %s is there twice", clip(w.Value)), "each once, preferred first")
		case contains(laterCodecs, w.Value):
			b.notYet("codec %s is not spoken", w.Value)
		case err != nil || c == call.CodecNone:
			b.wrong(w.Pos, fmt.Sprintf("codec %q is unknown", clip(w.Value)), instead(w.Value, append([]string{"PCMA", "PCMU", "G722", "opus"}, laterCodecs...)))
		default:
			out = append(out, c)
		}
		seen[w.Value] = true
	}
	if len(out) == 1 && out[0] == call.CodecOpus {
		b.wrong(words[0].Pos, "opus stands alone, and most phones can be reached by another codec as well", "PCMA or PCMU beside it, as [opus, PCMA]")
	}
	if len(out) > 0 {
		return out
	}
	if v := f.got["codecs"]; v != nil && v.kind == kindList && len(v.list) == 0 {
		b.wrong(v.at, "codecs is an empty list", "as [PCMA, PCMU]")
	} else if len(words) > 0 && len(seen) > 0 && onlyLater(words) {
		b.wrong(words[0].Pos, "none of the codecs is spoken by this version", "PCMA or PCMU among them")
	}
	return def
}

func onlyLater(words []word) bool {
	for _, w := range words {
		if !contains(laterCodecs, w.Value) {
			return false
		}
	}
	return true
}

func (b *builder) readOnCall() {
	hooks := 0
	for _, v := range b.sections[sectionOnCall] {
		f := b.fields(v, "a call-in list")
		b.site.OnCall = append(b.site.OnCall, OnCall{
			Name: f.name().Value, Title: f.text("title", ""),
			Agents:  seatIDs(b.refs(sectionAgents, f.words("agents"))),
			Webhook: b.webhook(f.get("webhook")),
		})
		if v := f.got["webhook"]; v != nil {
			if hooks++; hooks == mostWebhooks+1 {
				b.wrong(v.at, "the site names too many webhooks", fmt.Sprintf("at most %d", mostWebhooks))
			}
		}
		f.close()
	}
}

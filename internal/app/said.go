package app

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"hotline/call"
	"hotline/call/live"
	"hotline/ivr/prompts/voice"
	"hotline/media"
)

// callsFolder is where texts with values are kept, under node.data, by hash.
const callsFolder = "speech-calls"

// openVoice opens what renders texts in calls; if the node file names nothing, no site has such texts.
func (a *App) openVoice() (err error) {
	o, _ := voiceOptions(a.node)
	o.Dir, o.AtOnce, o.MaxBytes = filepath.Join(a.node.Data, callsFolder), a.node.Speech.CallsAtOnce, a.node.Speech.CallsCache
	a.voice, err = voice.NewCalls(o, func(file []byte) (any, error) {
		return media.ReadSound(bytes.NewReader(file), media.SpeechLevel)
	}, a.log.Named("speech"), a.reg)
	return err
}

// said are a call's rendered texts, by the prompt they are played by.
type said map[string]*media.Sound

// Render has texts with values rendered. Those before them can be played until these come.
func (m *callMedia) Render(v call.FlowRender) {
	m.Unrender(false)
	actor, speech := m.actor, &m.app.node.Speech
	if !speech.On() {
		actor.Post(live.FlowNews{Input: call.FlowFault{Token: v.Token, Words: "nothing renders texts on this node"}})
		return
	}
	texts := make([]voice.CallText, 0, len(v.Texts))
	for _, t := range v.Texts {
		texts = append(texts, voice.CallText{
			Text: voice.Text{Text: t.Text, Language: t.Language, Voice: cmp.Or(t.Voice, speech.Voices[t.Language], t.Language)}, Private: t.Private,
		})
	}
	wide := slices.Contains(m.codecs, call.CodecG722)
	m.unrender = m.app.voice.Go(actor.Done(), texts, func(sounds []any) {
		in, all := call.FlowRendered{Token: v.Token, Prompts: make([]string, len(sounds))}, said{}
		for i, s := range sounds {
			if sound, ok := s.(*media.Sound); ok {
				if wide {
					sound.Wideband() // better here than on a media thread
				}
				in.Prompts[i] = fmt.Sprintf("said:%d:%d", v.Token, i)
				all[in.Prompts[i]] = sound
			}
		}
		actor.Post(live.FlowNews{Input: in, Sound: all})
	})
}

// Unrender tells that they are not wanted any more.
func (m *callMedia) Unrender(late bool) {
	if m.unrender != nil {
		m.unrender(late)
		m.unrender = nil
	}
}

// Rendered takes rendered texts.
func (m *callMedia) Rendered(sound any) {
	if all, ok := sound.(said); ok {
		m.said = all
	}
}

package config

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// secretive has passwords in every way one can be written.
const secretive = `# 张一's is plain
groups: [{name: g}]
agents:
  - {id: "1001", group: g, password: plain-1001, name: 张一}   # a comment that stays
  - {id: "1002", group: g, password: 'it''s 1002'}
  - id: "1003"
    group: g
    password: "say \"1003\""
  - {id: "1004", group: g, password: "${TEST_PW}"}
phones:
  - {ext: "8001", password: other-8001}
callers:
  - {number: "13800000001", class: vip, name: 金卡}
  - {number: "13900000009", class: blocked}
`

func siteOfText(t require.TestingT, text string) *Site {
	s, err := LoadDocuments(fstest.MapFS{}, ".", []Document{{"site.yaml", text}}, SiteOptions{
		Getenv: func(string) (string, bool) { return "env-1004", true },
	})
	require.NoError(t, err)
	return s
}

func TestMaskedDocumentsComeBackAsTheyWere(t *testing.T) {
	s := siteOfText(t, secretive)
	for _, numbers := range []bool{true, false} {
		docs := s.Documents(numbers)
		text := docs[0].Text
		for _, secret := range []string{"plain-1001", "it''s", `say \"`, "other-8001", "env-1004"} {
			require.NotContains(t, text, secret)
		}
		require.Contains(t, text, `password: "********", name: 张一}   # a comment that stays`)
		require.Contains(t, text, "${TEST_PW}", "a reference is none")
		require.Equal(t, numbers, strings.Contains(text, "13800000001"))
		require.Equal(t, numbers, strings.Contains(text, "金卡"))
		back, err := s.Unmask(docs, "")
		require.NoError(t, err)
		require.Equal(t, secretive, back[0].Text)
		require.Equal(t, s.Hash, siteOfText(t, back[0].Text).Hash)
	}
}

// Who may not see callers may still move, remove and add some.
func TestMasksFollowWhatTheyStandFor(t *testing.T) {
	s := siteOfText(t, secretive)
	text := s.Documents(false)[0].Text
	first := `  - {number: "********-1", class: vip, name: "********-1"}` + "\n"
	require.Contains(t, text, first)
	text = strings.Replace(text, first, "", 1) + `  - {number: "13700000007"}` + "\n" + first
	text = strings.Replace(text, `{id: "1002", group: g, password: "********"}`, `{id: "1002", group: g}`, 1)
	back, err := s.Unmask([]Document{{"moved.yaml", text}}, "site")
	require.NoError(t, err)
	next := siteOfText(t, back[0].Text)
	require.Equal(t, []string{"13900000009", "13700000007", "13800000001"}, []string{next.Callers[0].Number, next.Callers[1].Number, next.Callers[2].Number})
	require.Equal(t, "金卡", next.Callers[2].Name)
	require.Equal(t, "plain-1001", next.Agents[0].Password.Reveal())
	require.True(t, next.Agents[1].Password.Empty())
	require.Equal(t, `say "1003"`, next.Agents[2].Password.Reveal())

	for at, wrong := range map[string]string{
		"site/moved.yaml:3:": `{id: "1001"` + "→" + `{id: "1009"`,
		"site/moved.yaml:1":  "********-1→********-77",
	} {
		from, to, _ := strings.Cut(wrong, "→")
		_, err := s.Unmask([]Document{{"moved.yaml", strings.Replace(text, from, to, 1)}}, "site")
		require.ErrorContains(t, err, "a mask stands here")
		require.ErrorContains(t, err, strings.TrimSuffix(at, "3:"))
	}
	_, err = LoadDocuments(fstest.MapFS{}, ".", []Document{{"site.yaml", text}}, SiteOptions{})
	require.ErrorContains(t, err, "password is a mask", "nobody's password becomes a mask by mistake")
}

// A secret in a form that can't be replaced in place costs the layout, not the secret.
func TestASecretOfManyLinesIsMaskedToo(t *testing.T) {
	text := "# layout\ngroups: [{name: g, title: 'a: b, c'}]\nagents:\n  - id: \"1001\"\n    group: g\n    password: |\n      top\n      secret\n"
	s := siteOfText(t, text)
	masked := s.Documents(true)[0].Text
	require.NotContains(t, masked, "top")
	require.NotContains(t, masked, "secret")
	back, err := s.Unmask([]Document{{"site.yaml", masked}}, "")
	require.NoError(t, err)
	next := siteOfText(t, back[0].Text)
	require.Equal(t, "top\nsecret\n", next.Agents[0].Password.Reveal())
	require.Equal(t, s.Agents[0].Password.Reveal(), next.Agents[0].Password.Reveal())
	require.Equal(t, "a: b, c", next.Groups[0].Title)
}

// FuzzMasks: whatever a site looks like, no password is in what is shown, and
// what is shown comes back as the same site.
func FuzzMasks(f *testing.F) {
	f.Add(secretive)
	f.Add("groups: [{name: g}]\nagents: [{id: '1', group: g, password: zz9zz9}]\n")
	f.Add("groups: [{name: g}]\nagents:\n- id: '1'\n  group: g\n  password: >-\n    folded\n    text\n")
	f.Fuzz(func(t *testing.T, text string) {
		o := SiteOptions{Getenv: func(string) (string, bool) { return "", false }}
		s, err := LoadDocuments(fstest.MapFS{}, ".", []Document{{"site.yaml", text}}, o)
		if err != nil {
			return
		}
		docs := s.Documents(true)
		shown, err := LoadDocuments(fstest.MapFS{}, ".", docs, o)
		for _, a := range s.Agents {
			if !a.Password.Empty() && !strings.HasPrefix(a.Password.Reveal(), "${") {
				require.Error(t, err, "a mask is no password: %v", shown)
			}
		}
		back, err := s.Unmask(docs, "")
		require.NoError(t, err)
		again, err := LoadDocuments(fstest.MapFS{}, ".", back, o)
		require.NoError(t, err)
		for i, a := range again.Agents {
			require.Equal(t, s.Agents[i].Password.Reveal(), a.Password.Reveal())
		}
	})
}

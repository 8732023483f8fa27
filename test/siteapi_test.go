package test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"hotline/test/harness"
)

// siteDocs are the site's documents as the API gives and takes them.
type siteDocs struct {
	Revision int        `json:"revision"`
	Files    []siteFile `json:"files"`
}

type siteFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// file is one of them.
func (d siteDocs) file(name string) *siteFile {
	for i := range d.Files {
		if d.Files[i].Name == name {
			return &d.Files[i]
		}
	}
	return &siteFile{}
}

// swap replaces words of one of them.
func (d siteDocs) swap(t *testing.T, name, from, to string) {
	t.Helper()
	f := d.file(name)
	require.Contains(t, f.Text, from)
	f.Text = strings.Replace(f.Text, from, to, 1)
}

func getSite(a *harness.API) (d siteDocs) {
	a.Do(http.MethodGet, "/api/v1/site", nil, http.StatusOK, &d)
	return d
}

// siteRevision is an entry of the site's history.
type siteRevision struct {
	Number  int
	By      string
	Hash    string
	Changed []string
}

func revisions(a *harness.API) []siteRevision {
	var out struct{ Items []siteRevision }
	a.Do(http.MethodGet, "/api/v1/site/revisions", nil, http.StatusOK, &out)
	return out.Items
}

// TestTheSiteIsChangedByTheAPI changes a site as admin and as operator: masks
// keep what they hide, mistakes are told with their places, and nobody overwrites another's change.
func TestTheSiteIsChangedByTheAPI(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site(func(s map[string]string) {
		s["seats.yaml"] += `  - {id: "9100", name: 运维, password: "pw-9100", group: general, roles: [operator]}
`
	})})
	d := getSite(n.API)
	all, err := json.Marshal(d)
	require.NoError(t, err)
	require.NotContains(t, string(all), "pw-1001")
	require.Contains(t, d.file("trunks.yaml").Text, "13800000001", "the admin sees whom he has listed")
	d.swap(t, "queues.yaml", "wrap_up: 1s}", "wrap_up: 2s} # longer")
	var rev siteRevision
	n.Do(http.MethodPut, "/api/v1/site", d, http.StatusOK, &rev)
	require.Equal(t, 2, rev.Number)
	require.Equal(t, []string{"queues.yaml"}, rev.Changed)
	require.Equal(t, 2.0, n.Metric("hotline_site_revision"))
	harness.StartPhone(t, n, harness.PhoneConfig{User: "1001", Password: "pw-1001", Hz: 1000, Answer: true})
	n.SetSeat("1001", "ready")
	n.WaitSeat("1001", "ready")

	n.Do(http.MethodPut, "/api/v1/site", d, http.StatusConflict, nil) // made from revision 1
	d = getSite(n.API)
	d.swap(t, "queues.yaml", "{name: vip, groups: [vip]", "{name: vip, groups: [vipp]")
	d.swap(t, "seats.yaml", `{id: "1002"`, `{id: "1003"`)
	status, raw := n.Try(http.MethodPut, "/api/v1/site", d)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, string(raw), "a mask stands here", "of 1003 nothing was known")
	d.swap(t, "seats.yaml", `{id: "1003"`, `{id: "1002"`)
	status, raw = n.Try(http.MethodPut, "/api/v1/site", d)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	var problem struct {
		Errors []struct {
			File, Message string
			Line, Column  int
		}
	}
	require.NoError(t, json.Unmarshal(raw, &problem))
	require.Len(t, problem.Errors, 1)
	require.Equal(t, []int{5, 26}, []int{problem.Errors[0].Line, problem.Errors[0].Column}, "%s", raw)
	require.True(t, strings.HasSuffix(problem.Errors[0].File, "site/queues.yaml"), problem.Errors[0].File)
	require.Equal(t, 2, getSite(n.API).Revision, "the one in force stays")

	operator := n.As("9100", "pw-9100")
	d = getSite(operator)
	require.NotContains(t, d.file("trunks.yaml").Text, "13800000001")
	d.swap(t, "seats.yaml", "roles: [operator]", "roles: [admin]")
	operator.Do(http.MethodPut, "/api/v1/site", d, http.StatusForbidden, nil)
	d.swap(t, "seats.yaml", "roles: [admin]", "roles: [operator]")
	d.swap(t, "trunks.yaml", "max_calls: 100", "max_calls: 90")
	operator.Do(http.MethodPut, "/api/v1/site", d, http.StatusOK, &rev)
	require.Equal(t, []string{"trunks.yaml"}, rev.Changed)
	require.Contains(t, getSite(n.API).file("trunks.yaml").Text, `{number: "13800000001", class: vip, level: gold, name: 金卡会员}`)

	n.WriteSite("extra.yaml", "physical_seats: 40\n")
	d = getSite(n.API)
	d.swap(t, "trunks.yaml", "max_calls: 90", "max_calls: 80")
	status, raw = n.Try(http.MethodPut, "/api/v1/site", d)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, string(raw), "extra.yaml has been changed on the disk")
	n.Signal(syscall.SIGHUP)
	n.WaitMetric(4, "hotline_site_revision")
	d = getSite(n.API)
	d.swap(t, "trunks.yaml", "max_calls: 90", "max_calls: 80")
	n.Do(http.MethodPut, "/api/v1/site", d, http.StatusOK, nil)

	n.Kill()
	n.Start()
	var by []string
	for _, r := range revisions(n.API) {
		by = append(by, r.By)
	}
	require.Equal(t, []string{"admin", "SIGHUP", "9100", "admin", "start"}, by)
	require.Equal(t, 5.0, n.Metric("hotline_site_revision"), "the files are what was put")
	require.Equal(t, d.Files, getSite(n.API).Files)
}

// TestASiteThatIsBeingWrittenWhenTheNodeDies kills the node while sites are put
// one after another: the next start has one of them, whole.
func TestASiteThatIsBeingWrittenWhenTheNodeDies(t *testing.T) {
	t.Parallel()
	n := harness.StartNode(t, harness.Config{Site: site()})
	for round := range 4 {
		d := getSite(n.API)
		sent := make(chan struct{})
		go func(a harness.API, seats, queues string) { // it ends when the node does
			defer close(sent)
			for i := 0; ; i++ {
				wait := []string{"1s", "2s"}[(i+round)%2]
				d.file("queues.yaml").Text = strings.Replace(queues, "wrap_up: 1s", "wrap_up: "+wait, 1)
				d.file("seats.yaml").Text = strings.Replace(seats, "title: 一班", "title: 班"+wait, 1)
				rev, ok := a.Put("/api/v1/site", d)
				if !ok {
					return
				}
				d.Revision = rev
			}
		}(*n.API, site()["seats.yaml"], site()["queues.yaml"])
		last := n.Metric("hotline_site_revision")
		n.Eventually(func() bool { return n.Metric("hotline_site_revision") > last+float64(1+round) }, "sites come into force")
		n.Kill()
		<-sent
		n.Start()
		got := getSite(n.API)
		one := strings.Contains(got.file("queues.yaml").Text, "wrap_up: 1s") && strings.Contains(got.file("seats.yaml").Text, "班1s")
		two := strings.Contains(got.file("queues.yaml").Text, "wrap_up: 2s") && strings.Contains(got.file("seats.yaml").Text, "班2s")
		require.True(t, one || two, "half of each: %+v", got)
		entries, err := os.ReadDir(filepath.Join(n.Dir, "site"))
		require.NoError(t, err)
		for _, e := range entries {
			require.NotEqual(t, ".next", e.Name(), "a start tidies up")
		}
	}
}

package test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hotline/internal/certs/authority"
	"hotline/test/harness"
	"hotline/test/tone"
)

// trying lets visitors call 10000 from the page, and gives agents time to answer and to write.
func trying(s map[string]string) {
	s["trunks.yaml"] += "try: {number: \"10000\"}\n"
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], "wrap_up: 1s", "wrap_up: 60s", 1)
	s["flows.yaml"] = strings.Replace(s["flows.yaml"], "timeout: 4s", "timeout: 20s", 1)
	unhurried(s)
}

// unhurried has a phone ring for as long as a browser may need on a busy machine.
func unhurried(s map[string]string) {
	s["queues.yaml"] = strings.Replace(s["queues.yaml"], "offer_timeout: 4s", "offer_timeout: 20s", 1)
}

// atDesk signs an agent in at the page.
func atDesk(b *harness.Chromium, base, user, password string) *harness.Tab {
	page := b.Open(base, "/phone")
	signIn(page, user, password)
	return page
}

func signIn(page *harness.Tab, user, password string) {
	page.Fill("工号", user)
	page.Fill("密码", password)
	page.Click("登录")
}

// TestBrowsers has a visitor call from /try and an agent answer in /phone, both in Chromium: the menu, a key,
// music, the ring, tones both ways, hold, mute, the survey, the disposition, and a recording with
// either side where it belongs. Nothing but the node is asked for anything.
func TestBrowsers(t *testing.T) {
	t.Parallel()
	visitors, agents := harness.StartChromium(t, 440), harness.StartChromium(t, 1000)
	n := harness.StartNode(t, harness.Config{Site: site(trying), Digest: "[SHA-256]"}) // JsSIP knows MD5 alone: no password is asked for
	visitor := visitors.Open(n.Base(), "/try")
	visitor.Shoot("try")
	visitor.Click("呼叫")
	visitor.Wait("[data-stage=talking]")
	n.Eventually(func() bool { return visitor.Hears().Loud() }, "the menu is heard")
	visitor.Press("1")
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	n.Eventually(func() bool { return visitor.Hears().Loud() }, "music is heard")
	visitor.Shoot("try-talking")

	agent := atDesk(agents, n.Base(), "1001", "pw-1001")
	agent.Wait(".line.ready")
	n.Eventually(func() bool { return n.Metric("hotline_registrations") == 1 }, "the page's phone registers")
	agent.Press("Alt+Digit1")
	agent.Wait("[data-scene=ringing] [data-caller^=web-]")
	require.Equal(t, "网页访客", agent.Text(".number"))
	agent.Shoot("phone-ringing")
	agent.Press("Alt+KeyA")
	n.WaitSeat("1001", "talking")
	hear := func(words string) {
		t.Helper()
		n.Eventually(func() bool { return visitor.Hears().Tone(1000) && agent.Hears().Tone(440) }, words)
	}
	hear("they hear each other")
	agent.Wait("[data-scene=talking]")
	agent.Shoot("phone-talking")

	agent.Press("Alt+KeyH")
	n.WaitSeat("1001", "held")
	n.Eventually(func() bool { return !visitor.Hears().Tone(1000) && !agent.Hears().Loud() }, "held")
	agent.Click("取回")
	n.WaitSeat("1001", "talking")
	hear("and after the hold again")
	agent.Press("Alt+KeyM")
	n.Eventually(func() bool { return !visitor.Hears().Loud() && agent.Hears().Tone(440) }, "muted")
	agent.Press("Alt+KeyM")
	hear("and after the mute again")
	time.Sleep(time.Second) // for the recording to have its second of both
	agent.Select("分类", "业务办理")
	agent.Fill("备注", "换套餐")
	agent.Press("Alt+KeyT")
	agent.Wait(".transfer")
	agent.Shoot("phone-transfer")
	agent.Press("Alt+KeyS") // 送评价
	agent.Wait("[data-scene=wrap_up]")
	agent.Shoot("phone-wrap-up")
	n.WaitMetric(1, "hotline_calls_active", `stage="survey"`)
	visitor.Click("1") // very satisfied
	visitor.Wait("[data-stage=over]")
	agent.Click("保存小结")
	n.WaitSeat("1001", "ready")

	rec := newest(n)
	require.Equal(t, "web", rec.Trunk)
	require.Equal(t, "10000", rec.Called)
	require.Regexp(t, `^web-\d{6}$`, rec.Caller)
	require.Equal(t, "order", rec.Disposition)
	require.Equal(t, "换套餐", rec.Notes)
	require.Equal(t, "very_satisfied", *rec.Survey)
	w := recorded(t, n, rec)
	require.Greater(t, tone.Heard(w.Channels[0], rate, 440), time.Second)
	require.Greater(t, tone.Heard(w.Channels[1], rate, 1000), time.Second)
	require.Zero(t, tone.Heard(w.Channels[0], rate, 1000))
	require.Zero(t, tone.Heard(w.Channels[1], rate, 440))
	require.Empty(t, visitors.Faults())
	require.Empty(t, agents.Faults())
	require.NotContains(t, n.Output(), "Bearer")
	nothingLeft(t, n)
}

// TestDeskKeepsItsWay: over https and wss, the desk comes back when its connections are cut, in a call and without
// one; a second tab takes it over; a refusal, a wrong password and a page that is switched off are told.
func TestDeskKeepsItsWay(t *testing.T) {
	t.Parallel()
	chromium := harness.StartChromium(t, 1000)
	n := harness.StartNode(t, harness.Config{Site: site(quiet, unhurried), Secure: authority.New(t)})
	relay := harness.StartRelay(t, n)
	visitor := chromium.Open(n.Base(), "/try")
	visitor.Click("呼叫")
	visitor.Wait(`text="这个站点没有打开网页试打。在站点配置里加一行 try: {number: \"10000\"} 即可。"`)

	first := atDesk(chromium, relay.URL, "1001", "wrong")
	first.Wait(`text="工号或密码不对"`)
	first.Fill("密码", "pw-1001")
	first.Click("登录")
	first.Wait(".line.ready")
	first.Click("示闲")
	n.WaitSeat("1001", "ready")
	relay.Cut()
	n.WaitSeat("1001", "unreachable")
	n.WaitSeat("1001", "ready") // by itself
	first.Wait("[data-state=ready]")

	c := harness.StartCaller(t, n, harness.Plan{To: "10001", Hz: 440})
	first.Wait("[data-scene=ringing]")
	first.Click("接听")
	n.WaitSeat("1001", "talking")
	n.Eventually(func() bool { return first.Hears().Tone(440) }, "the caller is heard")
	relay.Cut()
	n.Eventually(func() bool { return n.Metric("hotline_registrations") == 0 }, "the way is cut")
	n.Eventually(func() bool { return n.Metric("hotline_registrations") == 1 }, "and open again")
	first.Wait(".line.ready")
	require.Equal(t, "talking", n.Seat("1001").State)
	n.Eventually(func() bool { return first.Hears().Tone(440) }, "and still is")
	n.Do("POST", "/api/v1/calls/"+string(n.Seat("1001").Call)+"/hangup", nil, 204, nil)
	c.Done()
	first.Wait("[data-scene=idle],[data-scene=wrap_up]") // the BYE found the new way
	n.WaitSeat("1001", "ready")

	second := atDesk(chromium, relay.URL, "1001", "pw-1001")
	second.Click("改在这里使用")
	first.Wait(`text="工作台已转到另一个标签页。"`)
	second.Wait(".line.ready")
	second.Reload()
	second.Wait(".line.ready") // without a password
	harness.StartCaller(t, n, harness.Plan{To: "10001"})
	second.Wait("[data-scene=ringing]")
	require.False(t, first.Shows("[data-scene=ringing]"))
	second.Click("拒接")
	require.Equal(t, "declined", n.WaitSeat("1001", "break").Reason)
	second.Wait("[data-state=break]")
	second.Shoot("phone-declined")
	require.Empty(t, chromium.Faults())
}

// TestFlowsPage shows a flow's picture and what goes through it: a caller's key counts at its edge within seconds, in the
// picture and in the table, while what is scrolled and has the focus stays. A node that is killed is told; when it is
// back, so is the sign-in, and then the figures of the day.
func TestFlowsPage(t *testing.T) {
	t.Parallel()
	chromium := harness.StartChromium(t, 440)
	n := harness.StartNode(t, harness.Config{Site: site()})
	page := chromium.Open(n.Base(), "/flows")
	signIn(page, "1001", "wrong")
	page.Wait(`text="工号或密码不对"`)
	signIn(page, "1001", "pw-1001")
	page.Wait(`[data-flow=busy].chosen`) // nobody has called: the first
	page.Follow("main")
	const general = `[data-way="menu>main/general"] `
	page.Wait(general + ".never")
	page.Wait(`.paper svg text:text-is("by_class")`)
	require.Contains(t, page.Text(".paper svg"), `caller.class == "vip"`)
	require.False(t, page.Shows(".paper tspan"))
	page.Press("+")
	page.Press("+")
	n.Eventually(func() bool { return page.Scroll(".paper", 120) > 100 }, "what is enlarged scrolls")
	at := page.Scroll(".paper", 0)

	c := harness.StartCaller(t, n, harness.Plan{To: "10000", Sound: harness.Sound(
		harness.Tone(time.Second), harness.Keys("1"), harness.Tone(30*time.Second),
	)})
	n.WaitMetric(1, "hotline_queue_waiting", `queue="general"`)
	page.Wait(general + `.taken:text-is("1")`)
	page.Wait(`.paper tspan:text-is("×1")`)
	page.Wait(`[data-flow=main] .some:text-is("1")`)
	page.Wait(`[data-flow=main] a:focus`)
	require.Equal(t, at, page.Scroll(".paper", 0))
	page.Shoot("flows")
	page.Click("English")
	page.Wait(`text="How often each way was taken since midnight"`)
	page.Click("中文")
	n.Do("POST", "/api/v1/calls/"+string(n.Calls("")[0].ID)+"/hangup", nil, 204, nil)
	c.Done()
	page.Wait(`[data-flow=main] td:text-is("0")`)

	n.Signal(syscall.SIGKILL)
	n.Wait(10 * time.Second)
	page.Wait("[data-health=lost]")
	require.True(t, page.Shows(general+".taken"), "what was read stays")
	n.Start()
	page.Wait(`text="登录已失效，请重新登录"`)
	signIn(page, "1001", "pw-1001")
	page.Wait(general + `.taken:text-is("1")`)
	page.Wait("[data-flow=main].chosen")
	require.Empty(t, chromium.Faults())
}

// TestDeskOpensTheFlows: in a tab of its own that has the desk's session, and ends with it. An administrator, who is no
// agent, sees the flows too.
func TestDeskOpensTheFlows(t *testing.T) {
	t.Parallel()
	chromium := harness.StartChromium(t, 1000)
	n := harness.StartNode(t, harness.Config{Site: site(quiet)})
	desk := atDesk(chromium, n.Base(), "1001", "pw-1001")
	desk.Wait(".line.ready")
	flows := desk.FollowOut("流程实况")
	flows.Wait("[data-flow=main]")
	require.Equal(t, "1001", flows.Text(".who b"))
	require.True(t, desk.Shows(".line.ready"), "the phone stays where it is")
	desk.Click("退出登录")
	flows.Wait(`text="登录已失效，请重新登录"`)
	signIn(flows, "admin", harness.AdminPassword)
	flows.Wait("[data-flow=main]")
	flows.Click("退出登录")
	flows.Wait("form")
	require.Empty(t, chromium.Faults())
}

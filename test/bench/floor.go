package bench

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"hotline/test/harness"
	"hotline/test/peer"
	"hotline/test/tone"
)

// Numbers a customer may call.
const (
	numberPrompt = "9001" // a prompt of one second, then the queue
	numberDigit  = "9002" // a menu, then the queue
	numberDirect = "9003" // the queue at once
)

// firstSeat is the lowest agent number; the others follow.
const firstSeat = 10001

// firstSound is where media ports begin: those the kernel gives out, of which
// few are taken, since thousands are needed.
const firstSound = 33_000

// floor is a node with a site of the benchmark's own and registered phones.
type floor struct {
	*harness.Node
	t     testing.TB
	phone int // the port of all phones
}

// floorPlan is what differs between cases.
type floorPlan struct {
	seats  int
	calls  int // concurrent at most: decides the media ports
	record bool
	extra  string // of the node file
}

// openFloor starts a node without limits and registers its phones, all of them
// at one port, with an expiry beyond any run's length. Every seat is ready by
// its registration.
func openFloor(t testing.TB, p floorPlan) *floor {
	t.Helper()
	f := &floor{
		t: t, phone: harness.FreePorts(t, 2),
		Node: harness.StartNode(t, harness.Config{Site: site(p), RTPFirst: firstSound, RTPPorts: 4*p.calls + 64, Log: "warn", Extra: p.extra}),
	}
	t.Cleanup(func() {
		if t.Failed() && !f.Ended() {
			_, metrics := f.Try(http.MethodGet, "/metrics", nil)
			for line := range strings.Lines(string(metrics)) {
				if strings.HasPrefix(line, "hotline_") && !strings.Contains(line, "_bucket") {
					t.Log(strings.TrimSpace(line))
				}
			}
		}
	})
	gateway := peer.UDP(t, netip.MustParseAddrPort(f.SIPAddr()))
	for i := range p.seats {
		id := seatName(i)
		final, _ := gateway.Register(peer.Registration{
			User: id, Password: "pw-" + id, Domain: "hotline.local", Expires: 3600,
			Contact: fmt.Sprintf("<sip:%s@127.0.0.1:%d>", id, f.phone),
		})
		if final.Status != 200 {
			t.Fatalf("agent %s could not register: %s", id, final.Start)
		}
	}
	f.WaitMetric(float64(p.seats), "hotline_seats", `state="ready"`)
	return f
}

func seatName(i int) string { return strconv.Itoa(firstSeat + i) }

func site(p floorPlan) map[string]string {
	record := "never"
	if p.record {
		record = "always"
	}
	var agents strings.Builder
	for i := range max(p.seats, 1) {
		fmt.Fprintf(&agents, "  - {id: \"%[1]d\", name: 座席, group: all, skills: {all: 1}, password: \"pw-%[1]d\", ready_on_register: true}\n", firstSeat+i)
	}
	return map[string]string{
		"prompts/zh/second.wav": string(tone.WAV(8000, tone.Sine(440, 1, 8000))),
		"trunks.yaml": `
trunks:
  - {name: gateway, from: [127.0.0.1/32], codecs: [PCMU, PCMA]}
numbers:
  - {number: "9001", trunk: gateway, flow: prompt}
  - {number: "9002", trunk: gateway, flow: digit}
  - {number: "9003", trunk: gateway, flow: direct}
`,
		"seats.yaml": "groups: [{name: all, title: 全部座席}]\nagents:\n" + agents.String(),
		"queues.yaml": `
defaults: {wrap_up: 0s, say_agent_number: false, record: ` + record + `, max_waiting: 0}
queues:
  - {name: all, groups: [all], skills: {all: 1}}
`,
		"flows.yaml": `
flows:
  - name: prompt
    start: say
    nodes:
      say: {play: [second], next: q}
      q:   {queue: all, next: hangup}
  - name: digit
    start: ask
    nodes:
      ask:
        menu: {prompt: main_menu, timeout: 10s, tries: 1}
        keys: {"1": q}
        next: hangup
      q: {queue: all, next: hangup}
  - name: direct
    start: q
    nodes:
      q: {queue: all, next: hangup}
`,
	}
}

package test

import "hotline/test/harness"

// site is what most tests run on: three queues and a few agents, with short
// times so that a test does not wait for them, and a welcome short enough to hear whole.
func site(changes ...func(map[string]string)) map[string]string {
	s := map[string]string{
		"trunks.yaml": `
trunks:
  - {name: gateway, title: 运营商中继, from: [127.0.0.1/32], codecs: [PCMA, PCMU], max_calls: 100}
numbers:
  - {number: "10000", trunk: gateway, flow: main}
  - {number: "10001", trunk: gateway, flow: direct}
  - {number: "10002", trunk: gateway, flow: message}
callers:
  - {number: "13800000001", class: vip, level: gold, name: 金卡会员}
  - {number: "13900000009", class: blocked}
`,
		"seats.yaml": `
groups:
  - {name: general, title: 综合业务座席}
  - {name: vip, title: VIP专席}
  - {name: complaint, title: 投诉专席}
teams:
  - {name: a, title: 一班, leader: "1900"}
agents:
  - {id: "1001", name: 张一, team: a, password: "pw-1001", group: general, skills: {general: 3}}
  - {id: "1002", name: 李二, team: a, password: "pw-1002", group: general, skills: {general: 3}}
  - {id: "1900", name: 何班, team: a, password: "pw-1900", group: general, skills: {general: 1}, roles: [agent, team_lead]}
  - {id: "2001", name: 王三, password: "pw-2001", group: vip, skills: {vip: 5, general: 5}}
  - {id: "4001", name: 钱五, password: "pw-4001", group: complaint, skills: {complaint: 4}}
`,
		"queues.yaml": `
defaults: {offer_timeout: 4s, wrap_up: 1s}
queues:
  - {name: general, groups: [general], skills: {general: 1}, overflow: [{when: full, to: "flow:busy"}]}
  - {name: vip, groups: [vip], skills: {vip: 3}, priority: 9}
  - {name: complaint, groups: [complaint], skills: {complaint: 1}, overflow: [{when: no_seats, to: "queue:general"}]}
`,
		"flows.yaml": `
flows:
  - name: main
    start: by_class
    nodes:
      by_class: {branch: [{if: 'caller.class == "vip"', next: vip}], else: menu}
      menu:
        menu: {prompt: main_menu, timeout: 5s, tries: 2}
        keys: {"1": general, "2": vip, "3": complaint}
        next: hangup
      general:   {queue: general, next: rate}
      vip:       {queue: vip, next: rate}
      complaint: {queue: complaint, next: rate}
      rate:
        survey: {prompt: rate_us, keys: {"1": very_satisfied, "2": satisfied}, timeout: 4s}
        next: hangup
  - name: direct
    start: q
    nodes:
      q: {queue: general, next: hangup}
  - name: message
    start: leave
    nodes:
      leave: {voicemail: {mailbox: general, max: 30s}, next: hangup}
  - name: busy
    start: say
    nodes:
      say: {play: [all_busy], next: hangup}
`,
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

// agent starts a phone for an agent and signs the agent in, ready.
func agent(t tb, n *harness.Node, id string, hz float64, answer bool) *harness.Phone {
	t.Helper()
	p := harness.StartPhone(t, n, harness.PhoneConfig{User: id, Password: "pw-" + id, Hz: hz, Answer: answer})
	n.SetSeat(id, "ready")
	n.WaitSeat(id, "ready")
	return p
}

package bench

import (
	"fmt"
	"strings"
	"time"
)

// figures are all of one run, for the table.
type figures struct {
	machine, commit, began, ended string // ended and began: the machine's load average
	when                          time.Time
	a                             []callCost // not recorded, by rising rate
	aRecorded                     []callCost
	aPrompt                       callCost
	floor                         [2]time.Duration // a packet forwarded by nothing but the kernel, before and after b
	b1, b2                        soundCost
	c                             []offerCost
	d                             waitCost
	e                             []offerCost
}

// row is one line of the table; the peers' and the target's columns are those
// of the project's design, measured on the same kind of machine.
type row struct{ what, asterisk, freeswitch, floor, must, aim, ours string }

func (f *figures) rows() []row {
	held := f.held()
	return []row{
		{
			"a. CPU a call: INVITE, answer, prompt or digit, queue, seat, 1.5 s talk, BYE", "7.3–9.7 ms", "14.4–18.6 ms",
			"two SIP dialogs ≈ 0.16 ms", "≤ 2 ms", "≤ 1 ms",
			fmt.Sprintf("**%s**, recorded **%s**", costs(f.a), costs(f.aRecorded)),
		},
		{"calls a second held with < 0.1 % failed, SIPp on the same cores", "150–180", "80–90", "", "≥ 400", "≥ 1,000", "**" + held + "**"},
		{
			"b1. CPU a call-second, bridged, G.711, 200 calls", "1.1–1.8 ms", "1.3–2.0 ms", "0.21–0.27 ms; rtpengine 0.44–0.8",
			"≤ 0.45 ms", "≤ 0.3 ms", f.sound(f.b1) + fmt.Sprintf("; the floor in this run was %.2f–%.2f ms", floorOf(f.floor[0]), floorOf(f.floor[1])),
		},
		{"b2. the same, recorded", "2.6–4.4 ms", "1.5–2.6 ms", "and 16 kB/s to disk", "≤ 0.7 ms", "≤ 0.4 ms", f.sound(f.b2)},
		{
			"c. seat free, a caller waits → INVITE on the wire, p50 / p99", "525 / 995 ms", "724 / 1,140 ms; with 300 waiting 761 / 1,203",
			"one step and one packet", "2 / 5 ms with 1,000 waiting", "0.5 / 2 ms", offers(f.c),
		},
		{"d. callers waiting on music, of one core", "75–105 % (1,000)", "139–166 % (1,000)", "7 % and reading theirs", "≤ 20 %", "≤ 12 %", fmt.Sprintf("**%.1f %%** (%d)", 100*f.d.busy, f.d.callers)},
		{"memory a waiting caller", "125–150 KB", "460 KB", "", "≤ 40 KB", "≤ 20 KB", fmt.Sprintf("**%d KB**", f.d.perRSS>>10)},
		{"memory a bridged recorded call", "440 KB", "not clean", "", "≤ 100 KB", "≤ 50 KB", fmt.Sprintf("**%d KB**", f.b2.perCallRSS>>10)},
		{"e. one seat free of 1,000: call offered in, p50 / p99", "3 ms; +2–4 ms CPU", "57 / 106 ms", "", "≤ 2 ms, CPU as with one seat", "", offers(f.e)},
	}
}

func (f *figures) sound(c soundCost) string {
	return fmt.Sprintf("**%.2f ms**, %.2f at the design's floor; %d packets lost of %d; there and back %.1f / %.1f ms",
		ms(c.perSecond), ms(c.perSecond)/f.slowness(), c.facts.lost, c.facts.sent, ms(c.facts.p50), ms(c.facts.p99))
}

// designFloor is the floor of a call-second, in ms, on the machines that the
// peers and the targets were measured on: the higher end of its range.
const designFloor = 0.27

// slowness is how many times slower than those this machine's kernel was in this run.
func (f *figures) slowness() float64 {
	return (floorOf(f.floor[0]) + floorOf(f.floor[1])) / 2 / designFloor
}

// floorOf makes a call-second of a packet: 50 packets a second each way.
func floorOf(packet time.Duration) float64 { return ms(100 * packet) }

func costs(all []callCost) string {
	var out []string
	for _, c := range all {
		out = append(out, fmt.Sprintf("%.2f ms at %.0f/s", ms(c.perCall), c.rate))
	}
	return strings.Join(out, ", ")
}

func offers(all []offerCost) string {
	var out []string
	for _, c := range all {
		where := fmt.Sprintf("%d waiting", c.waiting)
		if c.waiting == 0 {
			where = fmt.Sprintf("of %d, %.1f ms CPU a call, %.1f of it idle", c.seats, ms(c.perCall), ms(c.idle))
		}
		out = append(out, fmt.Sprintf("**%.1f / %.1f ms** (%s)", ms(c.p50), ms(c.p99), where))
	}
	return strings.Join(out, "; ")
}

// most is the share of calls that may fail at a rate that counts as held.
const most = 0.001

// held is the highest rate up to which every rate lost less than that.
func (f *figures) held() string {
	best, words := 0.0, ""
	for _, c := range f.a {
		if c.lost() >= most {
			words = fmt.Sprintf("; %.2f %% failed at %.0f", 100*c.lost(), c.rate)
			break
		}
		best = c.rate
	}
	if words == "" {
		words = ", the highest tried (a rate at which the node needs more than 1.1 of the two cores is the last)"
	}
	return fmt.Sprintf("%.0f%s", best, words)
}

// page is docs/benchmarks.md.
func (f *figures) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What a call costs

Written by %[1]smake bench%[1]s: everything in the last column is from one run. A run on another machine is kept in [benchmarks-xeon.md](benchmarks-xeon.md).

| | |
| --- | --- |
| machine | %[2]s; SIPp and the sound's generator run on the same cores |
| commit | %[3]s |
| when | %[4]s |
| load average at the start and at the end | %[5]s, %[6]s |

| case | Asterisk 23.4 | FreeSWITCH 1.10 | floor | must reach | aims at | **Hotline** |
| --- | --- | --- | --- | --- | --- | --- |
`, "`", f.machine, f.commit, f.when.UTC().Format("2006-01-02 15:04 UTC"), f.began, f.ended)
	for _, r := range f.rows() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.what, r.asterisk, r.freeswitch, r.floor, r.must, r.aim, r.ours)
	}
	b.WriteString(explained)
	b.WriteString("\n## Every rate of case a\n| calls/s | recorded | CPU a call | of a core | calls | failed at SIPp | answered in the records | memory before → after |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i, c := range append(append([]callCost(nil), f.a...), f.aRecorded...) {
		recorded := "no"
		if i >= len(f.a) {
			recorded = "yes"
		}
		b.WriteString(c.line(recorded))
	}
	b.WriteString(f.aPrompt.line("no, prompt instead of digit"))
	return b.String()
}

func (c callCost) line(recorded string) string {
	return fmt.Sprintf("| %.0f | %s | %.2f ms | %.0f %% | %d | %d | %d | %d → %d MB |\n",
		c.rate, recorded, ms(c.perCall), 100*c.busy, c.tally.done+c.tally.failed, c.tally.failed, c.answered, c.rss[0]>>20, c.rss[1]>>20)
}

// explained says what exactly is measured.
const explained = `
The other systems' figures were taken with their release builds on the same kind of machine (two shared cores,
loopback, SIPp 3.6.1 beside them). The machines are shared: the same traffic varies up to twofold from one run to the
next, so small differences mean nothing.

## What is measured
CPU is user and system time of the node's process from ` + "`/proc/PID/stat`" + `; nothing is subtracted: it holds
the loopback's own delivery of each packet sent (the kernel does it in the sender's time), the journal, the database,
the phones' OPTIONS, the naps of the media thread. Memory is resident memory (RSS) less that of the idle node, divided
by the calls; the kernel's socket buffers are not in it.
- **a**: a caller (SIPp) calls, is answered, presses 1 by INFO 300 ms later in a menu's prompt (or hears a prompt of
  1 s), enters the queue, a seat's phone (SIPp) rings and answers at once, talks for 1.5 s and hangs up, the node hangs
  up on the caller. CPU from before the first call until the last one's record is in the database, divided by the calls.
  No sound is sent; prompts and music are. Recordings are analysed as they end, within the figure. Seats: three a call a second, each registered, ready, without wrap-up, asked by OPTIONS every
  30 s. A call counts as carried if SIPp saw its scenario through and the node's records have it as answered. At low rates the naps of
  the media thread and the wake-ups of idle cores weigh more on each call.
- **b1, b2**: 200 calls of G.711, 50 packets a second each way, through two relayed legs; CPU of a stretch in which
  no call begins or ends. The sound starts at the caller's side, is sent back at the agent's, and counts as lost if it is not back within half a second: each packet passes
  the node twice. "The floor in this run" is 100 times one send and one receive over loopback by a bare loop, before and after: how
  fast the machine was just then. "At the design's floor" is a figure divided by how many times that floor was above 0.27 ms, the higher end of what it was
  on the machines of the peers' figures and of the targets: machines of one kind have differed threefold. It is an
  estimate, told only where nearly all is the kernel's work: other code slows down less.
- **c**: one seat; from the phone's BYE to the next INVITE to the phone, by the kernel's stamps of the packets on loopback, with
  other callers hearing music. (Until November 2026 by SIPp's log, which held about a millisecond of SIPp's own naps; the other systems' figures do.)
- **d**: 1,000 callers on looped music, no seat; the callers send no sound.
- **e**: one seat of 1,000 is free, one call at a time; from the caller's INVITE to the seat's, by the same stamps: it
  holds the answer to the caller and his ACK. "Idle" is what the node takes in the same time without a call: most of it
  is OPTIONS to the phones, each asked every 30 s.
`

// The agent's desk: who is signed in, what the seat does, which call it has. Views read its signals and call its deeds.
import { computed, effect, signal, untracked } from '@preact/signals';
import {
  Api,
  type CallRecord,
  Problem,
  type Queue,
  type Seat,
  type Session,
  type TransferMode,
  type Wish,
} from '../shared/api';
import { type Handlers, listen, type Source, type Wanted } from '../shared/events';
import { t } from '../shared/i18n';
import { type Ended, Line } from '../shared/line';
import { forget, keep, kept } from '../shared/session';
import { faultOf, microphone, Ring, silence, wake } from '../shared/sound';
import { type Carried, Comeback, inCall } from './carry';
import { watchOf } from './floor';
import { Lead } from './lead';
import { concerns, mine, sceneOf, stateShown, upsert } from './model';
import { hold as holdTab, type Tab } from './tab';

/** Notice is one thing the agent should know; a lasting one stays until it is closed. */
export interface Notice {
  text: string;
  bad: boolean;
  lasting: boolean;
}

const noticeLasts = 6000;
/** Between two looks at a call that can't be seen yet. */
const readPause = 250;
/** A refused line asks for another pass, but does not storm the door. */
const refusedPause = 3000;

export class Desk {
  readonly session = signal<Session | null>(null);
  readonly seat = signal<Seat | null>(null);
  readonly queues = signal<Queue[]>([]);
  readonly record = signal<CallRecord | null>(null);
  readonly recent = signal<CallRecord[]>([]);
  readonly live = signal(false);
  readonly tab = signal<Tab>('free');
  readonly notice = signal<Notice | null>(null);
  readonly now = signal(Date.now());

  readonly line = new Line({
    register: true,
    onRing: itself => this.rung(itself),
    onEnd: e => this.ended(e),
    onMicrophone: error => this.noMicrophone(error),
  });
  private readonly comeback = new Comeback({
    seat: () => this.api.seat(this.agent).catch(() => undefined),
    take: c => this.takeUp(c),
    later: (run, ms) => setTimeout(run, ms),
  });
  readonly scene = computed(() => sceneOf(this.seat.value, this.line.talk.value, this.comeback.going.value));
  readonly state = computed(() => stateShown(this.seat.value, this.line.talk.value));
  readonly myQueues = computed(() => mine(this.queues.value, this.seat.value));
  /** The record of the call at hand, once it has been read. */
  readonly current = computed(() => (concerns(this.record.value, this.seat.value) ? this.record.value : null));

  /** How the agent is in the call at hand as a supervisor. */
  readonly watch = computed(() => watchOf(this.current.value, this.agent));
  /** The line is a supervisor's, in a call or waiting for the next one of whom it follows. */
  readonly supervising = computed(() => Boolean(this.watch.value ?? this.seat.value?.follows));
  readonly lead = new Lead({
    api: () => this.api,
    session: () => this.session.value,
    seat: () => this.seat.value,
    watch: () => this.watch.value,
    listen: (what, h) => this.listen(what, h),
    said: asked => this.try(asked),
    again: () => this.readMine(),
    later: (run, ms) => setTimeout(run, ms),
    now: () => Date.now(),
  });

  private api = new Api('');
  private readonly ring = new Ring();
  private stopEvents: (() => void) | undefined;
  private release: (() => void) | undefined;
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    setInterval(() => {
      this.now.value = Date.now();
    }, 500);
    effect(() => {
      if (this.line.talk.value?.phase === 'ringing') this.ring.start();
      else this.ring.stop();
    });
    effect(() => {
      if (this.line.state.value === 'refused') setTimeout(() => void this.connect(), refusedPause);
    });
    effect(() => {
      if (this.line.state.value === 'ready') untracked(() => void this.comeback.go());
    });
    effect(() => this.carry());
    effect(() => {
      const id = this.seat.value?.call;
      if (id) void this.readCall(id);
    });
  }

  /** resume goes on with the session of this tab, if a reload has left one, or another page one of an agent. */
  resume(): void {
    const s = kept();
    if (s?.agent) void this.enter(s);
  }

  /** logIn throws a Problem that says why not. */
  async logIn(user: string, password: string): Promise<void> {
    await wake();
    const s = await new Api('').logIn(user, password);
    if (!s.agent) throw new Problem(403, 'no_agent', '');
    keep(s);
    await this.enter(s);
  }

  /** logOut signs the seat out, unless a call goes on, and ends the session. */
  async logOut(): Promise<void> {
    const agent = this.session.value?.agent;
    if (agent && this.seat.value && this.seat.value.state !== 'offline') {
      await this.try(this.api.setSeat(agent, 'offline'));
    }
    await this.api.logOut().catch(() => {});
    this.leave();
  }

  async setState(wish: Wish, reason = '', minutes = 0): Promise<void> {
    const agent = this.session.value?.agent;
    if (!agent) return;
    await wake();
    const seat = await this.try(this.api.setSeat(agent, wish, reason, minutes));
    if (seat) this.seat.value = seat;
    if (wish === 'ready') void this.askMicrophone();
  }

  async moreWrapUp(minutes: number): Promise<void> {
    const seat = await this.try(this.api.extendWrapUp(this.agent, minutes));
    if (seat) this.seat.value = seat;
  }

  async endWrapUp(): Promise<void> {
    const seat = await this.try(this.api.endWrapUp(this.agent));
    if (seat) this.seat.value = seat;
  }

  async dispose(call: string, code: string, notes: string): Promise<boolean> {
    const done = await this.try(this.api.dispose(call, code, notes).then(() => true));
    if (done) await this.readSeat();
    return Boolean(done);
  }

  /** survey ends the agent's part and lets the caller rate (送评价). */
  async survey(): Promise<void> {
    const id = this.seat.value?.call;
    if (id) await this.try(this.api.survey(id));
  }

  /** transfer hands the customer on, or asks somebody first; false when the node did not do it. */
  async transfer(mode: TransferMode, to = ''): Promise<boolean> {
    const id = this.seat.value?.call;
    return Boolean(id && (await this.try(this.api.transfer(id, mode, to).then(() => true))));
  }

  /** help calls the supervisor (求助班长). */
  async help(): Promise<void> {
    const id = this.seat.value?.call;
    if (id && (await this.try(this.api.help(id).then(() => true)))) this.say(t('call.helped'));
  }

  /** takeTab makes this tab the one whose phone rings; but from one that is in a call nobody takes it. */
  async takeTab(): Promise<void> {
    const seat = await this.try(this.api.seat(this.agent));
    const talks = Boolean(seat && inCall(seat) && (seat.phone ?? this.agent) === this.agent);
    await this.enter(this.session.value, !talks);
    if (talks && this.tab.value === 'taken') this.say(t('tab.call'), true);
  }

  say(text: string, bad = false, lasting = false): void {
    clearTimeout(this.noticeTimer);
    this.notice.value = { text, bad, lasting };
    if (!lasting) this.noticeTimer = setTimeout(() => this.hush(), noticeLasts);
  }

  hush(): void {
    this.notice.value = null;
  }

  private get agent(): string {
    return this.session.value?.agent ?? '';
  }

  private async enter(s: Session | null, steal = false): Promise<void> {
    if (!s) return;
    this.session.value = s;
    this.api = new Api(s.token, () => this.lost());
    const got = await holdTab(s.agent, steal, () => this.moved());
    if (!got) {
      this.tab.value = 'taken';
      return;
    }
    this.release = got;
    this.tab.value = 'free';
    this.comeback.enter(s.agent);
    this.stopEvents = this.listen(
      { kinds: ['call', 'seat', 'queue', 'site'], agent: s.agent },
      {
        opened: () => {
          this.live.value = true;
          void this.readAll();
        },
        lost: () => {
          this.live.value = false;
        },
        event: (kind, data) => this.heard(kind, data),
      },
    );
    this.lead.enter();
    await this.connect();
    void this.askMicrophone();
  }

  private listen(what: Wanted, h: Handlers): () => void {
    return listen(what, h, {
      ticket: () => this.api.ticket(),
      open: url => new EventSource(url) as unknown as Source,
      later: (run, ms) => setTimeout(run, ms),
      random: Math.random,
    });
  }

  /** connect opens the phone's line with a pass of this session. */
  private async connect(): Promise<void> {
    if (!this.session.value || this.tab.value !== 'free') return;
    try {
      this.line.open(await this.api.phonePass());
    } catch (e) {
      if ((e as Problem).status !== 401) setTimeout(() => void this.connect(), refusedPause);
    }
  }

  /** carry notes what names the call at hand, while there is one. */
  private carry(): void {
    const talk = this.line.talk.value;
    if (talk?.phase === 'talking' && talk.dialog) {
      const { dialog, began, held, muted } = talk;
      this.comeback.keep({ agent: this.agent, dialog, began, held, muted });
    } else if (!talk) {
      this.comeback.drop();
    }
  }

  /** takeUp goes on with a call of before a reload. Who has no microphone hears the customer at least, and can hand him on. */
  private async takeUp(c: Carried): Promise<number> {
    let stream: MediaStream;
    try {
      stream = await microphone();
    } catch (e) {
      this.noMicrophone(e);
      stream = silence();
    }
    return this.line.resume(c, stream);
  }

  private async readAll(): Promise<void> {
    await this.readSeat();
    const queues = await this.try(this.api.queues());
    if (queues) this.queues.value = queues;
    await this.readRecent();
  }

  private async readSeat(): Promise<void> {
    const seat = await this.try(this.api.seat(this.agent));
    if (seat) this.seat.value = seat;
  }

  private async readMine(): Promise<void> {
    await this.readSeat();
    const id = this.seat.value?.call;
    if (id) await this.readCall(id);
  }

  /** readCall: an offer shows at the seat a moment before the call's record knows of it, and lets the agent see it. */
  private async readCall(id: string, tries = 5): Promise<void> {
    try {
      this.record.value = await this.api.call(id);
    } catch {
      if (tries > 1 && this.seat.value?.call === id) setTimeout(() => void this.readCall(id, tries - 1), readPause);
    }
  }

  private async readRecent(): Promise<void> {
    const list = await this.try(this.api.recent(this.agent, 8));
    if (list) this.recent.value = list;
  }

  private heard(kind: string, data: unknown): void {
    if (kind === 'queue') this.queues.value = upsert(this.queues.value, data as Queue);
    if (kind === 'site') void this.readAll();
    if (kind === 'call' && (data as { kind: string }).kind.startsWith('supervisor_')) void this.readMine();
    if (kind === 'seat' && (data as Seat).agent === this.agent) {
      const before = this.seat.value?.state;
      void this.readSeat().then(() => {
        if (before !== this.seat.value?.state) void this.readRecent();
      });
    }
  }

  /** rung: what a lead has just asked for here is picked up at once. */
  private rung(itself: boolean): void {
    if (itself && this.lead.expects()) void this.line.answer(true);
    void this.readSeat();
  }

  private ended(e: Ended): void {
    if (e.incoming && !e.talked && !e.byUs && e.cause === 'Canceled') this.say(t('call.lost'));
    void this.readSeat();
  }

  private async askMicrophone(): Promise<void> {
    try {
      const stream = await microphone();
      for (const track of stream.getTracks()) track.stop();
    } catch (e) {
      this.say(t(`mic.${faultOf(e)}`), true, true);
    }
  }

  /** noMicrophone: whoever can't be heard gets no further calls until that is mended. */
  private noMicrophone(error: unknown): void {
    this.say(t(`mic.${faultOf(error)}`), true, true);
    void this.setState('busy', 'microphone');
  }

  private lost(): void {
    if (!this.session.value) return;
    this.leave();
    this.say(t('login.ended'), true);
  }

  private moved(): void {
    this.shut();
    this.tab.value = 'moved';
  }

  private leave(): void {
    forget();
    this.shut();
    this.session.value = null;
  }

  private shut(): void {
    this.stopEvents?.();
    this.lead.leave();
    this.line.close();
    this.release?.();
    this.release = undefined;
    this.live.value = false;
    this.seat.value = null;
    this.record.value = null;
  }

  /** try says what went wrong instead of throwing it. */
  private async try<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (e) {
      const p = e as Problem;
      if (p.status !== 401) this.say(p.status === 0 ? t('net.none') : t('net.failed', { why: p.message }), true);
      return undefined;
    }
  }
}

// The flows as they are walked: who looks, at which flow, and the figures, asked for anew every few seconds.
// Views read its signals and call its deeds.
import { batch, signal } from '@preact/signals';
import { Api, type Flow, type FlowSummary, Problem, type Session } from '../shared/api';
import { pause } from '../shared/events';
import { t } from '../shared/i18n';
import { forget, keep, kept } from '../shared/session';
import { busiest } from './model';

/** Between an answer and the next question. */
export const beat = 3000;

/** Health: not yet known, as of now, old since the node does not answer, or not for this person to see. */
export type Health = 'starting' | 'live' | 'lost' | 'barred';

/** Tools are what the board needs of the browser. */
export interface Tools {
  api(token: string, onEnded: () => void): Pick<Api, 'flows' | 'flow' | 'logOut'>;
  logIn(user: string, password: string): Promise<Session>;
  /** later runs something once and gives what stops it. */
  later(run: () => void, ms: number): () => void;
  /** Whether anybody looks: a page that nobody sees asks nothing. */
  seen(): boolean;
  now(): number;
  random(): number;
  kept(): Session | null;
  keep(s: Session): void;
  forget(): void;
}

export const browser: Tools = {
  api: (token, onEnded) => new Api(token, onEnded),
  logIn: (user, password) => new Api('').logIn(user, password),
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  seen: () => document.visibilityState === 'visible',
  now: () => Date.now(),
  random: Math.random,
  kept: () => kept(),
  keep,
  forget,
};

export class Board {
  readonly session = signal<Session | null>(null);
  readonly flows = signal<FlowSummary[]>([]);
  readonly chosen = signal('');
  /** The chosen flow, once it has been read. */
  readonly flow = signal<Flow | null>(null);
  /** The site has no such flow, or no longer. */
  readonly missing = signal(false);
  readonly health = signal<Health>('starting');
  /** When the figures were read; 0: never. */
  readonly read = signal(0);
  /** What went wrong, in words. */
  readonly trouble = signal('');
  /** What the sign-in has to say. */
  readonly notice = signal('');

  private api: ReturnType<Tools['api']>;
  private stop: (() => void) | undefined;
  private round = 0; // the newest look: what an older one brings is dropped
  private tries = 0;

  constructor(private readonly tools: Tools = browser) {
    this.api = tools.api('', () => {});
  }

  /** resume goes on with the session of this tab, if there is one. */
  resume(): void {
    const s = this.tools.kept();
    if (s) this.enter(s);
  }

  /** logIn throws a Problem that says why not. */
  async logIn(user: string, password: string): Promise<void> {
    const s = await this.tools.logIn(user, password);
    this.tools.keep(s);
    this.enter(s);
  }

  async logOut(): Promise<void> {
    const api = this.api;
    this.leave('');
    await api.logOut().catch(() => {}); // the token is forgotten here; unused, it ends by itself
  }

  /** choose shows another flow. */
  choose(name: string): void {
    if (name === this.chosen.value) return;
    batch(() => {
      this.chosen.value = name;
      this.flow.value = null;
      this.missing.value = false;
    });
    void this.look();
  }

  /** look asks the node now, and goes on doing so while somebody is signed in and looks. */
  async look(): Promise<void> {
    this.stop?.();
    const round = ++this.round;
    if (!this.session.value || !this.tools.seen()) return;
    let wait = beat;
    try {
      const flows = await this.api.flows();
      const chosen = this.chosen.value || busiest(flows);
      const flow = round === this.round && chosen ? await this.ask(chosen) : null;
      if (round !== this.round) return;
      this.show(flows, chosen, flow);
    } catch (e) {
      if (round !== this.round) return;
      wait = this.fail(e);
    }
    this.stop = this.tools.later(() => void this.look(), wait);
  }

  private enter(s: Session): void {
    batch(() => {
      this.session.value = s;
      this.notice.value = '';
      this.health.value = 'starting';
    });
    const api = this.tools.api(s.token, () => {
      if (this.api === api) this.leave(t('login.ended')); // an older session's end is no news
    });
    this.api = api;
    this.tries = 0;
    void this.look();
  }

  /** ask gives a flow, or null where the site has none of this name. */
  private async ask(name: string): Promise<Flow | null> {
    try {
      return await this.api.flow(name);
    } catch (e) {
      if (e instanceof Problem && e.status === 404) return null;
      throw e;
    }
  }

  private show(flows: FlowSummary[], chosen: string, flow: Flow | null): void {
    this.tries = 0;
    batch(() => {
      this.flows.value = flows;
      this.chosen.value = chosen;
      this.flow.value = flow;
      this.missing.value = chosen !== '' && flow === null;
      this.read.value = this.tools.now();
      this.health.value = 'live';
      this.trouble.value = '';
    });
  }

  /** fail keeps what is shown, says that it is old, and gives how long to wait before the next try. */
  private fail(e: unknown): number {
    const p = e instanceof Problem ? e : new Problem(0, 'internal', String(e));
    batch(() => {
      this.health.value = p.status === 403 ? 'barred' : 'lost';
      this.trouble.value = p.status === 0 && !p.message ? t('net.none') : t('net.failed', { why: p.message });
      if (p.status !== 403) return;
      this.flows.value = []; // who may no longer see them does not go on seeing them
      this.flow.value = null;
      this.read.value = 0;
    });
    return Math.max(pause(this.tries++, this.tools.random()), p.retryAfter * 1000);
  }

  private leave(notice: string): void {
    this.stop?.();
    this.round++;
    this.tools.forget();
    this.api = this.tools.api('', () => {});
    batch(() => {
      this.session.value = null;
      this.flows.value = [];
      this.flow.value = null;
      this.missing.value = false;
      this.read.value = 0;
      this.trouble.value = '';
      this.notice.value = notice;
    });
  }
}

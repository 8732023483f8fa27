// What a lead does in other people's calls: the floor as it is now, and the deeds. Views read the signals.
import { computed, signal } from '@preact/signals';
import type { Api, Seat, Session } from '../shared/api';
import type { Handlers, Wanted } from '../shared/events';
import { inCall } from './carry';
import { leads, type Mode, moved, open, rows, type SeatNews, type Watch } from './floor';

/** Doors are what a lead's deeds need of the desk. */
export interface Doors {
  api(): Api;
  session(): Session | null;
  /** The own seat. */
  seat(): Seat | null;
  /** The call that he is in as a supervisor. */
  watch(): Watch | null;
  listen(what: Wanted, h: Handlers): () => void;
  /** Says what went wrong instead of throwing it. */
  said<T>(asked: Promise<T>): Promise<T | undefined>;
  /** Reads the own seat and its call anew. */
  again(): Promise<void>;
  later(run: () => void, ms: number): unknown;
  now(): number;
}

/** So long the phone may take to ring after it was asked for. */
const ringsWithin = 15_000;
/** The seat is free a moment after the call was left; so often, and after such pauses, it is asked. */
const freeTries = 30;
const freePause = 100;

export class Lead {
  readonly seats = signal<Seat[]>([]);
  readonly find = signal('');
  /** A deed is under way: another one waits for its end. */
  readonly busy = signal(false);
  readonly rows = computed(() => rows(this.seats.value, this.doors.session(), this.find.value));
  private expected = 0;
  private stop: (() => void) | undefined;

  constructor(private readonly doors: Doors) {}

  /** enter begins to show the floor, to who leads somebody. */
  enter(): void {
    this.leave();
    if (!leads(this.doors.session())) return;
    this.stop = this.doors.listen(
      { kinds: ['seat', 'site'] },
      {
        opened: () => void this.read(),
        lost: () => {},
        event: (kind, data) => {
          if (kind === 'site') void this.read();
          else this.seats.value = moved(this.seats.value, data as SeatNews);
        },
      },
    );
  }

  leave(): void {
    this.stop?.();
    this.stop = undefined;
    this.seats.value = [];
    this.expected = 0;
  }

  /** expects tells, once, that a ring which asks to be picked up by itself is what was asked for here. */
  expects(): boolean {
    const yes = this.expected > this.doors.now();
    this.expected = 0;
    return yes;
  }

  /** watch comes into the call of a seat, or goes on in it in another mode, which rings nobody. */
  watch(seat: Seat, mode: Mode): Promise<void> {
    return this.deed(async () => {
      const call = seat.call;
      if (!call || !open(seat)) return;
      const here = this.doors.watch()?.call === call;
      if (!here && !(await this.free())) return;
      await this.ask(here || Boolean(this.doors.seat()?.follows), this.doors.api().supervise(call, mode, seat.agent));
    });
  }

  /** out leaves the call. Who follows its agent stays on the line and is in the next one. */
  out(): Promise<void> {
    return this.deed(async () => {
      const w = this.doors.watch();
      if (w) await this.doors.said(this.doors.api().unsupervise(w.call));
    });
  }

  /** follow has the line go with an agent from call to call, in this mode. */
  follow(agent: string, mode: Mode = 'monitor'): Promise<void> {
    return this.deed(async () => {
      const follows = this.doors.seat()?.follows;
      if (follows && follows.agent !== agent && !(await this.end(follows.agent))) return;
      const here = follows?.agent === agent;
      if (!here && !(await this.free())) return;
      await this.ask(here, this.doors.api().follow(agent, mode));
    });
  }

  /** unfollow ends that, and the line with it. */
  unfollow(agent: string): Promise<void> {
    return this.deed(async () => {
      await this.end(agent);
    });
  }

  private async read(): Promise<void> {
    const seats = await this.doors.said(this.doors.api().seats());
    if (seats && this.stop) this.seats.value = seats;
  }

  private async deed(act: () => Promise<void>): Promise<void> {
    if (this.busy.value) return;
    this.busy.value = true;
    try {
      await act();
      await this.doors.again();
    } finally {
      this.busy.value = false;
    }
  }

  /** done tells whether the node has done what it was asked for; what went wrong is said. */
  private async done(asked: Promise<void>): Promise<boolean> {
    return Boolean(await this.doors.said(asked.then(() => true)));
  }

  /** ask expects a ring unless the line is here already. A refusal brings none. */
  private async ask(here: boolean, asked: Promise<void>): Promise<void> {
    if (!here) this.expected = this.doors.now() + ringsWithin;
    if (!(await this.done(asked))) this.expected = 0;
  }

  private async end(agent: string): Promise<boolean> {
    return (await this.done(this.doors.api().unfollow(agent))) && (await this.idle());
  }

  /** free leaves the call that he was rung into: one line, one call. A line that follows is lent on, without a ring. */
  private async free(): Promise<boolean> {
    const w = this.doors.watch();
    if (!w || this.doors.seat()?.follows) return true;
    return (await this.done(this.doors.api().unsupervise(w.call))) && (await this.idle());
  }

  /** idle waits until the node has let go of the seat. */
  private async idle(): Promise<boolean> {
    const me = this.doors.session()?.agent ?? '';
    for (let n = 0; n < freeTries; n++) {
      const seat = await this.doors.said(this.doors.api().seat(me));
      if (!seat) return false;
      if (!inCall(seat)) return true;
      await new Promise<void>(done => void this.doors.later(done, freePause));
    }
    return true; // the node says why not
  }
}

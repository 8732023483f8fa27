// The call that a reload carries over: what names it is kept by the tab, and taken up again once the phone has registered.
import { signal } from '@preact/signals';
import type { Seat } from '../shared/api';
import type { Dialog } from '../shared/dialog';

/** Carried is a call as it was when the page was left. */
export interface Carried {
  agent: string;
  dialog: Dialog;
  /** When both could talk, in milliseconds. */
  began: number;
  held: boolean;
  muted: boolean;
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const stored = 'hotline.call';
/** Between two tries to take a call up. */
const pause = 1000;

/** carried is the call that was kept, if there is one and it can be read. */
export function carried(from: Store): Carried | null {
  try {
    const c = JSON.parse(from.getItem(stored) ?? 'null') as Carried | null;
    const d = c?.dialog;
    if (typeof c?.agent !== 'string' || !d) return null;
    return [d.id, d.ours, d.theirs].every(s => typeof s === 'string' && s !== '') ? c : null;
  } catch {
    return null; // what is no call is not taken up
  }
}

/** Doors are how a call is looked for, and taken up. */
export interface Doors {
  /** The seat as the node knows it; undefined: the node does not answer. */
  seat(): Promise<Seat | undefined>;
  /** Takes the place of the call's old dialog, and gives the SIP status; 0 when none came. */
  take(c: Carried): Promise<number>;
  later(run: () => void, ms: number): void;
}

/** inCall tells that a seat talks to somebody. */
export function inCall(seat: Seat): boolean {
  return seat.state === 'announcing' || seat.state === 'talking' || seat.state === 'held';
}

/** passes tells that what refused a call may be over in a moment: no answer, a transfer under way, a node that is full. */
function passes(status: number): boolean {
  return status === 0 || status === 408 || status === 486 || status === 491 || (status >= 500 && status < 600);
}

/** Comeback takes a carried call up again. It goes on trying as long as the node says that the seat is in a call. */
export class Comeback {
  /** There is a call that may still be had. */
  readonly going = signal(false);
  private call: Carried | null;
  private busy = false;

  constructor(
    private readonly doors: Doors,
    private readonly store: Store = sessionStorage,
  ) {
    this.call = carried(store);
    this.going.value = this.call !== null;
  }

  /** enter is an agent who has signed in: another one's call is not his. */
  enter(agent: string): void {
    if (this.call && this.call.agent !== agent) this.over();
  }

  /** keep notes the call at hand, for the next load of the page. */
  keep(c: Carried): void {
    this.store.setItem(stored, JSON.stringify(c));
  }

  /** drop: there is none any more. A call that is still to be taken up stays. */
  drop(): void {
    if (!this.call) this.store.removeItem(stored);
  }

  /** go looks whether the call is still up and takes it up. It is called when the phone has registered. */
  async go(): Promise<void> {
    const call = this.call;
    if (!call || this.busy) return;
    this.busy = true;
    const status = await this.attempt(call);
    this.busy = false;
    if (this.call !== call) return;
    if (status === 200) {
      this.call = null; // what is kept now is its new dialog
      this.going.value = false;
    } else if (passes(status)) {
      this.doors.later(() => void this.go(), pause);
    } else {
      this.over();
    }
  }

  private async attempt(call: Carried): Promise<number> {
    const seat = await this.doors.seat();
    if (!seat) return 0;
    return inCall(seat) ? this.doors.take(call) : 481;
  }

  private over(): void {
    this.call = null;
    this.going.value = false;
    this.drop();
  }
}

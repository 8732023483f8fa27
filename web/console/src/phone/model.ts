// What the desk shows, worked out of what the API and the line say. Nothing here waits or talks to anybody.
import type { CallRecord, Queue, Seat, SeatState, Wish } from '../shared/api';
import type { Talk } from '../shared/line';
import { inCall } from './carry';

/** Scene is what the middle of the desk is about. */
export type Scene = 'idle' | 'ringing' | 'resuming' | 'talking' | 'elsewhere' | 'wrap_up';

/** sceneOf: the line knows first of a call, the API of what comes after it; resuming: one may be had from before a reload. */
export function sceneOf(seat: Seat | null, talk: Talk | null, resuming = false): Scene {
  if (talk?.phase === 'ringing' || talk?.phase === 'answering') return 'ringing';
  if (talk) return talk.phase === 'resuming' ? 'resuming' : 'talking';
  if (resuming) return 'resuming';
  if (seat?.state === 'wrap_up') return 'wrap_up';
  if (seat && inCall(seat)) return 'elsewhere';
  return 'idle';
}

/** stateShown is the seat's state as the agent lives it: a phone that rings is ringing before the API has said so. */
export function stateShown(seat: Seat | null, talk: Talk | null): SeatState {
  const state = seat?.state ?? 'offline';
  if (talk?.phase === 'ringing' && state === 'ready') return 'offered';
  return state;
}

/** wishes are the states an agent may ask for now. */
export function wishes(state: SeatState): Wish[] {
  return state === 'offline' ? ['ready', 'busy'] : ['ready', 'busy', 'break', 'offline'];
}

/** pressed tells which of them is in force, or comes after the call. */
export function pressed(seat: Seat | null, wish: Wish): boolean {
  if (!seat) return false;
  return (seat.next ?? seat.state) === wish;
}

/** Customer is what may be shown of who calls. */
export interface Customer {
  number: string;
  vip: boolean;
  level: string;
  web: boolean;
  callback: boolean;
}

/** customerOf reads a call record and its first event, which has the caller's level. The node has masked both. */
export function customerOf(record: CallRecord, seat: Seat | null): Customer {
  const entered = record.timeline?.find(step => step.kind === 'entered');
  const caller = (entered?.data as { caller?: { level?: string } } | undefined)?.caller;
  return {
    number: record.caller,
    vip: record.caller_class === 'vip',
    level: caller?.level ?? '',
    web: record.trunk === 'web',
    callback: Boolean(seat?.callback),
  };
}

/** concerns tells whether what was read of a call is of the call the seat has now. */
export function concerns(record: CallRecord | null, seat: Seat | null): record is CallRecord {
  return Boolean(record && seat?.call && record.id === seat.call);
}

/** mine are the queues a seat takes calls of, those with the longest wait first. */
export function mine(queues: Queue[], seat: Seat | null): Queue[] {
  const names = new Set(seat?.queues ?? []);
  return queues
    .filter(q => names.has(q.name))
    .sort((a, b) => b.longest_wait_seconds - a.longest_wait_seconds || a.name.localeCompare(b.name));
}

/** upsert puts a row in the place of the one before it. */
export function upsert(queues: Queue[], row: Queue): Queue[] {
  return queues.some(q => q.name === row.name) ? queues.map(q => (q.name === row.name ? row : q)) : [...queues, row];
}

/** The dispositions (来电小结) that are offered; a site's own list comes with the console. */
export const dispositions = ['inquiry', 'order', 'fault', 'complaint', 'silent', 'wrong', 'other'] as const;

/** The reasons of a break that are offered, with the minutes usually asked for. */
export const breaks: readonly { reason: string; minutes: number }[] = [
  { reason: 'rest', minutes: 10 },
  { reason: 'meal', minutes: 30 },
  { reason: 'training', minutes: 30 },
  { reason: 'meeting', minutes: 30 },
];

/** Deed is what a key does. */
export type Deed =
  | 'ready'
  | 'busy'
  | 'break'
  | 'answer'
  | 'hold'
  | 'mute'
  | 'keypad'
  | 'survey'
  | 'transfer'
  | 'hangup'
  | 'notes'
  | 'help';

/** The keyboard: Alt and a key anywhere, so that notes can be typed meanwhile. By place on the keyboard, not by letter: Option makes others on a Mac. */
export const keys: readonly { code: string; shown: string; deed: Deed }[] = [
  { code: 'KeyA', shown: 'Alt+A', deed: 'answer' },
  { code: 'KeyH', shown: 'Alt+H', deed: 'hold' },
  { code: 'KeyM', shown: 'Alt+M', deed: 'mute' },
  { code: 'KeyK', shown: 'Alt+K', deed: 'keypad' },
  { code: 'KeyT', shown: 'Alt+T', deed: 'transfer' },
  { code: 'KeyS', shown: 'Alt+S', deed: 'survey' },
  { code: 'KeyX', shown: 'Alt+X', deed: 'hangup' },
  { code: 'KeyN', shown: 'Alt+N', deed: 'notes' },
  { code: 'Digit1', shown: 'Alt+1', deed: 'ready' },
  { code: 'Digit2', shown: 'Alt+2', deed: 'busy' },
  { code: 'Digit3', shown: 'Alt+3', deed: 'break' },
];

export function deedOf(e: Pick<KeyboardEvent, 'altKey' | 'ctrlKey' | 'metaKey' | 'code'>): Deed | undefined {
  if (!e.altKey || e.ctrlKey || e.metaKey) return undefined;
  return keys.find(k => k.code === e.code)?.deed;
}

export function shownKey(deed: Deed): string {
  return keys.find(k => k.deed === deed)?.shown ?? '';
}

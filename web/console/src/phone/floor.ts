// What a lead sees of the floor and may do there (监听、耳语、强插、拦截、跟随), worked out of what the API says.
// Nothing here waits or talks to anybody.
import type { CallRecord, Seat, Session } from '../shared/api';
import { inCall } from './carry';

/** Mode is a way into somebody else's call. */
export type Mode = 'monitor' | 'whisper' | 'barge' | 'intercept';

export const modes: readonly Mode[] = ['monitor', 'whisper', 'barge', 'intercept'];

/** Watch is the call that a lead is in as a supervisor. */
export interface Watch {
  call: string;
  agent: string;
  mode: Mode;
}

/** leads tells that there is a floor to be shown to who has signed in. */
export function leads(s: Session | null): boolean {
  return Boolean(s?.roles.some(r => r === 'team_lead' || r === 'supervisor' || r === 'qa' || r === 'trainer'));
}

/** modesFor are the ways into the calls of a seat: the node's own rule, so that nothing is offered that it refuses. */
export function modesFor(s: Session, seat: Seat): readonly Mode[] {
  if (seat.agent === s.agent) return [];
  const all = s.roles.includes('supervisor') || s.roles.includes('qa');
  const own = s.roles.includes('team_lead') && Boolean(seat.team) && (s.leads ?? []).includes(seat.team ?? '');
  if (all || own) return modes;
  return s.roles.includes('trainer') ? ['monitor', 'whisper'] : [];
}

/** rows are the seats to be shown, by number: those who are signed in and may be supervised, and of them those that are looked for. */
export function rows(all: Seat[], s: Session | null, find: string): Seat[] {
  if (!s) return [];
  const wanted = find.trim();
  return all
    .filter(r => r.state !== 'offline' && modesFor(s, r).length > 0)
    .filter(r => !wanted || r.agent.includes(wanted) || r.team === wanted || r.group === wanted)
    .sort((a, b) => a.agent.localeCompare(b.agent));
}

/** SeatNews is a live event of a seat; what tells of breaks alone has no state. */
export type SeatNews = Pick<Seat, 'agent' | 'phone' | 'since' | 'reason' | 'call'> & { state?: Seat['state'] };

/** moved puts a seat's move into the list. An agent who is not in it came with a new site, which is read anew. */
export function moved(all: Seat[], news: SeatNews): Seat[] {
  const { state } = news;
  if (!state) return all;
  return all.map(r => {
    if (r.agent !== news.agent) return r;
    const { call: _, reason: __, ...rest } = r;
    return {
      ...rest,
      state,
      since: news.since ?? r.since,
      ...(news.call && { call: news.call }),
      ...(news.reason && { reason: news.reason }),
    };
  });
}

/** open tells that there is a conversation to come into. */
export function open(seat: Seat): boolean {
  return Boolean(seat.call) && inCall(seat);
}

interface Step {
  seat?: string;
  of?: string;
  mode?: Mode;
}

/** watchOf reads from a call's timeline how an agent is in it as a supervisor; null: he is not, or the customer is his by now. */
export function watchOf(record: CallRecord | null, me: string): Watch | null {
  let watch: Watch | null = null;
  for (const step of record?.timeline ?? []) {
    const data = (step.data ?? {}) as Step;
    if (!record || !step.kind.startsWith('supervisor_') || data.seat !== me) continue;
    if (step.kind === 'supervisor_joined')
      watch = { call: record.id, agent: data.of ?? '', mode: data.mode ?? 'monitor' };
    if (step.kind === 'supervisor_changed' && watch) watch = { ...watch, mode: data.mode ?? watch.mode };
    if (step.kind === 'supervisor_left') watch = null;
  }
  return watch?.mode === 'intercept' ? null : watch;
}

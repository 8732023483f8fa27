import { expect, test } from 'vitest';
import type { CallRecord, Seat, Session } from '../shared/api';
import { leads, modes, modesFor, moved, open, rows, watchOf } from './floor';

const seat = (agent: string, s: Partial<Seat> = {}): Seat => ({
  agent,
  state: 'ready',
  since: '',
  queues: [],
  team: 'a',
  ...s,
});
const session = (roles: string[], led: string[] = []): Session => ({
  token: '',
  user: '1900',
  agent: '1900',
  team: 'a',
  roles,
  leads: led,
});

test('who leads nobody has no floor; an older session that knows no teams has none either', () => {
  expect(leads(null)).toBe(false);
  expect(leads(session(['agent', 'editor', 'analyst', 'operator']))).toBe(false);
  for (const role of ['team_lead', 'supervisor', 'qa', 'trainer']) expect(leads(session(['agent', role]))).toBe(true);
  const { leads: _, ...old } = session(['team_lead']);
  expect(modesFor(old, seat('1001'))).toEqual([]);
});

test('ways into a call are those the node grants: a team lead in his teams, a trainer by listening, nobody into his own', () => {
  const lead = session(['agent', 'team_lead'], ['a']);
  expect(modesFor(lead, seat('1001'))).toEqual(modes);
  expect(modesFor(lead, seat('1001', { team: 'b' }))).toEqual([]);
  expect(modesFor(session(['team_lead'], ['']), seat('1001', { team: '' }))).toEqual([]);
  expect(modesFor(lead, seat('1900'))).toEqual([]);
  expect(modesFor(session(['supervisor']), seat('1001', { team: 'b' }))).toEqual(modes);
  expect(modesFor(session(['qa']), seat('1001', { team: 'b' }))).toEqual(modes);
  expect(modesFor(session(['trainer']), seat('1001'))).toEqual(['monitor', 'whisper']);
  expect(modesFor(session(['trainer', 'team_lead'], ['a']), seat('1001'))).toEqual(modes);
});

test('the list has who is signed in, by number, or who is looked for', () => {
  const all = [
    seat('1002'),
    seat('1001', { group: 'vip' }),
    seat('1003', { state: 'offline' }),
    seat('2001', { team: 'b' }),
    seat('1900'),
  ];
  const lead = session(['team_lead'], ['a']);
  const agents = (find: string, s = lead) => rows(all, s, find).map(r => r.agent);
  expect(agents('')).toEqual(['1001', '1002']);
  expect(agents(' 2 ')).toEqual(['1002']);
  expect(agents('vip')).toEqual(['1001']);
  expect(agents('', session(['qa']))).toEqual(['1001', '1002', '2001']);
  expect(agents('b', session(['qa']))).toEqual(['2001']);
  expect(rows(all, null, '')).toEqual([]);
});

test('a move takes its place in the list; a call that is over goes with it', () => {
  const all = [seat('1001'), seat('1002')];
  const talks = moved(all, { agent: '1001', state: 'talking', since: 't1', call: 'c1' });
  expect(talks[0]).toMatchObject({ state: 'talking', since: 't1', call: 'c1', team: 'a' });
  expect(talks[1]).toBe(all[1]);
  const after = moved(talks, { agent: '1001', state: 'break', since: 't2', reason: 'meal' });
  expect(after[0]).toMatchObject({ state: 'break', reason: 'meal' });
  expect(after[0]).not.toHaveProperty('call');
  expect(moved(after, { agent: '1001', since: '' })).toBe(after);
});

test('only a conversation is open', () => {
  expect(open(seat('1', { state: 'talking', call: 'c' }))).toBe(true);
  expect(open(seat('1', { state: 'held', call: 'c' }))).toBe(true);
  expect(open(seat('1', { state: 'wrap_up', call: 'c' }))).toBe(false);
  expect(open(seat('1', { state: 'offered', call: 'c' }))).toBe(false);
  expect(open(seat('1', { state: 'talking' }))).toBe(false);
});

const record = (...steps: [string, object][]): CallRecord =>
  ({
    id: 'c1',
    timeline: steps.map(([kind, data], n) => ({ seq: n, at: '', kind, text: '', data })),
  }) as unknown as CallRecord;

test('the timeline says how one is in a call', () => {
  const joined: [string, object] = ['supervisor_joined', { seat: '1900', of: '1001', mode: 'monitor' }];
  expect(watchOf(null, '1900')).toBeNull();
  expect(watchOf(record(['entered', {}]), '1900')).toBeNull();
  expect(watchOf(record(joined), '1900')).toEqual({ call: 'c1', agent: '1001', mode: 'monitor' });
  expect(watchOf(record(joined), '1950')).toBeNull();
  const whispers: [string, object] = ['supervisor_changed', { seat: '1900', mode: 'whisper' }];
  const other: [string, object] = ['supervisor_changed', { seat: '1950', mode: 'barge' }];
  expect(watchOf(record(joined, whispers, other), '1900')).toEqual({ call: 'c1', agent: '1001', mode: 'whisper' });
  expect(watchOf(record(joined, ['supervisor_left', { seat: '1900' }]), '1900')).toBeNull();
  expect(watchOf(record(joined, ['supervisor_left', { seat: '1900' }], joined), '1900')).not.toBeNull();
  expect(watchOf(record(joined, ['supervisor_changed', { seat: '1900', mode: 'intercept' }]), '1900')).toBeNull();
});

import { expect, test } from 'vitest';
import type { CallRecord, Queue, Seat } from '../shared/api';
import type { Talk } from '../shared/line';
import { concerns, customerOf, deedOf, keys, mine, pressed, sceneOf, stateShown, upsert, wishes } from './model';

const seat = (s: Partial<Seat>): Seat => ({
  agent: '1001',
  state: 'ready',
  since: '',
  queues: ['general', 'vip'],
  ...s,
});
const talk = (phase: Talk['phase']): Talk => ({
  id: 'x',
  incoming: true,
  phase,
  shown: '',
  held: false,
  heldByThem: false,
  muted: false,
  began: 0,
  dialog: null,
});
const queue = (name: string, longest: number): Queue => ({
  name,
  waiting: 1,
  longest_wait_seconds: longest,
  service_level: null,
  seats: {},
});

test('the line knows first of a call, the API of what comes after', () => {
  expect(sceneOf(null, null)).toBe('idle');
  expect(sceneOf(seat({}), talk('ringing'))).toBe('ringing');
  expect(sceneOf(seat({}), talk('answering'))).toBe('ringing');
  expect(sceneOf(seat({ state: 'announcing' }), talk('talking'))).toBe('talking');
  expect(sceneOf(seat({ state: 'wrap_up' }), talk('talking'))).toBe('talking');
  expect(sceneOf(seat({ state: 'wrap_up' }), null)).toBe('wrap_up');
  for (const state of ['announcing', 'talking', 'held'] as const)
    expect(sceneOf(seat({ state }), null)).toBe('elsewhere');
  expect(sceneOf(seat({ state: 'offered' }), null)).toBe('idle');
  expect(sceneOf(seat({ state: 'talking' }), null, true)).toBe('resuming');
  expect(sceneOf(seat({ state: 'talking' }), talk('resuming'))).toBe('resuming');
  expect(sceneOf(seat({ state: 'talking' }), talk('talking'), true)).toBe('talking');
  expect(sceneOf(seat({}), talk('ringing'), true)).toBe('ringing');
});

test('a phone that rings is ringing before the API has said so', () => {
  expect(stateShown(null, null)).toBe('offline');
  expect(stateShown(seat({}), talk('ringing'))).toBe('offered');
  expect(stateShown(seat({ state: 'busy' }), talk('ringing'))).toBe('busy');
});

test('what may be asked for', () => {
  expect(wishes('offline')).toEqual(['ready', 'busy']);
  expect(wishes('talking')).toContain('break');
  expect(pressed(seat({ state: 'talking', next: 'busy' }), 'busy')).toBe(true);
  expect(pressed(seat({ state: 'ready' }), 'ready')).toBe(true);
  expect(pressed(null, 'ready')).toBe(false);
});

test('who calls is what the node lets be seen', () => {
  const record = {
    id: 'C',
    caller: '138****8000',
    caller_class: 'vip',
    trunk: 'gateway',
    timeline: [{ seq: 1, at: '', kind: 'entered', text: '', data: { caller: { level: 'gold' } } }],
  } as unknown as CallRecord;
  expect(customerOf(record, seat({ callback: 'B' }))).toEqual({
    number: '138****8000',
    vip: true,
    level: 'gold',
    web: false,
    callback: true,
  });
  expect(customerOf({ ...record, trunk: 'web', timeline: [] }, null)).toMatchObject({ web: true, level: '' });
  expect(concerns(record, seat({ call: 'C' }))).toBe(true);
  expect(concerns(record, seat({ call: 'D' }))).toBe(false);
  expect(concerns(null, seat({ call: 'D' }))).toBe(false);
});

test('queues are one’s own, the longest wait first', () => {
  const all = [queue('vip', 3), queue('general', 9), queue('complaint', 99)];
  expect(mine(all, seat({})).map(q => q.name)).toEqual(['general', 'vip']);
  expect(mine(all, null)).toEqual([]);
  expect(upsert(all, queue('vip', 30)).map(q => q.longest_wait_seconds)).toEqual([30, 9, 99]);
  expect(upsert(all, queue('new', 1))).toHaveLength(4);
});

test('each key has one deed, and typing a note has none', () => {
  expect(new Set(keys.map(k => k.code)).size).toBe(keys.length);
  const press = (code: string, more = {}) => deedOf({ altKey: true, ctrlKey: false, metaKey: false, code, ...more });
  expect(press('KeyA')).toBe('answer');
  expect(press('KeyA', { altKey: false })).toBeUndefined();
  expect(press('KeyA', { ctrlKey: true })).toBeUndefined(); // AltGr
  expect(press('KeyQ')).toBeUndefined();
});

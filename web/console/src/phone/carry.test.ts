import { expect, test } from 'vitest';
import type { Seat, SeatState } from '../shared/api';
import { type Carried, Comeback, carried } from './carry';

const call: Carried = {
  agent: '1001',
  dialog: { id: 'C', ours: 'page', theirs: 'node' },
  began: 7,
  held: true,
  muted: false,
};

/** stage is a page that was reloaded: what the tab kept, what the node says of the seat, and what an INVITE comes to. */
function stage(o: { kept?: unknown; seat?: (SeatState | undefined)[]; status?: number[] } = {}) {
  const kept = new Map<string, string>();
  if (o.kept !== undefined) kept.set('hotline.call', typeof o.kept === 'string' ? o.kept : JSON.stringify(o.kept));
  const store = {
    getItem: (k: string) => kept.get(k) ?? null,
    setItem: (k: string, v: string) => void kept.set(k, v),
    removeItem: (k: string) => void kept.delete(k),
  };
  const seats = o.seat ?? ['talking'];
  const statuses = o.status ?? [200];
  const taken: Carried[] = [];
  const later: (() => void)[] = [];
  const comeback = new Comeback(
    {
      seat: async () => {
        const state = seats.length > 1 ? seats.shift() : seats[0];
        return state && ({ agent: '1001', state, since: '', queues: [] } satisfies Seat);
      },
      take: async c => {
        taken.push(c);
        return (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 0;
      },
      later: run => void later.push(run),
    },
    store,
  );
  return { comeback, taken, later, kept: () => carried(store) };
}

test('a call that is still up is taken up as it was', async () => {
  for (const seat of ['announcing', 'talking', 'held'] as const) {
    const s = stage({ kept: call, seat: [seat] });
    expect(s.comeback.going.value).toBe(true);
    s.comeback.enter('1001');
    s.comeback.drop(); // no call is on the line yet: what was kept stays
    expect(s.kept()).toEqual(call);
    await s.comeback.go();
    expect(s.taken).toEqual([call]);
    expect(s.comeback.going.value).toBe(false);
    await s.comeback.go(); // registered once more
    expect(s.taken).toHaveLength(1);
  }
});

test('its new dialog is carried over the next reload, and forgotten with the call', async () => {
  const s = stage({ kept: call });
  const next = { ...call, dialog: { id: 'D', ours: 'p', theirs: 'n' } };
  await s.comeback.go();
  s.comeback.keep(next);
  expect(s.kept()).toEqual(next);
  s.comeback.drop();
  expect(s.kept()).toBeNull();
});

test('a call that has ended meanwhile is not asked for', async () => {
  for (const seat of ['ready', 'wrap_up', 'offered', 'offline', 'unreachable'] as const) {
    const s = stage({ kept: call, seat: [seat] });
    await s.comeback.go();
    expect(s.taken).toEqual([]);
    expect(s.comeback.going.value).toBe(false);
    expect(s.kept()).toBeNull();
  }
});

test('one that ended as it was asked for, or is not ours, is let go', async () => {
  for (const status of [481, 603, 403, 404]) {
    const s = stage({ kept: call, status: [status] });
    await s.comeback.go();
    expect(s.later).toEqual([]);
    expect(s.comeback.going.value).toBe(false);
    expect(s.kept()).toBeNull();
  }
});

test('what passes is waited for: a node that does not answer, a transfer under way, a full node', async () => {
  const s = stage({ kept: call, seat: [undefined, 'talking'], status: [0, 486, 503, 200] });
  await s.comeback.go();
  for (let tries = 1; tries <= 4; tries++) {
    expect(s.comeback.going.value).toBe(true);
    expect(s.kept()).toEqual(call);
    expect(s.later).toHaveLength(tries);
    s.later.at(-1)?.();
    await new Promise(done => setTimeout(done));
  }
  expect(s.taken).toHaveLength(4);
  expect(s.comeback.going.value).toBe(false);
});

test('the waiting ends when the node has given the customer to somebody else', async () => {
  const s = stage({ kept: call, seat: ['talking', 'wrap_up'], status: [486] });
  await s.comeback.go();
  s.later.at(-1)?.();
  await new Promise(done => setTimeout(done));
  expect(s.taken).toHaveLength(1);
  expect(s.comeback.going.value).toBe(false);
});

test('a call is taken up once, however often the phone registers meanwhile', async () => {
  const s = stage({ kept: call });
  await Promise.all([s.comeback.go(), s.comeback.go()]);
  expect(s.taken).toHaveLength(1);
});

test('another agent’s call is not his, and what is no call is none', () => {
  const s = stage({ kept: call });
  s.comeback.enter('1002');
  expect(s.comeback.going.value).toBe(false);
  expect(s.kept()).toBeNull();
  for (const kept of [
    undefined,
    '{"agent":',
    'null',
    '7',
    { agent: '1001' },
    { ...call, dialog: { id: 'C', ours: '' } },
  ])
    expect(stage({ kept }).comeback.going.value).toBe(false);
});

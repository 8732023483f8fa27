import { expect, test } from 'vitest';
import type { Api, Seat, Session } from '../shared/api';
import type { Handlers, Wanted } from '../shared/events';
import type { Watch } from './floor';
import { Lead } from './lead';

const talking = (agent: string, call: string): Seat => ({
  agent,
  state: 'talking',
  since: '',
  queues: [],
  team: 'a',
  call,
});

/** A node that does what is asked, but for what it refuses, and a clock. */
function world(roles = ['agent', 'team_lead']) {
  const w = {
    did: [] as string[],
    refuses: '',
    holds: 0, // so often the own seat still shows talking
    seat: { agent: '1900', state: 'ready', since: '', queues: [] } as Seat,
    watch: null as Watch | null,
    now: 0,
    heard: undefined as Handlers | undefined,
    stopped: 0,
  };
  const does = async (what: string) => {
    w.did.push(what);
    if (w.refuses && what.startsWith(w.refuses)) throw new Error(what);
  };
  const api = {
    seats: async () => [talking('1001', 'c1'), talking('1002', 'c2')],
    seat: async () => {
      await does('seat');
      return { ...w.seat, state: w.holds-- > 0 ? 'talking' : 'ready' };
    },
    supervise: (call: string, mode: string, agent: string) => does(`supervise ${call} ${mode} ${agent}`),
    unsupervise: (call: string) => does(`leave ${call}`),
    follow: (agent: string, mode: string) => does(`follow ${agent} ${mode}`),
    unfollow: (agent: string) => does(`unfollow ${agent}`),
  };
  const session = { agent: '1900', team: 'a', roles, leads: ['a'] } as unknown as Session;
  const lead = new Lead({
    api: () => api as unknown as Api,
    session: () => session,
    seat: () => w.seat,
    watch: () => w.watch,
    listen: (what: Wanted, h) => {
      w.did.push(`listen ${what.kinds.join(',')} ${what.agent ?? 'all'}`);
      w.heard = h;
      return () => void w.stopped++;
    },
    said: async asked => {
      try {
        return await asked;
      } catch {
        w.did.push('told');
        return undefined;
      }
    },
    again: async () => void w.did.push('again'),
    later: run => run(),
    now: () => w.now,
  });
  return { w, lead };
}

const settled = () => new Promise(r => setTimeout(r));

test('the floor is shown to who leads, and kept as it moves', async () => {
  const { w, lead } = world();
  lead.enter();
  expect(w.did).toEqual(['listen seat,site all']);
  w.heard?.opened();
  await settled();
  expect(lead.rows.value.map(r => r.agent)).toEqual(['1001', '1002']);
  w.heard?.event('seat', { agent: '1001', state: 'offline', since: '' });
  expect(lead.rows.value.map(r => r.agent)).toEqual(['1002']);
  w.heard?.event('site', {});
  await settled();
  expect(lead.rows.value).toHaveLength(2);
  lead.find.value = '1002';
  expect(lead.rows.value).toHaveLength(1);
  lead.leave();
  expect(w.stopped).toBe(1);
  expect(lead.seats.value).toEqual([]);
  const other = world(['agent']);
  other.lead.enter();
  expect(other.w.did).toEqual([]);
});

test('what comes after the desk was left is not shown', async () => {
  const { w, lead } = world();
  lead.enter();
  w.heard?.opened();
  lead.leave();
  await settled();
  expect(lead.seats.value).toEqual([]);
});

test('the ring that was asked for is expected once, and for so long; another mode rings nobody', async () => {
  const { w, lead } = world();
  await lead.watch(talking('1001', 'c1'), 'monitor');
  expect(w.did).toEqual(['supervise c1 monitor 1001', 'again']);
  expect(lead.expects()).toBe(true);
  expect(lead.expects()).toBe(false);
  await lead.watch(talking('1001', 'c1'), 'monitor');
  w.now = 60_000;
  expect(lead.expects()).toBe(false);
  w.watch = { call: 'c1', agent: '1001', mode: 'monitor' };
  await lead.watch(talking('1001', 'c1'), 'whisper');
  expect(w.did.at(-2)).toBe('supervise c1 whisper 1001');
  expect(lead.expects()).toBe(false);
  w.watch = null;
  w.refuses = 'supervise';
  await lead.watch(talking('1001', 'c1'), 'barge');
  expect(w.did).toContain('told');
  expect(lead.expects()).toBe(false);
});

test('one line, one call: the one before is left first, and the seat let go', async () => {
  const { w, lead } = world();
  w.watch = { call: 'c1', agent: '1001', mode: 'monitor' };
  w.holds = 2;
  await lead.watch(talking('1002', 'c2'), 'barge');
  expect(w.did).toEqual(['leave c1', 'seat', 'seat', 'seat', 'supervise c2 barge 1002', 'again']);
  w.did = [];
  await lead.follow('1002');
  expect(w.did).toEqual(['leave c1', 'seat', 'follow 1002 monitor', 'again']);
  w.did = [];
  w.refuses = 'leave';
  await lead.watch(talking('1002', 'c2'), 'barge');
  expect(w.did).toEqual(['leave c1', 'told', 'again']);
  w.did = [];
  w.holds = 1000; // a node that never lets go says itself why it can't be
  w.refuses = '';
  await lead.follow('1002');
  expect(w.did.at(-2)).toBe('follow 1002 monitor');
});

test('the line of who follows is lent, goes over to another agent, and is left for one call or for good', async () => {
  const { w, lead } = world();
  w.seat.follows = { agent: '1001', mode: 'monitor' };
  w.watch = { call: 'c1', agent: '1001', mode: 'monitor' };
  await lead.watch(talking('1002', 'c2'), 'whisper');
  expect(w.did).toEqual(['supervise c2 whisper 1002', 'again']);
  expect(lead.expects()).toBe(false);
  w.did = [];
  await lead.follow('1001', 'whisper');
  expect(w.did).toEqual(['follow 1001 whisper', 'again']);
  w.did = [];
  await lead.out();
  expect(w.did).toEqual(['leave c1', 'again']);
  w.did = [];
  await lead.unfollow('1001');
  expect(w.did).toEqual(['unfollow 1001', 'seat', 'again']);
  w.did = [];
  w.watch = null;
  await lead.follow('1002');
  expect(w.did).toEqual(['unfollow 1001', 'seat', 'follow 1002 monitor', 'again']);
  expect(lead.expects()).toBe(true);
});

test('nobody comes into a call that is over, or twice at once', async () => {
  const { w, lead } = world();
  await lead.watch({ ...talking('1001', 'c1'), state: 'wrap_up' }, 'monitor');
  await lead.out();
  expect(w.did).toEqual(['again', 'again']);
  const first = lead.watch(talking('1001', 'c1'), 'monitor');
  expect(lead.busy.value).toBe(true);
  await lead.watch(talking('1002', 'c2'), 'monitor');
  await first;
  expect(lead.busy.value).toBe(false);
  expect(w.did.filter(d => d.startsWith('supervise'))).toEqual(['supervise c1 monitor 1001']);
});

import { expect, test } from 'vitest';
import { type Flow, type FlowSummary, Problem, type Session } from '../shared/api';
import { Board, beat } from './board';

const session = (token: string): Session => ({ token, user: 'admin', agent: '', team: '', roles: ['admin'] });
const summary = (name: string, entered = 0): FlowSummary => ({
  name,
  revision: 1,
  nodes: 1,
  callers: 0,
  entered,
  since: '',
});
const picture = (name: string): Flow => ({ name, revision: 1, nodes: [], svg: '<svg/>', since: '' });

/** settle lets everything run that has been answered. */
const settle = () => new Promise(done => setTimeout(done));

/** A node and a browser, as far as a board sees them; answers may be held back. */
class World {
  site: Record<string, number> = { main: 5, night: 1 };
  problem: Problem | undefined;
  asked: string[] = [];
  held: (() => void)[] | undefined;
  seen = true;
  kept: Session | null = null;
  waits: number[] = [];
  next: (() => void) | undefined;
  ended: (() => void)[] = [];
  board = new Board({
    api: (token, onEnded) => {
      if (token) this.ended.push(onEnded);
      return {
        flows: () => this.answer('*', () => Object.entries(this.site).map(([n, c]) => summary(n, c)), onEnded),
        flow: name => this.answer(name, () => this.find(name), onEnded),
        logOut: () => this.answer('bye', () => undefined, onEnded),
      };
    },
    logIn: async user => session(user),
    later: (run, ms) => {
      this.waits.push(ms);
      this.next = run;
      return () => {
        if (this.next === run) this.next = undefined;
      };
    },
    seen: () => this.seen,
    now: () => 1000,
    random: () => 0.5,
    kept: () => this.kept,
    keep: s => {
      this.kept = s;
    },
    forget: () => {
      this.kept = null;
    },
  });

  private find(name: string): Flow {
    if (!(name in this.site)) throw new Problem(404, 'not_found', 'none');
    return picture(name);
  }

  private async answer<T>(what: string, make: () => T, onEnded: () => void): Promise<T> {
    this.asked.push(what);
    if (this.held) await new Promise<void>(go => this.held?.push(go));
    if (this.problem?.status === 401) onEnded();
    if (this.problem) throw this.problem;
    return make();
  }

  async tick(): Promise<void> {
    this.next?.();
    await settle();
  }
}

test('who has signed in sees the busiest flow, again and again', async () => {
  const w = new World();
  w.board.resume();
  expect(w.asked).toEqual([]);
  await w.board.logIn('admin', 'x');
  await settle();
  expect(w.kept?.token).toBe('admin');
  expect(w.board.chosen.value).toBe('main');
  expect(w.board.flow.value?.name).toBe('main');
  expect(w.board.health.value).toBe('live');
  w.site = { main: 5, night: 9 };
  await w.tick();
  expect(w.board.chosen.value).toBe('main'); // what is shown does not jump
  expect(w.board.flows.value[1]?.entered).toBe(9);
  expect(w.asked).toEqual(['*', 'main', '*', 'main']);
  expect(w.waits).toEqual([beat, beat]);
});

test('another choice shows at once, and a late answer about the former one does not', async () => {
  const w = new World();
  w.kept = session('T');
  w.board.resume();
  await settle();
  w.held = [];
  void w.tick();
  w.board.choose('night');
  expect(w.board.flow.value).toBeNull();
  const held = w.held;
  w.held = undefined;
  for (const go of held.reverse()) go();
  await settle();
  expect(w.board.flow.value?.name).toBe('night');
  expect(w.waits).toHaveLength(2); // one round goes on, not two
  w.board.choose('night');
  expect(w.asked.filter(a => a === '*')).toHaveLength(3);
});

test('a flow that a reload takes away is told, and is back with the next', async () => {
  const w = new World();
  w.board.choose('night');
  w.kept = session('T');
  w.board.resume();
  await settle();
  w.site = { main: 5 };
  await w.tick();
  expect(w.board.missing.value).toBe(true);
  expect(w.board.health.value).toBe('live');
  expect(w.board.flows.value).toHaveLength(1);
  w.site = { main: 5, night: 1 };
  await w.tick();
  expect(w.board.missing.value).toBe(false);
  expect(w.board.flow.value?.name).toBe('night');
  w.site = {};
  w.board.choose('');
  await settle();
  expect(w.board.missing.value).toBe(false); // no flows at all, and none chosen
});

test('a node that is away is told, what is shown stays, and it comes back by itself', async () => {
  const w = new World();
  w.kept = session('T');
  w.board.resume();
  await settle();
  w.problem = new Problem(0, 'unavailable', '');
  for (let i = 0; i < 6; i++) await w.tick();
  expect(w.board.health.value).toBe('lost');
  expect(w.board.trouble.value).not.toBe('');
  expect(w.board.flow.value?.name).toBe('main');
  expect(w.waits.slice(1)).toEqual([1000, 2000, 4000, 8000, 15000, 15000]);
  w.problem = new Problem(429, 'capacity', 'too many', 60);
  await w.tick();
  expect(w.waits.at(-1)).toBe(60_000);
  w.problem = undefined;
  await w.tick();
  expect(w.board.health.value).toBe('live');
  expect(w.board.trouble.value).toBe('');
  expect(w.waits.at(-1)).toBe(beat);
});

test('a session that is over leads to the sign-in, and an older one ends nothing', async () => {
  const w = new World();
  w.kept = session('T');
  w.board.resume();
  await settle();
  w.problem = new Problem(401, 'unauthorized', '');
  await w.tick();
  expect(w.board.session.value).toBeNull();
  expect(w.kept).toBeNull();
  expect(w.board.notice.value).not.toBe('');
  expect(w.board.flow.value).toBeNull();
  expect(w.board.chosen.value).toBe('main');
  expect(w.next).toBeUndefined();
  w.problem = undefined;
  await w.board.logIn('1001', 'x');
  await settle();
  w.ended[0]?.();
  expect(w.board.session.value?.token).toBe('1001');
  await w.board.logOut();
  expect(w.board.session.value).toBeNull();
  expect(w.board.notice.value).toBe('');
  expect(w.asked.at(-1)).toBe('bye');
});

test('who may no longer see the flows does not, until he may', async () => {
  const w = new World();
  w.kept = session('T');
  w.board.resume();
  await settle();
  w.problem = new Problem(403, 'forbidden', 'no');
  await w.tick();
  expect(w.board.health.value).toBe('barred');
  expect(w.board.flows.value).toEqual([]);
  expect(w.board.flow.value).toBeNull();
  w.problem = undefined;
  await w.tick();
  expect(w.board.health.value).toBe('live');
});

test('a page that nobody sees asks nothing', async () => {
  const w = new World();
  w.kept = session('T');
  w.board.resume();
  await settle();
  w.seen = false;
  const before = w.asked.length;
  await w.tick();
  expect(w.asked).toHaveLength(before);
  w.seen = true;
  await w.board.look();
  expect(w.asked).toHaveLength(before + 2);
});

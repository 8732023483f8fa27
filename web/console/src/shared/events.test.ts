import { expect, test, vi } from 'vitest';
import { listen, pause } from './events';

class FakeSource {
  closed = false;
  readonly hears = new Map<string, (e: { data?: string }) => void>();
  constructor(readonly url: string) {}
  addEventListener(kind: string, hear: (e: { data?: string }) => void) {
    this.hears.set(kind, hear);
  }
  close() {
    this.closed = true;
  }
  tell(kind: string, data?: unknown) {
    this.hears.get(kind)?.(data === undefined ? {} : { data: JSON.stringify(data) });
  }
}

function world(ticket: () => Promise<string>) {
  const sources: FakeSource[] = [];
  const waits: { run: () => void; ms: number }[] = [];
  const told: string[] = [];
  const stop = listen(
    { kinds: ['call', 'seat', 'queue', 'site'], agent: '1001' },
    {
      opened: () => told.push('opened'),
      lost: () => told.push('lost'),
      event: (kind, data) => told.push(`${kind} ${JSON.stringify(data)}`),
    },
    {
      ticket,
      open: url => {
        const s = new FakeSource(url);
        sources.push(s);
        return s;
      },
      later: (run, ms) => waits.push({ run, ms }),
      random: () => 0.5,
    },
  );
  return { sources, waits, told, stop };
}

const settled = () => new Promise(r => setTimeout(r));

test('a stream that ends is opened anew, with a ticket of its own', async () => {
  let n = 0;
  const w = world(async () => `t${++n}`);
  await settled();
  expect(w.sources[0]?.url).toBe('/api/v1/events?kinds=call,seat,queue,site&agent=1001&ticket=t1');
  w.sources[0]?.tell('open');
  w.sources[0]?.tell('seat', { agent: '1001' });
  w.sources[0]?.tell('error');
  w.sources[0]?.tell('error'); // browsers may say it twice
  expect(w.sources[0]?.closed).toBe(true);
  expect(w.told).toEqual(['opened', 'seat {"agent":"1001"}', 'lost']);
  expect(w.waits.map(x => x.ms)).toEqual([1000]);
  w.waits[0]?.run();
  await settled();
  expect(w.sources[1]?.url).toContain('ticket=t2');
  w.sources[1]?.tell('open');
  w.sources[1]?.tell('end', { code: 'capacity' });
  expect(w.waits.map(x => x.ms)).toEqual([1000, 1000]); // it had been open: counted anew
});

test('a node that is away is asked again and again, more and more seldom', async () => {
  const w = world(() => Promise.reject(new Error('away')));
  for (let i = 0; i < 6; i++) {
    await settled();
    w.waits[i]?.run();
  }
  await settled();
  expect(w.waits.slice(0, 6).map(x => x.ms)).toEqual([1000, 2000, 4000, 8000, 15000, 15000]);
  expect(w.sources).toHaveLength(0);
});

test('who has stopped hears no more and opens no more', async () => {
  const ticket = vi.fn(async () => 't');
  const w = world(ticket);
  w.stop();
  await settled();
  expect(w.sources).toHaveLength(0);
  const v = world(ticket);
  await settled();
  v.stop();
  expect(v.sources[0]?.closed).toBe(true);
  v.sources[0]?.tell('error');
  expect(v.waits).toHaveLength(0);
});

test('a floor does not come back at once', () => {
  expect(pause(0, 0)).toBeCloseTo(800);
  expect(pause(0, 1)).toBeCloseTo(1200);
  expect(pause(50, 1)).toBeCloseTo(18_000);
});

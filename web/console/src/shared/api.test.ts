import { expect, test } from 'vitest';
import { Api, Problem } from './api';

type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

function api(answer: Answer | Error, token = 'T') {
  const asked: { url: string; init: RequestInit }[] = [];
  let ended = 0;
  const send = async (url: RequestInfo | URL, init?: RequestInit) => {
    asked.push({ url: String(url), init: init ?? {} });
    if (answer instanceof Error) throw answer;
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(body, { status: answer.status, headers: answer.headers ?? {} });
  };
  return { api: new Api(token, () => ended++, send as typeof fetch), asked, ended: () => ended };
}

test('a request carries the token, never in its address', async () => {
  const { api: a, asked } = api({ status: 200, body: { agent: '1001', state: 'break' } });
  await a.setSeat('1001', 'break', 'meal', 30);
  expect(asked[0]?.url).toBe('/api/v1/seats/1001/state');
  expect(asked[0]?.init.headers).toEqual({ Authorization: 'Bearer T', 'Content-Type': 'application/json' });
  expect(asked[0]?.init.body).toBe('{"state":"break","reason":"meal","minutes":30}');
  await a.setSeat('1001', 'ready');
  expect(asked[1]?.init.body).toBe('{"state":"ready"}'); // the node refuses fields it does not know, and empty reasons say nothing
});

test('nothing to answer is an answer', async () => {
  expect(await api({ status: 204 }).api.dispose('C', 'order', '')).toBeUndefined();
});

test('what went wrong is told in the node’s words', async () => {
  const busy = api({ status: 429, body: { code: 'capacity', detail: 'too many' }, headers: { 'Retry-After': '7' } });
  await expect(busy.api.visitorPass()).rejects.toMatchObject({
    status: 429,
    code: 'capacity',
    message: 'too many',
    retryAfter: 7,
  });
  const proxy = api({ status: 502 });
  await expect(proxy.api.queues()).rejects.toMatchObject({ status: 502, code: 'internal' });
  const gone = api(new TypeError('Failed to fetch'));
  const error = await gone.api.queues().catch(e => e);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ status: 0, code: 'unavailable' });
});

test('a session that is over is told once wherever it shows, a wrong password is not', async () => {
  const over = api({ status: 401, body: { code: 'unauthorized' } });
  await expect(over.api.seat('1001')).rejects.toBeInstanceOf(Problem);
  expect(over.ended()).toBe(1);
  const wrong = api({ status: 401, body: { code: 'unauthorized' } }, '');
  await expect(wrong.api.logIn('1001', 'x')).rejects.toMatchObject({ status: 401 });
  expect(wrong.ended()).toBe(0);
});

import { expect, test } from 'vitest';
import { clock, left, number, since, timeOfDay } from './format';

const at = '2026-11-02T08:00:00.000Z';
const noon = Date.parse(at);

test('lengths of time', () => {
  expect([0, 7.9, 65, 754, 3723, -3].map(clock)).toEqual(['0:00', '0:07', '1:05', '12:34', '1:02:03', '0:00']);
  expect(since(at, noon + 2500)).toBe(2.5);
  expect(since(at, noon - 2500)).toBe(0); // the node's clock is ahead of ours
  expect(left(at, noon - 2500)).toBe(3);
  for (const none of [null, undefined, '', 'never']) {
    expect(since(none, noon)).toBe(0);
    expect(left(none, noon)).toBe(0);
  }
});

test('numbers', () => {
  expect(number('13800138000')).toBe('138 0013 8000');
  expect(number('138****8000')).toBe('138 **** 8000');
  expect(number('02162345678')).toBe('02162345678');
  expect(number('')).toBe('');
  expect(timeOfDay('nonsense')).toBe('');
  expect(timeOfDay(at)).toMatch(/^\d\d:\d\d$/);
});

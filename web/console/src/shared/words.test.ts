import { expect, test } from 'vitest';
import { chosen, fill } from './i18n';
import { words } from './words';

test('both languages have the same words with the same places', () => {
  expect(Object.keys(words.en).sort()).toEqual(Object.keys(words.zh).sort());
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(m => m[0]).sort();
  for (const [key, text] of Object.entries(words.zh)) {
    expect(places(words.en[key as keyof typeof words.zh]), key).toEqual(places(text));
    expect(text.trim(), key).not.toBe('');
  }
});

test('every word of a state, a disposition and a fault that the code may ask for is there', () => {
  const states = 'offline ready offered announcing talking held wrap_up busy break unreachable'.split(' ');
  for (const s of states) expect(words.zh).toHaveProperty([`state.${s}`]);
  for (const f of ['denied', 'missing', 'busy', 'insecure']) expect(words.zh).toHaveProperty([`mic.${f}`]);
  for (const l of ['off', 'connecting', 'ready', 'lost', 'refused']) expect(words.zh).toHaveProperty([`line.${l}`]);
});

test('the page speaks Chinese unless asked otherwise', () => {
  expect(chosen(null, '')).toBe('zh');
  expect(chosen('en', '')).toBe('en');
  expect(chosen('en', '?lang=zh')).toBe('zh');
  expect(chosen('fr', '?lang=de')).toBe('zh');
});

test('a place without a value shows', () => {
  expect(fill('{n} of {m}', { n: 0 })).toBe('0 of {m}');
});

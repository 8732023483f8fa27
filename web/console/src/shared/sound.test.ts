import { expect, test } from 'vitest';
import { socketURL } from './line';
import { constraints, read } from './settings';
import { faultOf, levelOf } from './sound';

test('what was chosen on this machine survives what cannot be read', () => {
  expect(read(null).echo).toBe(true);
  expect(read('{').noise).toBe(true);
  expect(read('{"noise":false,"microphone":"m"}')).toMatchObject({ noise: false, microphone: 'm', gain: true });
});

test('a microphone that is gone is no reason to be silent', () => {
  expect(constraints(read('{"microphone":"m"}'))).toMatchObject({ deviceId: { ideal: 'm' }, channelCount: 1 });
  expect(constraints(read(null))).not.toHaveProperty('deviceId');
});

test('why there is no microphone', () => {
  const named = (name: string) => Object.assign(new Error(), { name });
  expect(faultOf(named('NotAllowedError'))).toBe('denied');
  expect(faultOf(named('NotReadableError'))).toBe('busy');
  expect(faultOf(named('NotFoundError'))).toBe('missing');
  expect(faultOf(new TypeError('no mediaDevices'))).toBe('insecure');
  expect(faultOf(null)).toBe('missing');
});

test('levels', () => {
  const loud = (a: number) => new Float32Array(512).fill(a);
  expect(levelOf(loud(0))).toBe(0);
  expect(levelOf(loud(1))).toBe(1);
  expect(levelOf(loud(0.1))).toBeCloseTo(0.7, 1);
});

test('the socket is the page’s own node, as safe as the page', () => {
  expect(socketURL({ protocol: 'http:', host: '127.0.0.1:8080' })).toBe('ws://127.0.0.1:8080/sip');
  expect(socketURL({ protocol: 'https:', host: 'hotline.example.cn' })).toBe('wss://hotline.example.cn/sip');
});

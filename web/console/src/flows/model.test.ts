import { expect, test } from 'vitest';
import type { Flow, FlowSummary } from '../shared/api';
import { busiest, chosenIn, fit, fragmentOf, matching, moved, waysOf, whole, zoomed, zoomOf } from './model';

const row = (name: string, entered = 0): FlowSummary => ({
  name,
  revision: 1,
  nodes: 1,
  callers: 0,
  entered,
  since: '',
});

test('the choice is in the address, whatever a flow is called', () => {
  for (const name of ['main', '夜间', 'a b&flow=c', '100%', '#', 'a+b']) expect(chosenIn(fragmentOf(name))).toBe(name);
  for (const none of ['', '#', '#main', '#flow', '#flow=']) expect(chosenIn(none)).toBe('');
  expect(chosenIn('#flow=%E5')).not.toBe(''); // a broken address is a flow that is not there, not an error
});

test('who has chosen nothing sees what most callers came to', () => {
  expect(busiest([])).toBe('');
  expect(busiest([row('a'), row('b')])).toBe('a');
  expect(busiest([row('a', 1), row('b', 3), row('c', 3)])).toBe('b');
});

test('flows are found by a part of their names', () => {
  const all = [row('main'), row('Night'), row('夜间')];
  expect(matching(all, ' ')).toEqual(all);
  expect(matching(all, 'NI').map(f => f.name)).toEqual(['Night']);
  expect(matching(all, '夜').map(f => f.name)).toEqual(['夜间']);
  expect(matching(all, 'x')).toEqual([]);
});

test('edges are rows, and those into other flows say which', () => {
  const flow: Flow = {
    name: 'main',
    revision: 2,
    svg: '',
    since: '',
    nodes: [
      {
        name: 'menu',
        kind: 'menu',
        callers: 0,
        entered: 3,
        edges: [
          { label: '1', flow: 'main', node: 'bye', taken: 2 },
          { flow: 'night', node: 'start', taken: 0 },
        ],
      },
      { name: 'bye', kind: 'hangup', callers: 0, entered: 2, edges: [] },
    ],
  };
  expect(waysOf(flow)).toEqual([
    { id: 'menu>main/bye', from: 'menu', label: '1', flow: '', node: 'bye', taken: 2 },
    { id: 'menu>night/start', from: 'menu', label: '', flow: 'night', node: 'start', taken: 0 },
  ]);
});

test('the zoom goes by steps to its ends, and from the fitting size to those beside the own', () => {
  expect(zoomed(whole, true)).toBe(1.4);
  expect(zoomed(2, true)).toBe(2);
  expect(zoomed(0.25, false)).toBe(0.25);
  expect(zoomed(fit, false)).toBe(0.7);
  expect(['+', '=', '-', '0', '1', 'a'].map(k => zoomOf(k, 1))).toEqual([1.4, 1.4, 0.7, fit, whole, undefined]);
});

test('keys walk the list and stop at its ends', () => {
  expect(moved('ArrowDown', 0, 3)).toBe(1);
  expect(moved('ArrowDown', 2, 3)).toBeUndefined();
  expect(moved('ArrowUp', 0, 3)).toBeUndefined();
  expect(moved('Home', 2, 3)).toBe(0);
  expect(moved('End', 0, 3)).toBe(2);
  expect(moved('Home', -1, 0)).toBeUndefined();
  expect(moved('a', 1, 3)).toBeUndefined();
});

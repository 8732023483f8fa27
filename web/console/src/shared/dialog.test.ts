import { expect, test } from 'vitest';
import { dialogOf, onHold, replaces } from './dialog';

test('a dialog is named from the node’s side, whoever began it', () => {
  const theirs = dialogOf({ call_id: 'C', from_tag: 'node', to_tag: 'page' }, true);
  const ours = dialogOf({ call_id: 'C', from_tag: 'page', to_tag: 'node' }, false);
  expect(theirs).toEqual({ id: 'C', ours: 'page', theirs: 'node' });
  expect(ours).toEqual(theirs);
  expect(replaces(ours)).toEqual(['Replaces: C;to-tag=node;from-tag=page', 'Require: replaces']);
});

test('an offer of a call on hold says so, and nothing else of it changes', () => {
  expect(onHold('v=0\r\na=sendrecv\r\na=mid:0\r\n')).toBe('v=0\r\na=sendonly\r\na=mid:0\r\n');
  expect(onHold('a=recvonly\r\ni=a=sendrecv\r\n')).toBe('a=recvonly\r\ni=a=sendrecv\r\n');
});

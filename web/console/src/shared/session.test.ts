import { expect, test } from 'vitest';
import { kept } from './session';

test('what is no session signs nobody in', () => {
  const of = (text: string | null) => kept({ getItem: () => text });
  expect(of(null)).toBeNull();
  expect(of('{"token":')).toBeNull();
  expect(of('"T"')).toBeNull();
  expect(of('{"token":"T","user":"admin","agent":"","team":"","roles":["admin"]}')).toMatchObject({ user: 'admin' });
});

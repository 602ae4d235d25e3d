import { expect, test } from 'vitest';
import { OwnAppends } from './ownAppends.ts';

test('a message is known by its position and its unit', () => {
  const own = new OwnAppends();
  own.note(7, 'unit', 100, ['mine']);
  expect(own.has(7)).toBe(true);
  expect(own.decoded(7, 'unit')).toEqual(['mine']);
  // Somebody else's landed there.
  expect(own.decoded(7, 'other')).toBeUndefined();
  expect(own.decoded(7, '')).toBeUndefined();
  expect(own.decoded(8, 'unit')).toBeUndefined();
});

test('what every reader has passed is forgotten, and what is too much', () => {
  const own = new OwnAppends();
  for (let sequence = 1; sequence <= 5; sequence++) own.note(sequence, 'unit', 10, sequence);
  own.forget(3);
  expect([1, 3, 4, 5].map((sequence) => own.has(sequence))).toEqual([false, false, true, true]);
  own.note(6, 'unit', 8 * 2 ** 20 - 5, 6);
  expect([4, 5, 6].map((sequence) => own.has(sequence))).toEqual([false, false, true]);
});

test('an attempt at the same position replaces the one before', () => {
  const own = new OwnAppends();
  own.note(1, 'first', 10, 'a');
  own.note(1, 'second', 10, 'b');
  expect(own.decoded(1, 'first')).toBeUndefined();
  expect(own.decoded(1, 'second')).toBe('b');
});

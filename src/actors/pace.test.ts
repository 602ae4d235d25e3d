import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace, type PaceOptions } from './pace.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let resumed = 0;
const pace = (options: Partial<PaceOptions>): Pace =>
  new Pace({
    appendsAtOnce: undefined,
    maxInFlight: 4,
    maxBatch: 10,
    restMs: () => undefined,
    resume: () => resumed++,
    ...options,
  });

test('as many steps as allowed are on their way where the bus takes them', () => {
  expect([0, 1, 3, 4].map((inFlight) => pace({}).allows(inFlight, 1, false))).toEqual([true, true, true, false]);
});

test('where one append travels at a time, one full step more is prepared', () => {
  const one = pace({ appendsAtOnce: 1 });
  expect([0, 1, 2].map((inFlight) => one.allows(inFlight, 9, false))).toEqual([true, false, false]);
  expect([0, 1, 2].map((inFlight) => one.allows(inFlight, 10, false))).toEqual([true, true, false]);
  expect(pace({ appendsAtOnce: 1, maxInFlight: 1 }).allows(1, 10, false)).toBe(false);
});

test('what somebody waits for ends a rest, and not the wait for a step', () => {
  const resting = pace({ appendsAtOnce: 1, restMs: () => 10 });
  resting.stepTaken();
  expect([resting.allows(0, 1, false), resting.allows(0, 1, true), resting.allows(1, 1, true)]).toEqual([false, true, false]);
});

test('a rest follows a step; a full batch ends it', () => {
  resumed = 0;
  const resting = pace({ appendsAtOnce: 1, restMs: () => 10 });
  expect(resting.allows(0, 1, false)).toBe(true);
  resting.stepTaken();
  expect([resting.allows(0, 1, false), resting.allows(0, 2, false), resting.allows(0, 10, false)]).toEqual([false, false, true]);
  vi.advanceTimersByTime(10);
  expect([resumed, resting.allows(0, 1, false)]).toEqual([1, true]);
  expect(pace({ restMs: () => 10 }).allows(0, 1, false)).toBe(true);
});

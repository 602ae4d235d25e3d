import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayMemory } from './replayMemory.ts';

describe('ReplayMemory', () => {
  it('knows a token again for the whole window', () => {
    const memory = new ReplayMemory(1000, 100);
    expect(memory.add('a', 0)).toBe('new');
    expect(memory.add('a', 0)).toBe('seen');
    expect(memory.add('a', 999)).toBe('seen');
    expect(memory.add('b', 999)).toBe('new');
    expect(memory.add('a', 1000)).toBe('seen');
    expect(memory.add('b', 1998)).toBe('seen');
  });

  it('forgets after two windows at the latest', () => {
    const memory = new ReplayMemory(1000, 100);
    memory.add('a', 500);
    memory.add('b', 1500);
    expect(memory.add('a', 2500)).toBe('new');
    expect(memory.add('c', 10_000)).toBe('new');
    expect(memory.size).toBe(1);
  });

  it('is full rather than forgetful', () => {
    const memory = new ReplayMemory(1000, 2);
    expect([memory.add('a', 0), memory.add('b', 0), memory.add('c', 0)]).toEqual(['new', 'new', 'full']);
    expect(memory.add('a', 1)).toBe('seen');
    expect(memory.add('c', 5000)).toBe('new');
  });

  it('never lets a token pass twice within the window, whatever the times', () => {
    const step = fc.record({ token: fc.integer({ min: 0, max: 20 }), wait: fc.integer({ min: 0, max: 1500 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const memory = new ReplayMemory(1000, 15);
        const passed = new Map<number, number>();
        let now = 0;
        for (const { token, wait } of steps) {
          now += wait;
          const answer = memory.add(String(token), now);
          const last = passed.get(token);
          if (last !== undefined && now - last < 1000) expect(answer).toBe('seen');
          if (answer === 'new') passed.set(token, now);
          expect(memory.size).toBeLessThanOrEqual(15);
        }
      }),
    );
  });
});

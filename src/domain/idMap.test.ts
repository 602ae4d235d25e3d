import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdMap } from './idMap.ts';

describe('IdMap', () => {
  it('does what a Map does, whatever comes and goes', () => {
    // Few ids, so that they are found again; some beyond 32 bits, some that share a slot.
    const id = fc.oneof(
      fc.nat(40),
      fc.nat(40).map((n) => n * 2 ** 32 + 7),
      fc.constantFrom(2 ** 53 - 1, 2 ** 31, 2 ** 32 - 1),
    );
    const action = fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'get'), id, value: fc.nat() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
        const map = new IdMap<number>();
        const model = new Map<number, number>();
        for (const { kind, id, value } of actions) {
          if (kind === 'set') {
            map.set(id, value);
            model.set(id, value);
          } else if (kind === 'delete') expect(map.delete(id)).toBe(model.delete(id));
          expect(map.get(id)).toBe(model.get(id));
          expect(map.has(id)).toBe(model.has(id));
          expect(map.size).toBe(model.size);
        }
        const byId = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0];
        expect([...map.entries()].sort(byId)).toEqual([...model].sort(byId));
        expect([...map.keys()].sort((a, b) => a - b)).toEqual([...model.keys()].sort((a, b) => a - b));
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
      }),
    );
  });

  it('holds many, and lets them go', () => {
    const map = new IdMap<string>();
    for (let id = 0; id < 100_000; id++) map.set(id * 10 + 3, `v${id}`);
    for (let id = 0; id < 100_000; id += 2) map.delete(id * 10 + 3);
    expect(map.size).toBe(50_000);
    expect(map.get(13)).toBe('v1');
    expect(map.get(3)).toBeUndefined();
    map.clear();
    expect(map.size).toBe(0);
    expect(map.get(13)).toBeUndefined();
  });

  it('refuses what is no id', () => {
    const map = new IdMap<string>();
    for (const id of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => map.set(id, '')).toThrow();
    expect([map.get(-1), map.has(-1), map.delete(-1), map.size]).toEqual([undefined, false, false, 0]);
  });
});

// The assignment: even, the same for everybody, and little moves when a member comes or goes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign } from './assignment.ts';

const partitions = (count: number): string[] => Array.from({ length: count }, (_, p) => `match-${p}`);
const members = (count: number): string[] => Array.from({ length: count }, (_, m) => `host-${m}`);

function loads(assigned: ReadonlyMap<string, string>, ids: readonly string[]): number[] {
  return ids.map((id) => [...assigned.values()].filter((owner) => owner === id).length).sort((a, b) => a - b);
}

test('ten partitions over one to six members', () => {
  const spread = members(6).map((_, i) => loads(assign(partitions(10), members(i + 1)), members(i + 1)));
  expect(spread).toEqual([[10], [5, 5], [3, 3, 4], [2, 2, 3, 3], [2, 2, 2, 2, 2], [1, 1, 2, 2, 2, 2]]);
});

test('every partition has one owner, and no two members differ by more than one', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(names, names, (work, ids) => {
      const assigned = assign(work, ids);
      expect([...assigned.keys()].sort()).toEqual([...work].sort());
      const carried = loads(assigned, ids);
      expect(carried.at(-1)! - carried[0]!).toBeLessThanOrEqual(1);
      expect(assign([...work].reverse(), [...ids].reverse())).toEqual(assigned);
    }),
  );
});

test('a member more takes its share from the others, who exchange little among themselves', () => {
  const work = partitions(24);
  let moved = 0;
  let ideal = 0;
  for (let count = 1; count <= 8; count++) {
    const [before, after] = [assign(work, members(count)), assign(work, members(count + 1))];
    moved += work.filter((partition) => before.get(partition) !== after.get(partition)).length;
    ideal += work.length / (count + 1);
  }
  expect(moved).toBeLessThan(1.5 * ideal);
});

test('nobody there, nothing assigned', () => {
  expect(assign(partitions(3), []).size).toBe(0);
});

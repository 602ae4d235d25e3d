import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SmallIdMap } from './smallIdMap.ts';

it('does what a Map does and iterates by ascending id, small and large', () => {
  const action = fc.record({ isSet: fc.boolean(), id: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const map = new SmallIdMap<{ id: number; at: number }>();
      const model = new Map<number, { id: number; at: number }>();
      for (const [at, { isSet, id }] of actions.entries()) {
        if (isSet) {
          map.set(id, { id, at });
          model.set(id, { id, at });
        } else {
          map.delete(id);
          model.delete(id);
        }
        expect(map.size).toBe(model.size);
        expect(map.get(id)).toEqual(model.get(id));
        expect(map.has(id)).toBe(model.has(id));
      }
      const ids = [...model.keys()].sort((a, b) => a - b);
      expect([...map.keys()]).toEqual(ids);
      expect([...map.values()]).toEqual(ids.map((id) => model.get(id)));
    }),
  );
});

import { expect, test } from 'vitest';
import { deleted, EntityType } from '../../domain/changeLogEntry.ts';
import { Shares } from './shares.ts';

test('each account gets its entries in their order, the accounts in the order in which they first come up', () => {
  const shares = new Shares();
  const entries = Array.from({ length: 6 }, (_, id) => deleted(EntityType.SpotOrder, id, 0));
  for (const [i, accountId] of [7, 3, 7, 9, 7, 3].entries()) shares.give(accountId, entries[i]!);
  const given: [number, unknown[]][] = [];
  shares.each((accountId, share) => given.push([accountId, share.map(({ entityId }) => entityId)]));
  expect(given).toEqual([
    [7, [0, 2, 4]],
    [3, [1, 5]],
    [9, [3]],
  ]);
});

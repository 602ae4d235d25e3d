import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Balance, BalanceCause, BalanceField } from '../../domain/balance.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, updated } from '../../domain/changeLogEntry.ts';
import { StateHash } from '../../domain/stateHash.ts';
import type { AccountEvent } from '../../ports/accountEvents.ts';
import { BalanceFold } from './balanceFold.ts';
import { Listeners } from './listeners.ts';

const ASSETS = ['USDT', 'BTC', 'ETH'];

function hashOf(fold: BalanceFold): string {
  const hash = new StateHash();
  fold.addTo(hash);
  return hash.digest();
}

const byId = (balances: readonly Balance[]): Balance[] =>
  [...balances].sort((a, b) => a.accountId - b.accountId || (a.asset < b.asset ? -1 : 1));

test('balances at rest after a restore are told, hashed and taken into a snapshot as those that never rested', () => {
  const change = fc.record({
    account: fc.nat(4),
    asset: fc.nat(2),
    free: fc.bigInt({ min: 0n, max: 2n ** 70n }),
    locked: fc.bigInt({ min: 0n, max: 100n }),
    deposit: fc.boolean(),
    restore: fc.nat(5).map((n) => n === 0),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const listeners = (told: AccountEvent[]): Listeners<number, readonly AccountEvent[]> => {
        const made = new Listeners<number, readonly AccountEvent[]>((_key, error) => expect.unreachable(String(error)));
        for (const accountId of [1000, 1002]) made.add(accountId, (events) => void told.push(...events));
        return made;
      };
      const expected: AccountEvent[] = [];
      const told: AccountEvent[] = [];
      const always = new BalanceFold(listeners(expected));
      let fold = new BalanceFold(listeners(told));
      const rows = new Map<string, Balance>();
      for (const [i, { account, asset: at, free, locked, deposit, restore }] of changes.entries()) {
        // Between two messages: entries 0 and 1 are one, 3 and 4, ...
        if (restore && i % 3 !== 1) {
          const next = new BalanceFold(listeners(told));
          next.restore(structuredClone(fold.snapshot()));
          fold = next;
        }
        const accountId = 1000 + account;
        const asset = ASSETS[at] as string;
        const id = entityIds.balance(accountId, asset);
        const before = rows.get(id);
        const cause = deposit ? BalanceCause.DEPOSIT : BalanceCause.TRADING;
        const row: Balance = { accountId, asset, free, locked, updateUs: 10 ** 15 + i, cause, requestId: deposit ? `r${i}` : '' };
        const entry: ChangeLogEntry =
          before === undefined
            ? created(EntityType.Balance, id, row, row.updateUs)
            : updated(EntityType.Balance, id, changesOf(before, row), row.updateUs);
        rows.set(id, row);
        for (const each of [always, fold]) {
          each.apply(entry);
          if (i % 3 > 0) each.flush(row.updateUs);
        }
      }
      for (const each of [always, fold]) each.flush(1);
      expect(told).toEqual(expected);
      expect(fold.count).toBe(rows.size);
      expect(hashOf(fold)).toBe(hashOf(always));
      expect(byId(fold.snapshot())).toEqual(byId([...rows.values()]));
      fold.clear();
      expect([fold.count, fold.snapshot(), hashOf(fold)]).toEqual([0, [], hashOf(new BalanceFold(listeners([])))]);
    }),
  );
});

function changesOf(before: Balance, after: Balance): unknown[] {
  const names = ['free', 'locked', 'updateUs', 'cause', 'requestId'] as const;
  return names.flatMap((name) => [BalanceField[name], before[name], after[name]]);
}

import { expect, test } from 'vitest';
import { order } from '../../../tests/market/fixture.ts';
import { decodeSnapshot, encodeSnapshot } from '../../codec/snapshotCodec.ts';
import { Account, type AccountSnapshot } from '../../domain/account/account.ts';
import type { SnapshotOrders } from '../../domain/account/snapshotting.ts';
import { BalanceCause } from '../../domain/balance.ts';
import { EntityType, updated } from '../../domain/changeLogEntry.ts';
import { OrderStatus } from '../../domain/orderStatus.ts';
import { Side } from '../../domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../../domain/spotOrder.ts';
import { type PackedAccounts, packAccounts, unpackAccounts } from './accountParts.ts';

function accountWith(accountId: number, orders: number): Account {
  const rows: SpotOrder[] = Array.from({ length: orders }, (_, i) => ({
    ...order({ orderId: accountId * 100_000 + i, side: i % 3 === 0 ? Side.SELL : Side.BUY, priceTicks: 100 + i, origLots: 1 + i }),
    accountId,
    symbol: i % 2 === 0 ? 'AUSDT' : 'BUSDT',
    reservedUnits: BigInt(i),
  }));
  return Account.restore({
    accountId,
    balances: [['USDT', 5n, 2n ** 80n, 7, BalanceCause.DEPOSIT, 'r', 9n, 0n]],
    orders: rows,
    lists: [],
    inFlight: [],
    recent: [1, 2, 3, -4],
    transfers: [{ requestId: 'r', asset: 'USDT', units: 9n, free: 5n, locked: 0n, updateUs: 7 }],
  });
}

test.each([1, 2, 7, 1000])('accounts are the same behind the bytes, in parts of %i orders', (rows) => {
  const accounts = [accountWith(1, 0), accountWith(2, 1), accountWith(3, 25), accountWith(4, 3)];
  const parts: [number, unknown][] = [];
  const hashes: string[] = [];
  for (const account of accounts) {
    const capture = account.capture();
    for (let part = capture.next(rows); part !== undefined; part = capture.next(rows)) {
      expect(part.rows).toBeLessThanOrEqual(1 + rows);
      parts.push([account.accountId, part.data]);
    }
    hashes.push(capture.hash());
  }
  expect(hashes).toEqual(accounts.map((account) => account.hash()));
  const restored = new Map<number, Account>();
  for (const [key, part] of unpackAccounts(decodeSnapshot(encodeSnapshot(packAccounts(parts, 0))) as PackedAccounts)) {
    const known = restored.get(key as number);
    if (known === undefined) restored.set(key as number, Account.restore(part as AccountSnapshot));
    else known.restoreMore(part as SnapshotOrders);
  }
  // Twice: a row that nobody asked for is in the next snapshot, too.
  for (const time of [1, 2])
    expect(
      [...restored.values()].map((account) => account.snapshot()),
      `${time}`,
    ).toEqual(accounts.map((account) => account.snapshot()));
  expect([...restored.get(3)!.openOrders()]).toEqual([...accounts[2]!.openOrders()]);
});

test('what an account captured does not change with it', () => {
  const account = accountWith(1, 5);
  const before = structuredClone(account.snapshot());
  const capture = account.capture();
  const first = capture.next(2)?.data;
  for (const id of [100_000, 100_004]) {
    account.apply(updated(EntityType.SpotOrder, id, [OrderField.executedLots, 0, 1], 1));
    account.apply(updated(EntityType.SpotOrder, id, [OrderField.status, OrderStatus.Pending, OrderStatus.Cancelled], 1));
  }
  const orders = [(first as AccountSnapshot).orders as readonly SpotOrder[]];
  for (let part = capture.next(2); part !== undefined; part = capture.next(2)) orders.push(part.data as readonly SpotOrder[]);
  expect({ ...(first as AccountSnapshot), orders: orders.flat() }).toEqual(before);
});

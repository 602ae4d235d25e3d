// Parts of captured accounts as one piece of plain data: the orders of all of them are one block of columns.
import type { AccountSnapshot } from '../../domain/account/account.ts';
import type { SnapshotOrders } from '../../domain/account/snapshotting.ts';
import { blockOf, OrderBlock, type OrderBlockSnapshot } from '../../domain/orderBlock.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import type { ChildKey } from '../behaviour.ts';

/** An account with its first orders, or more orders of the one before. */
export type AccountPart = AccountSnapshot | SnapshotOrders;

export interface PackedAccounts {
  readonly lastOrderNumber: number;
  /** Null: more orders of the account before. Account ids are those of the snapshots. */
  readonly accounts: readonly (readonly [ChildKey, AccountSnapshot | null])[];
  /** How many of the block's orders each has. */
  readonly orders: readonly number[];
  readonly block: OrderBlockSnapshot;
}

const NONE: readonly SpotOrder[] = [];

export function packAccounts(parts: readonly (readonly [ChildKey, unknown])[], lastOrderNumber: number): PackedAccounts {
  const accounts: [ChildKey, AccountSnapshot | null][] = [];
  const orders: number[] = [];
  const rows: Readonly<SpotOrder>[] = [];
  for (const [key, data] of parts) {
    const part = data as AccountPart;
    const account = isAccount(part) ? part : null;
    const its = (account === null ? part : account.orders) as readonly Readonly<SpotOrder>[];
    accounts.push([key, account === null ? null : { ...account, orders: NONE }]);
    orders.push(its.length);
    for (const row of its) rows.push(row);
  }
  return { lastOrderNumber, accounts, orders, block: blockOf(rows) };
}

/** The orders stay in their columns until somebody asks for one. */
export function* unpackAccounts({ accounts, orders, block: snapshot }: PackedAccounts): Generator<readonly [ChildKey, AccountPart]> {
  const block = new OrderBlock(snapshot);
  let from = 0;
  for (let i = 0; i < accounts.length; i++) {
    const [key, account] = accounts[i] as readonly [ChildKey, AccountSnapshot | null];
    const to = from + (orders[i] as number);
    const its: SnapshotOrders = { block, from, to };
    yield [key, account === null ? its : { ...account, orders: its }];
    from = to;
  }
}

function isAccount(part: AccountPart): part is AccountSnapshot {
  return 'accountId' in part;
}

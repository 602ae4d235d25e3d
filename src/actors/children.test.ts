import { expect, test } from 'vitest';
import { instrumentOf, T0 } from '../../tests/fixtures/accounts.ts';
import { Account } from '../domain/account/account.ts';
import { NO_ACCOUNT_LIMITS } from '../domain/account/limits.ts';
import { created, EntityType } from '../domain/changeLogEntry.ts';
import type { Registry } from '../ports/exchangePort.ts';
import { Children } from './children.ts';
import { AccountBehaviour } from './settlement/accountBehaviour.ts';

const registry = { instrument: () => instrumentOf(), profile: () => undefined } as unknown as Registry;

function accounts(ids: readonly number[]): Children<Account, unknown> {
  const behaviour = new AccountBehaviour({
    partition: 0,
    accountPartitions: 1,
    marketPartitions: 1,
    registry,
    limits: NO_ACCOUNT_LIMITS,
    onPoison: () => undefined,
  });
  const children = new Children<Account, unknown>(behaviour as never);
  for (const id of ids) children.adoptResting(id, accountOf(id));
  return children;
}

function accountOf(accountId: number): Account {
  const account = new Account(accountId);
  const row = {
    accountId,
    asset: 'USDT',
    free: BigInt(accountId),
    locked: 0n,
    updateUs: T0,
    cause: 1,
    requestId: `r${accountId}`,
  } as const;
  account.apply(created(EntityType.Balance, `${accountId}-USDT`, row, T0));
  return account;
}

test('who is only looked at goes on resting, who is found for work is awake', () => {
  const children = accounts([1000, 1001, 1002]);
  const hash = children.hash();
  expect(children.size).toBe(3);
  expect(children.peek(1001)?.balances()).toEqual(accountOf(1001).balances());
  expect(Array.from(children.states(), ([key, { accountId }]) => [key, accountId])).toEqual([1000, 1001, 1002].map((id) => [id, id]));
  expect([...children.awake()]).toEqual([]);
  expect(children.peek(999)).toBeUndefined();

  const child = children.find(1001);
  expect(child?.state.hash()).toBe(accountOf(1001).hash());
  expect(children.of(1001)).toBe(child);
  expect(children.peek(1001)).toBe(child?.state);
  expect([...children.awake()]).toEqual([child]);
  expect(children.size).toBe(3);
  expect(children.hash()).toBe(hash);
});

test('a snapshot meets everybody once: at rest, awake, and woken up by anything while it walks', () => {
  const children = accounts([1000, 1001, 1002, 1003]);
  children.find(1003);
  for (const number of [1, 2]) {
    const snapshot = children.beginSnapshot();
    expect(snapshot.number).toBe(number);
    const met: unknown[] = [];
    for (const child of snapshot.children) {
      if (child.inSnapshot === number) continue;
      child.inSnapshot = number;
      met.push(child.key);
      // The first time all but one rest: one is met already, the other not yet.
      if (child.key !== 1001 || number > 1) continue;
      expect([children.find(1000)?.inSnapshot, children.find(1002)?.inSnapshot]).toEqual([number, number - 1]);
    }
    expect(met.sort()).toEqual([1000, 1001, 1002, 1003]);
    // The second time 1001 alone rests.
    expect([...children.awake()].length).toBe(3);
  }
});

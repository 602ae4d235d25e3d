import { expect, test } from 'vitest';
import { T0 } from '../../../tests/fixtures/accounts.ts';
import type { AccountProfile } from '../accountProfile.ts';
import { created, EntityType } from '../changeLogEntry.ts';
import { Account } from './account.ts';
import { AccountPrefetch, LOOK_AHEAD } from './accountPrefetch.ts';

function accountOf(accountId: number, assets: readonly string[]): Account {
  const account = new Account(accountId);
  for (const asset of assets) {
    const row = { accountId, asset, free: 5n, locked: 0n, updateUs: T0, cause: 1, requestId: `${asset}!` } as const;
    account.apply(created(EntityType.Balance, `${accountId}-${asset}`, row, T0));
  }
  return account;
}

test('what the next accounts will need is read, of as many as are looked at together, and nothing is changed', () => {
  const prefetch = new AccountPrefetch();
  prefetch.fetch();
  expect(prefetch.read).toBe(0);
  const accounts = [accountOf(1, ['BTC', 'USDT', 'ETH']), accountOf(2, []), accountOf(3, ['BTC'])];
  const hashes = accounts.map((account) => account.hash());
  for (const account of accounts) prefetch.add(account, { frozen: account.accountId === 2 } as AccountProfile);
  prefetch.fetch();
  // Two holdings of the first, one of the third, each known by the length of its request's id; and a profile that is frozen.
  expect(prefetch.read).toBe('BTC!'.length + 'USDT!'.length + 'BTC!'.length + 1);
  expect(accounts.map((account) => account.hash())).toEqual(hashes);

  for (let i = 0; i < LOOK_AHEAD + 5; i++) prefetch.add(accounts[2] as Account, undefined);
  prefetch.fetch();
  expect(prefetch.read).toBe('BTC!'.length * LOOK_AHEAD);
});

test('an account finds its holdings however many it has, in the order in which it first held them', () => {
  const assets = Array.from({ length: 20 }, (_, i) => `A${i}`);
  const account = accountOf(7, assets);
  expect(account.balances().map(({ asset }) => asset)).toEqual(assets);
  for (const asset of assets) expect(account.balance(asset)?.requestId).toBe(`${asset}!`);
  expect(account.balance('B')).toBeUndefined();
  expect(Account.restore(account.snapshot()).hash()).toBe(account.hash());
});

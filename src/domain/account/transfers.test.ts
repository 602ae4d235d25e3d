import { beforeEach, describe, expect, it } from 'vitest';
import { AccountBench, linesOf, profileOf } from '../../../tests/fixtures/accounts.ts';
import { BalanceCause } from '../balance.ts';
import { MAX_UNITS } from '../instrument.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';

let bench: AccountBench;

beforeEach(() => {
  bench = new AccountBench();
});

const deposit = (requestId: string, units: bigint, asset = 'USDT') => bench.run({ kind: 'Deposit', requestId, asset, units });
const withdraw = (requestId: string, units: bigint, asset = 'USDT') => bench.run({ kind: 'Withdraw', requestId, asset, units });

describe('deposits and withdrawals', () => {
  it('change the balance and say what they left', () => {
    const balance = { accountId: 1000, asset: 'USDT', locked: 0n };
    expect(deposit('d1', 100n)).toEqual({
      ok: true,
      orders: [],
      list: null,
      requestedOrderIds: [],
      balance: { ...balance, free: 100n, updateUs: bench.nowUs, cause: BalanceCause.DEPOSIT, requestId: 'd1' },
      duplicate: false,
    });
    expect(linesOf(bench.entries)).toEqual(['new balance 1000-USDT: free 100, cause 1, requestId d1']);
    deposit('d2', 50n);
    expect(linesOf(bench.entries)).toEqual(['balance 1000-USDT: free 100>150, cause 1>1, requestId d1>d2']);
    expect(withdraw('w1', 150n)).toMatchObject({
      balance: { ...balance, free: 0n, cause: BalanceCause.WITHDRAWAL, requestId: 'w1' },
    });
    expect(linesOf(bench.entries)).toEqual(['balance 1000-USDT: free 150>0, cause 1>2, requestId d2>w1']);
    expect(bench.live.deposited()).toEqual(new Map([['USDT', 150n]]));
    expect(bench.live.withdrawn()).toEqual(new Map([['USDT', 150n]]));
  });

  it('take effect once per request id; a retry gets the first answer, on every owner', () => {
    const first = deposit('d1', 100n);
    deposit('d2', 11n);
    for (const how of ['live', 'restore', 'fold'] as const) {
      if (how !== 'live') bench.takeOver(how);
      expect(deposit('d1', 100n)).toEqual({ ...(first as object), duplicate: true });
      expect(bench.entries).toEqual([]);
    }
    expect(bench.free('USDT')).toBe(111n);
  });

  it('do not leave out funds that orders lock', () => {
    deposit('d1', 6000n);
    bench.place();
    expect(withdraw('w1', 1001n)).toEqual({ ok: false, reason: EngineReject.INSUFFICIENT_BALANCE });
    expect(withdraw('w1', 1000n)).toMatchObject({ ok: true, balance: { free: 0n, locked: 5000n } });
  });
});

describe('a transfer is refused', () => {
  const refuses = (reason: EngineReason, run: () => unknown) => {
    expect(run()).toEqual({ ok: false, reason });
    expect(bench.entries).toEqual([]);
  };

  it.each([
    ['amount', () => deposit('x', 101n)],
    ['asset', () => deposit('x', 100n, 'BTC')],
    ['direction', () => withdraw('x', 100n)],
  ])('when its id was used with another %s', (_, run) => {
    deposit('x', 100n);
    refuses(EngineReject.REQUEST_ID_REUSED, run);
  });

  it.each([
    [{ frozen: true }, EngineReject.ACCOUNT_FROZEN, EngineReject.ACCOUNT_FROZEN],
    [{ canDeposit: false }, EngineReject.ACTION_DISABLED, EngineReject.INSUFFICIENT_BALANCE],
  ])('by the profile %o', (changes, depositReason, withdrawReason) => {
    bench.current = profileOf(1000, changes);
    refuses(depositReason, () => deposit('d1', 1n));
    refuses(withdrawReason, () => withdraw('w1', 1n));
  });

  it('when withdrawing is disabled, or there is no such account', () => {
    bench.current = profileOf(1000, { canWithdraw: false });
    refuses(EngineReject.ACTION_DISABLED, () => withdraw('w1', 1n));
    bench.current = undefined;
    refuses(EngineReject.UNKNOWN_ACCOUNT, () => withdraw('w1', 1n));
  });

  it('for an asset nobody knows, no amount, no id', () => {
    refuses(EngineReject.UNKNOWN_ASSET, () => deposit('d1', 1n, 'DOGE'));
    refuses(EngineReject.INVALID_AMOUNT, () => deposit('d1', 0n));
    refuses(EngineReject.INVALID_AMOUNT, () => withdraw('d1', -1n));
    refuses(EngineReject.INVALID_AMOUNT, () => deposit('', 1n));
  });

  it('beyond the largest balance, locked funds included', () => {
    deposit('d1', MAX_UNITS - 1000n);
    bench.place();
    refuses(EngineReject.BALANCE_LIMIT, () => deposit('d2', 1000n));
    expect(deposit('d2', 999n)).toMatchObject({ ok: true });
  });
});

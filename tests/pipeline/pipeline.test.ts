// The whole pipeline in one process: an order's way from command to balance, and the way back after a restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { OrderType, TimeInForce } from '../../src/domain/orderTerms.ts';
import type { PlaceResult } from '../../src/ports/exchangePort.ts';
import { verifyLogs } from '../../src/verify/verifyLogs.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import { order, Venue } from './venue.ts';

let dir: string;
let venue: Venue;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-pipeline-'));
  venue = await Venue.open({ dir });
});
afterEach(async () => {
  await venue.close();
  rmSync(dir, { recursive: true, force: true });
});

const symbol = 'BTCUSDT';

async function balances(accountId: number): Promise<Record<string, [bigint, bigint]>> {
  const view = await venue.exchange.account(accountId);
  return Object.fromEntries((view?.balances ?? []).map(({ asset, free, locked }) => [asset, [free, locked]]));
}

function reportOf(result: PlaceResult) {
  if (!result.ok) throw new Error(result.reason.text);
  return result.report;
}

describe('an order', () => {
  test('rests, is met, and is settled on both sides with fees', async () => {
    const alice = await venue.fundedAccount('alice');
    const bob = await venue.fundedAccount('bob');
    const sell = reportOf(await venue.exchange.placeOrder({ accountId: alice, symbol, order: order('SELL', 5_000_000, 200_000) }));
    expect(sell.order.status).toBe(OrderStatus.Pending);
    expect(await balances(alice)).toMatchObject({ BTC: [99_999_800_000_000n, 200_000_000n] });

    const buy = reportOf(await venue.exchange.placeOrder({ accountId: bob, symbol, order: order('BUY', 5_100_000, 100_000) }));
    expect(buy.order.status).toBe(OrderStatus.Filled);
    expect(buy.fills).toHaveLength(1);
    expect(buy.fills[0]).toMatchObject({
      tradeId: 1,
      priceTicks: 5_000_000,
      lots: 100_000,
      buyerFeeUnits: 200_000n,
      sellerFeeUnits: 5_000_000_000n,
    });

    // 1 BTC at 50,000: the taker pays 0.2 % of what it receives, the maker 0.1 %.
    expect(await balances(bob)).toEqual({ BTC: [100_000_099_800_000n, 0n], USDT: [95_000_000_000_000n, 0n] });
    expect(await balances(alice)).toEqual({ BTC: [99_999_800_000_000n, 100_000_000n], USDT: [104_995_000_000_000n, 0n] });
    expect(await balances(0)).toEqual({ BTC: [200_000n, 0n], USDT: [5_000_000_000n, 0n] });
    for (const row of await venue.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });

    const history = await venue.exchange.history();
    expect(await history.order(alice, sell.order.orderId)).toMatchObject({ status: OrderStatus.PartiallyFilled, executedLots: 100_000 });
    expect(await history.accountTrades(bob, symbol, { limit: 10 })).toHaveLength(1);
    expect(await history.openOrders(alice)).toHaveLength(1);
    expect(venue.exchange.markets.view(symbol)?.depth(5).asks).toEqual([[5_000_000, 100_000]]);
  });

  test('is cancelled once: the second cancel is refused', async () => {
    const alice = await venue.fundedAccount('alice');
    const { orderId } = reportOf(
      await venue.exchange.placeOrder({ accountId: alice, symbol, order: order('BUY', 100_000, 1_000_000) }),
    ).order;
    const cancel = { accountId: alice, symbol, orderId, origClientOrderId: '', cancelClientOrderId: 'x', restriction: 0 } as const;
    expect(reportOf(await venue.exchange.cancelOrder(cancel)).order.status).toBe(OrderStatus.Cancelled);
    expect(await venue.exchange.cancelOrder(cancel)).toMatchObject({ ok: false, reason: { code: 1 } });
    const reader = venue.bus.read('markets-0', { fromSequence: 2 });
    const subjects = (await reader.next()).map(({ subject }) => subject);
    reader.close();
    expect(subjects).toEqual(['spot.order.match.0.BTCUSDT', 'spot.order.match.0.BTCUSDT']);
    expect(await balances(alice)).toMatchObject({ USDT: [100_000_000_000_000n, 0n] });
  });

  test('without funds is refused and leaves no trace', async () => {
    const { accountId } = await venue.exchange.admin.createAccount({ name: 'poor' });
    const before = (await venue.bus.streamInfo('accounts-0')).lastSequence;
    const result = await venue.exchange.placeOrder({ accountId, symbol, order: order('BUY', 5_000_000, 100_000) });
    expect(result).toMatchObject({ ok: false, reason: { apiCode: -2010 } });
    expect((await venue.bus.streamInfo('accounts-0')).lastSequence).toBe(before);
  });

  test('is replaced in one command', async () => {
    const alice = await venue.fundedAccount('alice');
    const first = reportOf(await venue.exchange.placeOrder({ accountId: alice, symbol, order: order('SELL', 5_000_000, 100_000) })).order;
    const result = await venue.exchange.cancelReplace({
      accountId: alice,
      symbol,
      orderId: first.orderId,
      origClientOrderId: '',
      cancelClientOrderId: 'r',
      restriction: 0,
      allowFailure: false,
      order: order('SELL', 6_000_000, 50_000),
    });
    expect(reportOf(result.cancel).order).toMatchObject({ orderId: first.orderId, status: OrderStatus.Cancelled });
    expect(reportOf(result.place as PlaceResult).order).toMatchObject({ status: OrderStatus.Pending, priceTicks: 6_000_000 });
    expect(await balances(alice)).toMatchObject({ BTC: [99_999_950_000_000n, 50_000_000n] });
  });

  test('good till a date expires by the clock', async () => {
    const alice = await venue.fundedAccount('alice');
    const expireUs = venue.pipeline.clock.nowUs() + 150_000;
    const { orderId } = reportOf(
      await venue.exchange.placeOrder({
        accountId: alice,
        symbol,
        order: order('BUY', 100_000, 1_000_000, { timeInForce: TimeInForce.GTD, expireUs }),
      }),
    ).order;
    await expect
      .poll(async () => (await (await venue.exchange.history()).order(alice, orderId))?.status, { timeout: 5_000 })
      .toBe(OrderStatus.Expired);
    expect(await balances(alice)).toMatchObject({ USDT: [100_000_000_000_000n, 0n] });
  });
});

describe('a restart', () => {
  test.each([true, false])('gives the very same state back (snapshots: %s)', async (snapshots) => {
    const alice = await venue.fundedAccount('alice');
    const bob = await venue.fundedAccount('bob');
    for (let i = 0; i < 50; i++) {
      await venue.exchange.placeOrder({
        accountId: alice,
        symbol,
        order: order(i % 2 === 0 ? 'SELL' : 'BUY', i % 2 === 0 ? 5_000_000 + i * 100 : 4_900_000 - i * 100, 1_000 + i),
      });
      await venue.exchange.placeOrder({
        accountId: bob,
        symbol,
        order: order('BUY', 5_002_000, 700, {
          type: i % 3 === 0 ? OrderType.MARKET : OrderType.LIMIT,
          priceTicks: i % 3 === 0 ? 0 : 5_002_000,
        }),
      });
    }
    await venue.pipeline.barrier();
    const { settlement, match, kline } = venue.pipeline;
    const hashes = async () => Promise.all([...settlement, ...match, ...kline].map(({ current }) => current.hash()));
    const before = await hashes();
    const heldBefore = await balances(alice);
    await venue.close(snapshots);

    venue = await Venue.open({ dir });
    expect(
      await Promise.all(
        [...venue.pipeline.settlement, ...venue.pipeline.match, ...venue.pipeline.kline].map(({ current }) => current.hash()),
      ),
    ).toEqual(before);
    expect(await balances(alice)).toEqual(heldBefore);
    const report = await verifyLogs({ bus: venue.bus, accountPartitions: 1, marketPartitions: 1 });
    expect(report.problems).toEqual([]);
    expect(report.orders).toBe(100);
    expect(report.trades).toBeGreaterThan(20);
    // And it goes on.
    expect((await venue.exchange.placeOrder({ accountId: alice, symbol, order: order('BUY', 4_000_000, 1_000) })).ok).toBe(true);
  });
});

test('what an account may have open over all symbols holds when orders come at once', async () => {
  await venue.close();
  const accountLimits = { ...NO_ACCOUNT_LIMITS, maxNumOrders: 3 };
  venue = await Venue.open({ dir, config: { accountLimits }, instruments: [makeInstrument(), makeInstrument({ symbol: 'BTCUSD2' })] });
  const alice = await venue.fundedAccount('alice');
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      venue.exchange.placeOrder({ accountId: alice, symbol: i % 2 === 0 ? symbol : 'BTCUSD2', order: order('BUY', 1_000_000, 1_000) }),
    ),
  );
  const refusals = results.flatMap((result) => (result.ok ? [] : [result.reason.text]));
  expect(refusals).toEqual(Array(7).fill('Filter failure: EXCHANGE_MAX_NUM_ORDERS'));
});

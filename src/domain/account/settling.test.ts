import { beforeEach, describe, expect, it } from 'vitest';
import { AccountBench, linesOf, marketSays, tradeOf } from '../../../tests/fixtures/accounts.ts';
import { InvariantError } from '../assert.ts';
import { created, EntityType } from '../changeLogEntry.ts';
import { OrderStatus } from '../orderStatus.ts';
import { OrderType, Side } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';

let bench: AccountBench;

beforeEach(() => {
  bench = new AccountBench();
  bench.deposit('USDT', 100_000n);
  bench.deposit('BTC', 50_000n);
});

/** A fill of order `orderId` of the account, and what Match says of the order after it. */
function buys(orderId: number, lots: number, executedLots: number, status: OrderStatus, trade: object = {}) {
  return [tradeOf({ buyerOrderId: orderId, buyerAccountId: 1000, lots, ...trade }), marketSays(orderId, { status, executedLots })];
}
function sells(orderId: number, lots: number, executedLots: number, status: OrderStatus, trade: object = {}) {
  return [tradeOf({ sellerOrderId: orderId, sellerAccountId: 1000, lots, ...trade }), marketSays(orderId, { status, executedLots })];
}

describe('executions', () => {
  it('pay the buyer less the fee, and give back what the better price saved', () => {
    bench.place();
    bench.settle(...buys(1, 2, 2, OrderStatus.PartiallyFilled, { priceTicks: 90, buyerFeeUnits: 3n }));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 5000>3000, executedLots 0>2, status 1>2',
      'balance 1000-USDT: free 95000>95200, locked 5000>3000',
      "balance 1000-BTC: free 50000>51997, cause 1>0, requestId seed-1>''",
    ]);
    expect(bench.order(1)).toMatchObject({ status: OrderStatus.PartiallyFilled, executedLots: 2, reservedUnits: 3000n });
    bench.settle(...buys(1, 3, 5, OrderStatus.Filled, { buyerFeeUnits: 1n }));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 3000>0, executedLots 2>5, status 2>3',
      'balance 1000-USDT: locked 3000>0',
      'balance 1000-BTC: free 51997>54996',
    ]);
    expect(bench.live.hasOpenOrder(1)).toBe(false);
  });

  it('pay the seller less the fee', () => {
    bench.place({ side: Side.SELL });
    bench.settle(...sells(1, 2, 2, OrderStatus.PartiallyFilled, { sellerFeeUnits: 7n }));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 5000>3000, executedLots 0>2, status 1>2',
      'balance 1000-BTC: locked 5000>3000',
      "balance 1000-USDT: free 100000>101993, cause 1>0, requestId seed-0>''",
    ]);
  });

  it('of one message make one entry per order and balance', () => {
    bench.place();
    bench.place({ side: Side.SELL, clientOrderId: 'c2', priceTicks: 200 });
    bench.settle(
      ...buys(1, 1, 1, OrderStatus.PartiallyFilled, { buyerFeeUnits: 1n }),
      ...sells(2, 5, 5, OrderStatus.Filled, { priceTicks: 200, sellerFeeUnits: 20n }),
      ...buys(1, 1, 2, OrderStatus.PartiallyFilled, { priceTicks: 80, buyerFeeUnits: 1n }),
    );
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 5000>3000, executedLots 0>2, status 1>2',
      'order 2: reservedUnits 5000>0, executedLots 0>5, status 1>3',
      'balance 1000-USDT: free 95000>105180, locked 5000>3000',
      'balance 1000-BTC: free 45000>46998, locked 5000>0',
    ]);
  });

  it('with itself settle both sides', () => {
    bench.place();
    bench.place({ side: Side.SELL, clientOrderId: 'c2' });
    bench.settle(
      tradeOf({
        lots: 5,
        buyerOrderId: 1,
        buyerAccountId: 1000,
        buyerFeeUnits: 10n,
        sellerOrderId: 2,
        sellerAccountId: 1000,
        sellerFeeUnits: 20n,
      }),
      marketSays(1, { status: OrderStatus.Filled, executedLots: 5 }),
      marketSays(2, { status: OrderStatus.Filled, executedLots: 5 }),
    );
    expect([bench.free('USDT'), bench.locked('USDT')]).toEqual([99_980n, 0n]);
    expect([bench.free('BTC'), bench.locked('BTC')]).toEqual([49_990n, 0n]);
  });

  it('bring an asset the account never held', () => {
    bench = new AccountBench();
    bench.deposit('USDT', 100_000n);
    bench.place();
    bench.settle(...buys(1, 5, 5, OrderStatus.Filled));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 5000>0, executedLots 0>5, status 1>3',
      'balance 1000-USDT: locked 5000>0',
      'new balance 1000-BTC: free 5000',
    ]);
  });

  it('that cannot be paid stop the account', () => {
    bench.place({ type: OrderType.MARKET, priceTicks: 0, lots: 0, quoteUnits: 999n });
    expect(() => bench.settle(...buys(1, 1, 1, OrderStatus.Filled))).toThrow(
      new InvariantError('trade BTCUSDT-1: order 1 spends 1 more than it has'),
    );
  });

  it('of an order that is not open stop the account', () => {
    expect(() => bench.settle(...buys(1, 1, 1, OrderStatus.Filled))).toThrow(InvariantError);
    expect(() => bench.settle(...sells(1, 1, 1, OrderStatus.Filled))).toThrow(InvariantError);
  });

  it('that the order does not add up to stop the account', () => {
    bench.place();
    expect(() => bench.settle(...buys(1, 1, 2, OrderStatus.PartiallyFilled))).toThrow(
      new InvariantError('order 1: 2 lots executed, 1 settled'),
    );
  });
});

describe('an order without a price', () => {
  it('pays from what it reserved and gives the rest back at its end', () => {
    bench.place({ type: OrderType.MARKET, priceTicks: 0, estimateUnits: 5000n });
    expect(bench.locked('USDT')).toBe(6250n);
    bench.settle(
      tradeOf({ buyerOrderId: 1, buyerAccountId: 1000, lots: 3, priceTicks: 101 }),
      tradeOf({ buyerOrderId: 1, buyerAccountId: 1000, lots: 1, priceTicks: 150, tradeId: 2 }),
      marketSays(1, { status: OrderStatus.Expired, executedLots: 4 }),
    );
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 6250>0, executedLots 0>4, status 1>6',
      'balance 1000-USDT: free 93750>95470, locked 6250>0',
      "balance 1000-BTC: free 50000>54000, cause 1>0, requestId seed-1>''",
    ]);
  });

  it('keeps its margin while it waits for its trigger, less what an amend takes away', () => {
    bench.place({ type: OrderType.STOP_LOSS, priceTicks: 0, stopPriceTicks: 110 });
    expect(bench.locked('USDT')).toBe(6875n);
    bench.settle(marketSays(1, { origLots: 4, amendCount: 1 }));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: origLots 5>4, amendCount 0>1, reservedUnits 6875>5500',
      'balance 1000-USDT: free 93125>94500, locked 6875>5500',
    ]);
  });

  it('locks the price it was pegged at once that is known', () => {
    bench.place({ priceTicks: 0, pegPriceType: 1, estimateUnits: 4000n });
    const row = bench.order(1) as SpotOrder;
    bench.settle(created(EntityType.SpotOrder, 1, { ...row, peggedPriceTicks: 70, bookLots: 5 }, bench.nowUs));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: peggedPriceTicks 0>70, reservedUnits 5000>3500',
      'balance 1000-USDT: free 95000>96500, locked 5000>3500',
    ]);
    bench.settle(...buys(1, 2, 2, OrderStatus.PartiallyFilled, { priceTicks: 70 }));
    expect(bench.locked('USDT')).toBe(2100n);
  });
});

describe('the end of an order', () => {
  it.each([OrderStatus.Cancelled, OrderStatus.Expired])('with status %i frees what it had left', (status) => {
    bench.place();
    bench.settle(...buys(1, 2, 2, OrderStatus.PartiallyFilled), marketSays(1, { status, bookLots: 0 }));
    expect(linesOf(bench.entries)[0]).toBe(`order 1: reservedUnits 5000>0, executedLots 0>2, status 1>${status}`);
    expect([bench.free('USDT'), bench.locked('USDT')]).toEqual([98_000n, 0n]);
  });

  it('by a rejection frees all of it', () => {
    bench.place({ type: OrderType.LIMIT_MAKER });
    const row = bench.order(1) as SpotOrder;
    const rejected = { ...row, status: OrderStatus.Rejected, rejectCode: 5 };
    bench.settle(created(EntityType.SpotOrder, 1, rejected, bench.nowUs));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 5000>0, status 1>5',
      'balance 1000-USDT: free 95000>100000, locked 5000>0',
    ]);
  });

  it('in part, by self-trade prevention, frees that part', () => {
    bench.place();
    bench.settle(marketSays(1, { preventedLots: 2, bookLots: 3 }));
    expect(linesOf(bench.entries)).toEqual([
      'order 1: preventedLots 0>2, reservedUnits 5000>3000',
      'balance 1000-USDT: free 95000>97000, locked 5000>3000',
    ]);
    bench.settle(marketSays(1, { preventedLots: 5, bookLots: 0, status: OrderStatus.Expired }));
    expect(bench.free('USDT')).toBe(100_000n);
  });

  it('leaves the client order id to the next order', () => {
    bench.place();
    bench.settle(marketSays(1, { status: OrderStatus.Expired }));
    expect(bench.place()).toMatchObject({ ok: true });
  });
});

it('passes over what changes nothing for the account', () => {
  bench.place({ type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 110 });
  const row = bench.order(1) as SpotOrder;
  bench.settle(
    created(EntityType.SpotOrder, 1, row, bench.nowUs),
    marketSays(1, { status: OrderStatus.Pending, bookLots: 5, updateId: 7, workingUs: 1 }),
    marketSays(77, { status: OrderStatus.Cancelled }),
  );
  expect(bench.entries).toEqual([]);
});

it('a house account collects fees', () => {
  const house = new AccountBench(0);
  house.collectFees([
    { asset: 'BTC', units: 3n },
    { asset: 'USDT', units: 0n },
    { asset: 'BTC', units: 2n },
  ]);
  expect(linesOf(house.entries)).toEqual(['new balance 0-BTC: free 5, cause 3']);
  house.collectFees([{ asset: 'BTC', units: 2n }]);
  expect(linesOf(house.entries)).toEqual(['balance 0-BTC: free 5>7']);
  expect(house.live.deposited().get('BTC')).toBe(0n);
});

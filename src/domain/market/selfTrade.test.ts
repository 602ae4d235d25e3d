// Self-trade prevention: Binance faqs/stp_faq.md, scenario by scenario, in lots of 0.1 and ticks of 0.1.
import { describe, expect, test } from 'vitest';
import { order, TestMarket } from '../../../tests/market/fixture.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, OrderType, Side, StpMode, TimeInForce } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';

const { Pending, Filled, Expired } = OrderStatus;
const { SELF_TRADE_PREVENTION } = ExpiryReason;

function buy(orderId: number, origLots: number, priceTicks: number, terms: Partial<SpotOrder> = {}): SpotOrder {
  return order({ orderId, accountId: 1, side: Side.BUY, origLots, priceTicks, ...terms });
}

function sell(orderId: number, origLots: number, priceTicks: number, stpMode: StpMode): SpotOrder {
  return order({ orderId, accountId: 1, side: Side.SELL, origLots, priceTicks, stpMode });
}

function withMakers(...makers: SpotOrder[]): TestMarket {
  const market = new TestMarket();
  for (const maker of makers) market.place(maker);
  return market;
}

const threeMakers = [buy(2, 12, 12), buy(3, 13, 11), buy(4, 81, 10)];

test('A: NONE trades', () => {
  const market = withMakers(buy(2, 10, 10));
  expect(market.place(sell(3, 10, 10, StpMode.NONE)).at(-1)).toMatchObject({ id: 3, status: Filled });
});

test('B: EXPIRE_MAKER ends every maker it meets, and the taker rests', () => {
  const market = withMakers(...threeMakers);
  const match = { takerOrderId: 5, takerPreventedLots: 0, stpMode: StpMode.EXPIRE_MAKER };
  const ended = { updated: 'order', status: Expired, expiryReason: SELF_TRADE_PREVENTION, bookLots: 0, updateUs: 1_000_004 };
  const first = { ...match, preventedMatchId: 1, makerOrderId: 2, priceTicks: 12, makerPreventedLots: 12 };
  const second = { ...match, preventedMatchId: 2, makerOrderId: 3, priceTicks: 11, makerPreventedLots: 13 };
  const third = { ...match, preventedMatchId: 3, makerOrderId: 4, priceTicks: 10, makerPreventedLots: 81 };
  expect(market.place(sell(5, 30, 10, StpMode.EXPIRE_MAKER))).toEqual([
    { created: 'order', id: 5, status: Pending },
    { ...ended, id: 2, preventedLots: 12, preventedMatch: first, updateId: 4 },
    { ...ended, id: 3, preventedLots: 13, preventedMatch: second, updateId: 5 },
    { ...ended, id: 4, preventedLots: 81, preventedMatch: third, updateId: 6 },
    { updated: 'order', id: 5, preventedMatch: third, bookLots: 30, updateId: 7 },
  ]);
});

test('C: EXPIRE_TAKER ends the taker, and the makers stay', () => {
  const market = withMakers(...threeMakers);
  const match = {
    preventedMatchId: 1,
    takerOrderId: 5,
    makerOrderId: 2,
    priceTicks: 12,
    takerPreventedLots: 30,
    makerPreventedLots: 0,
    stpMode: StpMode.EXPIRE_TAKER,
  };
  expect(market.place(sell(5, 30, 10, StpMode.EXPIRE_TAKER))).toEqual([
    { created: 'order', id: 5, status: Pending },
    {
      updated: 'order',
      id: 5,
      preventedLots: 30,
      preventedMatch: match,
      status: Expired,
      expiryReason: SELF_TRADE_PREVENTION,
    },
  ]);
  expect(market.market.depth(3).bids).toEqual([
    [12, 12],
    [11, 13],
    [10, 81],
  ]);
});

test('D: EXPIRE_BOTH ends both', () => {
  const market = withMakers(buy(2, 10, 10));
  const both = { takerPreventedLots: 30, makerPreventedLots: 10 };
  expect(market.place(sell(5, 30, 10, StpMode.EXPIRE_BOTH)).slice(1)).toMatchObject([
    { id: 2, status: Expired, preventedLots: 10, preventedMatch: both },
    { id: 5, status: Expired, preventedLots: 30, preventedMatch: both },
  ]);
});

test("E: the taker's mode decides", () => {
  const market = withMakers(buy(2, 10, 10, { stpMode: StpMode.EXPIRE_MAKER }));
  expect(market.place(sell(5, 10, 10, StpMode.EXPIRE_TAKER)).slice(1)).toMatchObject([
    { id: 5, status: Expired, expiryReason: SELF_TRADE_PREVENTION },
  ]);
  expect(market.market.openOrder(2)?.status).toBe(Pending);
});

test('F: a MARKET order that ends all its makers lacks liquidity', () => {
  const market = withMakers(buy(2, 10, 10));
  expect(market.place({ ...sell(5, 10, 0, StpMode.EXPIRE_MAKER), type: OrderType.MARKET }).slice(1)).toMatchObject([
    { id: 2, status: Expired, expiryReason: SELF_TRADE_PREVENTION },
    { id: 5, status: Expired, expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY },
  ]);
});

describe.each([
  ['DECREMENT', StpMode.DECREMENT],
  ['TRANSFER, which within one account is DECREMENT', StpMode.TRANSFER],
])('G: %s', (_name, stpMode) => {
  test('takes the smaller quantity off both; the smaller order ends', () => {
    const market = withMakers(buy(23, 6, 20));
    expect(market.place(sell(24, 2, 20, stpMode)).slice(1)).toMatchObject([
      { id: 23, preventedLots: 2, bookLots: 4, updateId: 2 },
      { id: 24, preventedLots: 2, status: Expired, expiryReason: SELF_TRADE_PREVENTION },
    ]);
    expect(market.market.openOrder(23)).toMatchObject({ status: Pending, origLots: 6, bookLots: 4 });
  });

  test('a larger taker goes on with others', () => {
    const market = withMakers(buy(1, 2, 21), buy(2, 3, 20, { accountId: 9 }));
    expect(market.place(sell(24, 7, 20, stpMode)).slice(1)).toMatchObject([
      { id: 1, status: Expired, preventedLots: 2 },
      { at: 20, lots: 3, maker: 2, taker: 24 },
      { id: 2, status: Filled },
      { id: 24, executedLots: 3, preventedLots: 2, status: OrderStatus.PartiallyFilled, bookLots: 2 },
    ]);
  });

  test('meets an iceberg part by part', () => {
    const market = withMakers(buy(1, 6, 20, { icebergLots: 2 }));
    expect(market.place(sell(24, 4, 20, stpMode)).slice(1)).toMatchObject([
      { id: 1, preventedLots: 2 },
      { id: 1, preventedLots: 4 },
      { id: 24, preventedLots: 4, status: Expired },
    ]);
    expect(market.market.openOrder(1)).toMatchObject({ bookLots: 2, preventedLots: 4 });
  });
});

test('FOK does not count what self-trade prevention would take away', () => {
  const makers = [buy(1, 3, 20), buy(2, 3, 20, { accountId: 9 })];
  const fok = (lots: number, mode: StpMode): SpotOrder => ({ ...sell(5, lots, 20, mode), timeInForce: TimeInForce.FOK });
  const killed = { status: Expired, expiryReason: ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED };
  expect(
    withMakers(...makers)
      .place(fok(4, StpMode.EXPIRE_MAKER))
      .slice(1),
  ).toMatchObject([killed]);
  expect(
    withMakers(...makers)
      .place(fok(3, StpMode.DECREMENT))
      .slice(1),
  ).toMatchObject([killed]);
  expect(
    withMakers(...makers)
      .place(fok(3, StpMode.EXPIRE_MAKER))
      .at(-1),
  ).toMatchObject({ status: Filled });
  expect(
    withMakers(...makers)
      .place(fok(6, StpMode.NONE))
      .at(-1),
  ).toMatchObject({ status: Filled });
});

test('other accounts trade whatever the mode', () => {
  const market = withMakers(buy(2, 10, 10, { accountId: 9 }));
  expect(market.place(sell(5, 10, 10, StpMode.EXPIRE_BOTH)).at(-1)).toMatchObject({ status: Filled });
});
